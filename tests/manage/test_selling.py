"""Products, subscriptions, their keys, and requests of customers, from a program: the rules of the console, secrets shown once."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest

from hoistway import clock
from hoistway.manage.registry import OPERATIONS
from hoistway.store.audit import latest_entries
from hoistway.store.db import Writer
from tests.attacks.asking import daemon_token
from tests.console.two import careful_server
from tests.engines import EngineName, drop_database, fresh_database
from tests.limits.keyless import count_calls, day_in
from tests.manage.program import NAME, Program, daemon, hire
from tests.portal.asking import asked, granted, visitor
from tests.server import Served, change, populate, serving

PRODUCT: dict[str, Any] = {
    "id": "standard", "name": "Standard", "description": "Calls for a building.\nTwo lines.", "apis": ["customer-api"],
    "rate": {"calls": 1000, "period_seconds": 60}, "key_use": "optional",
}  # fmt: skip
TAGS = {"Product", "Subscription", "SubscriptionKey", "Request"}


@pytest.fixture(scope="module")
def program(served: Served) -> Iterator[Program]:
    hire(served.database, daemon())
    made = Program(served)
    yield made
    made.http.close()


def latest(served: Served, event: str) -> Any:
    found: list[Any] = []

    async def work(tx: Writer) -> None:
        found.extend(await latest_entries(tx, event, 1))

    change(served.database, work)
    return found[0]


def test_a_product_from_its_making_on(program: Program, served: Served) -> None:
    program.ask("POST", "/products?dry_run=true", 201, PRODUCT)
    program.ask("GET", "/products/standard", 404)
    made = program.ask("POST", "/products", 201, PRODUCT, idempotency_key="product")
    body = made.json()["product"]
    assert {name: body[name] for name in PRODUCT} == PRODUCT
    assert (body["quota"], body["terms"], body["approval"], body["keys_from"]) == (None, "", "automatic", None)
    assert program.ask("POST", "/products", 201, PRODUCT, idempotency_key="product").content == made.content
    assert latest(served, "product.added").actor == NAME
    said = program.ask("POST", "/products", 409, PRODUCT).json()
    assert [one["member"] for one in said["errors"]] == ["id"]
    read = program.ask("GET", "/products/standard")
    assert (read.json(), read.headers["etag"]) == (body, made.headers["etag"])
    wanted = {
        "name_de": "Grundlage", "terms": "Fair use.", "rate": None, "quota": {"calls": 5, "period_seconds": 60},
        "subscriptions_limit": 2,
    }  # fmt: skip
    program.ask("PATCH", "/products/standard", 428, wanted)
    program.ask("PATCH", "/products/standard", 412, wanted, if_match='"x"')
    changed = program.ask("PATCH", "/products/standard", 200, wanted, if_match=read.headers["etag"]).json()
    assert changed == body | wanted
    assert program.ask("PATCH", "/products/standard", 200, {"quota": None}, if_match="*").json()["quota"] is None
    off = program.ask("POST", "/products/standard/disable", 200, if_match="*").json()
    assert off["disabled_at"] is not None
    assert "standard" in [one["id"] for one in program.ask("GET", "/products?disabled=true").json()["items"]]
    assert program.ask("POST", "/products/standard/enable", 200, if_match="*").json()["disabled_at"] is None
    program.ask("POST", "/products/nothing/enable", 404, if_match="*")


@pytest.mark.parametrize(
    ("wrong", "member"),
    [
        ({"id": "Two Words"}, "id"), ({"id": "new"}, "id"), ({"name": ""}, "name"), ({"name": "a\u200bb"}, "name"),
        ({"description": "x" * 1001}, "description"), ({"terms": "a\x07b"}, "terms"), ({"terms_de": "Nur deutsch"}, "terms_de"),
        ({"apis": []}, "apis"), ({"apis": ["nothing"]}, "apis"), ({"apis": ["manage"]}, "apis"),
        ({"rate": {"calls": 0, "period_seconds": 60}}, "rate"), ({"quota": {"calls": 1, "period_seconds": -1}}, "quota"),
        ({"keys_from": "2001-01-31", "key_use": "required"}, "keys_from"), ({"subscriptions_limit": 0}, "subscriptions_limit"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_product(program: Program, wrong: dict[str, Any], member: str) -> None:
    said = program.ask("POST", "/products", 422, PRODUCT | {"id": "wrong"} | wrong).json()
    assert [one["member"] for one in said["errors"]] == [member], said
    program.ask("GET", "/products/wrong", 404)


def test_nobody_is_cut_off_by_surprise(engine_name: EngineName) -> None:
    """Programs that call without a key go on until a day, or until somebody says that they end at once."""
    url = fresh_database(engine_name, populate)
    with serving(url) as served:
        hire(url, daemon())
        change(url, _calls_were_counted)
        program = Program(served)
        with closing(program.http):
            wanted = PRODUCT | {"id": "strict", "key_use": "required"}
            assert "at_once=true" in program.ask("POST", "/products", 409, wanted).json()["detail"]
            program.ask("POST", "/products?at_once=perhaps", 400, wanted)
            program.ask("POST", "/products?at_once=true&dry_run=true", 201, wanted)
            day, _second = day_in(clock.now(), 30)
            later = program.ask("POST", "/products", 201, wanted | {"keys_from": day}).json()["product"]
            program.ask("PATCH", "/products/strict", 409, {"keys_from": None}, if_match="*")
            program.ask("POST", "/products/strict/disable", 200, if_match="*")
            program.ask("PATCH", "/products/strict?at_once=true", 200, {"keys_from": None}, if_match="*")
            program.ask("POST", "/products/strict/enable?at_once=true", 200, if_match="*")
            assert later["keys_from"] == day
    drop_database(url)


async def _calls_were_counted(tx: Writer) -> None:
    await count_calls(tx, clock.now(), "daemon")


def subscribed(program: Program, **more: Any) -> Any:
    wanted = {"customer_id": "c-a", "product_id": "basic", "name": "Nightly", **more}
    return program.ask("POST", "/subscriptions", 201, wanted).json()


def test_a_subscription_and_its_keys(program: Program, served: Served) -> None:
    program.ask("POST", "/products", 201, PRODUCT | {"id": "basic"})
    wanted = {"customer_id": "c-a", "product_id": "basic", "name": "Nightly", "application_id": "daemon"}
    assert program.ask("POST", "/subscriptions?dry_run=true", 201, wanted).json()["keys"] is None
    made = program.ask("POST", "/subscriptions", 201, wanted, idempotency_key="sub")
    assert made.content == program.ask("POST", "/subscriptions", 201, wanted, idempotency_key="sub").content
    row, keys = made.json()["subscription"], made.json()["keys"]
    assert (row["state"], row["asked_by"], set(keys)) == ("active", NAME, {"primary", "secondary"})
    assert latest(served, "subscription.added").customer_id == "c-a"
    path = f"/subscriptions/{row['id']}"
    assert program.ask("GET", path).json() == row
    assert calls(served, keys["primary"]) == 200
    shown = program.ask("GET", f"{path}/keys").json()["items"]
    assert {(one["slot"], keys[one["slot"]].startswith(one["prefix"])) for one in shown} == {
        ("primary", True),
        ("secondary", True),
    }
    assert keys["primary"] not in program.ask("GET", f"{path}/keys").text
    program.ask("POST", f"{path}/keys", 422, {"slot": "primary", "overlap_seconds": 7})
    program.ask("POST", f"{path}/keys", 400, {"slot": "third"})
    assert program.ask("POST", f"{path}/keys?dry_run=true", 201, {"slot": "primary"}).json()["key"] is None
    new = program.ask(
        "POST", f"{path}/keys", 201, {"slot": "primary", "overlap_seconds": 0}, idempotency_key="key"
    ).json()
    assert (
        new
        == program.ask(
            "POST", f"{path}/keys", 201, {"slot": "primary", "overlap_seconds": 0}, idempotency_key="key"
        ).json()
    )
    assert new["old_until"] is not None
    assert calls(served, new["key"]) == 200
    assert calls(served, keys["secondary"]) == 200
    left = program.ask("GET", f"{path}/keys").json()["items"]
    assert not [one for one in left if one["slot"] == "primary" and keys["primary"].startswith(one["prefix"])]
    ids = [one["id"] for one in program.ask("GET", "/subscriptions?customer_id=c-a&state=active").json()["items"]]
    assert row["id"] in ids
    assert program.ask("GET", "/subscriptions?product_id=nothing").json()["items"] == []
    program.ask("GET", "/subscriptions?state=any", 400)
    program.ask("GET", "/subscriptions/nothing", 404)


def calls(served: Served, key: str) -> int:
    """What the Customer API answers to the key."""
    headers = {"authorization": f"Bearer {daemon_token(served)}", "Ocp-Apim-Subscription-Key": key}
    return httpx2.get(f"{served.url}/api/v1/units?limit=1", headers=headers).status_code


def test_a_subscription_to_its_end(program: Program) -> None:
    row = subscribed(program)["subscription"]
    path = f"/subscriptions/{row['id']}"
    program.ask("POST", f"{path}/suspend", 428, {"message": "Late."})
    program.ask("POST", f"{path}/suspend", 412, {"message": "Late."}, if_match='"x"')
    program.ask("POST", f"{path}/suspend", 422, {"message": " "}, if_match="*")
    program.ask("POST", f"{path}/suspend", 422, {"message": "a\0b"}, if_match="*")
    program.ask("POST", f"{path}/approve", 409, {}, if_match="*")
    program.ask("POST", f"{path}/suspend?dry_run=true", 200, {"message": "Late."}, if_match="*")
    etag = program.ask("GET", path).headers["etag"]
    assert (
        program.ask("POST", f"{path}/suspend", 200, {"message": "Late."}, if_match=etag).json()["state"] == "suspended"
    )
    assert program.ask("POST", f"{path}/resume", 200, {}, if_match="*").json()["state"] == "active"
    assert (
        program.ask("POST", f"{path}/cancel", 200, {"message": "Ended."}, if_match="*").json()["state"] == "cancelled"
    )
    program.ask("POST", f"{path}/keys", 409, {"slot": "primary"})
    program.ask("POST", f"{path}/resume", 409, {}, if_match="*")


@pytest.mark.parametrize(
    ("wrong", "member"),
    [
        ({"customer_id": "nobody"}, "customer_id"), ({"customer_id": "sandbox"}, "customer_id"), ({"product_id": "nothing"}, "product_id"),
        ({"name": ""}, "name"), ({"name": "x" * 101}, "name"), ({"api_id": "nothing"}, "api_id"),
        ({"application_id": "nothing"}, "application_id"), ({"application_id": NAME}, "application_id"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_subscription(program: Program, wrong: dict[str, Any], member: str) -> None:
    if "basic" not in program.ask("GET", "/products").text:
        program.ask("POST", "/products", 201, PRODUCT | {"id": "basic"})
    body = {"customer_id": "c-a", "product_id": "basic", "name": "X", **wrong}
    said = program.ask("POST", "/subscriptions", 422, body).json()
    assert [one["member"] for one in said["errors"]] == [member], said


@pytest.mark.parametrize(
    ("method", "path", "body", "member"),
    [
        ("POST", "/subscriptions", {"customer_id": "\0", "product_id": "basic", "name": "x"}, "customer_id"),
        ("POST", "/subscriptions", {"customer_id": "c-a", "product_id": "\0", "name": "x"}, "product_id"),
        (
            "POST",
            "/subscriptions",
            {"customer_id": "c-a", "product_id": "basic", "name": "x", "application_id": "\0"},
            "application_id",
        ),
        ("PUT", "/applications/web/owner", {"customer_id": "\0"}, "customer_id"),
    ],
)
def test_no_id_holds_what_no_database_stores(program: Program, method: str, path: str, body: Any, member: str) -> None:
    said = program.ask(method, path, 422, body, if_match="*").json()
    assert [one["member"] for one in said["errors"]] == [member]


def test_one_that_waits_is_decided(program: Program) -> None:
    program.ask("POST", "/products", 201, PRODUCT | {"id": "gated", "approval": "asked"})
    rows = [subscribed(program, product_id="gated") for _ in range(2)]
    assert [(one["keys"], one["subscription"]["state"]) for one in rows] == [(None, "submitted")] * 2
    first, second = (f"/subscriptions/{one['subscription']['id']}" for one in rows)
    program.ask("POST", f"{first}/cancel", 409, {"message": "x"}, if_match="*")
    assert program.ask("POST", f"{first}/ask", 200, {"message": "Why?"}, if_match="*").json()["message"] == "Why?"
    program.ask("POST", f"{first}/approve", 422, {"ends_on": "2001-01-31"}, if_match="*")
    done = program.ask("POST", f"{first}/approve", 200, {"ends_on": "2090-01-31"}, if_match="*").json()
    assert (done["state"], done["decided_by"], done["ends_at"]) == ("active", NAME, "2090-02-01T00:00:00Z")
    assert program.ask("POST", f"{second}/reject", 200, {"message": "No."}, if_match="*").json()["state"] == "rejected"


def test_requests(program: Program, served: Served) -> None:
    ann = visitor(served, "ann")
    with closing(ann):
        one, two = asked(ann, name="First"), asked(ann, name="Second")
        legacy = asked(ann, name="Third", type="web", flows_implicit="yes", reason="The kiosks know nothing else.")
    waiting = program.ask("GET", "/requests?state=submitted&customer_id=c-a").json()["items"]
    assert {one, two, legacy} <= {row["id"] for row in waiting}
    read = program.ask("GET", f"/requests/{one}")
    assert (read.json()["requested_by"], read.json()["state"]) == ("u-ann", "submitted")
    assert [row["event"] for row in program.ask("GET", f"/requests/{one}/messages").json()["items"]] == ["submitted"]
    program.ask("POST", f"/requests/{one}/approve", 428, {})
    program.ask("POST", f"/requests/{one}/approve?dry_run=true", 200, {}, if_match="*")
    done = program.ask("POST", f"/requests/{one}/approve", 200, {}, if_match=read.headers["etag"]).json()
    assert (done["state"], done["decided_by"]) == ("approved", NAME)
    made = program.ask("GET", f"/applications/{done['application_id']}").json()
    assert (made["name"], made["customer_id"]) == ("First", "c-a")
    entry = latest(served, "request.approved")
    assert (entry.actor, entry.client_id, entry.customer_id) == (NAME, made["id"], "c-a")
    program.ask("POST", f"/requests/{one}/reject", 409, {"message": "Too late."}, if_match="*")
    program.ask("POST", f"/requests/{two}/ask", 422, {"message": ""}, if_match="*")
    assert (
        program.ask("POST", f"/requests/{two}/ask", 200, {"message": "Why?"}, if_match="*").json()["state"] == "asked"
    )
    assert (
        program.ask("POST", f"/requests/{two}/reject", 200, {"message": "No."}, if_match="*").json()["state"]
        == "rejected"
    )
    said = program.ask("POST", f"/requests/{legacy}/approve", 422, {}, if_match="*").json()
    assert [row["member"] for row in said["errors"]] == ["legacy_until"]
    program.ask("GET", "/requests/nothing", 404)
    program.ask("GET", "/requests/nothing/messages", 404)


def test_a_program_is_nobodys_eyes(engine_name: EngineName) -> None:
    """Where two must approve, it opens no product, and approves neither a request nor a subscription; it may refuse them."""
    with careful_server(engine_name) as served:
        hire(served.database, daemon())
        program, ann = Program(served), visitor(served, "ann")
        with closing(program.http), closing(ann):
            made = program.ask("POST", "/products", 201, PRODUCT).json()
            assert (made["product"]["approval"], made["product"]["apis"]) == ("asked", [])
            assert made["waiting"]["after"] == {"approval": "automatic", "key_use": "optional", "apis": "customer-api"}
            opened = program.ask(
                "PATCH", "/products/standard", 409, {"approval": "automatic", "apis": ["customer-api"]}, if_match="*"
            ).json()
            assert "wait" in opened["detail"]
            gated = PRODUCT | {"id": "gated", "approval": "asked", "key_use": "required"}
            assert program.ask("POST", "/products?at_once=true", 201, gated).json()["waiting"] is None
            assert (
                program.ask("PATCH", "/products/gated", 202, {"approval": "automatic"}, if_match="*").json()["state"]
                == "waiting"
            )
            row = subscribed(program, product_id="gated")["subscription"]
            said = program.ask("POST", f"/subscriptions/{row['id']}/approve", 409, {}, if_match="*").json()
            assert f"/console/subscriptions/{row['id']}" in said["detail"]
            request = asked(ann)
            said = program.ask("POST", f"/requests/{request}/approve", 409, {}, if_match="*").json()
            assert f"/console/requests/{request}" in said["detail"]
            assert program.ask("GET", f"/requests/{request}").json()["decided_by"] is None
            program.ask("POST", f"/requests/{request}/reject", 200, {"message": "No."}, if_match="*")
            program.ask("POST", f"/subscriptions/{row['id']}/reject", 200, {"message": "No."}, if_match="*")


def test_the_sandbox_is_not_asked_about(program: Program, served: Served) -> None:
    ann = visitor(served, "ann")
    with closing(ann):
        granted(ann)
    rows = program.ask("GET", "/requests?state=approved").json()["items"]
    assert {"sandbox"} <= {row["environment"] for row in rows}


def test_every_operation_was_held_against_the_document(program: Program) -> None:
    done = {name for name, status in program.seen if status.startswith("2")}
    assert {one.name for one in OPERATIONS if one.tag in TAGS} - done == set()
