"""Recorded requests sent to two systems, and what their answers differ in (docs/adr/0043-replay.md)."""
