"""channels: citizens at messengers, events seen, and how sending goes.

Revision: 0011; follows: 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_users",
        sa.Column("conversation_id", sa.String(36), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("user_hash", sa.String(64), nullable=False),
        sa.Column("current_hash", sa.String(64), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("reply_token", sa.LargeBinary(), nullable=True),
        sa.Column("reply_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id"),
        sa.UniqueConstraint("channel", "current_hash"),
    )
    op.create_index("ix_channel_users_user", "channel_users", ["channel", "user_hash"])
    op.create_table(
        "seen_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("event_key", sa.String(48), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=True),
        sa.Column("message_ref", sa.String(64), nullable=True),
        sa.Column("conversation_id", sa.String(36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "event_key"),
    )
    op.create_index("ix_seen_events_message", "seen_events", ["channel", "message_ref"])
    op.create_index(op.f("ix_seen_events_fingerprint"), "seen_events", ["fingerprint"])
    op.create_index(op.f("ix_seen_events_at"), "seen_events", ["at"])
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        for name in ("sent", "unsure"):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        for name in ("lease_until", "next_try_at", "parked_at"):
            batch_op.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        for name in ("parked", "platform_id"):
            batch_op.add_column(sa.Column(name, sa.String(120), nullable=True))
        batch_op.create_index(batch_op.f("ix_outbox_parked_at"), ["parked_at"])


def downgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_parked_at"))
        for name in ("platform_id", "parked", "parked_at", "next_try_at", "lease_until"):
            batch_op.drop_column(name)
        for name in ("unsure", "sent"):
            batch_op.drop_column(name)
    op.drop_index(op.f("ix_seen_events_at"), "seen_events")
    op.drop_index(op.f("ix_seen_events_fingerprint"), "seen_events")
    op.drop_index("ix_seen_events_message", "seen_events")
    op.drop_table("seen_events")
    op.drop_index("ix_channel_users_user", "channel_users")
    op.drop_table("channel_users")
