"""What operators' tools see of the server (docs/adr/0022-metrics.md)."""
