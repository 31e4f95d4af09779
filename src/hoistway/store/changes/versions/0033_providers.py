"""Companies' own OpenID providers, the domains that lead to them, the people whom they know, and what a sign-in there leaves."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def _reference(name: str, table: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_{table}_{name}"), ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "providers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("role_claim", sa.Text(), nullable=True),
        sa.Column("administrators", sa.Text(), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("sign_out", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
        _reference("customer_id", "providers", "customers.id"),
    )
    op.create_index("ix_providers_customer_id", "providers", ["customer_id"])
    op.create_table(
        "provider_domains",
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("proved_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", "domain", name=op.f("pk_provider_domains")),
        _reference("provider_id", "provider_domains", "providers.id"),
    )
    proved = sa.text("proved_at IS NOT NULL")
    op.create_index(
        "ix_provider_domains_proved", "provider_domains", ["domain"], unique=True,
        sqlite_where=proved, postgresql_where=proved,
    )  # fmt: skip
    op.create_table(
        "identities",
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "subject", name=op.f("pk_identities")),
        _reference("provider_id", "identities", "providers.id"),
        _reference("user_id", "identities", "users.id"),
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id", "provider_id"], unique=True)
    op.create_table(
        "provider_sessions",
        sa.Column("session_digest", sa.LargeBinary(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=True),
        sa.Column("hint", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("session_digest", name=op.f("pk_provider_sessions")),
        _reference("session_digest", "provider_sessions", "sessions.session_digest"),
        _reference("provider_id", "provider_sessions", "providers.id"),
    )
    op.create_index("ix_provider_sessions_provider_id", "provider_sessions", ["provider_id", "sid"])
    op.create_table(
        "spent_states",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_states")),
    )
    op.create_index("ix_spent_states_ends_at", "spent_states", ["ends_at"])
