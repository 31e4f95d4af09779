"""Benchmarks of the real server, next to what the machine itself can do in the same run (bench/README.md)."""

MASTER_KEY = bytes(range(32))
