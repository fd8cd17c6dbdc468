"""positives are found again

Revision 0037, after 0036: positives that a process of before wrote down are found by when they were received.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    positive = sa.text("result = 'positive'")
    op.create_index(
        "test_results_positive",
        "test_results",
        ["received_at"],
        unique=False,
        postgresql_where=positive,
        sqlite_where=positive,
    )


def downgrade() -> None:
    op.drop_index("test_results_positive", table_name="test_results")
