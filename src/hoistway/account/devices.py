"""Where a person is signed in, and browsers that are spared the second factor; each can be ended (docs/adr/0031-devices.md)."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from starlette.responses import Response

from hoistway.account.attempts import Attempts, attempts_of
from hoistway.account.fresh import ask_own, proved_nothing
from hoistway.accounts.ending import Ended, end_what_began_in, refuse_from_now
from hoistway.endpoints.browser import SignedIn
from hoistway.engine import Engine
from hoistway.portal.changing import Change, owning
from hoistway.portal.chosen import chosen
from hoistway.portal.doors import to_sign_in
from hoistway.portal.visit import Visit, see_other
from hoistway.protocol.authentication import read_amr
from hoistway.protocol.errors import InvalidRequest
from hoistway.store.remembered_devices import devices_of, remove_device, remove_devices
from hoistway.store.session_lists import sessions_of, take_other_sessions, take_session_named
from hoistway.store.sessions import Session
from hoistway.web.device_words import browser_in_words
from hoistway.web.frame import Crumb
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang

HERE: Final = "/account/devices"
ACTS: Final = ("end", "end_others", "forget", "forget_all")
_MEANS: Final = {"pwd": "means_password", "otp": "means_code", "hwk": "means_passkey", "swk": "means_passkey"}


class Shown(Struct, frozen=True):
    """A session as the page shows it; `means` are keys of words."""

    session: Session
    browser: str
    means: Sequence[str]
    is_this: bool

    @property
    def used_at(self) -> int:
        return self.session.last_used_at or self.session.created_at

    @property
    def networks(self) -> tuple[str, ...]:
        """Where it was used last and, where that is elsewhere, where the sign-in came from."""
        both = (self.session.last_network, self.session.network)
        return tuple(dict.fromkeys(one for one in both if one))


def _shown(session: Session, this: Session, lang: Lang) -> Shown:
    means = dict.fromkeys(_MEANS[word] for word in read_amr(session.amr) if word in _MEANS)
    is_this = session.session_digest == this.session_digest
    return Shown(session, browser_in_words(session.agent, lang), tuple(means), is_this)


async def devices(engine: Engine, visit: Visit) -> Response:
    """GET or POST /account/devices: `do` is one of ACTS; `session` or `device` names which."""
    person = visit.person
    if person is None:
        return await to_sign_in(visit)
    if proved_nothing(person):
        return ask_own(engine, visit, person, HERE)
    if not visit.posted:
        return await _show(engine, visit, person)
    act = chosen(visit.form, "do", ACTS, "")
    if not act:
        raise InvalidRequest("Send what to do: one of the page\u2019s buttons.", log="no act")
    if act in {"forget", "forget_all"}:
        await _forget(engine, visit, person)
        return see_other(HERE, "notice_changed")
    await _end(engine, visit, person, act)
    return see_other(HERE, "notice_device_ended" if act == "end" else "notice_devices_ended")


async def _show(engine: Engine, visit: Visit, person: SignedIn) -> Response:
    now, user = engine.now(), person.user
    found = await sessions_of(engine.db, user.id, now)
    rows = sorted((_shown(one, person.session, visit.lang) for one in found), key=lambda one: not one.is_this)
    remembered = await devices_of(engine.db, user.id, now)
    attempts: Attempts = await attempts_of(engine, person)
    return engine.pages.portal(
        "account/devices.html", visit.frame, rows=rows, now=now, attempts=attempts, can_mail=engine.settings.takes_mail,
        remembered=[(one, browser_in_words(one.agent, visit.lang)) for one in remembered],
        crumbs=(Crumb(PORTAL_WORDS[visit.lang]["own_account"], "/account"),),
    )  # fmt: skip


async def _end(engine: Engine, visit: Visit, person: SignedIn, act: str) -> None:
    """What has ended already is no error."""
    this, user_id = person.session, person.user.id
    public_id = "" if act == "end_others" else visit.form.need("session")
    if public_id == this.public_id:
        raise InvalidRequest("This is the browser that you use: sign out instead.", log="own session")
    async with owning(engine, visit, person) as change:
        if act == "end_others":
            taken = await take_other_sessions(change.tx, user_id, this.session_digest)
        else:
            one = await take_session_named(change.tx, user_id, public_id)
            taken = [] if one is None else [one]
        ended = await end_what_began_in(change.tx, user_id, taken, engine.now())
        await _record(change, ended)
    refuse_from_now(engine, ended)


async def _record(change: Change, ended: Ended) -> None:
    if ended.sessions:
        await change.record("session.ended", id=change.by, sessions=ended.sessions, refresh_tokens=ended.refresh_tokens)


async def _forget(engine: Engine, visit: Visit, person: SignedIn) -> None:
    async with owning(engine, visit, person) as change:
        if visit.form.get("do") == "forget":
            await remove_device(change.tx, person.user.id, visit.form.need("device"))
        else:
            await remove_devices(change.tx, person.user.id)
