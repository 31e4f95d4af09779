"""Decides who may be connected: bounds on connections, in all and for each address, including those that are still in a TLS handshake."""

import resource
import time
from ipaddress import IPv6Address

from hoistway.journal import LOG

SAY_EVERY = 10.0
FILES_BESIDE = 150  # the database, the log, libraries


def of_one(address: str) -> str:
    """The address that is counted: for IPv6 its network of 64 bits, which is what one subscriber gets (RFC 6177)."""
    if ":" not in address:
        return address
    whole = IPv6Address(address.partition("%")[0])
    return str(whole.ipv4_mapped or IPv6Address(whole.packed[:8] + bytes(8)))


class Repeated:
    """One line of the log for something that happens again and again: at once, then at most every few seconds, with the
    number of times."""

    __slots__ = ("_again_at", "_event", "_times")

    def __init__(self, event: str) -> None:
        self._event = event
        self._again_at = 0.0
        self._times = 0

    def say(self, **facts: object) -> None:
        self._times += 1
        now = time.monotonic()
        if now >= self._again_at:
            LOG.warning(self._event, times=self._times, **facts)
            self._again_at, self._times = now + SAY_EVERY, 0


class Place:
    """The place of one connection; it can be given back only once."""

    __slots__ = ("_admission", "_who")

    def __init__(self, admission: "Admission", who: str) -> None:
        self._admission = admission
        self._who: str | None = who

    def leave(self) -> None:
        if self._who is not None:
            self._admission.left(self._who)
            self._who = None


class Admission:
    """At most `most` connections, and `most_of_one` for one address, which is None where a proxy in front stands for
    all callers. No address gets more places than are still free, so that a few can't take all of them: the last places
    are for addresses that have none."""

    __slots__ = ("_is_fair", "_most", "_most_of_one", "_of", "open", "turned_away")

    def __init__(self, most: int, most_of_one: int | None) -> None:
        self._most = most
        self._most_of_one = most if most_of_one is None else most_of_one
        self._of: dict[str, int] = {}
        self._is_fair = most_of_one is not None
        self.open = self.turned_away = 0

    def enter(self, address: str) -> Place | None:
        """None where there is no room."""
        who = of_one(address)
        mine, free = self._of.get(who, 0), self._most - self.open
        if free <= 0 or mine >= self._most_of_one or (self._is_fair and mine >= free):
            self.turned_away += 1
            return None
        self._of[who] = mine + 1
        self.open += 1
        return Place(self, who)

    @property
    def has_room(self) -> bool:
        return self.open < self._most

    def left(self, who: str) -> None:
        self.open -= 1
        self._of[who] -= 1
        if not self._of[who]:
            del self._of[who]


def most_of_files(wanted: int) -> int:
    """How many connections are possible, after asking the system for as many open files as that takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + FILES_BESIDE
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    got = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (got, hard))
    if got < needed:
        LOG.warning("fewer connections than set", connections=got - FILES_BESIDE, because="the limit of open files")
    return max(1, got - FILES_BESIDE)
