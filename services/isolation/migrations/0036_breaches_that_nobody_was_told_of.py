"""breaches that nobody was told of

Revision 0036, after 0035: what was judged after the end of a case is told once it is open again; when a
breach was judged first.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import UtcDateTime

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("breaches", sa.Column("first_judged_at", UtcDateTime(), nullable=True))
    op.add_column("breaches", sa.Column("told_confirmed", sa.Boolean(), nullable=True))
    owed = sa.text("told_confirmed IS NOT NULL")
    op.create_index(
        "breaches_to_tell",
        "breaches",
        ["judged_at"],
        unique=False,
        postgresql_where=owed,
        sqlite_where=owed,
    )


def downgrade() -> None:
    op.drop_index("breaches_to_tell", table_name="breaches")
    op.drop_column("breaches", "told_confirmed")
    op.drop_column("breaches", "first_judged_at")
