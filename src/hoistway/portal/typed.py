"""Keeps what was typed into a form that could not be carried out, for the same person and browser, and shows it again."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from hoistway.engine import Engine
from hoistway.protocol.ids import UserId
from hoistway.protocol.params import Params
from hoistway.store.db import Conflict
from hoistway.store.kept_forms import find_kept_form, put_kept_form
from hoistway.web.sealed import BadSeal, Holder, browser_digest, seal, unseal
from hoistway.web.shown import Kept, Shown

LIFETIME: Final = 86_400
MOST: Final = 32_768
# Secrets must be typed again, and so must confirmations that something may end.
_NEVER = re.compile(
    r"csrf|ticket|do|decision|code|enrolment|ceremony|recovery|confirm.*|sure|remove|terms.*|.*(password|secret|token|credential|otp|pin).*",
    re.IGNORECASE,
)
_OPENS = re.compile(r"\b(hw[a-z]_[A-Za-z0-9]{20}|eyJ[A-Za-z0-9_-]{8})")


def keepable(form: Params) -> dict[str, str]:
    """The fields that may be kept; empty where they are too long together."""
    found = {name: text for name, text in form.items() if not _NEVER.fullmatch(name) and not _OPENS.search(text)}
    return found if sum(len(name) + len(text) for name, text in found.items()) <= MOST else {}


async def keep_typed(engine: Engine, browser: str, shown: Shown, form: Params) -> bool:
    """Returns False where there was nothing to keep."""
    fields, now = keepable(form), engine.now()
    if not fields or not shown.page:
        return False
    digest = browser_digest(browser)
    kept = Kept(browser=digest, made_at=now, person=shown.person, page=plain_page(shown.page), fields=fields)
    try:
        async with engine.db.write() as tx:
            await put_kept_form(tx, UserId(shown.person), digest, seal(engine.cookie_secret, kept), now)
    except Conflict:
        # The account no longer exists.
        return False
    return True


async def typed_before(engine: Engine, browser: str, person: UserId, path: str) -> Mapping[str, str]:
    """By field; empty where it was another person's or another page's, or too long ago."""
    body = await find_kept_form(engine.db, person, browser_digest(browser))
    if body is None:
        return {}
    try:
        kept = unseal(engine.cookie_secret, body, Kept, Holder(browser, None), engine.now(), LIFETIME)
    except BadSeal:
        return {}
    return kept.fields if kept.person == person and urlsplit(kept.page).path == path else {}


def plain_page(page: str) -> str:
    """The address without parameters that belong to a single answer."""
    parts = urlsplit(page)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in {"notice", "kept"}]
    return parts.path + (f"?{urlencode(query)}" if query else "")


def with_kept(page: str) -> str:
    """The address at which the page shows what was typed."""
    plain = plain_page(page)
    return f"{plain}{'&' if '?' in plain else '?'}kept=yes"
