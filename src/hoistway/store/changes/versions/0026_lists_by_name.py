"""What lists are read by: names in their order, and the numbers and sites by which units are found."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

NAMED = (
    ("customers", "name"),
    ("sites", "name"),
    ("sites", "street"),
    ("sites", "postal_code"),
    ("sites", "city"),
    ("users", "name"),
    ("service_accounts", "username"),
    ("clients", "name"),
)


def upgrade() -> None:
    for table, column in NAMED:
        op.create_index(f"ix_{table}_{column}", table, [column, "id"])
    op.create_index("ix_units_site", "units", ["site_id", "id"])
    for table, column, name in (
        ("units", "serial_number", "ix_units_serial_number"),
        ("unit_access", "customer_equipment_number", "ix_unit_access_customer_equipment_number"),
    ):
        given = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, table, [column], sqlite_where=given, postgresql_where=given)
