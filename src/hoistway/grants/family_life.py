"""Decides whether a refresh token family is still valid. The token endpoint and introspection both ask here, so that they agree."""

from hoistway.engine import Engine
from hoistway.grants.consent import check_before
from hoistway.protocol.errors import InvalidGrant
from hoistway.protocol.subject import Subject
from hoistway.store.clients import Client
from hoistway.store.families import Family

BY_REPLAY = "refresh token replayed"
REPLAYED = (
    "This refresh token was used before and is too old: its family is revoked. Sign in again and keep the newest token."
)
REVOKED = "This refresh token was revoked: sign in again."
ACTING = "Acting for a customer takes a new sign-in each time: send the person to the authorization endpoint."
LEFT = "The person left the customer: begin a new sign-in."
ENDED = (
    "The password grant has ended for this application, and its refresh tokens with it: use client_credentials, "
    "or ask the operator for a dated exception."
)


def check_alive(family: Family, now: int) -> None:
    """Judges the row itself. Raises InvalidGrant."""
    if family.revoked_at is not None:
        public = REPLAYED if family.revoked_because == BY_REPLAY else REVOKED
        refusal = InvalidGrant(public, log=f"family revoked: {family.revoked_because}", b2c="90129")
    elif not family.is_alive(now):
        refusal = InvalidGrant("The refresh token has expired: sign in again.", log="family expired", b2c="90080")
    else:
        return
    refusal.concerns = (family.customer_id, family.client_id)
    raise refusal


async def living_subject(engine: Engine, client: Client, family: Family, now: int) -> Subject:
    """The account that this application's family is about, if it may still have tokens in this way. Raises
    InvalidGrant."""
    subject = await engine.directory.subject(
        family.subject_kind, family.subject_id, family.customer_id, now, client.environment
    )
    if subject is None:
        raise InvalidGrant(
            "The account, its customer or its place in the customer is disabled: ask the administrator.",
            log="subject gone",
            b2c="90128",
        )
    # A technical account's family began with the password grant. Where that is no longer allowed, the family ends, too.
    if family.subject_kind == "service_account" and client.allowed("password", now) is None:
        raise InvalidGrant(ENDED, log="no password exception in force", b2c="90224")
    # Employees are asked for consent each time, but a refresh asks nobody. The same applies to a former member who is
    # still an employee.
    if subject.acting and client.consent != "implied":
        raise InvalidGrant(ACTING, log="an employee acts by a refresh token of a third party", b2c="90128")
    if subject.acting and family.acting == 0:
        raise InvalidGrant(LEFT, log="was a member", b2c="90128")
    ended_at = client.ended_at
    if subject.has_ended_since(family.created_at) or (ended_at is not None and ended_at >= family.created_at):
        raise InvalidGrant(REVOKED, log="account, customer or application disabled since, or given away", b2c="90129")
    if subject.has_new_password_since(family.auth_time, now, family.id):
        raise InvalidGrant(REVOKED, log="the password was changed since", b2c="90129")
    if family.granted is None:
        await check_before(engine, client, subject)
    return subject
