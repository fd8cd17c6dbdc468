"""results of tests, notices, refusals, contacts

Revision 0013, after 0012. The column is added without a value, so a big table is not written anew; a timer
fills it for the cases that are open.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, Json, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TABLES = (
    *("test_results", "results_of_nobody", "results_counted", "notices", "refusals", "contacts"),
    "chosen_languages",
)


def upgrade() -> None:
    """It is long, for it lists the columns of new tables."""
    op.add_column("cases", sa.Column("identity", sa.BigInteger(), nullable=True))
    _index("cases_by_identity", "cases", ["identity"], "closed_at IS NULL")
    op.create_table(
        "test_results",
        sa.Column("result_id", Id(), nullable=False),
        sa.Column("case_id", Id(), nullable=False),
        *_result(),
        sa.PrimaryKeyConstraint("result_id", "case_id"),
    )
    op.create_index("test_results_of_case", "test_results", ["case_id", "sampled_at"])
    op.create_table(
        "results_of_nobody",
        sa.Column("result_id", Id(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=True),
        *_result(),
        sa.Column("due_by", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("result_id"),
    )
    _index("results_of_nobody_waiting", "results_of_nobody", ["due_by"], "due_by IS NOT NULL")
    op.create_table(
        "results_counted",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "source", "result"),
    )
    op.create_table(
        "notices",
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("notice_id", Id(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("read_aloud", sa.Boolean(), nullable=False),
        sa.Column("witness", sa.String(length=40), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "notice_id"),
    )
    op.create_table(
        "refusals",
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("refusal_id", Id(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("what_would_help", sa.Text(), nullable=True),
        sa.Column("witness", sa.String(length=40), nullable=False),
        sa.Column("task_id", Id(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "refusal_id"),
    )
    op.create_table(
        "contacts",
        sa.Column("household", sa.String(length=36), nullable=False),
        sa.Column("contacts", sa.Text(), nullable=True),
        sa.Column("contacts_at", UtcDateTime(), nullable=True),
        sa.Column("marks", Json(), nullable=True),
        sa.Column("marks_at", UtcDateTime(), nullable=True),
        sa.Column("best_time", sa.Text(), nullable=True),
        sa.Column("best_time_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("household"),
    )
    op.create_table(
        "chosen_languages",
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
    )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    op.drop_index("cases_by_identity", table_name="cases")
    op.drop_column("cases", "identity")


def _result() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("sample_id", sa.String(length=60), nullable=False),
        sa.Column("tube_id", sa.String(length=60), nullable=True),
        sa.Column("pool_size", sa.SmallInteger(), nullable=False),
        sa.Column("sampled_at", UtcDateTime(), nullable=False),
        sa.Column("reported_at", UtcDateTime(), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("supersedes", Id(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
    )


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))
