"""Where an application may be told that a session ended: one rule for portal, console and command line."""

from typing import Literal

from hoistway.applications.addresses import new_places
from hoistway.outbound.failed import Failed
from hoistway.outbound.target import read_target
from hoistway.protocol.redirect_uri import LONGEST, NotRegistrable, check_registrable
from hoistway.store.clients import Client

Because = Literal["address", "daemon", "host"]
SAID: dict[Because, str] = {
    "address": "the address must be https with a full public name, at most 2000 characters, without fragment or user information",
    "daemon": "nobody signs in to a daemon, so it has no sessions to be told of",
    "host": "in production the address must be on a host of the application's redirect addresses",
}


class LogoutUriRefused(Exception):
    """`because` is for pages; the text is for the command line."""

    def __init__(self, because: Because) -> None:
        self.because: Because = because
        super().__init__(SAID[because])


def check_logout_uri(uri: str | None, client: Client, *, loopback: bool, by_owner: bool = False) -> None:
    """Judges the locked row. An owner's address must be on a host that was reviewed, except in the sandbox. With
    `loopback`, for development, this machine may be asked, too. Raises LogoutUriRefused."""
    if uri is None:
        return
    if client.type == "daemon":
        raise LogoutUriRefused("daemon")
    try:
        if len(uri) > LONGEST:
            raise LogoutUriRefused("address")
        check_registrable(uri, native=False)
        read_target(uri, loopback=loopback)
    except (NotRegistrable, Failed) as error:
        raise LogoutUriRefused("address") from error
    if by_owner and client.environment != "sandbox" and new_places((uri,), client.redirect_uris):
        raise LogoutUriRefused("host")


def loses_logout_host(before: Client, after: Client) -> bool:
    """True where the address was on a host of the redirect addresses and is on none any more: nobody has reviewed it
    then."""
    uri = before.backchannel_logout_uri
    if uri is None or before.environment == "sandbox":
        return False
    return bool(new_places((uri,), after.redirect_uris)) and not new_places((uri,), before.redirect_uris)
