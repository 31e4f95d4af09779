"""Tests by client programs that others wrote."""
