"""version of the policy

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Which text the cases of before were planned by is not known: null. The next policy that applies to open
    # cases, or the next correction, has them worked out anew, once; who stands as before is told nothing.
    op.add_column("cases", sa.Column("policy_version", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("cases", "policy_version")
