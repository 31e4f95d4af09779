"""The demonstration world of `hoistway serve --demo`: its people and things, and how they get into an empty database."""
