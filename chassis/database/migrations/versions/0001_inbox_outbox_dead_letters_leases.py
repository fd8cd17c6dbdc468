"""inbox, outbox, dead letters with the acts on them, leases

Revision 0001. In databases of before it follows the service's own: registration 0005, isolation 0005 or
notification 0002.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, or adopt those that the service's own first migrations made: they are the same."""
    if sa.inspect(op.get_bind()).has_table("inbox"):
        return
    _make_dead_letters()
    _make_inbox_and_outbox()
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _make_dead_letters() -> None:
    op.create_table(
        "dead_letter_acts",
        sa.Column("id", Id(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("filter", Json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("chosen", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", Id(), nullable=False),
        sa.Column("handler", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("event_id", sa.String(length=200), nullable=True),
        sa.Column("event_type", sa.String(length=100), nullable=True),
        sa.Column("correlation_id", sa.String(length=200), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_failed_at", UtcDateTime(), nullable=False),
        sa.Column("dead_at", UtcDateTime(), nullable=False),
        sa.Column("content_type", sa.String(length=200), nullable=True),
        sa.Column("sealed_body", sa.Text(), nullable=False),
        sa.Column("headers", Json(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_by", sa.String(length=100), nullable=True),
        sa.Column("settled_reason", sa.Text(), nullable=True),
        sa.Column("act_id", Id(), nullable=True),
        sa.Column("handled_at", UtcDateTime(), nullable=True),
        sa.Column("follows", Id(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("dead_letters_by_act", "dead_letters", ["act_id"], **_where("act_id IS NOT NULL"))
    op.create_index("dead_letters_by_state", "dead_letters", ["state", "handler"], unique=False)
    op.create_index("dead_letters_that_follow", "dead_letters", ["follows"], **_where("follows IS NOT NULL"))


def _make_inbox_and_outbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("handler", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("body_hash", sa.String(length=16), nullable=False),
        sa.Column("handled_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("handler", "source", "event_id"),
    )
    op.create_index("inbox_by_age", "inbox", ["handled_at"], unique=False, postgresql_using="brin")
    op.create_table(
        "outbox",
        sa.Column("id", Id(), nullable=False),
        sa.Column("exchange", sa.String(length=60), nullable=False),
        sa.Column("routing_key", sa.String(length=200), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outbox_log", "outbox", ["created_at"], unique=False, postgresql_using="brin")
    op.create_index("outbox_unpublished", "outbox", ["created_at"], **_where("published_at IS NULL"))


def _where(condition: str) -> dict[str, Any]:
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def downgrade() -> None:
    """The tables stay: a service's own migrations may have made them."""
