"""attachments: photos of citizens and staff; their bytes lie in files.

Revision: 0008; follows: 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEXED = ("conversation_id", "message_id", "ticket_id", "created_at")


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.String(43), primary_key=True),
        sa.Column("conversation_id", sa.String(36)),
        sa.Column("message_id", sa.String(36)),
        sa.Column("ticket_id", sa.Integer),
        sa.Column("media_type", sa.String(32), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    for column in INDEXED:
        op.create_index(op.f(f"ix_attachments_{column}"), "attachments", [column])


def downgrade() -> None:
    for column in INDEXED:
        op.drop_index(op.f(f"ix_attachments_{column}"), "attachments")
    op.drop_table("attachments")
