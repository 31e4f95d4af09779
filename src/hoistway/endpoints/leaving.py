"""Decides when a page must name an application's address before leading there: links to our own host must not lead
strangers to any other place.
"""

from urllib.parse import urlsplit

from starlette.requests import Request

from hoistway.protocol.redirect_uri import LOOPBACK_HOSTS, place_of
from hoistway.store.clients import Client
from hoistway.web.replies import header


def shown_place(uri: str) -> str:
    """The destination as people know it: host and port, or an application's own scheme."""
    return urlsplit(uri).netloc or uri.split(":")[0]


def must_ask(request: Request, client: Client, uri: str) -> bool:
    """Anybody can register any host in the sandbox, where nobody reviews it. A hidden frame (silent renewal) can't show
    a question, and nobody could mistake its address for ours; a page can't pretend to be such a frame
    (https://www.w3.org/TR/fetch-metadata/)."""
    if client.environment != "sandbox" or place_of(uri) in LOOPBACK_HOSTS:
        return False
    return header(request, b"sec-fetch-dest") != "iframe"
