"""people stepping in: presence, short codes, satisfaction, and talks that go on elsewhere.

Revision: 0012; follows: 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "presences",
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("login"),
    )
    op.create_index("ix_presences_seen_at", "presences", ["seen_at"])
    op.create_table(
        "short_codes",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_index("ix_short_codes_conversation_id", "short_codes", ["conversation_id"])
    op.create_index("ix_short_codes_expires_at", "short_codes", ["expires_at"])
    op.create_table(
        "code_tries",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_index("ix_code_tries_since", "code_tries", ["since"])
    op.create_table(
        "satisfactions",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("by_person", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_index("ix_satisfactions_created_at", "satisfactions", ["created_at"])
    with op.batch_alter_table("conversations") as batch_op:
        batch_op.add_column(sa.Column("continued_in", sa.String(length=36), nullable=True))
        batch_op.create_index("ix_conversations_continued_in", ["continued_in"])


def downgrade() -> None:
    with op.batch_alter_table("conversations") as batch_op:
        batch_op.drop_index("ix_conversations_continued_in")
        batch_op.drop_column("continued_in")
    for table in ("satisfactions", "code_tries", "short_codes", "presences"):
        op.drop_table(table)
