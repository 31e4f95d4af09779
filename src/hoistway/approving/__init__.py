"""The rule of two operators: what one may not do alone, what waits for the second, and whose approval counts."""
