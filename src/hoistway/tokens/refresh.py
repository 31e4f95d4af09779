"""The text of refresh tokens, `family.generation.HMAC`. What the database stores can't be used as one (docs/adr/0003-tokens.md)."""

import hmac
import re
from hashlib import sha256

from hoistway.protocol.ids import FamilyId
from hoistway.protocol.jwt import b64url
from hoistway.protocol.numbers import read_whole

_SHAPE = re.compile(r"([A-Za-z0-9_-]{20,40})\.([1-9][0-9]{0,11})\.([A-Za-z0-9_-]{43})")


def write_refresh_token(secret: bytes, family_id: FamilyId, generation: int) -> str:
    """A generation of a family always gives the same text, so that a lost answer can be repeated."""
    body = f"{family_id}.{generation}"
    return f"{body}.{b64url(hmac.digest(secret, body.encode('ascii'), sha256))}"


def read_refresh_token(secret: bytes, token: str) -> tuple[FamilyId, int] | None:
    """None where this server did not write it."""
    found = _SHAPE.fullmatch(token)
    if found is None:
        return None
    family_id, generation = FamilyId(found[1]), read_whole(found[2], 1, 10**12)
    if generation is None or not hmac.compare_digest(write_refresh_token(secret, family_id, generation), token):
        return None
    return family_id, generation
