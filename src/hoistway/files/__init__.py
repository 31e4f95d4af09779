"""Configuration as files: what they hold, what they would change, and writing it (docs/adr/0044-files.md)."""
