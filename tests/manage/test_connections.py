"""A tenant's older system from a program, and that two must give it: passwords of its people are sent there."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from hoistway.manage.registry import OPERATIONS
from tests.console.two import careful_server, decide_on
from tests.engines import EngineName
from tests.manage.program import NAME, Program, daemon, hire
from tests.portal.signing_in import Visitor
from tests.server import Served
from tests.world import TENANT, TENANT_NAME

PATH = f"/tenants/{TENANT}/connection"
WANTED: dict[str, Any] = {
    "token_endpoint": "https://old.example.com/token", "client_id": "app", "scope": "openid app", "until": "2090-06-30",
    "wrong_per_account": 3,
}  # fmt: skip
TYPED = {
    "endpoint": "https://old.example.com/token", "client_id": "app", "scope": "openid app", "ends_at": "2090-06-30",
    "wrong_per_account": "3",
}  # fmt: skip


@pytest.fixture(scope="module")
def program(served: Served) -> Iterator[Program]:
    hire(served.database, daemon())
    made = Program(served)
    yield made
    made.http.close()


def test_a_connection_to_its_end(program: Program) -> None:
    program.ask("GET", PATH, 404)
    program.ask("DELETE", PATH, 404, if_match="*")
    program.ask("PUT", f"{PATH}?dry_run=true", 201, WANTED)
    made = program.ask("PUT", PATH, 201, WANTED)
    assert made.json() == {**WANTED, "until": "2090-06-30T00:00:00Z"}
    read = program.ask("GET", PATH)
    assert (read.json(), read.headers["etag"]) == (made.json(), made.headers["etag"])
    program.ask("PUT", PATH, 428, WANTED)
    program.ask("PUT", PATH, 412, WANTED, if_match='"x"')
    changed = program.ask("PUT", PATH, 200, {**WANTED, "wrong_per_account": 2}, if_match=read.headers["etag"])
    assert changed.json()["wrong_per_account"] == 2
    assert set(program.ask("GET", f"/tenants/{TENANT}/carried").json()) == {"carried", "waiting", "failing", "reset"}
    program.ask("DELETE", PATH, 428)
    program.ask("DELETE", PATH, 204, if_match=changed.headers["etag"])
    program.ask("GET", PATH, 404)
    events = [row["event"] for row in program.ask("GET", f"/audit?actor={NAME}").json()["items"]]
    assert events[:3] == ["tenant.disconnected", "tenant.connected", "tenant.connected"]
    program.ask("PUT", "/tenants/nothing/connection", 404, WANTED)
    program.ask("GET", "/tenants/nothing/carried", 404)


@pytest.mark.parametrize(
    ("wrong", "member"),
    [
        ({"token_endpoint": "http://old.example.com/token"}, "token_endpoint"), ({"token_endpoint": "https://10.0.0.1/"}, "token_endpoint"),
        ({"client_id": "two words"}, "client_id"), ({"scope": ""}, "scope"), ({"until": "never"}, "until"),
        ({"until": "2001-01-01"}, "until"), ({"wrong_per_account": 0}, "wrong_per_account"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it(program: Program, wrong: dict[str, Any], member: str) -> None:
    said = program.ask("PUT", PATH, 422, {**WANTED, **wrong}).json()
    assert [one["member"] for one in said["errors"]] == [member]


def test_two_give_it_and_one_takes_it_away(engine_name: EngineName) -> None:
    with careful_server(engine_name) as served:
        hire(served.database, daemon())
        program, olga, otto = Program(served), *(Visitor(served.url).sign_in(name) for name in ("olga", "otto"))
        page = f"/console/tenants/{TENANT}/connection"
        with closing(program.http), closing(olga), closing(otto):
            waits = program.ask("PUT", PATH, 202, WANTED).json()
            assert (waits["kind"], waits["after"]["old_endpoint"]) == ("tenant", WANTED["token_endpoint"])
            program.ask("GET", PATH, 404)
            assert olga.post(page, do="connect", **TYPED).status_code == 422, "one change of it waits already"
            assert WANTED["token_endpoint"] in olga.get(f"/console/changes/{waits['id']}").text
            assert decide_on(olga, waits["id"], "approve") == "approved_first"
            assert decide_on(olga, waits["id"], "approve") == ""
            assert decide_on(otto, waits["id"], "approve") == "approved"
            assert program.ask("GET", PATH).json()["client_id"] == "app"
            # Less is for one, more waits.
            program.ask("PUT", PATH, 200, {**WANTED, "wrong_per_account": 1, "until": "2090-01-01"}, if_match="*")
            program.ask("PUT", PATH, 202, {**WANTED, "wrong_per_account": 1}, if_match="*")
            program.ask("DELETE", PATH, 204, if_match="*")
            moved = olga.post(page, do="connect", **TYPED)
            assert moved.status_code == 422
            proposals = program.ask("GET", "/proposals").json()["items"]
            program.ask("POST", f"/proposals/{proposals[0]['id']}/withdraw", 200, if_match="*")
            asked = olga.post(page, do="connect", **TYPED)
            assert asked.status_code == 303
            assert "/console/changes/" in asked.headers["location"]
            program.ask("GET", PATH, 404)
            assert decide_on(olga, asked.headers["location"].split("/")[3].partition("?")[0], "approve") == ""
            assert TENANT_NAME in olga.get("/console/changes").text


def test_every_operation_was_held_against_the_document(program: Program) -> None:
    done = {name for name, status in program.seen if status.startswith("2")}
    assert {one.name for one in OPERATIONS if one.tag == "TenantConnection"} - done == set()
