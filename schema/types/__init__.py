"""The objects of the schema, one noun a file."""
