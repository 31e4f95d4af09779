"""What writing needs: who acts, in which transaction, and what was read before it began."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from hoistway.accounts.hand import Hand
from hoistway.files.plan import Changed
from hoistway.settings import Settings
from hoistway.store.audit import short
from hoistway.store.keyless_uses import Keyless


class Refused(Exception):
    """Nothing may be written; `problems` each begin with the place."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class World(Struct, frozen=True):
    """The hand's `record` says in each entry which `set_name` of files it was. `secrets` are the files' references with their values,
    `keyless` who called without a key."""

    hand: Hand
    set_name: str
    settings: Settings
    secrets: Mapping[str, str]
    keyless: Keyless

    async def noted(self, event: str, row_id: str, changes: Sequence[Changed]) -> None:
        """For what has no form of the console's kinds of things."""
        whose = {"id": row_id} if row_id else {}
        await self.hand.record(
            event, **whose, before={one.member: short(one.before) for one in changes},
            after={one.member: short(one.after) for one in changes},
        )  # fmt: skip
