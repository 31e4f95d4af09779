"""The password grant ("ROPC Proxy"): for technical accounts only, and for applications that are allowed it by name and
until a date.

https://www.rfc-editor.org/rfc/rfc6749#section-4.3, against the advice of RFC 9700 section 2.4; therefore each use is
counted.
"""

import os
from datetime import UTC, datetime

from msgspec.structs import replace

from hoistway.authn.lockout import Locked
from hoistway.engine import Engine
from hoistway.grants.base import Ask, Grant, Proof, asked_resource, asks_for_itself, resolve, resting
from hoistway.grants.family import begin_family, begin_family_at_once, wants_refresh
from hoistway.grants.kinds import TECHNICAL, Said
from hoistway.grants.proving import Proven, Refused, refuse, settle
from hoistway.grants.proving import prove as prove_password
from hoistway.protocol.errors import InvalidGrant, InvalidScope, InvalidTarget, UnauthorizedClient
from hoistway.protocol.jwt import b64url
from hoistway.protocol.redirect_uri import origin_of
from hoistway.protocol.scope import OIDC_SCOPES, granted_text
from hoistway.protocol.subject import Subject
from hoistway.protocol.two_passwords import family_begun_by, which_of
from hoistway.store.db import Writer
from hoistway.store.flow_uses import Use, count_flow_use
from hoistway.store.legacy_uses import count_legacy_use
from hoistway.store.service_accounts import ServiceAccount
from hoistway.web.replies import header_in

WRONG = "The user name or password is wrong or has expired, or the account is disabled or may not be used from your address."
OTHER_POLICY = (
    "This policy is for signing in on our pages: send the password to the policy for the password grant (ROPC)."
)
MOVED = (
    " If it is the account's password from before the move to this system, a new one helps too: the customer's administrators, or"
    " the operator, can make one."
)
FOREIGN = (
    "This page's origin is not registered for the application: a password is taken from its own pages and from programs only. "
    "Ask the operator to add a redirect URI of that origin."
)
ENCODING = (
    " The body does not look percent-encoded: a password with +, % or & must be sent encoded (curl: --data-urlencode)."
)


def _check_page(engine: Engine, ask: Ask) -> None:
    """Checked before anything is counted: any web page could make its visitors' browsers post here, from the network in
    which a daemon is."""
    origin, site = header_in(ask.headers, b"origin"), header_in(ask.headers, b"sec-fetch-site")
    if origin is None:
        is_foreign = site in {"cross-site", "same-site"}
    else:
        registered = {origin_of(uri) for uri in ask.proven.client.redirect_uris}
        is_foreign = origin.lower() not in registered | {engine.settings.base_url}
    if is_foreign:
        raise UnauthorizedClient(FOREIGN, log="password from a page of a foreign origin", b2c="90057")


def _refusal(ask: Ask, public: str, *, log: str, b2c: str, retry_after: int | None = None) -> InvalidGrant:
    """Until the password is proven, the refusal counts for the application's owner, because nobody else should learn
    whose account was named."""
    refusal = InvalidGrant(public, log=log, b2c=b2c, retry_after=retry_after)
    refusal.concerns = (ask.proven.client.customer_id, ask.proven.client.id)
    return refusal


async def _wrong(engine: Engine, ask: Ask, refused: Refused) -> InvalidGrant:
    moved = MOVED if await engine.old.connections(ask.now) else ""
    text = WRONG + moved + (ENCODING if ask.badly_encoded else "")
    return _refusal(ask, text, log=str(refused), b2c="90225")


def _locked(ask: Ask, locked: Locked) -> InvalidGrant:
    text = (
        f"Too many failed attempts for this account or from this address: wait {locked.wait} seconds, then try again."
    )
    return _refusal(ask, text, log=str(locked), b2c="90114", retry_after=locked.wait)


async def _prove_account(engine: Engine, ask: Ask) -> tuple[Subject, Proven[ServiceAccount]]:
    """A disabled account, or one of a disabled customer, is refused just like an unknown one; even a right password
    counts as a failure."""
    said = Said(
        ask.params.need("username"), ask.params.need("password"), ask.address, ask.now, ask.correlation_id,
        ask.proven.client.id,
    )  # fmt: skip
    try:
        proven = await prove_password(engine, TECHNICAL, said)
        subject = await engine.directory.subject(
            "service_account", proven.account.id, proven.account.customer_id, ask.now, ask.proven.client.environment
        )
        if subject is None:
            engine.measures.sign_ins.add(TECHNICAL.counted, "disabled")
            raise await refuse(engine, TECHNICAL, proven, "account or customer disabled")
    except Locked as locked:
        raise _locked(ask, locked) from locked
    except Refused as refused:
        raise await _wrong(engine, ask, refused) from refused
    return subject, proven


async def prove(engine: Engine, ask: Ask) -> Proof:
    client = ask.proven.client
    if client.allowed("password", ask.now) is None:
        raise UnauthorizedClient(
            "The password grant is off for this application: use client_credentials, or ask the operator for a dated exception.",
            log="no password exception in force",
            b2c="90224",
        )
    _check_page(engine, ask)
    if ask.dialect.kind not in {None, "ropc"}:
        raise InvalidGrant(OTHER_POLICY, log=f"password grant at the policy {ask.dialect.policy}", b2c="90088")
    rests_until = await engine.directory.rests_until("password", ask.now)
    if rests_until is not None:
        raise UnauthorizedClient(resting("The password grant", rests_until), log="brown-out", b2c="90224")
    resource = asked_resource(ask)
    text = ask.params.get("scope")
    if text is None and ask.dialect.is_b2c:
        raise InvalidScope(
            "scope is missing: send the API's scope, and offline_access for a refresh token.", b2c="90010"
        )
    if text is not None and asks_for_itself(ask):
        text = f"{text} {client.id}"
    default = " ".join(name for name in client.scopes if name not in OIDC_SCOPES)
    resolved = await resolve(engine, ask, text or default, resource)
    subject, proven = await _prove_account(engine, ask)
    granted = granted_text(text, resolved) if text else " ".join(resolved.names)
    return Proof(subject, resolved, granted, ask.now, resource=resource, evidence=proven)


def _check_customer(ask: Ask, proof: Proof) -> None:
    """To be called only when it is certain that the outcome may be told."""
    wanted = ask.params.get("customer")
    if wanted is not None and wanted != proof.subject.customer_id:
        raise InvalidTarget("The technical account belongs to another customer: leave customer out.", b2c="90128")


def _use(ask: Ask, proof: Proof) -> Use:
    day = datetime.fromtimestamp(ask.now, UTC).date().isoformat()
    return Use(ask.proven.client.id, "password", day, proof.subject.id, proof.subject.customer_id)


async def spend(engine: Engine, ask: Ask, proof: Proof) -> Proof:
    """Counts and records the use, and begins a refresh token family where one was asked for, provided that the password
    is still the one that was proven. Where only the count is to be written, it waits in memory for a batch."""
    proven = proof.evidence
    if not isinstance(proven, Proven):
        raise TypeError("a password grant proves a technical account")
    which = which_of(proven.said.password)
    proof, use = replace(proof, family_id=family_begun_by(which, b64url(os.urandom(16)))), _use(ask, proof)
    if proven.known and proven.attempt.spotless:
        _check_customer(ask, proof)
        if engine.tally.note_use(use, ask.now):
            if (at_once := await _at_once(engine, ask, proof, proven)) is not None:
                engine.tally.note_password(proven.account.id, which, ask.now)
                engine.measures.sign_ins.add(TECHNICAL.counted, "succeeded")
                return at_once
            engine.tally.take_back_use(use)

    async def write(tx: Writer, _account: ServiceAccount) -> Proof:
        _check_customer(ask, proof)
        return await _write(engine, tx, ask, proof, use)

    try:
        spent = await settle(engine, TECHNICAL, proven, write)
    except Locked as locked:
        raise _locked(ask, locked) from locked
    except Refused as refused:
        raise await _wrong(engine, ask, refused) from refused
    engine.tally.tell_use(use)
    engine.tally.note_password(proven.account.id, which, ask.now)
    return spent


async def _at_once(engine: Engine, ask: Ask, proof: Proof, proven: Proven[ServiceAccount]) -> Proof | None:
    """None where the account changed meanwhile."""
    if proof.family_id is None or not wants_refresh(ask, proof):
        return proof
    digest = TECHNICAL.digest(proven.account, proven.said.password)
    return await begin_family_at_once(engine, ask, proof, proof.family_id, (proven.account.id, digest))


async def _write(engine: Engine, tx: Writer, ask: Ask, proof: Proof, use: Use) -> Proof:
    await count_legacy_use(tx, use.client_id, use.flow, use.day, ask.now)
    # Counted each time, but recorded once a day, because some daemons sign in for every call.
    if await count_flow_use(tx, use.actor, use.client_id, use.flow, use.day, ask.now, use.customer_id) == 1:
        await engine.record(
            tx, "password_grant.used", actor=use.actor, client_id=use.client_id, customer_id=use.customer_id,
            correlation_id=ask.correlation_id,
        )  # fmt: skip
    if proof.family_id is None or not wants_refresh(ask, proof):
        return proof
    return await begin_family(engine, tx, ask, proof, proof.family_id)


PASSWORD = Grant("password", prove, spend)
