"""Products, subscriptions, their keys, and calls counted against limits (docs/adr/0007-limits.md)."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "products",
        *(_text(name) for name in ("id", "name", "description", "apis")),
        *(_number(name, nullable=True) for name in ("rate_calls", "rate_period", "quota_calls", "quota_period")),
        *(_text(name) for name in ("terms", "approval", "key_use")),
        _number("subscriptions_limit", nullable=True),
        _number("created_at"),
        _number("disabled_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
    )
    _subscriptions()
    op.create_table(
        "limit_counts",
        _text("subject"),
        *(_number(name) for name in ("rate_start", "rate_period", "rate_used")),
        *(_number(name) for name in ("quota_start", "quota_period", "quota_used")),
        _number("ends_at"),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_limit_counts")),
    )
    op.create_index("ix_limit_counts_ends_at", "limit_counts", ["ends_at"], unique=False)


def _subscriptions() -> None:
    op.create_table(
        "subscriptions",
        _text("id"),
        _text("customer_id"),
        _text("client_id", nullable=True),
        _text("product_id"),
        _text("api_id", nullable=True),
        *(_text(name) for name in ("name", "state", "message", "asked_by")),
        _text("decided_by", nullable=True),
        *(_number(name) for name in ("created_at", "changed_at")),
        *(_number(name, nullable=True) for name in ("decided_at", "started_at", "ends_at")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_subscriptions_customer_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_subscriptions_client_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_subscriptions_product_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )  # fmt: skip
    op.create_index("ix_subscriptions_customer", "subscriptions", ["customer_id", "id"], unique=False)
    op.create_index("ix_subscriptions_product", "subscriptions", ["product_id", "customer_id"], unique=False)
    op.create_index("ix_subscriptions_state", "subscriptions", ["state", "id"], unique=False)
    op.create_table(
        "subscription_keys",
        _text("id"),
        _text("subscription_id"),
        _text("slot"),
        sa.Column("key_digest", sa.LargeBinary(), nullable=False),
        _text("prefix"),
        _number("created_at"),
        _number("expires_at", nullable=True),
        _number("last_used_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_subscription_keys_subscription_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_keys")),
        sa.UniqueConstraint("key_digest", name=op.f("uq_subscription_keys_key_digest")),
    )  # fmt: skip
    op.create_index("ix_subscription_keys_subscription", "subscription_keys", ["subscription_id"], unique=False)
