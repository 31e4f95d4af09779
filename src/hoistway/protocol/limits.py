"""Limits of calls: their windows, and the header fields that tell callers about them
(https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11).
"""

from typing import NamedTuple

from msgspec import Struct

LONGEST_PERIOD = 366 * 86_400
MOST_CALLS = 10**12


class Limit(Struct, frozen=True):
    """At most `calls` in each window of `period` seconds."""

    calls: int
    period: int

    def start(self, now: int, anchor: int) -> int:
        """When the current window began. Windows follow each other from `anchor` on without a gap, so every process
        that knows the anchor computes the same ones."""
        return now - (now - anchor) % self.period


class Limits(Struct, frozen=True):
    """What a product allows; None means no limit."""

    rate: Limit | None
    quota: Limit | None


class Left(NamedTuple):
    """How many calls are left, and in how many seconds the next window begins. It is a tuple because two are made for
    each call."""

    calls: int
    seconds: int


def policy_field(limits: Limits) -> bytes:
    """The value of RateLimit-Policy (section 3); empty where nothing is limited."""
    named = (("rate", limits.rate), ("quota", limits.quota))
    return ", ".join(f'"{name}";q={limit.calls};w={limit.period}' for name, limit in named if limit).encode()


def service_field(rate: Left | None, quota: Left | None) -> bytes:
    """The value of RateLimit (section 4)."""
    if rate is not None and quota is not None:
        return b'"rate";r=%d;t=%d, "quota";r=%d;t=%d' % (rate.calls, rate.seconds, quota.calls, quota.seconds)
    named = ((b"rate", rate), (b"quota", quota))
    return b", ".join(b'"%s";r=%d;t=%d' % (name, left.calls, left.seconds) for name, left in named if left)


def duration(seconds: int) -> str:
    """[days.]HH:MM:SS, as API Management writes when a quota is replenished."""
    days, rest = divmod(seconds, 86_400)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days}.{clock}" if days else clock
