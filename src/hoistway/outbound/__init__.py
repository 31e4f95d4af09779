"""The guarded fetcher: the one way out over HTTP (docs/adr/0032-providers.md)."""
