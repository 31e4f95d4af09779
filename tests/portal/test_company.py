"""A company's own sign-in and its directory, as its administrators look after them in the portal and operators at the console."""

import json
import re
from collections.abc import Iterator
from html import unescape

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from hoistway.applications.simulated import keep_sandbox
from hoistway.protocol.ids import CustomerId, ProviderId, UserId
from hoistway.protocol.sandbox import SANDBOX
from hoistway.store.db import Writer
from hoistway.store.memberships import Membership, put_membership, remove_membership
from hoistway.store.operators import set_flags
from hoistway.store.profiles import rename_user
from hoistway.store.provider_domains import ProviderDomain, add_domain, domains_of, proved_by
from hoistway.store.providers import MOST as MOST_PROVIDERS
from hoistway.store.providers import Provider, add_provider, find_provider, providers_of
from hoistway.store.scim_people import Pushed, add_pushed
from hoistway.store.scim_tokens import MOST, list_scim_tokens
from tests.engines import EngineName, drop_database, fresh_database
from tests.portal.house import House
from tests.portal.signing_in import Visitor
from tests.scim.directory import read
from tests.server import Clock, change, populate, serving
from tests.world import NOW, is_named

A, B = CustomerId("c-a"), CustomerId("c-b")
PORTAL, CONSOLE = "/portal", "/console/customers/c-a"
ROOTS = (("adam", PORTAL), ("olga", CONSOLE))
RECORDS: dict[str, list[str]] = {}
SECRET = "a secret of the provider"
GIVEN = {"name": "Acme", "issuer": "https://login.acme.example", "client_id": "us", "secret": SECRET, "anyway": "yes"}
"""Nothing answers there."""


@pytest.fixture
def company(engine_name: EngineName, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """As `house`; name servers say what RECORDS does, and this machine may be asked over HTTP."""

    async def texts(name: str) -> list[str]:
        return RECORDS.get(name, [])

    RECORDS.clear()
    monkeypatch.setattr("hoistway.outbound.names.look_up", lambda: texts)
    url, clock = fresh_database(engine_name, populate), Clock()
    with serving(url, now=clock, outbound_loopback=True) as served:
        yield House(served, clock)
    drop_database(url)


def connected(visitor: Visitor, root: str, **changes: str) -> str:
    """The address of the new provider's page."""
    visitor.get(f"{root}/company-sign-in/new")
    reply = visitor.post(f"{root}/company-sign-in/new", **{**GIVEN, **changes})
    assert reply.status_code == 303, visitor.page
    here = reply.headers["location"].partition("?")[0]
    visitor.get(here)
    return str(here)


def provider_of(house: House, here: str) -> Provider:
    found = read(house.served.database, lambda db: find_provider(db, ProviderId(here.rpartition("/")[2])))
    assert found is not None
    return found


def record_on(page: str, domain: str) -> tuple[str, str]:
    """(name, value) of the TXT record that the page asks for."""
    values = [unescape(one) for one in re.findall(r'<span class="copied"><code>([^<]+)</code>', page)]
    at = values.index(f"_hoistway.{domain}")
    return values[at], values[at + 1]


def pushes(house: House, token: str, customer: str = "c-a") -> int:
    url = f"{house.served.url}/scim/v2/{customer}/Users"
    return httpx2.get(url, headers={"authorization": f"Bearer {token}"}, timeout=30).status_code


def token_on(page: str) -> str:
    found = re.search(r"hwd_[A-Za-z0-9_-]{20,}", page)
    assert found is not None, page
    return found[0]


@pytest.mark.parametrize(("who", "root"), ROOTS)
def test_the_page_names_who_was_pushed_and_waits(company: House, who: str, root: str) -> None:
    visitor, here = company.opened(who), f"{root}/directory"
    assert "without an account" not in visitor.get(here).text

    async def push(tx: Writer) -> None:
        for number, (customer, active) in enumerate([(A, True)] * 22 + [(A, False), (B, True)]):
            name = f"new-{number:02}@elsewhere.example"
            await add_pushed(
                tx,
                Pushed(
                    f"p-{number}", customer, None, name, None, "New", {}, active, "member", "all", "waiting", NOW, NOW
                ),
            )

    change(company.served.database, push)
    page = visitor.get(here).text
    assert "without an account" in page
    assert re.findall(r"new-[0-9]{2}@elsewhere", page) == [f"new-{number:02}@elsewhere" for number in range(20)]
    assert "<li>…</li>" in page


@pytest.mark.parametrize(("who", "root"), ROOTS)
def test_a_token_is_made_shown_once_used_and_ended(company: House, who: str, root: str) -> None:
    visitor, here = company.opened(who), f"{root}/directory"
    assert "No e-mail domain is proved" in visitor.get(here).text
    made = visitor.post(here, do="add", days="90")
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    value = token_on(made.text)
    assert f"{company.served.url}/scim/v2/c-a" in made.text
    assert pushes(company, value) == 200
    assert pushes(company, value, "c-b") == 401
    (row,) = read(company.served.database, lambda db: list_scim_tokens(db, A))
    assert row.expires_at == company.clock() + 90 * 86_400
    page = visitor.get(here).text
    assert value not in page
    assert f"{row.prefix}…" in page
    assert who.capitalize() in page
    assert visitor.post(here, do="end", token=row.id, confirm="hwd_").status_code == 422
    assert pushes(company, value) == 200
    ended = visitor.post(here, do="end", token=row.id, confirm=row.prefix)
    assert (ended.status_code, ended.headers["location"]) == (303, f"{here}?notice=notice_directory_ended")
    assert pushes(company, value) == 401
    for event in ("scim.token_added", "scim.token_revoked"):
        (entry,) = company.entries(event)
        assert entry[:2] == (f"u-{who}", "c-a")
        assert entry[2]["id"] == row.id
        assert value not in str(entry)


def test_the_operators_people_have_no_names_for_administrators(company: House) -> None:
    olga = company.opened("olga")
    olga.get(f"{CONSOLE}/directory")
    assert olga.post(f"{CONSOLE}/directory", do="add").status_code == 201
    assert "Olga" in olga.get(f"{CONSOLE}/directory").text
    for lang, words in (("en", "an operator"), ("de", "einer Person des Betreibers")):
        page = company.opened("adam", lang).get("/portal/directory").text
        assert words in page
        assert "Olga" not in page


def test_who_left_has_no_name_for_administrators(company: House) -> None:
    change(
        company.served.database,
        lambda tx: put_membership(tx, Membership(UserId("u-ann"), A, "administrator", "all", NOW)),
    )
    ann = company.opened("ann")
    ann.get("/portal/directory")
    assert ann.post("/portal/directory", do="add").status_code == 201
    adam = company.opened("adam")
    assert "Ann" in adam.get("/portal/directory").text

    async def leave(tx: Writer) -> None:
        await remove_membership(tx, UserId("u-ann"), A)

    change(company.served.database, leave)
    page = adam.get("/portal/directory").text
    assert "somebody who left" in page
    assert not is_named("Ann", page)


@pytest.mark.parametrize("rest", ["directory", "company-sign-in", "company-sign-in/new"])
def test_the_simulated_customer_has_no_people_of_its_own(company: House, rest: str) -> None:
    change(company.served.database, lambda tx: keep_sandbox(tx, NOW))
    olga = company.opened("olga")
    assert olga.get("/console/customers/sandbox").status_code == 200
    assert olga.get(f"/console/customers/sandbox/{rest}").status_code == 404
    assert olga.post(f"/console/customers/sandbox/{rest}", do="add").status_code in {404, 405}
    assert read(company.served.database, lambda db: list_scim_tokens(db, SANDBOX)) == []


@pytest.mark.parametrize(("who", "root"), ROOTS)
def test_no_key_is_made_where_no_provider_may_be_added(
    company: House, monkeypatch: pytest.MonkeyPatch, who: str, root: str
) -> None:
    """It costs a processor a tenth of a second."""
    made: list[str] = []

    def new_key(alg: str) -> RSAPrivateKey:
        made.append(alg)
        return generate_private_key(65537, 2048)

    monkeypatch.setattr("hoistway.federation.connecting.new_private_key", new_key)
    for number in range(MOST_PROVIDERS - 1):
        bring(company, A, f"p-{number}")
    keyless, visitor = {**GIVEN, "auth": "private_key_jwt", "secret": ""}, company.opened(who)
    connected(visitor, root, **keyless)
    assert made == ["RS256"]
    visitor.get(f"{root}/company-sign-in/new")
    refused = visitor.post(f"{root}/company-sign-in/new", **keyless)
    assert (refused.status_code, "The customer has 10 providers" in refused.text) == (422, True)
    assert made == ["RS256"]


def test_a_customer_has_two_tokens_at_a_time(company: House) -> None:
    adam, here = company.opened("adam"), "/portal/directory"
    assert [adam.post(here, do="add").status_code for _ in range(MOST)] == [201] * MOST
    olga = company.opened("olga")
    refused = olga.post(f"{CONSOLE}/directory", do="add")
    assert (refused.status_code, "There are two tokens already" in refused.text) == (422, True)
    assert "There are two tokens already" in adam.get(here).text
    company.clock.turn(366 * 86_400)
    assert company.opened("adam").post(here, do="add").status_code == 201, "those that are over make room"
    assert len(read(company.served.database, lambda db: list_scim_tokens(db, A))) == 1


@pytest.mark.parametrize("rest", ["directory", "company-sign-in", "company-sign-in/new", "company-sign-in/p-b"])
def test_others_have_no_such_pages(company: House, rest: str) -> None:
    """A member has none of them, an administrator none of another customer's; auditors look at the console's. What
    support sees is in tests/attacks/test_staff.py."""
    bring(company, B, "p-b")
    assert company.opened("ann").get(f"/portal/{rest}").status_code == 403
    assert company.opened("adam").get(f"/console/customers/c-b/{rest}").status_code == 403
    if rest.endswith("p-b"):
        assert company.opened("adam").get(f"/portal/{rest}").status_code == 404
        assert company.opened("olga").get(f"{CONSOLE}/{rest}").status_code == 404
    change(company.served.database, lambda tx: only_looks(tx))
    olga = Visitor(company.served.url).sign_in("olga")
    assert olga.get(f"/console/customers/c-b/{rest}").status_code == (403 if rest.endswith("new") else 200)
    assert '<form method="post" action="/console' not in olga.page
    if not rest.endswith("in"):
        assert (
            olga.http.post(f"/console/customers/c-b/{rest}", data={"csrf": olga.csrf, "do": "add"}).status_code == 403
        )


async def only_looks(tx: Writer) -> None:
    await set_flags(tx, UserId("u-olga"), ("employee", "auditor"))


def bring(house: House, customer: CustomerId, row_id: str, **more: str) -> None:
    async def work(tx: Writer) -> None:
        await add_provider(
            tx,
            Provider(
                ProviderId(row_id), customer, more.get("name", "Theirs"), "https://login.other.example", "us", "client_secret_basic",
                b"sealed", "verified", None, (), (), "here", NOW,
            ),
        )  # fmt: skip

    change(house.served.database, work)


def test_another_customers_token_is_not_ended(company: House) -> None:
    olga = company.opened("olga")
    value = token_on(olga.post("/console/customers/c-b/directory", do="add").text)
    (row,) = read(company.served.database, lambda db: list_scim_tokens(db, B))
    adam = company.opened("adam")
    assert adam.post("/portal/directory", do="end", token=row.id, confirm=row.prefix).status_code == 404
    assert olga.post(f"{CONSOLE}/directory", do="end", token=row.id, confirm=row.prefix).status_code == 404
    assert pushes(company, value, "c-b") == 200


@pytest.mark.parametrize(("who", "root"), ROOTS)
def test_a_provider_is_connected_changed_and_removed(company: House, who: str, root: str) -> None:
    visitor = company.opened(who)
    here = connected(visitor, root)
    row = provider_of(company, here)
    assert f"{company.served.url}/sign-in/provider/{row.id}/callback" in visitor.page
    assert SECRET not in visitor.page
    assert SECRET.encode() not in row.sealed
    form = {
        "do": "change",
        "name": "Acme &c",
        "client_id": "us2",
        "role_claim": "groups",
        "administrators": "lift admins\nbosses",
    }
    assert visitor.post(here, **form, secret="", anyway="yes").status_code == 303
    after = provider_of(company, here)
    assert (after.name, after.client_id, after.administrators) == ("Acme &c", "us2", ("lift admins", "bosses"))
    assert (after.sealed, after.issuer) == (row.sealed, row.issuer)
    assert "Acme &amp;c" in visitor.get(here).text
    assert visitor.post(here, do="off", confirm="Acme").status_code == 422
    assert visitor.post(here, do="off", confirm="Acme &c").status_code == 303
    assert provider_of(company, here).disabled_at == company.clock()
    removed = visitor.post(here, do="remove", confirm="Acme &c")
    assert removed.headers["location"] == f"{root}/company-sign-in?notice=notice_company_removed"
    assert read(company.served.database, lambda db: providers_of(db, A)) == []
    for event in ("added", "changed", "disabled", "removed"):
        (entry,) = company.entries(f"provider.{event}")
        assert entry[:2] == (f"u-{who}", "c-a")
        assert SECRET not in str(entry)


def test_a_key_of_our_own_is_made(company: House) -> None:
    adam = company.opened("adam")
    here = connected(adam, PORTAL, auth="private_key_jwt", secret="")
    shown = re.search(r'<pre tabindex="0"><code>(\{.*?\})</code>', adam.page, re.DOTALL)
    assert shown is not None, adam.page
    key = json.loads(unescape(shown[1]))
    assert key["kty"] == "RSA"
    assert "d" not in key
    again = adam.post(here, do="change", name="Acme", client_id="us", auth="client_secret_post", secret="")
    assert (again.status_code, "Give the client secret" in adam.page) == (422, True)
    form = {"name": "Acme", "client_id": "us", "auth": "client_secret_post", "secret": "s", "anyway": "yes"}
    assert adam.post(here, do="change", **form).status_code == 303
    assert provider_of(company, here).auth == "client_secret_post"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"issuer": "http://login.acme.example"}, "issuer"),
        ({"issuer": "https://169.254.169.254/"}, "issuer"),
        ({"secret": ""}, "secret"),
        ({"name": " "}, "name"),
        ({"administrators": "bosses"}, "role_claim"),
        ({"auth": "private_key_jwt"}, "secret"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(company: House, changes: dict[str, str], field: str) -> None:
    adam = Visitor(company.served.url, "de").sign_in("adam")
    reply = adam.post("/portal/company-sign-in/new", **{**GIVEN, **changes})
    assert reply.status_code == 422
    assert f'href="#{field}"' in reply.text
    assert SECRET not in reply.text
    assert "Anbieter verbinden" in reply.text
    assert read(company.served.database, lambda db: providers_of(db, A)) == []


@pytest.mark.parametrize(("who", "root"), ROOTS)
def test_a_domain_is_proved_by_its_record(company: House, who: str, root: str) -> None:
    """The provider is another Hoistway: this one."""
    visitor = company.opened(who)
    here = connected(visitor, root, issuer=company.served.url)
    assert visitor.post(here, do="name", domain="acme@example").status_code == 422
    assert visitor.post(here, do="name", domain="Acme.example").status_code == 303
    name, value = record_on(visitor.get(here).text, "acme.example")
    assert name == "_hoistway.acme.example"
    RECORDS[name] = ["v=spf1 -all", f"{value}x"]
    missing = visitor.post(here, do="prove", domain="acme.example")
    assert (missing.status_code, "has no TXT record" in missing.text) == (422, True)
    assert read(company.served.database, lambda db: proved_by(db, "acme.example")) is None
    RECORDS[name] = ["v=spf1 -all", value]
    assert visitor.post(here, do="prove", domain="acme.example").status_code == 303, visitor.page
    assert read(company.served.database, lambda db: proved_by(db, "acme.example")) == provider_of(company, here).id
    assert "No e-mail domain is proved" not in visitor.get(f"{root}/directory").text
    assert visitor.post(here, do="unname", domain="acme.example", confirm="acme.example").status_code == 303
    row = provider_of(company, here)
    assert read(company.served.database, lambda db: domains_of(db, row.id)) == []
    for event in ("added", "proved", "removed"):
        (entry,) = company.entries(f"provider.domain_{event}")
        assert entry[:2] == (f"u-{who}", "c-a")


@pytest.mark.parametrize(("who", "root"), ROOTS)
@pytest.mark.parametrize(("lang", "words"), [("en", "does not work, so nobody"), ("de", "funktioniert nicht")])
def test_a_provider_that_does_not_work_is_on_only_if_that_is_said(
    company: House, who: str, root: str, lang: str, words: str
) -> None:
    visitor, new = company.opened(who, lang), f"{root}/company-sign-in/new"
    assert 'name="anyway"' in visitor.get(new).text
    given = {**GIVEN, "issuer": f"{company.served.url}/nowhere"}
    given.pop("anyway")
    refused = visitor.post(new, **given)
    assert (refused.status_code, words in refused.text, 'href="#anyway"' in refused.text) == (422, True, True)
    assert 'id="anyway-problem"' in refused.text
    assert SECRET not in refused.text
    assert read(company.served.database, lambda db: providers_of(db, A)) == []
    here = visitor.post(new, **given, anyway="yes").headers["location"].partition("?")[0]
    assert provider_of(company, here).disabled_at is None
    visitor.get(here)
    visitor.post(here, do="off", confirm="Acme")
    assert 'id="anyway-problem"' not in visitor.get(here).text
    refused = visitor.post(here, do="on")
    assert (refused.status_code, words in refused.text, 'id="anyway-problem"' in refused.text) == (422, True, True)
    assert provider_of(company, here).disabled_at is not None
    assert visitor.post(here, do="on", anyway="yes").status_code == 303
    assert provider_of(company, here).disabled_at is None
    for event in ("added", "enabled"):
        (entry,) = company.entries(f"provider.{event}")
        assert entry[2]["checked"] is False


def test_a_provider_that_works_is_connected_without_more(company: House) -> None:
    adam = company.opened("adam")
    given = {**GIVEN, "issuer": company.served.url}
    given.pop("anyway")
    assert adam.post(f"{PORTAL}/company-sign-in/new", **given).status_code == 303, adam.page
    (entry,) = company.entries("provider.added")
    assert entry[2]["checked"] is True


def test_other_servers_are_asked_ten_times_a_minute_by_new_providers(company: House) -> None:
    adam, new = company.opened("adam"), f"{PORTAL}/company-sign-in/new"
    given = {**GIVEN, "issuer": f"{company.served.url}/nowhere"}
    given.pop("anyway")
    for _ in range(10):
        assert "ten times" not in adam.post(new, **given).text
    assert "ten times within a minute" in adam.post(new, **given).text


def test_nobody_locks_themselves_out(company: House) -> None:
    """A domain is proved, and a provider turned on, only while people could sign in there."""
    adam = company.opened("adam")
    here = connected(adam, PORTAL, issuer=f"{company.served.url}/nowhere")
    adam.post(here, do="name", domain="acme.example")
    name, value = record_on(adam.get(here).text, "acme.example")
    RECORDS[name] = [value]
    refused = adam.post(here, do="prove", domain="acme.example")
    assert (refused.status_code, "nobody could sign in" in refused.text) == (422, True)
    assert adam.post(here, do="off", confirm="Acme").status_code == 303
    assert adam.post(here, do="on").status_code == 422
    assert provider_of(company, here).disabled_at is not None
    assert adam.post(here, do="prove", domain="acme.example").status_code == 303, "for a directory alone"
    checked = adam.post(here, do="check")
    assert "What was found" in checked.text
    assert "The provider is off" in checked.text


@pytest.mark.parametrize(
    "changes", [{"secret": "another"}, {"client_id": "others"}, {"auth": "private_key_jwt", "secret": ""}]
)
def test_one_that_is_on_is_changed_only_while_it_works(company: House, changes: dict[str, str]) -> None:
    """A wrong setting would lock administrators out as surely as turning it on; while it is off it locks out nobody."""
    adam = company.opened("adam")
    here = connected(adam, PORTAL, issuer=f"{company.served.url}/nowhere")
    before = provider_of(company, here)
    form = {"do": "change", "name": "Changed", "client_id": "us", **changes}
    refused = adam.post(here, **form)
    assert (refused.status_code, "nobody could sign in" in refused.text) == (422, True)
    assert provider_of(company, here) == before
    assert 'value="Changed"' in refused.text
    assert adam.post(here, do="change", name="Only the name", client_id="us").status_code == 303
    assert adam.post(here, **form, anyway="yes").status_code == 303
    assert adam.post(here, do="off", confirm="Changed").status_code == 303
    assert adam.post(here, **form).status_code == 303
    said = [entry[2].get("checked") for entry in company.entries("provider.changed")]
    assert sorted(said, key=str) == [False, None, None]


def test_one_that_works_is_changed_without_more(company: House) -> None:
    adam = company.opened("adam")
    here = connected(adam, PORTAL, issuer=company.served.url)
    assert adam.post(here, do="change", name="Acme", client_id="us2").status_code == 303, adam.page
    (entry,) = company.entries("provider.changed")
    assert entry[2]["checked"] is True


def test_what_was_done_before_does_not_stand_beside_a_refusal(company: House) -> None:
    """A form goes to the address of its page, which names the sentence of the form before it."""
    adam = company.opened("adam")
    here = connected(adam, PORTAL)
    done = f"{here}?notice=notice_company_connected"
    assert 'class="notice"' in adam.get(done).text
    refused = adam.post(done, do="off", confirm="Wrong")
    assert (refused.status_code, 'class="notice"' in refused.text) == (422, False)


def test_a_provider_that_works_is_turned_on(company: House) -> None:
    adam = company.opened("adam")
    here = connected(adam, PORTAL, issuer=company.served.url)
    adam.post(here, do="off", confirm="Acme")
    assert adam.post(here, do="on").headers["location"] == f"{here}?notice=notice_company_on"
    assert provider_of(company, here).disabled_at is None


def test_other_servers_are_asked_ten_times_a_minute(company: House) -> None:
    adam = company.opened("adam")
    here = connected(adam, PORTAL, issuer=company.served.url)
    for _ in range(10):
        assert adam.post(here, do="check").status_code == 200
    assert "ten times within a minute" in adam.post(here, do="check").text
    adam.post(here, do="name", domain="acme.example")
    RECORDS.update([(name, [value]) for name, value in [record_on(adam.get(here).text, "acme.example")]])
    assert adam.post(here, do="prove", domain="acme.example").status_code == 422
    company.clock.turn(61)
    assert adam.post(here, do="prove", domain="acme.example").status_code == 303


def test_a_domain_of_staff_leads_nowhere(company: House) -> None:
    """Olga's address is in it; and who has an address in a domain that leads elsewhere is given no role of staff."""
    adam = company.opened("adam")
    here = connected(adam, PORTAL, issuer=company.served.url)
    for domain in ("example.com", "acme.example"):
        adam.post(here, do="name", domain=domain)
        RECORDS.update([(name, [value]) for name, value in [record_on(adam.get(here).text, domain)]])
    refused = adam.post(here, do="prove", domain="example.com")
    assert (refused.status_code, "own staff" in refused.text) == (422, True)
    assert adam.post(here, do="prove", domain="acme.example").status_code == 303
    olga = company.opened("olga")
    address = ("ann@acme.example",)
    change(company.served.database, lambda tx: rename_user(tx, UserId("u-ann"), "ann@example.com", address))
    page = olga.post("/console/users/u-ann/role", role="auditor", confirm="Ann")
    assert (page.status_code, "could not sign in here" in page.text) == (422, True)


def test_a_domain_of_another_customer_stays_theirs(company: House) -> None:
    bring(company, B, "p-b")
    theirs = ProviderDomain(ProviderId("p-b"), "acme.example", "x", NOW, NOW)
    change(company.served.database, lambda tx: named(tx, theirs))
    adam = company.opened("adam")
    here = connected(adam, PORTAL, issuer=company.served.url)
    adam.post(here, do="name", domain="acme.example")
    name, value = record_on(adam.get(here).text, "acme.example")
    RECORDS[name] = [value]
    refused = adam.post(here, do="prove", domain="acme.example")
    assert (refused.status_code, "leads to another provider already" in refused.text) == (422, True)


async def named(tx: Writer, row: ProviderDomain) -> None:
    await add_domain(tx, row)
