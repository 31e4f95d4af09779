"""Counting of use: in memory while requests are answered, in the database every few seconds."""
