"""Pages of a customer's applications: the list, the form that asks for one, the page of each and what its forms do."""
