"""what people say of arrivals that they follow

Revision 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, Json, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TO_SETTLE = sa.text("to_settle_since IS NOT NULL")
_EXPECTED = sa.text("state = 'expected'")


def upgrade() -> None:
    op.create_table(
        "arrival_history",
        sa.Column("arrival_id", Id(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("detail", Json(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("arrival_id", "number", name=op.f("arrival_history_pkey")),
    )
    op.add_column("arrivals", sa.Column("acts", sa.Integer(), nullable=True))
    op.add_column("arrivals", sa.Column("to_settle", sa.String(length=200), nullable=True))
    op.add_column("arrivals", sa.Column("to_settle_since", UtcDateTime(), nullable=True))
    op.create_index(
        "arrivals_to_settle",
        "arrivals",
        ["to_settle_since"],
        postgresql_where=_TO_SETTLE,
        sqlite_where=_TO_SETTLE,
    )
    op.create_index(
        "arrivals_expected",
        "arrivals",
        ["arrived_at", "state"],
        postgresql_where=_EXPECTED,
        sqlite_where=_EXPECTED,
    )


def downgrade() -> None:
    op.drop_index("arrivals_expected", table_name="arrivals")
    op.drop_index("arrivals_to_settle", table_name="arrivals")
    for name in ("to_settle_since", "to_settle", "acts"):
        op.drop_column("arrivals", name)
    op.drop_table("arrival_history")
