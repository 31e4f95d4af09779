"""How the pages look: the operator's name, colour and addresses, changed without code."""

import re
from dataclasses import dataclass

from starlette.responses import Response

from hoistway.engine import Engine
from hoistway.portal.visit import Visit, see_other
from hoistway.store.branding import Branding, find_branding, put_branding
from hoistway.store.users import User
from hoistway.web.frame import Problems
from hoistway.web.pages import DARK, LIGHT, Brand, contrast, shade
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.replies import correlation_id
from hoistway.web.templates.filters import help_href, safe_href


@dataclass(frozen=True, slots=True)
class Swatch:
    """The colour as a theme uses it, and its contrast against that theme's surface."""

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
    brand, found = engine.pages.brand, await find_branding(engine.db)
    typed = {"name": brand.name, "accent": brand.accent, "support": brand.support or "", "terms": brand.terms or ""}
    problems = None
    if visit.posted:
        typed = {name: (visit.form.get(name) or "").strip()[:500] for name in typed}
        problems = _check(visit, typed)
        if not problems:
            row = Branding(
                typed["name"], typed["accent"].lower(), typed["support"] or None, typed["terms"] or None,
                None if found is None else found.logo, None if found is None else found.logo_type, engine.now(),
            )  # fmt: skip
            async with engine.db.write() as tx:
                await put_branding(tx, row)
                await engine.record(
                    tx, "branding.changed", actor=operator.id, correlation_id=correlation_id(visit.request),
                    name=row.name, accent=row.accent,
                )  # fmt: skip
            engine.pages.rebrand(Brand(row.name, row.accent, row.support, row.terms))
            return see_other(visit.path, "notice_branded")
    accent = typed["accent"] if re.fullmatch(r"#[0-9a-fA-F]{6}", typed["accent"]) else brand.accent
    return engine.pages.portal(
        "console/branding.html", visit.frame, 422 if problems else 200, values=typed, problems=problems,
        swatches=swatches(accent),
    )  # fmt: skip


def _check(visit: Visit, typed: dict[str, str]) -> Problems:
    t, problems = PORTAL_WORDS[visit.lang], Problems()
    if not 1 <= len(typed["name"]) <= 60 or not typed["name"].isprintable():
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
