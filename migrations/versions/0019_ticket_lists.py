"""tickets: indexes of the staff's filters.

Revision: 0019; follows: 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OPEN = {
    "sqlite_where": sa.text("done_at IS NULL"),
    "postgresql_where": sa.text("done_at IS NULL"),
}


def upgrade() -> None:
    op.create_index("ix_tickets_open_topic_due", "tickets", ["topic", "due_at", "id"], **OPEN)
    op.create_index("ix_tickets_open_kind_due", "tickets", ["kind", "due_at", "id"], **OPEN)
    op.create_index("ix_tickets_origin", "tickets", ["origin", "id"])
    op.create_index("ix_tickets_assignee", "tickets", ["assignee", "id"])


def downgrade() -> None:
    for name in ("assignee", "origin", "open_kind_due", "open_topic_due"):
        op.drop_index(f"ix_tickets_{name}", "tickets")
