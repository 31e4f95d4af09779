"""Limits the requests in flight for each caller behind a proxy, by the address that the proxy reports.

Without a proxy nothing is counted here: each connection belongs to its caller and has one request in flight, and
server/admission.py limits the connections of an address. Behind a proxy all connections are the proxy's, so each caller
may have as many requests in flight as it could have connections.
"""

from collections.abc import MutableMapping
from typing import Any, Final

from starlette.requests import Request

from hoistway.protocol.errors import TemporarilyUnavailable
from hoistway.server.admission import Admission, Repeated
from hoistway.settings import Settings
from hoistway.web.replies import client_address

# These are asked by the machine itself, past the proxy; it must get an answer even while there are too many callers.
PROBES: Final = frozenset({"/healthz", "/readyz"})
_PLACE: Final = "hoistway.place"


class InFlight:
    """One in each worker. `enter` is called before the answer is made, `check` while it is made, `leave` when it was
    sent."""

    __slots__ = ("_admission", "_full", "_proxies")

    def __init__(self, settings: Settings) -> None:
        self._admission = Admission(settings.connections, settings.connections_per_address)
        self._proxies = settings.trusted_proxies
        self._full = Repeated("request refused")

    def enter(self, scope: MutableMapping[str, Any]) -> None:
        if scope["path"] in PROBES:
            return
        address = client_address(Request(scope), self._proxies)
        # Callers that the proxy can't name are not one and the same, so only connections are limited.
        if address:
            place = scope[_PLACE] = self._admission.enter(address)
            if place is None:
                self._full.say(address=address, because="too many requests of this address are in flight")

    def check(self, scope: MutableMapping[str, Any]) -> None:
        """Raises TemporarilyUnavailable where there was no place."""
        if scope.get(_PLACE, self) is None:
            raise TemporarilyUnavailable(
                "Too many requests from your address are being answered: wait for answers before you send more, and try again in a "
                "few seconds.",
                log="too many requests of one address in flight",
                retry_after=5,
            )

    def leave(self, scope: MutableMapping[str, Any]) -> None:
        place = scope.pop(_PLACE, None)
        if place is not None:
            place.leave()
