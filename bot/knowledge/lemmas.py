"""The lemmas of articles: which texts have some, which articles still lack them, and keeping them.

Rasa makes lemmas (`lemmas` in the parse of a text). They are kept by the digest of an article's
content, so that each state of an article is read once.
"""

from collections.abc import Collection, Sequence

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.knowledge import service, state
from bot.knowledge import topics as catalogue
from bot.knowledge.models import Article, ArticleLemmas, ArticleRevision
from bot.knowledge.schemas import ArticleBody
from bot.knowledge.service import Served
from bot.offices import MENTION


class Lemmas(BaseModel):
    """The lemmas of an article: of each line of `asked`, in that order, and of its `told`."""

    model_config = ConfigDict(frozen=True)

    asked: list[list[str]]
    told: list[str]


def asked(body: ArticleBody) -> list[str]:
    """What an article is asked by: its titles and questions, Korean and English."""
    return [body.title.ko, body.title.en, *body.questions.ko, *body.questions.en]


def told(body: ArticleBody) -> str:
    """What an article tells in Korean, on one line. English is found by its words."""
    return " ".join(
        MENTION.sub(" ", text).replace("\n", " ") for text in body.facets("ko").values()
    )


def missing(session: Session, *, skip: Collection[str] = (), limit: int = 20) -> list[Served]:
    """Served articles without lemmas, but for the digests of `skip`, at most `limit`.

    Topics that nobody is trained on come first, because they are found by search alone, then what
    was written last.
    """
    rows = (
        select(ArticleRevision.id, ArticleRevision.topic, ArticleRevision.digest)
        .join(Article, Article.served_revision == ArticleRevision.id)
        .outerjoin(ArticleLemmas, ArticleLemmas.digest == ArticleRevision.digest)
        .where(ArticleLemmas.digest.is_(None))
        .order_by(ArticleRevision.id.desc())
    )
    known = catalogue.topics()
    lacking = [row for row in session.execute(rows) if row.digest not in skip]
    lacking.sort(key=lambda row: row.topic in known)
    return [
        Served(row.topic, row.id, service.revision(session, row.id), row.digest)
        for row in lacking[:limit]
    ]


def keep(session: Session, digest: str, lemmas: Lemmas) -> None:
    """Keep the lemmas of an article's content; those kept first stay."""
    if session.get(ArticleLemmas, digest) is None:
        session.add(ArticleLemmas(digest=digest, words=lemmas.model_dump()))
        session.flush()
        state.renew(session)


def of(session: Session, digests: Sequence[str]) -> dict[str, Lemmas]:
    """The lemmas kept for contents, by digest."""
    rows = select(ArticleLemmas.digest, ArticleLemmas.words)
    found = session.execute(rows.where(ArticleLemmas.digest.in_(digests)))
    return {row.digest: Lemmas.model_validate(row.words) for row in found}
