"""Moves in what a Keycloak realm had: its people and their passwords, its clients (docs/migrate/keycloak.md)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from hoistway.imports.accounts import TABLES, Account, judge_accounts
from hoistway.imports.b2c import Changed
from hoistway.imports.b2c_looking import Looked
from hoistway.imports.carrying import Item, Outcome
from hoistway.imports.keycloak_clients import Clients, ImportedClient
from hoistway.imports.keycloak_looking import Looking, judge_passwords, look, objects_of, see_people
from hoistway.imports.keycloak_people import GROUPS, ROLES, People
from hoistway.imports.keycloak_realm import KeycloakUser, decoded
from hoistway.imports.mapping import BadMapping
from hoistway.imports.mappings import KeycloakMapping
from hoistway.imports.naming import Unread
from hoistway.imports.placing import Placing, Unplaced
from hoistway.imports.sections import Found
from hoistway.imports.sources import Source
from hoistway.store.db import Reader
from hoistway.store.imports import Import


class Keycloak:
    kind: Final = "keycloak"
    tables: Final = TABLES

    def __init__(self, sources: Sequence[Source], mapping: KeycloakMapping) -> None:
        """Raises BadMapping."""
        self._sources, self._mapping = sources, mapping
        if mapping.people.reach.attribute in {GROUPS, ROLES}:
            raise BadMapping("people.reach: groups and roles name no sites: name an attribute")
        self._wanted = mapping.realm.name
        self._placing = Placing(mapping.people.by("customer", "role", "sites"))
        self._looking = Looking()
        self._people = People(mapping.people, self._looking.realm, self._placing)
        self._met: set[str] = set()

    def look(self, told: Callable[[int], None]) -> Looked:
        """Twice: what people name is known when groups and roles are."""
        looking = self._looking = look(self._sources, self._wanted)
        self._people = People(self._mapping.people, looking.realm, self._placing)
        if looking.looked.faults:
            return looking.looked
        see_people(self._sources, self._wanted, looking, self._hear, told)
        judge_passwords(looking, may_lack=self._mapping.realm.without_passwords == "take")
        return looking.looked

    def _named(self) -> dict[str, str]:
        """The attributes that the mapping reads, by where it says so."""
        people = self._mapping.people
        named = {
            "customer": people.customer.attribute, "role": people.role.attribute, "reach": people.reach.attribute,
            "technical": people.technical.attribute,
        }  # fmt: skip
        return {where: name for where, name in named.items() if name is not None}

    def _hear(self, user: KeycloakUser) -> None:
        try:
            for name in set(self._named().values()) - self._met:
                if self._people.values(user, name):
                    self._met.add(name)
            self._placing.hear(self._people.slots(user))
        except Unread:
            # It is told with its line when the file is read again.
            return

    async def unplaced(self, db: Reader) -> list[str]:
        for user in self._looking.seen.services.values():
            self._hear(user)
        await self._placing.wanted.look_up(db)
        missing = [
            f"people.{where}: nobody has {name}" for where, name in self._named().items() if name not in self._met
        ]
        known = {**self._looking.realm.issuers, **self._mapping.people.issuers}
        providers = [
            f"people.issuers: the identity provider {alias} says no issuer; who people were there stays behind ({count} people)"
            for alias, count in sorted(self._looking.seen.providers.items())
            if alias not in known
        ]
        return [*missing, *providers, *self._placing.unplaced()]

    async def cautions(self, _db: Reader) -> list[str]:
        return []

    @property
    def total(self) -> int:
        return self._looking.looked.users + len(self._looking.clients)

    def items(self) -> Iterator[Item]:
        """Raises BadFile, Changed."""
        for source in self._sources:
            for found, is_wanted in objects_of(source, self._wanted):
                if is_wanted and found.path == ("users",):
                    item = self._person(source, found)
                    if item is not None:
                        yield item
            if not source.is_unchanged():
                raise Changed(source)
        # Their service accounts may belong to customers that people brought.
        for name, line, client in self._looking.clients:
            if isinstance(client, str):
                yield Item(name, line, because=client)
            else:
                service = self._looking.seen.services.get(client.client_id or "")
                yield Item(name, line, client.client_id, ImportedClient(client, service))

    def _person(self, source: Source, found: Found) -> Item | None:
        if found.because:
            return Item(source.name, found.line, because=found.because)
        user: KeycloakUser | None = None
        try:
            user = decoded(found.raw, KeycloakUser)
            if user.service_account_client_id:
                return None
            account = self._people.account(user)
        except (Unread, Unplaced) as error:
            return Item(source.name, found.line, None if user is None else user.id or user.username, because=str(error))
        return Item(source.name, found.line, account.id, account)

    def judges_before(self, items: Sequence[Item]) -> bool:
        return all(isinstance(item.value, Account) for item in items)

    async def judge(self, db: Reader, items: Sequence[Item], run: Import, outcome: Outcome) -> None:
        await judge_accounts(db, [item for item in items if isinstance(item.value, Account)], run, outcome, None)
        clients = Clients(self._mapping.applications, self._people, self._placing)
        for item in items:
            if isinstance(item.value, ImportedClient):
                await clients.judge(db, item, run, outcome)
