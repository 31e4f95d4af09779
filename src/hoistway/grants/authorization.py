"""What an application may ask for at the authorization endpoint, and what it gets there: a code, or tokens where these are allowed."""

import os
from collections.abc import Set
from datetime import UTC, datetime

from msgspec import structs
from msgspec.structs import replace

from hoistway.engine import Engine
from hoistway.grants.authorization_code import code_digest
from hoistway.grants.base import Proof, known_resource, resting
from hoistway.grants.consent import check_consent
from hoistway.grants.family import policy_of
from hoistway.grants.issue import terms_of
from hoistway.grants.told import note_session
from hoistway.protocol.authentication import read_amr
from hoistway.protocol.authorize_params import AuthorizeAsk
from hoistway.protocol.dialect import Dialect
from hoistway.protocol.errors import (
    AccessDenied,
    ConsentRequired,
    InvalidRequest,
    LoginRequired,
    TemporarilyUnavailable,
    UnauthorizedClient,
    UnsupportedResponseType,
)
from hoistway.protocol.ids import FamilyId, UserId
from hoistway.protocol.jwt import b64url
from hoistway.protocol.pkce import check_challenge
from hoistway.protocol.sandbox import SANDBOX
from hoistway.protocol.scope import OFFLINE, OwnedScope, Resolved, resolve_scope
from hoistway.protocol.subject import Subject
from hoistway.response_types.registry import RESPONSE_TYPES, ResponseType
from hoistway.store.clients import Client
from hoistway.store.codes import Agreed, Code, add_code
from hoistway.store.db import Conflict, Writer
from hoistway.store.flow_uses import count_flow_use
from hoistway.store.legacy_uses import count_legacy_use
from hoistway.store.memberships import hold_membership
from hoistway.store.sessions import Session, lock_session
from hoistway.store.used_forms import add_used_form
from hoistway.tokens.issue import access_token, id_token

MOST_CODES = 5_000
"""Of a person at one application on one day (UTC). Whoever is over it is in a loop."""
TOO_MANY = "This person got too many codes for this application today: stop asking in a loop, and try again tomorrow."
MOVED = "The account's place in this customer changed at this moment: begin the sign-in again."


_NO_PKCE = (
    "PKCE is required: turn it on in the library, which then sends code_challenge and code_challenge_method=S256."
)
_NO_PKCE_AT_ALL = (
    f"{_NO_PKCE} A library without PKCE needs the operator's dated exception no_pkce, and sends a nonce instead."
)
_NO_NONCE = (
    "Without PKCE a nonce is required, also with the exception no_pkce: make the library send nonce and compare it with the one "
    "in the ID token, or better turn PKCE on."
)


def _check_response_type(client: Client, ask: AuthorizeAsk, now: int) -> ResponseType:
    found = RESPONSE_TYPES.get(ask.response_type)
    if found is None:
        raise UnsupportedResponseType
    if found.implicit:
        if found.name not in client.response_types or client.allowed("implicit", now) is None:
            raise UnauthorizedClient(
                "The implicit flow is off for this application: use response_type=code with PKCE, or ask the operator for a dated exception.",
                b2c="90057",
            )
        if found.id_token and ask.nonce is None:
            raise InvalidRequest(
                "nonce is missing: send a random value and compare it with the one in the ID token.", b2c="90083"
            )
    elif "authorization_code" not in client.grants:
        raise UnauthorizedClient("This application may not use response_type=code: ask the operator to allow it.")
    return found


def _check_pkce(client: Client, ask: AuthorizeAsk, now: int) -> None:
    """Always required, except for a confidential application with a dated exception; then a nonce takes its place (RFC
    9700 2.1.1)."""
    if ask.code_challenge is not None:
        check_challenge(ask.code_challenge, ask.code_challenge_method)
        return
    if ask.code_challenge_method is not None:
        raise InvalidRequest("code_challenge is missing beside code_challenge_method.", b2c="90182")
    if not client.is_confidential_type or client.allowed("no_pkce", now) is None:
        raise InvalidRequest(_NO_PKCE_AT_ALL if client.is_confidential_type else _NO_PKCE, b2c="99059")
    if ask.nonce is None:
        raise InvalidRequest(_NO_NONCE, b2c="99059")


async def resolve_authorization(engine: Engine, client: Client, ask: AuthorizeAsk) -> Resolved:
    """Judges the request before anybody is asked to sign in. Raises OAuthError, which is redirected."""
    now = engine.now()
    response_type = _check_response_type(client, ask, now)
    if response_type.code:
        _check_pkce(client, ask, now)
    rests_until = await engine.directory.rests_until("implicit", now) if response_type.implicit else None
    if rests_until is not None:
        raise UnauthorizedClient(resting("The implicit flow", rests_until), log="brown-out", b2c="90057")
    apis = await engine.directory.apis(now)
    resolved = resolve_scope(
        ask.scope,
        apis.scopes,
        client.id,
        frozenset(client.scopes),
        known_resource(apis, engine.settings.base_url, ask.resource),
    )
    if response_type.id_token and "openid" not in resolved.oidc:
        raise InvalidRequest("An ID token needs the scope openid: add it.", b2c="90012")
    if response_type.implicit:
        # Refresh tokens are never sent through the browser, so the scope that asks for one is left out.
        resolved = replace(resolved, oidc=resolved.oidc - {OFFLINE})
    return resolved


async def answer_with_code(
    engine: Engine, client: Client, ask: AuthorizeAsk, proof: Proof, dialect: Dialect, consented: Set[OwnedScope] | None
) -> dict[str, str]:
    """`consented` is what the person must have consented to when the code is written. Raises ConsentRequired."""
    code = b64url(os.urandom(32))
    now, user_id = engine.now(), UserId(proof.subject.id)
    terms = Agreed(
        user_id=user_id,
        customer_id=proof.subject.customer_id,
        redirect_uri=ask.redirect_uri,
        redirect_uri_sent=ask.redirect_uri_sent,
        scope=ask.scope,
        resource=ask.resource,
        code_challenge=ask.code_challenge,
        nonce=ask.nonce,
        auth_time=proof.auth_time,
        session_id=proof.session_id,
        issuer=dialect.issuer,
        granted=proof.resolved.granted,
        policy=policy_of(dialect),
        acting=proof.subject.acting,
        amr=proof.amr,
    )
    row = Code(
        code_digest(code), client.id, FamilyId(b64url(os.urandom(16))), terms, now + engine.settings.code_lifetime
    )
    day = datetime.fromtimestamp(now, UTC).date().isoformat()
    async with engine.db.write() as tx:
        session = await _settle(engine, tx, client, proof, consented)
        await note_session(engine, tx, client, proof, dialect, session)
        if await count_flow_use(tx, user_id, client.id, "code", day, now, terms.customer_id) > MOST_CODES:
            raise TemporarilyUnavailable(
                TOO_MANY, log=f"more than {MOST_CODES} codes of one person today", retry_after=3600
            )
        await add_code(tx, row)
    return {"code": code}


async def answer_with_tokens(
    engine: Engine, client: Client, ask: AuthorizeAsk, proof: Proof, dialect: Dialect, consented: Set[OwnedScope] | None
) -> dict[str, str]:
    """The implicit flow: each use is counted and recorded. `consented` as in `answer_with_code`."""
    now, subject = engine.now(), proof.subject
    response_type = RESPONSE_TYPES[ask.response_type]
    terms = await terms_of(engine, client, structs.replace(proof, nonce=ask.nonce), dialect, now)
    async with engine.db.write() as tx:
        session = await _settle(engine, tx, client, proof, consented)
        if response_type.id_token:
            await note_session(engine, tx, client, proof, dialect, session)
        day = datetime.fromtimestamp(now, UTC).date().isoformat()
        await count_legacy_use(tx, client.id, "implicit", day, now)
        # Counted each time, but recorded once a day, because pages renew their tokens in the background.
        if await count_flow_use(tx, subject.id, client.id, "implicit", day, now, subject.customer_id) == 1:
            await engine.record(
                tx, "implicit_flow.used", actor=subject.id, client_id=client.id, customer_id=subject.customer_id
            )
    answer: dict[str, str] = {}
    if response_type.access_token:
        granted = " ".join(word for word in proof.resolved.asked if word != OFFLINE)
        answer |= {"access_token": access_token(engine.keyring, terms), "token_type": "Bearer"}
        answer |= {"expires_in": str(terms.access_lifetime), "scope": granted}
    if response_type.id_token:
        answer["id_token"] = id_token(engine.keyring, terms, access_token=answer.get("access_token"))
    return answer


async def _settle(
    engine: Engine, tx: Writer, client: Client, proof: Proof, consented: Set[OwnedScope] | None
) -> Session | None:
    """The session, locked. Raises what is redirected."""
    session = await _hold_session(engine, tx, proof)
    await _check_place(tx, proof.subject)
    if consented is not None:
        await check_consent(tx, UserId(proof.subject.id), client.id, proof.subject.customer_id, consented)
    if isinstance(proof.evidence, str):
        await _use_agreement(engine, tx, proof.evidence, UserId(proof.subject.id))
    if proof.subject.acting:
        await engine.record(
            tx, "customer.acted_for", actor=proof.subject.id, client_id=client.id, customer_id=proof.subject.customer_id
        )
    return session


async def _hold_session(engine: Engine, tx: Writer, proof: Proof) -> Session | None:
    """It still stands, and is worth what the answer says: a place that the person was given in another customer meanwhile
    takes from what a provider said of them, and from what it opens. Raises LoginRequired."""
    if proof.session_digest is None:
        return None
    session = await lock_session(tx, proof.session_digest, engine.now())
    if session is None:
        raise LoginRequired(log="the session ended meanwhile")
    if read_amr(session.amr) != proof.amr:
        raise LoginRequired(log="what the session is worth changed meanwhile")
    return session


async def _check_place(tx: Writer, subject: Subject) -> None:
    """Whether the person is a member, or acts, is written into the answer and the audit trail. The row is held, so whoever
    ends the place comes before, or ends the code that is written here. Raises AccessDenied."""
    if subject.customer_id == SANDBOX:
        return
    membership = await hold_membership(tx, UserId(subject.id), subject.customer_id)
    if (membership is None) != subject.acting:
        raise AccessDenied(MOVED, log="the place was given or taken meanwhile", b2c="90128")


async def _use_agreement(engine: Engine, tx: Writer, number: str, user_id: UserId) -> None:
    """What the person said on the page can be used for one answer. Raises ConsentRequired."""
    try:
        await add_used_form(tx, number, user_id, "", engine.now())
    except Conflict as error:
        raise ConsentRequired(log="what was agreed was used by another request") from error
