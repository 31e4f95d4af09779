"""A browser without script: follows the hosted pages as a person would, keeping cookies."""

import base64
import hashlib
import re
import secrets
import weakref
from urllib.parse import parse_qsl, urlsplit

import httpx2

from tests.server import Served
from tests.world import CALLBACK, PASSWORD


def pkce() -> tuple[str, str]:
    """(verifier, challenge)"""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def hidden(html: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', html)
    assert found, f"no field {name} on the page: {html[:400]}"
    return found[1]


def answer_of(location: str) -> dict[str, str]:
    """The parameters that an application finds at its redirect URI."""
    parts = urlsplit(location)
    return dict(parse_qsl(parts.fragment or parts.query))


class Person:
    """One browser."""

    def __init__(self, served: Served) -> None:
        self.http = httpx2.Client(base_url=served.url, follow_redirects=False, timeout=30, verify=served.trust)
        weakref.finalize(self, self.http.close)

    def get(self, path: str, **params: str) -> httpx2.Response:
        return self.http.get(path, params=params)

    def submit(self, path: str, page: httpx2.Response, **fields: str) -> httpx2.Response:
        # Where no application sent the person, the page has no ticket.
        ticket = {"ticket": hidden(page.text, "ticket")} if 'name="ticket"' in page.text else {}
        form = {**ticket, "csrf": hidden(page.text, "csrf"), **fields}
        return self.follow(self.http.post(path, data=form))

    def follow(self, reply: httpx2.Response) -> httpx2.Response:
        """As far as the redirects stay on this server."""
        while reply.status_code == 303 and reply.headers["location"].startswith("/"):
            reply = self.http.get(reply.headers["location"])
        return reply

    def sign_in(self, page: httpx2.Response, name: str, password: str = PASSWORD) -> httpx2.Response:
        return self.submit("/sign-in", page, username=f"{name}@example.com", password=password)

    def authorize(self, client_id: str, *, path: str = "/oauth2/authorize", **params: str) -> httpx2.Response:
        asked = {
            "client_id": client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "state": "st",
            "nonce": "nn",
            **params,
        }
        return self.follow(self.http.get(path, params={name: value for name, value in asked.items() if value}))

    def code(self, client_id: str, name: str, scope: str = "openid units.read", **params: str) -> tuple[str, str]:
        """(code, verifier) of a whole sign-in."""
        verifier, challenge = pkce()
        asked = {"scope": scope, "code_challenge": challenge, "code_challenge_method": "S256", **params}
        reply = self.authorize(client_id, **asked)
        if reply.status_code == 200:
            reply = self.sign_in(reply, name)
        assert reply.status_code == 303, reply.text
        return answer_of(reply.headers["location"])["code"], verifier

    def tokens(self, client_id: str, name: str, scope: str = "openid units.read", **params: str) -> dict[str, str]:
        """Code and PKCE from the first page to the tokens, as a public client."""
        code, verifier = self.code(client_id, name, scope, **params)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": CALLBACK,
            "client_id": client_id,
        }
        reply = self.http.post("/oauth2/token", data=form)
        assert reply.status_code == 200, reply.text
        tokens: dict[str, str] = reply.json()
        return tokens
