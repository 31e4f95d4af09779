"""What the documentation is made of: guides, samples, the description of the API, the search over them."""
