"""Why a refresh token would be refused, which its text alone does not tell (docs/adr/0003-tokens.md)."""

from msgspec import Struct

from hoistway.endpoints.explain import reasons_of_account, reasons_of_application, reasons_of_customer, reasons_of_end
from hoistway.protocol.explain import Reason, moment, span
from hoistway.protocol.ids import FamilyId
from hoistway.store.db import Database
from hoistway.store.families import Family, find_family
from hoistway.tokens.keyring import shared_secret
from hoistway.tokens.refresh import read_refresh_token
from hoistway.tokens.vault import Vault


class Refresh(Struct, frozen=True):
    """`family` is None where the database does not have it."""

    family_id: FamilyId
    generation: int
    family: Family | None
    reasons: list[Reason]


async def judge_refresh(db: Database, vault: Vault, text: str, now: int) -> Refresh | None:
    """None where the text is no refresh token of this server."""
    found = read_refresh_token(await shared_secret(db, vault, "refresh"), text)
    if found is None:
        return None
    family_id, generation = found
    family = await find_family(db, family_id)
    if family is None:
        return Refresh(family_id, generation, None, [Reason("family_unknown", {})])
    reasons = [
        *_life(family, generation, now),
        *await reasons_of_application(db, family.client_id, family.customer_id),
        *await reasons_of_customer(db, family.customer_id),
        *await reasons_of_account(
            db,
            family.subject_kind,
            family.subject_id,
            family.customer_id,
            family.auth_time,
            acted=family.acting != 0,
            grant_id=family.id,
            now=now,
        ),
        *await reasons_of_end(
            db, family.subject_kind, family.subject_id, family.customer_id, family.client_id, family.created_at
        ),
    ]
    return Refresh(family_id, generation, family, reasons)


def _life(family: Family, generation: int, now: int) -> list[Reason]:
    reasons = []
    if family.revoked_at is not None:
        names = {"at": moment(family.revoked_at), "because": family.revoked_because or ""}
        reasons.append(Reason("family_revoked", names))
    end = min(family.expires_at, family.idle_expires_at)
    if end <= now:
        reasons.append(Reason("family_ended", {"at": moment(end), "ago": span(now - end)}))
    if generation < family.generation:
        reasons.append(Reason("used_before", {"generation": str(generation), "living": str(family.generation)}))
    return reasons
