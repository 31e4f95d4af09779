"""Changes that wait for a second operator; what is asked for a reviewed application besides redirect addresses; names
compared by more letters that look alike."""

import sqlalchemy as sa
from alembic import op

from hoistway.protocol.likeness import skeleton

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "proposals",
        *(_text(name) for name in ("id", "kind", "subject_id", "subject_name", "before", "after", "state", "asked_by")),
        _number("created_at"),
        _text("decided_by", nullable=True),
        _number("decided_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index("ix_proposals_state", "proposals", ["state", "created_at", "id"])
    op.create_index("ix_proposals_subject", "proposals", ["kind", "subject_id", "state"])
    # The default is for programs of the version before, which don't know the column.
    op.add_column("requests", sa.Column("post_logout_uris", sa.Text(), nullable=False, server_default="[]"))
    op.create_table(
        "request_looks",
        _text("request_id"),
        _text("consent_text", nullable=True),
        _text("logo_type", nullable=True),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_request_looks_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_request_looks")),
    )
    clients = sa.table("clients", sa.column("id"), sa.column("name"), sa.column("name_key"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(clients.c.id, clients.c.name, clients.c.name_key)).all():
        if (key := skeleton(row.name)) != row.name_key:
            connection.execute(clients.update().where(clients.c.id == row.id).values(name_key=key))
