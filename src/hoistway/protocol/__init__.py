"""The standards as pure functions: no I/O, clock, randomness, async or rows."""
