"""My usage: what the reader's customer called, and how it was answered."""
