"""What templates do with a stranger's words and addresses; nothing else turns these into markup or links."""

import re
from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup, escape

DANGEROUS: Final = frozenset({"javascript", "data", "vbscript", "blob", "filesystem", "about", "file"})


def safe_href(url: str | None) -> str | None:
    """The address if a link may lead there: a path of ours, or an absolute address with a scheme that runs no script.
    None otherwise."""
    if not url or re.search(r"[\x00-\x20\x7f\\]", url):
        return None
    if url.startswith("/"):
        return None if url.startswith("//") else url
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", url)
    return url if scheme and scheme[1].lower() not in DANGEROUS else None


def help_href(support: str | None) -> str | None:
    return f"mailto:{support}" if support and re.fullmatch(r"[\w.+-]+@[\w.-]+", support) else safe_href(support)


def iso(seconds: int) -> str:
    """2026-01-30 13:35:09Z, from seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def instant(seconds: int) -> str:
    """2026-01-30 13:35 UTC, for text."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def exact(seconds: int) -> str:
    """2026-01-30 13:35:09 UTC, where seconds matter, and as a tooltip."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def date(seconds: int) -> str:
    """2026-01-30: a day in UTC."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def say(sentence: str, **names: str | int) -> Markup:
    """Fills a sentence: every name is escaped, isolated in its writing direction, and emphasised."""
    return escape(sentence).format(**{key: Markup("<bdi>{}</bdi>").format(name) for key, name in names.items()})


def fours(text: str) -> str:
    """In groups of four, as people read a secret aloud."""
    return " ".join(text[first : first + 4] for first in range(0, len(text), 4))
