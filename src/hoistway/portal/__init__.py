"""The developer portal: one page is one file here, one template in web/templates/portal and one line in routes.py."""
