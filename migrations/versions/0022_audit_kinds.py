"""audit log: an index by what was done.

Revision: 0022; follows: 0021.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_events_what", "audit_events", ["what", "id"])


def downgrade() -> None:
    op.drop_index("ix_audit_events_what", "audit_events")
