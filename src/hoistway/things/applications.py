"""Applications and APIs: what they are made of, and what may be changed of an application."""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from hoistway.applications.addresses import MOST, Refused, lines_of, sentence
from hoistway.applications.apis import (
    ScopeRefused,
    check_known_scopes,
    check_no_audience,
)
from hoistway.applications.granting import origins_of
from hoistway.applications.managing import check_holder
from hoistway.authn.client_secret import new_secret
from hoistway.protocol.ids import ClientId, ServiceAccountId
from hoistway.protocol.manage_scopes import only_manages
from hoistway.protocol.redirect_uri import NotRegistrable, check_registrable
from hoistway.store.client_secrets import add_secret
from hoistway.store.clients import Client, add_client
from hoistway.store.db import Reader, Writer
from hoistway.store.service_accounts import find_service_account, find_service_account_by_name
from hoistway.things.accounts import lock_named_customer
from hoistway.things.making import Entry, Made, Making, Misfit, Unfit, check_id, words
from hoistway.things.organisations import NAME
from hoistway.web.portal_words import PORTAL_WORDS
from hoistway.web.words import Lang

TYPES: Final = ("web", "desktop", "mobile", "single-page", "daemon")
GRANTS: Final = ("authorization_code", "refresh_token", "client_credentials", "password")
MOST_SCOPES: Final = 50
OPENS: Final = ("redirect_uris", "post_logout_uris", "scopes")
"""The entries that two must give, where that rule is on."""


def check_type(value: str) -> str:
    """Raises Misfit."""
    if value not in TYPES:
        raise Misfit("make_choose")
    return value


def check_scopes(value: str) -> tuple[str, ...]:
    """Scopes with blanks or line breaks between them. Raises Misfit."""
    found = tuple(dict.fromkeys(value.split()))
    if len(found) > MOST_SCOPES or any(len(one) > 200 for one in found):
        raise Misfit("make_too_many_scopes", most=MOST_SCOPES)
    return found


def check_uris(value: str) -> tuple[str, ...]:
    """Addresses, one on each line, that some type of application may register. Raises Misfit."""
    return _registrable(value, native=True)


def _registrable(value: str, *, native: bool) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for line, uri in lines_of(value):
        try:
            found[check_registrable(uri, native=native)] = None
        except NotRegistrable as error:
            raise BadUri(Refused(line, uri, error.reason)) from error
    if len(found) > MOST:
        raise Misfit("make_too_many_uris", most=MOST)
    return tuple(found)


class BadUri(Misfit):
    """An address that can't be registered; the sentence names its line."""

    def __init__(self, refused: Refused) -> None:
        self.refused = refused
        super().__init__("uri_refused")

    def in_words(self, lang: Lang) -> str:
        return sentence(self.refused, PORTAL_WORDS[lang])


def _optional_id(value: str) -> str | None:
    return check_id(value) if value else None


async def account_for(tx: Reader, client: Client, word: str) -> ServiceAccountId:
    """The technical account with that id or user name; it must belong to the application's own customer. Raises Unfit."""
    account = await find_service_account(tx, ServiceAccountId(word)) or await find_service_account_by_name(tx, word)
    if account is None:
        raise Unfit("account", "make_no_account", name=word)
    if client.customer_id is not None and account.customer_id != client.customer_id:
        raise Unfit("account", "make_account_elsewhere", name=word)
    return account.id


def _begins_with(kind: str, account: object) -> tuple[str, ...]:
    """A daemon without an account introspects: there is nobody for whom it could get tokens, but for those of the management
    API."""
    return ("authorization_code", "refresh_token") if kind != "daemon" else ("client_credentials",) * bool(account)


async def make_application(
    tx: Writer, values: Mapping[str, Any], now: int, _digest: str, *, has_secret: bool = True, follows: bool = False
) -> Made:
    """People are asked for consent. One without a secret gets it where its customer's administrators make one, or the
    caller adds one, where it `follows`. Raises Unfit, Conflict."""
    owner = await lock_named_customer(tx, values["customer"]) if values["customer"] else None
    kind, is_daemon = values["type"], values["type"] == "daemon"
    manages = values.get("manages") or (owner is None and only_manages(values["scopes"]))
    client = Client(
        ClientId(values["id"] or str(uuid.uuid4())), values["name"], kind, values["redirect_uris"],
        values["post_logout_uris"], _begins_with(kind, values["account"] or manages),
        () if is_daemon else ("code",), values["scopes"], (), "asked",
        customer_id=None if owner is None else owner.id, created_at=now,
    )  # fmt: skip
    for entry in ("redirect_uris", "post_logout_uris"):
        check_kind(entry, values[entry], native=client.is_native)
    try:
        await check_known_scopes(tx, client.scopes)
    except ScopeRefused as error:
        raise Unfit("scopes", "make_said", words=error) from error
    try:
        await check_no_audience(tx, client.id)
    except ScopeRefused as error:
        raise Unfit("id", "make_said", words=error) from error
    has_none = is_daemon and not values["account"] and not (follows and owner is None)
    if has_none and not manages:
        raise Unfit("account", "make_daemon_account")
    if values["account"] and not is_daemon:
        raise Unfit("account", "make_only_daemons")
    if values["account"]:
        client = replace(client, service_account_id=await account_for(tx, client, values["account"]))
    try:
        check_holder(client)
    except ScopeRefused as error:
        raise Unfit("scopes", "make_said", words=error) from error
    if client.is_confidential_type and not (has_secret or follows) and owner is None:
        raise Unfit("customer", "file_no_secret")
    await add_client(tx, client, origins_of(client))
    if not client.is_confidential_type or not has_secret:
        return Made(client)
    secret, value = new_secret(client.id, now)
    await add_secret(tx, secret)
    return Made(client, {"client_secret": value})


def check_kind(entry: str, uris: tuple[str, ...], *, native: bool) -> None:
    """Raises Unfit."""
    for uri in uris:
        try:
            check_registrable(uri, native=native)
        except NotRegistrable as error:
            raise Unfit(entry, f"uri_{error.reason}") from error


def closed(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """How an application begins that two must approve, and what waits."""
    manages = only_manages(values["scopes"]) and not values["customer"]
    begins = {**values, **dict.fromkeys(OPENS, ()), "manages": manages}
    return begins, {name: "\n".join(values[name]) for name in OPENS}


_TYPE_OPTIONS: Final = tuple((kind, kind) for kind in TYPES)
APPLICATION: Final = Making(
    "application.added",
    (
        NAME,
        Entry("type", "thing_type", check=check_type, kind="choose", options=_TYPE_OPTIONS, begins="web"),
        Entry("customer", "make_owner", check=words(least=0), hint="make_owner_hint", required=False),
        Entry(
            "redirect_uris", "thing_redirect_uris", check=check_uris, kind="area", hint="make_uris_hint", required=False
        ),
        Entry("post_logout_uris", "make_post_logout", check=check_uris, kind="area", required=False),
        Entry("scopes", "thing_scopes", check=check_scopes, kind="area", hint="make_scopes_hint", required=False),
        Entry("account", "thing_account", check=words(least=0), hint="make_account_hint", required=False),
        Entry("id", "thing_client_id", check=_optional_id, hint="make_client_id_hint", required=False),
    ),
    make_application,
    closed=closed,
)


_OWN_ID: Final = Entry("id", "thing_client_id", check=check_id)
APPLICATION_OF_FILE: Final = Making(
    APPLICATION.event,
    (_OWN_ID, *APPLICATION.entries[:-1]),
    partial(make_application, has_secret=False),
    APPLICATION.names,
    closed=closed,
)
"""With an id, so that a file that is sent again makes nothing twice; without a secret, which would stand in a file."""
