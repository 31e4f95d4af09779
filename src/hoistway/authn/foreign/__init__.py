"""Digests of passwords that other systems made: read at import, verified until the next sign-in (docs/adr/0029-passwords.md)."""
