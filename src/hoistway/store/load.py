"""How busy a database is, as seen by one process."""

from typing import NamedTuple

from hoistway.measures import Times


class Load(NamedTuple):
    """Times of statements outside transactions, of transactions, and of waiting for either; how many wait now, and how
    many connections are open."""

    statements: Times
    transactions: Times
    waits: Times
    waiting: int
    connections: int
