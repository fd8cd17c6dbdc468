"""accounts and sessions

Revision 0001, the first.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_accounts()
    _make_sessions()
    _make_tries_and_acts()


def _make_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("staff_id", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("sealed_secret", sa.String(length=200), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("taken_up_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("accounts_by_name", "accounts", ["name"], unique=True)
    op.create_index("accounts_of_staff", "accounts", ["staff_id"], unique=False)
    op.create_table(
        "one_time_links",
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("sealed_secret", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("one_time_links_of", "one_time_links", ["account_id"], unique=False)
    op.create_table(
        "recovery_codes",
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "digest"),
    )


def _make_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", Id(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_because", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("sessions_by_digest", "sessions", ["digest"], unique=True)
    op.create_index("sessions_of", "sessions", ["account_id"], unique=False)


def _make_tries_and_acts() -> None:
    op.create_table(
        "account_acts",
        sa.Column("id", Id(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("account_id", Id(), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("what", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("account_acts_of", "account_acts", ["account_id", "at"], unique=False)
    op.create_table(
        "tries",
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("tries_by_age", "tries", ["last_at"], unique=False)


def downgrade() -> None:
    for table in ("tries", "sessions", "recovery_codes", "one_time_links", "accounts", "account_acts"):
        op.drop_table(table)
