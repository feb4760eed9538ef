"""What the bot may say: articles from files and from staff, and which revision is served.

A file is imported only when it differs from the one imported last. It never replaces a newer
revision written by staff: that is a conflict, and a person decides it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import structlog
from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from bot.knowledge import files, state
from bot.knowledge import topics as catalogue
from bot.knowledge.cache import Cache
from bot.knowledge.check import Problem, check_body, inspect, seoul_date
from bot.knowledge.models import Article, ArticleRevision, Origin
from bot.knowledge.schemas import ArticleBody

FILE_AUTHOR = "file"
CACHED_BODIES = 512

log = structlog.get_logger(__name__)

# By digest, which stands for the whole content: an id may be given again after a rollback.
_bodies: Cache[ArticleBody] = Cache(CACHED_BODIES)


class KnowledgeError(Exception):
    """Something asked of the knowledge base cannot be done; the message says what."""


class UnknownArticle(KnowledgeError):
    """No article has this topic."""


class UnknownRevision(KnowledgeError):
    """No revision has this id."""


class NoConflict(KnowledgeError):
    """The article has no conflict to decide."""


class UnservableArticle(KnowledgeError):
    """An article that must not be served; `problems` says why."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(problem.sentence for problem in problems))


@dataclass(frozen=True)
class Served:
    """The revision of a topic that the bot answers from."""

    topic: str
    revision: int
    body: ArticleBody
    digest: str
    """Stands for the whole content of `body`."""


@dataclass
class LoadReport:
    """What loading a folder did, topic by topic, and everything wrong with the folder."""

    imported: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass
class ExportReport:
    """The files written, and the topics left alone because the file has changes of its own."""

    written: list[Path] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ArticleStatus:
    """Where an article stands, for staff."""

    topic: str
    category: str
    title: str
    origin: Origin
    author: str
    revision: int
    created_at: datetime
    checked_on: date
    review_by: date
    valid_until: date | None
    overdue: bool
    """Whether its review or its validity has gone by, in Jeju."""
    conflict: bool


def load(session: Session, folder: Path, now: datetime) -> LoadReport:
    """Import the files below `folder` that are new or changed; `now` is aware.

    A file that must not be served is not imported: the revision before it goes on being served.
    """
    articles, problems = inspect(folder, today=seoul_date(now))
    report = LoadReport(problems=problems)
    blocked = {problem.path for problem in problems if problem.blocks}
    for article in articles:
        if article.path not in blocked:
            _load_one(session, article, now, report)
    if report.imported:
        state.renew(session)
    named = {path.stem for path in folder.rglob("*.md")}
    for topic in (one for one in _topics_of_files(session) if one not in named):
        sentence = f"{topic} has no file any more and is still served: bring the file back."
        report.problems.append(Problem("warning", "no_file", topic, sentence))
    return report


def served(session: Session, topic: str) -> Served | None:
    """What is served for `topic`, or None when there is no article."""
    row = session.execute(_served_rows().where(Article.topic == topic)).one_or_none()
    return None if row is None else _served(session, row)


def served_all(session: Session) -> list[Served]:
    """What is served for every topic, by topic."""
    rows = session.execute(_served_rows().order_by(Article.topic)).all()
    return [_served(session, row) for row in rows]


def revision(session: Session, id: int) -> ArticleBody:
    """The body of a revision. Raises UnknownRevision."""
    digest = session.scalar(select(ArticleRevision.digest).where(ArticleRevision.id == id))
    if digest is None:
        raise UnknownRevision(f"There is no revision {id}.")
    return _body(session, id, digest)


def bodies(session: Session, ids: Sequence[int]) -> dict[int, ArticleBody]:
    """The bodies of many revisions, by id, in one query; for readers of everything."""
    rows = select(ArticleRevision.id, ArticleRevision.body).where(ArticleRevision.id.in_(ids))
    return {
        row.id: ArticleBody.model_validate(row.body, strict=False) for row in session.execute(rows)
    }


def revisions(session: Session, topic: str) -> list[ArticleRevision]:
    """Every revision of `topic`, the newest first."""
    rows = select(ArticleRevision).where(ArticleRevision.topic == topic)
    return list(session.scalars(rows.order_by(ArticleRevision.id.desc())))


def topics(session: Session) -> list[str]:
    """Every topic with a served article, in alphabetical order."""
    return [row.topic for row in session.execute(_served_rows().order_by(Article.topic))]


def title(session: Session, topic: str, language: str) -> str | None:
    """A topic's title in plain words, else its article's; None when there is neither."""
    if plain := catalogue.title(topic, language):
        return plain
    found = served(session, topic)
    return found.body.title.in_language(language) if found else None


def revise(
    session: Session, *, topic: str, body: ArticleBody, author: str, now: datetime
) -> Served:
    """Store `body` as a staff revision and serve it at once; the same body again changes nothing.

    Raises UnservableArticle when it must not be served, or moves to another topic or category.
    """
    _refuse_unservable(topic, body, now)
    article = _locked(session, topic)
    if article is None:
        article = _new_article(session, body)
    elif article.category != body.category:
        sentence = f"{topic} stays in {article.category}: a category changes by moving the file."
        raise UnservableArticle([Problem("error", "misplaced", topic, sentence, "category")])
    current = served(session, topic)
    if current and current.body == body:
        return current
    added = _add(session, body, files.body_digest(body), "staff", author, now)
    chosen = _serve(session, article, added)
    state.renew(session)
    return chosen


def resolve_conflict(
    session: Session,
    *,
    topic: str,
    keep: Literal["file", "staff"],
    author: str,
    now: datetime,
) -> Served:
    """Serve the file's text or go on serving the staff's; the same file is not raised again.

    Raises UnknownArticle or NoConflict.
    """
    article = _locked(session, topic)
    current = served(session, topic)
    if article is None or current is None:
        raise UnknownArticle(f"There is no article {topic}.")
    if article.conflict_digest is None:
        raise NoConflict(f"{topic} has no conflict.")
    digest = article.conflict_digest
    article.file_digest, article.conflict_digest = digest, None
    log.info("article_conflict_resolved", topic=topic, keep=keep, author=author)
    if keep == "staff":
        session.flush()
        return current
    body = _body(session, _revision_of_file(session, topic, digest), digest)
    # A revision of its own says who decided, and when.
    chosen = _serve(session, article, _add(session, body, digest, "file", author, now))
    state.renew(session)
    return chosen


def status(session: Session, now: datetime) -> list[ArticleStatus]:
    """Where every article stands at the moment `now` (aware), by topic."""
    today = seoul_date(now)
    rows = session.execute(_served_rows().order_by(Article.topic)).all()
    return [_status(session, row, today) for row in rows]


def export(session: Session, folder: Path) -> ExportReport:
    """Write the staff revisions that are served as files below `folder`.

    A file with changes that were not imported is left alone: load it and decide first.
    """
    report = ExportReport()
    rows = session.execute(_served_rows().where(ArticleRevision.origin == "staff"))
    for row in rows.all():
        body = _body(session, row.id, row.digest)
        path = files.target(folder, body)
        if row.conflict_digest is not None or _changed(path, row.file_digest, row.digest):
            report.left.append(row.topic)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files.write(body), encoding="utf-8", newline="\n")
        report.written.append(path)
    return report


def _load_one(
    session: Session, found: files.ArticleFile, now: datetime, report: LoadReport
) -> None:
    body, digest, topic = found.body, found.digest, found.body.topic
    article = _locked(session, topic)
    if article is not None and digest == article.file_digest:
        article.conflict_digest = None
        report.unchanged.append(topic)
        return
    if article is None:
        article = _new_article(session, body)
    origin, current = _served_origin(session, article), served(session, topic)
    if origin == "staff" and current and current.body != body:
        _record_conflict(session, article, found, now)
        report.conflicts.append(topic)
        return
    # Also when the file has caught up with the staff's text: from here on the file leads again.
    article.category, article.kind = body.category, body.kind
    article.file_digest, article.conflict_digest = digest, None
    _serve(session, article, _add(session, body, digest, "file", FILE_AUTHOR, now))
    report.imported.append(topic)


def _record_conflict(
    session: Session, article: Article, found: files.ArticleFile, now: datetime
) -> None:
    if article.conflict_digest == found.digest:
        return
    article.conflict_digest = found.digest
    # Kept unserved, so that a person can compare the two and choose it later.
    _add(session, found.body, found.digest, "file", FILE_AUTHOR, now)


def _refuse_unservable(topic: str, body: ArticleBody, now: datetime) -> None:
    problems = [one for one in check_body(body, today=seoul_date(now)) if one.blocks]
    if body.topic != topic:
        sentence = f"The article of {topic} names the topic {body.topic}: make them the same."
        problems.append(Problem("error", "misplaced", topic, sentence, "topic"))
    if problems:
        raise UnservableArticle(problems)


def _locked(session: Session, topic: str) -> Article | None:
    return session.scalar(select(Article).where(Article.topic == topic).with_for_update())


def _new_article(session: Session, body: ArticleBody) -> Article:
    article = Article(topic=body.topic, category=body.category, kind=body.kind)
    session.add(article)
    session.flush()
    return article


def _add(
    session: Session, body: ArticleBody, digest: str, origin: Origin, author: str, now: datetime
) -> ArticleRevision:
    added = ArticleRevision(
        topic=body.topic,
        origin=origin,
        author=author,
        digest=digest,
        body=body.model_dump(mode="json"),
        created_at=now,
    )
    session.add(added)
    session.flush()
    return added


def _serve(session: Session, article: Article, chosen: ArticleRevision) -> Served:
    article.served_revision = chosen.id
    session.flush()
    body = _body(session, chosen.id, chosen.digest)
    return Served(article.topic, chosen.id, body, chosen.digest)


type _Row = Row[str, str, str | None, str | None, int, str, str, str, datetime]
type _Rows = Select[str, str, str | None, str | None, int, str, str, str, datetime]


def _served_rows() -> _Rows:
    rows: _Rows = select(
        Article.topic,
        Article.category,
        Article.file_digest,
        Article.conflict_digest,
        ArticleRevision.id,
        ArticleRevision.origin,
        ArticleRevision.author,
        ArticleRevision.digest,
        ArticleRevision.created_at,
    )
    return rows.join(ArticleRevision, ArticleRevision.id == Article.served_revision)


def _served(session: Session, row: _Row) -> Served:
    return Served(row.topic, row.id, _body(session, row.id, row.digest), row.digest)


def _served_origin(session: Session, article: Article) -> str | None:
    return session.scalar(
        select(ArticleRevision.origin).where(ArticleRevision.id == article.served_revision)
    )


def _revision_of_file(session: Session, topic: str, digest: str) -> int:
    wanted = select(ArticleRevision.id).where(
        ArticleRevision.topic == topic,
        ArticleRevision.digest == digest,
        ArticleRevision.origin == "file",
    )
    return session.scalars(wanted.order_by(ArticleRevision.id.desc()).limit(1)).one()


def _topics_of_files(session: Session) -> list[str]:
    wanted = select(Article.topic).where(Article.file_digest.is_not(None))
    return list(session.scalars(wanted.order_by(Article.topic)))


def _body(session: Session, id: int, digest: str) -> ArticleBody:
    def read() -> ArticleBody:
        stored = session.scalars(select(ArticleRevision.body).where(ArticleRevision.id == id)).one()
        return ArticleBody.model_validate(stored, strict=False)

    return _bodies.get(digest, read)


def _status(session: Session, row: _Row, today: date) -> ArticleStatus:
    body = _body(session, row.id, row.digest)
    return ArticleStatus(
        topic=row.topic,
        category=row.category,
        title=body.title.ko,
        origin=row.origin,
        author=row.author,
        revision=row.id,
        created_at=row.created_at,
        checked_on=body.checked_on,
        review_by=body.review_by,
        valid_until=body.valid_until,
        overdue=body.expired(today) or body.review_by < today,
        conflict=row.conflict_digest is not None,
    )


def _changed(path: Path, imported: str | None, served_digest: str) -> bool:
    """Whether the file at `path` holds anything but what was imported or is served."""
    if not path.exists():
        return False
    try:
        text = files.normalise(path.read_bytes())
    except UnicodeDecodeError:
        return True
    return files.digest_of(text) not in (imported, served_digest)
