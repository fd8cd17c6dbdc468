"""what corrects a result of nobody here is found by an index

Revision 0020, after 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_CORRECTING = sa.text("supersedes IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "results_of_nobody_corrected",
        "results_of_nobody",
        ["supersedes"],
        postgresql_where=_CORRECTING,
        sqlite_where=_CORRECTING,
    )


def downgrade() -> None:
    op.drop_index("results_of_nobody_corrected", table_name="results_of_nobody")
