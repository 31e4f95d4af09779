"""When an account last signed in: taken from the audit trail for people, and from the tokens given for its password for
a technical account.
"""

from sqlalchemy import bindparam, func, literal_column, select

from hoistway.store.audit import AUDIT, WrittenEntry, is_failure
from hoistway.store.db import Reader, Statement
from hoistway.store.families import FAMILIES

_PERSON = Statement(
    lambda: select(func.max(AUDIT.c.at)).where(
        AUDIT.c.event == literal_column("'sign_in.succeeded'"), AUDIT.c.actor == bindparam("id")
    ),
    lambda at: at,
)
_BEFORE = Statement(
    lambda: select(func.max(AUDIT.c.at)).where(
        AUDIT.c.event == literal_column("'sign_in.succeeded'"),
        AUDIT.c.actor == bindparam("id"),
        AUDIT.c.at < bindparam("before"),
    ),
    lambda at: at,
)
_FAILED = Statement(
    lambda: (
        select(AUDIT)
        .where(is_failure(), AUDIT.c.actor == bindparam("id"), AUDIT.c.at >= bindparam("since"))
        .order_by(AUDIT.c.at.desc(), AUDIT.c.id.desc())
        .limit(bindparam("most"))
    ),
    WrittenEntry,
)
_ACCOUNT = Statement(
    lambda: select(func.max(FAMILIES.c.auth_time)).where(FAMILIES.c.subject_id == bindparam("id")), lambda at: at
)


async def last_sign_in_of(db: Reader, kind: str, account_id: str) -> int | None:
    """`kind` is "user" or "service_account". Returns None where no sign-in is known."""
    found: int | None = await db.one(_PERSON if kind == "user" else _ACCOUNT, {"id": account_id})
    return found


async def sign_in_before(db: Reader, person: str, before: int) -> int | None:
    """When the person last signed in before that time."""
    found: int | None = await db.one(_BEFORE, {"id": person, "before": before})
    return found


async def failures_of(db: Reader, person: str, since: int, most: int) -> list[WrittenEntry]:
    """Entries of failed sign-ins and second factors, the newest first."""
    return await db.all(_FAILED, {"id": person, "since": since, "most": most})
