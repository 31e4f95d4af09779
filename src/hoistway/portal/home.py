"""The portal's first page: what there is, and three steps to a first call; for people who are signed in, what concerns them."""

import msgspec
from starlette.responses import Response

from hoistway.api.openapi_schemas import EXAMPLES
from hoistway.engine import Engine
from hoistway.portal.docs.described import operations
from hoistway.portal.docs.guides import guides
from hoistway.portal.docs.markdown import code_html
from hoistway.portal.docs.samples import CALLS, written
from hoistway.portal.docs.values import fill, values_for
from hoistway.portal.glance import glance, to_review
from hoistway.portal.kept import kept
from hoistway.portal.visit import Visit
from hoistway.protocol.manage_scopes import MANAGE
from hoistway.web.figures import Figures
from hoistway.web.templates.filters import date

CHANGES = 3
SHOWN = ("name", "customer", "unit_count", "scopes")


async def home(engine: Engine, visit: Visit) -> Response:
    """GET /portal"""
    found = guides(visit.lang)
    apis = [api for api in (await engine.directory.apis(engine.now())).by_id.values() if api.id != MANAGE]
    call, answer = ("", "") if visit.person is not None else await _first_call(engine, visit)
    changes = [section for section in found["changelog"].document.sections if section.level == 2][:CHANGES]
    glanced = None if visit.reader is None else await glance(engine, visit.reader)
    page = engine.pages.portal(
        "portal/home.html",
        visit.frame,
        guides=found,
        apis=apis,
        operations=operations(),
        call=call,
        answer=answer,
        changes=changes,
        glance=glanced,
        review=await to_review(engine, visit),
        day=date(engine.now()),
        fig=Figures(visit.lang),
        now=engine.now(),
    )
    return kept(visit, page)


async def _first_call(engine: Engine, visit: Visit) -> tuple[str, str]:
    """A call and its answer, as strangers see them."""
    values = await values_for(engine, None)
    example = msgspec.json.format(
        msgspec.json.encode({name: EXAMPLES["Me"][name] for name in SHOWN}), indent=2
    ).decode()
    call = code_html(next(one.code for one in written(CALLS["me"]) if one.key == "curl"), "sh", visit.lang)
    return fill(call, values), fill(code_html(example, "json", visit.lang), values)
