"""SCIM 2.0 for customers' directories (docs/adr/0033-scim.md)."""
