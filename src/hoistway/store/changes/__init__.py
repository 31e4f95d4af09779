"""The numbered changes that bring a database to the schema of record; each only adds, a later release removes."""
