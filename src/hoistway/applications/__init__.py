"""What happens to applications between a customer's wish and an operator's decision: rules without pages."""
