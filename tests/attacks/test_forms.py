"""Every form of every page of portal and console: for another customer than it was shown for, and sent twice."""

from collections.abc import Iterator

import httpx2
import pytest

from hoistway.protocol.ids import CustomerId, UserId
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, put_membership
from tests.engines import ENGINES, drop_database, fresh_database
from tests.portal.asking import operator
from tests.portal.signing_in import Visitor
from tests.portal.test_hostile_world import fill
from tests.portal.walked_forms import Form, forms_of, held, walk_forms
from tests.server import Served, change, populate, serving

REASON = "They asked by telephone."
# The inspector changes nothing; whoever signs out is signed out.
FOR_WHOMEVER = {"/portal/inspector", "/portal/sign-out"}
FRAME = {"/portal/customer", "/console/act-for/end", *FOR_WHOMEVER}


async def administers_both(tx: Writer) -> None:
    for customer in ("c-a", "c-b"):
        await put_membership(tx, Membership(UserId("u-both"), CustomerId(customer), "administrator", "all", 1))


@pytest.fixture(params=ENGINES)
def furnished(request: pytest.FixtureRequest) -> Iterator[Served]:
    """With one of everything."""
    url = fresh_database(request.param, populate)
    with serving(url) as served:
        fill(served)
        change(url, administers_both)
        yield served
    drop_database(url)


def acts(one: Visitor, customer: str) -> None:
    """As in another tab."""
    form = next(
        form for form in forms_of(one.http.get("/console/act-for").text, "/console/act-for") if "reason" in form.fields
    )
    assert form.send(one, customer=customer, reason=REASON)[0] == 303


def refused(one: Visitor, form: Form) -> str:
    files = {"logo": ("l.png", b"x", "image/png")} if form.uploads else None
    reply: httpx2.Response = one.http.post(form.action, data=form.fields, files=files)
    return (
        "" if reply.status_code == 409 and "Nothing was written" in reply.text else f"{form.name}: {reply.status_code}"
    )


def test_a_form_shown_for_one_customer_is_not_sent_for_another(furnished: Served) -> None:
    """Row 55: a person of two customers chooses the other one in a second tab, and sends what is still open in the first."""
    one = Visitor(furnished.url).sign_in("both")
    forms = [form for form in walk_forms(one, "/portal") if form.action not in FOR_WHOMEVER]
    assert len({form.name for form in forms}) >= 15, sorted({form.name for form in forms})
    assert one.post("/portal/customer", customer="c-b").status_code == 303
    before = held(furnished.database)
    assert [said for form in forms if (said := refused(one, form))] == []
    assert held(furnished.database) == before


@pytest.mark.parametrize("root", ["/portal", "/console"])
def test_a_form_shown_while_acting_for_one_is_not_sent_while_acting_for_another(furnished: Served, root: str) -> None:
    """Row 55: the same for an operator, and on the pages of the console too."""
    olga = operator(furnished)
    acts(olga, "c-a")
    forms = [form for form in walk_forms(olga, root) if form.action not in FOR_WHOMEVER]
    assert len({form.name for form in forms}) >= 12, sorted({form.name for form in forms})
    acts(olga, "c-b")
    before = held(furnished.database)
    assert [said for form in forms if (said := refused(olga, form))] == []
    assert held(furnished.database) == before


def filled(form: Form) -> dict[str, str]:
    """What makes most forms good."""
    good = {
        "name": "Sent twice", "text": "Sent twice.", "answer": "Sent twice.", "reason": REASON, "purpose": "Sent twice.",
        "sure": "yes", "terms_accepted": "yes", "overlap": "0", "customer": "c-a", "consent_text": "Sent twice.",
        "id": "sent-twice", "description": "Sent twice.", "apis_customer-api": "yes",
        "redirect_uris": "https://app.example/cb\nhttps://app.example/twice", "message": "Sent twice.",
    }  # fmt: skip
    return {
        name: good[name]
        for name in good
        if name in form.fields or name in {"sure", "terms_accepted", "apis_customer-api"}
    }


MAKES = {
    "/portal/products/{id}/subscriptions", "/portal/subscriptions/{id}/keys", "/portal/technical-accounts",
    "/portal/technical-accounts/{id} password", "/portal/applications/new", "/portal/applications/{client_id}/secrets",
    "/console/products/new change", "/console/keys", "/console/act-for",
}  # fmt: skip


@pytest.mark.parametrize("root", ["/portal", "/console"])
def test_a_form_sent_twice_is_carried_out_once(furnished: Served, root: str) -> None:
    """Row 55: by a double click or a reload; the second answer leads to what the first made."""
    olga = operator(furnished)
    acts(olga, "c-a")
    done, wrong = set(), []
    for listed in [form for form in walk_forms(olga, root, 1) if form.action not in FRAME]:
        fresh = [one for one in forms_of(olga.http.get(listed.page).text, listed.page) if one.name == listed.name]
        if not fresh:
            continue
        form, values, untouched = fresh[0], filled(fresh[0]), held(furnished.database)
        first = form.send(olga, **values)[0]
        before = held(furnished.database)
        # A page that answers without a change looked something up for the form.
        if first not in {200, 201, 303} or (first == 200 and before == untouched):
            continue
        done.add(form.name)
        status, where = form.send(olga, **values)
        if status != 303 or "notice=notice_form_twice" not in where or held(furnished.database) != before:
            wrong.append((form.name, status, where))
    assert wrong == []
    assert {name for name in MAKES if name.startswith(root)} - done == set()
