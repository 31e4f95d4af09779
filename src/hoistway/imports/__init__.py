"""Moving in from another system: readers of its files, and one writer for all (docs/adr/0040-moving-in.md)."""
