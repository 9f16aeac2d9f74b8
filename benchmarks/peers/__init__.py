"""The servers that ours is measured beside: one process each, on the same PostgreSQL and rows."""
