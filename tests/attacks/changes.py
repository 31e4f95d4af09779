"""Every change that portal and console can make, as the form that asks for it; and what may overtake each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.portal.pictures import png
from tests.world import PASSWORD, TENANT, TENANT_NAME


@dataclass(frozen=True)
class Case:
    """`page` shows the form, which is sent to `path`, a path of the route `route`. `overtaken` are keys of OVERTAKING (see
    overtaking.py) besides those that end what the person may do at all. `writes` is False for a form that only shows. What a
    script sends borrows the fields of the form that is sent to `borrowed`."""

    route: str
    path: str
    page: str
    form: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    overtaken: tuple[str, ...] = ()
    writes: bool = True
    borrowed: str | None = None

    @property
    def name(self) -> str:
        return f"{self.path} {' '.join(self.form.get(name, '') for name in ('do', 'decision', 'environment'))}".strip()


ADDRESS_LINK = "a" * 43
"""The secret of a link by which Adam takes a new address."""
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
APP, GIVEN = "/portal/applications/app", ("application given away", "application switched off")
NEW = "/portal/applications/new"
DAEMON = {
    "environment": "production", "name": "Night run", "type": "daemon", "purpose": "Reads our units at night.", "account": "sa-a",
}  # fmt: skip
SUB = "/portal/subscriptions/s-live"
WAIT = "/portal/subscriptions/s-wait"
ASK = {
    "name": "Harbour dashboard",
    "type": "single-page",
    "redirect_uris": "http://127.0.0.1:8499/callback",
    "purpose": "Shows our lifts to our caretakers.",
}
PRODUCT = {
    "id": "p-new", "name": "New", "description": "A new product", "approval": "asked", "key_use": "required",
    "apis_customer-api": "yes",
}  # fmt: skip


def _app(rest: str, overtaken: tuple[str, ...] = (), files: Mapping[str, bytes] | None = None, **form: str) -> Case:
    path = "secrets/{secret_id}" if rest.startswith("secrets/") else rest
    return Case(
        f"/portal/applications/{{client_id}}/{path}", f"{APP}/{rest}", APP, form, files or {}, (*GIVEN, *overtaken)
    )


def _sub(path: str, rest: str, *overtaken: str, **form: str) -> Case:
    return Case(f"/portal/subscriptions/{{id}}/{rest}", f"{path}/{rest}", path, form, overtaken=overtaken)


def _person(**form: str) -> Case:
    here = "/portal/people/u-ann"
    return Case("/portal/people/{user_id}", here, here, form, overtaken=("member changed", "member removed"))


def _account(row_id: str, *overtaken: str, **form: str) -> Case:
    here = f"/portal/technical-accounts/{row_id}"
    return Case("/portal/technical-accounts/{id}", here, here, form, overtaken=overtaken)


def _company(root: str) -> tuple[Case, ...]:
    """The pages of a company's sign-in and directory, below `root`; at the console for the customer c-a."""
    route = root.replace("c-a", "{id}")
    directory, connect, page = f"{root}/directory", f"{root}/company-sign-in/new", f"{root}/company-sign-in/"
    provider, changed = f"{route}/company-sign-in/{{provider}}", ("provider changed",)

    def one(row_id: str, *overtaken: str, **form: str) -> Case:
        return Case(provider, page + row_id, page + row_id, form, overtaken=(*changed, *overtaken))

    new = {"name": "New", "issuer": "https://new.example", "client_id": "us", "secret": "s", "anyway": "yes"}
    return (
        Case(f"{route}/directory", directory, directory, {"do": "add"}),
        Case(
            f"{route}/directory", directory, directory, {"do": "end", "token": "t-a", "confirm": "hwd_abcd"},
            overtaken=("directory token ended",),
        ),
        Case(f"{route}/company-sign-in/new", connect, connect, new),
        one("p-on", do="change", name="Another"),
        one("p-on", do="off", confirm="On"),
        one("p-on", do="name", domain="more.example"),
        one("p-off", "domain removed", do="prove", domain="acme.example"),
        one("p-off", "domain removed", do="unname", domain="acme.example", confirm="acme.example"),
        one("p-off", do="on", anyway="yes"),
        one("p-off", do="remove", confirm="Off"),
    )  # fmt: skip


def _request(row_id: str, *overtaken: str, **form: str) -> Case:
    here = f"/portal/requests/{row_id}"
    return Case("/portal/requests/{request_id}", here, here, form, overtaken=overtaken)


PORTAL: tuple[Case, ...] = (
    Case(
        "/portal/customer",
        "/portal/customer",
        "/portal",
        {"customer": "c-b"},
        overtaken=("place elsewhere gone", "customer elsewhere disabled"),
    ),
    Case(
        "/portal/products/{id}/subscriptions",
        "/portal/products/p-auto/subscriptions",
        "/portal/products/p-auto",
        {"name": "Mine", "application": "app"},
        overtaken=(*GIVEN, "product disabled", "product changed"),
    ),
    _sub(SUB, "keys", "subscription suspended", slot="primary"),
    _sub(SUB, "name", "subscription suspended", name="Another"),
    _sub(SUB, "cancel", "subscription suspended", confirm="Live"),
    _sub(WAIT, "answer", "subscription rejected", answer="Because"),
    # Whoever is disabled or signed out meanwhile may still sign out.
    Case("/portal/sign-out", "/portal/sign-out", "/portal", writes=False),
    Case("/portal/inspector", "/portal/inspector", "/portal/inspector", {"token": "x.y.z"}, writes=False),
    Case("/portal/applications/new", NEW, NEW, {**ASK, "environment": "sandbox"}),
    Case("/portal/applications/new", NEW, NEW, {**ASK, "environment": "production"}),
    Case("/portal/applications/new", NEW, NEW, DAEMON, overtaken=("account disabled",)),
    Case("/portal/applications/check", "/portal/applications/check", NEW, writes=False, borrowed=NEW),
    _app("secrets"),
    _app("secrets/one", confirm="hws_abcd"),
    _app("addresses", redirect_uris="https://app.example/other", post_logout_uris=""),
    _app("addresses", ("addresses changed",), redirect_uris="https://new.example/cb", post_logout_uris=""),
    _app("logout", backchannel_logout_uri="https://app.example/logout"),
    _app("look", consent_text="What we do with it"),
    _app("logo", files={"logo": png()}),
    _app("logo", remove="yes"),
    _app("transfer", ("place elsewhere gone", "customer elsewhere disabled"), customer="c-b", transfer_confirm="App"),
    _app("off", off_confirm="App"),
    _person(do="change", role="administrator", reach="all"),
    _person(do="remove", confirm="Ann"),
    Case(
        "/portal/people/{user_id}",
        "/portal/people/u-ann",
        "/portal/people/u-ann",
        {"do": "change", "role": "member", "reach": "some", "look": "yes", "looked": "house"},
        writes=False,
    ),
    Case("/portal/sign-in", "/portal/sign-in", "/portal/sign-in", {"second_factor": "all"}),
    Case(
        "/portal/people/invite",
        "/portal/people/invite",
        "/portal/people/invite",
        {"address": "new@example.com", "role": "member", "reach": "all"},
    ),
    *(
        Case(
            "/portal/people/invitations/{id}",
            "/portal/people/invitations/i-1",
            "/portal/people",
            {"do": do},
            overtaken=("invitation used",),
        )
        for do in ("again", "withdraw")
    ),
    *_company("/portal"),
    Case(
        "/portal/technical-accounts", "/portal/technical-accounts", "/portal/technical-accounts", {"name": "Night run"}
    ),
    _account("sa-a", "account disabled", "account password changed", do="password", sure="yes"),
    _account(
        "sa-a", "account disabled", "account password changed", "account has two passwords", do="add", lifetime="90"
    ),
    _account("sa-a", "account disabled", "account password changed", do="end", password="first", unused="yes"),
    _account("sa-a", "account disabled", "account limited", do="addresses", addresses="203.0.113.0/24"),
    _account("sa-a", "account disabled", do="disable", confirm="daemon-a"),
    _account("sa-off", "account disabled by the operator", do="enable"),
    _request("r-asked", "request rejected", do="answer", text="For our caretakers"),
    _request("r-asked", "request rejected", do="withdraw"),
)


def _decision(row_id: str, *overtaken: str, **form: str) -> Case:
    here = f"/console/requests/{row_id}"
    return Case("/console/requests/{request_id}", here, here, form, overtaken=overtaken)


def _verdict(row_id: str, *overtaken: str, **form: str) -> Case:
    here = f"/console/subscriptions/{row_id}"
    return Case("/console/subscriptions/{id}", here, here, form, overtaken=overtaken)


def _product(**form: str) -> Case:
    return Case(
        "/console/products/{id}", "/console/products/p-auto", "/console/products/p-auto", form,
        overtaken=("product changed", "product disabled"),
    )  # fmt: skip


def _thing(word: str, row_id: str, title: str, **form: str) -> tuple[Case, ...]:
    here = f"/console/{word}/{row_id}"
    forms = ({"do": "change", **form}, {"do": "disable", "confirm": title})
    route = "/console/{word}/{id}"
    return tuple(Case(route, here, here, one, overtaken=(f"{word} changed",)) for one in forms)


def _new(word: str, *overtaken: str, **form: str) -> Case:
    here = f"/console/{word}/new"
    return Case("/console/{word}/new", here, here, form, overtaken=overtaken)


def _links(word: str, row_id: str, **form: str) -> Case:
    route, here = "/console/{word}/{id}/customers", f"/console/{word}/{row_id}/customers"
    page = f"{here}?customer={form['customer']}" if form["do"] == "end" else here
    return Case(route, here, page, form, overtaken=(f"{word} changed",))


def _password(word: str, row_id: str, **form: str) -> Case:
    here = f"/console/{word}/{row_id}/password"
    return Case("/console/{word}/{id}/password", here, here, form, overtaken=(f"{word} changed",))


def _invitations(*overtaken: str, **form: str) -> Case:
    route, here = "/console/customers/{id}/invitations", "/console/customers/c-a/invitations"
    return Case(route, here, here, form, overtaken=overtaken)


ENDED = ("request withdrawn",)
CONSOLE: tuple[Case, ...] = (
    _decision("r-new", *ENDED, "first approval", decision="approve"),
    _decision(
        "r-first",
        *ENDED,
        "second approval",
        "first approval taken back",
        "who approved first disabled",
        decision="approve",
    ),
    _decision("r-redirects", *ENDED, *GIVEN, decision="approve"),
    _decision("r-new", *ENDED, "first approval", decision="ask", text="Why?"),
    _decision("r-new", *ENDED, "first approval", decision="reject", text="No."),
    _verdict("s-new", "subscription withdrawn", "first approval of the subscription", do="approve"),
    _verdict(
        "s-first",
        "second approval of the subscription",
        "subscription asked about",
        "who approved first disabled",
        do="approve",
    ),
    _verdict("s-wait", "subscription rejected", do="reject", message="No."),
    _verdict("s-live", "subscription suspended", do="suspend", message="Too much."),
    _verdict("s-live", "subscription suspended", do="cancel", message="Too much."),
    Case(
        "/console/subscriptions/{id}/keys",
        "/console/subscriptions/s-live/keys",
        "/console/subscriptions/s-live/keys",
        {"slot": "primary"},
        overtaken=("subscription suspended",),
    ),
    Case(
        "/console/customers/{id}/subscriptions/new",
        "/console/customers/c-a/subscriptions/new",
        "/console/customers/c-a/subscriptions/new?product=p-auto",
        {"product": "p-auto", "name": "Made by hand", "application": "app", "api": ""},
        overtaken=("customer disabled", "product disabled", "product changed", *GIVEN),
    ),
    Case(
        "/console/act-for",
        "/console/act-for",
        "/console/act-for",
        {"customer": "c-a", "reason": "They asked for help on the telephone."},
        overtaken=("customer disabled",),
    ),
    Case("/console/act-for/end", "/console/act-for/end", "/portal"),
    Case("/console/keys", "/console/keys", "/console/keys"),
    Case(
        "/console/legacy",
        "/console/legacy",
        "/console/legacy",
        {"flow": "password", "start": f"{TOMORROW}T13:00", "minutes": "60"},
    ),
    Case("/console/legacy", "/console/legacy", "/console/legacy", {"do": "cancel", "id": "b-1"}),
    Case("/console/branding", "/console/branding", "/console/branding", {"name": "Other"}),
    Case("/console/branding/logo", "/console/branding/logo", "/console/branding", files={"logo": png()}),
    Case(
        "/console/users/{id}/role",
        "/console/users/u-ann/role",
        "/console/users/u-ann/role",
        {"role": "auditor", "confirm": "Ann"},
        overtaken=("users changed", "role changed"),
    ),
    Case(
        "/console/users/{id}/data",
        "/console/users/u-left/data",
        "/console/users/u-left/data",
        {"confirm": "Left"},
        overtaken=("person to be erased renamed", "person to be erased enabled"),
    ),
    Case("/console/users/{id}/data", "/console/users/u-left/data", "/console/users/u-left/data", {"do": "copy"}),
    Case(
        "/console/users/{id}/factors",
        "/console/users/u-adam/factors",
        "/console/users/u-adam/factors",
        {"confirm": "Adam", "reason": "Case 4711: phone lost"},
    ),
    *(
        Case("/console/changes/{id}", "/console/changes/ch-1", "/console/changes/ch-1", {"do": do}, overtaken=overtaken)
        for do, overtaken in (
            ("approve", ("change withdrawn", "who approved first disabled", "role of the change changed")),
            ("refuse", ("change withdrawn",)),
        )
    ),
    Case("/console/products/new", "/console/products/new", "/console/products/new", PRODUCT),
    _product(do="change", name="Another name"),
    _product(do="disable", confirm="Automatic"),
    _new("customers", id="c-new", name="New customer"),
    _new("users", username="new@example.com", name="New", customer="c-b"),
    _new("accounts", username="new", customer="c-b"),
    _new("applications", name="New", type="web", customer="c-b"),
    _new("apis", id="new-api", name="New", audience="urn:new", scopes="new.read=Read new things"),
    _new("sites", id="s-new", name="New"),
    _new("units", id="US-new", site_id="c-a-s1", customer_id="c-b"),
    _links("users", "u-ann", do="give", customer="c-b", role="member"),
    _links("users", "u-ann", do="end", customer="c-a", confirm="c-a"),
    _links("units", "US-c-a-10", do="give", customer="c-b", role="manager"),
    _links("units", "US-c-a-10", do="end", customer="c-a", confirm="c-a"),
    *_company("/console/customers/c-a"),
    _password("users", "u-ann", do="hand_over", confirm="Ann"),
    _password("users", "u-ann", do="send"),
    _password("users", "u-ann", do="end"),
    _password("accounts", "sa-a", do="hand_over", confirm="daemon-a"),
    _invitations(address="new@example.com", role="member", reach="all"),
    _invitations("invitation used", do="again", invitation="i-1"),
    _invitations("invitation used", do="withdraw", invitation="i-1"),
    Case(
        "/console/{word}/new/file",
        "/console/sites/new/file",
        "/console/sites/new/file",
        files={"file": b"id,name\ns-file,From a file\n"},
        writes=False,
    ),
    Case(
        "/console/{word}/{id}",
        "/console/sites/s-empty",
        "/console/sites/s-empty",
        {"do": "delete", "confirm_delete": "Empty"},
        overtaken=("something hung on it",),
    ),
    *(
        Case(
            "/console/accounts/{id}/passwords",
            "/console/accounts/sa-a/passwords",
            "/console/accounts/sa-a/passwords",
            form,
        )
        for form in (
            {"do": "add", "lifetime": "90"},
            {"do": "end", "password": "first", "unused": "yes"},
            {"do": "addresses", "addresses": "203.0.113.0/24"},
        )
    ),
    Case(
        "/console/users/{id}/applications",
        "/console/users/u-adam/applications",
        "/console/users/u-adam/applications",
        {"client": "app", "customer": "c-a"},
    ),
    Case(
        "/console/applications/{id}/owner",
        "/console/applications/app/owner",
        "/console/applications/app/owner",
        {"customer": "c-b", "confirm": "App"},
        overtaken=GIVEN,
    ),
    Case(
        "/console/applications/{id}/secrets",
        "/console/applications/app/secrets",
        "/console/applications/app/secrets",
        {"do": "make", "lifetime": "90"},
        overtaken=GIVEN,
    ),
    _new("tenants", names="other.example", policies="B2C_1_other=sign_in"),
    *(
        Case(
            "/console/tenants/{id}/connection",
            f"/console/tenants/{TENANT}/connection",
            f"/console/tenants/{TENANT}/connection",
            form,
            overtaken=("tenants changed", "tenant connected elsewhere"),
        )
        for form in (
            {
                "do": "connect",
                "endpoint": "https://old.example.com/token",
                "client_id": "app",
                "scope": "openid app",
                "ends_at": "2099-01-01",
                "wrong_per_account": "3",
            },
            {"do": "disconnect", "confirm": TENANT_NAME},
        )
    ),
    *_thing("tenants", TENANT, TENANT_NAME, names=f"{TENANT_NAME}\nother.example"),
    *_thing("customers", "c-b", "Customer c-b", name="Another"),
    *_thing("sites", "c-a-s1", "House 1 of c-a", city="Elsewhere"),
    *_thing("units", "US-c-a-10", "US-c-a-10", serial_number="4711"),
    *_thing("users", "u-ann", "Ann", emails="ann@example.org"),
    *_thing("accounts", "sa-a", "daemon-a", name="Another"),
    *_thing("applications", "app", "App", name="Another"),
    *_thing("apis", "customer-api", "Customer API", name="Another"),
)
ACCOUNT: tuple[Case, ...] = (
    Case(
        "/account/applications", "/account/applications", "/account/applications", {"client": "app", "customer": "c-a"}
    ),
    Case("/account/data", "/account/data", "/account/data"),
    Case(
        "/account/identities",
        "/account/identities",
        "/account/identities",
        {"do": "unlink", "provider": "p-on"},
    ),
    Case(
        "/account/profile",
        "/account/profile",
        "/account/profile",
        {"name": "Another", "language": "de"},
        overtaken=("own name changed",),
    ),
    Case(
        "/account/password",
        "/account/password",
        "/account/password",
        {"old": PASSWORD, "password": "another-horse-battery"},
        overtaken=("own password replaced",),
    ),
    *(
        Case("/account/factors", "/account/factors", "/account/factors", form)
        for form in (
            {"do": "rename_key", "key": "key-of-adam", "name": "Another"},
            {"do": "remove_key", "key": "key-of-adam"},
            {"do": "remove_codes"},
            {"do": "recovery"},
        )
    ),
    *(
        Case("/account/devices", "/account/devices", "/account/devices", form)
        for form in (
            {"do": "end", "session": "session-elsewhere"},
            {"do": "end_others"},
            {"do": "forget", "device": "device-of-adam"},
            {"do": "forget_all"},
        )
    ),
    Case(
        "/account/email",
        "/account/email",
        "/account/email",
        {"do": "ask", "address": "adam@elsewhere.example"},
        overtaken=("own address changed", "own domain proved"),
    ),
    Case("/account/email", "/account/email", "/account/email", {"do": "withdraw"}),
    Case(
        "/account/email/confirm",
        "/account/email/confirm",
        f"/account/email/confirm?link={ADDRESS_LINK}",
        overtaken=("own address changed", "own domain proved", "address link used", "address taken by another"),
    ),
)
CASES = (*PORTAL, *CONSOLE, *ACCOUNT)
