"""Products, subscriptions and keys in the portal, and the operators' side of them, over HTTP on both engines."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from hoistway.protocol.ids import UserId
from hoistway.protocol.limits import Limit
from hoistway.settings import DAY
from hoistway.store.audit import latest_entries
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.open import open_database
from tests.limits.selling import Shop, product
from tests.portal.asking import operator
from tests.portal.signing_in import Visitor
from tests.store.test_schema import on
from tests.world import NOW, A, B

HOSTILE = '<script>alert(1)</script>"&\u202e'
KEY = re.compile(r"<code>(hwk_[A-Za-z0-9_-]{43})</code>")


@pytest.fixture
def visitors(shop: Shop) -> Iterator[dict[str, Visitor]]:
    """Signed in when first asked for."""
    opened: dict[str, Visitor] = {}

    class Waiting(dict[str, Visitor]):
        def __missing__(self, name: str) -> Visitor:
            opened[name] = self[name] = Visitor(shop.served.url).sign_in(name)
            return opened[name]

    yield Waiting()
    for visitor in opened.values():
        visitor.close()


def subscribe(visitor: Visitor, product_id: str, **form: str) -> tuple[str, list[str]]:
    """(its page, the keys that were shown)"""
    assert visitor.get(f"/portal/products/{product_id}").status_code == 200
    reply = visitor.post(f"/portal/products/{product_id}/subscriptions", **{"name": "Mine", **form})
    if reply.status_code == 303:
        return reply.headers["location"].split("?")[0], []
    assert reply.status_code == 200, reply.text
    found = re.search(r'href="(/portal/subscriptions/[^"]+)">', reply.text)
    assert found is not None
    return found[1], KEY.findall(reply.text)


def test_the_catalogue_is_for_everybody(shop: Shop) -> None:
    shop.offer(product("gold", rate=Limit(1000, 60), quota=Limit(500_000, 30 * DAY), name=HOSTILE, terms=HOSTILE))
    shop.offer(product("gone", disabled_at=1))
    stranger = Visitor(shop.served.url)
    assert stranger.get("/portal/products").status_code == 200
    assert "1,000 calls a minute" in stranger.page
    assert "500,000 calls in 30 days" in stranger.page
    assert "Gone" not in stranger.page
    assert stranger.get("/portal/products/gold").status_code == 200
    assert "<script>alert" not in stranger.page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in stranger.page
    assert "Sign in to subscribe" in stranger.page
    for path in ("gone", "nothing", "x" * 500):
        assert stranger.get(f"/portal/products/{path}").status_code == 404
    german = Visitor(shop.served.url, "de")
    german.get("/portal/products")
    assert "1.000 Aufrufe je Minute" in german.page
    assert "500.000 Aufrufe in 30 Tagen" in german.page
    stranger.close()
    german.close()


def test_without_products_the_page_says_what_that_means(shop: Shop) -> None:
    stranger = Visitor(shop.served.url)
    stranger.get("/portal/products")
    assert "Calls need no subscription key" in stranger.page
    stranger.close()


def test_from_subscribing_to_a_call_to_the_end(shop: Shop, visitors: dict[str, Visitor]) -> None:
    shop.offer(product("gold", rate=Limit(3, 60), quota=Limit(100, DAY)))
    adam = visitors["adam"]
    adam.get("/portal/subscriptions")
    assert "has no subscriptions" in adam.page
    page, keys = subscribe(adam, "gold", name=HOSTILE.strip("\u202e"))
    assert len(set(keys)) == 2
    assert shop.statuses(1, keys[0]) == shop.statuses(1, keys[1]) == [200]
    assert shop.statuses(2, keys[0]) == [200, 429]
    assert adam.get(page).status_code == 200
    assert "<script>alert" not in adam.page
    assert "0 of 3 left" in adam.page
    assert "97 of 100 left" in adam.page
    assert all(key not in adam.page and key[:10] in adam.page for key in keys)
    adam.get("/portal/subscriptions")
    assert "&lt;script&gt;" in adam.page
    adam.get(page)
    assert adam.post(f"{page}/name", name="Nightly").status_code == 303
    adam.get(page)
    assert "<bdi>Nightly</bdi>" in adam.page
    assert adam.post(f"{page}/cancel", confirm="Nightl").status_code == 422
    assert "exactly as it stands" in adam.page
    assert adam.post(f"{page}/cancel", confirm="Nightly").status_code == 303
    shop.clock.turn(60)
    assert shop.statuses(1, keys[0]) == shop.statuses(1, keys[1]) == [401]
    adam.get(page)
    assert "Cancelled" in adam.page
    assert "Regenerate" not in adam.page
    assert adam.post(f"{page}/keys", slot="primary").headers["location"].endswith("notice_subscription_over")
    assert adam.post(f"{page}/cancel", confirm="Nightly").headers["location"].endswith("notice_subscription_over")


@pytest.mark.parametrize(("overlap", "old"), [("0", 401), ("3600", 200), ("", 200)])
def test_a_key_is_regenerated(shop: Shop, visitors: dict[str, Visitor], overlap: str, old: int) -> None:
    shop.offer(product("gold"))
    adam = visitors["adam"]
    page, (primary, secondary) = subscribe(adam, "gold")
    adam.get(page)
    reply = adam.post(f"{page}/keys", slot="primary", **({"overlap": overlap} if overlap else {}))
    (new,) = KEY.findall(reply.text)
    assert reply.headers["cache-control"] == "no-store"
    shop.clock.turn(2)
    assert [shop.call(key).status_code for key in (new, secondary, primary)] == [200, 200, old]
    shop.clock.turn(int(overlap or DAY))
    assert shop.call(primary).status_code == 401
    adam = Visitor(shop.served.url).sign_in("adam")  # a day is longer than a session
    adam.get(page)
    assert new[:10] in adam.page
    assert primary[:10] not in adam.page
    adam.close()


@pytest.mark.parametrize(
    "form", [{"slot": "third"}, {"slot": "primary", "overlap": "1"}, {"slot": "primary", "overlap": "x"}]
)
def test_made_up_keys_are_not_there(shop: Shop, visitors: dict[str, Visitor], form: dict[str, str]) -> None:
    shop.offer(product("gold"))
    page, _keys = subscribe(visitors["adam"], "gold")
    visitors["adam"].get(page)
    assert visitors["adam"].post(f"{page}/keys", **form).status_code == 404


def test_mistakes_keep_what_was_typed(shop: Shop, visitors: dict[str, Visitor]) -> None:
    shop.offer(product("gold", terms="Be kind."))
    adam = visitors["adam"]
    adam.get("/portal/products/gold")
    for form, said in (
        ({"name": "Report"}, "Accept the terms"),
        ({"name": " ", "terms_accepted": "yes"}, "1 to 100 printable"),
        ({"name": "x" * 101, "terms_accepted": "yes"}, "1 to 100 printable"),
        ({"name": "a\u202eb", "terms_accepted": "yes"}, "1 to 100 printable"),
        ({"name": "Report", "terms_accepted": "yes", "application": "spa"}, "customer’s enabled applications"),
        ({"name": "Report", "terms_accepted": "yes", "application": "daemon-b"}, "customer’s enabled applications"),
    ):
        reply = adam.post("/portal/products/gold/subscriptions", **form)
        assert reply.status_code == 422
        assert said in unescape(reply.text)
        assert f'value="{form["name"].strip()}"' in reply.text
        assert ("checked" in reply.text) == ("terms_accepted" in form)
    page, keys = subscribe(adam, "gold", terms_accepted="yes", application="daemon")
    assert len(keys) == 2
    adam.get(page)
    assert "Daemon" in adam.page


def test_a_product_allows_so_many_subscriptions(shop: Shop, visitors: dict[str, Visitor]) -> None:
    shop.offer(product("gold", subscriptions_limit=1))
    adam, other = visitors["adam"], visitors["both"]
    adam.get("/portal/products/gold")
    token = adam.page
    page, _keys = subscribe(adam, "gold")
    adam.get("/portal/products/gold")
    assert "as many subscriptions of this product as it allows" in adam.page
    adam.page = token
    assert adam.post("/portal/products/gold/subscriptions", name="Two").status_code == 422
    adam.get(page)
    adam.post(f"{page}/cancel", confirm="Mine")
    assert subscribe(adam, "gold")[1]
    assert other.get("/portal/products/gold").status_code == 200


def test_members_see_and_administrators_change(shop: Shop, visitors: dict[str, Visitor]) -> None:
    shop.offer(product("gold"))
    page, _keys = subscribe(visitors["adam"], "gold")
    ann = visitors["ann"]
    ann.get("/portal/products/gold")
    assert "Ask one of them" in ann.page
    assert ann.get(page).status_code == 200
    assert "Regenerate" not in ann.page
    for path, form in FORMS:
        ann.get("/sign-in")
        assert ann.post(path.format(page=page), **form).status_code == 403


FORMS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/portal/products/gold/subscriptions", {"name": "x"}),
    ("{page}/keys", {"slot": "primary"}),
    ("{page}/name", {"name": "x"}),
    ("{page}/cancel", {"confirm": "Mine"}),
)


def test_another_customers_subscription_is_not_there(shop: Shop, visitors: dict[str, Visitor]) -> None:
    """At no address, for no form; nor one that never was."""
    shop.offer(product("gold"))
    theirs, _keys = shop.subscribe(product("gold"), B)
    adam = visitors["adam"]
    adam.get("/portal/products/gold")
    form_page = adam.page
    for subscription_id in (theirs, "nothing", "x" * 300):
        page = f"/portal/subscriptions/{subscription_id}"
        assert adam.http.get(page).status_code == 404
        for path, form in FORMS[1:]:
            adam.page = form_page
            assert adam.post(path.format(page=page), **form).status_code == 404
    adam.get("/portal/subscriptions")
    assert theirs not in adam.page


def test_every_form_needs_its_token(shop: Shop, visitors: dict[str, Visitor]) -> None:
    shop.offer(product("gold"))
    page, keys = subscribe(visitors["adam"], "gold")
    for path, form in FORMS:
        assert visitors["adam"].http.post(path.format(page=page), data=form).status_code == 400
    olga = visitors["olga"]
    identity = page.rpartition("/")[2]
    for path in (f"/console/subscriptions/{identity}", "/console/products/new", "/console/products/gold"):
        assert olga.http.post(path, data={"do": "suspend", "message": "x"}).status_code == 400
    shop.clock.turn(2)
    assert shop.call(keys[0]).status_code == 200


def test_a_request_waits_for_an_operator(shop: Shop, visitors: dict[str, Visitor]) -> None:
    shop.offer(product("gold", approval="asked"))
    adam, olga = visitors["adam"], visitors["olga"]
    page, keys = subscribe(adam, "gold")
    assert keys == []
    adam.get(page)
    assert "Waiting" in adam.page
    assert adam.post(f"{page}/keys", slot="primary").headers["location"].endswith("notice_subscription_over")
    olga.get("/console/subscriptions")
    found = re.search(r'href="(/console/subscriptions/[^"?]+)"', olga.page)
    assert found is not None
    console = found[1]
    assert olga.get(console).status_code == 200
    assert "Customer c-a" in olga.page
    assert olga.post(console, do="reject", message="").status_code == 422
    assert olga.post(console, do="approve", message="x" * 2001).status_code == 422
    for bad in ("yesterday", "2001-01-01", "9999-12-31", "2027-02-30"):
        assert olga.post(console, do="approve", ends_on=bad).status_code == 422
    reply = olga.post(console, do="approve", message=f"Welcome {HOSTILE}", ends_on="2099-12-31")
    assert reply.headers["location"].endswith("notice_subscription_approved")
    assert olga.post(console, do="reject", message="no").status_code == 422
    adam.get(page)
    assert "Active" in adam.page
    assert "&lt;script&gt;alert(1)" in adam.page
    assert "2100-01-01 00:00 UTC" in adam.page
    (key,) = KEY.findall(adam.post(f"{page}/keys", slot="primary").text)
    assert shop.call(key).status_code == 200
    olga.get(console)
    for act, status in (("suspend", 401), ("resume", 200), ("cancel", 401)):
        assert olga.post(console, do=act, message="because").status_code == 303
        shop.clock.turn(2)
        assert shop.call(key).status_code == status
    olga.get(console)
    assert "this state is final" in olga.page


def test_an_operator_rejects_with_a_reason(shop: Shop, visitors: dict[str, Visitor]) -> None:
    shop.offer(product("gold", approval="asked"))
    page, _keys = subscribe(visitors["adam"], "gold")
    console = page.replace("portal", "console")
    visitors["olga"].get(console)
    assert visitors["olga"].post(console, do="reject", message="Take Standard first.").status_code == 303
    visitors["adam"].get(page)
    assert "Take Standard first." in visitors["adam"].page
    visitors["olga"].get("/console/subscriptions")
    assert "No subscription is in this state" in visitors["olga"].page
    visitors["olga"].get("/console/subscriptions?state=rejected")
    assert console in visitors["olga"].page
    visitors["olga"].get("/console/subscriptions?state=every")
    assert console in visitors["olga"].page


@pytest.mark.parametrize("name", ["adam", "ann", "emil"])
def test_the_console_is_for_operators(shop: Shop, visitors: dict[str, Visitor], name: str) -> None:
    subscription_id, _keys = shop.subscribe(shop.offer(product("gold")))
    for path in ("/console/subscriptions", "/console/products", "/console/products/new", "/console/products/gold"):
        assert visitors[name].get(path).status_code == 403
    assert visitors[name].get(f"/console/subscriptions/{subscription_id}").status_code == 403


NEW = {
    "id": "gold", "name": "Gold", "description": "For miners.", "apis_customer-api": "yes", "rate_calls": "2",
    "rate_period": "60", "quota_calls": "", "quota_period": "86400", "terms": "", "approval": "automatic",
    "key_use": "optional", "subscriptions_limit": "",
}  # fmt: skip


def test_products_are_added_changed_and_disabled(shop: Shop, visitors: dict[str, Visitor]) -> None:
    olga = visitors["olga"]
    olga.get("/console/products")
    assert "There are no products" in olga.page
    olga.get("/console/products/new")
    for name, value in (
        ("id", "Gold"), ("id", "new"), ("id", ""), ("name", ""), ("name", "\u202e"), ("description", ""),
        ("apis_customer-api", ""), ("rate_calls", "0"), ("rate_calls", "1.5"), ("rate_calls", "9" * 14),
        ("quota_calls", "-1"), ("rate_period", "0"), ("rate_period", "x"), ("approval", "maybe"), ("key_use", ""),
        ("subscriptions_limit", "0"), ("terms", "x" * 8000 + "\x07"),
    ):  # fmt: skip
        reply = olga.post("/console/products/new", **{**NEW, name: value})
        assert reply.status_code == (400 if "\x07" in value else 422), (name, value)
        olga.get("/console/products/new")
    reply = olga.post("/console/products/new", **{**NEW, "name": "Gold <b>"})
    assert reply.headers["location"] == "/console/products/gold?notice=notice_product_added"
    olga.get("/console/products/new")
    assert olga.post("/console/products/new", **NEW).status_code == 422
    assert "has this id already" in olga.page
    shop.clock.turn(2)
    assert shop.statuses(3) == [200, 200, 429]
    olga.get("/console/products/gold")
    assert "Gold &lt;b&gt;" in olga.page
    changed = {name: value for name, value in NEW.items() if name != "id"} | {"rate_calls": "", "key_use": "required"}
    changed["keys_now"] = "yes"
    assert olga.post("/console/products/gold", do="change", **changed).status_code == 303
    shop.clock.turn(2)
    assert shop.call().json()["message"].startswith("Access denied due to missing")
    olga.get("/console/products/gold")
    assert olga.post("/console/products/gold", do="change", **{**changed, "name": ""}).status_code == 422
    assert olga.post("/console/products/gold", do="disable", confirm="gold").status_code == 422
    assert olga.post("/console/products/gold", do="disable", confirm="Gold", keys_now="yes").status_code == 303
    shop.clock.turn(2)
    olga.get("/portal/products")
    assert "Gold" not in olga.page
    olga.get("/console/products/gold")
    assert olga.post("/console/products/gold", do="enable").status_code == 303
    assert olga.get("/console/products/none").status_code == 404
    assert shop.statuses(1, path="/api/v1/openapi.json") == [200]


def test_what_was_done_is_in_the_audit_trail(shop: Shop, visitors: dict[str, Visitor]) -> None:
    shop.offer(product("gold", terms="Be kind."))
    adam, olga = visitors["adam"], visitors["olga"]
    page, keys = subscribe(adam, "gold", terms_accepted="yes")
    adam.get(page)
    adam.post(f"{page}/keys", slot="primary")
    olga.get(page.replace("portal", "console"))
    olga.post(page.replace("portal", "console"), do="suspend", message="Too much.")

    async def entries(event: str) -> tuple[str | None, str | None, str]:
        db = await open_database(shop.served.database)
        (entry,) = await latest_entries(db, event)
        await db.close()
        assert entry.correlation_id
        return entry.actor, entry.customer_id, entry.detail

    for event, actor in (
        ("subscription.added", "u-adam"),
        ("subscription.key_regenerated", "u-adam"),
        ("subscription.suspended", "u-olga"),
    ):
        found = on(shop.served.database, lambda _db, event=event: entries(event))  # type: ignore[misc]
        assert found[:2] == (actor, A)
        assert not any(key in found[2] for key in keys)


def test_a_question_is_asked_and_answered(shop: Shop, visitors: dict[str, Visitor]) -> None:
    shop.offer(product("asked", approval="asked"))
    adam, olga = visitors["adam"], operator(shop.served)
    page, keys = subscribe(adam, "asked", name="Nightly")
    assert keys == []
    adam.get(page)
    assert "Your answer" not in adam.page
    # Nothing is asked yet, so an answer goes nowhere.
    assert "notice_subscription_decided" in adam.post(f"{page}/answer", answer="So.").headers["location"]
    console = page.replace("/portal/", "/console/")
    olga.get(console)
    assert olga.post(console, do="ask").status_code == 422
    assert olga.post(console, do="ask", message="How many calls a day?").status_code == 303
    adam.get(page)
    assert "How many calls a day?" in adam.page
    assert "Waiting" in adam.page
    assert adam.post(f"{page}/answer", answer=" ").status_code == 422
    assert adam.post(f"{page}/answer", answer=HOSTILE).status_code == 303
    for visitor, address in ((adam, page), (olga, console)):
        visitor.get(address)
        assert "&lt;script&gt;" in visitor.page
        assert "<script>alert" not in visitor.page
    assert "answered" in olga.get("/console/subscriptions").text
    assert visitors["ann"].get(page).status_code == 200
    assert "Send answer" not in visitors["ann"].page
    for name, status in (("ann", 403), ("bob", 404)):
        visitors[name].get("/portal/applications/new")
        assert visitors[name].post(f"{page}/answer", answer="Mine.").status_code == status
    olga.get(console)
    assert olga.post(console, do="ask", message="And by night?").status_code == 303

    async def demote(tx: Writer) -> None:
        await put_membership(tx, Membership(UserId("u-adam"), A, "member", "all", NOW))

    shop.write(demote)
    adam.get(page)
    assert "Cancel subscription" not in adam.page
    assert adam.post(f"{page}/answer", answer="Ten an hour.").status_code == 303
    olga.get(console)
    assert "Ten an hour." in olga.page
    assert "&lt;script&gt;" not in olga.page
    assert olga.post(console, do="approve").status_code == 303
    adam.get(page)
    assert "notice_subscription_decided" in adam.post(f"{page}/answer", answer="Late.").headers["location"]
    olga.close()
