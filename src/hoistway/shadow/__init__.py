"""A proxy before an old and a new system: one answers, the other is asked too, and what differs is counted (docs/adr/0047-shadow.md)."""
