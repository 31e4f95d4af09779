"""For which customer an operator acts in a session. Who acted when this change came begins anew, with a reason: the sessions
until now don't tell that from a customer that was chosen for an application."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("acting_for", sa.Text(), nullable=True))
