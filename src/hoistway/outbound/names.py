"""TXT records of names, from name servers: few at a time, each within a few seconds (https://www.rfc-editor.org/rfc/rfc1464)."""

from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import Any, Final

from hoistway.protocol.because import Because

WITHIN: Final = 5.0
"""Seconds for one look-up."""
MOST_RECORDS: Final = 100
MOST_AT_ONCE: Final = 8
_NO_SERVER: Final = "this server's system names no name server that can be asked: look at /etc/resolv.conf"

Texts = Callable[[str], Awaitable[Sequence[str]]]


class NoAnswer(Because):
    """Why nothing could be found out."""


def resolver_of(servers: Sequence[str] = (), port: int = 53) -> Any:
    """Asks these name servers, or those of the system. dnspython is imported by name at the first use: a server that
    connects no providers does without it. Raises NoAnswer."""
    module: Any = import_module("dns.asyncresolver")
    failed: Any = import_module("dns.exception")
    try:
        resolver = module.Resolver(configure=not servers)
    except (failed.DNSException, ValueError, OSError) as error:
        kind = type(error).__name__
        raise NoAnswer(f"{_NO_SERVER} ({kind})", "no_name_server", kind=kind) from None
    if servers:
        resolver.nameservers, resolver.port = list(servers), port
    resolver.cache = None
    return resolver


def look_up(servers: Sequence[str] = (), port: int = 53) -> Texts:
    """The TXT records of a name."""

    async def texts(name: str) -> Sequence[str]:
        resolver = resolver_of(servers, port)
        errors: Any = import_module("dns.resolver")
        failed: Any = import_module("dns.exception")
        try:
            found = await resolver.resolve(name + ".", "TXT", lifetime=WITHIN, search=False)
        except (errors.NXDOMAIN, errors.NoAnswer):
            return ()
        except failed.DNSException as error:
            kind = type(error).__name__
            raise NoAnswer(f"the name servers did not answer: {kind}", "names_failed", kind=kind) from None
        records = list(found)[:MOST_RECORDS]
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in records)

    return texts


class Names:
    """Look-ups that people ask for by pages, at most MOST_AT_ONCE at a time in a process."""

    def __init__(self, texts: Texts | None = None) -> None:
        self._texts = texts or look_up()
        self.inside = 0

    async def texts(self, name: str) -> Sequence[str]:
        """Raises NoAnswer."""
        if self.inside >= MOST_AT_ONCE:
            raise NoAnswer("too many look-ups are under way", "many_look_ups")
        self.inside += 1
        try:
            return await self._texts(name)
        finally:
            self.inside -= 1
