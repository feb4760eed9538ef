"""Tables of the knowledge base: an article a topic, its revisions, and what helps to find it."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.database import Base, UtcDateTime, utc_now

Origin = Literal["file", "staff"]


class Article(Base):
    """A topic's article and the revision that is served."""

    __tablename__ = "articles"

    topic: Mapped[str] = mapped_column(String(64), primary_key=True)
    category: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    served_revision: Mapped[int | None]
    file_digest: Mapped[str | None] = mapped_column(String(64))
    """Digest of the file last imported: a file is imported only when its digest differs."""
    conflict_digest: Mapped[str | None] = mapped_column(String(64))
    """Digest of a changed file that was not imported because staff wrote a newer revision."""


class ArticleRevision(Base):
    """One state of an article; never changed once written."""

    __tablename__ = "article_revisions"
    __table_args__ = (UniqueConstraint("topic", "digest", "origin", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(ForeignKey("articles.topic"), index=True)
    origin: Mapped[str] = mapped_column(String(8))
    author: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class ArticleLemmas(Base):
    """The lemmas of one state of an article, by the digest of its content."""

    __tablename__ = "article_lemmas"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    words: Mapped[dict[str, Any]] = mapped_column(JSON)


class KnowledgeState(Base):
    """One row, whose stamp is another one after each change of what is served or known of it."""

    __tablename__ = "knowledge_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    stamp: Mapped[str] = mapped_column(String(32))
