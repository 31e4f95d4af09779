"""Tests of the rules of applications, without a server."""
