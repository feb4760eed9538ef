"""ticket_deliveries: what bodies in charge are sent about tickets.

Revision: 0009; follows: 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLE = "ticket_deliveries"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("ticket_id", sa.Integer, sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("office", sa.String(64), nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.String(300)),
        sa.Column("doubtful", sa.Boolean, nullable=False),
        sa.Column("external_id", sa.String(64)),
        sa.Column("external_token", sa.String(64)),
        sa.Column("polled_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("token_hash", sa.String(64), unique=True),
        sa.Column("token_used_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
    )
    op.create_index(op.f("ix_ticket_deliveries_ticket_id"), TABLE, ["ticket_id"])
    op.create_index("ix_ticket_deliveries_next", TABLE, ["state", "next_try_at"])
    op.create_index("ix_ticket_deliveries_poll", TABLE, ["way", "state", "polled_at"])


def downgrade() -> None:
    op.drop_index("ix_ticket_deliveries_poll", TABLE)
    op.drop_index("ix_ticket_deliveries_next", TABLE)
    op.drop_index(op.f("ix_ticket_deliveries_ticket_id"), TABLE)
    op.drop_table(TABLE)
