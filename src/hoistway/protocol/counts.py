"""Decides which of many similar events gets a line of its own."""


def is_round(number: int) -> bool:
    """True for 1, 10, 100 and so on. So there are few lines, however many events there are, and the last line tells
    roughly how many."""
    return str(number).strip("0") == "1"
