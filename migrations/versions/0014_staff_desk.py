"""staff desk: notes, saved views, who is looking, closing reasons, abuse; the inbox's order.

Revision: 0014; follows: 0013.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
INDEXES: tuple[tuple[str, str, list[str], str | None], ...] = (
    ("ix_conversations_line", "conversations", ["state", "waiting_since", "id"], None),
    (
        "ix_conversations_distress",
        "conversations",
        ["waiting_since", "id"],
        "state = 'waiting' AND reason = 'distress'",
    ),
    (
        "ix_conversations_alarms",
        "conversations",
        ["state", "updated_at", "id"],
        "alarm IS NOT NULL AND state <> 'closed'",
    ),
    (
        "ix_conversations_held",
        "conversations",
        ["staff_login", "updated_at", "id"],
        "state = 'staff'",
    ),
    ("ix_conversations_held_all", "conversations", ["state", "updated_at", "id"], None),
    ("ix_conversations_open", "conversations", ["updated_at", "id"], "state <> 'closed'"),
    ("ix_conversations_closed", "conversations", ["closed_at", "id"], None),
    ("ix_messages_topic", "messages", ["topic", "conversation_id"], None),
)
TABLES = ("abuse_events", "talk_ends", "viewers", "saved_views", "staff_notes")


def _of_conversation(on_delete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete=on_delete)


def upgrade() -> None:
    op.create_table(
        "staff_notes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        _of_conversation(),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_staff_notes_conversation", "staff_notes", ["conversation_id", "created_at"])
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login", "name"),
    )
    op.create_table(
        "viewers",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("typed_at", TIME, nullable=True),
        _of_conversation(),
        sa.PrimaryKeyConstraint("conversation_id", "login"),
    )
    op.create_index("ix_viewers_seen_at", "viewers", ["seen_at"])
    op.create_table(
        "talk_ends",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        _of_conversation(),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_index("ix_talk_ends_reason", "talk_ends", ["reason", "at"])
    op.create_table(
        "abuse_events",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("message_id", sa.String(length=36), nullable=True),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("at", TIME, nullable=False),
        _of_conversation("SET NULL"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_abuse_events_login", "abuse_events", ["login", "at"])
    op.create_index("ix_abuse_events_conversation", "abuse_events", ["conversation_id", "at"])
    op.create_index("ix_abuse_events_message", "abuse_events", ["message_id"])
    for name, table, columns, condition in INDEXES:
        op.create_index(name, table, columns, **_part(condition))


def _part(condition: str | None) -> dict[str, Any]:
    if condition is None:
        return {}
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def downgrade() -> None:
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table)
    for table in TABLES:
        op.drop_table(table)
