"""central isolation

Revision 0033, after 0032: centres with their rooms, and moves of people to them, each with its bed.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, UtcDateTime

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "centres",
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("district", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("centre_id"),
    )
    op.create_table(
        "rooms",
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("beds", sa.SmallInteger(), nullable=False),
        sa.Column("families", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("centre_id", "room_id"),
    )
    op.create_table(
        "moves",
        sa.Column("move_id", Id(), nullable=False),
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("centre_id", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=20), nullable=False),
        sa.Column("beds", sa.SmallInteger(), nullable=False),
        sa.Column("who", sa.String(length=20), nullable=False),
        sa.Column("carer", Id(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("task_id", Id(), nullable=False),
        sa.Column("escort_task_id", Id(), nullable=False),
        sa.Column("admitted_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_by", sa.String(length=200), nullable=True),
        sa.Column("ended_as", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("move_id"),
    )
    op.create_index("moves_of_case", "moves", ["case_id"], unique=False)
    op.create_index("moves_of_task", "moves", ["task_id"], unique=True)
    _partial("moves_in_rooms", ["centre_id", "room_id"], "state IN ('decided', 'admitted')")
    _partial("moves_in_care", ["carer"], "state IN ('decided', 'admitted')")
    _partial("moves_decided", ["task_id"], "state = 'decided'")
    _partial("moves_to_settle", ["decided_at"], "state IN ('decided', 'taken_back')")
    _partial("moves_admitted", ["admitted_at", "move_id"], "state = 'admitted'")


def downgrade() -> None:
    op.drop_table("moves")
    op.drop_table("rooms")
    op.drop_table("centres")


def _partial(name: str, columns: list[str], where: str) -> None:
    which = sa.text(where)
    op.create_index(name, "moves", columns, unique=False, postgresql_where=which, sqlite_where=which)
