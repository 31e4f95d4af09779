"""Names, descriptions and terms of products in German; where there is none, the text that is there serves both."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("name_de", "description_de", "terms_de"):
        op.add_column("products", sa.Column(name, sa.Text(), nullable=True))
