"""Which of many alike is worth a line of its own."""


def is_round(number: int) -> bool:
    """1, 10, 100 and so on: few however many there are, and the last one says how many about."""
    return str(number).strip("0") == "1"
