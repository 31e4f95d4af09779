"""What is known of OpenID providers: how each describes itself, and its keys, kept for a while."""

from typing import Any, Final

from hoistway.outbound.documents import Documents
from hoistway.outbound.failed import Failed
from hoistway.outbound.fetcher import Fetcher
from hoistway.protocol.jwt import UnknownKey
from hoistway.protocol.provider_metadata import BadMetadata, Metadata, check_issuer_of, discovery_of, read_metadata
from hoistway.protocol.provider_token import ProviderKey, read_id_token, read_provider_keys

METADATA_FOR: Final = 600
KEYS_FOR: Final = 3600
"""Seconds. A key that was taken back upstream is believed that long at the most; a new one is found at once."""
ID_TOKEN: Final = frozenset({"jwt"})
LOGOUT_TOKEN: Final = frozenset({"logout+jwt", "application/logout+jwt", "jwt"})
"""Types in headers; older providers give logout tokens none of their own."""


def _described(said: dict[str, Any]) -> Metadata | BadMetadata:
    """What is wrong is kept as well as what is right."""
    try:
        return read_metadata(said)
    except BadMetadata as error:
        return error


class Providers:
    """One in each process."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._metadata: Documents[Metadata | BadMetadata] = Documents(fetcher, _described, METADATA_FOR)
        self._keys: Documents[tuple[ProviderKey, ...]] = Documents(fetcher, read_provider_keys, KEYS_FOR)

    async def metadata(self, issuer: str, now: int, whose: str, *, anew: bool = False) -> Metadata:
        """`whose` is the customer that connected it. With `anew` not what was read more than a minute ago. Raises Failed,
        BadMetadata."""
        url = discovery_of(issuer)
        found = await (self._metadata.again if anew else self._metadata.get)(url, now, whose)
        if isinstance(found, BadMetadata):
            raise BadMetadata(str(found), found.key, **found.facts)
        check_issuer_of(found, issuer)
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
            self._check(name, getattr(found, name))
        return found

    def _check(self, name: str, url: str | None) -> None:
        try:
            if url is not None:
                self._fetcher.check(url)
        except Failed as error:
            raise BadMetadata(f"its {name} can't be used: {error}", "unusable", name=name, because=error) from None

    async def keys(self, metadata: Metadata, now: int, whose: str, *, anew: bool = False) -> tuple[ProviderKey, ...]:
        """Raises Failed."""
        return await (self._keys.again if anew else self._keys.get)(metadata.jwks_uri, now, whose)

    async def verify(
        self, metadata: Metadata, token: str, now: int, whose: str, kinds: frozenset[str] = ID_TOKEN
    ) -> dict[str, Any]:
        """The claims of an ID token, or of a token of these `kinds`, whose signature holds. For an unknown key the set is
        read again, once a minute at the most. Raises Failed, BadToken."""
        try:
            return read_id_token(token, await self.keys(metadata, now, whose), kinds)
        except UnknownKey:
            return read_id_token(token, await self.keys(metadata, now, whose, anew=True), kinds)
