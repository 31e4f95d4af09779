"""What is done with products and subscriptions, alike in the portal, the console and at the command line."""
