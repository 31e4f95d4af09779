"""The token inspector: explains what a token says, and gives every reason why the API would refuse it."""

from typing import Any

import msgspec
from msgspec import Struct
from starlette.responses import Response

from hoistway.api.guard import CUSTOMER_API, reach_of
from hoistway.endpoints.explain import reasons_of_life
from hoistway.engine import Engine
from hoistway.portal.docs.described import Operation, operations
from hoistway.portal.try_it import tools
from hoistway.portal.visit import Visit
from hoistway.protocol.claims import account_in
from hoistway.protocol.explain import Expected, Readable, Reason, Unreadable, explain, moment, span, tidy
from hoistway.protocol.ids import ClientId, CustomerId, UnitId
from hoistway.protocol.roles import may
from hoistway.protocol.sandbox import SANDBOX
from hoistway.protocol.subject import Subject
from hoistway.store.clients import Client
from hoistway.store.customers import find_customer
from hoistway.store.unit_access import find_seen_unit, seen_units
from hoistway.store.unit_counts import count_units
from hoistway.web.frame import Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Words

TIMES = frozenset({"exp", "iat", "nbf", "auth_time"})
SHOWN_UNITS = 5
LONGEST_UNIT_ID = 100


class Claim(Struct, frozen=True):
    """`meant` is the claim's name where the words explain it, otherwise "other"; `shown` is its value as text."""

    name: str
    meant: str
    shown: str


class Opens(Struct, frozen=True):
    """Which units an accepted token opens; `asked` is the unit that was asked about, `found` whether it is among them."""

    customer: str
    count: int
    first: tuple[str, ...]
    limited: bool
    asked: str | None
    found: bool


class Verdict(Struct, frozen=True):
    """`whole` is True where the reader may learn about the token's customer; otherwise only the token and its signature
    were judged."""

    said: Readable
    claims: tuple[Claim, ...]
    reasons: tuple[Reason, ...]
    whole: bool
    opens: Opens | None = None
    operations: tuple[tuple[Operation, bool], ...] = ()

    @property
    def accepted(self) -> bool:
        return not self.reasons


def _claims(values: dict[str, Any], words: Words, now: int) -> tuple[Claim, ...]:
    made = []
    for name, value in values.items():
        shown = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        if name in TIMES and isinstance(value, int):
            shown = moment(value)
        if name == "exp" and isinstance(value, int):
            ends = words["inspect_js_ends" if value > now else "inspect_js_ended"]
            shown += f" ({ends.format(left=span(value - now))})"
        made.append(Claim(name, name if f"inspect_claim_{name}" in words else "other", shown))
    return tuple(made)


async def expected(engine: Engine) -> Expected:
    api = (await engine.directory.apis(engine.now())).by_id.get(CUSTOMER_API)
    return Expected(engine.keyring.verifying, engine.settings.base_url, None if api is None else api.audience)


async def _client(engine: Engine, said: Readable) -> Client | None:
    known = await engine.directory.client(ClientId(str(said.claims.get("client_id"))), engine.now())
    return None if known is None else known.client


async def _may_hear(engine: Engine, visit: Visit, said: Readable) -> bool:
    """A forged token could name any customer, so nothing is looked up for one. Operators may learn about every
    customer. The simulated customer belongs to everybody: there the application's owner and the person themself may."""
    if not said.signed or visit.person is None:
        return False
    if may(visit.person.user.flags, "read"):
        return True
    if visit.reader is None:
        return False
    own = {place.customer_id for place in visit.reader.places if place.customer_disabled_at is None}
    own.add(visit.reader.customer_id)
    if said.claims.get("customer") != SANDBOX:
        return said.claims.get("customer") in own
    client = await _client(engine, said)
    return account_in(said.claims) == visit.person.user.id or (client is not None and client.customer_id in own)


async def _subject(engine: Engine, said: Readable) -> Subject | None:
    client = await _client(engine, said)
    if client is None:
        return None
    kind = "service_account" if said.claims.get("service_account") else "user"
    customer_id = CustomerId(str(said.claims.get("customer")))
    account = str(account_in(said.claims))
    return await engine.directory.subject(kind, account, customer_id, engine.now(), client.environment)


def _opened(said: Readable) -> tuple[tuple[Operation, bool], ...]:
    """The operations that its scopes open; simulated units can only be read."""
    scopes = said.scopes
    if said.claims.get("customer") == SANDBOX:
        scopes = frozenset(scope for scope in scopes if scope.endswith(".read"))
    return tuple((one, scopes >= set(one.scopes)) for one in operations().values() if one.token)


async def _opens(engine: Engine, said: Readable, unit: str) -> Opens | None:
    """Looked up only for an accepted token, because the API itself would tell its holder the same."""
    subject = await _subject(engine, said)
    if subject is None:
        return None
    reach = reach_of(subject)
    first = await seen_units(engine.db, reach, most=SHOWN_UNITS)
    customer = await find_customer(engine.db, subject.customer_id)
    readable = unit and len(unit) <= LONGEST_UNIT_ID
    found = readable and await find_seen_unit(engine.db, reach, UnitId(unit)) is not None
    return Opens(
        customer=subject.customer_id if customer is None else customer.name,
        count=await count_units(engine.db, reach),
        first=tuple(one.id for one in first),
        limited=subject.limited,
        asked=unit or None,
        found=bool(found),
    )


async def judge(engine: Engine, visit: Visit, said: Readable, unit: str) -> Verdict:
    """The whole verdict for this reader."""
    whole = await _may_hear(engine, visit, said)
    reasons = said.reasons
    if whole:
        reasons += await reasons_of_life(engine.db, engine.revoked, said, engine.now())
    opens = await _opens(engine, said, unit) if whole and not reasons and "units.read" in said.scopes else None
    claims = _claims(said.claims, PORTAL_WORDS[visit.lang], engine.now())
    return Verdict(said, claims, reasons, whole, opens, _opened(said))


async def _explained(engine: Engine, token: str) -> Readable | Unreadable:
    """Also with a key that another process published a moment ago."""
    said = explain(token, await expected(engine), engine.now())
    if isinstance(said, Readable) and any(reason.code == "unknown_key" for reason in said.reasons):
        await engine.keyring.catch_up(engine.db, engine.now())
        said = explain(token, await expected(engine), engine.now())
    return said


async def inspector(engine: Engine, visit: Visit) -> Response:
    """GET and POST /portal/inspector. A posted token is judged and forgotten: no cookie, row, log line or form of the
    answer contains it."""
    problems, unit, verdict = Problems(), (visit.form.get("unit") or "").strip(), None
    words = PORTAL_WORDS[visit.lang]
    if visit.posted:
        token = tidy(visit.form.get("token") or "")
        said = await _explained(engine, token) if token else Unreadable("missing")
        if isinstance(said, Unreadable):
            problems.add("token", words[f"inspect_unreadable_{said.code}"])
        else:
            verdict = await judge(engine, visit, said, unit)
    status = 422 if problems else 200
    return engine.pages.portal(
        "portal/inspector.html",
        visit.frame,
        status,
        problems=problems,
        unit=unit,
        verdict=verdict,
        now=moment(engine.now()),
        seconds=engine.now(),
        leaves=tools(visit.lang),
    )
