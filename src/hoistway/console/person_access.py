"""Which applications have access in a person's name, and taking it back for them, as they do it themselves on their account's
page (docs/adr/0013-consent.md).
"""

from starlette.responses import Response

from hoistway.applications.access import access_of
from hoistway.engine import Engine
from hoistway.grants.consent import take_back
from hoistway.portal.changing import Moved, operating
from hoistway.portal.visit import NotFound, Visit, see_other
from hoistway.protocol.ids import ClientId, CustomerId, UserId
from hoistway.store.users import User, find_user, lock_user
from hoistway.tokens.keyring import LONGEST_TOKEN
from hoistway.web.frame import Crumb
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.segments import segment


async def person_access(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/users/{id}/applications: `client` and `customer` name what is taken back."""
    person = await find_user(engine.db, UserId(visit.request.path_params["id"]))
    if person is None:
        raise NotFound
    if visit.posted:
        wanted = (ClientId(visit.form.need("client")), CustomerId(visit.form.need("customer")))
        return await _take_back(engine, visit, operator, person, *wanted)
    t, now = PORTAL_WORDS[visit.lang], engine.now()
    rows = await access_of(engine.db, person.id, now)
    return engine.pages.portal(
        "console/person_access.html", visit.showing(person), person=person, rows=rows, now=now,
        crumbs=(
            Crumb(t["frame_operate"], "/console"), Crumb(t["things_users"], "/console/users"),
            Crumb(person.name, f"/console/users/{segment(person.id)}"),
        ),
    )  # fmt: skip


async def _take_back(
    engine: Engine, visit: Visit, operator: User, person: User, client_id: ClientId, customer_id: CustomerId
) -> Response:
    """What came meanwhile ends, too, and what ended already is no error: a code that is not redeemed yet is in no list."""
    visit.check_shown(person)
    now = engine.now()
    async with operating(engine, visit, operator, customer_id) as change:
        found = await lock_user(change.tx, person.id)
        if found is None:
            raise Moved(log="the person is gone")
        change.check_shown(found)
        ended = await take_back(change.tx, person.id, client_id, customer_id, now)
        await change.record(
            "consent.taken_back", customer_id=customer_id, client_id=client_id, user=person.id, scopes=ended.scopes,
            refresh_tokens=ended.refresh_tokens,
        )  # fmt: skip
    for family_id in ended.families:
        engine.revoked.add(family_id, now + LONGEST_TOKEN)
    return see_other(visit.path, "notice_access_ended")
