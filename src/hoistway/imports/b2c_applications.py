"""Applications and APIs of an Azure AD B2C tenant as ours: with their ids, scopes and addresses, as far as the rules here allow them."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from hoistway.applications.apis import (
    ScopeRefused,
    check_held_by_nobody,
    check_no_audience,
    check_no_client,
    check_words,
    in_order,
)
from hoistway.applications.granting import CUSTOMER_API, origins_of
from hoistway.authn.api_words import scopes_of
from hoistway.imports.b2c_looking import Looked
from hoistway.imports.b2c_programs import account_for, addresses_of, name_of, tell_rest, type_of
from hoistway.imports.b2c_scopes import name_of as name_here
from hoistway.imports.b2c_scopes import scopes_for
from hoistway.imports.carrying import REHEARSED, Item, Outcome
from hoistway.imports.graph_application import (
    GRAPH,
    OFFLINE,
    OPENID,
    GraphApplication,
    NoApplication,
    id_in,
    read_application,
)
from hoistway.imports.mapping import Applications, OneApplication
from hoistway.imports.programs import NoProgram, with_flows
from hoistway.protocol.flows import FlowRefused
from hoistway.protocol.ids import ApiId, ClientId, CustomerId, ServiceAccountId, UserId
from hoistway.protocol.redirect_uri import NotRegistrable
from hoistway.store.apis import Api, add_api, find_api, list_apis
from hoistway.store.clients import Client, add_client, find_client
from hoistway.store.customers import find_customer
from hoistway.store.db import Reader
from hoistway.store.imports import Import
from hoistway.store.service_accounts import find_service_account
from hoistway.store.users import find_user
from hoistway.tokens.issue import DEFAULT_LIFETIME


class ImportedApi(Struct, frozen=True):
    app: GraphApplication


class ImportedApplication(Struct, frozen=True):
    app: GraphApplication


def read_applications(looked: Looked, judging: "Judging") -> list[Item]:
    """APIs first, then applications; one may be both."""
    apis: list[Item] = []
    found: list[Item] = []
    for name, record, _ in looked.others:
        if looked.holds[name] != "applications":
            continue
        try:
            app = read_application(record.raw) if not record.because else None
        except NoApplication as error:
            found.append(Item(name, record.line, id_in(record.raw), because=str(error)))
            continue
        if app is None:
            found.append(Item(name, record.line, because=record.because))
            continue
        judging.hear(app)
        apis += [Item(name, record.line, app.id, ImportedApi(app))] if app.is_api else []
        found += [Item(name, record.line, app.id, ImportedApplication(app))] if app.is_program or not app.is_api else []
    return apis + found


class Judging:
    """Which scopes there are over there, by the application and the id under which the old system has them."""

    def __init__(self, said: Applications) -> None:
        self._said = said
        self._scopes: dict[tuple[str, str], str] = {}
        self._uris: dict[str, tuple[str, ...]] = {}

    def hear(self, app: GraphApplication) -> None:
        """In the first pass: what its scopes are called over there."""
        self._uris[app.id] = tuple(app.identifier_uris)
        for one in app.scopes:
            self._scopes[app.id, one.id.lower()] = one.value or ""

    def unknown(self, items: Sequence[Item]) -> list[str]:
        """What the mapping says of applications that are not among the files."""
        there = {item.id for item in items} | {*self._uris}
        named: dict[str, Iterable[str]] = {
            "applications.each": self._said.each,
            "applications.scopes": self._said.scopes,
        }
        return [
            f"{where}: there is no application {one} among the files"
            for where, ids in named.items()
            for one in ids
            if there and one not in there
        ]

    def _same(self, app_id: str, api: Api | None) -> Api | None:
        """The Customer API, where it was made under the URI of this application (`hoistway setup --api-uri`)."""
        return api if api is not None and api.uri in self._uris.get(app_id, ()) else None

    def _name(self, app_id: str, api: Api, word: str) -> str | None:
        """What that API calls the scope here; of one that was made here the mapping may say it."""
        said = self._said.scopes.get(app_id, {}) if api.id != app_id else {}
        return name_here(api.scopes, said.get(word, word))

    def _one(self, app: GraphApplication) -> OneApplication:
        return self._said.each.get(app.id, OneApplication())

    async def judge(self, db: Reader, item: Item, run: Import, outcome: Outcome) -> None:
        try:
            if isinstance(item.value, ImportedApi):
                await self._api(db, item, run, outcome)
            else:
                await self._application(db, item, run, outcome)
        except (NoApplication, NoProgram, ScopeRefused, NotRegistrable, FlowRefused) as error:
            outcome.refuse(item, str(error))

    async def _api(self, db: Reader, item: Item, run: Import, outcome: Outcome) -> None:
        app: GraphApplication = item.value.app
        if await find_api(db, ApiId(app.id)) is not None or app.id in outcome.apis:
            outcome.count("there_already")
            return
        if self._one(app).leave_out:
            raise NoApplication("is left out by the mapping (applications.each)")
        uri = app.identifier_uris[0]
        same = self._same(app.id, await find_api(db, CUSTOMER_API))
        if same is not None:
            outcome.count("there_already")
            if missing := [one.value or "" for one in app.scopes if not self._name(app.id, same, one.value or "")]:
                outcome.tell(
                    item, f"is {same.id} here, without {', '.join(missing)}: say what these are (applications.scopes)"
                )
            return
        others = in_order([*await list_apis(db), *outcome.apis.values()])
        scopes = await scopes_for(db, app, self._said.scopes.get(app.id, {}), others)
        api = Api(
            ApiId(app.id), name_of(app), uri if app.is_program else app.id, uri, scopes, DEFAULT_LIFETIME, "RS256", None, run.begun_at
        )  # fmt: skip
        await check_no_client(db, api)
        check_words(scopes_of(api), others)
        for scope in scopes:
            await check_held_by_nobody(db, scope.name)
        outcome.apis[app.id] = api
        outcome.count("apis")
        outcome.first.append(lambda tx: add_api(tx, api))
        if renamed := [f"{one.wire} is {one.name}" for one in scopes if one.wire is not None]:
            outcome.tell(
                item, f"here {', '.join(renamed)}, as another API has the name; programs ask for {uri}/… as before"
            )
        if len(app.identifier_uris) > 1:
            outcome.tell(
                item, f"only {uri} asks for its scopes here; it had {len(app.identifier_uris) - 1} more identifierUris"
            )
        if app.is_program:
            outcome.tell(
                item,
                f"tokens for it have the audience {uri}, as people sign in to the same application: it was {app.id}",
            )

    async def _application(self, db: Reader, item: Item, run: Import, outcome: Outcome) -> None:
        app: GraphApplication = item.value.app
        one = self._one(app)
        if await find_client(db, ClientId(app.id)) is not None or app.id in outcome.clients:
            outcome.count("there_already")
            return
        if one.leave_out:
            raise NoApplication("is left out by the mapping (applications.each)")
        told: list[str] = []
        client = await self._client(db, app, one, run, outcome, told)
        outcome.clients.add(app.id)
        outcome.count("applications")
        outcome.last.append(lambda tx: add_client(tx, client, origins_of(client)))
        for words in told:
            outcome.tell(item, words)

    async def _client(
        self, db: Reader, app: GraphApplication, one: OneApplication, run: Import, outcome: Outcome, told: list[str]
    ) -> Client:
        """Raises NoApplication and what the rules raise."""
        kind = one.type or type_of(app)
        if kind is None:
            raise NoApplication(
                "nobody signs in to it and it is no API: if it is a daemon, say so under applications.each, with its account"
            )
        is_account = app.id in outcome.accounts or await find_user(db, UserId(app.id)) is not None
        if is_account or await find_service_account(db, ServiceAccountId(app.id)) is not None:
            raise NoApplication("an account has this id: an application and an account can't share one")
        await check_no_audience(db, ClientId(app.id))
        if any(app.id in {api.audience, api.uri} for api in outcome.apis.values()):
            raise NoApplication("an API has this id as its audience")
        if one.customer is not None and not await _has_customer(db, CustomerId(one.customer), outcome):
            raise NoApplication(f"there is no customer {one.customer}: correct applications.each")
        account = await account_for(db, one, kind, outcome)
        uris = addresses_of(app, kind, told)
        client = Client(
            ClientId(app.id), name_of(app), kind, uris, (), scopes=await self._granted(db, app, run, outcome, told),
            consent="implied" if one.customer is None else "asked", customer_id=None if one.customer is None else CustomerId(one.customer),
            service_account_id=account, created_at=run.begun_at, disabled_at=run.begun_at if app.disabled else None,
        )  # fmt: skip
        flows = ("client_credentials",) if kind == "daemon" else ("authorization_code", "refresh_token") if uris else ()
        wished = app.by_password
        client = with_flows(self._said.password_grant, client, flows, run, told, by_password=wished)
        tell_rest(app, client, told)
        return client

    async def _granted(
        self, db: Reader, app: GraphApplication, run: Import, outcome: Outcome, told: list[str]
    ) -> tuple[str, ...]:
        """What it asked for over there, joined by the ids of scopes; OpenID's own always."""
        known: Mapping[str, Api] = {**{api.id: api for api in await list_apis(db)}, **outcome.apis}
        found = ["openid", "profile", "email", "offline_access"]
        for resource, scope in app.wanted:
            word = self._scopes.get((resource, scope))
            api = known.get(resource) or self._same(resource, known.get(CUSTOMER_API))
            name = None if word is None or api is None else self._name(resource, api, word)
            # A rehearsal makes no API, so what an earlier batch would have made counts.
            if name is None and run.state == REHEARSED:
                name = word
            if name is not None:
                found.append(name)
            elif resource != GRAPH or scope not in {OPENID, OFFLINE}:
                told.append(
                    f"asked for the scope {scope} of {resource}, which is not here: import that API, or add the scope afterwards"
                )
        return tuple(dict.fromkeys(found))


async def _has_customer(db: Reader, customer_id: CustomerId, outcome: Outcome) -> bool:
    return customer_id in outcome.makes or await find_customer(db, customer_id) is not None
