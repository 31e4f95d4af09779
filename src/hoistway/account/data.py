"""What is held about the person who is signed in, as a file for them."""

from starlette.responses import Response

from hoistway.account.fresh import ask_own, proved_nothing
from hoistway.accounts.exporting import held_about, written
from hoistway.engine import Engine
from hoistway.portal.changing import owning
from hoistway.portal.copying import copying
from hoistway.portal.doors import to_sign_in
from hoistway.portal.visit import Visit
from hoistway.web.replies import file_reply


async def data(engine: Engine, visit: Visit) -> Response:
    """GET or POST /account/data: a POST gives the file."""
    if visit.person is None:
        return await to_sign_in(visit)
    person = visit.person.user
    if not visit.posted:
        return engine.pages.portal("account/data.html", visit.frame, person=person)
    if proved_nothing(visit.person):
        return ask_own(engine, visit, visit.person, "/account/data")
    with copying(engine, person.id):
        async with owning(engine, visit, visit.person) as change:
            await change.record("user.exported", id=person.id)
        held = await held_about(engine.db, person, engine.lockout.account_of(person.username), engine.now())
    return file_reply("my-data.json", written(held), "application/json")
