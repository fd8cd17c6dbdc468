"""corrections of anybody

Revision 0034, after 0033: a correction of a result is found whosever it says that the sample is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    corrects = sa.text("supersedes IS NOT NULL")
    op.create_index(
        "test_results_corrected",
        "test_results",
        ["supersedes"],
        unique=False,
        postgresql_where=corrects,
        sqlite_where=corrects,
    )


def downgrade() -> None:
    op.drop_index("test_results_corrected", table_name="test_results")
