"""Attacks that must fail, each tried against the running server."""
