"""The reference of the Customer API: its operations with parameters, answers, refusals and samples."""

from functools import partial

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.docs.described import operations
from hoistway.portal.docs.german import in_words
from hoistway.portal.docs.linked import linked_example, linked_samples
from hoistway.portal.docs.operation_text import operation_text, reference_text
from hoistway.portal.docs.shown import by_tag, leaves, tabs
from hoistway.portal.docs.values import Value, fill_text, values_for
from hoistway.portal.guide import markdown_reply
from hoistway.portal.kept import kept
from hoistway.portal.try_it import try_values
from hoistway.portal.visit import NotFound, Visit


async def reference(engine: Engine, visit: Visit) -> Response:
    """GET /portal/reference"""
    page = engine.pages.portal(
        "portal/reference.html",
        visit.frame,
        groups=by_tag(operations().values()),
        leaves=leaves(visit.lang, visit.path),
        words=partial(in_words, lang=visit.lang),
        base_url=engine.settings.base_url,
    )
    return kept(visit, page)


async def reference_markdown(engine: Engine, visit: Visit) -> Response:
    """GET /portal/reference.md"""
    return markdown_reply(visit, reference_text(engine.settings.base_url))


async def operation(engine: Engine, visit: Visit) -> Response:
    """GET /portal/reference/{operation}, and {operation}.md"""
    name: str = visit.request.path_params["operation"]
    found = operations().get(name.removesuffix(".md"))
    if found is None:
        raise NotFound
    examples = {one.name: Value(one.example, "blank") for one in found.parameters if one.example is not None}
    known = await values_for(engine, visit.reader)
    values = {**examples, **{n: v for n, v in known.items() if n not in examples or v.kind != "blank"}}
    if name.endswith(".md"):
        return markdown_reply(visit, fill_text(operation_text(found), values))
    page = engine.pages.portal(
        "portal/operation.html",
        visit.frame,
        operation=found,
        tabs=tabs(linked_samples(found), values),
        example=linked_example(found.done),
        leaves=leaves(visit.lang, visit.path),
        words=partial(in_words, lang=visit.lang),
        tryit=await try_values(engine, visit, found.id),
    )
    return kept(visit, page)
