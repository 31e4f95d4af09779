"""Where one page of the portal or console leads to, and which pages are of a kind."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlsplit

from hoistway.routing import find_route

_LINK = re.compile(r'href="(/(?:portal|console)[^"#]*)["#]')
_FILES = (".csv", ".md", "/callback")


def links(page: str) -> Iterator[str]:
    """Where a reader can go from here without changing anything or leaving with a file."""
    for found in _LINK.finditer(page):
        address = unescape(found[1])
        if "export=" not in address and not urlsplit(address).path.endswith(_FILES):
            yield address


def kind(address: str) -> str:
    """Pages of a kind differ by what they show, not by how they are made."""
    parts = urlsplit(address)
    route = find_route(parts.path)[0]
    path = parts.path if route is None else route.path
    names = sorted(piece.partition("=")[0] for piece in parts.query.split("&") if piece)
    word = parts.path.split("/")[2] if "{word}" in path else ""
    return f"{path} {word} {'&'.join(names)}"
