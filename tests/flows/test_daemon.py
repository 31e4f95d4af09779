"""Daemons: the password grant in both dialects, and the safer way with the same claims."""

import base64
import json
import socket
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.server import Served
from tests.world import API_URI, PASSWORD, SECRET, TENANT, TENANT_NAME

FORM = {"grant_type": "password", "client_id": "ropc", "username": "daemon-a", "password": PASSWORD}


def claims(token: str) -> dict[str, object]:
    body = token.split(".")[1]
    decoded: dict[str, object] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return decoded


def post(served: Served, path: str = "/oauth2/token", **form: str) -> httpx2.Response:
    return httpx2.post(f"{served.url}{path}", data=form, timeout=30)


def test_the_password_grant_on_the_standard_path(served: Served) -> None:
    answer = post(served, **FORM, scope=f"{API_URI} offline_access").json()
    assert answer["expires_in"] == 3600
    assert answer["scope"] == f"{API_URI} offline_access"
    token = claims(answer["access_token"])
    assert token["customer"] == "c-a"
    assert token["aud"] == API_URI
    units = httpx2.get(
        f"{served.url}/api/v1/units", headers={"authorization": f"Bearer {answer['access_token']}"}
    ).json()
    assert len(units["items"]) == 10


@pytest.mark.parametrize(
    "path",
    [
        f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0/token",
        f"/tfp/{TENANT_NAME}/b2c_1_ropc/oauth2/v2.0/token",
        f"/{TENANT}/oauth2/v2.0/token?p=B2C_1_ROPC",
    ],
)
def test_the_password_grant_on_the_shapes_of_b2c(served: Served, path: str) -> None:
    answer = post(served, path, **FORM, scope="openid ropc offline_access", response_type="token id_token").json()
    assert answer["expires_in"] == "3600"
    token = claims(answer["access_token"])
    assert token["aud"] == "ropc"
    below = f"/tfp/{TENANT}/b2c_1_ropc" if path.startswith("/tfp/") else f"/{TENANT}"
    assert token["iss"] == f"{served.url}{below}/v2.0/"
    assert token["tfp"] == "B2C_1_ROPC"
    assert claims(answer["id_token"])["aud"] == "ropc"
    refresh = {"grant_type": "refresh_token", "client_id": "ropc", "refresh_token": answer["refresh_token"]}
    again = post(served, path, **refresh).json()
    assert again["expires_in"] == 3600
    assert again["refresh_token_expires_in"] == 1209600


def test_a_wrong_password_in_both_voices(served: Served) -> None:
    form = {**FORM, "username": "daemon-b", "password": "wrong", "scope": API_URI}
    standard = post(served, **form)
    assert (standard.status_code, standard.json()["error"]) == (400, "invalid_grant")
    b2c = post(served, f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0/token", **form)
    assert (b2c.status_code, b2c.json()["error"]) == (400, "access_denied")
    assert b2c.json()["error_description"].startswith("AADB2C90225: ")
    assert f"Correlation ID: {b2c.headers['x-correlation-id']}" in b2c.json()["error_description"]


def test_multipart_is_read_too(served: Served) -> None:
    parts = {name: (None, value) for name, value in {**FORM, "scope": API_URI}.items()}
    reply = httpx2.post(f"{served.url}/oauth2/token", files=parts, timeout=30)
    assert reply.status_code == 200, reply.text


def test_without_an_exception_the_password_grant_is_off(served: Served) -> None:
    reply = post(served, **{**FORM, "client_id": "ropc-off"}, scope=API_URI)
    assert (reply.status_code, reply.json()["error"]) == (400, "unauthorized_client")


def test_client_credentials_give_the_same_customer(served: Served) -> None:
    reply = post(served, grant_type="client_credentials", client_id="daemon", client_secret=SECRET)
    token = claims(reply.json()["access_token"])
    ropc = claims(post(served, **FORM, scope=API_URI).json()["access_token"])
    assert {name: token[name] for name in ("sub", "customer", "scp", "aud")} == {
        name: ropc[name] for name in ("sub", "customer", "scp", "aud")
    }


def test_introspection_and_revocation(served: Served) -> None:
    basic = (("daemon", SECRET), ("daemon-b", SECRET))
    token = post(served, grant_type="client_credentials", client_id="daemon", client_secret=SECRET).json()[
        "access_token"
    ]

    def introspect(auth: tuple[str, str]) -> bool:
        active: bool = httpx2.post(f"{served.url}/oauth2/introspect", data={"token": token}, auth=auth).json()["active"]
        return active

    assert introspect(basic[0]) is True
    assert introspect(basic[1]) is False
    assert httpx2.post(f"{served.url}/oauth2/revoke", data={"token": token}, auth=basic[1]).status_code == 200
    assert introspect(basic[0]) is True
    assert httpx2.post(f"{served.url}/oauth2/revoke", data={"token": token}, auth=basic[0]).status_code == 200
    assert introspect(basic[0]) is False
    refused = httpx2.get(f"{served.url}/api/v1/units", headers={"authorization": f"Bearer {token}"})
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]


def test_a_body_behind_an_offer_of_http2_is_read(served: Served) -> None:
    """As Java's HttpClient and `curl --http2` send it over plain http: headers first, then the body."""
    body = b"grant_type=nonsense&client_id=spa"
    head = (
        f"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: {len(body)}\r\n"
        "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    where = urlsplit(served.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(head.encode())
        connection.sendall(body)
        answered = b""
        while b"unsupported_grant_type" not in answered:
            part = connection.recv(65536)
            assert part, answered
            answered += part


@pytest.mark.parametrize("path", ["/nowhere.example/B2C_1_ROPC", f"/{TENANT_NAME}/B2C_1_Nothing", "/tfp/x/y"])
def test_a_strange_tenant_in_the_words_of_its_path(served: Served, path: str) -> None:
    for reply in (
        post(served, f"{path}/oauth2/v2.0/token", **FORM, scope=API_URI),
        httpx2.get(f"{served.url}{path}/v2.0/.well-known/openid-configuration"),
    ):
        assert (reply.status_code, reply.json()["error"]) == (404, "invalid_request")
        assert reply.json()["error_description"].startswith("AADB2C90046: ")
        assert reply.headers["x-correlation-id"] in reply.json()["error_description"]
    for page in ("authorize", "logout"):
        shown = httpx2.get(f"{served.url}{path}/oauth2/v2.0/{page}")
        assert (shown.status_code, shown.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_a_wrong_method_on_the_shapes_of_b2c(served: Served) -> None:
    path = f"{served.url}/{TENANT_NAME}/B2C_1_SignIn/oauth2/v2.0"
    told = httpx2.get(f"{path}/token")
    assert (told.status_code, told.headers["allow"]) == (405, "POST")
    assert told.json()["error_description"].startswith("AADB2C90083: ")
    shown = httpx2.put(f"{path}/authorize")
    assert (shown.status_code, shown.headers["allow"]) == (405, "GET, POST")
    assert shown.headers["content-type"].startswith("text/html")
