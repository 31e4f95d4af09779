"""The grants of the token endpoint: one file each, one line in the registry."""
