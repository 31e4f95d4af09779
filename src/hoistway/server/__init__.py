"""What `hoistway serve` runs: parent and workers, the application, HTTP/1.1, work beside requests (docs/adr/0005-processes.md)."""
