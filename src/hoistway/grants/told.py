"""Applications that are told when a session ends: they get nothing of a session without that being noted, nor of one that has
ended (docs/adr/0036-backchannel-logout.md).
"""

from hoistway.engine import Engine
from hoistway.grants.base import Proof
from hoistway.protocol.dialect import Dialect
from hoistway.protocol.errors import InvalidGrant, LoginRequired
from hoistway.protocol.ids import UserId
from hoistway.store.application_sessions import ApplicationSession, add_application_session, knows_session
from hoistway.store.clients import Client
from hoistway.store.db import Writer
from hoistway.store.sessions import lock_session


async def note_session(engine: Engine, tx: Writer, client: Client, proof: Proof, dialect: Dialect) -> None:
    """In the transaction of what the application gets. Whoever ends the session comes before, or finds the note. Raises
    LoginRequired where the session has ended."""
    if client.backchannel_logout_uri is None or proof.session_digest is None:
        return
    now = engine.now()
    session = await lock_session(tx, proof.session_digest, now)
    if session is None:
        raise LoginRequired(log="the session ended meanwhile")
    row = ApplicationSession(
        session.public_id, client.id, dialect.issuer, session.public_id, UserId(proof.subject.id), now, session.expires_at
    )  # fmt: skip
    await add_application_session(tx, row)


async def check_session(engine: Engine, client: Client, session_id: str | None) -> None:
    """Before tokens are given for a code: an application that was told of the end before it heard of the session would
    keep it. Raises InvalidGrant."""
    if client.backchannel_logout_uri is None or session_id is None:
        return
    if not await knows_session(engine.db, client.id, session_id):
        raise InvalidGrant("The person signed out meanwhile: begin a new sign-in.", log="session ended", b2c="90080")
