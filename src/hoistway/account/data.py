"""What is held about the person who is signed in, as a file for them."""

from starlette.responses import Response

from hoistway.accounts.exporting import held_about, written
from hoistway.endpoints.entering import Onward, more_of, to_second_step
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
    if visit.person.session.proven_at is None:
        # What others know of the person is not for a company that only says who they are.
        unfinished = more_of(engine, visit.browser, visit.person, "prove", 1)
        return to_second_step(engine, unfinished, Onward(back="/account/data"))
    with copying(engine, person.id):
        async with owning(engine, visit, visit.person) as change:
            await change.record("user.exported", id=person.id)
        held = await held_about(engine.db, person, engine.lockout.account_of(person.username), engine.now())
    return file_reply("my-data.json", written(held), "application/json")
