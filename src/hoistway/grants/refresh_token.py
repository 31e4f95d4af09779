"""The refresh token grant: rotation, with a grace window in which a repeated request gets the same successor (RFC 6749
section 6, RFC 9700 section 4.14.2; docs/adr/0003-tokens.md).
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

from msgspec.structs import replace

from hoistway.engine import Engine
from hoistway.grants.base import (
    Ask,
    Grant,
    Proof,
    asked_resource,
    asks_for_itself,
    check_address,
    check_customer,
    known_resource,
    resolve,
)
from hoistway.grants.family import policy_of, token_address
from hoistway.grants.family_life import BY_REPLAY, REPLAYED, check_alive, living_subject
from hoistway.grants.replayed import Replay
from hoistway.grants.restored import take_up
from hoistway.protocol.authentication import read_amr
from hoistway.protocol.counts import is_round
from hoistway.protocol.errors import InvalidGrant, InvalidScope, InvalidTarget
from hoistway.protocol.ids import FamilyId
from hoistway.protocol.scope import Resolved, names_api, narrow_scope, read_granted, read_scope
from hoistway.store.columns import from_list
from hoistway.store.families import Family, Rotated, count_repeat, find_family, rotate_family
from hoistway.tokens.refresh import read_refresh_token
from hoistway.web.replies import header_in

LONGEST_AGENT, MOST_ORIGINS = 200, 4_000


async def _find_family(engine: Engine, ask: Ask, family_id: FamilyId) -> Family:
    family = await find_family(engine.db, family_id)
    if family is None:
        raise InvalidGrant("The refresh token has expired: sign in again.", log="family unknown or pruned", b2c="90080")
    if family.client_id != ask.proven.client.id:
        raise InvalidGrant("The refresh token belongs to another application.", log="client mismatch", b2c="90279")
    policy = policy_of(ask.dialect)
    if family.policy is not None and policy != family.policy:
        raise InvalidGrant(
            f"The refresh token was issued at another address: refresh at {token_address(engine.settings.base_url, family.policy)}",
            log=f"issued at {family.policy or 'the standard path'}, presented at {policy or 'the standard path'}",
            b2c="90088",
        )
    check_alive(family, ask.now)
    return family


def _part_of(ask: Ask, asked: tuple[str, ...], granted: Resolved) -> tuple[str, ...]:
    """Raises InvalidScope or, on B2C-shaped paths, InvalidGrant, because MSAL then asks again in its hidden frame."""
    try:
        return narrow_scope(asked, granted)
    except InvalidScope as error:
        if not ask.dialect.is_b2c:
            raise
        raise InvalidGrant(error.public, log="scope not granted at sign-in", b2c="90117") from error


async def _narrowed(engine: Engine, ask: Ask, family: Family) -> Resolved:
    """The part of the granted scopes that the request asks for. Raises InvalidScope, InvalidTarget."""
    apis, client_id, base = await engine.directory.apis(ask.now), ask.proven.client.id, engine.settings.base_url
    resource = asked_resource(ask)
    meant, bound = (known_resource(apis, base, word) for word in (resource, family.resource))
    if meant is not None and bound is not None and meant.rstrip("/") != bound.rstrip("/"):
        raise InvalidTarget("The refresh token is for another resource: leave resource out.", b2c="90117")
    text, asked = family.scope, read_scope(ask.params.get("scope"))
    if asked:
        granted = read_granted(tuple(family.scope.split()), apis.scopes, client_id, bound)
        text = " ".join(_part_of(ask, asked, granted))
        # A resource without scopes means all of its scopes, but not where some scopes were named and then left out.
        # Where one is kept it stays that of the same API, even if another API has a scope of that name.
        if names_api(asked, client_id):
            bound = None if granted.api is None else granted.api.audience
        elif names_api(granted.asked, client_id):
            bound = None
    if asks_for_itself(ask) and not names_api(text.split(), client_id):
        text = f"{text} {client_id}"
    resolved = await resolve(engine, ask, text, bound)
    if resource is not None and resolved.api is None:
        raise InvalidTarget("No scope of that API was granted at sign-in: ask for its scopes there.", b2c="90117")
    if resource is not None and family.resource is None:
        await resolve(engine, ask, text, resource)
    return resolved


async def prove(engine: Engine, ask: Ask) -> Proof:
    found = read_refresh_token(engine.refresh_secret, ask.params.need("refresh_token"))
    if found is None:
        raise InvalidGrant(
            "This is not a refresh token of this server: send the one from the last answer.", log="not ours"
        )
    family_id, generation = found
    family = await _find_family(engine, ask, family_id)
    check_customer(ask.params, family.customer_id)
    resolved = await _narrowed(engine, ask, family)
    subject = await living_subject(engine, ask.proven.client, family, ask.now)
    check_address(ask, subject)
    if family.granted is not None:
        resolved = resolved.held_to(from_list(family.granted))
    return Proof(
        subject,
        resolved,
        ask.params.get("scope") or family.scope,
        family.auth_time,
        interactive=family.subject_kind == "user",
        resource=family.resource,
        family_id=family_id,
        session_id=family.session_id,
        evidence=generation,
        amr=read_amr(family.amr),
    )


async def spend(engine: Engine, ask: Ask, proof: Proof) -> Proof:
    """One statement rotates the family. If it changes no row there was a race, a repeated request or a replay: the row
    shows which."""
    if proof.family_id is None or not isinstance(proof.evidence, int):
        raise TypeError("a refresh proves a family and a generation")
    idle = ask.now + engine.settings.refresh_idle
    client_id = ask.proven.client.id
    origin = _origin(engine, ask)
    rotated: Rotated | Family | None = await rotate_family(
        engine.db, proof.family_id, proof.evidence, client_id, now=ask.now, idle_expires_at=idle, origin=origin
    )
    if rotated is None:
        rotated = await _repeat_or_revoke(engine, ask, proof.family_id, proof.evidence)
    return replace(proof, generation=rotated.generation, refresh_until=min(rotated.idle_expires_at, rotated.expires_at))


def _origin(engine: Engine, ask: Ask) -> str:
    """Keyed digests of address and program. They show whether two requests came from the same place, and nothing else."""
    agent = (header_in(ask.headers, b"user-agent") or "")[:LONGEST_AGENT]
    return _digests(engine.refresh_secret, ask.address, agent)


@lru_cache(MOST_ORIGINS)
def _digests(secret: bytes, *words: str) -> str:
    """Cached, because a daemon refreshes from the same place all day."""
    return ".".join(blake2b(word.encode("utf-8", "replace"), key=secret, digest_size=6).hexdigest() for word in words)


async def _repeat_or_revoke(engine: Engine, ask: Ask, family_id: FamilyId, generation: int) -> Family:
    """Within the grace window the generation before the living one gets the same successor again. The window is shorter
    for a request that differs in address or program, and there is none for one that differs in both. Anything older
    revokes the family."""
    family = await _find_family(engine, ask, family_id)
    if generation > family.generation:
        taken = await take_up(engine, ask, family, generation, _origin(engine, ask))
        if taken is not None:
            return taken
    if family.generation == generation + 1:
        here = _origin(engine, ask).split(".")
        first = here if family.rotated_from is None else family.rotated_from.split(".")
        same = [one == other for one, other in zip(here, first, strict=True)]
        settings = engine.settings
        grace = settings.refresh_grace if all(same) else settings.refresh_grace_elsewhere
        if any(same) and family.rotated_at + grace >= ask.now:
            await _note_repeat(engine, ask, family, same)
            return family
    await _revoke(engine, ask, family, generation)
    replayed = InvalidGrant(REPLAYED, log="generation older than the grace window, or of two programs", b2c="90129")
    replayed.concerns = (family.customer_id, family.client_id)
    raise replayed


async def _note_repeat(engine: Engine, ask: Ask, family: Family, same: Sequence[bool]) -> None:
    """Records the first, tenth, hundredth repetition of a family in the audit trail, those from elsewhere separately."""
    elsewhere = not all(same)
    counted = await count_repeat(engine.db, family.id, elsewhere=elsewhere)
    if counted is None:
        return
    times = counted.repeats_elsewhere if elsewhere else counted.repeats - counted.repeats_elsewhere
    if not is_round(times):
        return
    async with engine.db.write() as tx:
        await engine.record(
            tx, "grant.repeated", client_id=family.client_id, customer_id=family.customer_id, actor=family.subject_id,
            correlation_id=ask.correlation_id, grant=family.id, times=times, same_address=same[0], same_program=same[1],
        )  # fmt: skip


async def _revoke(engine: Engine, ask: Ask, family: Family, generation: int) -> None:
    replay = Replay(engine, ask.proven.client, family.id, family.subject_id, family.customer_id)
    async with engine.db.write() as tx:
        await replay.end(tx, ask.now, BY_REPLAY)
        await engine.record(
            tx, "grant.replayed", client_id=ask.proven.client.id, customer_id=family.customer_id,
            correlation_id=ask.correlation_id, generation=generation, living=family.generation,
        )  # fmt: skip
    replay.tell(engine, ask.now)


REFRESH_TOKEN = Grant("refresh_token", prove, spend)
