"""acts that phones kept

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WAITS = sa.text("state = 'refused'")


def upgrade() -> None:
    op.create_table(
        "phone_acts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("staff_id", sa.String(length=40), nullable=False),
        sa.Column("author_known", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("because", sa.String(length=20), nullable=True),
        sa.Column("says", sa.String(length=1000), nullable=True),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("settled_by", sa.String(length=60), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("phone_acts_by_age", "phone_acts", ["received_at"], unique=False)
    op.create_index(
        "phone_acts_refused",
        "phone_acts",
        ["staff_id", "received_at"],
        unique=False,
        postgresql_where=WAITS,
        sqlite_where=WAITS,
    )


def downgrade() -> None:
    """Phones have forgotten what waits here: it stands nowhere else. Raises ValueError while it does."""
    waits = sa.select(sa.func.count()).select_from(sa.table("phone_acts")).where(WAITS)
    if many := op.get_bind().execute(waits).scalar_one():
        raise ValueError(f"{many} acts of phones wait for an officer at /from-phones: settle them first")
    op.drop_table("phone_acts")
