"""Hoistway: an OAuth 2.0 and OpenID Connect identity service with a Customer API for lift data."""

__version__ = "0.1.0.dev0"
