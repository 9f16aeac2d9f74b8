"""The objects of the schema, one noun a file."""

from schema import enums

# Strawberry must know the words with their descriptions before any type names one, in whatever order
# modules are imported.
__all__ = ["enums"]
