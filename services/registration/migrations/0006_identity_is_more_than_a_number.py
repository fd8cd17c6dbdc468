"""identity is more than a number

Revision 0006, after 0005.

Keys of before stay as they are, of form 1, and are found: a timer makes them anew. In PostgreSQL and SQLite
the new columns cost no rewriting of the table.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Id, Json

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OLD = sa.text("form < 2")


def upgrade() -> None:
    op.add_column("person_keys", sa.Column("form", sa.SmallInteger(), server_default="1", nullable=False))
    op.add_column("person_keys", sa.Column("facts", Json(), nullable=True))
    op.add_column("person_keys", sa.Column("others", Json(), nullable=True))
    op.create_index("person_keys_old", "person_keys", ["key"], postgresql_where=_OLD, sqlite_where=_OLD)
    op.create_table(
        "person_rivals",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("rival_id", Id(), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("contradicts", Json(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "rival_id", name=op.f("person_rivals_pkey")),
    )
    op.add_column("possible_duplicates", sa.Column("details", Json(), nullable=True))
    # A database without keys has none to make anew.
    op.execute(
        "INSERT INTO versions (name, version) SELECT 'person_keys', 2 "
        "WHERE NOT EXISTS (SELECT 1 FROM person_keys)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM versions WHERE name = 'person_keys'")
    op.drop_column("possible_duplicates", "details")
    op.drop_table("person_rivals")
    op.drop_index("person_keys_old", table_name="person_keys")
    for column in ("others", "facts", "form"):
        op.drop_column("person_keys", column)
