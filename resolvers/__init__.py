"""Use cases: what each mutation and query does, one transaction each."""
