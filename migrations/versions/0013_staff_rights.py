"""staff: offices, sign-in by OpenID, named sessions, and an audit log that is only added to.

Revision: 0013; follows: 0012.
"""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SQLITE = [
    f"CREATE TRIGGER audit_events_no_{what.lower()} BEFORE {what} ON audit_events "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END"
    for what in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    "CREATE OR REPLACE FUNCTION audit_events_append_only() RETURNS trigger AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit log is only added to'; END $$ LANGUAGE plpgsql",
    "CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
    "ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_events_append_only()",
]


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def upgrade() -> None:
    with op.batch_alter_table("staff_accounts") as batch_op:
        batch_op.add_column(sa.Column("office", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("issuer", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("subject", sa.String(length=255), nullable=True))
        batch_op.create_unique_constraint("staff_accounts_issuer_subject_key", ["issuer", "subject"])
    # Everybody signs in again: a session has a name from now on.
    op.execute("DELETE FROM staff_sessions")
    with op.batch_alter_table("staff_sessions") as batch_op:
        batch_op.add_column(
            sa.Column("id", sa.String(length=36), nullable=False, server_default=str(uuid4()))
        )
        batch_op.add_column(
            sa.Column("agent", sa.String(length=200), nullable=False, server_default="")
        )
    with op.batch_alter_table("staff_sessions") as batch_op:
        batch_op.alter_column("id", server_default=None)
        batch_op.alter_column("agent", server_default=None)
        batch_op.create_unique_constraint("staff_sessions_id_key", ["id"])
    op.create_index("ix_audit_events_login", "audit_events", ["login", "at"])
    op.create_index("ix_audit_events_subject", "audit_events", ["subject", "at"])
    for statement in SQLITE if _is_sqlite() else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if _is_sqlite():
        op.execute("DROP TRIGGER audit_events_no_update")
        op.execute("DROP TRIGGER audit_events_no_delete")
    else:
        op.execute("DROP TRIGGER audit_events_append_only ON audit_events")
        op.execute("DROP FUNCTION audit_events_append_only")
    op.drop_index("ix_audit_events_subject", "audit_events")
    op.drop_index("ix_audit_events_login", "audit_events")
    with op.batch_alter_table("staff_sessions") as batch_op:
        batch_op.drop_constraint("staff_sessions_id_key", type_="unique")
        batch_op.drop_column("agent")
        batch_op.drop_column("id")
    with op.batch_alter_table("staff_accounts") as batch_op:
        batch_op.drop_constraint("staff_accounts_issuer_subject_key", type_="unique")
        batch_op.drop_column("subject")
        batch_op.drop_column("issuer")
        batch_op.drop_column("office")
