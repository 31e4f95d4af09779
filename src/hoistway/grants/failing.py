"""What both ways of comparing a password use: what was proven, what was refused, and how a failure is counted."""

from typing import Generic

from msgspec import Struct

from hoistway.authn.lockout import Attempt
from hoistway.engine import Engine
from hoistway.grants.kinds import A, Accounts, Said
from hoistway.protocol.errors import TemporarilyUnavailable


class Refused(Exception):
    """Its text is the reason, for the log and the counts. The caller gets the same words in each case."""


class Unheard(TemporarilyUnavailable):
    """The older system, which would have to prove the password, gives no verdict; or it looks so, whoever has the name."""


class Proven(Struct, Generic[A], frozen=True):
    """The password was right for this row; nothing is written yet. `known` where argon2 was spared."""

    said: Said
    attempt: Attempt
    account: A
    known: bool = False


async def fail(
    engine: Engine, kind: Accounts[A], said: Said, attempt: Attempt, account: A | None, because: str
) -> None:
    """Raises Locked where the outcome must not be told."""
    async with engine.db.write() as tx:
        today = await engine.lockout.fail(tx, attempt, said.now)
        if engine.lockout.is_told(today, said.now):
            await engine.record(
                tx, kind.event, actor=None if account is None else account.id, client_id=said.client_id,
                customer_id=None if account is None else kind.owner(account), correlation_id=said.correlation_id,
                address=attempt.network, failures_today=today, because=because,
            )  # fmt: skip
