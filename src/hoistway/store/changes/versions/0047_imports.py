"""Imports from other systems; further names, attributes and former identities of the accounts that they bring."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "imports",
        *_text("id", "kind", "fingerprint", "state"),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("report_length", sa.BigInteger(), nullable=False),
        *_text("counts"),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index("ix_imports_fingerprint", "imports", ["fingerprint"])
    op.create_table(
        "sign_in_names",
        *_text("name_key", "kind", "owner_id", "name"),
        sa.PrimaryKeyConstraint("name_key", name=op.f("pk_sign_in_names")),
    )
    op.create_index("ix_sign_in_names_owner", "sign_in_names", ["owner_id", "kind"])
    op.create_table(
        "account_attributes",
        *_text("account_id", "kind", "tenant_id", "name", "value"),
        sa.PrimaryKeyConstraint("account_id", "kind", "tenant_id", "name", name=op.f("pk_account_attributes")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_account_attributes_tenant_id"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_account_attributes_tenant", "account_attributes", ["tenant_id"])
    op.create_table(
        "former_identities",
        *_text("issuer", "subject", "user_id"),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_former_identities")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_former_identities_user_id"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_former_identities_user_id", "former_identities", ["user_id"])
    op.add_column("tenants", sa.Column("subject_text", sa.Text(), nullable=True))
