"""What an attacker sends, and what is read from the answer."""

import base64
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import httpx2

from tests.flows.browser import Person
from tests.server import Served
from tests.world import CALLBACK, PASSWORD, SECRET

T = TypeVar("T")
TOKEN = "/oauth2/token"
CHALLENGE = {"code_challenge": "x" * 43, "code_challenge_method": "S256"}


def post(served: Served, path: str = TOKEN, **form: str) -> httpx2.Response:
    return httpx2.post(f"{served.url}{path}", data=form, timeout=60, verify=False)


def refusal(reply: httpx2.Response) -> tuple[int, str]:
    """(status, error) of a refusal by a program's endpoint, which must bring no token."""
    body = reply.json()
    assert not {"access_token", "refresh_token", "id_token"} & set(body), body
    return reply.status_code, body["error"]


def redeem(served: Served, code: str, verifier: str | None, client_id: str = "spa", **more: str) -> httpx2.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "client_id": client_id, **more}
    if verifier is not None:
        form["code_verifier"] = verifier
    return post(served, **form)


def refresh(served: Served, token: str, client_id: str = "spa", **more: str) -> httpx2.Response:
    return post(served, grant_type="refresh_token", client_id=client_id, refresh_token=token, **more)


def password(served: Served, username: str, guess: str = PASSWORD, **more: str) -> httpx2.Response:
    return post(
        served, **{"grant_type": "password", "client_id": "ropc", "username": username, "password": guess, **more}
    )


def daemon_token(served: Served, client_id: str = "daemon", **more: str) -> str:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": SECRET, **more}
    reply = post(served, **form)
    assert reply.status_code == 200, reply.text
    token: str = reply.json()["access_token"]
    return token


def web_tokens(served: Served, name: str, scope: str) -> dict[str, str]:
    """Of the confidential application `web`."""
    code, verifier = Person(served).code("web", name, scope)
    reply = redeem(served, code, verifier, "web", client_secret=SECRET)
    assert reply.status_code == 200, reply.text
    tokens: dict[str, str] = reply.json()
    return tokens


def bearer(served: Served, token: str, path: str = "/api/v1/units", **params: str) -> httpx2.Response:
    return httpx2.get(
        f"{served.url}{path}", params=params, headers={"authorization": f"Bearer {token}"}, timeout=30, verify=False
    )


def assert_refused_token(reply: httpx2.Response) -> None:
    assert reply.status_code == 401, reply.text
    assert 'error="invalid_token"' in reply.headers["www-authenticate"]
    assert "items" not in reply.text


def part(data: object) -> str:
    """One part of a compact JWS."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def parts_of(token: str) -> tuple[dict[str, object], dict[str, object]]:
    """Header and claims."""
    header, claims = (json.loads(base64.urlsafe_b64decode(text + "==")) for text in token.split(".")[:2])
    return header, claims


def at_once(count: int, work: Callable[[int], T]) -> Sequence[T]:
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(work, range(count)))
