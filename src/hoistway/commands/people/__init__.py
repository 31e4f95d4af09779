"""Importing people and technical accounts from another system (docs/migrating.md)."""
