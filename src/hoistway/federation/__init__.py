"""Sign-in with a customer's own OpenID provider: rules without pages (docs/adr/0032-providers.md)."""
