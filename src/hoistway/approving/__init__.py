"""Two pairs of eyes: what one operator may not do alone, what waits for the second, and whose approval counts."""
