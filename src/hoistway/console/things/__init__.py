"""What operators find, see, change and disable: one file a kind, one line in the registry."""
