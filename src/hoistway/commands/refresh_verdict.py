"""Why a refresh token would be refused, of which the text itself tells nothing (docs/adr/0003-tokens.md)."""

from dataclasses import dataclass

from hoistway.commands.token_verdict import Reason, judge_account, judge_application
from hoistway.commands.token_words import moment
from hoistway.protocol.ids import GrantId
from hoistway.store.db import Database
from hoistway.store.grants import Grant, find_grant
from hoistway.tokens.keyring import shared_secret
from hoistway.tokens.refresh import read_refresh_token
from hoistway.tokens.vault import Vault


@dataclass(frozen=True, slots=True)
class Refresh:
    """`family` is None where it was pruned: seven days after its end."""

    grant_id: GrantId
    generation: int
    family: Grant | None
    reasons: list[Reason]


async def judge_refresh(db: Database, vault: Vault, text: str, now: int) -> Refresh | None:
    """None where the text is no refresh token of this server."""
    found = read_refresh_token(await shared_secret(db, vault, "refresh"), text)
    if found is None:
        return None
    grant_id, generation = found
    family = await find_grant(db, grant_id)
    if family is None:
        return Refresh(grant_id, generation, None, [Reason("expired", "its family ended more than seven days ago")])
    reasons = [
        *_life(family, generation, now),
        *await judge_application(db, family.client_id, family.customer_id),
        *await judge_account(db, family.subject_kind, family.subject_id, family.customer_id, family.auth_time),
    ]
    return Refresh(grant_id, generation, family, reasons)


def _life(family: Grant, generation: int, now: int) -> list[Reason]:
    reasons = []
    if family.revoked_at is not None:
        words = f"its family was revoked at {moment(family.revoked_at, now)}: {family.revoked_because}"
        reasons.append(Reason("revoked", words))
    end = min(family.expires_at, family.idle_expires_at)
    if end <= now:
        reasons.append(Reason("expired", f"its family ended at {moment(end, now)}: sign in again"))
    if generation < family.generation:
        words = (
            f"it is generation {generation} and the living one is {family.generation}: using it again may revoke all"
        )
        reasons.append(Reason("used_before", words))
    return reasons
