"""history of staff

Revision 0007, after 0006.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from chassis.database.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


# Since when they have been what they are is not known: the history of before begins open.
_TAKE_OVER = """INSERT INTO staff_history (staff_id, version, role, place, active)
    SELECT staff_id, version, role, place, active FROM staff"""


def upgrade() -> None:
    for column in _absence_and_duty():
        op.add_column("staff", column)
    _make_history()
    op.execute(_TAKE_OVER)


def downgrade() -> None:
    op.drop_table("staff_history")
    for column in _absence_and_duty():
        op.drop_column("staff", column.name)


def _absence_and_duty() -> list[sa.Column[Any]]:
    named: list[sa.Column[Any]] = [sa.Column("deputy", sa.String(length=40), nullable=True)]
    for name in ("away_from", "away_to", "duty_from", "duty_to"):
        named.append(sa.Column(name, UtcDateTime(), nullable=True))
    return named


def _make_history() -> None:
    op.create_table(
        "staff_history",
        sa.Column("staff_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        *_absence_and_duty(),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("staff_id", "version"),
    )
    deputised = sa.text("deputy IS NOT NULL")
    op.create_index(
        "staff_deputised",
        "staff_history",
        ["deputy"],
        postgresql_where=deputised,
        sqlite_where=deputised,
    )
