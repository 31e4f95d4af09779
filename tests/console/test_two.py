"""What gives more than before waits for a second operator; what takes away is done by one; both values stand in the trail."""

import time
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from hoistway.protocol.ids import ApiId, ClientId
from hoistway.store.apis import add_api, find_api
from hoistway.store.clients import Client, find_client
from hoistway.store.db import Database, Writer
from hoistway.store.products import list_products, put_product
from tests.console.two import careful_server, choose_role, decide_on, person, product_row, proposed, trail
from tests.engines import ENGINES
from tests.limits.keyless import count_calls, day_in
from tests.portal.asking import operator, said
from tests.portal.signing_in import Visitor
from tests.server import Served, change
from tests.store.test_schema import on

PRODUCT = {
    "description": "Everything.", "rate_calls": "10", "rate_period": "60", "quota_calls": "100", "quota_period": "86400",
    "apis_customer-api": "yes", "terms": "", "subscriptions_limit": "",
}  # fmt: skip


@pytest.fixture(scope="module", params=ENGINES)
def careful(request: pytest.FixtureRequest) -> Iterator[Served]:
    with careful_server(request.param) as server:
        yield server


@pytest.fixture
def olga(careful: Served) -> Visitor:
    return operator(careful)


@pytest.fixture
def otto(careful: Served) -> Visitor:
    return operator(careful, "otto")


def application(served: Served, client_id: str) -> Client:
    async def work(db: Database) -> Client | None:
        return await find_client(db, ClientId(client_id))

    row = on(served.database, work)
    assert row is not None
    return row


def test_a_role_is_given_by_two_and_taken_by_one(careful: Served, olga: Visitor, otto: Visitor) -> None:
    waits = proposed(choose_role(olga, "few", "auditor", employee=True))
    assert person(careful, "few").flags == ()
    assert decide_on(olga, waits, "approve") == ""
    assert "another operator must approve" in said(olga.page)
    otto.get("/console/changes")
    assert f"/console/changes/{waits}" in otto.page
    assert decide_on(otto, waits, "approve") == "approved"
    assert person(careful, "few").flags == ("employee", "auditor")
    who, detail = trail(careful, "user.role_changed")[0]
    assert (who, detail["proposed_by"]) == ("u-otto", "u-olga")
    assert (detail["before"], detail["after"]) == ({"flags": ""}, {"flags": "employee auditor"})
    assert choose_role(olga, "few", "none").headers["location"].startswith("/console/users/u-few")
    assert person(careful, "few").flags == ()
    assert decide_on(otto, waits, "approve") == "", "decided once"


def test_consent_that_is_not_asked_needs_two(careful: Served, olga: Visitor, otto: Visitor) -> None:
    path = "/console/applications/partner"
    olga.get(path)
    reply = olga.post(path, do="change", name="Partner two", consent="implied", access_token_alg="")
    waits = proposed(reply)
    row = application(careful, "partner")
    assert (row.name, row.consent) == ("Partner two", "asked"), "the rest is changed at once"
    assert decide_on(otto, waits, "approve") == "approved"
    assert application(careful, "partner").consent == "implied"
    _who, detail = trail(careful, "application.changed")[0]
    assert (detail["before"], detail["after"]) == ({"consent": "asked"}, {"consent": "implied"})
    olga.get(path)
    olga.post(path, do="change", name="Partner", consent="asked", access_token_alg="")
    assert application(careful, "partner").consent == "asked", "asking again needs nobody"


@pytest.mark.parametrize(("approval", "key_use"), [("automatic", "required"), ("asked", "optional")])
def test_a_product_opens_with_two(careful: Served, olga: Visitor, otto: Visitor, approval: str, key_use: str) -> None:
    olga.get("/console/products/asked")
    form = {**PRODUCT, "name": f"Asked {approval}", "approval": approval, "key_use": key_use}
    waits = proposed(olga.post("/console/products/asked", do="change", **form))
    row = product_row(careful, "asked")
    assert (row.name, row.approval, row.key_use) == (form["name"], "asked", "required")
    assert decide_on(otto, waits, "approve") == "approved"
    row = product_row(careful, "asked")
    assert (row.approval, row.key_use) == (approval, key_use)
    olga.get("/console/products/asked")
    closed = {**form, "approval": "asked", "key_use": "required"}
    assert olga.post("/console/products/asked", do="change", **closed).headers["location"].endswith("notice_changed")
    assert product_row(careful, "asked").approval == "asked"


def test_a_new_product_begins_closed(careful: Served, olga: Visitor, otto: Visitor) -> None:
    olga.get("/console/products/new")
    form = {**PRODUCT, "name": "New", "approval": "automatic", "key_use": "optional"}
    waits = proposed(olga.post("/console/products/new", id="brand-new", **form))
    assert product_row(careful, "brand-new").approval == "asked"
    assert product_row(careful, "brand-new").key_use == "required"
    assert decide_on(otto, waits, "refuse") == "refused"
    assert product_row(careful, "brand-new").approval == "asked"


def test_who_approves_says_too_that_programs_may_be_refused(careful: Served, olga: Visitor, otto: Visitor) -> None:
    async def prepare(tx: Writer) -> None:
        for row in await list_products(tx):
            await put_product(tx, replace(row, apis=()))
        await count_calls(tx, int(time.time()), "daemon")

    change(careful.database, prepare)
    olga.get("/console/products/asked")
    form = {**PRODUCT, "do": "change", "name": "Asked", "approval": "asked", "key_use": "required"}
    assert olga.post("/console/products/asked", **form).status_code == 422
    assert "called without a key in the last 31 days" in olga.page
    waits = proposed(olga.post("/console/products/asked", **form, keys_now="yes"))
    assert decide_on(otto, waits, "approve") == ""
    assert 'href="/console/applications/daemon"' in otto.page
    assert product_row(careful, "asked").apis == ()
    assert otto.post(f"/console/changes/{waits}", do="approve", keys_now="yes").status_code == 303
    assert product_row(careful, "asked").apis == ("customer-api",)


def test_an_api_is_taken_out_of_a_product_by_two(careful: Served, olga: Visitor, otto: Visitor) -> None:
    """Where no other product guards it, it is open to everybody afterwards."""

    row = product_row(careful, "asked")

    async def prepare(tx: Writer) -> None:
        await put_product(tx, replace(row, apis=(ApiId("customer-api"), ApiId("gone"))))
        api = await find_api(tx, ApiId("customer-api"))
        assert api is not None
        await add_api(tx, replace(api, id=ApiId("gone"), audience="https://gone", uri="https://gone", scopes=()))

    change(careful.database, prepare)
    olga.get("/console/products/asked")
    form = {**PRODUCT, "do": "change", "name": "Asked", "approval": "asked", "key_use": "required"}
    form = {name: value for name, value in form.items() if name != "apis_customer-api"}
    waits = proposed(olga.post("/console/products/asked", **form, apis_gone="yes", keys_now="yes"))
    assert product_row(careful, "asked").apis == ("customer-api", "gone")
    assert decide_on(otto, waits, "refuse") == "refused"


def test_a_day_that_is_put_off_opens_for_longer(careful: Served, olga: Visitor, otto: Visitor) -> None:
    olga.get("/console/products/new")
    form = {**PRODUCT, "name": "Later", "approval": "asked", "key_use": "required"}
    (soon, _), (late, _) = day_in(int(time.time()), 5), day_in(int(time.time()), 50)
    assert olga.post("/console/products/new", id="later", **form, keys_from=late).status_code == 303
    olga.get("/console/products/later")
    assert olga.post("/console/products/later", do="change", **form, keys_from=soon).status_code == 303
    begins = product_row(careful, "later").keys_from
    olga.get("/console/products/later")
    waits = proposed(olga.post("/console/products/later", do="change", **form, keys_from=late))
    assert product_row(careful, "later").keys_from == begins
    assert decide_on(otto, waits, "approve") == "approved"
    assert product_row(careful, "later").keys_from == day_in(int(time.time()), 50)[1]


def test_one_change_of_a_thing_waits_at_a_time_and_can_be_withdrawn(
    careful: Served, olga: Visitor, otto: Visitor
) -> None:
    waits = proposed(choose_role(olga, "ann", "support", employee=True))
    second = choose_role(otto, "ann", "operator", employee=True)
    assert second.status_code == 422
    assert "waits for a second operator" in second.text
    assert decide_on(otto, waits, "withdraw") == "", "only who proposed it"
    assert decide_on(olga, waits, "withdraw") == "withdrawn"
    assert person(careful, "ann").flags == ()
    assert decide_on(otto, proposed(choose_role(otto, "ann", "support")), "approve") == ""


def test_what_is_not_as_it_was_when_proposed_is_refused(careful: Served, olga: Visitor, otto: Visitor) -> None:
    """The role that a second operator agrees to is the one that was shown, given to what the person was."""
    assert decide_on(otto, proposed(choose_role(olga, "bob", "auditor")), "approve") == "approved"
    waits = proposed(choose_role(olga, "bob", "operator"))
    choose_role(otto, "bob", "none")
    assert decide_on(otto, waits, "approve") == ""
    assert "not what it was" in said(otto.page)
    assert person(careful, "bob").flags == ()
    assert decide_on(otto, waits, "refuse") == "refused"


def test_with_one_pair_of_eyes_everything_is_done_at_once(engine_name: str) -> None:
    with careful_server(engine_name, two=False) as server:  # type: ignore[arg-type]
        olga = operator(server)
        assert choose_role(olga, "few", "support").headers["location"].endswith("notice_changed")
        assert person(server, "few").flags == ("support",)
        assert trail(server, "user.role_changed")[0][1]["before"] == {"flags": ""}
