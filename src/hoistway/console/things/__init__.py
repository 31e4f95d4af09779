"""The things that operators find, see, change and disable: one file for each kind, one line in the registry."""
