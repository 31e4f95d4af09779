"""Which applications may get tokens of the management API (docs/adr/0042-management-api.md)."""

from hoistway.protocol.manage_scopes import only_manages, write_scope_of
from hoistway.store.clients import Client


def is_manager(client: Client) -> bool:
    """True for a daemon of the operator, in production, that acts for nobody and has no other scopes."""
    return (
        client.customer_id is None
        and client.service_account_id is None
        and client.type == "daemon"
        and client.environment == "production"
        and only_manages(client.scopes)
    )


def still_invites(client: Client | None, since: int) -> bool:
    """Whether what it sent at that time still holds."""
    return (
        client is not None
        and client.disabled_at is None
        and (client.ended_at is None or client.ended_at < since)
        and is_manager(client)
        and write_scope_of("invitations") in client.scopes
    )
