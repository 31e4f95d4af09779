"""Tokens: the keys that sign them, the one mint, refresh tokens and what was revoked."""
