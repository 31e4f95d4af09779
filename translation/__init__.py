"""The sentences of the pages for translators: `./dev words` writes them as a gettext file and takes one back (docs/adr/0027-words.md)."""
