"""The Customer API: one guard turns a token into a customer and a set of units; there is no other way to the rows."""
