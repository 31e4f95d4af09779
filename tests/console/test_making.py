"""Things made at the console and at the command line by one description, over HTTP on both engines."""

import json
import re

import httpx2

from hoistway.applications.apis import PORTAL
from hoistway.protocol.ids import ApiId, ClientId, UserId
from hoistway.store.apis import find_api
from hoistway.store.clients import find_client, put_client
from hoistway.store.consents import add_consent
from hoistway.store.customers import find_customer
from hoistway.things.making import RESERVED
from tests.console.test_console import events
from tests.console.two import trail
from tests.portal.asking import said
from tests.portal.signing_in import Visitor
from tests.server import Served, change, serving
from tests.store.test_schema import on
from tests.world import NOW, A, client


def operator(served: Served, lang: str = "en") -> Visitor:
    return Visitor(served.url, lang).sign_in("olga")


def test_a_customer_is_made_shown_and_changed(served: Served) -> None:
    olga = operator(served)
    assert "/console/customers/new" in olga.get("/console/customers").text
    refused = olga.post("/console/customers/new", id="sandbox", name="<i>x</i>")
    assert refused.status_code == 422
    assert "simulated customer" in refused.text
    assert "&lt;i&gt;x&lt;/i&gt;" in refused.text, "what was typed stays"
    for taken in ("c-a", *RESERVED, "two words", "", "x" * 101):
        assert olga.post("/console/customers/new", id=taken, name="Name").status_code == 422, taken
    made = olga.post("/console/customers/new", id="c-made", name="Made")
    assert (made.status_code, made.headers["location"]) == (303, "/console/customers/c-made?notice=notice_made")
    assert "It was added." in olga.get(made.headers["location"]).text
    assert olga.post("/console/customers/c-made", do="change", name="Renamed").status_code == 303
    row = on(served.database, lambda db: find_customer(db, "c-made"))  # type: ignore[arg-type]
    assert row is not None
    assert row.name == "Renamed"
    assert json.loads(events(served, "customer.added")[0])["id"] == "c-made"
    olga.close()


def test_what_is_wrong_is_said_in_german(served: Served) -> None:
    olga = operator(served, "de")
    page = olga.post("/console/customers/new", id="", name="").text
    assert "Geben Sie 1 bis 200 druckbare Zeichen an." in page
    olga.close()


def test_kinds_that_are_not_made_here_have_no_such_page(served: Served) -> None:
    olga = operator(served)
    assert olga.get("/console/nothing/new").status_code == 404
    olga.close()


def shown_once(page: str) -> list[str]:
    """What a page says only this time."""
    return re.findall(r'data-copy="([^"]+)"', page)


def test_a_person_is_made_signs_in_and_gets_and_loses_places(served: Served) -> None:
    olga = operator(served)
    new = {"username": "mara@example.com", "name": "Mara", "customer": "c-a"}
    for wrong, field in (({"customer": "c-x"}, "customer"), ({"username": "ANN@example.com"}, "username")):
        refused = olga.post("/console/users/new", **{**new, **wrong})
        assert refused.status_code == 422
        assert f'id="{field}-problem"' in refused.text
        assert 'value="Mara"' in refused.text
    made = olga.post("/console/users/new", **new)
    assert made.status_code == 200
    address = re.findall(r'href="(/console/users/[^"]+)"', made.text)[-1]
    (password,) = shown_once(made.text)
    assert password not in olga.get(address).text
    places = f"{address}/customers"
    assert "c-a" in olga.get(places).text
    refused = olga.post(places, do="give", customer="c-b", role="member", sites="nothing", units="")
    assert (refused.status_code, 'id="sites-problem"' in refused.text) == (422, True)
    wanted = {"customer": "c-b", "role": "member", "sites": "c-b-s1", "units": "US-c-b-21"}
    assert olga.post(places, do="give", **wanted).status_code == 303
    chosen = olga.get(f"{places}?customer=c-b").text
    assert ">c-b-s1</textarea>" in chosen
    assert ">US-c-b-21</textarea>" in chosen
    assert olga.post(places, do="end", customer="c-b", confirm="c-a").status_code == 422
    assert olga.post(places, do="end", customer="c-b", confirm="c-b").status_code == 303
    assert olga.post(places, do="end", customer="c-b", confirm="c-b").status_code == 422
    for event in ("user.added", "membership.changed", "membership.removed"):
        assert events(served, event), event
    olga.close()


def test_the_only_administrator_stays(served: Served) -> None:
    olga = operator(served)
    places = "/console/users/u-adam/customers"
    assert olga.post(places, do="end", customer="c-a", confirm="c-a").status_code == 422
    assert "only administrator" in olga.page
    assert olga.post(places, do="give", customer="c-a", role="member", sites="", units="").status_code == 422
    olga.close()


def test_a_technical_account_and_its_daemon_are_made_and_get_a_token(served: Served) -> None:
    olga = operator(served)
    made = olga.post("/console/accounts/new", username="night", name="Night run", customer="c-a")
    assert made.status_code == 200
    assert len(shown_once(made.text)) == 1
    wanted = {"name": "Night run", "type": "daemon", "customer": "c-a", "account": "night", "scopes": "units.read"}
    for wrong, field in (
        ({"account": ""}, "account"), ({"account": "nobody"}, "account"), ({"customer": "c-b"}, "account"),
        ({"scopes": "nothing.read"}, "scopes"), ({"type": "web"}, "account"), ({"type": "robot"}, "type"),
        ({"redirect_uris": "http://evil.example/"}, "redirect_uris"), ({"redirect_uris": "com.example.app:/cb"}, "redirect_uris"),
    ):  # fmt: skip
        refused = olga.post("/console/applications/new", **{**wanted, **wrong})
        assert (refused.status_code, f'id="{field}-problem"' in refused.text) == (422, True), wrong
    made = olga.post("/console/applications/new", **wanted, id="night-run")
    assert made.status_code == 200
    own_id, secret = shown_once(made.text)
    assert own_id == "night-run"
    form = {
        "grant_type": "client_credentials",
        "client_id": "night-run",
        "client_secret": secret,
        "scope": "units.read",
    }
    assert httpx2.post(f"{served.url}/oauth2/token", data=form, timeout=30).status_code == 200
    olga.close()


def test_user_names_of_applications_accounts_are_not_given_by_hand(served: Served) -> None:
    olga = operator(served)
    for name in ("app-mine", "APP-mine"):
        refused = olga.post("/console/accounts/new", username=name, name="", customer="c-a")
        assert refused.status_code == 422, name
        assert "begin with app-" in refused.text
    olga.close()


def test_addresses_scopes_and_exceptions_of_an_application_change(served: Served) -> None:
    olga = operator(served)
    page = "/console/applications/new"
    made = olga.post(page, name="Board", type="single-page", redirect_uris="https://board.example/cb", id="board")
    assert made.headers["location"].startswith("/console/applications/board")
    here = "/console/applications/board"
    now = {
        "fields": "redirect_uris post_logout_uris scopes exceptions account backchannel_logout_uri", "do": "change", "name": "Board",
        "consent": "asked", "redirect_uris": "https://board.example/cb",
    }  # fmt: skip
    for wrong in (
        {"redirect_uris": "com.example.app:/cb"}, {"scopes": "nothing"}, {"exceptions": "implicit 2001-01-01 Old"},
        {"exceptions": "no_pkce 2099-01-01 Old"}, {"exceptions": "robot 2099-01-01 Old"}, {"account": "sa-a"},
        {"exceptions": "implicit 2099-01-01"}, {"backchannel_logout_uri": "https://10.0.0.1/out"},
    ):  # fmt: skip
        refused = olga.post(here, **{**now, **wrong})
        assert (refused.status_code, f'id="{next(iter(wrong))}-problem"' in refused.text) == (422, True), wrong
    line = "implicit 2099-01-01 The old page stays until then"
    wanted = {
        "scopes": "units.read",
        "exceptions": line,
        "redirect_uris": "https://board.example/cb\nhttps://b.example/",
        "backchannel_logout_uri": "https://board.example/out",
    }
    assert olga.post(here, **{**now, **wanted}).status_code == 303
    row = on(served.database, lambda db: find_client(db, ClientId("board")))
    assert row is not None
    assert (row.redirect_uris, row.scopes) == (("https://board.example/cb", "https://b.example/"), ("units.read",))
    assert [(one.kind, one.reason) for one in row.exceptions] == [("implicit", "The old page stays until then")]
    assert "id_token" in row.response_types
    assert row.backchannel_logout_uri == "https://board.example/out"
    assert f">{line}</textarea>" in olga.get(here).text
    olga.close()


def test_flows_of_an_application_change(served: Served) -> None:
    olga, here = operator(served), "/console/applications/flowing"
    made = {"id": "flowing", "name": "Flowing", "type": "single-page", "redirect_uris": "https://f.example/"}
    assert olga.post("/console/applications/new", **made).status_code == 303

    def changed(*flows: str, **more: str) -> httpx2.Response:
        olga.get(here)
        ticked = {f"flows_{flow}": "yes" for flow in flows}
        return olga.post(here, do="change", fields="flows", name="Flowing", consent="asked", **ticked, **more)

    def stored() -> tuple[tuple[str, ...], tuple[str, ...]]:
        row = on(served.database, lambda db: find_client(db, ClientId("flowing")))
        assert row is not None
        return row.grants, row.response_types

    assert 'name="flows_refresh_token" value="yes" checked' in olga.get(here).text
    assert changed("authorization_code").status_code == 303
    assert stored() == (("authorization_code",), ("code",))
    for wrong, sentence in (
        ((), "Choose one flow"), (("client_credentials",), "are for daemons"), (("refresh_token",), "go on with"),
    ):  # fmt: skip
        refused = changed(*wrong)
        assert (refused.status_code, 'id="flows-problem"' in refused.text) == (422, True), wrong
        assert sentence in said(refused.text)
    assert changed("authorization_code", "implicit").status_code == 303
    assert stored() == (("authorization_code",), ("code", "token", "id_token", "id_token token"))
    assert changed("implicit", "robot").status_code == 303
    assert stored() == ((), ("token", "id_token", "id_token token"))
    ((_, detail), *_) = trail(served, "application.changed")
    assert (detail["before"]["flows"], detail["after"]["flows"]) == ("authorization_code\nimplicit", "implicit")
    olga.get(here)
    session = {"fields": "backchannel_logout_session_required", "backchannel_logout_session_required": "yes"}
    assert olga.post(here, do="change", name="Flowing", consent="asked", **session).status_code == 303
    row = on(served.database, lambda db: find_client(db, ClientId("flowing")))
    assert row is not None
    assert row.backchannel_logout_session_required is True
    assert stored() == ((), ("token", "id_token", "id_token token")), "not on that form, so it stays"
    daemon = "/console/applications/daemon"
    olga.get(daemon)
    refused = olga.post(
        daemon, do="change", fields="flows", name="Daemon", consent="asked", flows_authorization_code="yes"
    )
    assert "Nobody signs in to a daemon" in said(refused.text)
    olga.close()


def test_an_address_for_logout_tokens_on_this_machine_follows_the_setting(served: Served) -> None:
    given = {"fields": "backchannel_logout_uri", "backchannel_logout_uri": "http://localhost:8123/out", "do": "change"}
    wanted = {**given, "name": "SPA", "consent": "implied"}
    olga = operator(served)
    assert olga.post("/console/applications/spa", **wanted).status_code == 422
    olga.close()
    with serving(served.database, outbound_loopback=True) as near:
        olga = operator(near)
        assert olga.post("/console/applications/spa", **wanted).status_code == 303
        olga.close()


def test_a_site_a_unit_and_its_customers_are_made(served: Served) -> None:
    olga = operator(served)
    assert olga.post("/console/sites/new", id="s-new", name="Tower", country="Germany").status_code == 422
    assert olga.post("/console/sites/new", id="s-new", name="Tower", country="de", city="Berlin").status_code == 303
    unit = {"id": "US-new", "site_id": "s-new", "customer_id": "c-a", "role": "owner", "equipment_type": "elevator"}
    for wrong, field in (
        ({"site_id": "s-x"}, "site_id"), ({"customer_id": "c-x"}, "customer_id"), ({"id": "US-c-a-10"}, "id"),
        ({"capacity_kg": "many"}, "capacity_kg"), ({"role": "thief"}, "role"),
    ):  # fmt: skip
        refused = olga.post("/console/units/new", **{**unit, **wrong})
        assert (refused.status_code, f'id="{field}-problem"' in refused.text) == (422, True), wrong
    assert olga.post("/console/units/new", **unit, capacity_kg="630").status_code == 303
    seen = "/console/units/US-new/customers"
    assert olga.post(seen, do="give", customer="c-b", role="manager", number="17").status_code == 303
    assert 'value="17"' in olga.get(f"{seen}?customer=c-b").text
    assert olga.post(seen, do="end", customer="c-b", confirm="c-b").status_code == 303
    assert events(served, "unit.granted")
    assert events(served, "unit.revoked")
    olga.close()


def test_an_api_is_made(served: Served) -> None:
    olga = operator(served)
    api = {"id": "doors", "name": "Doors", "audience": "urn:doors", "token_lifetime": "600", "signing_alg": "ES256"}
    for wrong in ("doors.open", "units.read=Taken already", "a b=Blank", ""):
        assert olga.post("/console/apis/new", **api, scopes=wrong).status_code == 422, wrong
    assert olga.post("/console/apis/new", **api, scopes="doors.open=Open doors").status_code == 303
    assert "doors.open: Open doors" in olga.get("/console/apis/doors").text
    olga.close()


def scopes_of(served: Served, api_id: str) -> list[str]:
    row = on(served.database, lambda db: find_api(db, ApiId(api_id)))
    assert row is not None
    return [f"{one.name}={one.description}" for one in row.scopes]


def test_scopes_of_an_api_are_added_reworded_and_taken_away(served: Served) -> None:
    olga, here = operator(served), "/console/apis/gates"
    first = {"id": "gates", "name": "Gates", "audience": "urn:gates", "token_lifetime": "600", "signing_alg": "ES256"}
    assert olga.post("/console/apis/new", **first, scopes="gates.open=Open gates").status_code == 303

    def changed(scopes: str) -> httpx2.Response:
        olga.get(here)
        now = {"fields": "scopes", "do": "change", "name": "Gates", "token_lifetime": "600", "signing_alg": "ES256"}
        return olga.post(here, **now, scopes=scopes)

    two = "gates.open=Open and close gates\ngates.see=See gates"
    assert changed(two).status_code == 303
    assert scopes_of(served, "gates") == two.splitlines()
    ((_, detail),) = trail(served, "api.changed")
    assert detail["after"] == {"scopes": two}
    app = {"id": "gatekeeper", "name": "Gatekeeper", "type": "web", "scopes": "gates.see"}
    assert olga.post("/console/applications/new", **app).status_code == 200
    for wrong, sentence in (
        ("gates.open=Open gates", "take it from them first"), ("", "Give 1 to"), ("gates.open", "NAME=description"),
        (f"{two}\nunits.read=Of another API", "units.read"), (f"{two}\nopenid=Of OpenID", "openid"),
        (f"{two}\ngates.see=Again", "each once"), (f"{two}\na b=Blank", "NAME=description"),
    ):  # fmt: skip
        refused = changed(wrong)
        assert (refused.status_code, 'id="scopes-problem"' in refused.text) == (422, True), wrong
        assert sentence in said(refused.text), wrong
    assert scopes_of(served, "gates") == two.splitlines()
    consent, portal_row = (
        {(ApiId("gates"), "gates.see")},
        client(PORTAL, "single-page", scopes=("openid", "gates.open", "gates.see")),
    )
    change(served.database, lambda tx: put_client(tx, portal_row))
    change(served.database, lambda tx: add_consent(tx, UserId("u-ann"), ClientId("gatekeeper"), A, consent, NOW))
    olga.get("/console/applications/gatekeeper")
    kept = {"fields": "scopes", "do": "change", "name": "Gatekeeper", "consent": "asked"}
    assert olga.post("/console/applications/gatekeeper", **kept).status_code == 303
    assert changed("gates.open=Open gates").status_code == 303
    assert scopes_of(served, "gates") == ["gates.open=Open gates"]
    portal = on(served.database, lambda db: find_client(db, PORTAL))
    assert portal is not None
    assert portal.scopes == ("openid", "gates.open"), "it holds the scopes of all APIs"
    refused = changed(two)
    assert (refused.status_code, "is still being removed" in said(refused.text)) == (422, True)
    olga.close()


def test_scopes_that_the_customer_api_asks_for_stay(served: Served) -> None:
    olga, here = operator(served), "/console/apis/customer-api"
    lines = scopes_of(served, "customer-api")
    kept = [line for line in lines if not line.startswith("units.read=")]
    now = {"fields": "scopes", "do": "change", "name": "Customer API", "token_lifetime": "3600", "signing_alg": "ES256"}
    olga.get(here)
    refused = olga.post(here, **now, scopes="\n".join(kept))
    assert "the Customer API itself asks for this scope" in said(refused.text)
    assert scopes_of(served, "customer-api") == lines
    olga.close()
