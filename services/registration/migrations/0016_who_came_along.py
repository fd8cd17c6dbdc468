"""likenesses of those who came along, known only beside somebody else

Revision 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_THERE = sa.text("beside IS NOT NULL")


def upgrade() -> None:
    op.add_column("likenesses", sa.Column("beside", sa.BigInteger, nullable=True))
    op.create_index(
        "likenesses_beside", "likenesses", ["beside"], postgresql_where=_THERE, sqlite_where=_THERE
    )


def downgrade() -> None:
    op.drop_index("likenesses_beside", table_name="likenesses")
    op.drop_column("likenesses", "beside")
