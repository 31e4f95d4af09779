"""Tests of mail, against a mail server in the same process."""
