"""Customers, sites, units and their access: made, listed, read, changed, disabled, deleted; and every answer is as described."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx2
import pytest
from sqlalchemy import bindparam, delete

from hoistway.manage.registry import NOUNS, OPERATIONS
from hoistway.store.audit import latest_entries
from hoistway.store.db import Statement, Writer, nothing
from hoistway.store.users import USERS
from hoistway.things.registry import THINGS
from tests.manage import test_people_data as people
from tests.manage.program import NAME, Program, daemon, hire
from tests.manage.test_selling import TAGS
from tests.server import Served, change
from tests.world import NOW

NEW: dict[str, dict[str, Any]] = {
    "customers": {"id": "c-new", "name": "Harbour Estates"},
    "sites": {"id": "s-new", "name": "Harbour House", "city": "Hamburg", "country": "de"},
    "units": {
        "id": "DE-1/new", "site_id": "c-a-s1", "customer_id": "c-a", "capacity_kg": 1000, "contract_speed_mps": 1.6,
        "controller_type": "TAC32",
    },
    "accounts": {"username": "svc-new", "customer_id": "c-a", "name": "New"},
    "users": {"username": "new@example.com", "name": "New", "emails": ["new@example.com", "n@example.com"], "customer_id": "c-a"},
    "apis": {
        "id": "readings", "name": "Readings", "audience": "https://readings.example", "token_lifetime": 600,
        "scopes": [{"name": "readings.read", "description": "See readings"}, {"name": "readings.write", "description": "=", "wire": "write"}],
    },
    "tenants": {
        "id": "7a1f9a52-40b5-4f8b-9a61-3d6b0a3f6f10", "names": ["other.onmicrosoft.com"],
        "policies": [{"name": "B2C_1_In", "kind": "sign_in"}, {"name": "B2C_1_Old", "kind": "ropc"}],
    },
    "applications": {
        "id": "app-new", "name": "New", "type": "web", "customer_id": "c-a", "redirect_uris": ["https://a.example/x", "https://b.example/y"],
        "scopes": ["units.read"],
    },
}  # fmt: skip
CHANGES: dict[str, dict[str, Any]] = {
    "customers": {"name": "Harbour", "second_factor": "all"},
    "sites": {"street": "1 Quay"},
    "accounts": {"name": "Renamed"},
    "users": {"name": "Renamed", "emails": ["new@example.com"]},
    "apis": {
        "name": "Renamed",
        "max_age": 600,
        "acr": None,
        "signing_alg": "RS256",
        "scopes": [{"name": "readings.read", "description": "See all readings"}],
    },
    "tenants": {
        "policies": [{"name": "B2C_1_In", "kind": "sign_in"}],
        "subject_text": "Not supported currently. Use oid claim.",
    },
    "applications": {
        "name": "Renamed",
        "redirect_uris": ["https://a.example/x"],
        "scopes": ["units.read", "profile.read"],
        "backchannel_logout_uri": "https://a.example/logout",
        "backchannel_logout_session_required": True,
    },
    "units": {"capacity_kg": None, "contract_speed_mps": 2.5, "car_type": "twin"},
}
every_noun = pytest.mark.parametrize("word", [noun.word for noun in NOUNS])


@pytest.fixture(scope="module")
def program(served: Served) -> Iterator[Program]:
    hire(served.database, daemon())
    made = Program(served)
    yield made
    made.http.close()


@pytest.fixture(autouse=True)
def _fresh_scopes() -> None:
    """A name that an API had comes back only after housekeeping removed what was granted by it."""
    name = f"readings{next(COUNT)}"
    scopes = [{"name": f"{name}.{verb}", "description": "a = b"} for verb in ("read", "write")]
    NEW["apis"] |= {"id": name, "audience": f"https://{name}.example", "scopes": scopes}
    CHANGES["apis"] |= {"scopes": [{**scopes[0], "description": "See all readings"}]}


COUNT = count()
PATHS: dict[str, str] = {}
"""Of what was made last."""


def path_of(word: str) -> str:
    return PATHS[word]


def make(program: Program, word: str) -> tuple[Any, str, str]:
    """The body of what was made, its ETag and its path."""
    reply = program.ask("POST", f"/{word}", 201, NEW[word])
    body = reply.json()
    shown = body.get("account") or body.get("application") or body
    path = PATHS[word] = f"/{word}/{shown['id'].replace('/', '%2F')}"
    assert reply.headers["location"].endswith(f"/manage/v1{path}")
    return shown, reply.headers["etag"], path


@every_noun
def test_a_thing_from_its_making_to_its_end(program: Program, served: Served, word: str) -> None:
    made, etag, path = make(program, word)
    shown = {name: value for name, value in made.items() if name in NEW[word]}
    wanted = {name: value for name, value in NEW[word].items() if name in shown}
    assert shown == wanted | ({"country": "DE"} if word == "sites" else {})
    read = program.ask("GET", path)
    assert (read.json(), read.headers["etag"]) == (made, etag)
    changed = program.ask("PATCH", path, 200, CHANGES[word], if_match=read.headers["etag"])
    after = changed.json()
    assert {name: after[name] for name in CHANGES[word]} == CHANGES[word]
    kept = {"updated_at", *CHANGES[word]}
    assert {n: v for n, v in after.items() if n not in kept} == {n: v for n, v in read.json().items() if n not in kept}
    off = program.ask("POST", f"{path}/disable", 200, if_match=changed.headers["etag"])
    assert off.json()["disabled_at"] is not None
    on = program.ask("POST", f"{path}/enable", 200, if_match=off.headers["etag"])
    assert on.json()["disabled_at"] is None
    if word == "units":
        program.ask("DELETE", path, 409, if_match=on.headers["etag"])
        access = program.ask("GET", f"{path}/access/c-a")
        program.ask("DELETE", f"{path}/access/c-a", 204, if_match=access.headers["etag"])
    if word == "users":
        program.ask("POST", f"{path}/sign-out", 204)
        erase(served, made["id"])
        return
    if word in {"applications", "tenants"}:
        program.ask("POST", f"{path}/disable", 200, if_match="*")
        said = program.ask("DELETE", path, 409, if_match="*").json()
        assert [one["member"] for one in said["errors"]] == ["enabled_lately"]
        remove(program, served, word)
        return
    program.ask("DELETE", path, 204, if_match=on.headers["etag"])
    program.ask("GET", path, 404)


@every_noun
def test_a_change_names_its_version(program: Program, served: Served, word: str) -> None:
    _made, _etag, path = make(program, word)
    etag = program.ask("GET", path).headers["etag"]
    for method, end, body in (
        ("PATCH", "", CHANGES[word]), ("POST", "/disable", None), ("POST", "/enable", None), ("DELETE", "", None),
    ):  # fmt: skip
        if method == "DELETE" and word == "users":
            continue  # people are erased instead
        program.ask(method, path + end, 428, body)
        program.ask(method, path + end, 412, body, if_match='"another"')
        program.ask(method, path + end, 412, body, if_match=f"W/{etag}")
    assert program.ask("GET", path).headers["etag"] == etag
    remove(program, served, word)


def erase(served: Served, user_id: str) -> None:
    async def work(tx: Writer) -> None:
        await tx.run(Statement(lambda: delete(USERS).where(USERS.c.id == bindparam("id")), nothing), {"id": user_id})

    change(served.database, work)


def remove(program: Program, served: Served, word: str) -> None:
    path = path_of(word)
    if word == "users":
        erase(served, path.rpartition("/")[2])
        return
    if word in {"applications", "tenants"}:
        # It stays for an hour after it was disabled.
        async def disable(tx: Writer) -> None:
            await THINGS[word].switch(tx, NEW[word]["id"], NOW)  # type: ignore[misc]

        change(served.database, disable)
    if word == "units":
        program.ask("DELETE", f"{path}/access/c-a", 204, if_match="*")
    program.ask("DELETE", path, 204, if_match="*")


@every_noun
def test_a_dry_run_keeps_nothing(program: Program, served: Served, word: str) -> None:
    tried = program.ask("POST", f"/{word}?dry_run=true", 201, NEW[word])
    assert tried.headers["dry-run"] == "true"
    assert not [value for name, value in tried.json().items() if name in {"password", "client_secret"} and value]
    _made, etag, _path = make(program, word)
    # Of an API its scopes are looked at first, which are taken, too.
    program.ask("POST", f"/{word}?dry_run=true", 422 if word == "apis" else 409, NEW[word])
    tried = program.ask("PATCH", f"{path_of(word)}?dry_run=true", 200, CHANGES[word], if_match="*")
    assert {name: tried.json()[name] for name in CHANGES[word]} == CHANGES[word]
    program.ask("POST", f"{path_of(word)}/disable?dry_run=true", 200, if_match="*")
    program.ask("POST", f"/{word}?dry_run=perhaps", 400, NEW[word])
    program.ask("POST", f"/{word}?dryrun=true", 400, NEW[word])
    assert program.ask("GET", path_of(word)).headers["etag"] == etag
    remove(program, served, word)


@every_noun
def test_every_page_once(program: Program, word: str) -> None:
    ids, path = [], f"/{word}?limit=1"
    while path:
        page = program.ask("GET", path)
        ids += [one["id"] for one in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        assert ("link" in page.headers) is (cursor is not None)
        path = f"/{word}?limit=1&cursor={cursor}" if cursor else ""
    assert ids == sorted(ids)
    assert ids == [one["id"] for one in program.ask("GET", f"/{word}").json()["items"]]
    etag = program.ask("GET", f"/{word}").headers["etag"]
    program.ask("GET", f"/{word}", 304, if_none_match=etag)
    program.ask("GET", f"/{word}?limit=0", 400)
    program.ask("GET", f"/{word}?color=red", 400)


FOUND = [
    ("customers?name=CUSTOMER%20C-A", ["c-a"]),
    ("customers?name=%25", []),
    ("customers?disabled=true", []),
    ("customers?disabled=false&name=c-b", ["c-b"]),
    ("sites?city=Town&country=DE&postal_code=12345&disabled=false&limit=1", ["c-a-s1"]),
    ("units?customer_id=c-a&equipment_type=escalator", ["US-c-a-10", "US-c-a-20"]),
    ("units?site_id=c-b-s1&limit=2", ["US-c-b-10", "US-c-b-11"]),
    ("units?serial_number=none", []),
    ("accounts?customer_id=c-b", ["sa-b"]),
    ("users?customer_id=c-b&disabled=false", ["u-bob", "u-both"]),
    ("users?username=ANN%40example.com", ["u-ann"]),
    ("apis?disabled=false", ["customer-api", "manage"]),
    ("tenants?disabled=true", []),
    ("accounts?username=daemon-a", ["sa-a"]),
    ("applications?type=daemon&customer_id=c-b&environment=production", ["daemon-b"]),
    ("applications?name=old-w&disabled=false", ["old-web"]),
    ("units?customer_id=nobody", []),
]


@pytest.mark.parametrize(("path", "ids"), FOUND)
def test_filters(program: Program, path: str, ids: list[str]) -> None:
    assert [one["id"] for one in program.ask("GET", f"/{path}").json()["items"]] == ids


WRONG: list[tuple[str, Any, int, str]] = [
    ("customers", {"id": "c-a", "name": "Again"}, 409, "id"),
    ("customers", {"id": "has blanks", "name": "X"}, 422, "id"),
    ("customers", {"id": "new", "name": "X"}, 422, "id"),
    ("customers", {"id": "sandbox", "name": "X"}, 422, "id"),
    ("customers", {"id": "c-x", "name": ""}, 422, "name"),
    ("customers", {"id": "c-x", "name": "hid\u200bden"}, 422, "name"),
    ("customers", {"id": "c-x", "name": "two\nlines"}, 422, "name"),
    ("customers", {"id": "c-x"}, 400, ""),
    ("customers", {"id": "c-x", "name": 5}, 400, ""),
    ("customers", {"id": "c-x", "name": "X", "color": "red"}, 400, ""),
    ("customers", b'{"id": "c-x", "id": "c-y", "name": "X"}', 400, ""),
    ("customers", b"\xef\xbb\xbf{}", 400, ""),
    ("customers", b"[" * 100_000, 413, ""),
    ("customers", b"[" * 60_000, 400, ""),
    ("customers", b'{"id": "c-x", "name": "\xff"}', 400, ""),
    ("sites", {"id": "s-x", "name": "X", "country": "Germany"}, 422, "country"),
    ("units", {"id": "u-x", "site_id": "nowhere", "customer_id": "c-a"}, 422, "site_id"),
    ("units", {"id": "u-x", "site_id": "c-a-s1", "customer_id": "nobody"}, 422, "customer_id"),
    ("units", {"id": "u-x", "site_id": "c-a-s1", "customer_id": "c-a", "capacity_kg": -1}, 422, "capacity_kg"),
    ("units", {"id": "u-x", "site_id": "c-a-s1", "customer_id": "c-a", "role": "thief"}, 400, ""),
    ("users", {"username": "ann@example.com", "name": "X"}, 409, "username"),
    ("users", {"username": "x@example.com", "name": "X", "emails": ["nonsense"]}, 422, "emails"),
    ("users", {"username": "x@example.com", "name": "X", "customer_id": "nobody"}, 422, "customer_id"),
    ("users", {"username": "x@example.com", "name": "X", "password": "correct-horse"}, 400, ""),
    ("users", {"username": "x@example.com", "name": "X", "flags": ["operator"]}, 400, ""),
    ("apis", {"id": "x", "name": "X", "audience": "https://x.example", "scopes": []}, 422, "scopes"),
    (
        "apis",
        {"id": "x", "name": "X", "audience": "https://x.example", "scopes": [{"name": "units.read", "description": "X"}]},
        422, "scopes",
    ),
    ("tenants", {"names": ["maxcustomerportal.onmicrosoft.com"], "policies": [{"name": "B2C_1_X", "kind": "ropc"}]}, 422, "names"),
    ("tenants", {"names": ["x.example"], "policies": [{"name": "two words", "kind": "ropc"}]}, 422, "policies"),
    ("accounts", {"username": "svc-x", "customer_id": "nobody"}, 422, "customer_id"),
    ("accounts", {"username": "app-x", "customer_id": "c-a"}, 422, "username"),
    ("applications", {"name": "X", "type": "web", "redirect_uris": ["javascript:alert(1)"]}, 422, "redirect_uris"),
    ("applications", {"name": "X", "type": "web", "redirect_uris": ["https://a.example/x https://b.example"]}, 422, "redirect_uris"),
    ("applications", {"name": "X", "type": "web", "scopes": ["nothing.read"]}, 422, "scopes"),
    ("applications", {"name": "X", "type": "daemon"}, 422, "service_account_id"),
    ("applications", {"name": "X", "type": "daemon", "customer_id": "c-b", "service_account_id": "sa-a"}, 422, "service_account_id"),
    ("applications", {"name": "X", "type": "web", "customer_id": "nobody"}, 422, "customer_id"),
    ("units", {"id": "US-c-a-10", "site_id": "c-a-s1", "customer_id": "c-a"}, 409, "id"),
]  # fmt: skip


@pytest.mark.parametrize(("word", "body", "status", "member"), WRONG)
def test_what_is_wrong_is_told_by_member(program: Program, word: str, body: Any, status: int, member: str) -> None:
    said = program.ask("POST", f"/{word}", status, body).json()
    assert [one["member"] for one in said["errors"]] == ([member] if member else [])
    assert said["type"].startswith(f"{program.document['servers'][0]['url']}/manage/v1/openapi.json#")
    assert said["type"].partition("#")[2] in program.document["x-problem-types"]


def test_what_something_refers_to_stays(program: Program) -> None:
    said = program.ask("DELETE", "/customers/c-a", 409, if_match="*").json()
    assert {one["member"] for one in said["errors"]} >= {"applications"}
    program.ask("DELETE", "/customers/sandbox", 404, if_match="*")


def test_access(program: Program) -> None:
    path = "/units/US-c-a-10/access"
    assert [one["customer_id"] for one in program.ask("GET", path).json()["items"]] == ["c-a"]
    new = program.ask("PUT", f"{path}/c-b", 201, {"role": "manager", "customer_equipment_number": "B-1"})
    assert new.json() == {"customer_id": "c-b", "role": "manager", "customer_equipment_number": "B-1"}
    program.ask("PUT", f"{path}/c-b", 428, {"role": "owner"})
    program.ask("PUT", f"{path}/c-b", 412, {"role": "owner"}, if_match='"x"')
    changed = program.ask("PUT", f"{path}/c-b", 200, {}, if_match=new.headers["etag"])
    assert changed.json() == {"customer_id": "c-b", "role": "owner", "customer_equipment_number": None}
    assert program.ask("GET", f"{path}/c-b").headers["etag"] == changed.headers["etag"]
    program.ask("DELETE", f"{path}/c-b?dry_run=true", 204, if_match="*")
    program.ask("DELETE", f"{path}/c-b", 428)
    program.ask("DELETE", f"{path}/c-b", 204, if_match=changed.headers["etag"])
    program.ask("DELETE", f"{path}/c-b", 404, if_match="*")
    program.ask("PUT", f"{path}/nobody", 422, {})
    program.ask("PUT", "/units/none/access/c-a", 404, {})


def test_a_daemon_from_the_customer_to_its_first_call(program: Program, served: Served) -> None:
    program.ask("POST", "/customers", 201, {"id": "c-first", "name": "First"})
    program.ask("POST", "/sites", 201, {"id": "s-first", "name": "First House"})
    program.ask("POST", "/units", 201, {"id": "DE-first", "site_id": "s-first", "customer_id": "c-first"})
    account = program.ask("POST", "/accounts", 201, {"username": "svc-first", "customer_id": "c-first"}).json()
    assert len(account["password"]) >= 20
    wanted = {
        "name": "First daemon", "type": "daemon", "customer_id": "c-first", "service_account_id": account["account"]["id"],
        "scopes": ["units.read"],
    }  # fmt: skip
    made = program.ask("POST", "/applications", 201, wanted, idempotency_key="first-daemon").json()
    assert made == program.ask("POST", "/applications", 201, wanted, idempotency_key="first-daemon").json()
    form = {
        "grant_type": "client_credentials", "client_id": made["application"]["id"], "client_secret": made["client_secret"],
    }  # fmt: skip
    token = httpx2.post(f"{served.url}/oauth2/token", data=form).json()["access_token"]
    units = httpx2.get(f"{served.url}/api/v1/units", headers={"authorization": f"Bearer {token}"}).json()
    assert [one["unitId"] for one in units["items"]] == ["DE-first"]


def test_secrets(program: Program) -> None:
    path = "/applications/web/secrets"
    assert len(program.ask("GET", path).json()["items"]) == 1
    program.ask("POST", path, 422, {"lifetime_days": 7})
    assert program.ask("POST", f"{path}?dry_run=true", 201, {}).json()["client_secret"] is None
    made = program.ask("POST", path, 201, {"lifetime_days": 90}, idempotency_key="secret").json()
    assert made == program.ask("POST", path, 201, {"lifetime_days": 90}, idempotency_key="secret").json()
    assert made["client_secret"].startswith(made["secret"]["prefix"])
    program.ask("POST", path, 409, {})
    one = f"{path}/{made['secret']['id']}"
    assert program.ask("GET", one).json() == made["secret"]
    program.ask("DELETE", one, 428)
    program.ask("DELETE", one, 412, if_match='"x"')
    program.ask("DELETE", one, 204, if_match="*")
    program.ask("GET", one, 404)
    program.ask("DELETE", one, 404, if_match="*")
    program.ask("POST", "/applications/spa/secrets", 409, {})
    program.ask("POST", "/applications/nothing/secrets", 404, {})


def test_exceptions(program: Program) -> None:
    path = "/applications/ropc-off/exceptions"
    none = program.ask("GET", path)
    assert none.json() == {"items": []}
    lent = {"items": [{"flow": "password", "ends_on": "2090-01-31", "reason": "moving, till spring"}]}
    program.ask("PUT", path, 428, lent)
    program.ask("PUT", path, 422, {"items": [{**lent["items"][0], "ends_on": "2001-01-31"}]}, if_match="*")
    program.ask("PUT", path, 422, {"items": [{**lent["items"][0], "flow": "no_pkce"}]}, if_match="*")
    program.ask("PUT", path, 422, {"items": lent["items"] * 2}, if_match="*")
    program.ask("PUT", path, 400, {"items": [{"flow": "any", "ends_on": "2090-01-31", "reason": "x"}]}, if_match="*")
    assert program.ask("PUT", path, 200, lent, if_match=none.headers["etag"]).json() == lent
    assert program.ask("PUT", path, 200, {"items": []}, if_match="*").json() == {"items": []}


def test_applications_of_this_api_and_of_the_server_are_let_alone(program: Program) -> None:
    """A program that could change them would give itself whatever scope it likes."""
    wanted = {"name": "Puppet", "type": "daemon", "scopes": ["manage.customers.read"]}
    assert program.ask("POST", "/applications", 409, wanted).json()["type"].endswith("#refused")
    for name in (NAME, "developer-portal"):
        path = f"/applications/{name}"
        program.ask("PATCH", path, 409, {"name": "Mine"}, if_match="*")
        program.ask("POST", f"{path}/disable", 409, if_match="*")
        program.ask("DELETE", path, 409, if_match="*")
        program.ask("POST", f"{path}/secrets", 409, {})
        program.ask("PUT", f"{path}/exceptions", 409, {"items": []}, if_match="*")
    secret = program.ask("GET", f"/applications/{NAME}/secrets").json()["items"][0]["id"]
    program.ask("DELETE", f"/applications/{NAME}/secrets/{secret}", 409, if_match="*")
    program.ask("PATCH", "/applications/web", 422, {"scopes": ["manage.customers.read"]}, if_match="*")


def test_memberships(program: Program) -> None:
    path = "/users/u-ann/memberships"
    assert [one["customer_id"] for one in program.ask("GET", path).json()["items"]] == ["c-a"]
    new = program.ask("PUT", f"{path}/c-b", 201, {"role": "administrator", "sites": ["c-b-s1"], "units": ["US-c-b-20"]})
    assert new.json() == {"customer_id": "c-b", "role": "administrator", "sites": ["c-b-s1"], "units": ["US-c-b-20"]}
    program.ask("PUT", f"{path}/c-b", 428, {})
    program.ask("PUT", f"{path}/c-b", 422, {"sites": ["nowhere"]}, if_match="*")
    changed = program.ask("PUT", f"{path}/c-b", 422, {}, if_match=new.headers["etag"]).json()
    assert changed["errors"][0]["member"] == "role", "the only administrator stays one"
    program.ask("DELETE", f"{path}/c-b", 422, if_match="*")
    program.ask("PUT", "/users/u-bob/memberships/c-b", 200, {"role": "administrator"}, if_match="*")
    assert program.ask("GET", f"{path}/c-b").json()["role"] == "administrator"
    program.ask("DELETE", f"{path}/c-b?dry_run=true", 204, if_match="*")
    program.ask("DELETE", f"{path}/c-b", 428)
    program.ask("DELETE", f"{path}/c-b", 204, if_match="*")
    program.ask("GET", f"{path}/c-b", 404)
    program.ask("PUT", f"{path}/nobody", 422, {})
    program.ask("PUT", "/users/nobody/memberships/c-a", 404, {})


def test_a_link_needs_a_mail_server_and_somebody(program: Program) -> None:
    assert "mail" in program.ask("POST", "/users/u-ann/link", 409).json()["detail"]
    program.ask("POST", "/users/nobody/link", 404)


def test_the_operators_people_and_the_api_itself_are_let_alone(program: Program) -> None:
    for person in ("u-olga", "u-emil"):
        program.ask("PATCH", f"/users/{person}", 409, {"emails": ["thief@example.com"]}, if_match="*")
        program.ask("POST", f"/users/{person}/disable", 409, if_match="*")
        program.ask("POST", f"/users/{person}/link", 409)
        program.ask("POST", f"/users/{person}/sign-out", 409)
    program.ask("PATCH", "/apis/manage", 409, {"client_id": "web"}, if_match="*")
    program.ask("POST", "/apis/manage/disable", 409, if_match="*")
    program.ask("DELETE", "/apis/manage", 404, if_match="*")


def test_the_trail_and_the_jobs_are_read(program: Program) -> None:
    program.ask("POST", "/customers", 201, {"id": "c-told", "name": "Told"})
    page = program.ask("GET", f"/audit?event=customer.added&actor={NAME}&customer_id=c-told").json()
    assert [(one["actor"], one["detail"]["id"]) for one in page["items"]] == [(NAME, "c-told")]
    first = program.ask("GET", "/audit?limit=1&since=2020-01-01&until=2090-01-01").json()
    second = program.ask(
        "GET", f"/audit?limit=1&since=2020-01-01&until=2090-01-01&cursor={first['next_cursor']}"
    ).json()
    assert first["items"][0]["id"] > second["items"][0]["id"]
    program.ask("GET", "/audit?since=yesterday", 400)
    program.ask("GET", "/jobs")


def test_the_trail_names_the_application_and_the_request(program: Program, served: Served) -> None:
    reply = program.ask("PATCH", "/customers/c-b", 200, {"name": "Renamed"}, if_match="*")

    async def work(tx: Writer) -> None:
        entry = (await latest_entries(tx, "customer.changed", 1))[0]
        assert (entry.actor, entry.customer_id, entry.correlation_id) == (
            NAME,
            "c-b",
            reply.headers["x-correlation-id"],
        )
        assert '"Renamed"' in entry.detail

    change(served.database, work)


def test_a_media_type(program: Program) -> None:
    program.ask("POST", "/customers", 415, b"id=c-x", content_type="application/x-www-form-urlencoded")
    program.ask("PATCH", "/customers/c-a", 415, b"{}", content_type="text/plain", if_match="*")


@pytest.mark.parametrize("word", [noun.word for noun in NOUNS])
def test_bodies_have_the_members_of_the_forms(word: str) -> None:
    """What the console asks for, the API takes, under the same name but for what `names` says."""
    noun = next(one for one in NOUNS if one.word == word)
    making = noun.thing.making
    assert making is not None
    for struct, entries in ((noun.new, making.entries), (noun.change, noun.thing.entries)):
        members = {noun.names.get(name, name) for name in struct.__struct_fields__}
        assert members == {entry.name for entry in entries} - noun.apart, struct.__name__


def test_every_operation_was_held_against_the_document(program: Program) -> None:
    """The last of the module: none is left out, and each refusal was met somewhere."""
    done = {name for name, status in program.seen if status.startswith("2")}
    elsewhere = {
        one.name for one in OPERATIONS if one.tag in {"Proposal", "TenantConnection", "Bulk", *TAGS, *people.TAGS}
    } | {
        "sendLink",
        *people.NAMES,
    }
    assert {one.name for one in OPERATIONS} - done <= elsewhere, "in the other files"
    assert {status for _name, status in program.seen} >= {"304", "400", "404", "409", "412", "413", "415", "422", "428"}
