"""Text is sorted by code point and folded as Unicode's simple mapping says, whichever engine answers.

SQLite does so by what store/sqlite_file teaches it; PostgreSQL where the database was created for it
(https://www.postgresql.org/docs/current/locale.html, docs/operating.md)."""

from dataclasses import dataclass

from sqlalchemy import Text, case, func, literal, select

from hoistway.store.db import Reader, Statement


@dataclass(frozen=True, slots=True)
class Habits:
    """1 where the database sorts by code point, and where it folds letters beyond ASCII."""

    sorts: int
    folds: int


def fold(text: str) -> str:
    """Each letter by itself, as PostgreSQL does: Python alone looks at a sigma's neighbours and takes İ for two letters."""
    return text.replace("Σ", "σ").replace("İ", "i").lower()


_UPPER, _LOWER = "MÜNCHENΣ", "münchenσ"
_PROBE = Statement(
    select(
        case((literal("B", Text) < literal("a", Text), 1), else_=0).label("sorts"),
        case((func.lower(literal(_UPPER, Text)) == literal(_LOWER, Text), 1), else_=0).label("folds"),
    ),
    Habits,
)


def differences(habits: Habits) -> list[str]:
    """What an operator should know, in words."""
    said = []
    if not habits.sorts:
        said.append("the database sorts text by a language's rules: lists come in another order than elsewhere")
    if not habits.folds:
        said.append("the database folds ASCII letters only: a search for münchen does not find MÜNCHEN")
    return [f"{one}. docs/operating.md says how to create it." for one in said]


async def odd_habits(db: Reader) -> list[str]:
    """Empty where the database is as it should be."""
    habits = await db.one(_PROBE, {})
    return [] if habits is None else differences(habits)
