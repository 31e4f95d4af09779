"""Reads addresses as people type them, one on each line. Says why one can't be registered (RFC 9700 section 4.1), and
which ones an application that was reviewed may use only after another review.
"""

from collections.abc import Sequence

from msgspec import Struct

from hoistway.protocol.redirect_uri import NotRegistrable, check_registrable, place_of
from hoistway.store.clients import Client
from hoistway.web.words import Words

MOST = 20
SHOWN = 60


class Refused(Struct, frozen=True):
    """`line` counts from 1; `reason` is a key of protocol/redirect_uri.REASONS."""

    line: int
    uri: str
    reason: str


def lines_of(text: str | None) -> list[tuple[int, str]]:
    """(line, address), without empty lines."""
    return [(number, line.strip()) for number, line in enumerate((text or "").splitlines(), 1) if line.strip()]


def read_addresses(text: str | None, *, native: bool) -> tuple[tuple[str, ...], list[Refused]]:
    """The addresses that may be registered, without repetitions, and those that may not."""
    good: dict[str, None] = {}
    bad: list[Refused] = []
    for number, uri in lines_of(text):
        try:
            good[check_registrable(uri, native=native)] = None
        except NotRegistrable as error:
            bad.append(Refused(number, uri, error.reason))
    return tuple(good), bad


def sentence(refused: Refused, words: Words) -> str:
    """Names the line, its text and the reason, in the reader's language."""
    shown = refused.uri if len(refused.uri) <= SHOWN else f"{refused.uri[:SHOWN]}…"
    because = words[f"uri_{refused.reason}"]
    return words["uri_refused"].format(line=refused.line, uri=shown, because=because)


def new_places(uris: Sequence[str], registered: Sequence[str]) -> tuple[str, ...]:
    """Hosts, or applications' own schemes, that none of the registered addresses has."""
    known = {place_of(uri) for uri in registered}
    return tuple(dict.fromkeys(place for uri in uris if (place := place_of(uri)) not in known))


class Split(Struct, frozen=True):
    """Redirect addresses and addresses after signing out: those that apply at once, and those that are reviewed first."""

    uris: tuple[str, ...]
    outs: tuple[str, ...]
    later_uris: tuple[str, ...] = ()
    later_outs: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        return bool(self.later_uris or self.later_outs)


def split(client: Client, uris: Sequence[str], outs: Sequence[str]) -> Split:
    """Judged by what the given row has registered, never by anything else in the form. In the sandbox everything
    applies at once."""
    if client.environment == "sandbox":
        return Split(tuple(uris), tuple(outs))
    strange = set(new_places(uris, client.redirect_uris))
    strange_outs = set(new_places(outs, (*client.redirect_uris, *client.post_logout_redirect_uris)))
    later = tuple(uri for uri in uris if place_of(uri) in strange)
    later_outs = tuple(uri for uri in outs if place_of(uri) in strange_outs)
    # If every address is replaced by new ones, the old ones stay until the new ones have been reviewed.
    good = tuple(uri for uri in uris if uri not in later) or (client.redirect_uris if later else ())
    return Split(good, tuple(uri for uri in outs if uri not in later_outs), later, later_outs)
