"""Who is asking: applications, people and technical accounts, and what slows a guesser down."""
