"""Clients of a Keycloak realm as applications here: with their ids and secrets, and the addresses and flows that the rules here allow."""

from typing import ClassVar, Final

from msgspec.structs import astuple, replace

from hoistway.applications.apis import ScopeRefused, check_no_audience, in_order
from hoistway.applications.granting import account_prefix, origins_of
from hoistway.applications.logout_address import LogoutUriRefused, check_logout_uri
from hoistway.applications.managing import check_holder
from hoistway.authn.client import secret_digest
from hoistway.discreet import Discreet
from hoistway.imports.accounts import nobodys_digest
from hoistway.imports.carrying import REHEARSED, Item, Outcome, id_of
from hoistway.imports.keycloak_people import People
from hoistway.imports.keycloak_realm import KeycloakClient, KeycloakUser
from hoistway.imports.keycloak_uris import addresses, leavings, type_of
from hoistway.imports.mapping import OneApplication
from hoistway.imports.mappings import Programs
from hoistway.imports.naming import UUID, Unread, id_for, line_of
from hoistway.imports.placing import Placing, Unplaced
from hoistway.imports.programs import NoProgram, technical_account, with_flows
from hoistway.protocol.flows import FlowRefused
from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId, UserId
from hoistway.protocol.text import username_key
from hoistway.store.apis import list_apis
from hoistway.store.client_secrets import ClientSecret, add_secret
from hoistway.store.clients import Client, add_client, find_client
from hoistway.store.customers import find_customer
from hoistway.store.db import Reader, Writer
from hoistway.store.imports import Import
from hoistway.store.service_accounts import ServiceAccount, find_service_account
from hoistway.store.users import find_user
from hoistway.things.making import Misfit, check_id

PERSONAL: Final = ("profile", "email", "offline_access")
_OWN_SCOPES: Final = frozenset(
    {
        "roles",
        "web-origins",
        "address",
        "phone",
        "microprofile-jwt",
        "acr",
        "basic",
        "service_account",
        "organization",
        "role_list",
        "saml_organization",
    }
)
"""Keycloak's own, for which tokens here need none."""
SHORTEST_SECRET: Final = 20
_SHOWN: Final = 4


class ImportedClient(Discreet, frozen=True):
    """With the user that Keycloak made for its service account."""

    hidden: ClassVar[frozenset[str]] = frozenset({"client"})

    client: KeycloakClient
    service: KeycloakUser | None = None


class Clients:
    def __init__(self, said: Programs, people: People, placing: Placing) -> None:
        self._said, self._people, self._placing = said, people, placing

    async def judge(self, db: Reader, item: Item, run: Import, outcome: Outcome) -> None:
        try:
            await self._judge(db, item, run, outcome)
        except (Unread, Unplaced, NoProgram, ScopeRefused, FlowRefused) as error:
            outcome.refuse(item, str(error))

    async def _judge(self, db: Reader, item: Item, run: Import, outcome: Outcome) -> None:
        said: KeycloakClient = item.value.client
        client_id = _id_of(said)
        if await find_client(db, client_id) is not None or client_id in outcome.clients:
            outcome.count("there_already")
            return
        one = self._said.each.get(client_id, OneApplication())
        _check_kind(said, one)
        if await _is_account(db, client_id, outcome):
            raise Unread("an account has this id: an application and an account can't share one")
        await check_no_audience(db, client_id)
        told: list[str] = []
        client = await self._client(db, item, one, run, outcome, told)
        secret = _secret(said, client, run, told)
        outcome.clients.add(client_id)
        outcome.count("applications")
        outcome.last.append(lambda tx: _add(tx, client, secret))
        for words in (*told, *leavings(said, client)):
            outcome.tell(item, words)

    async def _client(
        self, db: Reader, item: Item, one: OneApplication, run: Import, outcome: Outcome, told: list[str]
    ) -> Client:
        """Raises what the rules raise."""
        said: KeycloakClient = item.value.client
        client_id = ClientId(said.client_id or "")
        kind = one.type or type_of(said, said.redirect_uris or ())
        if kind is None:
            raise Unread(
                "nobody signs in to it, and it signs in nowhere (no addresses, no service account): it stays behind"
            )
        uris, outs = addresses(said, kind, told)
        name = line_of(said.name, "the name") if said.name and not said.name.startswith("${") else client_id
        customer, account = None if one.customer is None else CustomerId(one.customer), None
        if customer is not None:
            await _check_customer(db, customer, run, outcome)
        if kind == "daemon":
            account, customer = await self._account(db, item, one, name, run, outcome)
        client = Client(
            client_id, name, kind, uris, outs, scopes=await _scopes(db, said, kind, told),
            consent="implied" if customer is None and not said.consent_required else "asked", customer_id=customer,
            service_account_id=account, created_at=run.begun_at, disabled_at=run.begun_at if said.enabled is False else None,
        )  # fmt: skip
        check_holder(client)
        flows = ("client_credentials",) if kind == "daemon" else ("authorization_code", "refresh_token") if uris else ()
        wished = said.direct_access_grants_enabled is True
        client = with_flows(self._said.password_grant, client, flows, run, told, by_password=wished)
        return _with_logout(said, client, told)

    async def _account(
        self, db: Reader, item: Item, one: OneApplication, name: str, run: Import, outcome: Outcome
    ) -> tuple[ServiceAccountId, CustomerId]:
        """What a daemon sees: one that the mapping names, or one with the id of Keycloak's service account. Raises Unread, Unplaced,
        NoProgram."""
        client_id, service = ClientId(item.value.client.client_id), item.value.service
        if one.account is not None:
            return await technical_account(db, one, outcome)
        place = (
            self._placing.place(self._people.slots(service)) if service is not None and one.customer is None else None
        )
        customer = one.customer or (None if place is None else place.customer_id)
        if customer is None:
            raise Unread(
                "is a daemon, which sees what its customer sees: name the customer, or an account, under applications.each"
            )
        await _check_customer(db, CustomerId(customer), run, outcome)
        given = "" if service is None or service.id is None else service.id.lower()
        account_id = ServiceAccountId(given if UUID.fullmatch(given) else id_for("service_account", client_id))
        if await _is_account(db, account_id, outcome) or await _is_application(db, account_id, client_id, outcome):
            raise Unread(
                f"its service account has the id of another account or application, {account_id}: name an account under applications.each"
            )
        username = f"{account_prefix(client_id)}{account_id[:8]}"
        digest = nobodys_digest(run, account_id)
        ended = run.begun_at if service is not None and service.enabled is False else None
        row = ServiceAccount(
            account_id, username, username_key(username), name, CustomerId(customer), digest, run.begun_at, run.begun_at, ended, None, ended
        )  # fmt: skip
        outcome.accounts.add(account_id)
        outcome.add("service_accounts", astuple(row))
        return account_id, CustomerId(customer)


async def _is_account(db: Reader, word: str, outcome: Outcome) -> bool:
    there = word in outcome.accounts or await find_user(db, UserId(word)) is not None
    return there or await find_service_account(db, ServiceAccountId(word)) is not None


async def _is_application(db: Reader, word: str, own: str, outcome: Outcome) -> bool:
    return word == own or word in outcome.clients or await find_client(db, ClientId(word)) is not None


def _id_of(said: KeycloakClient) -> ClientId:
    """Raises Unread."""
    try:
        return ClientId(check_id(said.client_id or ""))
    except Misfit:
        raise Unread(
            "its clientId can't be an id here (1 to 100 characters, no blanks, not new): rename it at the old system"
        ) from None


async def _check_customer(db: Reader, customer: CustomerId, run: Import, outcome: Outcome) -> None:
    """A rehearsal makes none, so what an earlier batch would have made counts. Raises Unread."""
    if customer in outcome.makes or run.state == REHEARSED or await find_customer(db, customer) is not None:
        return
    raise Unread(f"there is no customer {customer}: add it, or name another under applications.each")


def _check_kind(said: KeycloakClient, one: OneApplication) -> None:
    """Raises Unread."""
    if one.leave_out:
        raise Unread("is left out by the mapping (applications.each)")
    if said.protocol not in {None, "openid-connect"}:
        raise Unread(f"speaks {str(said.protocol)[:20]}, which is not offered here: the program needs OpenID Connect")
    if said.bearer_only:
        raise Unread("is an API alone (bearer-only), to which nobody signs in: make one here with `hoistway api add`")


async def _scopes(db: Reader, said: KeycloakClient, kind: str, told: list[str]) -> tuple[str, ...]:
    """OpenID's own that it had, and those of APIs that are here."""
    asked = dict.fromkeys((*(said.default_client_scopes or ()), *(said.optional_client_scopes or ())))
    known = {name for api in in_order(await list_apis(db)) for name in api.names}
    found = ["openid", *(one for one in PERSONAL if one in asked)] if kind != "daemon" else []
    for name in asked:
        if name in known and not name.startswith("manage."):
            found.append(name)
        elif name not in {*_OWN_SCOPES, *PERSONAL, "openid"}:
            told.append(f"the client scope {name[:100]} is of no API here: add it to one, and then to the application")
    return tuple(dict.fromkeys(found))


def _secret(said: KeycloakClient, client: Client, run: Import, told: list[str]) -> ClientSecret | None:
    """As it was, so that the program goes on; what can be guessed is not taken, because its digest is a quick one."""
    if not client.is_confidential_type:
        return None
    how, make = (
        said.client_authenticator_type or "client-secret",
        f"make one with `hoistway app secret add {client.id}`, and set it in the program",
    )
    if how != "client-secret":
        told.append(f"proves itself by {how[:40]}, which is not offered here: it needs a secret, {make}")
        return None
    value = said.secret or ""
    if len(value) < SHORTEST_SECRET or not value.isascii() or value.startswith("${"):
        told.append(f"its secret is missing, or shorter than {SHORTEST_SECRET} letters and guessed by trying: {make}")
        return None
    return ClientSecret(id_of(run, "secret", client.id), client.id, secret_digest(value), value[:_SHOWN], run.begun_at)


def _with_logout(said: KeycloakClient, client: Client, told: list[str]) -> Client:
    uri = said.attribute("backchannel.logout.url")
    if not uri:
        return client
    try:
        check_logout_uri(uri, client, loopback=False)
    except LogoutUriRefused as error:
        told.append(f"the address {uri[:200]}, which is told that a session ended, is left out: {error}")
        return client
    needs = said.attribute("backchannel.logout.session.required") == "true"
    return replace(client, backchannel_logout_uri=uri, backchannel_logout_session_required=needs)


async def _add(tx: Writer, client: Client, secret: ClientSecret | None) -> None:
    await add_client(tx, client, origins_of(client))
    if secret is not None:
        await add_secret(tx, secret)
