"""Products, subscriptions, keys, rate and quota."""
