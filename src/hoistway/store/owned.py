"""Whether a company made a person's account: by its directory (SCIM) or at the first sign-in with its provider."""

from sqlalchemy import bindparam, exists, literal_column, or_, select

from hoistway.protocol.ids import UserId
from hoistway.store.db import Reader, Statement
from hoistway.store.identities import IDENTITIES
from hoistway.store.scim_people import SCIM_PEOPLE

_I, _P = IDENTITIES.c, SCIM_PEOPLE.c
_PUSHED = exists().where(_P.user_id == bindparam("user_id"), _P.how == literal_column("'made'"))
_SENT = exists().where(_I.user_id == bindparam("user_id"), _I.how == literal_column("'made'"))
_MADE = Statement(lambda: select(or_(_PUSHED, _SENT)), int)
_BY_DIRECTORY = Statement(lambda: select(_PUSHED), int)


async def is_made_by_company(db: Reader, user_id: UserId) -> bool:
    found = await db.one(_MADE, {"user_id": user_id})
    return bool(found)


async def is_made_by_directory(db: Reader, user_id: UserId) -> bool:
    """Then the directory says the name, too, again and again."""
    found = await db.one(_BY_DIRECTORY, {"user_id": user_id})
    return bool(found)
