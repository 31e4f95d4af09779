"""The operators' console: one page is one file here, one template in web/templates/console and one line in
addresses.py."""
