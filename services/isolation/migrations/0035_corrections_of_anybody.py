"""corrections of anybody

Revision 0035, after 0034: a correction of a result is found whosever it says that the sample is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
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
