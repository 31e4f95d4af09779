"""Each rule has three ways in, and says the same at each: a program, a page of the console, a command. Nothing is written."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from msgspec import Struct

from hoistway.authn.passwords import random_digest
from hoistway.grants.new_password import add_password
from hoistway.manage.registry import OPERATIONS
from hoistway.protocol.ids import ClientId, ProductId, RequestId, ServiceAccountId, SubscriptionId, UserId
from hoistway.protocol.manage_scopes import SCOPES
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.db import Writer
from hoistway.store.products import add_product
from hoistway.store.requests import Request, add_request
from hoistway.store.service_accounts import find_service_account
from hoistway.store.subscriptions import Subscription, add_subscription
from tests.attacks.overtaken import differences, everything
from tests.cli.running import manage, run
from tests.limits.selling import product
from tests.manage.program import Program, daemon, hire
from tests.portal.signing_in import Visitor
from tests.server import Served, change
from tests.world import NOW, TENANT, TENANT_NAME, A

DELETES = "No command deletes: what it made is disabled."
OF_FILES = "`hoistway unit import` alone makes and changes units; it reads rows by things/unit_rows, as the other two."
NO_EMPTY_NAME = "`hoistway subscription add` reads the name by the same products/ordering.read_order; this test's lines can't say an empty word."
ADDS_OTHERWISE = (
    "`hoistway product add` says that the id is taken as every command does (commands/context.conflict_of)."
)
NO_REASON = (
    "`hoistway subscription suspend` has --message, which may be left out: who has the database needs to tell nobody."
)
NO_OWNER = "`hoistway app give` says which customer there is none of as every command does."
NO_REQUESTS = "No command decides about requests: they are a conversation between people."
BESIDE = "`hoistway site add` has the checks of the command line beside (ADR 34)."


class Rule(Struct, frozen=True):
    """`body` goes to `path` of the API, `form` to the page of the same name at the console; `command` is the line, or why
    there is none, `code` its exit code: 1 where the database tells. `says` stands in each answer."""

    says: str
    path: str
    body: Mapping[str, Any] | None
    form: Mapping[str, str]
    command: str
    page: str = ""
    method: str = "POST"
    needs: int = 422
    code: int = 2


WRITTEN = {
    "audit",
    "customers",
    "sites",
    "units",
    "unit_access",
    "unit_removals",
    "memberships",
    "clients",
    "users",
    "apis",
    "tenants",
    "products",
    "subscriptions",
    "subscription_keys",
    "requests",
    "messages",
    "client_secrets",
    "service_accounts",
    "tenant_connections",
    "links",
}
PRODUCT = {"name": "X", "description": "X", "apis": ["customer-api"]}
OLD = {
    "token_endpoint": "http://old.example/", "client_id": "app", "scope": "openid", "until": "2090-01-01", "wrong_per_account": 3,
}  # fmt: skip
OLD_TYPED = {
    "endpoint": "http://old.example/", "client_id": "app", "scope": "openid", "ends_at": "2090-01-01", "wrong_per_account": "3",
}  # fmt: skip
SOLD = {
    "name": "X",
    "description": "X",
    "apis_customer-api": "yes",
    "approval": "automatic",
    "key_use": "required",
    "rate_calls": "",
    "quota_calls": "",
    "keys_now": "yes",
}
SUBSCRIPTION = Subscription(
    SubscriptionId("sub-1"), A, None, ProductId("sold"), None, "Mine", "active", "", "u-ann", None, NOW, NOW, NOW, NOW
)
REQUEST = Request(
    RequestId("req-1"), A, UserId("u-ann"), "application", "Asked", "web", ("https://a.example/x",), "Why not.",
    ("code", "implicit"), "Kiosks.", "production", "submitted", None, NOW, NOW,
)  # fmt: skip
ORDER = {"customer_id": "c-a", "name": "X"}
API = {"id": "x", "name": "X", "audience": "https://x.example"}
APP = {"name": "X", "type": "web"}
NAMED = {"id": "c-x", "name": "X"}
UNIT = {"id": "u-x", "site_id": "c-a-s1", "customer_id": "c-a"}
RULES: Mapping[str, Rule] = {
    "an id has no blanks": Rule(
        "without blanks", "/customers", NAMED | {"id": "two words"}, NAMED | {"id": "two words"}, "customer add 'two words' --name X"
    ),
    "an id is no page's": Rule("new", "/customers", NAMED | {"id": "new"}, NAMED | {"id": "new"}, "customer add new --name X"),
    "the simulated customer is the server's": Rule(
        "simulated customer", "/customers", NAMED | {"id": "sandbox"}, NAMED | {"id": "sandbox"}, "customer add sandbox --name X"
    ),
    "an id is one thing's": Rule(
        "taken", "/customers", NAMED | {"id": "c-a"}, NAMED | {"id": "c-a"}, "customer add c-a --name X", needs=409, code=1
    ),
    "a country has two letters": Rule(
        "two letters", "/sites", NAMED | {"country": "Germany"}, NAMED | {"country": "Germany"}, BESIDE
    ),
    "a unit stands in a site that exists": Rule(
        "nowhere", "/units", UNIT | {"site_id": "nowhere"}, UNIT | {"site_id": "nowhere"}, OF_FILES
    ),
    "a unit is seen by a customer that exists": Rule(
        "nobody", "/units", UNIT | {"customer_id": "nobody"}, UNIT | {"customer_id": "nobody"}, OF_FILES
    ),
    "a weight is a whole number": Rule(
        "0 to 999999", "/units", UNIT | {"capacity_kg": -1}, UNIT | {"capacity_kg": "-1", "role": "owner", "equipment_type": "elevator"},
        OF_FILES,
    ),
    "a customer that does not exist sees nothing": Rule(
        "nobody", "/units/US-c-a-10/access/nobody", {}, {"do": "give", "customer": "nobody", "role": "owner"}, OF_FILES,
        page="/console/units/US-c-a-10/customers", method="PUT",
    ),
    "a user name is one account's": Rule(
        "taken", "/accounts", {"username": "daemon-a", "customer_id": "c-a"}, {"username": "daemon-a", "customer": "c-a"},
        "service-account add daemon-a --customer c-a", needs=409, code=1,
    ),
    "names of accounts of applications are theirs": Rule(
        "begin with app-", "/accounts", {"username": "app-x", "customer_id": "c-a"}, {"username": "app-x", "customer": "c-a"},
        "service-account add app-x --customer c-a", code=1,
    ),
    "an application may ask for scopes that exist": Rule(
        "nothing.read", "/applications", APP | {"scopes": ["nothing.read"]}, APP | {"scopes": "nothing.read"},
        "app add --name X --type web --scope nothing.read", code=1,
    ),
    "scopes of the management API are for the operator's daemons": Rule(
        "daemons of the operator alone", "/applications", APP | {"scopes": ["manage.sites.read"]}, APP | {"scopes": "manage.sites.read"},
        "app add --name X --type web --scope manage.sites.read", code=1,
    ),
    "a person has a user name of their own": Rule(
        "taken", "/users", {"username": "ann@example.com", "name": "X"}, {"username": "ann@example.com", "name": "X"},
        "user add ann@example.com --name X", needs=409, code=1,
    ),
    "a customer keeps somebody who administers it": Rule(
        "only administrator", "/users/u-adam/memberships/c-a", {"role": "member"},
        {"do": "give", "customer": "c-a", "role": "member"}, "user join adam@example.com --customer c-a --role member",
        page="/console/users/u-adam/customers", method="PUT", code=1,
    ),
    "a scope is one API's": Rule(
        "units.read", "/apis", API | {"scopes": [{"name": "units.read", "description": "X"}]}, API | {"scopes": "units.read=X"},
        "api add x --name X --audience https://x.example --scope units.read=X", code=1,
    ),
    "a name leads to one tenant": Rule(
        TENANT_NAME, "/tenants", {"names": [TENANT_NAME], "policies": [{"name": "B2C_1_X", "kind": "ropc"}]},
        {"names": TENANT_NAME, "policies": "B2C_1_X=ropc"}, "`hoistway tenant add` adds its names to the tenant that is there.",
    ),
    "a product has an id that stands in addresses": Rule(
        "lower-case letters", "/products", PRODUCT | {"id": "Two"}, SOLD | {"id": "Two"},
        "product add Two --name X --description X --api customer-api",
    ),
    "a product is taken up once": Rule(
        "already", "/products", PRODUCT | {"id": "sold"}, SOLD | {"id": "sold"}, ADDS_OTHERWISE, needs=409,
    ),
    "a subscription opens APIs of its product": Rule(
        "does not include", "/subscriptions", ORDER | {"product_id": "sold", "api_id": "other"},
        {"product": "sold", "name": "X", "api": "other", "application": ""}, "subscription add c-a sold --name X --api other",
        page="/console/customers/c-a/subscriptions/new?product=sold", code=1,
    ),
    "a subscription has a name": Rule(
        "1 to 100", "/subscriptions", ORDER | {"product_id": "sold", "name": ""}, {"product": "sold", "name": "", "api": "", "application": ""},
        NO_EMPTY_NAME, page="/console/customers/c-a/subscriptions/new?product=sold", code=1,
    ),
    "who suspends a subscription says why": Rule(
        "message", "/subscriptions/sub-1/suspend", {"message": ""}, {"do": "suspend", "message": ""}, NO_REASON,
        page="/console/subscriptions/sub-1",
    ),
    "who refuses a request says why": Rule(
        "message", "/requests/req-1/reject", {"message": ""}, {"decision": "reject", "text": ""}, NO_REQUESTS,
        page="/console/requests/req-1",
    ),
    "legacy flows of a request have an end": Rule(
        "day", "/requests/req-1/approve", {}, {"decision": "approve", "text": "", "until": ""}, NO_REQUESTS,
        page="/console/requests/req-1",
    ),
    "an older system is asked at an https address": Rule(
        "https", f"/tenants/{TENANT}/connection", OLD, {"do": "connect", **OLD_TYPED},
        f"tenant connect {TENANT_NAME} --old-token-endpoint http://old.example/ --old-client-id app --old-scope openid --until 2090-01-01 "
        "--wrong-per-account 3",
        page=f"/console/tenants/{TENANT}/connection", method="PUT",
    ),
    "an application gets an owner that exists": Rule(
        "no customer", "/applications/web/owner", {"customer_id": "nobody"}, {"customer": "nobody", "confirm": "Web"}, NO_OWNER,
        page="/console/applications/web/owner", method="PUT",
    ),
    "an invitation goes to an address": Rule(
        "e-mail address", "/customers/c-a/invitations", {"address": "nobody"}, {"address": "nobody", "role": "member", "language": "en"},
        "user invite nobody --customer c-a", page="/console/customers/c-a/invitations",
    ),
    "an application has two secrets at the most": Rule(
        "two secrets", "/applications/web/secrets", {}, {"do": "make", "lifetime": "0"}, "app secret add web",
        page="/console/applications/web/secrets", needs=409, code=1,
    ),
    "a technical account has two passwords at the most": Rule(
        "two passwords", "/accounts/sa-a/passwords", {}, {"do": "add", "lifetime": "0"}, "service-account add-password sa-a",
        page="/console/accounts/sa-a/passwords", needs=409, code=1,
    ),
    "a legacy flow is lent until a day to come": Rule(
        "future", "/applications/ropc-off/exceptions", {"items": [{"flow": "password", "ends_on": "2001-01-31", "reason": "x"}]},
        {"do": "change", "exceptions": "password 2001-01-31 x"}, "app allow ropc-off password --reason x --ends 2001-01-31",
        page="/console/applications/ropc-off", method="PUT",
    ),
    "a person is disabled before they are erased": Rule(
        "disable", "/users/u-ann/erase", None, {"confirm": "Ann"}, "user erase ann@example.com --yes",
        page="/console/users/u-ann/data", needs=409, code=1,
    ),
    "what something refers to stays": Rule(
        "application", "/customers/c-a", None, {"do": "delete", "confirm_delete": "Customer c-a"}, DELETES,
        page="/console/customers/c-a", method="DELETE", needs=409,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def ways(served: Served) -> Iterator[tuple[Program, Visitor]]:
    hire(served.database, daemon())

    async def sell(tx: Writer) -> None:
        await add_product(tx, product("sold"))
        await add_subscription(tx, SUBSCRIPTION)
        await add_request(tx, REQUEST)
        await add_secret(tx, ClientSecret("further", ClientId("web"), b"x" * 32, "hws_", NOW))
        account = await find_service_account(tx, ServiceAccountId("sa-a"))
        assert account is not None
        await add_password(tx, account, "second", random_digest(), NOW, None)

    change(served.database, sell)
    program, olga = Program(served), Visitor(served.url).sign_in("olga")
    yield program, olga
    program.http.close()
    olga.close()


def world(served: Served) -> Any:
    found: list[Any] = []

    async def work(tx: Writer) -> None:
        found.append(await everything(tx))

    change(served.database, work)
    return found[0]


@pytest.mark.parametrize("name", RULES)
def test_a_rule(name: str, served: Served, ways: tuple[Program, Visitor], monkeypatch: pytest.MonkeyPatch) -> None:
    rule, (program, olga) = RULES[name], ways
    before = world(served)
    said = program.ask(rule.method, rule.path, rule.needs, rule.body, if_match="*").json()
    assert rule.says.lower() in said["detail"].lower(), said
    page = sent(olga, rule)
    assert page.status_code == 422
    assert rule.says.lower() in html.unescape(page.text).lower(), page.text
    if not rule.command.endswith("."):
        manage(monkeypatch, served)
        words = [word.strip("'") for word in _split(rule.command)]
        done = run(*words, code=rule.code)
        assert rule.says.lower() in " ".join(done.output.split()).lower(), done.output
    assert differences(before, world(served)).keys() & WRITTEN == set()


def sent(olga: Visitor, rule: Rule) -> httpx2.Response:
    """The form of the page, which shows what the query chooses."""
    path = rule.page or f"/console{rule.path}/new"
    if "?" not in path:
        return olga.post(path, **rule.form)
    olga.get(path)
    return olga.http.post(path, data={"csrf": olga.tokens[path.partition("?")[0]], **rule.form})


def _split(line: str) -> list[str]:
    head, _, rest = line.partition("'")
    quoted, _, tail = rest.partition("'")
    return [*head.split(), *([quoted] if quoted else []), *tail.split()]


NO_RULE = {
    "keys": "What a key may be is what a subscription may be: products/subscribing.regenerate stands behind all three.",
    "proposals": "A program withdraws what it proposed; people approve and refuse, and the command line needs no second.",
    "bulk": "Its lines are the requests that stand here.",
}


def test_every_noun_that_is_changed_has_a_rule() -> None:
    found = set()
    for rule in RULES.values():
        for one in OPERATIONS:
            if one.method == rule.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one.path), rule.path):
                found.add(one.scope.split(".")[1])
    changed = {scope.split(".")[1] for scope in SCOPES if scope.endswith(".write")}
    assert changed - found == NO_RULE.keys()
