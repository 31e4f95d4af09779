"""Who is led to an address of an application only after a page has named it: our own address shall not lead a stranger anywhere."""

from urllib.parse import urlsplit

from starlette.requests import Request

from hoistway.protocol.redirect_uri import LOOPBACK_HOSTS, place_of
from hoistway.store.clients import Client
from hoistway.web.replies import header


def shown_place(uri: str) -> str:
    """Where the person will go on, as people know it: host and port, or an application's own scheme."""
    return urlsplit(uri).netloc or uri.split(":")[0]


def must_ask(request: Request, client: Client, uri: str) -> bool:
    """Anybody registers any host in the sandbox, and nobody looks at it. In a hidden frame (silent renewal) nothing may be shown,
    and nobody could take its address for ours; a page can't pretend to be one (https://www.w3.org/TR/fetch-metadata/)."""
    if client.environment != "sandbox" or place_of(uri) in LOOPBACK_HOSTS:
        return False
    return header(request, b"sec-fetch-dest") != "iframe"
