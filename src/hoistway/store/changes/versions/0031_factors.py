"""Second factors of people, what a sign-in proved, and who requires more."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def _table(name: str, *columns: sa.Column[object], primary: str) -> None:
    user = sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{name}_user_id_users"), ondelete="CASCADE")
    op.create_table(name, *columns, user, sa.PrimaryKeyConstraint(primary, name=op.f(f"pk_{name}")))


def _text(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _number(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    _table(
        "one_time_codes", _text("user_id"), sa.Column("sealed", sa.LargeBinary(), nullable=False), _number("last_step"),
        _number("created_at"), _number("last_used_at", True), primary="user_id",
    )  # fmt: skip
    _table(
        "recovery_codes", sa.Column("code_digest", sa.LargeBinary(), nullable=False), _text("user_id"),
        _number("created_at"), _number("used_at", True), primary="code_digest",
    )  # fmt: skip
    op.create_index(op.f("ix_recovery_codes_user_id"), "recovery_codes", ["user_id"])
    _table(
        "passkeys", _text("id"), _text("user_id"), _text("name"), sa.Column("public_key", sa.LargeBinary(), nullable=False),
        _number("sign_count"), _number("is_copied"), _number("created_at"), _number("last_used_at", True), primary="id",
    )  # fmt: skip
    op.create_index(op.f("ix_passkeys_user_id"), "passkeys", ["user_id"])
    _table(
        "remembered_devices", sa.Column("device_digest", sa.LargeBinary(), nullable=False), _text("id"), _text("user_id"),
        _text("agent"), _number("password_changed_at"), _number("created_at"), _number("last_used_at"),
        _number("expires_at"), primary="device_digest",
    )  # fmt: skip
    op.create_index(op.f("ix_remembered_devices_user_id"), "remembered_devices", ["user_id"])
    op.create_index(op.f("ix_remembered_devices_expires_at"), "remembered_devices", ["expires_at"])
    for name, column in (
        ("sessions", _text("amr", True)), ("sessions", _number("proven_at", True)), ("grants", _text("amr", True)),
        ("customers", _text("second_factor", True)), ("apis", _text("acr", True)), ("apis", _number("max_age", True)),
    ):  # fmt: skip
        op.add_column(name, column)
