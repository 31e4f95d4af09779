"""`id_token_hint`: an ID token of this server that says whom a request is about (OpenID Connect Core section 3.1.2.1)."""

from typing import Any

from hoistway.endpoints.judge import is_our_issuer
from hoistway.engine import Engine
from hoistway.protocol.claims import ID_TYPES, account_in, check_id_token
from hoistway.protocol.jwt import BadToken, kind_of
from hoistway.protocol.params import Params
from hoistway.web.tickets import Hint


async def hinted_claims(engine: Engine, params: Params) -> dict[str, Any] | None:
    """The claims of a valid hint. An expired one is valid, too, because a hint names somebody and proves nothing."""
    hint = params.get("id_token_hint")
    if hint is None:
        return None
    try:
        claims = await engine.keyring.verify_late(engine.db, hint, ID_TYPES, engine.now())
        check_id_token(kind_of(hint), claims)
    except BadToken:
        return None
    return claims if is_our_issuer(engine, claims.get("iss")) else None


async def read_hint(engine: Engine, params: Params) -> Hint | None:
    """None where there is none. An unreadable hint names nobody, so the person who is signed in does not count as the
    one that is meant."""
    if params.get("id_token_hint") is None:
        return None
    claims = await hinted_claims(engine, params) or {}
    return Hint(_text(account_in(claims)), *(_text(claims.get(name)) for name in ("customer", "preferred_username")))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
