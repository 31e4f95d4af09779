"""Secrets that overlap and end, addresses that work at once or after a review, a new owner, and the end."""

import asyncio
import re
import time
from collections.abc import Iterator

import httpx2
import pytest
from msgspec.structs import replace

from hoistway.applications.logout_address import loses_logout_host
from hoistway.protocol.ids import ClientId, CustomerId, UserId
from hoistway.server.last_uses import note_uses
from hoistway.server.opening import close_engine, open_engine
from hoistway.settings import Settings
from hoistway.store.audit_search import search_audit
from hoistway.store.db import Database, Writer
from hoistway.store.memberships import Membership, put_membership
from tests.attacks.asking import CHALLENGE, bearer, post, refusal
from tests.engines import ENGINES, drop_database, fresh_database
from tests.flows.browser import Person, answer_of
from tests.portal.asking import approved, decide, granted, made_secret, operator, said, visitor
from tests.server import MASTER_KEY, Clock, Served, change, populate, serving
from tests.store.test_schema import on
from tests.world import NOW, client

WEB = {"type": "web", "redirect_uris": "https://app.example/cb"}
DAEMON = {"type": "daemon", "redirect_uris": ""}
DAY = 86_400


def client_credentials(served: Served, client_id: str, secret: str) -> httpx2.Response:
    return post(served, grant_type="client_credentials", client_id=client_id, client_secret=secret)


def events(served: Served, event: str, client_id: str) -> list[str | None]:
    """The customers in the audit trail, the newest entry first."""

    async def work(db: Database) -> list[str | None]:
        wanted = {"event": [event], "client_id": [client_id]}
        rows = await search_audit(db, wanted, since=None, until=None, before="", most=50)
        return [row.customer_id for row in rows]

    return on(served.database, work)


def wait_for_caches(served: Served, client_id: str, secret: str) -> None:
    """What is remembered for two seconds is forgotten when the old secret is refused."""
    for _ in range(100):
        if client_credentials(served, client_id, secret).status_code == 401:
            return
        time.sleep(0.1)
    raise AssertionError("the old secret goes on")


def lasting_token(served: Served, client_id: str, secret: str) -> str:
    """What is given in the first seconds under the new owner may have been given out of memory, and ends."""
    for _ in range(100):
        token: str = client_credentials(served, client_id, secret).json()["access_token"]
        if bearer(served, token).status_code == 200:
            return token
        time.sleep(0.1)
    raise AssertionError("no token lasts")


def test_two_secrets_overlap_and_one_is_revoked_by_how_it_begins(served: Served) -> None:
    adam = visitor(served, "adam")
    client_id = granted(adam, **DAEMON)
    first, second = made_secret(adam, client_id), made_secret(adam, client_id)
    for secret in (first, second):
        assert client_credentials(served, client_id, secret).status_code == 200
    here = f"/portal/applications/{client_id}"
    third = adam.post(f"{here}/secrets", lifetime="0")
    assert third.status_code == 422
    assert "Two secrets work now" in third.text
    adam.get(here)
    assert first not in adam.page, "it is shown once"
    assert first[:8] in adam.page
    secret_id = re.findall(r"/secrets/([0-9a-f-]{36})", adam.page)[0]
    wrong = adam.post(f"{here}/secrets/{secret_id}", confirm=second[:8])
    assert wrong.status_code == 422
    assert "not how the secret begins" in wrong.text
    assert f'value="{second[:8]}"' in wrong.text, "what was typed is kept"
    assert adam.post(f"{here}/secrets/{secret_id}", confirm=first[:8]).status_code == 303
    assert adam.post(f"{here}/secrets/{secret_id}", confirm=first[:8]).status_code == 404
    wait_for_caches(served, client_id, first)
    assert client_credentials(served, client_id, second).status_code == 200
    assert events(served, "secret.added", client_id) == ["c-a", "c-a"]
    assert events(served, "secret.revoked", client_id) == ["c-a"]


def test_the_form_of_a_secret_sent_again_makes_no_second(served: Served) -> None:
    adam = visitor(served, "adam")
    here = f"/portal/applications/{granted(adam, **DAEMON)}"
    form = {"csrf": adam.token(f"{here}/secrets"), "lifetime": "90"}
    assert adam.http.post(f"{here}/secrets", data=form).status_code == 201
    again = adam.http.post(f"{here}/secrets", data=form)
    assert (again.status_code, again.headers["location"]) == (303, f"{here}?notice=notice_form_twice")
    adam.get(here)
    assert len(re.findall(r"/secrets/[0-9a-f-]{36}", adam.page)) == 1


def test_a_public_application_has_no_secret(served: Served) -> None:
    adam = visitor(served, "adam")
    here = f"/portal/applications/{granted(adam)}"
    adam.get(here)
    assert f"{here}/secrets" not in adam.page
    assert adam.post(f"{here}/secrets", lifetime="0").status_code == 404


@pytest.fixture(scope="module", params=ENGINES)
def ticking(request: pytest.FixtureRequest) -> Iterator[tuple[Served, Clock]]:
    """A server whose clock the test turns."""
    url, clock = fresh_database(request.param, populate), Clock()
    with serving(url, now=clock) as server:
        yield server, clock
    drop_database(url)


def test_a_secret_ends_to_the_second_while_the_other_goes_on(ticking: tuple[Served, Clock]) -> None:
    served, clock = ticking
    adam = visitor(served, "adam")
    client_id = granted(adam, **DAEMON)
    made_at = clock.at
    short, long = made_secret(adam, client_id, "90"), made_secret(adam, client_id, "0")
    clock.at = made_at + 90 * DAY - 1
    assert client_credentials(served, client_id, short).status_code == 200
    clock.at = made_at + 90 * DAY
    assert refusal(client_credentials(served, client_id, short)) == (401, "invalid_client")
    assert client_credentials(served, client_id, long).status_code == 200
    adam = visitor(served, "adam")
    adam.get(f"/portal/applications/{client_id}")
    assert "expired" in said(adam.page)
    made_secret(adam, client_id, "180")  # the one that has ended does not count


def test_the_implicit_flow_in_the_sandbox_ends_by_itself(ticking: tuple[Served, Clock]) -> None:
    served, clock = ticking
    ann = visitor(served, "ann")
    client_id = granted(ann, flows_implicit="yes", reason="an old kiosk knows nothing else")
    ann.get(f"/portal/applications/{client_id}")
    assert "an old kiosk knows nothing else" in ann.page
    asked = {"scope": "openid units.read", "response_type": "token"}
    person = Person(served)
    page = person.sign_in(person.authorize(client_id, **asked), "ann")
    reply = person.submit("/interaction", page, decision="allow")
    assert "access_token" in answer_of(reply.headers["location"])
    clock.turn(30 * DAY + 1)
    assert answer_of(person.authorize(client_id, **asked).headers["location"])["error"] == "unauthorized_client"


def test_addresses_in_the_sandbox_change_at_once(served: Served) -> None:
    ann = visitor(served, "ann")
    client_id = granted(ann)
    here, new = f"/portal/applications/{client_id}", "https://somewhere.example/cb"
    reply = ann.post(f"{here}/addresses", redirect_uris=new, post_logout_uris="https://bye.example/")
    assert reply.headers["location"] == f"{here}?notice=notice_app_saved"
    ann.get(here)
    assert new in ann.page
    assert "https://bye.example/" in ann.page
    assert "127.0.0.1:8499/callback" not in ann.page
    assert events(served, "application.addresses_changed", client_id) == ["c-a"]


def test_an_address_on_a_new_host_waits_for_review_in_production(served: Served) -> None:
    adam, olga = visitor(served, "adam"), operator(served)
    client_id = approved(served, adam, **WEB, name="Reviewed addresses")
    here = f"/portal/applications/{client_id}"
    uris = "https://app.example/cb\nhttps://app.example/other\nhttps://new.example/cb"
    form = {"csrf": adam.token(f"{here}/addresses"), "redirect_uris": uris}
    reply = adam.http.post(f"{here}/addresses", data=form)
    assert reply.headers["location"] == f"{here}?notice=notice_app_reviewed"
    adam.get(here)
    assert "https://app.example/other" in adam.page
    assert "https://new.example/cb" not in adam.page
    assert adam.http.post(f"{here}/addresses", data=form).status_code == 303
    adam.get("/portal/applications")
    found = re.findall(r'/portal/requests/([0-9a-f-]{36})"><bdi>Reviewed addresses', adam.page)
    assert len(found) == 1, "the same form, sent twice, asks once"
    where = {"scope": "openid", "redirect_uri": "https://new.example/cb", **CHALLENGE}
    assert Person(served).authorize(client_id, **where).status_code == 400
    olga.get(f"/console/requests/{found[0]}")
    assert "uses the host new.example yet" in said(olga.page)
    assert decide(olga, found[0], "approve").status_code == 303
    adam.get(here)
    assert all(uri in adam.page for uri in uris.splitlines())


def test_a_sign_out_address_on_a_host_that_is_only_asked_for_waits_with_it(forgetful: Served) -> None:
    """What is registered counts, not what stands beside it in the form."""
    served = forgetful
    adam, olga = visitor(served, "adam"), operator(served)
    client_id = approved(served, adam, **WEB, name="Signs out elsewhere")
    here, out = f"/portal/applications/{client_id}", "https://new.example/bye"
    form = {
        "redirect_uris": "https://app.example/cb\nhttps://new.example/cb",
        "post_logout_uris": f"https://app.example/\n{out}",
    }
    assert adam.post(f"{here}/addresses", **form).headers["location"].endswith("notice_app_reviewed")
    assert signs_out(served, client_id, "https://app.example/"), "on a registered host it works at once"
    assert not signs_out(served, client_id, out)
    adam.get("/portal/applications")
    found = re.findall(r'/portal/requests/([0-9a-f-]{36})"><bdi>Signs out elsewhere', adam.page)
    olga.get(f"/console/requests/{found[0]}")
    assert out in olga.page
    adam.get(f"/portal/requests/{found[0]}")
    assert out in adam.page
    adam.post(f"/portal/requests/{found[0]}", do="withdraw")
    assert not signs_out(served, client_id, out), "it goes with its request"
    adam.get(here)
    adam.post(f"{here}/addresses", **form)
    adam.get("/portal/applications")
    (again,) = re.findall(r'/portal/requests/([0-9a-f-]{36})"><bdi>Signs out elsewhere', adam.page)
    assert decide(olga, again, "approve").status_code == 303
    assert signs_out(served, client_id, out)


def signs_out(served: Served, client_id: str, uri: str) -> bool:
    """Whether signing out leads there."""
    person = Person(served)
    page = person.get("/oauth2/logout", client_id=client_id, post_logout_redirect_uri=uri)
    if page.status_code == 200 and 'name="ticket"' in page.text:
        page = person.submit("/oauth2/logout", page)
    return page.status_code == 303 and page.headers["location"] == uri


def test_replacing_every_address_by_new_ones_takes_nothing_away_yet(served: Served) -> None:
    adam = visitor(served, "adam")
    here = f"/portal/applications/{approved(served, adam, **WEB)}"
    adam.post(f"{here}/addresses", redirect_uris="https://new.example/cb")
    adam.get(here)
    assert "https://app.example/cb" in adam.page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"redirect_uris": "http://app.example/cb"}, "use https"),
        ({"redirect_uris": ""}, "at least one redirect URL"),
        (
            {"redirect_uris": "https://app.example/cb", "post_logout_uris": "https://evil.example/"},
            "evil.example is not",
        ),
        ({"redirect_uris": "https://app.example/cb", "post_logout_uris": "javascript:alert(1)"}, "begin with https"),
    ],
)
def test_bad_addresses_change_nothing_and_stay_in_the_form(served: Served, form: dict[str, str], words: str) -> None:
    adam = visitor(served, "adam")
    here = f"/portal/applications/{approved(served, adam, **WEB)}"
    reply = adam.post(f"{here}/addresses", **form)
    assert reply.status_code == 422
    assert words in said(reply.text)
    assert all(value in reply.text for value in form.values())
    adam.get(here)
    assert "evil" not in adam.page
    assert "https://app.example/cb" in adam.page


async def _two_customers(tx: Writer) -> None:
    for customer in ("c-a", "c-b"):
        await put_membership(tx, Membership(UserId("u-both"), CustomerId(customer), "administrator", "all", NOW))


def test_an_application_is_given_to_another_customer(served: Served) -> None:
    """With its requests; a daemon sees the new owner's units from then on, by new secrets alone."""
    change(served.database, _two_customers)
    both, adam = visitor(served, "both"), visitor(served, "adam")
    both.post("/portal/customer", customer="c-a")
    client_id = approved(served, both, **DAEMON, name="Wanderer")
    secret = made_secret(both, client_id)
    old = client_credentials(served, client_id, secret).json()["access_token"]
    assert bearer(served, old, "/api/v1/me").json()["customer"]["id"] == "c-a"
    here = f"/portal/applications/{client_id}"
    for form in (
        {"customer": "c-b", "transfer_confirm": "wanderer"},
        {"customer": "c-a", "transfer_confirm": "Wanderer"},
        {"customer": "c-x", "transfer_confirm": "Wanderer"},
        {"customer": "sandbox", "transfer_confirm": "Wanderer"},
    ):
        assert both.post(f"{here}/transfer", **form).status_code == 422, form
    foreign = adam.post(f"{here}/transfer", customer="c-b", transfer_confirm="Wanderer")
    assert foreign.status_code == 422, "adam administers one of the two only"
    assert both.post(f"{here}/transfer", customer="c-b", transfer_confirm="Wanderer").status_code == 303
    assert adam.get(here).status_code == 404
    assert both.get(here).status_code == 404
    both.post("/portal/customer", customer="c-b")
    both.get(here)
    assert "Customer c-b" in said(both.page)
    assert "Shows our lifts to our caretakers." in both.page
    assert sorted(str(one) for one in events(served, "application.transferred", client_id)) == ["c-a", "c-b"]
    new = made_secret(both, client_id)
    wait_for_caches(served, client_id, secret)
    token = lasting_token(served, client_id, new)
    assert {unit["unitId"][:6] for unit in bearer(served, token).json()["items"]} == {"US-c-b"}
    assert bearer(served, old).status_code == 401


def test_an_application_is_switched_off_for_good(served: Served) -> None:
    adam = visitor(served, "adam")
    client_id = granted(adam, **DAEMON, name="Done with it")
    secret = made_secret(adam, client_id)
    here = f"/portal/applications/{client_id}"
    assert adam.post(f"{here}/off", off_confirm="done").status_code == 422
    assert adam.post(f"{here}/off", off_confirm="Done with it").status_code == 303
    wait_for_caches(served, client_id, secret)
    adam.get(here)
    assert "switched off" in said(adam.page)
    for path in ("secrets", "addresses", "look", "logo", "transfer"):
        form = {"customer": "c-b", "transfer_confirm": "Done with it"}
        assert adam.post(f"{here}/{path}", **form).status_code == 404, path


def test_what_was_used_last_is_told(served: Served) -> None:
    """Housekeeping writes it for many at once; what it does is done here by hand."""
    adam = visitor(served, "adam")
    client_id = granted(adam, **DAEMON)
    adam.get(f"/portal/applications/{client_id}")
    assert "Last used never, Usage of this application" in said(adam.page)

    async def use() -> None:
        engine = await open_engine(Settings(served.url, served.database, MASTER_KEY))
        engine.note_use(ClientId(client_id), engine.now())
        await note_uses(engine)
        await close_engine(engine)

    asyncio.run(use())
    adam.get(f"/portal/applications/{client_id}")
    assert re.search("Last used just now ?, Usage of this application", said(adam.page))


def test_the_address_for_logout_tokens(served: Served) -> None:
    """In the sandbox any public one, in production on a host of the redirect addresses, with which it goes."""
    adam = visitor(served, "adam")
    tried = granted(adam)
    sandbox = f"/portal/applications/{tried}"
    assert adam.post(f"{sandbox}/logout", backchannel_logout_uri="https://any.example/out").status_code == 303
    assert 'value="https://any.example/out"' in adam.get(sandbox).text
    for wrong in ("http://any.example/out", "https://10.0.0.1/out", "https://any.example/#out"):
        reply = adam.post(f"{sandbox}/logout", backchannel_logout_uri=wrong)
        assert reply.status_code == 422
        assert "full public name" in said(reply.text)
        assert wrong in reply.text, "what was typed stays"
    assert 'value="https://any.example/out"' in adam.get(sandbox).text
    assert adam.post(f"{sandbox}/logout", backchannel_logout_uri="").status_code == 303
    assert "any.example" not in adam.get(sandbox).text
    assert events(served, "application.logout_changed", tried) == ["c-a", "c-a"]
    client_id = approved(served, adam, **WEB, name="Told of sign-outs")
    here = f"/portal/applications/{client_id}"
    reply = adam.post(f"{here}/logout", backchannel_logout_uri="https://other.example/out")
    assert reply.status_code == 422
    assert "among the redirect URLs" in said(reply.text)
    assert adam.post(f"{here}/logout", backchannel_logout_uri="https://app.example/out").status_code == 303
    more = "https://app.example/cb\nhttps://second.example/cb"
    assert adam.post(f"{here}/addresses", redirect_uris=more, post_logout_uris="").status_code == 303
    assert 'value="https://app.example/out"' in adam.get(here).text
    daemon = granted(adam, **DAEMON)
    reply = adam.post(f"/portal/applications/{daemon}/logout", backchannel_logout_uri="https://app.example/out")
    assert reply.status_code == 404


def test_an_address_for_logout_tokens_goes_with_its_host() -> None:
    before = client("web", "web", redirect_uris=("https://app.example/cb",))
    before = replace(before, backchannel_logout_uri="https://app.example/out")
    elsewhere = replace(before, redirect_uris=("https://new.example/cb",))
    assert loses_logout_host(before, elsewhere)
    assert not loses_logout_host(before, replace(before, redirect_uris=("https://app.example/other",)))
    # An operator has set this one on a host of its own.
    by_operator = replace(before, backchannel_logout_uri="https://logout.example/out")
    assert not loses_logout_host(by_operator, replace(by_operator, redirect_uris=("https://new.example/cb",)))
    sandbox = replace(before, environment="sandbox")
    assert not loses_logout_host(sandbox, replace(sandbox, redirect_uris=("https://new.example/cb",)))
