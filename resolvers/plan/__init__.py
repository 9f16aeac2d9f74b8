"""A GraphQL operation as one SQL statement: what the types declare, compiled, kept and run."""
