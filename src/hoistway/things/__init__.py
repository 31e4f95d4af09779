"""What each kind of thing is made of: one description for the console's forms and the commands."""
