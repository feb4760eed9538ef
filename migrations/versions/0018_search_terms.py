"""search: the words of what was said.

Revision: 0018; follows: 0017.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message_words",
        sa.Column("word", sa.String(length=48), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"]),
        sa.PrimaryKeyConstraint("word", "message_id"),
    )
    op.create_index("ix_message_words_newest", "message_words", ["word", "at", "message_id"])
    op.create_index("ix_message_words_conversation_id", "message_words", ["conversation_id"])
    op.create_table(
        "search_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("read_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("search_mark")
    op.drop_table("message_words")
