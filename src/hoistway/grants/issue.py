"""Turns a spent proof into the tokens of the answer."""

from hoistway.engine import Engine
from hoistway.grants.base import Ask, Proof
from hoistway.protocol.dialect import Dialect, Issued
from hoistway.store.clients import Client
from hoistway.tokens.issue import DEFAULT_LIFETIME, Terms, access_token, id_token, shown_to
from hoistway.tokens.refresh import write_refresh_token


async def terms_of(engine: Engine, client: Client, proof: Proof, dialect: Dialect, now: int) -> Terms:
    """Algorithms and lifetimes: those of the application, else of the API, else the defaults. On B2C-shaped paths the
    default is RS256, because validators written for B2C know nothing else."""
    api_scopes = proof.resolved.api
    api = None
    if api_scopes is not None:
        apis = engine.directory.known_apis(now) or await engine.directory.apis(now)
        api = apis.by_id.get(api_scopes.api_id)
    is_b2c = dialect.is_b2c
    tenant = None if dialect.tenant is None else await engine.directory.tenant(dialect.tenant, now)
    attributes = (
        {} if tenant is None
        else await engine.directory.at_tenants.attributes_of(proof.subject.kind, proof.subject.id, tenant, now)
    )  # fmt: skip
    chosen = None if api is None else api.b2c_signing_alg if is_b2c else api.signing_alg
    # By their places: with sixteen names and more Python takes ten times as long.
    return Terms(
        client.id,
        proof.subject,
        proof.resolved,
        shown_to(client, is_b2c=is_b2c, oidc=proof.resolved.oidc),
        dialect,
        now,
        proof.auth_time,
        proof.interactive,
        client.access_token_alg or chosen or ("RS256" if is_b2c else "ES256"),
        api.token_lifetime if api is not None else DEFAULT_LIFETIME,
        client.id_token_alg or "RS256",
        engine.settings.id_token_lifetime,
        family_id=proof.family_id,
        nonce=proof.nonce,
        session_id=proof.session_id,
        amr=proof.amr,
        subject_text=None if tenant is None else tenant.subject_text,
        attributes=attributes,
    )


async def issue(engine: Engine, ask: Ask, proof: Proof) -> Issued:
    """The only way from a proof to tokens at the token endpoint."""
    terms = await terms_of(engine, ask.proven.client, proof, ask.dialect, ask.now)
    access = access_token(engine.keyring, terms)
    refresh = None
    if proof.generation is not None and proof.family_id is not None:
        refresh = write_refresh_token(engine.refresh_secret, proof.family_id, proof.generation)
    identity = id_token(engine.keyring, terms, access_token=access) if "openid" in proof.resolved.oidc else None
    return Issued(
        access_token=access,
        expires_in=terms.access_lifetime,
        scope=proof.scope_text,
        id_token=identity,
        id_token_expires_in=terms.id_lifetime,
        refresh_token=refresh,
        refresh_expires_in=max(0, proof.refresh_until - ask.now),
        resource=terms.audience,
    )
