"""open311_keys: who may post to the Open311 server, and what each posted.

Revision: 0010; follows: 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "open311_keys",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("key_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("used_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "open311_posts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key_id", sa.Integer, sa.ForeignKey("open311_keys.id"), nullable=False),
        sa.Column("ticket_id", sa.Integer, sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("reference", sa.String(128)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("key_id", "reference"),
    )
    op.create_index(op.f("ix_open311_posts_ticket_id"), "open311_posts", ["ticket_id"])
    op.create_index("ix_open311_posts_key_at", "open311_posts", ["key_id", "at"])


def downgrade() -> None:
    op.drop_index("ix_open311_posts_key_at", "open311_posts")
    op.drop_index(op.f("ix_open311_posts_ticket_id"), "open311_posts")
    op.drop_table("open311_posts")
    op.drop_table("open311_keys")
