"""The hash chain of the audit trail: sealing, lawful rewriting, removal of old entries, and verifying (docs/adr/0035-chain.md)."""
