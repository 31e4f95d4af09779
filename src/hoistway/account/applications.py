"""Shows which applications have access in the person's name, for which customer and to what, and takes access back."""

from msgspec import Struct
from starlette.responses import Response

from hoistway.account.fresh import ask_own, proved_nothing
from hoistway.applications.access import Access, access_of
from hoistway.authn.directory import Apis
from hoistway.endpoints.browser import SignedIn
from hoistway.endpoints.flow_pages import PERSONAL
from hoistway.engine import Engine
from hoistway.grants.consent import take_back_own
from hoistway.portal.doors import to_sign_in
from hoistway.portal.visit import Visit, see_other
from hoistway.protocol.errors import LoginRequired
from hoistway.protocol.ids import ClientId, CustomerId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.protocol.scope import NO_API
from hoistway.web.templates.values import ScopeLine
from hoistway.web.words import Lang

HERE = "/account/applications"


class Shown(Struct, frozen=True):
    access: Access
    scopes: tuple[ScopeLine, ...]
    simulated: bool


def _shown(access: Access, apis: Apis, lang: Lang) -> Shown:
    lines = []
    for api_id, name in access.named():
        api = apis.by_id.get(api_id)
        words = PERSONAL[lang] if api_id == NO_API else {}
        if api is not None:
            words = {scope.name: scope.description for scope in api.scopes}
        lines.append(ScopeLine(name, words.get(name, name)))
    return Shown(access, tuple(lines), access.customer_id == SANDBOX)


async def applications(engine: Engine, visit: Visit) -> Response:
    """GET or POST /account/applications: `client` and `customer` name what is taken back."""
    if visit.person is None:
        return await to_sign_in(visit)
    if proved_nothing(visit.person):
        return ask_own(engine, visit, visit.person, HERE)
    if visit.posted:
        return await _take_back(engine, visit, visit.person)
    now = engine.now()
    found = await access_of(engine.db, visit.person.user.id, now)
    apis = await engine.directory.apis(now)
    rows = [_shown(access, apis, visit.lang) for access in found]
    return engine.pages.portal("account/applications.html", visit.frame, rows=rows, now=now)


async def _take_back(engine: Engine, visit: Visit, person: SignedIn) -> Response:
    """Whatever the form names, only the person's own access can end. Access that has ended already is no error."""
    client_id, customer_id = ClientId(visit.form.need("client")), CustomerId(visit.form.need("customer"))
    try:
        await take_back_own(engine, person.session, client_id, customer_id)
    except LoginRequired:
        return await to_sign_in(visit)
    return see_other(HERE, "notice_access_ended")
