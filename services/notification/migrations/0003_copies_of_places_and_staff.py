"""copies of places and staff

Revision 0003, after 0002.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from chassis.database.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """They are empty until `doorstep reference announce`."""
    op.create_table(
        "places",
        sa.Column("place_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent", sa.String(length=40), nullable=True),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("division", sa.String(length=12), nullable=True),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("successor", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("place_id"),
    )
    op.create_table(
        "staff",
        sa.Column("staff_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("replaced_by", sa.String(length=40), nullable=True),
        *_absence_and_duty(),
        sa.PrimaryKeyConstraint("staff_id"),
    )
    op.create_table(
        "revisions",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    _make_history()


def downgrade() -> None:
    for table in ("staff_history", "revisions", "staff", "places"):
        op.drop_table(table)


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
