"""The authorization code grant with PKCE (https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3, RFC 7636 section 4.5)."""

from hashlib import sha256

from msgspec.structs import replace

from hoistway.engine import Engine
from hoistway.grants.base import Ask, Grant, Proof, asked_resource, check_customer, known_resource, resolve
from hoistway.grants.consent import check_before
from hoistway.grants.family import begin_family, policy_of, wants_refresh
from hoistway.grants.replayed import Replay
from hoistway.grants.told import check_session
from hoistway.protocol.errors import InvalidGrant, InvalidTarget, OAuthError
from hoistway.protocol.pkce import check_verifier, matches
from hoistway.protocol.scope import Resolved, granted_text
from hoistway.protocol.subject import Subject
from hoistway.store.codes import Code, end_code, find_code, take_code


def code_digest(code: str) -> bytes:
    return sha256(code.encode("utf-8", "surrogatepass")).digest()


def _check_binding(ask: Ask, code: Code) -> None:
    """The code is bound to its redirect URI and to whoever knows the verifier. Raises InvalidGrant."""
    terms = code.terms
    redirect_uri = ask.params.get("redirect_uri")
    if (redirect_uri is not None or terms.redirect_uri_sent) and redirect_uri != terms.redirect_uri:
        raise InvalidGrant("redirect_uri must be the one of the authorization request, letter for letter.", b2c="90088")
    verifier = ask.params.get("code_verifier")
    if terms.code_challenge is None:
        if verifier is not None:
            raise InvalidGrant(
                "code_verifier was sent but the authorization request had no code_challenge.", b2c="90182"
            )
        return
    if verifier is None:
        raise InvalidGrant(
            "code_verifier is missing: send the value whose SHA-256 was the code_challenge.", b2c="99059"
        )
    if not matches(check_verifier(verifier), terms.code_challenge):
        raise InvalidGrant("code_verifier does not match the code_challenge of the authorization request.", b2c="90182")


async def _check_resource(engine: Engine, ask: Ask, resolved: Resolved) -> None:
    """A resource that is named here must be that of the authorization request (RFC 8707 section 2.2). Raises
    InvalidTarget."""
    meant = known_resource(await engine.directory.apis(ask.now), engine.settings.base_url, asked_resource(ask))
    if meant is None:
        return
    own = () if resolved.api is None else (resolved.api.audience.rstrip("/"), resolved.api.uri.rstrip("/"))
    if meant.rstrip("/") not in own:
        raise InvalidTarget(
            "The code was not issued for that resource: leave resource out, or begin a sign-in for it.", b2c="90117"
        )


async def _living_subject(engine: Engine, ask: Ask, code: Code) -> Subject:
    """The account that the code is about, if it may still have what the code gives. Raises InvalidGrant."""
    terms = code.terms
    subject = await engine.directory.subject(
        "user", terms.user_id, terms.customer_id, ask.now, ask.proven.client.environment
    )
    if subject is None:
        raise InvalidGrant("The account or its place in the customer is disabled.", log="subject gone", b2c="90128")
    if subject.acting and terms.acting is False:
        raise InvalidGrant("The person left the customer: begin a new sign-in.", log="was a member", b2c="90128")
    given_at, ended_at = code.expires_at - engine.settings.code_lifetime, ask.proven.client.ended_at
    if subject.has_ended_since(given_at) or (ended_at is not None and ended_at >= given_at):
        raise InvalidGrant("The code ended: begin a new sign-in.", log="disabled since, or given away", b2c="90080")
    if subject.has_new_password_since(terms.auth_time, ask.now):
        raise InvalidGrant("The password was changed since: begin a new sign-in.", log="password changed", b2c="90080")
    return subject


async def prove(engine: Engine, ask: Ask) -> Proof:
    code = await find_code(engine.db, code_digest(ask.params.need("code")))
    if code is None:
        raise InvalidGrant("The code is unknown or has expired: begin a new sign-in.", log="code unknown")
    if code.client_id != ask.proven.client.id:
        # Somebody who finds another application's code can't redeem it, and neither uses it up nor ends what it gave.
        raise InvalidGrant("The code was issued to another application.", log="client mismatch", b2c="90279")
    if code.used_at is not None:
        if code.gave:
            await _revoke_what_it_gave(engine, ask, code)
        raise InvalidGrant(
            "The code was used before, so what it gave is revoked: begin a new sign-in.", log="code replayed"
        )
    try:
        _check_binding(ask, code)
        check_customer(ask.params, code.terms.customer_id)
    except OAuthError:
        # A wrong verifier uses the code up, so that whoever found it can't try again.
        async with engine.db.write() as tx:
            await end_code(tx, code.code_digest, ask.now)
        raise
    terms = code.terms
    if terms.issuer != ask.dialect.issuer or terms.policy not in {None, policy_of(ask.dialect)}:
        raise InvalidGrant(
            "The code was issued on another path or by another policy: use the token endpoint of the same discovery document.",
            b2c="90088",
        )
    subject = await _living_subject(engine, ask, code)
    await check_session(engine, ask.proven.client, terms.session_id)
    text = " ".join(terms.scope)
    resolved = await resolve(engine, ask, text, terms.resource)
    if terms.granted is not None:
        resolved = resolved.held_to(terms.granted)
    else:
        await check_before(engine, ask.proven.client, subject)
    await _check_resource(engine, ask, resolved)
    return Proof(
        subject, resolved, granted_text(text, resolved), terms.auth_time, interactive=True, resource=terms.resource, family_id=code.grant_id,
        session_id=terms.session_id, nonce=terms.nonce, evidence=code, amr=terms.amr,
    )  # fmt: skip


async def spend(engine: Engine, ask: Ask, proof: Proof) -> Proof:
    """Of parallel redemptions one gets the code; the others count as replays, and revoke nothing twice."""
    code = proof.evidence
    if not isinstance(code, Code):
        raise TypeError("an authorization code grant proves a code")
    async with engine.db.write() as tx:
        taken = await take_code(tx, code.code_digest, ask.now)
        if taken is not None:
            return (
                await begin_family(engine, tx, ask, proof, code.grant_id)
                if wants_refresh(ask, proof)
                else replace(proof)
            )
    found = await find_code(engine.db, code.code_digest)
    if found is not None and found.used_at is not None:
        raise InvalidGrant("The code was used at the same moment by another request.", log="lost the race for a code")
    raise InvalidGrant("The code has expired: begin a new sign-in.", log="code expired")


async def _revoke_what_it_gave(engine: Engine, ask: Ask, code: Code) -> None:
    """RFC 6749 section 4.1.2, in a transaction of its own, because the refusal would undo it. However many replays
    there are, only one of them gets here."""
    terms = code.terms
    replay = Replay(engine, ask.proven.client, code.grant_id, terms.user_id, terms.customer_id)
    async with engine.db.write() as tx:
        if await end_code(tx, code.code_digest, ask.now) is None:
            return
        await replay.end(tx, ask.now, "code replayed")
        await engine.record(
            tx, "code.replayed", client_id=code.client_id, customer_id=terms.customer_id, correlation_id=ask.correlation_id
        )  # fmt: skip
    replay.tell(engine, ask.now)


AUTHORIZATION_CODE = Grant("authorization_code", prove, spend)
