"""Attempts at a person's account that failed, as the person is shown them (docs/adr/0031-devices.md)."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec
from msgspec import Struct

from hoistway.authn.standing import find_standing
from hoistway.endpoints.browser import SignedIn
from hoistway.engine import Engine
from hoistway.store.audit import WrittenEntry
from hoistway.store.sign_ins import failures_of, sign_in_before

DAY: Final = 86_400
LONGEST: Final = 30 * DAY
"""How far the page looks back where the sign-in before is longer ago, or not known."""
MOST_READ, MOST_SHOWN = 200, 20


class Failed(Struct, frozen=True):
    """At least so many attempts from one network on one day. `what` failed is the "password"; the second "factor", then the password
    had been right; or "either", where only a counter tells, which knows no network."""

    at: int
    network: str
    count: int
    what: Literal["password", "factor", "either"]


class Attempts(Struct, frozen=True):
    """`since` is when the person signed in before this time; None where that is not known."""

    since: int | None
    failed: Sequence[Failed]

    @property
    def count(self) -> int:
        return sum(one.count for one in self.failed)

    @property
    def shown(self) -> Sequence[Failed]:
        return self.failed[:MOST_SHOWN]

    @property
    def second(self) -> bool:
        return any(one.what == "factor" for one in self.failed)


class _Said(Struct, frozen=True):
    address: str = ""
    failures_today: int = 1


def grouped(entries: Iterable[WrittenEntry]) -> list[Failed]:
    """The trail has the first, tenth, hundredth failure of a day at one place, each with how many it were by then; entries come
    newest first."""
    found: dict[tuple[str, str, int], Failed] = {}
    for entry in entries:
        said = msgspec.json.decode(entry.detail, type=_Said)
        key = (entry.event, said.address, entry.at // DAY)
        if key not in found or found[key].count < said.failures_today:
            at = entry.at if key not in found else found[key].at
            what: Literal["password", "factor"] = "factor" if entry.event == "factor.failed" else "password"
            found[key] = Failed(at, said.address, said.failures_today, what)
    return list(found.values())


async def attempts_of(engine: Engine, person: SignedIn) -> Attempts:
    """Since the sign-in before this one."""
    user_id, now = person.user.id, engine.now()
    before = await sign_in_before(engine.db, user_id, person.session.since)
    since = max(before or 0, now - LONGEST)
    failed = grouped(await failures_of(engine.db, user_id, since, MOST_READ))
    # Counters know of the second to ninth of a day, too.
    last = (await find_standing(engine.db, engine.lockout, person.user.username, now)).last_at
    # Of the same second nobody knows which came first: rather told once too often.
    if last is not None and last >= since and last > max((one.at for one in failed), default=0):
        failed.insert(0, Failed(last, "", 1, "either"))
    return Attempts(before, failed)
