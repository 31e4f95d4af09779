"""Bearer tokens of customers' directories: SHA-256 digests of generated values; two may overlap while one replaces the other."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, Index, LargeBinary, Table, bindparam, delete, select, update

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.columns import at, from_list, insert_all, key, optional_at, optional_text, reference, text
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.schema import METADATA
from hoistway.store.users import USERS

SCIM_TOKENS = Table(
    "scim_tokens",
    METADATA,
    key(),
    reference("customer_id", "customers.id"),
    Column("token_digest", LargeBinary, nullable=False),
    text("prefix"),
    at("created_at"),
    at("expires_at"),
    optional_at("last_used_at"),
    optional_text("made_by"),
    Index("ix_scim_tokens_customer", "customer_id"),
    Index("ix_scim_tokens_digest", "token_digest", unique=True),
)
MOST = 2
"""Of a customer, while both work."""


class ScimToken(Struct, frozen=True):
    """`prefix` is the beginning of the value, by which people tell tokens apart. `made_by` is None where a command made
    it."""

    id: str
    customer_id: CustomerId
    token_digest: bytes
    prefix: str
    created_at: int
    expires_at: int
    last_used_at: int | None = None
    made_by: UserId | None = None

    def is_over(self, now: int) -> bool:
        return self.expires_at <= now


class ListedToken(Struct, frozen=True):
    """`made_by` is the person's name; None where a command made it, or the account is gone. `place` says who
    that is to the customer: "member", "staff" of the operator, "left", or "" for nobody."""

    id: str
    prefix: str
    created_at: int
    expires_at: int
    last_used_at: int | None
    made_by: str | None
    place: str = ""

    def is_over(self, now: int) -> bool:
        return self.expires_at <= now


def _listed(
    token_id: str, prefix: str, created: int, expires: int, used: int | None, name: str | None, flags: str | None,
    member: str | None,
) -> ListedToken:  # fmt: skip
    place = "" if name is None else "member" if member is not None else "staff" if from_list(flags or "[]") else "left"
    return ListedToken(token_id, prefix, created, expires, used, name, place)


_T, _M = SCIM_TOKENS.c, MEMBERSHIPS.c
_INSERT = Statement(lambda: insert_all(SCIM_TOKENS), nothing)
_BY_DIGEST = Statement(lambda: select(SCIM_TOKENS).where(_T.token_digest == bindparam("digest")), ScimToken)
_OF = Statement(
    lambda: select(SCIM_TOKENS).where(_T.customer_id == bindparam("customer_id")).order_by(_T.created_at, _T.id),
    ScimToken,
)
_LISTED = Statement(
    lambda: (
        select(
            _T.id,
            _T.prefix,
            _T.created_at,
            _T.expires_at,
            _T.last_used_at,
            USERS.c.name.label("made_by"),
            USERS.c.flags,
            _M.user_id.label("member"),
        )
        .select_from(
            SCIM_TOKENS.outerjoin(USERS, USERS.c.id == _T.made_by).outerjoin(
                MEMBERSHIPS, (_M.user_id == _T.made_by) & (_M.customer_id == _T.customer_id)
            )
        )
        .where(_T.customer_id == bindparam("customer_id"))
        .order_by(_T.created_at, _T.id)
    ),
    _listed,
)
_REMOVE = Statement(
    lambda: delete(SCIM_TOKENS).where(_T.id == bindparam("id"), _T.customer_id == bindparam("customer_id")), nothing
)
_ENDED = Statement(
    lambda: delete(SCIM_TOKENS).where(_T.customer_id == bindparam("customer_id"), _T.expires_at <= bindparam("now")),
    nothing,
)
_USED = Statement(
    lambda: update(SCIM_TOKENS).where(_T.id == bindparam("b_id")).values(last_used_at=bindparam("at")), nothing
)


async def add_scim_token(tx: Writer, row: ScimToken) -> None:
    await tx.run(_INSERT, asdict(row))


async def find_scim_token(db: Reader, digest: bytes) -> ScimToken | None:
    return await db.one(_BY_DIGEST, {"digest": digest})


async def scim_tokens_of(db: Reader, customer_id: CustomerId) -> list[ScimToken]:
    """Also those that have ended."""
    return await db.all(_OF, {"customer_id": customer_id})


async def list_scim_tokens(db: Reader, customer_id: CustomerId) -> list[ListedToken]:
    """Also those that have ended."""
    return await db.all(_LISTED, {"customer_id": customer_id})


async def remove_scim_token(tx: Writer, customer_id: CustomerId, token_id: str) -> bool:
    return await tx.run(_REMOVE, {"id": token_id, "customer_id": customer_id}) == 1


async def remove_ended_tokens(tx: Writer, customer_id: CustomerId, now: int) -> None:
    await tx.run(_ENDED, {"customer_id": customer_id, "now": now})


async def mark_tokens_used(tx: Writer, used: dict[str, int]) -> None:
    """`used` maps ids to the time of their last use."""
    await tx.run_many(_USED, [{"b_id": token_id, "at": at} for token_id, at in used.items()])
