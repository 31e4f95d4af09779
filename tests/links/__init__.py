"""Tests of single-use links: reset, invitation, proof of an address."""
