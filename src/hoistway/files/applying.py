"""Writes what files say, in the caller's transaction; a plan is the same, undone at its end (docs/adr/0044-files.md)."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Final

from hoistway.applications.granting import add_account
from hoistway.applications.secrets import TwoSecrets
from hoistway.authn.passwords import random_digest
from hoistway.files.connections import connection_step
from hoistway.files.document import ORDER, BrandingFile, Document, ProductFile, key_of
from hoistway.files.kinds import KINDS, FileKind, kept_from
from hoistway.files.meaning import meaning_of
from hoistway.files.plan import Changed, Plan, Step
from hoistway.files.products import branding_step, product_step, switch_product
from hoistway.files.secrets import add_missing_secrets
from hoistway.files.texts import same
from hoistway.files.world import Refused, World
from hoistway.protocol.ids import ClientId, CustomerId, ProductId
from hoistway.store.change_row import lock_row
from hoistway.store.db import Conflict
from hoistway.store.managed_things import Managed, find_managed, managed_of_set, put_managed, remove_managed
from hoistway.store.products import lock_product
from hoistway.store.service_accounts import find_service_account_by_name
from hoistway.things.accounts import lock_named_customer
from hoistway.things.changing import change_thing, make_thing, switch_thing
from hoistway.things.making import Entry, Unfit, read_entries
from hoistway.things.thing import Thing

MOST_PROBLEMS: Final = 50


class Applying:
    def __init__(self, world: World, document: Document, *, prune: bool) -> None:
        self._world, self._document, self._prune = world, document, prune
        self._plan, self._problems = Plan(), list[str]()

    async def run(self) -> Plan:
        """Raises Refused."""
        for word, kind in KINDS.items():
            for said in getattr(self._document, word):
                await self._tried(word, said, self._one(kind, key_of(word, said), said))
        for said in self._document.apis:
            if said.introspector:
                await self._tried("apis", said, self._introspect(said))
        for product in self._document.products:
            await self._tried("products", product, self._product(product))
        if self._document.branding is not None:
            await self._tried("branding", None, self._branding(self._document.branding))
        for word in ORDER:
            await self._release(word)
        if self._problems:
            raise Refused(self._problems)
        return self._plan

    def _wrong(self, kind: str, key: str, words: str) -> None:
        self._problems.append(f"{kind}, {key}: {words}")
        if len(self._problems) >= MOST_PROBLEMS:
            raise Refused(self._problems)

    async def _tried(self, kind: str, said: Any, work: Awaitable[None]) -> None:
        key = "" if said is None else key_of(kind, said)
        try:
            await work
        except Unfit as unfit:
            self._wrong(kind, key, f"{unfit.entry}: {unfit.misfit.in_words('en')}")
        except TwoSecrets:
            self._wrong(kind, key, "secrets: two secrets of it work already: let one end first")
        except Conflict as error:
            # The transaction is over on PostgreSQL: nothing after it could be judged.
            self._problems.append(f"{kind}, {key}: it names something that is not there, or is taken: {error}")
            raise Refused(self._problems) from error

    async def _one(self, kind: FileKind, key: str, said: Any) -> None:
        """Raises Unfit, Conflict, TwoSecrets."""
        typed = dict(kind.typed(said))
        row = await self._found_or_locked(kind, key, said, typed)
        made = row is None
        if row is None:
            if kind.word == "apis":
                # The application may not be there yet: it is named once all are.
                typed["client_id"] = ""
            row = await self._make(kind, key, typed)
            if row is None:
                return
        elif (wrong := kept_from(kind, row, typed)) is not None:
            self._wrong(kind.word, key, wrong)
            return
        if kind.word == "apis":
            typed["client_id"] = row.client_id or "" if said.introspector else ""
        changes = await self._change(kind, key, row, typed)
        changes += await self._secrets(kind, said, row, is_new=made)
        if kind.word == "tenants" and said.connection is not None:
            changes += await connection_step(self._world, said.connection, row.id)
        switched = await self._switch(kind.thing, row, said.disabled)
        await self._managed(kind.word, key)
        self._add(kind.word, key, kind.thing.title(row), changes, switched, made=made)

    async def _found_or_locked(self, kind: FileKind, key: str, said: Any, typed: dict[str, str]) -> Any:
        """The row, locked where anything is to be written: what may be written is judged by it as it is then."""
        tx = self._world.hand.tx
        row = await kind.find(tx, key)
        if row is None or not await self._differs(kind, row, said, typed):
            return row
        await lock_row(tx, kind.thing.word, row.id)
        return await kind.find(tx, key)

    async def _differs(self, kind: FileKind, row: Any, said: Any, typed: dict[str, str]) -> bool:
        wanted = await self._typed_now(kind, row, typed)
        others = kept_from(kind, row, typed) is not None or (row.disabled_at is not None) is not said.disabled
        return others or bool(getattr(said, "secrets", ())) or bool(_different(kind.thing, row, wanted))

    async def _typed_now(self, kind: FileKind, row: Any, typed: dict[str, str]) -> dict[str, str]:
        """Forms of a change take an account's id. A daemon that the file gives none keeps the one that it has."""
        if kind.word != "applications":
            return typed
        username = typed["account"]
        found = await find_service_account_by_name(self._world.hand.tx, username) if username else None
        account = row.service_account_id or "" if not username else username if found is None else found.id
        return {**typed, "account": account}

    async def _introspect(self, said: Any) -> None:
        """Raises Unfit."""
        kind = KINDS["apis"]
        typed = dict(kind.typed(said))
        row = await self._found_or_locked(kind, said.id, said, typed)
        if row is None or row.client_id == said.introspector or kept_from(kind, row, typed) is not None:
            return
        changes = await self._change(kind, said.id, row, typed)
        self._add("apis", said.id, row.name, changes, "", made=False)

    async def _product(self, said: ProductFile) -> None:
        """Raises Unfit, Conflict."""
        made, changes, switched = await product_step(self._world, said)
        await self._managed("products", said.id)
        self._add("products", said.id, said.name, changes, switched, made=made)

    async def _branding(self, said: BrandingFile) -> None:
        """Raises Unfit."""
        made, changes = await branding_step(self._world, said)
        self._add("branding", "", said.name, changes, "", made=made)

    def _add(self, word: str, key: str, name: str, changes: Sequence[Changed], switched: str, *, made: bool) -> None:
        every = list(changes)
        if switched:
            every.append(Changed("disabled", *(("no", "yes") if switched == "disable" else ("yes", "no"))))
        if made:
            self._plan.steps.append(
                Step(word, key, name, "add", tuple(one for one in every if one.member == "disabled"))
            )
        elif not every:
            self._plan.unchanged += 1
        else:
            means = tuple(words for one in every for words in meaning_of(word, one.member, one.before, one.after))
            act: Any = switched if switched and not changes else "change"
            self._plan.steps.append(Step(word, key, name, act, tuple(every), means))

    async def _make(self, kind: FileKind, key: str, typed: dict[str, str]) -> Any:
        hand, entries = self._world.hand, () if kind.thing.making is None else kind.thing.making.entries
        if kind.word == "applications" and typed["type"] == "daemon" and typed["customer"] and not typed["account"]:
            # One of its own, as where the portal makes it.
            await lock_named_customer(hand.tx, typed["customer"])
            owner = CustomerId(typed["customer"])
            typed["account"] = await add_account(
                hand.tx, ClientId(key), typed["name"], owner, random_digest(), hand.now
            )
        values, problems = read_entries(entries, {one.name: typed.get(one.name, "") for one in entries}, "en")
        for name, words in problems.by_field.items():
            self._wrong(kind.word, key, f"{name}: {words}")
        if problems:
            return None
        await make_thing(hand, kind.thing, values, random_digest(), self._world.settings)
        return await kind.find(hand.tx, key)

    async def _change(self, kind: FileKind, key: str, row: Any, typed: dict[str, str]) -> list[Changed]:
        thing, hand = kind.thing, self._world.hand
        typed = await self._typed_now(kind, row, typed)
        entries = _different(thing, row, typed)
        values, problems = read_entries(entries, typed, "en")
        for name, words in problems.by_field.items():
            self._wrong(kind.word, key, f"{name}: {words}")
        if problems or not entries:
            return []
        await change_thing(hand, thing, row, values, self._world.settings)
        after = await thing.find(hand.tx, row.id)
        return [Changed(one.name, one.read(row), one.read(after)) for one in entries]

    async def _secrets(self, kind: FileKind, said: Any, row: Any, *, is_new: bool) -> list[Changed]:
        if kind.word != "applications" or said.disabled:
            # Disabling ends secrets: a disabled application has none that works.
            return []
        values = [self._world.secrets[one] for one in said.secrets]
        hand = self._world.hand
        added = await add_missing_secrets(hand.tx, row, values, hand.now, is_new=is_new)
        for secret in added:
            await hand.record("secret.added", client=row.id, secret=secret)
        return [Changed("secrets", "", f"{len(added)} more")] if added else []

    async def _switch(self, thing: Thing, row: Any, disabled: bool) -> str:
        """The act, "" where nothing was to do."""
        if (row.disabled_at is not None) is disabled:
            return ""
        await switch_thing(self._world.hand, thing, row, off=disabled)
        return "disable" if disabled else "enable"

    async def _managed(self, word: str, key: str) -> None:
        held = await find_managed(self._world.hand.tx, word, key)
        if held is None:
            await put_managed(self._world.hand.tx, Managed(word, key, self._document.set, self._world.hand.now))
            self._plan.taken += 1
        elif held.set_name != self._document.set:
            self._wrong(word, key, f"the files of the set {held.set_name} manage it: take it out of one of the two")

    async def _release(self, word: str) -> None:
        """What the set managed and names no more: disabled and released with `--prune`, otherwise shown."""
        named = {key_of(word, one) for one in getattr(self._document, word)}
        gone, after = list[str](), ""
        while page := await managed_of_set(self._world.hand.tx, self._document.set, word, after):
            gone += [one.thing_id for one in page if one.thing_id not in named]
            after = page[-1].thing_id
        for key in gone:
            row = await self._found(word, key)
            if not self._prune:
                self._plan.left += [] if row is None else [(word, key)]
                continue
            await remove_managed(self._world.hand.tx, word, key)
            if row is not None:
                await self._disable(word, key, row)

    async def _found(self, word: str, key: str) -> Any:
        if word == "products":
            return await lock_product(self._world.hand.tx, ProductId(key))
        row = await KINDS[word].find(self._world.hand.tx, key)
        if row is not None:
            await lock_row(self._world.hand.tx, word, row.id)
        return row if row is None else await KINDS[word].find(self._world.hand.tx, key)

    async def _disable(self, word: str, key: str, row: Any) -> None:
        if word == "products":
            switched = await switch_product(self._world.hand, row, off=True)
        else:
            switched = await self._switch(KINDS[word].thing, row, True)
        means = tuple(meaning_of(word, "disabled", "no", "yes")) if switched else ()
        changes = (Changed("disabled", "no", "yes"),) if switched else ()
        self._plan.steps.append(Step(word, key, getattr(row, "name", key), "release", changes, means))


def _different(thing: Thing, row: Any, typed: Mapping[str, str]) -> list[Entry]:
    return [one for one in thing.entries if not same(one.name, one.read(row), typed[one.name])]
