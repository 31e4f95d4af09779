"""Applications, APIs, subjects, products, keys and tenants as requests need them, cached for two seconds at the most."""

from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from hoistway.authn.api_words import scopes_of
from hoistway.authn.known_tenants import KnownTenant, KnownTenants
from hoistway.authn.offers import MOST_PRODUCTS, Offers, make_offers, read_products
from hoistway.journal import Seldom
from hoistway.protocol.ids import ClientId, CustomerId, ServiceAccountId, UserId
from hoistway.protocol.sandbox import SANDBOX, Environment, may_name
from hoistway.protocol.scope import ApiScopes, Resolved, apart, is_itself
from hoistway.protocol.subject import Subject
from hoistway.store.apis import Api, list_apis
from hoistway.store.brownouts import Brownout, coming_brownouts
from hoistway.store.cached import Cached
from hoistway.store.client_secrets import ClientSecret, secrets_of
from hoistway.store.clients import Client, find_client, find_client_by_uri
from hoistway.store.customers import Customer, find_customer
from hoistway.store.db import Database
from hoistway.store.memberships import find_membership
from hoistway.store.service_accounts import ServiceAccount, find_service_account
from hoistway.store.subscription_keys import KeyHolder, find_holder
from hoistway.store.users import User, find_user

# Every lookup is cached, so ids that nobody can have registered are not looked up at all.
LONGEST_ID = 200
_LEFT_OUT = Seldom(60)


class KnownClient(Struct, frozen=True):
    client: Client
    secrets: tuple[ClientSecret, ...]


class Apis(Struct, frozen=True):
    """`scopes` are those of the living APIs, in the form that protocol/scope reads. `resolved` and `documents` cache
    what was computed from them (scopes of requests, discovery), and are dropped together with this value after a few
    seconds."""

    by_id: dict[str, Api]
    scopes: tuple[ApiScopes, ...]
    resolved: dict[tuple[object, ...], Resolved] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)


def last_given(ended_at: int, seconds: int) -> int:
    """The last moment at which something may have been given because of rows that were cached before they changed. One
    second is added for requests that were already running."""
    return ended_at + seconds + 1 if seconds else ended_at


class Directory:
    """A change that another process made is seen after `seconds`. Until then something may still be given because of
    the old rows. `ended_at` accounts for that: here it is the last moment at which this can happen, see `last_given`."""

    def __init__(self, db: Database, seconds: int) -> None:
        self._db = db
        self._seconds = seconds
        self._clients: Cached[ClientId, KnownClient | None] = Cached(seconds)
        self._subjects: Cached[tuple[str, str, str], Subject | None] = Cached(seconds)
        self._apis: Cached[str, Apis] = Cached(seconds)
        self._brownouts: Cached[str, tuple[Brownout, ...]] = Cached(seconds)
        self._owners: Cached[ServiceAccountId, CustomerId | None] = Cached(seconds)
        self._offers: Cached[str, Offers] = Cached(seconds)
        self._keys: Cached[bytes, KeyHolder | None] = Cached(seconds)
        self._origins: Cached[str, bool] = Cached(seconds, most=1000)
        self.at_tenants = KnownTenants(db, seconds)

    @property
    def caches(self) -> dict[str, Cached[Any, Any]]:
        """By the names that metrics give them."""
        return {
            "clients": self._clients, "subjects": self._subjects, "apis": self._apis, "brownouts": self._brownouts,
            "owners": self._owners, "offers": self._offers, "keys": self._keys, "tenants": self.at_tenants.tenants,
            "origins": self._origins, "attributes": self.at_tenants.attributes,
        }  # fmt: skip

    # Each request asks for a client, the APIs and a subject. Even an `await` costs more than looking up what is cached.
    def known_client(self, client_id: ClientId, now: int) -> KnownClient | None:
        return self._clients.peek(client_id, now)

    def known_apis(self, now: int) -> Apis | None:
        return self._apis.peek("", now)

    def known_subject(
        self, kind: str, subject_id: str, customer_id: CustomerId, now: int, environment: Environment
    ) -> Subject | None:
        """What `subject` returns, where that is cached."""
        if not may_name(environment, customer_id):
            return None
        return self._subjects.peek((kind, subject_id, customer_id), now)

    async def client(self, client_id: ClientId, now: int) -> KnownClient | None:
        """Disabled ones included."""
        if (known := self._clients.peek(client_id, now)) is not None or len(client_id) > LONGEST_ID:
            return known

        async def read() -> KnownClient | None:
            client = await find_client(self._db, client_id)
            if client is None and client_id != client_id.lower() and is_itself(client_id, client_id.lower()):
                # GUIDs are compared without case, because existing configurations have them in capitals.
                client = await find_client(self._db, ClientId(client_id.lower()))
            if client is not None and client.ended_at is not None:
                client = replace(client, ended_at=last_given(client.ended_at, self._seconds))
            return None if client is None else KnownClient(client, tuple(await secrets_of(self._db, client.id)))

        return await self._clients.get(client_id, now, read)

    async def apis(self, now: int) -> Apis:
        if (known := self._apis.peek("", now)) is not None:
            return known

        async def read() -> Apis:
            # The oldest API first: even while it is disabled, its names mean no other API.
            every = sorted(await list_apis(self._db), key=lambda api: (api.created_at, api.id))
            living: dict[str, Api] = {api.id: api for api in every if api.disabled_at is None}
            scopes = apart(map(scopes_of, every))
            return Apis(living, tuple(one for one in scopes if one.api_id in living))

        return await self._apis.get("", now, read)

    async def subject(
        self, kind: str, subject_id: str, customer_id: CustomerId, now: int, environment: Environment
    ) -> Subject | None:
        """None where the account or the customer is disabled or does not exist, the person has no place in this
        customer, or an application of this environment may not name it."""
        if not may_name(environment, customer_id):
            return None
        if (known := self._subjects.peek((kind, subject_id, customer_id), now)) is not None:
            return known

        async def read() -> Subject | None:
            customer = await find_customer(self._db, customer_id)
            if customer is None or customer.disabled_at is not None:
                return None
            if kind == "service_account":
                return await self._service_account(ServiceAccountId(subject_id), customer)
            return await self._user(UserId(subject_id), customer)

        return await self._subjects.get((kind, subject_id, customer_id), now, read)

    async def subject_now(
        self, kind: str, subject_id: str, customer_id: CustomerId, now: int, environment: Environment
    ) -> Subject | None:
        """The same, read anew: for whoever knows that what is remembered is out of date."""
        self._subjects.forget((kind, subject_id, customer_id))
        return await self.subject(kind, subject_id, customer_id, now, environment)

    async def rests_until(self, flow: str, now: int) -> int | None:
        """The end of the brown-out that the flow is in now; None where it is in none."""

        async def read() -> tuple[Brownout, ...]:
            return tuple(await coming_brownouts(self._db, now))

        under_way = [
            b.ends_at for b in await self._brownouts.get("", now, read) if b.flow == flow and b.starts_at <= now
        ]
        return max((ends_at for ends_at in under_way if ends_at > now), default=None)

    async def offers(self, now: int) -> Offers:
        async def read() -> Offers:
            offers = make_offers(await read_products(self._db), now)
            if not offers.whole:
                _LEFT_OUT.tell("too many products", most=MOST_PRODUCTS, effect="every API needs a key")
            return offers

        return await self._offers.get("", now, read)

    def known_offers(self, now: int) -> Offers | None:
        """Returns the cached value directly where there is one: every call asks, and even an `await` would cost more
        than the lookup."""
        return self._offers.peek("", now)

    async def key_holder(self, digest: bytes, now: int) -> KeyHolder | None:
        """Found whatever the state of the key and its subscription."""

        async def read() -> KeyHolder | None:
            return await find_holder(self._db, digest)

        return self._keys.peek(digest, now) or await self._keys.get(digest, now, read)

    async def owner(self, account_id: ServiceAccountId, now: int) -> CustomerId | None:
        """The customer of a technical account."""
        if (known := self._owners.peek(account_id, now)) is not None:
            return known

        async def read() -> CustomerId | None:
            account = await find_service_account(self._db, account_id)
            return None if account is None else account.customer_id

        return await self._owners.get(account_id, now, read)

    def _end_of(self, account: User | ServiceAccount, customer: Customer) -> int:
        """The later of the two; -1 where neither was ever disabled."""
        ends = [one.ended_at for one in (account, customer) if one.ended_at is not None]
        return last_given(max(ends), self._seconds) if ends else -1

    async def _service_account(self, account_id: ServiceAccountId, customer: Customer) -> Subject | None:
        customer_id = customer.id
        account = await find_service_account(self._db, account_id)
        if account is None or account.disabled_at is not None or account.customer_id != customer_id:
            return None
        return Subject(
            "service_account", account.id, account.username, account.name, (), (), customer_id,
            password_changed_at=account.password_changed_at, ended_at=self._end_of(account, customer),
            password_expires_at=account.password_expires_at, second_changed_at=account.second_changed_at or 0,
            second_expires_at=account.second_expires_at, addresses=account.addresses or "",
        )  # fmt: skip

    async def _user(self, user_id: UserId, customer: Customer) -> Subject | None:
        customer_id = customer.id
        user = await find_user(self._db, user_id)
        if user is None or user.disabled_at is not None:
            return None
        if customer_id == SANDBOX:
            # Only sandbox applications reach this line: people who sign in through one see the simulated units.
            return Subject(
                "user", user.id, user.username, user.name, user.emails, user.flags, customer_id,
                password_changed_at=user.password_changed_at, ended_at=self._end_of(user, customer),
            )  # fmt: skip
        membership = await find_membership(self._db, user_id, customer_id)
        if membership is None and not user.is_employee:
            return None
        limited = membership is not None and membership.reach != "all"
        ended_at = self._end_of(user, customer)
        if membership is not None:
            # What was given during an earlier membership, or to an employee who acted, does not belong to this
            # membership.
            ended_at = max(ended_at, membership.created_at - 1)
        return Subject(
            "user", user.id, user.username, user.name, user.emails, user.flags, customer_id, membership is None, limited,
            user.password_changed_at, ended_at,
        )  # fmt: skip

    async def tenant(self, name: str, now: int) -> KnownTenant | None:
        """None where it is disabled or unknown."""
        return await self.at_tenants.find(name, now)

    async def is_registered_origin(self, origin: str, now: int) -> bool:
        """True where an enabled application has a redirect URI of that origin."""

        async def read() -> bool:
            return await find_client_by_uri(self._db, origin, "origin") is not None

        return await self._origins.get(origin, now, read)
