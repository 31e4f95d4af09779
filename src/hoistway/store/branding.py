"""Branding: the operator's name, colour, logo and addresses, in one row. Without that row the values of the settings apply."""

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Column, LargeBinary, Table, bindparam, select

from hoistway.store.columns import at, key, optional_text, text, upsert
from hoistway.store.db import Reader, Statement, Writer, nothing
from hoistway.store.schema import METADATA

BRANDING = Table(
    "branding",
    METADATA,
    key(),
    text("name"),
    text("accent"),
    optional_text("support"),
    optional_text("terms"),
    Column("logo", LargeBinary, nullable=True),
    optional_text("logo_type"),
    at("changed_at"),
)
ONLY = "brand"


class Branding(Struct, frozen=True):
    """`accent` is `#rrggbb`; `support` an e-mail address or URL, `terms` a URL; `logo` the bytes of a picture."""

    name: str
    accent: str
    support: str | None
    terms: str | None
    logo: bytes | None
    logo_type: str | None
    changed_at: int


def _read(_id: str, *columns: object) -> Branding:
    return Branding(*columns)  # type: ignore[arg-type]


_PUT = Statement(lambda: upsert(BRANDING), nothing)
_FIND = Statement(lambda: select(BRANDING).where(BRANDING.c.id == bindparam("id")), _read)


async def put_branding(tx: Writer, branding: Branding) -> None:
    await tx.run(_PUT, {"id": ONLY, **asdict(branding)})


async def find_branding(db: Reader) -> Branding | None:
    return await db.one(_FIND, {"id": ONLY})
