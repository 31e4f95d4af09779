"""Row 59: one person who would be both pairs of eyes, by a puppet, a role lent for a minute, an approval of the disabled, or a
product that asks nobody."""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

from hoistway.protocol.ids import UserId
from hoistway.store.db import Writer
from hoistway.store.operators import set_flags
from hoistway.store.passkeys import Passkey, add_passkey, passkeys_of
from hoistway.store.users import set_user_disabled, set_user_password
from tests.console.test_credentials import entered
from tests.console.test_making import shown_once
from tests.console.test_requests import actors
from tests.console.test_subscriptions import decide as decide_subscription
from tests.console.test_subscriptions import waiting
from tests.console.two import careful_server, choose_role, decide_on, person, product_row, proposed, trail
from tests.engines import ENGINES
from tests.portal.asking import asked, decide, operator, visitor
from tests.portal.signing_in import Visitor
from tests.server import Served, change
from tests.store.test_schema import on
from tests.world import DIGEST, NOW

Work = Callable[[Writer], Awaitable[None]]


@pytest.fixture(scope="module", params=ENGINES)
def careful(request: pytest.FixtureRequest) -> Iterator[Served]:
    with careful_server(request.param) as server:
        yield server


def raw(disabled_at: int | None) -> Work:
    """As another program, or a version before, would write it: nothing of what otto approved is withdrawn."""

    async def work(tx: Writer) -> None:
        await set_user_disabled(tx, UserId("u-otto"), disabled_at)

    return work


def otto_again(careful: Served) -> Visitor:
    """Signed in. What was given in the second in which his account was stopped has ended with it: that second is over first."""
    ended_at = person(careful, "otto").ended_at
    while ended_at is not None and int(time.time()) <= ended_at:
        time.sleep(0.05)
    return operator(careful, "otto")


@contextmanager
def otto_is_away(careful: Served) -> Iterator[None]:
    """opal disables him at the console; afterwards he is back."""
    opal = operator(careful, "opal")
    opal.get("/console/users/u-otto")
    assert opal.post("/console/users/u-otto", do="disable", confirm="Otto").status_code == 303
    try:
        yield
    finally:
        change(careful.database, raw(None))


def test_a_puppet_gets_no_role_from_one_person(careful: Served) -> None:
    olga = operator(careful)
    waits = proposed(choose_role(olga, "puppet", "operator"))
    assert person(careful, "puppet").flags == ()
    assert decide_on(olga, waits, "approve") == ""
    olga.get("/console/users/u-puppet")
    olga.post("/console/users/u-puppet", do="change", name="Puppet", emails="puppet@example.com", flags="operator")
    assert person(careful, "puppet").flags == ()
    assert visitor(careful, "puppet").get("/console").status_code == 403
    assert decide_on(olga, waits, "withdraw") == "withdrawn"


def test_a_disabled_operator_is_not_brought_back_by_one(careful: Served) -> None:
    """Somebody who still knows the password of an account that was left behind."""
    with otto_is_away(careful):
        olga = operator(careful)
        olga.get("/console/users/u-otto")
        waits = proposed(olga.post("/console/users/u-otto", do="enable"))
        assert person(careful, "otto").disabled_at is not None
        assert decide_on(olga, waits, "approve") == ""
        assert decide_on(operator(careful, "opal"), waits, "approve") == "approved"
        assert person(careful, "otto").disabled_at is None


def test_an_approval_of_somebody_disabled_since_counts_for_nothing(careful: Served) -> None:
    ann, olga = visitor(careful, "ann"), operator(careful)
    request_id, subscription = asked(ann, name="Approved by the gone"), waiting(careful)
    otto = otto_again(careful)
    assert decide(otto, request_id, "approve").headers["location"].endswith("approved_first")
    assert decide_subscription(otto, subscription, "approve").endswith("approved_first")
    with otto_is_away(careful):
        assert decide(olga, request_id, "approve").headers["location"].endswith("approved_first")
        assert decide_subscription(olga, subscription, "approve").endswith("approved_first")
    otto = otto_again(careful)
    assert decide(otto, request_id, "approve").headers["location"].endswith("notice_queue_approved")
    assert decide_subscription(otto, subscription, "approve").endswith("notice_subscription_approved")


def test_being_an_operator_again_brings_no_approval_back(careful: Served) -> None:
    ann, olga = visitor(careful, "ann"), operator(careful)
    request_id, subscription = asked(ann, name="Approved before"), waiting(careful)
    otto = otto_again(careful)
    decide(otto, request_id, "approve")
    decide_subscription(otto, subscription, "approve")
    waits = proposed(choose_role(otto, "bob", "auditor"))
    assert choose_role(operator(careful, "opal"), "otto", "auditor", employee=True).status_code == 303

    async def back(tx: Writer) -> None:
        await set_flags(tx, UserId("u-otto"), ("employee", "operator"))

    change(careful.database, back)
    assert decide(olga, request_id, "approve").headers["location"].endswith("approved_first")
    assert decide_subscription(olga, subscription, "approve").endswith("approved_first")
    assert decide_on(olga, waits, "approve") == ""
    assert person(careful, "bob").flags == ()


def test_the_deciding_transaction_judges_what_another_program_wrote(careful: Served) -> None:
    """Nothing withdrew the approval: it is the row of the person that tells."""
    ann, olga = visitor(careful, "ann"), operator(careful)
    request_id, subscription = asked(ann, name="Disabled elsewhere"), waiting(careful)
    otto = otto_again(careful)
    decide(otto, request_id, "approve")
    decide_subscription(otto, subscription, "approve")
    waits = proposed(choose_role(otto, "bob", "auditor"))
    pages = [f"/console/requests/{request_id}", f"/console/subscriptions/{subscription}", f"/console/changes/{waits}"]
    for page in pages:
        olga.get(page)
    change(careful.database, raw(1))
    try:
        posted = [
            olga.post(pages[0], decision="approve", text=""),
            olga.post(pages[1], do="approve", message=""),
            olga.post(pages[2], do="approve"),
        ]
        assert [reply.headers.get("location", "").rpartition("notice_")[2] for reply in posted] == [
            "queue_approved_first", "queue_approved_first", "",
        ]  # fmt: skip
        assert "not what it was" in posted[2].text
        assert person(careful, "bob").flags == ()
        assert not [who for who in actors(careful, "request.approved") if who.startswith("u-olga")]
    finally:
        change(careful.database, raw(None))


def test_a_product_that_asks_nobody_is_not_made_by_one(careful: Served) -> None:
    olga = operator(careful)
    form = {
        "name": "Open", "description": "Everything.", "rate_calls": "", "rate_period": "60", "quota_calls": "",
        "quota_period": "86400", "terms": "", "subscriptions_limit": "", "apis_customer-api": "yes",
    }  # fmt: skip
    for number, opened in enumerate(
        ({"approval": "automatic", "key_use": "required"}, {"approval": "asked", "key_use": "optional"})
    ):
        olga.get("/console/products/new")
        waits = proposed(olga.post("/console/products/new", id=f"open-{number}", **form, **opened))
        row = product_row(careful, f"open-{number}")
        assert (row.approval, row.key_use) == ("asked", "required")
        assert decide_on(olga, waits, "approve") == ""


def test_who_asked_for_a_change_is_told_in_the_trail_and_whoever_decided(careful: Served) -> None:
    olga, opal = operator(careful), operator(careful, "opal")
    waits = proposed(choose_role(olga, "few", "support"))
    assert decide_on(opal, waits, "refuse") == "refused"
    assert trail(careful, "change.proposed")[0][0] == "u-olga"
    who, detail = trail(careful, "change.refused")[0]
    assert (who, detail["proposed_by"], detail["after"]) == ("u-opal", "u-olga", {"flags": "support"})


def handed_over(one: Visitor, name: str) -> str:
    page = f"/console/users/u-{name}/password"
    one.get(page)
    (password,) = shown_once(one.post(page, do="hand_over", confirm=name.title()).text)
    return password


def test_a_password_that_one_handed_over_opens_no_role(careful: Served) -> None:
    """Row 59: before the proposal or while it waits: with the second approval it is worth nothing, nor is a factor or a way back."""
    olga, otto = operator(careful), operator(careful, "otto")
    before = person(careful, "few").password_digest
    waits = proposed(choose_role(olga, "few", "operator"))
    otto.get(f"/console/changes/{waits}")
    assert "few@example.com" in otto.page, "whose it is"
    password = handed_over(olga, "few")
    change(careful.database, lambda tx: add_passkey(tx, Passkey("puppets", UserId("u-few"), "Phone", b"", 0, 0, NOW)))
    assert otto.post(f"/console/changes/{waits}", do="approve").status_code == 303
    assert person(careful, "few").flags == ("operator",)
    assert person(careful, "few").password_digest != before
    assert entered(careful, "few", password)[0] == 400
    assert trail(careful, "user.password_reset")[0] == (
        "u-otto",
        {"id": "u-few", "by": "role", "sessions": 0, "refresh_tokens": 0},
    )
    assert on(careful.database, lambda db: passkeys_of(db, UserId("u-few"))) == []
    assert choose_role(otto, "few", "none").status_code == 303


def test_an_address_that_one_set_meanwhile_gets_no_role(careful: Served) -> None:
    """Row 59: the second operator approves a person with the addresses that the page shows."""
    olga, otto = operator(careful), operator(careful, "otto")
    waits = proposed(choose_role(olga, "gone", "operator"))
    otto.get(f"/console/changes/{waits}")
    olga.get("/console/users/u-gone")
    done = olga.post(
        "/console/users/u-gone", do="change", name="Gone", username="gone@example.com", emails="olga@private.example"
    )
    assert done.status_code == 303, done.text
    reply = otto.post(f"/console/changes/{waits}", do="approve")
    assert reply.status_code == 422
    assert person(careful, "gone").flags == ()
    assert decide_on(olga, waits, "withdraw") == "withdrawn"


async def known_password(tx: Writer) -> None:
    await set_user_password(tx, UserId("u-both"), DIGEST, NOW)


def test_who_has_a_role_keeps_the_password_with_another(careful: Served) -> None:
    """One operator can give no password to the operator's people, so nothing has to end."""
    olga, otto = operator(careful), operator(careful, "otto")
    assert decide_on(otto, proposed(choose_role(olga, "both", "support")), "approve") == "approved"
    change(careful.database, known_password)
    assert decide_on(otto, proposed(choose_role(olga, "both", "operator")), "approve") == "approved"
    assert person(careful, "both").password_digest == DIGEST
    assert choose_role(otto, "both", "none").status_code == 303
