"""A person who has left a trace in every table that can hold one, and where they are found."""

import json
from typing import Any

from msgspec.structs import replace

from hoistway.protocol.ids import (
    ApiId,
    ClientId,
    FamilyId,
    ProductId,
    ProviderId,
    RequestId,
    SiteId,
    SubscriptionId,
    UnitId,
    UserId,
)
from hoistway.store.actor_uses import ActorUse, add_actor_uses
from hoistway.store.application_sessions import ApplicationSession, add_application_session
from hoistway.store.audit import Entry, add_entry
from hoistway.store.brownouts import Brownout, add_brownout
from hoistway.store.carried_accounts import ToCarry, add_waiting
from hoistway.store.clients import LegacyException, find_client, put_client
from hoistway.store.codes import Agreed, Code, add_code
from hoistway.store.consents import add_consent
from hoistway.store.db import Database, Writer
from hoistway.store.families import Family, add_family
from hoistway.store.filling import fill_tables
from hoistway.store.flow_uses import count_flow_use
from hoistway.store.handed_over import put_handed_over
from hoistway.store.identities import Identity, add_identity
from hoistway.store.kept_forms import put_kept_form
from hoistway.store.known_browsers import KnownBrowser, add_browser
from hoistway.store.links import Link, add_link
from hoistway.store.memberships import Membership, put_membership
from hoistway.store.messages import Message, add_message
from hoistway.store.one_time_codes import OneTimeCodes, put_one_time_codes
from hoistway.store.outbox import Mail, add_mail
from hoistway.store.passkeys import Passkey, add_passkey
from hoistway.store.products import Product, add_product
from hoistway.store.proposals import Proposal, add_proposal
from hoistway.store.provider_sessions import ProviderSession, add_provider_session
from hoistway.store.providers import Provider, add_provider
from hoistway.store.recovery_codes import replace_recovery_codes
from hoistway.store.remembered_devices import Device, add_device
from hoistway.store.requests import Request, add_request
from hoistway.store.scim_people import Pushed, add_pushed
from hoistway.store.scim_tokens import ScimToken, add_scim_token
from hoistway.store.sessions import Session, add_session
from hoistway.store.sign_in_names import SignInName, add_sign_in_name
from hoistway.store.subscriptions import Subscription, add_subscription
from hoistway.store.tenants import put_tenant
from hoistway.store.used_forms import add_used_form, lead_used_form
from hoistway.store.users import User, add_user
from hoistway.tokens.vault import Vault
from tests.attacks.overtaken import everything
from tests.server import MASTER_KEY
from tests.store.test_schema import on
from tests.world import DIGEST, FAR, NOW, A

ID = UserId("7f0c9f5e-4f0e-4b7a-9c0b-5d3f1c2a9e11")
TENANT = "5e1f0c7a-3d2b-4f60-8a9c-7b6d5e4f3a21"
PERSON = User(
    ID, "w.ohnesorg", "Wilhelmina Ohnesorg", ("wilhelmina@ohnesorg.example", "w2@ohnesorg.example"), ("employee", "operator"),
    "de-AT-x-wien", DIGEST, A, NOW, NOW,
)  # fmt: skip
EARLIER = "Wilhelmina Altmann"
WORDS = (ID, PERSON.username, PERSON.name, *PERSON.emails, EARLIER, "198.51.100.77", "de-AT-x-wien")
"""What must not be found any more, in no spelling of capital letters."""
OLGA = UserId("u-olga")
SAID = f"Ask {PERSON.name} <{PERSON.emails[0]}> or W.OHNESORG about it."
PROVIDER = Provider(
    ProviderId("p-1"), A, "Sign-in of A", "https://login.a.example", "hoistway", "client_secret_basic",
    Vault(MASTER_KEY).seal("p-1", b"a secret"), "verified", None, (), (), "here", NOW,
)  # fmt: skip
PRODUCT = Product(ProductId("p"), "P", "For tests", (ApiId("customer-api"),), created_at=NOW)


def _request(row_id: str, **changes: Any) -> Request:
    row = Request(
        RequestId(row_id), A, ID, "application", "App", "web", ("https://a.example/cb",), f"For {PERSON.name}.", ("code",), SAID,
        "production", "submitted", None, NOW, NOW,
    )  # fmt: skip
    return replace(row, **changes)


async def _held(tx: Writer) -> None:
    """What is the person's own."""
    await add_user(tx, PERSON)
    await put_membership(
        tx, Membership(ID, A, "member", "some", NOW), sites=[SiteId("c-a-s1")], units=[UnitId("US-c-a-20")]
    )
    await add_session(tx, Session(b"s" * 32, "public", ID, A, NOW, NOW, FAR))
    await put_one_time_codes(tx, OneTimeCodes(ID, b"sealed", 0, NOW))
    await replace_recovery_codes(tx, ID, [b"r" * 32], NOW)
    await add_passkey(tx, Passkey("p", ID, "Phone of W.Ohnesorg", b"key", 0, 0, NOW))
    await add_device(tx, Device(b"d" * 32, "d", ID, "Firefox", NOW, NOW, NOW, FAR), 10)
    await add_provider(tx, PROVIDER)
    await add_identity(tx, Identity(PROVIDER.id, "wilhelmina@ohnesorg.example", ID, "made", NOW))
    await add_provider_session(tx, ProviderSession(b"s" * 32, PROVIDER.id, "w.ohnesorg at the provider", b"sealed"))
    await add_browser(tx, KnownBrowser(b"b" * 32, ID, NOW, NOW, NOW), 10)
    await add_application_session(
        tx, ApplicationSession("sid", ClientId("spa"), "https://id.example", "public", ID, NOW, FAR)
    )
    await put_handed_over(tx, ID, NOW)
    await put_tenant(tx, TENANT, [], [])
    await add_sign_in_name(tx, SignInName("w.ohnesorg", "user", ID, "W.Ohnesorg"))
    await fill_tables(
        tx,
        {
            "account_attributes": [(ID, "user", TENANT, "Nickname", '"Ohnesorg"')],
            "former_identities": [("https://old.example", "wilhelmina-at-old", ID)],
        },
    )
    await add_waiting(tx, [ToCarry("user", ID, TENANT, PERSON.username)])
    pushed = Pushed("d1", A, ID, PERSON.username, None, PERSON.name, {}, True, "member", "some", "found", NOW, NOW)
    await add_pushed(tx, pushed)
    await add_scim_token(tx, ScimToken("t", A, b"t" * 32, "hwd_abcd", NOW, FAR, made_by=ID))
    await add_link(tx, Link("l1", b"1" * 32, "reset", ID, None, "digest", b"sealed", None, NOW, FAR))
    await add_link(tx, Link("l2", b"2" * 32, "invitation", None, A, "digest", b"sealed", ID, NOW, FAR))
    spa = ClientId("spa")
    await add_family(
        tx, Family(FamilyId("f"), spa, "user", ID, A, "units.read", None, NOW, "public", 1, NOW, NOW, FAR, FAR)
    )
    agreed = Agreed(ID, A, "https://a.example/cb", True, (), None, None, None, NOW, None, "https://id.example")
    await add_code(tx, Code(b"c" * 32, spa, FamilyId("g"), agreed, FAR))
    await add_consent(tx, ID, ClientId("partner"), A, {(ApiId("customer-api"), "units.read")}, NOW)
    await count_flow_use(tx, ID, spa, "implicit", "2026-01-30", FAR, A)
    await add_actor_uses(tx, [ActorUse(A, FAR - FAR % 86_400, "user", ID, "spa", 3, 1)])
    await put_kept_form(tx, ID, "browser", "sealed", FAR)
    await add_used_form(tx, "1", ID, "/portal", FAR)
    await add_used_form(tx, "2", OLGA, "/console", FAR)
    await lead_used_form(tx, "2", f"/console/users/{ID}")
    for number, to in enumerate((PERSON.emails[1], "adam@example.com")):
        await add_mail(tx, Mail(f"m{number}", to, SAID, SAID, f"<p>{SAID}</p>", NOW, FAR))


async def _named(tx: Writer) -> None:
    """What others rely on."""
    for row in (
        _request("mine"),
        _request("decided", requested_by=OLGA, state="approved", decided_by=ID, second_by=ID),
    ):
        await add_request(tx, row)
    for number, (author, side) in enumerate(((ID, "customer"), (ID, "operator"), (OLGA, "operator"))):
        await add_message(tx, Message(f"said{number}", RequestId("mine"), NOW, UserId(author), side, "said", SAID))  # type: ignore[arg-type]
    await add_product(tx, PRODUCT)
    subscription = Subscription(
        SubscriptionId("s"), A, None, PRODUCT.id, None, "S", "active", SAID, ID, ID, NOW, NOW, NOW, NOW, None, SAID, ID
    )  # fmt: skip
    await add_subscription(tx, subscription)
    await add_proposal(
        tx,
        Proposal(
            "about", "person", ID, PERSON.name, {"flags": ""}, {"flags": "auditor"}, "refused", OLGA, NOW, OLGA, NOW
        ),
    )
    lost = {"factors": "reset", "reason": SAID}
    await add_proposal(
        tx, Proposal("lost", "person", ID, PERSON.name, {"username": PERSON.username}, lost, "refused", OLGA, NOW)
    )
    await add_proposal(tx, Proposal("by", "api", "customer-api", "API", {}, {}, "approved", ID, NOW, ID, NOW))
    await add_brownout(tx, Brownout("b", "password", FAR, FAR + 60, SAID, ID, NOW))
    client = await find_client(tx, ClientId("partner"))
    assert client is not None
    granted = LegacyException("no_pkce", SAID, FAR, ID, NOW)
    await put_client(tx, replace(client, exceptions=(granted,)), frozenset())


def _at(number: int) -> str:
    """An id that is older than any that is made now."""
    return f"00000000-0000-7000-8000-00000000000{number}"


async def _told(tx: Writer) -> None:
    """In the audit trail."""
    by: dict[str, Any] = {"actor": ID, "correlation_id": "c-1"}
    entries = (
        Entry(_at(1), NOW, "user.added", "cli:tests", detail={"id": ID}),
        Entry(_at(2), NOW, "user.changed", OLGA, detail={
            "id": ID, "before": {"name": EARLIER, "emails": "old@ohnesorg.example"}, "after": {"name": PERSON.name, "emails": PERSON.emails[0]},
        }),
        Entry(_at(3), NOW, "sign_in.succeeded", **by),
        Entry(_at(4), NOW, "sign_in.failed", detail={"address": "198.51.100.77", "failures_today": 1}, **by),
        Entry(_at(5), NOW, "act_for.begun", customer_id=A, detail={"reason": f"{EARLIER} called"}, **by),
        Entry(_at(6), NOW, "membership.changed", OLGA, customer_id=A, detail={"user": ID, "role": "member"}),
        Entry(_at(7), NOW, "unit.changed", OLGA, detail={"id": "US-c-a-10"}),
        Entry(_at(8), NOW, "subscription.rejected", OLGA, detail={"id": "s", "message": SAID.upper()}),
    )  # fmt: skip
    for entry in entries:
        await add_entry(tx, entry)


async def furnish(tx: Writer) -> None:
    await _held(tx)
    await _named(tx)
    await _told(tx)


def _written(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def found_in(url: str, words: tuple[str, ...] = WORDS) -> dict[str, list[str]]:
    """By table: what is found there."""

    async def look(db: Database) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for table, rows in (await everything(db)).items():
            text = json.dumps(
                [[_written(value) for value in (*key, *row)] for key, row in rows.items()], ensure_ascii=False
            ).lower()
            hits = [word for word in words if word.lower() in text]
            if hits:
                found[table] = hits
        return found

    return on(url, look)
