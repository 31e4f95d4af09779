"""Invitations, copies and erasing of people, second passwords of technical accounts, owners of applications, from a program."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest

from hoistway.accounts.erasing import SETTLED
from hoistway.manage.registry import OPERATIONS
from tests.console.two import careful_server, decide_on
from tests.engines import ENGINES, EngineName, drop_database, fresh_database
from tests.manage.program import NAME, Program, daemon, hire
from tests.manage.test_letters import letters
from tests.portal.house import House
from tests.portal.signing_in import Visitor
from tests.server import Served, populate, serving

TAGS = {"Invitation", "AccountPassword"}
NAMES = {"copyUser", "eraseUser", "giveApplication"}
"""Of other tags, that are asked for here."""
PATH = "/customers/c-a/invitations"


@pytest.fixture(scope="module", params=ENGINES)
def mailing(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A server that keeps the letters it would send."""
    url = fresh_database(request.param, populate)
    with serving(url, demonstration=True) as served:
        yield served
    drop_database(url)


@pytest.fixture(scope="module")
def program(mailing: Served) -> Iterator[Program]:
    hire(mailing.database, daemon())
    made = Program(mailing)
    yield made
    made.http.close()


def test_an_invitation_to_its_end(program: Program, mailing: Served) -> None:
    wanted = {"address": "kim@new.example", "role": "administrator", "sites": ["c-a-s1"], "language": "de"}
    program.ask("POST", f"{PATH}?dry_run=true", 201, wanted)
    assert letters(mailing.database) == 0
    made = program.ask("POST", PATH, 201, wanted, idempotency_key="invite")
    assert made.content == program.ask("POST", PATH, 201, wanted, idempotency_key="invite").content
    assert letters(mailing.database) == 1
    body = made.json()
    assert {name: body[name] for name in wanted} == wanted
    assert (body["customer_id"], body["units"]) == ("c-a", [])
    assert program.ask("GET", PATH).json()["items"] == [body]
    one = f"{PATH}/{body['id']}"
    read = program.ask("GET", one)
    assert read.json() == body
    program.ask("POST", f"{one}/send", 428)
    assert program.ask("POST", f"{one}/send", 200, if_match=read.headers["etag"]).json()["id"] == body["id"]
    assert letters(mailing.database) == 2
    program.ask("GET", f"/customers/c-b/invitations/{body['id']}", 404)
    program.ask("DELETE", f"/customers/c-b/invitations/{body['id']}", 404, if_match="*")
    program.ask("DELETE", one, 412, if_match='"x"')
    program.ask("DELETE", one, 204, if_match="*")
    program.ask("GET", one, 404)
    program.ask("POST", f"{one}/send", 404, if_match="*")
    assert program.ask("GET", PATH).json()["items"] == []
    actors = [row["actor"] for row in program.ask("GET", f"/audit?customer_id=c-a&actor={NAME}").json()["items"]]
    assert actors == [NAME] * 3


@pytest.mark.parametrize(
    ("wrong", "member"),
    [({"address": "nobody"}, "address"), ({"sites": ["nowhere"]}, "sites"), ({"units": ["nothing"]}, "units")],
)
def test_what_is_wrong_with_an_invitation(program: Program, wrong: dict[str, Any], member: str) -> None:
    said = program.ask("POST", PATH, 422, {"address": "kim@new.example", **wrong}).json()
    assert [one["member"] for one in said["errors"]] == [member]
    program.ask("POST", PATH, 400, {"address": "kim@new.example", "role": "operator"})
    program.ask("POST", "/customers/sandbox/invitations", 404, {"address": "kim@new.example"})


def test_letters_have_a_bound(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program can't spend what everybody shares."""
    monkeypatch.setattr("hoistway.accounts.inviting.BY_PROGRAM", 4)
    for number in range(8):
        reply = program.http.post(f"/manage/v1{PATH}", json={"address": f"p{number}@new.example"})
        if reply.status_code == 429:
            break
    full = program.ask("POST", PATH, 429, {"address": "last@new.example"})
    assert int(full.headers["retry-after"]) > 0


def test_passwords_of_an_account(program: Program, mailing: Served) -> None:
    account = program.ask("POST", "/accounts", 201, {"username": "svc-two", "customer_id": "c-a"}).json()
    path = f"/accounts/{account['account']['id']}/passwords"
    assert [one["which"] for one in program.ask("GET", path).json()["items"]] == ["first"]
    program.ask("POST", path, 422, {"lifetime_days": 7})
    assert program.ask("POST", f"{path}?dry_run=true", 201, {}).json()["password"] is None
    made = program.ask("POST", path, 201, {"lifetime_days": 90}, idempotency_key="second").json()
    assert made == program.ask("POST", path, 201, {"lifetime_days": 90}, idempotency_key="second").json()
    assert (made["which"], made["expires_at"] is None) == ("second", False)
    program.ask("POST", path, 409, {})
    form = {"grant_type": "password", "client_id": "ropc", "username": "svc-two", "scope": "units.read"}
    for password in (account["password"], made["password"]):
        assert "access_token" in httpx2.post(f"{mailing.url}/oauth2/token", data={**form, "password": password}).json()
    one = program.ask("GET", f"{path}/first")
    program.ask("DELETE", f"{path}/first", 428)
    program.ask("DELETE", f"{path}/first", 204, if_match=one.headers["etag"])
    program.ask("GET", f"{path}/first", 404)
    program.ask("DELETE", f"{path}/third", 404, if_match="*")
    reply = httpx2.post(f"{mailing.url}/oauth2/token", data={**form, "password": account["password"]}).json()
    assert reply["error"] == "invalid_grant"


def test_a_copy_is_in_the_trail(program: Program) -> None:
    held = program.ask("POST", "/users/u-ann/copy", 200).json()["held"]
    assert held["account"]["username"] == "ann@example.com"
    assert "argon2" not in str(held)
    entry = program.ask("GET", "/audit?event=user.exported").json()["items"][0]
    assert (entry["actor"], entry["detail"]["id"]) == (NAME, "u-ann")


def test_a_copy_of_a_dry_run_is_in_the_trail(program: Program) -> None:
    """What somebody has read is not undone."""

    def entries() -> int:
        found = program.ask("GET", "/audit?event=user.exported").json()["items"]
        return len([one for one in found if one["detail"]["id"] == "u-adam"])

    assert entries() == 0
    dry = program.ask("POST", "/users/u-adam/copy?dry_run=true", 200)
    assert (dry.headers["dry-run"], dry.json()["held"]["account"]["id"], entries()) == ("true", "u-adam", 1)
    program.ask("POST", "/users/u-olga/copy", 409)
    program.ask("POST", "/users/nobody/copy", 404)


def test_an_application_gets_another_owner(program: Program) -> None:
    made = program.ask(
        "POST", "/applications", 201, {"id": "wanderer", "name": "Wanderer", "type": "web", "customer_id": "c-a"}
    ).json()
    program.ask("PUT", "/applications/wanderer/owner", 428, {"customer_id": "c-b"})
    for wrong in ("nobody", "sandbox", "c-a"):
        program.ask("PUT", "/applications/wanderer/owner", 422, {"customer_id": wrong}, if_match="*")
    given = program.ask("PUT", "/applications/wanderer/owner", 200, {"customer_id": "c-b"}, if_match="*").json()
    assert (made["application"]["customer_id"], given["customer_id"]) == ("c-a", "c-b")
    program.ask("PUT", f"/applications/{NAME}/owner", 409, {"customer_id": "c-b"}, if_match="*")
    program.ask("PUT", "/applications/developer-portal/owner", 404, {"customer_id": "c-b"}, if_match="*")


def test_a_person_is_erased(house: House) -> None:
    hire(house.served.database, daemon())
    program = Program(house.served)
    with closing(program.http):
        program.ask("PUT", "/users/u-bob/memberships/c-a", 201, {"role": "administrator"})
        program.ask("POST", "/users/u-ann/erase", 409, if_match="*")
        program.ask("POST", "/users/u-ann/disable", 200, if_match="*")
        house.clock.turn(SETTLED + 1)
        program.ask("POST", "/users/u-ann/erase", 428)
        program.ask("POST", "/users/u-ann/erase?dry_run=true", 204, if_match="*")
        program.ask("POST", "/users/u-ann/erase", 204, if_match="*")
        program.ask("GET", "/users/u-ann", 404)
        program.ask("POST", "/users/u-olga/erase", 409, if_match="*")


def test_two_people_erase_and_give(engine_name: EngineName) -> None:
    with careful_server(engine_name) as served:
        hire(served.database, daemon())
        program, olga, otto = Program(served), *(Visitor(served.url).sign_in(name) for name in ("olga", "otto"))
        with closing(program.http), closing(olga), closing(otto):
            given = program.ask("PUT", "/applications/partner/owner", 202, {"customer_id": "c-b"}, if_match="*").json()
            assert given["after"] == {"owner": "c-b"}
            assert decide_on(olga, given["id"], "approve") == "approved_first"
            assert decide_on(olga, given["id"], "approve") == ""
            assert decide_on(otto, given["id"], "approve") == "approved"
            assert program.ask("GET", "/applications/partner").json()["customer_id"] == "c-b"


def test_every_operation_was_held_against_the_document(program: Program) -> None:
    done = {name for name, status in program.seen if status.startswith("2")} | {"eraseUser"}
    assert {one.name for one in OPERATIONS if one.tag in TAGS or one.name in NAMES} - done == set()
