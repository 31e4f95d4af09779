"""When each password of a technical account gave tokens last, within a minute."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Table, Text, bindparam, select
from sqlalchemy.dialects.postgresql import Insert

from hoistway.protocol.ids import ServiceAccountId
from hoistway.protocol.two_passwords import Which
from hoistway.store.columns import at, key, reference
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA
from hoistway.store.service_accounts import SERVICE_ACCOUNTS

PASSWORD_USES = Table(
    "password_uses",
    METADATA,
    reference("account_id", "service_accounts.id", primary_key=True),
    key("which"),
    at("used_at"),
)
Used = tuple[ServiceAccountId, Which, int]
_P, _S = PASSWORD_USES.c, SERVICE_ACCOUNTS.c


def _adding() -> Insert:
    """Nothing for an account that is gone by now."""
    given = select(_S.id, bindparam("which", type_=Text()), bindparam("used_at", type_=BigInteger())).where(
        _S.id == bindparam("account_id")
    )
    statement = Insert(PASSWORD_USES).from_select(["account_id", "which", "used_at"], given)
    later = statement.excluded.used_at > _P.used_at
    return statement.on_conflict_do_update(
        index_elements=["account_id", "which"], set_={"used_at": statement.excluded.used_at}, where=later
    )


_ADD = Statement(_adding, nothing)
_OF = Statement(lambda: select(_P.which, _P.used_at).where(_P.account_id == bindparam("account_id")), lambda *row: row)


async def add_password_uses(tx: Writer, uses: Sequence[Used]) -> None:
    """Sorted, so that two processes lock rows in the same order."""
    for account_id, which, used_at in sorted(uses):
        await tx.run(_ADD, {"account_id": account_id, "which": which, "used_at": used_at})


async def password_uses_of(db: Reader, account_id: ServiceAccountId) -> dict[Which, int]:
    return dict(await db.all(_OF, {"account_id": account_id}))
