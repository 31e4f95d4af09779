"""Row 53: pages that use a second connection inside a transaction. Every page and endpoint is asked for with a pool of one
connection, where a second would be waited for until the time is over."""

import asyncio
import re
from collections.abc import Awaitable, Iterator
from functools import partial
from typing import TypeVar

import httpx2
import pytest

from hoistway.applications.managing import keep_management_api
from hoistway.routes import ROUTES
from hoistway.store.open import open_database
from tests.attacks.changes import CASES, Case
from tests.attacks.overtaken import BASE, Room, everything, restore, room, run
from tests.attacks.test_overtaken import begun, filled, furnished, sent
from tests.engines import EngineName, drop_database, fresh_database
from tests.flows.browser import answer_of, hidden, pkce
from tests.manage.program import daemon, hire
from tests.store.test_schema import on
from tests.world import CALLBACK, NOW, PASSWORD, SECRET, TENANT, TENANT_NAME

T = TypeVar("T")
LONGEST = 20
MANAGED = "/manage/v1/"
# What stands for the parameters of a path.
THINGS = {
    "/dev/outbox/{id}": "/dev/outbox/none",
    "/static/{name}": "/static/base.css",
    "/portal/guides/{name}": "/portal/guides/getting-started",
    "/portal/reference/{operation}": "/portal/reference/listUnits",
    "/portal/try/{operation}": "/portal/try/listUnits",
    "/portal/products/{id}": "/portal/products/p-auto",
    "/portal/subscriptions/{id}": "/portal/subscriptions/s-live",
    "/portal/applications/{client_id}": "/portal/applications/app",
    "/portal/applications/{client_id}/logo": "/portal/applications/app/logo",
    "/console/users/{id}/factors": "/console/users/u-adam/factors",
    "/portal/people/{user_id}": "/portal/people/u-ann",
    "/portal/company-sign-in/{provider}": "/portal/company-sign-in/p-off",
    "/console/customers/{id}/company-sign-in": "/console/customers/c-a/company-sign-in",
    "/console/customers/{id}/company-sign-in/new": "/console/customers/c-a/company-sign-in/new",
    "/console/customers/{id}/company-sign-in/{provider}": "/console/customers/c-a/company-sign-in/p-off",
    "/console/customers/{id}/directory": "/console/customers/c-a/directory",
    "/portal/technical-accounts/{id}": "/portal/technical-accounts/sa-a",
    "/portal/requests/{request_id}": "/portal/requests/r-asked",
    "/console/requests/{request_id}": "/console/requests/r-first",
    "/console/subscriptions/{id}": "/console/subscriptions/s-first",
    "/console/subscriptions/{id}/keys": "/console/subscriptions/s-live/keys",
    "/console/customers/{id}/subscriptions/new": "/console/customers/c-a/subscriptions/new",
    "/console/changes/{id}": "/console/changes/ch-1",
    "/console/users/{id}/role": "/console/users/u-ann/role",
    "/console/users/{id}/data": "/console/users/u-ann/data",
    "/console/products/{id}": "/console/products/p-auto",
    "/console/{word}": "/console/users",
    "/console/{word}/{id}/customers": "/console/users/u-ann/customers",
    "/console/{word}/new": "/console/customers/new",
    "/console/{word}/new/file": "/console/sites/new/file",
    "/console/{word}/{id}/password": "/console/users/u-ann/password",
    "/console/customers/{id}/invitations": "/console/customers/c-a/invitations",
    "/console/applications/{id}/owner": "/console/applications/app/owner",
    "/console/applications/{id}/secrets": "/console/applications/app/secrets",
    "/console/users/{id}/applications": "/console/users/u-adam/applications",
    "/console/accounts/{id}/passwords": "/console/accounts/sa-a/passwords",
    "/console/tenants/{id}/connection": f"/console/tenants/{TENANT}/connection",
    "/console/{word}/{id}": "/console/applications/app",
    "/sign-in/provider/{id}": "/sign-in/provider/p-acme",
    "/sign-in/provider/{id}/callback": "/sign-in/provider/p-acme/callback",
    "/scim/v2/{customer}/ServiceProviderConfig": "/scim/v2/c-a/ServiceProviderConfig",
    "/scim/v2/{customer}/ResourceTypes": "/scim/v2/c-a/ResourceTypes",
    "/scim/v2/{customer}/ResourceTypes/{id}": "/scim/v2/c-a/ResourceTypes/User",
    "/scim/v2/{customer}/Schemas": "/scim/v2/c-a/Schemas",
    "/scim/v2/{customer}/Schemas/{id}": "/scim/v2/c-a/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
    "/scim/v2/{customer}/Me": "/scim/v2/c-a/Me",
    "/scim/v2/{customer}/Users": "/scim/v2/c-a/Users",
    "/scim/v2/{customer}/Users/{id}": "/scim/v2/c-a/Users/u-ann",
    "/scim/v2/{customer}/Groups": "/scim/v2/c-a/Groups",
    "/scim/v2/{customer}/Groups/{id}": "/scim/v2/c-a/Groups/member",
    "/api/v1/units/{unit_id}": "/api/v1/units/US-c-a-10",
    "/api/v1/users/{user_id}": "/api/v1/users/u-adam",
}


@pytest.fixture
def furnished_url(engine_name: EngineName, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The servers that are opened on it have one connection each."""
    monkeypatch.setattr("hoistway.server.opening.open_database", partial(open_database, connections=1))
    url = fresh_database(engine_name, furnished)
    yield url
    drop_database(url)


async def soon(reply: Awaitable[T]) -> T:
    async with asyncio.timeout(LONGEST):
        return await reply


def gets(rooms: tuple[str, ...]) -> list[str]:
    found = [route.path for route in ROUTES if "GET" in route.methods and route.path.startswith(rooms)]
    return [THINGS.get(path, path) for path in found]


def test_every_path_with_parameters_is_asked_for() -> None:
    with_parameters = {route.path for route in ROUTES if "{" in route.path and "GET" in route.methods}
    with_parameters -= {path for path in with_parameters if path.startswith(MANAGED)}
    assert with_parameters ^ set(THINGS) == set(), "THINGS has an address for each path with parameters"


@pytest.mark.parametrize(("who", "rooms"), [("u-adam", ("/portal", "/account")), ("u-olga", ("/console",))])
def test_every_page_needs_one_connection(furnished_url: str, who: str, rooms: tuple[str, ...]) -> None:
    async def work() -> None:
        async with room(furnished_url, four_eyes=True) as here:
            await here.sign_in(who)
            for path in gets(rooms):
                reply = await soon(here.http.get(path))
                assert reply.status_code in {200, 302, 303}, (path, reply.status_code)
            assert (await soon(here.http.get("/portal"))).status_code == 200
            exported = await soon(here.http.get("/console/audit?export=csv"))
            assert exported.status_code == (200 if who == "u-olga" else 403)

    run(work)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_form_needs_one_connection(furnished_url: str, case: Case) -> None:
    async def work() -> None:
        async with room(furnished_url, four_eyes=True) as here:
            await begun(here, case)
            # Sent as it should be, sent again, and with mistakes everywhere: so the page comes back with what is wrong.
            before, cookies = await everything(here.other), dict(here.http.cookies)
            replies = [await soon(sent(here, case))]
            # A form may have begun another session, which goes with what it wrote.
            here.http.cookies.clear()
            here.http.cookies.update(cookies)
            replies.append(await _nonsense(here, case, before))
            for reply in replies:
                assert reply.status_code < 500, (case.path, reply.status_code)

    run(work)


async def _nonsense(
    here: Room, case: Case, before: dict[str, dict[tuple[object, ...], tuple[object, ...]]]
) -> httpx2.Response:
    await here.write(lambda tx: restore(tx, before))
    form = {name: value if name in {"csrf", "do"} else "\u00a0" for name, value in (await filled(here, case)).items()}
    return await soon(here.http.post(case.path, data=form))


def test_eight_who_ask_for_a_third_secret_wait_for_nobody(furnished_url: str) -> None:
    case = next(case for case in CASES if case.path.endswith("/secrets"))

    async def work() -> None:
        async with room(furnished_url) as here:
            await begun(here, case)
            third = await filled(here, case)
            assert (await sent(here, case)).status_code == 201
            replies = await soon(asyncio.gather(*(here.http.post(case.path, data=third) for _ in range(8))))
            # The form shows one secret, and there are two by now.
            assert {reply.status_code for reply in replies} == {409}
            assert (await here.http.get("/readyz")).status_code == 200

    run(work)


def test_every_endpoint_of_programs_needs_one_connection(furnished_url: str) -> None:
    on(furnished_url, lambda db: keep_management_api(db, BASE, NOW))

    async def work() -> None:
        async with room(furnished_url) as here:
            for path in gets(
                ("/healthz", "/readyz", "/.well-known", "/oauth2/jwks", "/robots.txt", "/llms.txt", "/static")
            ):
                assert (await soon(here.http.get(path))).status_code == 200, path
            tokens = await _tokens(here)
            bearer = {"authorization": f"Bearer {tokens['access_token']}"}
            for path in gets(("/api/", "/oauth2/userinfo")):
                reply = await soon(here.http.get(path, headers=bearer))
                assert reply.status_code == 200, (path, reply.text)
            changed = await soon(here.http.patch("/api/v1/users/u-adam", headers=bearer, json={"name": "Adam A."}))
            assert changed.status_code == 200, changed.text
            await _ended(here, tokens)

    run(work)


def test_every_endpoint_of_the_management_api_needs_one_connection(furnished_url: str) -> None:
    """By the words of its parameters: each names a thing of a kind, found or not."""
    on(furnished_url, lambda db: keep_management_api(db, BASE, NOW))
    hire(furnished_url, daemon())

    async def work() -> None:
        async with room(furnished_url) as here:
            form = {"grant_type": "client_credentials", "client_id": "manager", "client_secret": SECRET}
            bearer = {"authorization": f"Bearer {(await _token(here, **form))['access_token']}"}
            found = set()
            for path in gets((MANAGED,)):
                reply = await soon(here.http.get(re.sub(r"\{[^}]+\}", "c-a", path), headers=bearer))
                assert reply.status_code in {200, 404}, (path, reply.text)
                found.add(reply.status_code)
            assert found == {200, 404}
            made = await soon(
                here.http.post(f"{MANAGED}customers", headers=bearer, json={"id": "c-new", "name": "New"})
            )
            assert made.status_code == 201, made.text
            match = {**bearer, "if-match": made.headers["etag"]}
            gone = await soon(here.http.delete(f"{MANAGED}customers/c-new", headers=match))
            assert gone.status_code == 204, gone.text

    run(work)


async def _token(here: Room, path: str = "/oauth2/token", **form: str) -> dict[str, str]:
    reply = await soon(here.http.post(path, data=form))
    assert reply.status_code == 200, reply.text
    found: dict[str, str] = reply.json()
    return found


async def _follow(here: Room, reply: httpx2.Response) -> httpx2.Response:
    while reply.status_code == 303 and reply.headers["location"].startswith("/"):
        reply = await soon(here.http.get(reply.headers["location"]))
    return reply


async def _tokens(here: Room) -> dict[str, str]:
    """Sign-in, consent, code, refresh: of an application that asks."""
    verifier, challenge = pkce()
    asked = {
        "client_id": "partner", "redirect_uri": CALLBACK, "response_type": "code", "state": "s", "nonce": "n",
        "scope": "openid offline_access profile email units.read profile.read profile.write", "code_challenge": challenge,
        "code_challenge_method": "S256",
    }  # fmt: skip
    page = await _follow(here, await soon(here.http.get("/oauth2/authorize", params=asked)))
    for path, fields in (
        ("/sign-in", {"username": "adam@example.com", "password": "not the one"}),
        ("/sign-in", {"username": "adam@example.com", "password": PASSWORD}),
        ("/interaction", {"customer": "c-a"}),
        ("/interaction", {"decision": "allow"}),
    ):
        form = {name: hidden(page.text, name) for name in ("ticket", "csrf")} | fields
        page = await _follow(here, await soon(here.http.post(path, data=form)))
    assert page.status_code == 303, page.text
    code = answer_of(page.headers["location"])["code"]
    client = {"client_id": "partner", "client_secret": SECRET}
    first = await _token(
        here, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=verifier, **client
    )
    return await _token(here, grant_type="refresh_token", refresh_token=first["refresh_token"], **client)


async def _ended(here: Room, tokens: dict[str, str]) -> None:
    """Introspection, revocation, the grants of programs, and signing out."""
    for path in ("introspect", "revoke"):
        form = {"token": tokens["refresh_token"], "client_id": "partner", "client_secret": SECRET}
        assert (await soon(here.http.post(f"/oauth2/{path}", data=form))).status_code == 200, path
    await _token(here, grant_type="client_credentials", client_id="daemon", client_secret=SECRET)
    named = {"grant_type": "password", "client_id": "ropc", "username": "daemon-a", "password": PASSWORD}
    await _token(here, **named, scope="units.read offline_access")
    await _token(here, f"/{TENANT_NAME}/B2C_1_ROPC/oauth2/v2.0/token", **named, scope="openid ropc offline_access")
    page = await soon(here.http.get("/oauth2/logout"))
    assert (await soon(here.http.post("/oauth2/logout", data={"csrf": hidden(page.text, "csrf")}))).status_code < 400
