"""How the pages look: the operator's name, logo, colour and addresses, which can be changed without code."""

import re
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.responses import Response

from hoistway.engine import Engine, brand_of
from hoistway.portal.changing import Change, operating
from hoistway.portal.visit import Visit, see_other
from hoistway.protocol.text import read_name
from hoistway.store.branding import Branding, find_branding, put_branding
from hoistway.store.users import User
from hoistway.web.bare_picture import bare_picture
from hoistway.web.colours import contrast, shade
from hoistway.web.frame import Problems
from hoistway.web.pages import DARK, LIGHT
from hoistway.web.picture import LIMIT, NotAPicture
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.templates.filters import help_href, safe_href

LOGO_LIMIT: Final = LIMIT


class Swatch(Struct, frozen=True):
    """The colour as a theme uses it, and its contrast with that theme's background."""

    theme: str
    colour: str
    ratio: str


def swatches(accent: str) -> tuple[Swatch, ...]:
    return tuple(
        Swatch(theme, shaded, f"{contrast(shaded, surface):.1f}:1")
        for theme, surface in (("light", LIGHT), ("dark", DARK))
        for shaded in (shade(accent, surface),)
    )


async def branding(engine: Engine, visit: Visit, operator: User) -> Response:
    """GET or POST /console/branding"""
    kept = await find_branding(engine.db)
    if not visit.posted:
        return _show(engine, visit, kept)
    visit.check_shown(kept)
    typed = {name: read_name(visit.form.get(name), 1, 60)[0][:500] for name in ("name", "accent", "support", "terms")}
    problems = _check(visit, typed)
    if problems:
        return _show(engine, visit, kept, problems, typed)
    name, accent = typed["name"], typed["accent"].lower()
    async with operating(engine, visit, operator) as change:
        row = replace(
            await _row(change), name=name, accent=accent, support=typed["support"] or None,
            terms=typed["terms"] or None, changed_at=engine.now(),
        )  # fmt: skip
        await put_branding(change.tx, row)
        await change.record("branding.changed", name=name, accent=accent)
    engine.pages.rebrand(brand_of(row))
    return see_other(visit.path, "notice_branded")


async def change_logo(engine: Engine, visit: Visit, operator: User) -> Response:
    """POST /console/branding/logo with the file `logo`, or `remove=yes`."""
    kept = await find_branding(engine.db)
    visit.check_shown(kept)
    removing, body = visit.form.get("remove") is not None, visit.files.get("logo", b"")
    media_type = None
    if not removing:
        try:
            picture, body = bare_picture(body)
            media_type = picture.media_type
        except NotAPicture as error:
            sentence = PORTAL_WORDS[visit.lang][f"app_logo_{error.reason if body else 'none'}"]
            return _show(engine, visit, kept, Problems({"logo": sentence}))
    async with operating(engine, visit, operator) as change:
        row = replace(
            await _row(change),
            logo=None if removing else body,
            logo_type=media_type,
            changed_at=engine.now(),
        )
        await put_branding(change.tx, row)
        await change.record("branding.logo_removed" if removing else "branding.logo_changed")
    engine.pages.rebrand(brand_of(row))
    return see_other("/console/branding", "notice_branded")


async def _row(change: Change) -> Branding:
    """The stored branding, or that of the settings. Operators change it one after the other. Raises Moved."""
    brand, kept = change.engine.pages.brand, await find_branding(change.tx)
    change.check_shown(kept)
    return kept or Branding(brand.name, brand.accent, brand.support, brand.terms, None, None, change.engine.now())


def _show(
    engine: Engine, visit: Visit, kept: Branding | None, problems: Problems | None = None,
    typed: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    brand = engine.pages.brand
    values = typed or {
        "name": brand.name, "accent": brand.accent, "support": brand.support or "", "terms": brand.terms or "",
    }  # fmt: skip
    accent = values["accent"] if re.fullmatch(r"#[0-9a-fA-F]{6}", values["accent"]) else brand.accent
    return engine.pages.portal(
        "console/branding.html", visit.showing(kept), 422 if problems else 200, values=values, problems=problems,
        swatches=swatches(accent),
    )  # fmt: skip


def _check(visit: Visit, typed: dict[str, str]) -> Problems:
    t, problems = PORTAL_WORDS[visit.lang], Problems()
    if not read_name(typed["name"], 1, 60)[1]:
        problems.add("name", t["brand_no_name"])
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", typed["accent"]):
        problems.add("accent", t["brand_no_accent"])
    if typed["support"] and help_href(typed["support"]) is None:
        problems.add("support", t["brand_no_support"])
    if typed["terms"] and (
        safe_href(typed["terms"]) is None or not typed["terms"].startswith(("https://", "http://", "/"))
    ):
        problems.add("terms", t["brand_no_terms"])
    return problems
