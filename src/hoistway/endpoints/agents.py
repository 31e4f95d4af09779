"""What a browser calls itself, in the few words by which a person recognises it."""

from typing import Final

from starlette.requests import Request

_BROWSERS: Final = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def agent_words(request: Request) -> str:
    """Such as "Firefox, Windows"; "" where nothing is recognised. Nothing that the browser sent is repeated."""
    said = request.headers.get("user-agent", "")
    found = (next((word for mark, word in names if mark in said), None) for names in (_BROWSERS, _SYSTEMS))
    return ", ".join(word for word in found if word is not None)
