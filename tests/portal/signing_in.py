"""A browser without a screen: signs in on the hosted page, keeps cookies, fills the portal's forms."""

import re
import weakref
from html import unescape
from urllib.parse import urlsplit

import httpx2

from tests.world import PASSWORD

_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


def tokens_of(page: str, at: str) -> dict[str, str]:
    """The hidden value of each form that is posted, by the address to which it goes; `at` is that of the page."""
    found: dict[str, str] = {}
    for attributes, inner in _FORM.findall(page):
        token = _TOKEN.search(inner)
        action = re.search(r'action="([^"]*)"', attributes)
        if token is not None:
            path = urlsplit(unescape(action[1]) if action else at).path
            found.setdefault(path, unescape(token[1]))
    return found


class Visitor:
    """`get` and `post` give the answer. `post` sends a form as a person would who has just opened the page that has it; where
    none is found any more, from the page seen last."""

    def __init__(self, url: str, lang: str = "en") -> None:
        self.http = httpx2.Client(base_url=url, headers={"accept-language": lang, "origin": url}, timeout=30)
        self.page = self.csrf = ""
        self.tokens: dict[str, str] = {}
        weakref.finalize(self, self.http.close)

    def get(self, path: str) -> httpx2.Response:
        reply = self.http.get(path)
        self._see(reply, path)
        return reply

    def _see(self, reply: httpx2.Response, path: str) -> None:
        self.page, self.tokens = reply.text, tokens_of(reply.text, path)
        self.csrf = next(iter(self.tokens.values()), self.csrf)

    def token(self, path: str) -> str:
        """Of the form that goes there, else of one that every page has."""
        here, others = urlsplit(path).path, []
        for place in (here, here.rpartition("/")[0], here.rpartition("/")[0].rpartition("/")[0], "/portal"):
            reply = self.http.get(place) if place else None
            found = tokens_of(reply.text, place) if reply is not None and reply.status_code == 200 else {}
            if here in found:
                return found[here]
            # Every form of a page says what the page shows, that of its menu too.
            others += list(found.values())[:1]
        return self.tokens.pop(here, None) or next(iter(others), self.csrf)

    def post(self, path: str, **form: str) -> httpx2.Response:
        token = self.token(path)
        assert token, "no page seen so far has a form"
        reply = self.http.post(path, data={"csrf": token, **form})
        if reply.headers.get("content-type", "").startswith("text/html"):
            self._see(reply, path)
        return reply

    def sign_in(self, username: str, password: str = PASSWORD) -> "Visitor":
        self.get("/sign-in?next=/portal")
        reply = self.post("/sign-in?next=/portal", username=f"{username}@example.com", password=password)
        assert reply.status_code == 303, reply.text
        assert reply.headers["location"] == "/portal"
        self.get("/portal")
        return self

    def close(self) -> None:
        self.http.close()
