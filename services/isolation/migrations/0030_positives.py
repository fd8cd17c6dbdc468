"""positives

Revision 0030, after 0029: people in whose samples something was found, what was done about it, their
contacts' lists, and the batches of laboratories.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, Json, UtcDateTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "positives",
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("look_at", UtcDateTime(), nullable=True),
        sa.Column("result_id", Id(), nullable=True),
        sa.Column("found_at", UtcDateTime(), nullable=True),
        sa.Column("call_task_id", Id(), nullable=True),
        sa.Column("decide_task_id", Id(), nullable=True),
        sa.Column("list_task_id", Id(), nullable=True),
        sa.Column("doubt_id", Id(), nullable=True),
        sa.Column("doubt_task_id", Id(), nullable=True),
        sa.Column("late_id", Id(), nullable=True),
        sa.Column("late_task_id", Id(), nullable=True),
        sa.Column("told", Json(), nullable=False),
        sa.Column("contacts_at", UtcDateTime(), nullable=True),
        sa.Column("contacts_since", sa.Date(), nullable=True),
        sa.Column("treated_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("case_id"),
    )
    for name, column in (("positives_to_look_at", "look_at"), ("positives_to_spread", "contacts_at")):
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, "positives", [column], unique=False, postgresql_where=where, sqlite_where=where)
    op.create_table(
        "close_contacts",
        sa.Column("contact_id", Id(), nullable=False),
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("lives_there", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("due_by", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_as", sa.String(length=20), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("contact_id"),
    )
    op.create_index("close_contacts_of_case", "close_contacts", ["case_id", "due_by"], unique=False)
    op.create_table(
        "result_batches",
        sa.Column("batch_id", Id(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("results", sa.Integer(), nullable=False),
        sa.Column("positives", sa.Integer(), nullable=False),
        sa.Column("unusual_at", UtcDateTime(), nullable=True),
        sa.Column("wait_until", UtcDateTime(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_as", sa.String(length=20), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("decided_event", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("batch_id"),
    )
    undecided = sa.text("unusual_at IS NOT NULL AND decided_at IS NULL")
    op.create_index(
        "result_batches_undecided",
        "result_batches",
        ["wait_until"],
        unique=False,
        postgresql_where=undecided,
        sqlite_where=undecided,
    )
    op.add_column("test_results", sa.Column("batch_id", Id(), nullable=True))
    in_batch = sa.text("batch_id IS NOT NULL AND result = 'positive'")
    op.create_index(
        "test_results_of_batch",
        "test_results",
        ["batch_id"],
        unique=False,
        postgresql_where=in_batch,
        sqlite_where=in_batch,
    )
    ended = sa.text("closed_at IS NOT NULL AND version > 0 AND identity <> 0")
    op.create_index(
        "cases_ended_by_identity",
        "cases",
        ["identity"],
        unique=False,
        postgresql_where=ended,
        sqlite_where=ended,
    )
    # Of positives from before it is looked what follows, once.
    op.execute(
        "INSERT INTO positives (case_id, look_at, told) SELECT r.case_id, max(r.received_at), '[]' "
        "FROM test_results r JOIN cases c ON c.case_id = r.case_id "
        "WHERE r.result = 'positive' AND (c.closed_at IS NULL OR EXISTS "
        "(SELECT 1 FROM merged_cases m WHERE m.case_id = c.case_id)) GROUP BY r.case_id"
    )


def downgrade() -> None:
    op.drop_index("cases_ended_by_identity", table_name="cases")
    op.drop_index("test_results_of_batch", table_name="test_results")
    op.drop_column("test_results", "batch_id")
    op.drop_table("result_batches")
    op.drop_table("close_contacts")
    op.drop_table("positives")
