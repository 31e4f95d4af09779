"""Where two operators must approve, what a program asks for waits (202), and two people approve it: one of them may know its secret."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from hoistway.accounts.roles import change_flags
from hoistway.protocol.ids import ClientId, UserId
from hoistway.store.clients import set_client_disabled
from hoistway.store.db import Writer
from hoistway.store.users import lock_user
from tests.console.two import careful_server, decide_on, trail
from tests.engines import EngineName
from tests.manage.program import NAME, Program, daemon, hire
from tests.portal.signing_in import Visitor
from tests.server import Served, change
from tests.world import NOW

SCOPES = {"scopes": ["openid", "units.read", "profile.write"]}
LENT = {"items": [{"flow": "implicit", "ends_on": "2090-01-31", "reason": "moving"}]}


@pytest.fixture
def careful(engine_name: EngineName) -> Iterator[tuple[Program, Served]]:
    with careful_server(engine_name) as served:
        hire(served.database, daemon())
        program = Program(served)
        with closing(program.http):
            yield program, served


def test_more_waits_for_two_people_and_less_does_not(careful: tuple[Program, Served]) -> None:
    program, served = careful
    olga, otto = (Visitor(served.url).sign_in(name) for name in ("olga", "otto"))
    with closing(olga), closing(otto):
        before = program.ask("GET", "/applications/partner").json()
        less = program.ask("PATCH", "/applications/partner", 200, {"scopes": ["openid", "units.read"]}, if_match="*")
        assert less.json()["scopes"] == ["openid", "units.read"]
        waits = program.ask("PATCH", "/applications/partner", 202, {**SCOPES, "name": "New"}, if_match="*").json()
        after = program.ask("GET", "/applications/partner").json()
        assert (after["name"], after["scopes"]) == ("New", ["openid", "units.read"])
        assert waits["after"] == {"scopes": "openid\nunits.read\nprofile.write"}
        assert program.ask("GET", "/proposals").json()["items"] == [waits]
        program.ask("PATCH", "/applications/partner", 409, {**SCOPES}, if_match="*")
        page = olga.get(f"/console/changes/{waits['id']}").text
        assert "A program proposed this" in page
        assert NAME.title() in page
        assert decide_on(olga, waits["id"], "approve") == "approved_first"
        assert program.ask("GET", f"/proposals/{waits['id']}").json()["state"] == "waiting"
        assert decide_on(olga, waits["id"], "approve") == "", "the same person is not two"
        assert "Olga" in otto.get(f"/console/changes/{waits['id']}").text
        assert decide_on(otto, waits["id"], "approve") == "approved"
        assert program.ask("GET", f"/proposals/{waits['id']}").json()["state"] == "approved"
        assert program.ask("GET", "/applications/partner").json()["scopes"] == SCOPES["scopes"]
        assert before["id"] == "partner"
        assert [who for who, _detail in trail(served, "change.approved_first")] == ["u-olga"]
        assert [who for who, _detail in trail(served, "change.proposed")] == [NAME]


def test_what_is_made_begins_closed(careful: tuple[Program, Served]) -> None:
    program, _served = careful
    wanted = {"name": "Board", "type": "web", "redirect_uris": ["https://b.example/x"], "scopes": ["units.read"]}
    made = program.ask("POST", "/applications", 201, wanted).json()
    assert (made["application"]["redirect_uris"], made["application"]["scopes"]) == ([], [])
    assert made["waiting"]["after"] == {"redirect_uris": "https://b.example/x", "scopes": "units.read"}


def test_exceptions_and_enabling_wait(careful: tuple[Program, Served]) -> None:
    program, _served = careful
    program.ask("POST", "/applications/implicit/disable", 200, if_match="*")
    assert program.ask("POST", "/applications/implicit/enable", 202, if_match="*").json()["after"] == {"disabled": "no"}
    waits = program.ask("PUT", "/applications/spa/exceptions", 202, LENT, if_match="*").json()
    assert waits["after"] == {"exceptions": "implicit 2090-01-31 moving"}
    program.ask("POST", f"/proposals/{waits['id']}/withdraw", 428)
    gone = program.ask("POST", f"/proposals/{waits['id']}/withdraw", 200, if_match="*").json()
    assert gone["state"] == "withdrawn"
    program.ask("POST", f"/proposals/{waits['id']}/withdraw", 409, if_match="*")
    program.ask("POST", "/proposals/nothing/withdraw", 404, if_match="*")


def test_what_somebody_else_proposed_is_not_withdrawn(careful: tuple[Program, Served]) -> None:
    program, served = careful
    hire(served.database, daemon("other"))
    waits = program.ask("PUT", "/applications/spa/exceptions", 202, LENT, if_match="*").json()
    other = Program(served, "other")
    with closing(other.http):
        other.ask("POST", f"/proposals/{waits['id']}/withdraw", 409, if_match="*")


def test_a_first_approval_ends_with_the_role(careful: tuple[Program, Served]) -> None:
    program, served = careful
    olga, otto, opal = (Visitor(served.url).sign_in(name) for name in ("olga", "otto", "opal"))
    with closing(olga), closing(otto), closing(opal):
        waits = program.ask("PUT", "/applications/spa/exceptions", 202, LENT, if_match="*").json()["id"]
        assert decide_on(olga, waits, "approve") == "approved_first"

        async def lose(tx: Writer) -> None:
            person = await lock_user(tx, UserId("u-olga"))
            assert person is not None
            await change_flags(tx, person, (), NOW)
            await change_flags(tx, person, person.flags, NOW)

        change(served.database, lose)
        assert decide_on(otto, waits, "approve") == "approved_first"
        assert decide_on(opal, waits, "approve") == "approved"


def test_nothing_of_a_program_that_ended_is_approved(careful: tuple[Program, Served]) -> None:
    program, served = careful
    olga = Visitor(served.url).sign_in("olga")
    with closing(olga):
        waits = program.ask("PUT", "/applications/spa/exceptions", 202, LENT, if_match="*").json()["id"]

        async def end(tx: Writer) -> None:
            await set_client_disabled(tx, ClientId(NAME), 2**31)
            await set_client_disabled(tx, ClientId(NAME), None)

        change(served.database, end)
        assert decide_on(olga, waits, "approve") == ""
        assert decide_on(olga, waits, "refuse") == "refused"
