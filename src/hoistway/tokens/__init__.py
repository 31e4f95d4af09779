"""Tokens: the keys that sign them, the one module that issues them, refresh tokens and revocation."""
