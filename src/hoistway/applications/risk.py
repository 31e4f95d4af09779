"""What an operator should look at before approving a request, computed from facts alone (RFC 9700, RFC 6819 section 4.1)."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from hoistway.applications.addresses import new_places
from hoistway.protocol.likeness import looks_like
from hoistway.protocol.redirect_uri import is_loopback
from hoistway.store.requests import Request

NEW_CUSTOMER = 30 * 86_400
MANY_OPEN = 5
# Words that an application must not use about itself.
_CLAIMS = re.compile(
    r"\b(verified|approved|certified|official|trusted|security|geprüft|verifiziert|zertifiziert|offiziell|genehmigt|sicherheit)\w*",
    re.IGNORECASE,
)


class Facts(Struct, frozen=True):
    """`words` are those for the consent page. `registered` are the redirect addresses of the customer's other
    applications in production, `alike` the names of other customers' applications that look like this one's,
    `open_requests` the number of the customer's open requests, including this one."""

    request: Request
    registered: Sequence[str]
    alike: Sequence[str]
    brand: str
    customer_since: int
    open_requests: int
    now: int
    words: str = ""


class Note(Struct, frozen=True):
    """`kind` is the end of a key of the words (risk_…), `about` the thing that it names; `grave` ones come first."""

    kind: str
    about: str
    grave: bool = False


def _of_addresses(facts: Facts) -> list[Note]:
    uris = (*facts.request.redirect_uris, *facts.request.post_logout_uris)
    notes = [Note("host_new", place) for place in new_places(uris, facts.registered) if not place.endswith(":")]
    for uri in uris:
        scheme = urlsplit(uri).scheme
        if is_loopback(uri):
            if facts.request.type not in {"desktop", "mobile"}:
                notes.append(Note("loopback", uri))
        elif scheme == "http":
            notes.append(Note("http", uri, grave=True))
        elif scheme != "https":
            notes.append(Note("private_scheme", f"{scheme}:"))
    return notes


def risk_notes(facts: Facts) -> list[Note]:
    """Grave ones first; empty where nothing is unusual."""
    request = facts.request
    notes = [Note(f"legacy_{flow}", "", grave=True) for flow in request.legacy_flows]
    for kind, said in (("like_brand", request.name), ("words_like_brand", facts.words)):
        if looks_like(said, facts.brand):
            notes.append(Note(kind, facts.brand, grave=True))
    notes += [Note("like_other", name, grave=True) for name in facts.alike]
    if claim := _CLAIMS.search(facts.words):
        notes.append(Note("claims", claim[0], grave=True))
    notes += _of_addresses(facts)
    if facts.now - facts.customer_since < NEW_CUSTOMER:
        notes.append(Note("customer_new", ""))
    if facts.open_requests >= MANY_OPEN:
        notes.append(Note("many_open", str(facts.open_requests)))
    return sorted(dict.fromkeys(notes), key=lambda note: not note.grave)
