"""An OpenID provider that lies as a test says, and remembers what it was asked."""

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.flows.browser import answer_of


@cache
def key_called(name: str) -> rsa.RSAPrivateKey:
    """The same for the same name, because making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk_of(name: str) -> dict[str, str]:
    numbers = key_called(name).public_key().public_numbers()

    def text(value: int) -> str:
        return urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()

    return {"kty": "RSA", "use": "sig", "kid": name, "n": text(numbers.n), "e": text(numbers.e)}


@dataclass
class Liar:
    """`signs_with` names the key that signs, `publishes` those in its set. `claims` and `described` replace what would be
    right; None takes it out. `answers` replaces whole answers, by path: (status, body). `goes_on` holds answers to codes while it is not
    set."""

    url: str = ""
    signs_with: str = "k-1"
    publishes: list[str] = field(default_factory=lambda: ["k-1"])
    claims: dict[str, Any] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    nonces: dict[str, str] = field(default_factory=dict)
    goes_on: threading.Event = field(default_factory=threading.Event)
    at: int | None = None
    issued: str = ""

    def sends_back(self, location: str, code: str = "a-code", **params: str) -> str:
        """The address to which a person is sent who signed in at `location`; "" leaves a parameter out."""
        asked = answer_of(location)
        self.nonces[code] = asked["nonce"]
        answer = {"code": code, "state": asked["state"], **params}
        return f"{asked['redirect_uri']}?{urlencode({name: value for name, value in answer.items() if value})}"

    def logout_token(self, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """Right, but for these claims; None takes one out."""
        now = self.at or int(time.time())
        right = {
            "iss": self.url, "aud": "hoistway-here", "iat": now, "exp": now + 120, "jti": token_urlsafe(16), "sub": "s-1", "sid": "up-1",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }  # fmt: skip
        said = {name: value for name, value in {**right, **claims}.items() if value is not None}
        named = {"kid": self.signs_with, "typ": "logout+jwt", **(headers or {})}
        return pyjwt.encode(said, key_called(self.signs_with), "RS256", headers=named)

    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]

    def _description(self) -> dict[str, Any]:
        right = {
            "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys", "userinfo_endpoint": f"{self.url}/userinfo", "response_types_supported": ["code"],
            "end_session_endpoint": f"{self.url}/end",
            "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        }  # fmt: skip
        return {name: value for name, value in {**right, **self.described}.items() if value is not None}

    def _tokens(self, form: dict[str, str]) -> dict[str, Any]:
        now = self.at or int(time.time())
        right = {
            "iss": self.url, "aud": "hoistway-here", "sub": "s-1", "iat": now, "exp": now + 300,
            "nonce": self.nonces.get(form["code"], "none"), "email": "rita@acme.example", "email_verified": True, "sid": "up-1",
        }  # fmt: skip
        claims = {name: value for name, value in {**right, **self.claims}.items() if value is not None}
        self.issued = pyjwt.encode(claims, key_called(self.signs_with), "RS256", headers={"kid": self.signs_with})
        return {"access_token": "an-access-token", "token_type": "Bearer", "id_token": self.issued}

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, str]:
        if path in self.answers:
            return self.answers[path]
        found: dict[str, Any] = {
            "/.well-known/openid-configuration": self._description,
            "/keys": lambda: {"keys": [jwk_of(name) for name in self.publishes]},
            "/token": lambda: self._tokens(form),
            "/userinfo": lambda: {"sub": "s-1", **self.userinfo},
        }
        return 200, json.dumps(found[path]())


@contextmanager
def lying() -> Iterator[Liar]:
    liar = Liar()
    liar.goes_on.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            liar.asked.append((self.path, dict(self.headers), form))
            if self.path == "/token":
                liar.goes_on.wait(30)
            status, text = liar.answer(self.path, form)
            self.send_response(status)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET  # noqa: N815  the name that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    liar.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    try:
        yield liar
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def liar() -> Iterator[Liar]:
    with lying() as made:
        yield made
