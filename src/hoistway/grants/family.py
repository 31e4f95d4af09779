"""Begins a family of refresh tokens where `offline_access` was granted."""

from msgspec.structs import replace

from hoistway.engine import Engine
from hoistway.grants.base import Ask, Proof
from hoistway.protocol.dialect import Dialect
from hoistway.protocol.ids import FamilyId
from hoistway.store.columns import to_list
from hoistway.store.db import Writer
from hoistway.store.families import Family, add_family
from hoistway.store.family_begun import ProvenAccount, begin_family_of


def wants_refresh(ask: Ask, proof: Proof) -> bool:
    """True where `offline_access` was granted and the application may use refresh tokens."""
    return "offline_access" in proof.resolved.oidc and "refresh_token" in ask.proven.client.grants


def policy_of(dialect: Dialect) -> str:
    """Where a family begins: tenant and policy, or empty on the standard paths."""
    return f"{dialect.tenant}/{dialect.policy}" if dialect.is_b2c else ""


def token_address(base_url: str, policy: str) -> str:
    """The token endpoint that accepts a family that began there."""
    return f"{base_url}/{policy}/oauth2/v2.0/token" if policy else f"{base_url}/oauth2/token"


def _row(engine: Engine, ask: Ask, proof: Proof, family_id: FamilyId) -> Family:
    settings, now = engine.settings, ask.now
    absolute = now + settings.refresh_absolute
    idle = min(now + settings.refresh_idle, absolute)
    return Family(
        id=family_id,
        client_id=ask.proven.client.id,
        subject_kind=proof.subject.kind,
        subject_id=proof.subject.id,
        customer_id=proof.subject.customer_id,
        scope=" ".join(proof.resolved.asked),
        resource=proof.resource,
        auth_time=proof.auth_time,
        session_id=proof.session_id,
        generation=1,
        created_at=now,
        rotated_at=now,
        idle_expires_at=idle,
        expires_at=absolute,
        granted=to_list(proof.resolved.granted),
        policy=policy_of(ask.dialect),
        acting=1 if proof.subject.acting else 0,
        amr=" ".join(proof.amr) or None,
    )


async def begin_family(engine: Engine, tx: Writer, ask: Ask, proof: Proof, family_id: FamilyId) -> Proof:
    """Writes the family's one row."""
    row = _row(engine, ask, proof, family_id)
    await add_family(tx, row)
    return replace(proof, family_id=family_id, generation=1, refresh_until=row.idle_expires_at)


async def begin_family_at_once(
    engine: Engine, ask: Ask, proof: Proof, family_id: FamilyId, account: ProvenAccount
) -> Proof | None:
    """The same in one statement. None where the account's password was changed meanwhile, or the account disabled."""
    row = _row(engine, ask, proof, family_id)
    if not await begin_family_of(engine.db, row, account):
        return None
    return replace(proof, family_id=family_id, generation=1, refresh_until=row.idle_expires_at)
