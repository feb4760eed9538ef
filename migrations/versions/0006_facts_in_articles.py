"""articles: revisions of the form before facts are taken out; the files bring the new ones.

Revision: 0006; follows: 0005. A text that staff wrote in the old form is not carried over: write it
to its file with `ilsa knowledge export` before upgrading from such a version.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

articles = sa.table(
    "articles",
    sa.column("served_revision", sa.Integer),
    sa.column("file_digest", sa.String),
    sa.column("conflict_digest", sa.String),
)
revisions = sa.table(
    "article_revisions", sa.column("id", sa.Integer), sa.column("body", sa.JSON)
)


def upgrade() -> None:
    rows = op.get_bind().execute(sa.select(revisions.c.id, revisions.c.body)).all()
    old = [row.id for row in rows if "facts" not in row.body]
    for id in old:
        op.execute(
            articles.update()
            .where(articles.c.served_revision == id)
            .values(served_revision=None, file_digest=None, conflict_digest=None)
        )
        op.execute(revisions.delete().where(revisions.c.id == id))


def downgrade() -> None:
    """Nothing to undo: an older version loads its own files again."""
