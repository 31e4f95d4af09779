"""A browser without a screen: signs in on the hosted page, keeps cookies, fills the portal's forms."""

import re
from html import unescape

import httpx2

from tests.world import PASSWORD


class Visitor:
    """`get` and `post` give the answer; `post` takes the CSRF token from the page seen last."""

    def __init__(self, url: str, lang: str = "en") -> None:
        self.http = httpx2.Client(base_url=url, headers={"accept-language": lang, "origin": url}, timeout=30)
        self.page = ""

    def get(self, path: str) -> httpx2.Response:
        reply = self.http.get(path)
        self.page = reply.text
        return reply

    def post(self, path: str, **form: str) -> httpx2.Response:
        token = re.search(r'name="csrf" value="([^"]+)"', self.page)
        assert token is not None, "the page seen last has no form"
        reply = self.http.post(path, data={"csrf": unescape(token[1]), **form})
        if reply.headers.get("content-type", "").startswith("text/html"):
            self.page = reply.text
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
