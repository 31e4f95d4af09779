"""The management API: what operators do at the console and the command line, for their programs (docs/adr/0042-management-api.md)."""
