"""Sandbox and production, requests and what is said about them, logos, last use, mail that waits (docs/adr/0008-applications.md)."""

import sqlalchemy as sa
from alembic import op

from hoistway.protocol.likeness import skeleton

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _belongs(table: str, name: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"), ondelete="CASCADE")


def upgrade() -> None:
    # The default is for programs of the version before, which don't know the column.
    op.add_column("clients", sa.Column("environment", sa.Text(), nullable=False, server_default="production"))
    op.add_column("clients", _text("consent_text", nullable=True))
    op.add_column("clients", _text("name_key", nullable=True))
    op.create_index("ix_clients_customer", "clients", ["customer_id", "created_at", "id"])
    op.create_index("ix_clients_name_key", "clients", ["name_key"])
    clients = sa.table("clients", sa.column("id"), sa.column("name"), sa.column("name_key"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(clients.c.id, clients.c.name)).all():
        connection.execute(clients.update().where(clients.c.id == row.id).values(name_key=skeleton(row.name)))
    op.create_table(
        "requests",
        *(_text(name) for name in ("id", "customer_id", "requested_by", "kind", "name", "type", "redirect_uris")),
        *(_text(name) for name in ("purpose", "flows", "reason", "environment", "state")),
        _text("client_id", nullable=True),
        *(_number(name) for name in ("created_at", "changed_at")),
        _number("decided_at", nullable=True),
        *(_text(name, nullable=True) for name in ("decided_by", "second_by")),
        _number("legacy_until", nullable=True),
        _belongs("requests", "customer_id", "customers"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index("ix_requests_customer", "requests", ["customer_id", "state", "created_at", "id"])
    op.create_index("ix_requests_state", "requests", ["state", "created_at", "id"])
    op.create_index("ix_requests_client", "requests", ["client_id"])
    op.create_table(
        "messages",
        *(_text(name) for name in ("id", "request_id")),
        _number("at"),
        *(_text(name) for name in ("author", "side", "event", "text")),
        _belongs("messages", "request_id", "requests"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index("ix_messages_request", "messages", ["request_id", "at", "id"])
    op.create_table(
        "client_logos",
        *(_text(name) for name in ("client_id", "media_type")),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _number("updated_at"),
        _belongs("client_logos", "client_id", "clients"),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_logos")),
    )
    op.create_table(
        "client_uses",
        _text("client_id"),
        _number("last_used_at"),
        _belongs("client_uses", "client_id", "clients"),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_uses")),
    )
    op.create_table(
        "outbox",
        *(_text(name) for name in ("id", "recipient", "subject", "plain", "html")),
        *(_number(name) for name in ("created_at", "next_at", "attempts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_next_at", "outbox", ["next_at"])
