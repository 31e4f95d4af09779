"""Authorization codes: digests of random values, each good for one redemption (RFC 6749 section 4.1.2)."""

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, bindparam, delete, func, select, update

from hoistway.protocol.ids import ClientId, CustomerId, FamilyId, UserId
from hoistway.store.columns import at, insert_all, optional_at, reference, text, to_json
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

CODES = Table(
    "codes",
    METADATA,
    Column("code_digest", LargeBinary, primary_key=True),
    reference("client_id", "clients.id"),
    text("grant_id"),
    text("terms"),
    at("expires_at"),
    optional_at("used_at"),
    Index("ix_codes_expires_at", "expires_at"),
)


class Agreed(msgspec.Struct, frozen=True):
    """What the person agreed to at the authorization endpoint; the token endpoint issues exactly this. `granted` and
    `policy` are explained in store/families, `acting` in protocol/subject, `amr` in protocol/authentication; they are
    None, or empty, in a code written by an older version."""

    user_id: UserId
    customer_id: CustomerId
    redirect_uri: str
    redirect_uri_sent: bool
    scope: tuple[str, ...]
    resource: str | None
    code_challenge: str | None
    nonce: str | None
    auth_time: int
    session_id: str | None
    issuer: str
    granted: tuple[str, ...] | None = None
    policy: str | None = None
    acting: bool | None = None
    amr: tuple[str, ...] = ()


class Code(Struct, frozen=True):
    """`grant_id` is chosen when the code is made, so that a replay can revoke what the first redemption issued. A code
    that was used up without giving tokens, or ended by a replay, has `expires_at` set to the second in which that
    happened."""

    code_digest: bytes
    client_id: ClientId
    grant_id: FamilyId
    terms: Agreed
    expires_at: int
    used_at: int | None = None

    @property
    def gave(self) -> bool:
        """True where tokens were given for it and no replay has ended them."""
        return self.used_at is not None and self.expires_at > self.used_at


def read_code(
    code_digest: bytes, client_id: str, grant_id: str, terms: str, expires_at: int, used_at: int | None
) -> Code:
    decoded = msgspec.json.decode(terms, type=Agreed)
    return Code(code_digest, ClientId(client_id), FamilyId(grant_id), decoded, expires_at, used_at)


_C = CODES.c
_INSERT = Statement(lambda: insert_all(CODES), nothing)
_FIND = Statement(lambda: select(CODES).where(_C.code_digest == bindparam("code_digest")), read_code)
_TAKE = Statement(
    lambda: (
        update(CODES)
        .where(_C.code_digest == bindparam("b_digest"), _C.used_at.is_(None), _C.expires_at > bindparam("now"))
        .values(used_at=bindparam("now"))
        .returning(*CODES.columns)
    ),
    read_code,
)
_USED_AT = func.coalesce(_C.used_at, bindparam("now", type_=BigInteger()))
_END = Statement(
    lambda: (
        update(CODES)
        .where(_C.code_digest == bindparam("b_digest"), _C.expires_at > _USED_AT)
        .values(used_at=_USED_AT, expires_at=_USED_AT)
        .returning(*CODES.columns)
    ),
    read_code,
)
# Not every engine can read this text as JSON, so rows that look alike are read and compared in Python.
_OF_USER = Statement(
    lambda: (
        select(CODES)
        .where(_C.client_id == bindparam("b_client"), _C.terms.like(bindparam("like")))
        .order_by(_C.code_digest)
        .with_for_update()
    ),
    read_code,
)
# Few codes are alive at a time; the index on `expires_at` finds them.
_LIVING_OF_USER = Statement(
    lambda: (
        select(CODES)
        .where(_C.expires_at > bindparam("now"), _C.used_at.is_(None), _C.terms.like(bindparam("like")))
        .order_by(_C.code_digest)
        .with_for_update()
    ),
    read_code,
)
_PRUNE = Statement(lambda: delete(CODES).where(_C.expires_at < bindparam("before")), nothing)


async def add_code(tx: Writer, code: Code) -> None:
    row = {
        "code_digest": code.code_digest, "client_id": code.client_id, "grant_id": code.grant_id,
        "terms": to_json(code.terms), "expires_at": code.expires_at, "used_at": code.used_at,
    }  # fmt: skip
    await tx.run(_INSERT, row)


async def find_code(db: Reader, code_digest: bytes) -> Code | None:
    """Also returns used and expired codes, until they are deleted."""
    return await db.one(_FIND, {"code_digest": code_digest})


async def take_code(tx: Writer, code_digest: bytes, now: int) -> Code | None:
    """Uses the code up. Of parallel attempts one wins; the others, and attempts with an unknown, expired or used code,
    get None."""
    return await tx.one(_TAKE, {"b_digest": code_digest, "now": now})


async def end_code(tx: Writer, code_digest: bytes, now: int) -> Code | None:
    """Ends the code without giving tokens or, where tokens were given, records that they ended. Of parallel attempts
    one succeeds; the others get None, and so does one with a code that was ended before or expired unused."""
    return await tx.one(_END, {"b_digest": code_digest, "now": now})


async def end_codes(
    tx: Writer, user_id: UserId, client_id: ClientId, customer_id: CustomerId, now: int
) -> list[FamilyId]:
    """Uses up a person's codes at one application for one customer. Returns the refresh token families of those that
    were already redeemed, because their access tokens may still be valid."""
    found = await tx.all(_OF_USER, {"b_client": client_id, "like": f"%{to_json(user_id)}%"})
    codes = [one for one in found if (one.terms.user_id, one.terms.customer_id) == (user_id, customer_id)]
    for code in codes:
        await end_code(tx, code.code_digest, now)
    return [code.grant_id for code in codes if code.gave]


async def end_codes_in(tx: Writer, user_id: UserId, customer_id: CustomerId, now: int) -> None:
    """Uses up the codes for one customer that a person has at any application and that were not redeemed yet."""
    found = await tx.all(_LIVING_OF_USER, {"like": f"%{to_json(user_id)}%", "now": now})
    for code in found:
        if (code.terms.user_id, code.terms.customer_id) == (user_id, customer_id):
            await end_code(tx, code.code_digest, now)


async def prune_codes(tx: Writer, before: int) -> int:
    return await tx.run(_PRUNE, {"before": before})
