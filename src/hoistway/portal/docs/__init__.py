"""The documentation: guides, samples, the description of the API, and the search over them."""
