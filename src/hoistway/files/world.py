"""What writing needs, and what each written thing leaves behind: an entry of the trail, and who manages it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from hoistway.accounts.erasing import Eraser
from hoistway.files.plan import Changed
from hoistway.settings import Settings
from hoistway.store.audit import short
from hoistway.store.db import Writer
from hoistway.store.keyless_uses import Keyless

Note = Callable[..., Awaitable[None]]
Switch = Callable[[Writer, Any, int | None], Awaitable[Any]]


class Refused(Exception):
    """Nothing may be written; `problems` each begin with the place."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class World(Struct, frozen=True):
    """`note` writes an entry of the trail, `set_name` is the files' set, `secrets` are their references with the values, and
    `keyless` who called without a key, looked up before."""

    tx: Writer
    now: int
    note: Note
    set_name: str
    settings: Settings
    eraser: Eraser
    secrets: Mapping[str, str]
    keyless: Keyless

    async def noted(self, event: str, row_id: str, changes: Sequence[Changed]) -> None:
        whose = {"id": row_id} if row_id else {}
        await self.note(
            event, **whose, file=self.set_name, before={one.member: short(one.before) for one in changes},
            after={one.member: short(one.after) for one in changes},
        )  # fmt: skip

    async def switched(self, subject: str, row: Any, disabled: bool, switch: Switch) -> str:
        """The act, "" where nothing was to do."""
        if (row.disabled_at is not None) is disabled:
            return ""
        await switch(self.tx, row.id, self.now if disabled else None)
        await self.note(f"{subject}.{'disabled' if disabled else 'enabled'}", id=row.id, file=self.set_name)
        return "disable" if disabled else "enable"
