"""Operators, support and auditors: what each may open and change; never without an operator left."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from hoistway.protocol.roles import MAY, gives, role_of, with_role
from hoistway.store.db import Database
from hoistway.store.operators import count_operators
from tests.cli.running import manage, run
from tests.console.two import careful_server, choose_role, person, trail
from tests.engines import ENGINES, EngineName
from tests.portal.asking import operator, said
from tests.portal.signing_in import Visitor
from tests.server import Served
from tests.store.test_schema import on
from tests.world import PASSWORD

PAGES = {
    "/console": "read", "/console/users": "read", "/console/users/u-ann": "read", "/console/users/u-ann/role": "read",
    "/console/changes": "read", "/console/requests": "read", "/console/keys": "read", "/console/legacy": "read",
    "/console/branding": "read", "/console/products/asked": "read", "/console/act-for": "act_for", "/console/audit": "audit",
    "/console/audit?export=csv": "audit",
}  # fmt: skip
FORMS = {
    "/console/users/u-ann": {"do": "disable", "confirm": "Ann"},
    "/console/users/u-ann/role": {"role": "operator", "confirm": "Ann"},
    "/console/products/asked": {"do": "disable", "confirm": "Asked"},
    "/console/keys": {},
    "/console/legacy": {"do": "cancel", "id": "x"},
    "/console/branding": {"name": "Evil", "accent": "#000000"},
}


@pytest.fixture(scope="module", params=ENGINES)
def plain(request: pytest.FixtureRequest) -> Iterator[Served]:
    with careful_server(request.param, two=False) as server:
        boss = operator(server)
        for name, role in (("few", "support"), ("gone", "auditor")):
            assert choose_role(boss, name, role).status_code == 303
        yield server


def looker(served: Served, name: str) -> Visitor:
    one = Visitor(served.url)
    one.get("/sign-in?next=/console")
    assert one.post("/sign-in?next=/console", username=f"{name}@example.com", password=PASSWORD).status_code == 303
    one.get("/console")
    return one


@pytest.mark.parametrize(("name", "role"), [("few", "support"), ("gone", "auditor")])
def test_each_role_opens_its_pages_and_changes_nothing(plain: Served, name: str, role: str) -> None:
    one = looker(plain, name)
    for path, act in PAGES.items():
        assert one.get(path).status_code == (200 if act in MAY[role] else 403), path
    for path, form in FORMS.items():
        one.get(path)
        assert one.http.post(path, data={"csrf": one.csrf, **form}).status_code == 403, path
    assert person(plain, "ann").disabled_at is None
    one.get("/console/users/u-ann")
    assert 'name="do" value="disable"' not in one.page
    one.get("/console/health")
    assert ("/console/audit?event=sign_in.failed" in one.page) is (role == "auditor"), "the trail, by another page"
    one.get("/console")
    assert ("/console/audit" in one.page) is (role == "auditor")
    assert ("/console/act-for" in one.page) is (role == "support")


def test_support_acts_for_a_customer_and_only_looks(plain: Served) -> None:
    one = looker(plain, "few")
    one.get("/console/act-for")
    reply = one.post("/console/act-for", customer="c-b", reason="They asked by telephone.")
    assert reply.status_code == 303, reply.text
    one.get("/portal/applications")
    assert "Customer c-b" in one.page
    form = {"environment": "sandbox", "name": "Theirs now", "type": "daemon"}
    refused = one.http.post("/portal/applications/new", data={"csrf": one.csrf, **form})
    assert refused.status_code == 403
    assert "changes nothing" in said(refused.text)
    one.get("/console")
    assert one.post("/console/act-for/end").status_code == 303


def test_a_flag_typed_into_a_form_makes_no_operator(plain: Served) -> None:
    olga = operator(plain)
    olga.get("/console/users/u-both")
    olga.post("/console/users/u-both", do="change", name="Both", emails="both@example.com", flags="operator employee")
    assert person(plain, "both").flags == ()
    for role, status in (("king", 422), ("operator employee", 422), ("", 422)):
        assert choose_role(olga, "both", role).status_code == status


def test_the_only_operator_stays(engine_name: EngineName, monkeypatch: pytest.MonkeyPatch) -> None:
    with careful_server(engine_name, two=False) as server:
        olga = operator(server)
        for name in ("otto", "opal"):
            olga.get(f"/console/users/u-{name}")
            assert olga.post(f"/console/users/u-{name}", do="disable", confirm=name.title()).status_code == 303
        olga.get("/console/users/u-olga")
        refused = olga.post("/console/users/u-olga", do="disable", confirm="Olga")
        assert refused.status_code == 422
        assert "only operator" in said(refused.text)
        assert choose_role(olga, "olga", "auditor", employee=True).status_code == 422
        manage(monkeypatch, server)
        assert "only operator" in run("user", "disable", "u-olga", code=1).output
        assert "only operator" in run("user", "role", "u-olga", "none", code=1).output
        assert person(server, "olga").flags == ("employee", "operator")
        assert person(server, "olga").disabled_at is None
        run("user", "role", "u-ann", "operator")
        assert person(server, "ann").flags == ("operator",)
        assert trail(server, "user.role_changed")[0][1]["after"] == {"flags": "operator"}
        assert choose_role(olga, "olga", "none").headers["location"].startswith("/portal")
        assert olga.get("/console").status_code == 403


def test_of_operators_who_end_themselves_at_once_one_stays(engine_name: EngineName) -> None:
    """Each ends their own account, all at the same moment."""
    with careful_server(engine_name, two=False) as server:
        names = ("olga", "otto", "opal")
        bosses = {name: operator(server, name) for name in names}

        def end(name: str) -> httpx2.Response:
            form = {"csrf": bosses[name].csrf, "do": "disable", "confirm": name.title()}
            return bosses[name].http.post(f"/console/users/u-{name}", data=form)

        for name, boss in bosses.items():
            boss.get(f"/console/users/u-{name}")
        with ThreadPoolExecutor(3) as pool:
            answers = [reply.status_code for reply in pool.map(end, names)]
        assert sorted(answers) == [303, 303, 422]

        async def left(db: Database) -> int:
            return await count_operators(db)

        assert on(server.database, left) == 1


def test_words_of_roles() -> None:
    assert with_role(("employee", "operator", "of-another-program"), "auditor", employee=False) == (
        "auditor",
        "of-another-program",
    )
    assert role_of(("employee",)) is None
    assert role_of(("auditor", "operator")) == "operator"
    assert gives((), ("support",))
    assert gives(("operator",), ("operator", "employee"))
    assert gives(("support",), ("auditor",))
    assert not gives(("operator", "employee"), ("support",))
