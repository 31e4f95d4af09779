"""Counting of use, and the pages that show it."""
