"""cases refused

Revision 0044, after 0043: an index of the few cases of whose people an officer decided that they refuse.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("state = 'refused'")
    op.create_index("cases_refused", "cases", ["case_id"], postgresql_where=where, sqlite_where=where)


def downgrade() -> None:
    op.drop_index("cases_refused", "cases")
