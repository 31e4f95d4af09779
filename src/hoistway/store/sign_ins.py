"""When an account signed in last: people by the audit trail, technical accounts by the tokens that their password gave."""

from sqlalchemy import bindparam, func, literal_column, select

from hoistway.store.audit import AUDIT
from hoistway.store.db import Reader, Statement
from hoistway.store.families import FAMILIES

_PERSON = Statement(
    select(func.max(AUDIT.c.at)).where(
        AUDIT.c.event == literal_column("'sign_in.succeeded'"), AUDIT.c.actor == bindparam("id")
    ),
    lambda at: at,
)
_ACCOUNT = Statement(
    select(func.max(FAMILIES.c.auth_time)).where(FAMILIES.c.subject_id == bindparam("id")), lambda at: at
)


async def last_sign_in_of(db: Reader, kind: str, account_id: str) -> int | None:
    """`kind` is "user" or "service_account". None where nothing is known of one."""
    found: int | None = await db.one(_PERSON if kind == "user" else _ACCOUNT, {"id": account_id})
    return found
