"""A browser without a screen: signs in on the hosted page, keeps cookies, fills the portal's forms."""

import re
import weakref
from html import unescape

import httpx2

from tests.world import PASSWORD


class Visitor:
    """`get` and `post` give the answer; `post` takes the CSRF token from the form seen last."""

    def __init__(self, url: str, lang: str = "en") -> None:
        self.http = httpx2.Client(base_url=url, headers={"accept-language": lang, "origin": url}, timeout=30)
        self.page = self.csrf = ""
        weakref.finalize(self, self.http.close)

    def get(self, path: str) -> httpx2.Response:
        reply = self.http.get(path)
        self._see(reply)
        return reply

    def _see(self, reply: httpx2.Response) -> None:
        self.page = reply.text
        token = re.search(r'name="csrf" value="([^"]+)"', self.page)
        self.csrf = self.csrf if token is None else unescape(token[1])

    def post(self, path: str, **form: str) -> httpx2.Response:
        assert self.csrf, "no page seen so far has a form"
        reply = self.http.post(path, data={"csrf": self.csrf, **form})
        if reply.headers.get("content-type", "").startswith("text/html"):
            self._see(reply)
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
