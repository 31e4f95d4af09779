"""The people of a customer as its directory sees them: those that it pushed, and members who came another way."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Subquery, and_, case, false, func, literal, not_, null, or_, select, union_all

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.protocol.scim_filter import BadFilter, Filter, Joined, Negated, Nested, Term
from hoistway.protocol.text import username_key
from hoistway.store.db import Reader, Reads, Statement
from hoistway.store.memberships import MEMBERSHIPS
from hoistway.store.scim_people import SCIM_PEOPLE
from hoistway.store.users import USERS


class ListedPerson(Struct, frozen=True):
    """`details` is None for a member whom the directory did not push. `active` is True where the directory wants the person and nobody took the
    place away; `role` is that of the place, or of the next one."""

    id: str
    user_id: UserId | None
    user_name: str
    external_id: str | None
    display_name: str
    details: dict[str, Any] | None
    active: bool
    role: str
    created_at: int
    changed_at: int

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that list the person: see `people_in_role`."""
        return ("member",) * self.active + ("administrator",) * (self.role == "administrator")


def _read(
    id: str, user_id: str | None, user_name: str, _key: str, external_id: str | None, display_name: str, details: str,
    _emails: str, active: int, role: str, created_at: int, changed_at: int,
) -> ListedPerson:  # fmt: skip
    return ListedPerson(
        id, None if user_id is None else UserId(user_id), user_name, external_id, display_name,
        msgspec.json.decode(details), bool(active), role, created_at, changed_at,
    )  # fmt: skip


_P, _M, _U = SCIM_PEOPLE.c, MEMBERSHIPS.c, USERS.c


def _people(customer_id: str) -> Subquery:
    whose = _P.customer_id == customer_id
    placed = and_(_M.user_id == _P.user_id, _M.customer_id == _P.customer_id)
    wanted = and_(_P.active == 1, or_(_P.user_id.is_(None), _M.user_id.is_not(None)))
    pushed = (
        select(
            _P.id, _P.user_id, _P.user_name, _P.user_name_key, _P.external_id, _P.display_name, _P.details, _P.emails_key,
            case((wanted, 1), else_=0).label("active"), func.coalesce(_M.role, _P.role).label("role"), _P.created_at,
            _P.changed_at,
        )
        .select_from(SCIM_PEOPLE.outerjoin(MEMBERSHIPS, placed))
        .where(whose)
    )  # fmt: skip
    known = select(_P.id).where(whose, _P.user_id == _M.user_id).exists()
    others = (
        select(
            _M.user_id.label("id"), _M.user_id, _U.username.label("user_name"), _U.username_key.label("user_name_key"),
            null().label("external_id"), _U.name.label("display_name"), literal("null").label("details"),
            ("\n=" + _U.username_key + "\n").label("emails_key"), literal(1).label("active"), _M.role,
            _M.created_at, _M.created_at.label("changed_at"),
        )
        .select_from(MEMBERSHIPS.join(USERS, _U.id == _M.user_id))
        .where(_M.customer_id == customer_id, not_(known))
    )  # fmt: skip
    return union_all(pushed, others).subquery("people")


def _text(column: ColumnElement[Any], op: str, value: str) -> ColumnElement[bool]:
    made: Mapping[str, Callable[[], ColumnElement[bool]]] = {
        "eq": lambda: column == value,
        "ne": lambda: or_(column != value, column.is_(None)),
        "co": lambda: column.contains(value, autoescape=True),
        "sw": lambda: column.startswith(value, autoescape=True),
        "ew": lambda: column.endswith(value, autoescape=True),
        "gt": lambda: column > value,
        "ge": lambda: column >= value,
        "lt": lambda: column < value,
        "le": lambda: column <= value,
    }
    return made[op]()


def _moment(column: ColumnElement[Any], op: str, value: object) -> ColumnElement[bool]:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        seconds = None if moment is None or moment.tzinfo is None else int(moment.timestamp())
    except (ValueError, OverflowError):
        seconds = None
    if seconds is None or op in {"co", "sw", "ew"}:
        raise BadFilter("a time is compared by eq, gt, ge, lt, le and written like 2026-01-31T12:00:00Z")
    return {
        "eq": column == seconds, "ne": column != seconds, "gt": column > seconds, "ge": column >= seconds,
        "lt": column < seconds, "le": column <= seconds,
    }[op]  # fmt: skip


def _address(column: ColumnElement[Any], op: str, value: str, kind: str | None) -> ColumnElement[bool]:
    """Each address is a line of its own, `type=address`."""
    wanted, before = value.casefold(), "=" if kind is None else f"\n{kind.lower()}="
    if op == "eq":
        return column.contains(f"{before}{wanted}\n", autoescape=True)
    if op == "sw":
        return column.contains(f"{before}{wanted}", autoescape=True)
    if op == "ew" and kind is None:
        return column.contains(f"{wanted}\n", autoescape=True)
    if op == "co" and kind is None:
        return column.contains(wanted, autoescape=True)
    raise BadFilter("e-mail addresses are searched by eq, sw, ew, co, and pr; with a type by eq and sw")


class _Clause:
    """Makes the WHERE of one search."""

    def __init__(self, people: Subquery) -> None:
        self._c = people.c

    def of(self, found: Filter) -> ColumnElement[bool]:
        if isinstance(found, Joined):
            return (and_ if found.word == "and" else or_)(*[self.of(part) for part in found.parts])
        if isinstance(found, Negated):
            return not_(self.of(found.inner))
        return self._nested(found) if isinstance(found, Nested) else self._term(found)

    def _nested(self, found: Nested) -> ColumnElement[bool]:
        inner = found.inner.parts if isinstance(found.inner, Joined) and found.inner.word == "and" else (found.inner,)
        kinds = [one for one in inner if isinstance(one, Term) and (one.name, one.op) == ("type", "eq")]
        values = [one for one in inner if isinstance(one, Term) and one.name == "value"]
        if found.name != "emails" or len(kinds) > 1 or len(values) != 1 or len(kinds) + 1 != len(inner):
            raise BadFilter('brackets are understood as in emails[type eq "work"].value eq "x"')
        kind = str(kinds[0].value) if kinds else None
        return _address(self._c.emails_key, values[0].op, str(values[0].value), kind)

    def _term(self, term: Term) -> ColumnElement[bool]:
        columns: Mapping[str, tuple[ColumnElement[Any], Callable[[str], str]]] = {
            "id": (self._c.id, str),
            "username": (self._c.user_name_key, username_key),
            "externalid": (self._c.external_id, str),
            "displayname": (func.lower(self._c.display_name), str.lower),
        }
        if term.name in {"emails", "emails.value"}:
            if term.op == "pr":
                return self._c.emails_key != ""
            return _address(self._c.emails_key, term.op, str(term.value), None)
        if term.name == "active":
            if term.op == "pr":
                return self._c.active >= 0
            wanted = {"true": True, "false": False}.get(str(term.value).lower())
            if wanted is None or term.op not in {"eq", "ne"}:
                raise BadFilter("active is compared with true or false by eq or ne")
            return self._c.active == int(wanted == (term.op == "eq"))
        if term.name in {"meta.created", "meta.lastmodified"}:
            at = self._c.created_at if term.name == "meta.created" else self._c.changed_at
            return at >= 0 if term.op == "pr" else _moment(at, term.op, term.value)
        if term.name not in columns:
            raise BadFilter(
                "people are searched by userName, id, externalId, displayName, emails.value, active, meta.created,"
                f" meta.lastModified, and not by {term.name[:60]}"
            )
        column, spelled = columns[term.name]
        if term.op == "pr":
            return and_(column.is_not(None), column != "")
        if not isinstance(term.value, str):
            return false() if term.op == "eq" else column.is_not(None)
        return _text(column, term.op, spelled(term.value))


def _where(customer_id: CustomerId, wanted: Filter | None) -> tuple[Subquery, list[ColumnElement[bool]]]:
    people = _people(customer_id)
    return people, [] if wanted is None else [_Clause(people).of(wanted)]


async def search_people(
    db: Reads, customer_id: CustomerId, wanted: Filter | None, begin: int, most: int
) -> tuple[list[ListedPerson], int]:
    """(up to `most` people behind the first `begin`, how many there are in all), oldest first. Raises BadFilter."""
    people, where = _where(customer_id, wanted)
    order = (people.c.created_at, people.c.id)
    found: list[ListedPerson] = []
    if most:
        page = Statement(lambda: select(people).where(*where).order_by(*order).limit(most).offset(begin), _read)
        found = await db.slow(page, {}, customer_id)
        if 0 < len(found) < most:
            return found, begin + len(found)
    count = Statement(lambda: select(func.count()).select_from(people).where(*where), int)
    return found, (await db.slow(count, {}, customer_id))[0]


async def find_listed(db: Reader, customer_id: CustomerId, id: str) -> ListedPerson | None:
    people = _people(customer_id)
    return await db.one(Statement(lambda: select(people).where(people.c.id == id), _read), {})


async def find_listed_named(db: Reader, customer_id: CustomerId, user_name: str) -> ListedPerson | None:
    people = _people(customer_id)
    return await db.one(
        Statement(lambda: select(people).where(people.c.user_name_key == username_key(user_name)).limit(1), _read), {}
    )


MOST_MEMBERS: Final = 50_000


class Belonging(Struct, frozen=True):
    id: str
    display_name: str


async def people_in_role(db: Reader, customer_id: CustomerId, role: str) -> list[Belonging]:
    """ "member" is everybody who has a place, or would have one; another role is that of whoever has it or would come back
    with it, so that it can be taken from somebody inactive."""
    people = _people(customer_id)
    where = [people.c.active == 1 if role == "member" else people.c.role == role]
    asked = select(people.c.id, people.c.display_name).where(*where).order_by(people.c.created_at, people.c.id)
    return await db.all(Statement(lambda: asked.limit(MOST_MEMBERS), Belonging), {})
