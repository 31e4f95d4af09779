"""Makes both engines sort text by code point and fold case by Unicode's simple mapping.

SQLite does so with functions from store/sqlite_file; PostgreSQL where the database was created with that collation
(https://www.postgresql.org/docs/current/locale.html, docs/operating.md).
"""

from msgspec import Struct
from sqlalchemy import Text, case, func, literal, select

from hoistway.store.db import Reader, Statement


class Habits(Struct, frozen=True):
    """Each is 1 for yes: whether the database sorts by code point, and whether it folds letters beyond ASCII."""

    sorts: int
    folds: int


def fold(text: str) -> str:
    """Folds letter by letter, as PostgreSQL does. Python's own `lower` also looks at a sigma's neighbours and turns İ
    into two characters."""
    return text.replace("Σ", "σ").replace("İ", "i").lower()


_UPPER, _LOWER = "MÜNCHENΣ", "münchenσ"
_PROBE = Statement(
    lambda: select(
        case((literal("B", Text) < literal("a", Text), 1), else_=0).label("sorts"),
        case((func.lower(literal(_UPPER, Text)) == literal(_LOWER, Text), 1), else_=0).label("folds"),
    ),
    Habits,
)


def differences(habits: Habits) -> list[str]:
    """Describes to an operator how this database differs."""
    said = []
    if not habits.sorts:
        said.append("the database sorts text by a language's rules: lists come in another order than elsewhere")
    if not habits.folds:
        said.append("the database folds ASCII letters only: a search for münchen does not find MÜNCHEN")
    return [f"{one}. docs/operating.md says how to create it." for one in said]


async def odd_habits(db: Reader) -> list[str]:
    """Empty where the database sorts and folds as it should."""
    habits = await db.one(_PROBE, {})
    return [] if habits is None else differences(habits)
