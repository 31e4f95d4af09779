"""Moves in what an Azure AD B2C tenant had: its names and policies, its people, its applications (docs/migrate/b2c.md)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from hoistway.applications.granting import CUSTOMER_API
from hoistway.imports.accounts import TABLES, Account, judge_accounts
from hoistway.imports.b2c_applications import ImportedApi, ImportedApplication, Judging, read_applications
from hoistway.imports.b2c_cautions import cautions_of
from hoistway.imports.b2c_looking import Looked, look
from hoistway.imports.b2c_people import account_of, is_technical
from hoistway.imports.b2c_tenant import ImportedTenant, TenantReading, judge_tenant, read_tenant
from hoistway.imports.carrying import Item, Outcome
from hoistway.imports.graph_user import GraphUser, NoUser, read_user
from hoistway.imports.mapping import B2cMapping
from hoistway.imports.placing import Placing, Unplaced
from hoistway.imports.records import Facts, Record, records_of
from hoistway.imports.sources import Source
from hoistway.store.apis import find_api
from hoistway.store.db import Reader
from hoistway.store.imports import Import
from hoistway.store.tenants import find_tenant


class Changed(Exception):
    """A file is not the one that the first pass read: what was read since may be half of a record."""

    def __init__(self, source: Source) -> None:
        super().__init__(f"{source.name} was changed while it was imported: begin again with the files as they are now")


class B2c:
    kind: Final = "b2c"
    tables: Final = TABLES

    def __init__(self, sources: Sequence[Source], mapping: B2cMapping) -> None:
        self._sources, self._mapping = sources, mapping
        self._placing = Placing(mapping.people)
        self._looked = Looked()
        self._tenant = TenantReading(None, [])
        self._judging = Judging(mapping.applications)
        self._applications: list[Item] = []
        self._has_tenant: bool | None = None
        self._has_technical = False

    def look(self, told: Callable[[int], None]) -> Looked:
        """The first pass."""
        self._looked = look(self._sources, self._hear, told)
        self._tenant = read_tenant(self._looked, self._mapping.tenant)
        self._applications = read_applications(self._looked, self._judging)
        return self._looked

    def _hear(self, user: GraphUser) -> None:
        if user.fate in {"take", "federated"}:
            self._placing.hear(user.attributes)
        if user.fate == "take" and not self._has_technical:
            self._has_technical = is_technical(user, self._mapping.people)

    async def unplaced(self, db: Reader) -> list[str]:
        """What the mapping can't place, to be listed before anything is written."""
        await self._placing.wanted.look_up(db)
        found = [*self._tenant.unplaced, *self._placing.unplaced()]
        if self._tenant.id is None and self._looked.users:
            found.append(
                "attributes of people and passwords at the old system belong to a tenant, and none is known: both are left behind; set tenant.id"
            )
        return found + self._judging.unknown(self._applications)

    async def cautions(self, db: Reader) -> list[str]:
        return cautions_of(
            self._applications,
            await find_api(db, CUSTOMER_API),
            has_technical=self._has_technical or not self._looked.users,
        )

    @property
    def total(self) -> int:
        return self._looked.users + (self._tenant.item is not None) + len(self._applications)

    def items(self) -> Iterator[Item]:
        """Raises BadFile, Changed."""
        if self._tenant.item is not None:
            yield self._tenant.item
        for source in self._sources:
            if self._looked.holds.get(source.name) == "users":
                yield from self._people(source)
        # Daemons are bound to technical accounts, which are there by then.
        yield from self._applications

    def _people(self, source: Source) -> Iterator[Item]:
        for record in records_of(source, Facts()):
            yield self._person(source, record)
        if not source.is_unchanged():
            raise Changed(source)

    def _person(self, source: Source, record: Record) -> Item:
        if record.because:
            return Item(source.name, record.line, because=record.because)
        user: GraphUser | None = None
        try:
            user = read_user(record.raw)
            account = account_of(user, self._mapping.people, self._placing)
        except (NoUser, Unplaced) as error:
            return Item(source.name, record.line, None if user is None else user.id, because=str(error))
        return Item(source.name, record.line, account.id, account)

    def judges_before(self, items: Sequence[Item]) -> bool:
        return all(isinstance(item.value, Account) for item in items)

    async def judge(self, db: Reader, items: Sequence[Item], run: Import, outcome: Outcome) -> None:
        tenant_id = await self._tenant_of(db, items, outcome)
        people = [item for item in items if isinstance(item.value, Account)]
        await judge_accounts(db, people, run, outcome, tenant_id)
        for item in items:
            if isinstance(item.value, ImportedApi | ImportedApplication):
                await self._judging.judge(db, item, run, outcome)

    async def _tenant_of(self, db: Reader, items: Sequence[Item], outcome: Outcome) -> str | None:
        """None where the tenant is not here and won't be, because it was refused."""
        for item in items:
            if isinstance(item.value, ImportedTenant):
                self._has_tenant = await judge_tenant(db, item, outcome)
        if self._has_tenant is None and self._tenant.id is not None:
            # An interrupted import goes on behind its tenant.
            self._has_tenant = await find_tenant(db, self._tenant.id) is not None
        return self._tenant.id if self._has_tenant else None
