"""rounds

Revision 0038, after 0037: rounds of tests, who belongs to each, what was said of whom, and
what laboratories say of those who have no case.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, UtcDateTime

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "test_rounds",
        sa.Column("round_id", Id(), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("street", sa.String(length=40), nullable=True),
        sa.Column("community", sa.String(length=40), nullable=True),
        sa.Column("grid", sa.String(length=40), nullable=True),
        sa.Column("begins_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(length=200), nullable=True),
        sa.Column("closed_event", sa.String(length=200), nullable=True),
        sa.Column("closed_because", sa.Text(), nullable=True),
        sa.Column("stripped_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("round_id"),
    )
    _index("test_rounds_open", "test_rounds", ["ends_at"], "closed_at IS NULL")
    _index(
        "test_rounds_to_strip", "test_rounds", ["closed_at"], "closed_at IS NOT NULL AND stripped_at IS NULL"
    )
    op.create_index("test_rounds_by_time", "test_rounds", ["opened_at", "round_id"], unique=False)
    op.create_table(
        "round_people",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("round_id", Id(), nullable=False),
        sa.Column("case_id", Id(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("building", sa.String(length=40), nullable=False),
        sa.Column("visit", sa.String(length=20), nullable=True),
        sa.Column("street", sa.String(length=40), nullable=True),
        sa.Column("community", sa.String(length=40), nullable=True),
        sa.Column("grid", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=True),
        sa.Column("tested_at", UtcDateTime(), nullable=True),
        sa.Column("due_by", UtcDateTime(), nullable=False),
        sa.Column("look_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_index("round_people_of_round", "round_people", ["round_id", "state", "building"], unique=False)
    _index(
        "round_people_of_case", "round_people", ["case_id", "round_id"], "case_id IS NOT NULL", unique=True
    )
    _index("round_people_to_look_at", "round_people", ["look_at"], "look_at IS NOT NULL")
    _index("round_people_missing", "round_people", ["due_by", "person_id"], "state = 'missing'")
    op.create_table(
        "round_acts",
        sa.Column("act_id", Id(), nullable=False),
        sa.Column("round_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=True),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("act_id"),
    )
    op.create_index("round_acts_of_person", "round_acts", ["person_id", "at"], unique=False)
    op.create_index("round_acts_of_round", "round_acts", ["round_id"], unique=False)
    op.create_table(
        "awaited_people",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("identity", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("person_id"),
    )
    _index("awaited_people_known", "awaited_people", ["identity"], "identity IS NOT NULL")
    op.create_table(
        "awaited_results",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("result_id", Id(), nullable=False),
        sa.Column("sampled_at", UtcDateTime(), nullable=False),
        sa.Column("reported_at", UtcDateTime(), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("supersedes", Id(), nullable=True),
        sa.PrimaryKeyConstraint("person_id", "result_id"),
    )


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    only = sa.text(where)
    op.create_index(name, table, columns, unique=unique, postgresql_where=only, sqlite_where=only)


def downgrade() -> None:
    for table in ("awaited_results", "awaited_people", "round_acts", "round_people", "test_rounds"):
        op.drop_table(table)
