"""How a person or a technical account gets in again: a new password handed over by hand, a link by mail to choose one, and
the end of everything that they are signed in to.
"""

from typing import Any

from msgspec.structs import asdict
from starlette.responses import Response

from hoistway.accounts.resetting import send_reset, tell_password_changed
from hoistway.authn.passwords import generate_password
from hoistway.console.thing_pages import lock_shown
from hoistway.console.things.accounts import may_have_password
from hoistway.engine import Engine
from hoistway.grants.new_password import end_everywhere, replace_password
from hoistway.mail.post import lang_of
from hoistway.portal.changing import Moved, operating
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.roles import FLAGS
from hoistway.protocol.subject import Kind
from hoistway.store.users import User
from hoistway.things.registry import THINGS
from hoistway.things.thing import Thing
from hoistway.web.frame import Crumb, Problems
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.replies import correlation_id
from hoistway.web.segments import segment

KINDS = {"users": "user", "accounts": "service_account"}


async def credentials_page(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/{word}/{id}/password: `do` is hand_over, with the name in `confirm`, or, of a person, send or
    end."""
    thing, row_id = THINGS.get(visit.request.path_params["word"]), visit.request.path_params["id"]
    row = None if thing is None or thing.word not in KINDS else await thing.find(engine.db, row_id)
    if thing is None or row is None or not may_have_password(row):
        raise NotFound
    if not visit.posted:
        return _show(engine, visit, operator, thing, row, None)
    visit.check_shown(row)
    if row.id == operator.id:
        return _show(engine, visit, operator, thing, row, Problems({"own": PORTAL_WORDS[visit.lang]["pass_own"]}))
    do = visit.form.need("do")
    if do == "hand_over":
        return await _hand_over(engine, visit, operator, thing, row)
    act = {"send": _send, "end": _end}.get(do)
    if act is None or thing.word != "users":
        raise NotFound
    return await act(engine, visit, operator, thing, row)


def may_hand_over(row: Any, *, two: bool) -> bool:
    """Whoever chooses a password can sign in with it. So where two must approve, nobody does so for one of the operator's
    people; these get a link by mail."""
    return not (two and isinstance(row, User) and any(flag in FLAGS for flag in row.flags))


async def _hand_over(engine: Engine, visit: Visit, operator: User, thing: Thing, row: Any) -> Response:
    """Ends what the old password gave. A person chooses another at the next sign-in."""
    t, problems = PORTAL_WORDS[visit.lang], Problems()
    if not may_hand_over(row, two=engine.settings.four_eyes):
        problems.add("confirm", t["pass_staff_two"])
    elif (visit.form.get("confirm") or "").strip() != thing.title(row):
        problems.add("confirm", t["thing_confirm_wrong"])
    if problems:
        return _show(engine, visit, operator, thing, row, problems)
    address = f"/console/{thing.word}/{segment(row.id)}"
    password = generate_password()
    digest = await engine.passwords.hash(password)
    is_person = thing.word == "users"
    async with operating(engine, visit, operator) as change:
        await lock_shown(change, thing, row)
        kind: Kind = "user" if is_person else "service_account"
        ended = await replace_password(change.tx, kind, row.id, digest, engine.now(), handed_over=is_person)
        if ended is None:
            raise Moved(log="the account is gone")
        await change.leads_to(address)
        await change.record(f"{kind}.password_reset", id=row.id, by="operator", **asdict(ended))
        if is_person:
            await tell_password_changed(engine, change.tx, row)
    return engine.pages.portal(
        "console/made_once.html", visit.frame, title=thing.title(row), address=address, shown=(("password", password),)
    )


async def _send(engine: Engine, visit: Visit, operator: User, thing: Thing, row: User) -> Response:
    t = PORTAL_WORDS[visit.lang]
    problem = "pass_no_mail" if not engine.settings.takes_mail else "pass_no_address" if not row.emails else None
    if row.disabled_at is not None:
        problem = "pass_disabled"
    sent = False
    if problem is None:
        async with operating(engine, visit, operator) as change:
            await lock_shown(change, thing, row)
            who = {"actor": operator.id, "correlation_id": correlation_id(visit.request)}
            sent = await send_reset(engine, change.tx, row, lang_of(row), **who)
    if not sent:
        return _show(engine, visit, operator, thing, row, Problems({"send": t[problem or "pass_several"]}))
    return see_other(visit.path, "notice_pass_sent")


async def _end(engine: Engine, visit: Visit, operator: User, thing: Thing, row: User) -> Response:
    """The password stays, so this is no harm that would have to be confirmed."""
    async with operating(engine, visit, operator) as change:
        await lock_shown(change, thing, row)
        ended = await end_everywhere(change.tx, row.id, engine.now())
        await change.record("user.sessions_ended", id=row.id, **asdict(ended))
    return see_other(visit.path, "notice_pass_ended")


def _show(engine: Engine, visit: Visit, operator: User, thing: Thing, row: Any, problems: Problems | None) -> Response:
    t = PORTAL_WORDS[visit.lang]
    return engine.pages.portal(
        "console/credentials.html", visit.showing(row), 422 if problems else 200, word=thing.word, title=thing.title(row),
        row=row, own=row.id == operator.id, problems=problems, by_hand=may_hand_over(row, two=engine.settings.four_eyes),
        takes_mail=engine.settings.takes_mail,
        crumbs=(
            Crumb(t["frame_operate"], "/console"), Crumb(t[f"things_{thing.word}"], f"/console/{thing.word}"),
            Crumb(thing.title(row), f"/console/{thing.word}/{segment(row.id)}"),
        ),
    )  # fmt: skip
