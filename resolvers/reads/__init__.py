"""Reads, a row at a time behind loaders. A later compiler answers whole operations; these stay its oracle."""
