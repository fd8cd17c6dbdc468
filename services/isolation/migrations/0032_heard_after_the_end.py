"""heard after the end

Revision 0032, after 0031: what registration says of an arrival whose case has ended, by which the case is
followed when it is opened again. Processes of the version before leave it alone.
"""

import sqlalchemy as sa
from alembic import op

from chassis.database.types import Json

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("heard", Json))


def downgrade() -> None:
    op.drop_column("cases", "heard")
