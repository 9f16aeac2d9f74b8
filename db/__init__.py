"""Everything PostgreSQL: tables, statements by noun, migrations."""
