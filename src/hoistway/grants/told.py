"""Applications that are told when a session ends: they get nothing of a session without that being noted, nor of one that has
ended (docs/adr/0036-backchannel-logout.md).
"""

from hoistway.engine import Engine
from hoistway.grants.base import Proof
from hoistway.protocol.dialect import Dialect
from hoistway.protocol.errors import InvalidGrant
from hoistway.protocol.ids import UserId
from hoistway.store.application_sessions import ApplicationSession, add_application_session, knows_session
from hoistway.store.clients import Client
from hoistway.store.db import Writer
from hoistway.store.sessions import Session


async def note_session(
    engine: Engine, tx: Writer, client: Client, proof: Proof, dialect: Dialect, session: Session | None
) -> None:
    """In the transaction of what the application gets. Whoever ends the `session`, which is locked, comes before, or finds
    the note."""
    if client.backchannel_logout_uri is None or session is None:
        return
    row = ApplicationSession(
        session.public_id, client.id, dialect.issuer, session.public_id, UserId(proof.subject.id), engine.now(),
        session.expires_at,
    )  # fmt: skip
    await add_application_session(tx, row)


async def check_session(engine: Engine, client: Client, session_id: str | None) -> None:
    """Before tokens are given for a code: an application that was told of the end before it heard of the session would
    keep it. Raises InvalidGrant."""
    if client.backchannel_logout_uri is None or session_id is None:
        return
    if not await knows_session(engine.db, client.id, session_id):
        raise InvalidGrant("The person signed out meanwhile: begin a new sign-in.", log="session ended", b2c="90080")
