"""Counting calls against limits: exact on one machine, without a word to the database while a request waits."""
