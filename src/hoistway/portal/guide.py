"""The guides: their list, each as a page, each as Markdown."""

from starlette.responses import PlainTextResponse, Response

from hoistway.engine import Engine
from hoistway.portal.docs.guides import Guide, guides
from hoistway.portal.docs.samples import CALLS, written
from hoistway.portal.docs.shown import leaves, tabs
from hoistway.portal.docs.values import fill, fill_text, values_for
from hoistway.portal.kept import kept
from hoistway.portal.visit import NotFound, Visit


def markdown_reply(visit: Visit, text: str) -> Response:
    """Markdown with the media type of RFC 7763."""
    return kept(visit, PlainTextResponse(text, headers={"cache-control": "no-store"}, media_type="text/markdown"))


async def guide_list(engine: Engine, visit: Visit) -> Response:
    """GET /portal/guides"""
    found = tuple(guides(visit.lang).values())
    page = engine.pages.portal("portal/guides.html", visit.frame, guides=found, leaves=leaves(visit.lang, visit.path))
    return kept(visit, page)


async def guide(engine: Engine, visit: Visit) -> Response:
    """GET /portal/guides/{name}, and {name}.md"""
    name: str = visit.request.path_params["name"]
    found = guides(visit.lang).get(name.removesuffix(".md"))
    if found is None:
        raise NotFound
    values = await values_for(engine, visit.reader)
    if name.endswith(".md"):
        return markdown_reply(visit, f"# {found.title}\n\n{found.summary}\n\n{fill_text(found.markdown, values)}")
    before, after = _neighbours(found)
    page = engine.pages.portal(
        "portal/guide.html",
        visit.frame,
        guide=found,
        text=fill(found.document.html, values),
        samples=[(name, tabs(written(CALLS[name]), values)) for name in found.samples],
        leaves=leaves(visit.lang, visit.path),
        before=before,
        after=after,
    )
    return kept(visit, page)


def _neighbours(guide: Guide) -> tuple[Guide | None, Guide | None]:
    row = list(guides(guide.lang).values())
    index = row.index(guide)
    return (row[index - 1] if index else None, row[index + 1] if index + 1 < len(row) else None)
