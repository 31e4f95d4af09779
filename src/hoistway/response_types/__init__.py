"""The response types of the authorization endpoint: one line each in the registry."""
