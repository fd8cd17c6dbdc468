"""places end and staff are replaced

Revision 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TO_LOOK = sa.text("look_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("places", sa.Column("successor", sa.String(length=40), nullable=True))
    op.add_column("places", sa.Column("ended_at", UtcDateTime(), nullable=True))
    op.add_column("places", sa.Column("look_at", UtcDateTime(), nullable=True))
    op.create_index(
        "places_to_empty", "places", ["look_at"], postgresql_where=_TO_LOOK, sqlite_where=_TO_LOOK
    )
    op.add_column("staff", sa.Column("replaced_by", sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.drop_column("staff", "replaced_by")
    op.drop_index("places_to_empty", table_name="places")
    for name in ("look_at", "ended_at", "successor"):
        op.drop_column("places", name)
