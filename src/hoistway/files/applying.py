"""Writes what files say, in the caller's transaction; a plan is the same, undone at its end (docs/adr/0044-files.md)."""

from collections.abc import Awaitable, Sequence
from typing import Any, Final

from hoistway.applications.granting import add_account
from hoistway.applications.secrets import TwoSecrets
from hoistway.approving.kinds import KINDS as GUARDED
from hoistway.authn.passwords import random_digest
from hoistway.files.document import ORDER, BrandingFile, Document, ProductFile, key_of
from hoistway.files.kinds import KINDS, FileKind, is_kept_out
from hoistway.files.meaning import meaning_of
from hoistway.files.plan import Changed, Plan, Step
from hoistway.files.products import branding_step, product_step
from hoistway.files.secrets import add_missing_secrets
from hoistway.files.texts import same
from hoistway.files.world import Refused, World
from hoistway.protocol.ids import ClientId, CustomerId, ProductId
from hoistway.store.change_row import lock_row
from hoistway.store.db import Conflict
from hoistway.store.managed_things import Managed, find_managed, managed_of_set, put_managed, remove_managed
from hoistway.store.products import find_product, set_product_disabled
from hoistway.store.service_accounts import find_service_account_by_name
from hoistway.things.accounts import lock_named_customer
from hoistway.things.making import Unfit, read_entries

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
        typed, row = dict(kind.typed(said)), await kind.find(self._world.tx, key)
        made = row is None
        if row is None:
            if kind.word == "apis":
                # The application may not be there yet: it is named once all are.
                typed["client_id"] = ""
            row = await self._make(kind, key, typed)
            if row is None:
                return
        elif is_kept_out(kind.word, row):
            self._wrong(
                kind.word,
                key,
                "files can't manage this: it is the server's own, the sandbox's, or an application's account",
            )
            return
        elif any(read(row) != typed[name] for name, read in kind.fixed.items()):
            self._wrong(kind.word, key, f"it is there with another {' or '.join(kind.fixed)}, which can't be changed")
            return
        if kind.word == "apis":
            typed["client_id"] = row.client_id or "" if said.introspector else ""
        changes = await self._change(kind, key, row, typed)
        changes += await self._secrets(kind, said, row)
        switched = await self._switch(kind, row, said.disabled)
        await self._managed(kind.word, key)
        self._add(kind.word, key, kind.thing.title(row), changes, switched, made=made)

    async def _introspect(self, said: Any) -> None:
        """Raises Unfit."""
        kind = KINDS["apis"]
        row = await kind.find(self._world.tx, said.id)
        if row is None or row.client_id == said.introspector:
            return
        changes = await self._change(kind, said.id, row, dict(kind.typed(said)))
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
        making, world = kind.making, self._world
        if kind.word == "applications" and typed["type"] == "daemon" and typed["customer"] and not typed["account"]:
            # One of its own, as where the portal makes it.
            await lock_named_customer(world.tx, typed["customer"])
            owner = CustomerId(typed["customer"])
            typed["account"] = await add_account(
                world.tx, ClientId(key), typed["name"], owner, random_digest(), world.now
            )
        values, problems = read_entries(
            making.entries, {one.name: typed.get(one.name, "") for one in making.entries}, "en"
        )
        for name, words in problems.by_field.items():
            self._wrong(kind.word, key, f"{name}: {words}")
        if problems:
            return None
        made = await making.make(world.tx, values, world.now, random_digest())
        await world.note(making.event, id=made.row.id, file=self._world.set_name, **made.about)
        return await kind.find(world.tx, key)

    async def _change(self, kind: FileKind, key: str, row: Any, typed: dict[str, str]) -> list[Changed]:
        thing, world = kind.thing, self._world
        if kind.word == "applications":
            typed["account"] = await self._account_id(typed["account"], row)
        entries = [one for one in thing.entries if not same(one.name, one.read(row), typed[one.name])]
        values, problems = read_entries(entries, typed, "en")
        for name, words in problems.by_field.items():
            self._wrong(kind.word, key, f"{name}: {words}")
        if problems or not entries:
            return []
        await lock_row(world.tx, thing.word, row.id)
        before = await thing.find(world.tx, row.id)
        if thing.judge is not None:
            await thing.judge(world.tx, before, values, world.now, world.settings)
        guarded = {name: str(value) for name, value in values.items() if name in thing.guarded}
        if guarded and thing.kind is not None:
            await GUARDED[thing.kind].read(world.tx, row.id, world.now)
            await GUARDED[thing.kind].write(world.tx, row.id, guarded, world.now, world.eraser)
        plain = {name: value for name, value in values.items() if name not in guarded}
        if plain and thing.save is not None:
            await thing.save(world.tx, await thing.find(world.tx, row.id), plain)
        after = await thing.find(world.tx, row.id)
        changes = [Changed(one.name, one.read(before), one.read(after)) for one in entries]
        await self._world.noted(f"{thing.subject}.changed", row.id, changes)
        return changes

    async def _account_id(self, username: str, row: Any) -> str:
        """Forms of a change take the account's id. A daemon that the file gives none keeps the one that it has."""
        if not username:
            return row.service_account_id or ""
        found = await find_service_account_by_name(self._world.tx, username)
        return username if found is None else found.id

    async def _secrets(self, kind: FileKind, said: Any, row: Any) -> list[Changed]:
        if kind.word != "applications" or said.disabled:
            # Disabling ends secrets: a disabled application has none that works.
            return []
        values = [self._world.secrets[one] for one in said.secrets]
        added = await add_missing_secrets(self._world.tx, row, values, self._world.now)
        for secret in added:
            await self._world.note("secret.added", client=row.id, secret=secret, file=self._world.set_name)
        return [Changed("secrets", "", f"{len(added)} more")] if added else []

    async def _switch(self, kind: FileKind, row: Any, disabled: bool) -> str:
        return (
            ""
            if kind.thing.switch is None
            else await self._world.switched(kind.thing.subject, row, disabled, kind.thing.switch)
        )

    async def _managed(self, word: str, key: str) -> None:
        held = await find_managed(self._world.tx, word, key)
        if held is None:
            await put_managed(self._world.tx, Managed(word, key, self._document.set, self._world.now))
            self._plan.taken += 1
        elif held.set_name != self._document.set:
            self._wrong(word, key, f"the files of the set {held.set_name} manage it: take it out of one of the two")

    async def _release(self, word: str) -> None:
        """What the set managed and names no more: disabled and released with `--prune`, otherwise shown."""
        named = {key_of(word, one) for one in getattr(self._document, word)}
        gone, after = list[str](), ""
        while page := await managed_of_set(self._world.tx, self._document.set, word, after):
            gone += [one.thing_id for one in page if one.thing_id not in named]
            after = page[-1].thing_id
        for key in gone:
            row = await self._found(word, key)
            if not self._prune:
                self._plan.left += [] if row is None else [(word, key)]
                continue
            await remove_managed(self._world.tx, word, key)
            if row is not None:
                await self._disable(word, key, row)

    async def _found(self, word: str, key: str) -> Any:
        if word == "products":
            return await find_product(self._world.tx, ProductId(key))
        return await KINDS[word].find(self._world.tx, key)

    async def _disable(self, word: str, key: str, row: Any) -> None:
        if word == "products":
            switched = await self._world.switched("product", row, True, set_product_disabled)
        else:
            switched = await self._switch(KINDS[word], row, True)
        means = tuple(meaning_of(word, "disabled", "no", "yes")) if switched else ()
        changes = (Changed("disabled", "no", "yes"),) if switched else ()
        self._plan.steps.append(Step(word, key, getattr(row, "name", key), "release", changes, means))
