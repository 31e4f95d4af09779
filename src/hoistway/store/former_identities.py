"""Who people were at the providers that the old system knew: by issuer and subject (docs/adr/0040-moving-in.md)."""

from msgspec import Struct
from sqlalchemy import Index, Table, bindparam, select

from hoistway.protocol.ids import UserId
from hoistway.store.columns import key, reference
from hoistway.store.db import Reader, Statement
from hoistway.store.schema import METADATA

FORMER_IDENTITIES = Table(
    "former_identities",
    METADATA,
    key("issuer"),
    key("subject"),
    reference("user_id", "users.id"),
    Index("ix_former_identities_user_id", "user_id"),
    Index("ix_former_identities_subject", "subject"),
)


class FormerIdentity(Struct, frozen=True):
    """`issuer` is the provider's, letter for letter."""

    issuer: str
    subject: str
    user_id: UserId


_FIND = Statement(
    lambda: select(FORMER_IDENTITIES).where(
        FORMER_IDENTITIES.c.issuer == bindparam("issuer"), FORMER_IDENTITIES.c.subject == bindparam("subject")
    ),
    FormerIdentity,
)


async def find_former_identity(db: Reader, issuer: str, subject: str) -> FormerIdentity | None:
    return await db.one(_FIND, {"issuer": issuer, "subject": subject})
