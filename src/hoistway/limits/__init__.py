"""Counts calls against limits: exactly on one machine, and without asking the database while a request waits."""
