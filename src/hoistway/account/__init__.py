"""What all people see and decide about their own account, whichever customer they belong to."""
