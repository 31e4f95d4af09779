"""One name for one event of the audit trail, whichever the door: entries that have another one are renamed."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_THINGS = {
    "accounts": "service_account", "apis": "api", "applications": "application", "customers": "customer",
    "sites": "site", "units": "unit", "users": "user",
}  # fmt: skip
NAMES = {
    "application.switched_off": "application.disabled",
    "consent.revoked": "consent.taken_back",
    "secret.removed": "secret.revoked",
    "site.written": "site.changed",
    "unit.written": "unit.changed",
    **{f"{old}.{what}": f"{new}.{what}" for old, new in _THINGS.items() for what in ("changed", "disabled", "enabled")},
}


def upgrade() -> None:
    audit = sa.table("audit", sa.column("event", sa.Text()))
    for old, new in NAMES.items():
        op.execute(sa.update(audit).where(audit.c.event == old).values(event=new))
