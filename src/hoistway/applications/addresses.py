"""Reads addresses as people type them, one a line, says of each why it can't be registered (RFC 9700 section 4.1), and which
of an application that was reviewed must be reviewed first."""

from collections.abc import Sequence
from dataclasses import dataclass

from hoistway.protocol.redirect_uri import NotRegistrable, check_registrable, place_of
from hoistway.store.clients import Client
from hoistway.web.words import Words

MOST = 20
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Refused:
    """`line` counts from 1; `reason` is a key of protocol/redirect_uri.REASONS."""

    line: int
    uri: str
    reason: str


def lines_of(text: str | None) -> list[tuple[int, str]]:
    """(line, address), without the empty ones."""
    return [(number, line.strip()) for number, line in enumerate((text or "").splitlines(), 1) if line.strip()]


def read_addresses(text: str | None, *, native: bool) -> tuple[tuple[str, ...], list[Refused]]:
    """Those that may be registered, each once, and those that may not."""
    good: dict[str, None] = {}
    bad: list[Refused] = []
    for number, uri in lines_of(text):
        try:
            good[check_registrable(uri, native=native)] = None
        except NotRegistrable as error:
            bad.append(Refused(number, uri, error.reason))
    return tuple(good), bad


def sentence(refused: Refused, words: Words) -> str:
    """The line, what stands there, and the reason, in the reader's language."""
    shown = refused.uri if len(refused.uri) <= SHOWN else f"{refused.uri[:SHOWN]}…"
    because = words[f"uri_{refused.reason}"]
    return words["uri_refused"].format(line=refused.line, uri=shown, because=because)


def new_places(uris: Sequence[str], registered: Sequence[str]) -> tuple[str, ...]:
    """Hosts, or schemes of an application's own, that none of the registered addresses has."""
    known = {place_of(uri) for uri in registered}
    return tuple(dict.fromkeys(place for uri in uris if (place := place_of(uri)) not in known))


@dataclass(frozen=True, slots=True)
class Split:
    """Redirect addresses and those after signing out: what works at once, and what is reviewed first."""

    uris: tuple[str, ...]
    outs: tuple[str, ...]
    later_uris: tuple[str, ...] = ()
    later_outs: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        return bool(self.later_uris or self.later_outs)


def split(client: Client, uris: Sequence[str], outs: Sequence[str]) -> Split:
    """Judged by what is registered in the row that is given, never by what stands beside it in the form. In the sandbox all
    works at once."""
    if client.environment == "sandbox":
        return Split(tuple(uris), tuple(outs))
    strange = set(new_places(uris, client.redirect_uris))
    strange_outs = set(new_places(outs, (*client.redirect_uris, *client.post_logout_redirect_uris)))
    later = tuple(uri for uri in uris if place_of(uri) in strange)
    later_outs = tuple(uri for uri in outs if place_of(uri) in strange_outs)
    # Replacing every address by new ones takes nothing away until they are reviewed.
    good = tuple(uri for uri in uris if uri not in later) or (client.redirect_uris if later else ())
    return Split(good, tuple(uri for uri in outs if uri not in later_outs), later, later_outs)
