"""What everybody who signs in sees and decides about their own account, whatever customer they belong to."""
