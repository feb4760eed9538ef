"""conversations: what each is about stands on it.

Revision: 0020; follows: 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OPEN = {
    "sqlite_where": sa.text("state <> 'closed'"),
    "postgresql_where": sa.text("state <> 'closed'"),
}
NO_TOPICS = (
    *("affirm", "abuse", "bot_challenge", "callback", "cancel", "capabilities", "deny"),
    *("general_ticket", "goodbye", "greet", "nlu_fallback", "not_useful", "other_language"),
    *("out_of_scope", "repeat", "repeated", "shared", "start_over", "talk_to_human", "thanks"),
    *("ticket_status", "useful"),
)
"""What a message may mean that no conversation is about."""


talks = sa.table("conversations", sa.column("id"), sa.column("topic"))
said = sa.table(
    "messages",
    *map(sa.column, ("conversation_id", "seq", "sender", "topic")),
)
LAST_TOPIC = talks.update().values(
    topic=sa.select(said.c.topic)
    .where(
        said.c.conversation_id == talks.c.id,
        said.c.sender == "citizen",
        said.c.topic.is_not(None),
        said.c.topic.not_in(NO_TOPICS),
    )
    .order_by(said.c.seq.desc())
    .limit(1)
    .scalar_subquery()
)


def upgrade() -> None:
    op.add_column("conversations", sa.Column("topic", sa.String(64)))
    op.execute(LAST_TOPIC)
    op.create_index("ix_conversations_topic", "conversations", ["topic", "updated_at", "id"], **OPEN)
    op.drop_index("ix_messages_topic", "messages")


def downgrade() -> None:
    op.create_index("ix_messages_topic", "messages", ["topic", "conversation_id"])
    op.drop_index("ix_conversations_topic", "conversations")
    op.drop_column("conversations", "topic")
