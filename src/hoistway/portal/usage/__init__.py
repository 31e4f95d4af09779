"""My usage: the calls of the reader's customer, and how they were answered."""
