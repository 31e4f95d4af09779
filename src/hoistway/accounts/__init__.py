"""What happens to accounts: rules without pages, the same for the console and the command line."""
