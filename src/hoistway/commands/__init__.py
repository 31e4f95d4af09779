"""The commands of `hoistway`, one file a noun."""
