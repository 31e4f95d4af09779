"""Tests of the documentation in the portal."""
