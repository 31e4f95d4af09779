"""Rules for products and subscriptions, the same for the portal, the console and the command line."""
