"""The demonstration world of `hoistway serve --demo`: who lives in it, and how it comes into an empty database."""
