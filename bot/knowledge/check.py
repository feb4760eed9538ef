"""What is wrong with a folder of articles, or with one article before it is served."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import yaml

from bot.database import utc_now
from bot.knowledge import files
from bot.knowledge.figures import missing_figures
from bot.knowledge.schemas import ArticleBody
from bot.paths import POLICY

Level = Literal["error", "warning"]
Code = Literal[
    "broken",
    "misplaced",
    "twice",
    "languages_differ",
    "unknown_source",
    "no_source",
    "unused_facet",
    "dead_reference",
    "figure_missing",
    "too_long",
    "review_due",
    "expired",
    "no_file",
]

SEOUL = ZoneInfo("Asia/Seoul")
TOPICS_FILE = POLICY / "topics.yml"
# A Kakao card holds 400 characters; the summary shares it with the phone and the source line.
SUMMARY_LIMIT = 300
FACET_LIMIT = 400
BLOCKING: frozenset[Code] = frozenset(
    {"broken", "misplaced", "twice", "languages_differ", "unknown_source", "no_source"}
)
"""What keeps an article from being served at all; the other errors fail the tests."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong. `code` names its kind for a page that words it in another language."""

    level: Level
    code: Code
    topic: str
    sentence: str
    field: str = ""
    path: Path | None = None
    line: int | None = None

    @property
    def blocks(self) -> bool:
        """Whether the article must not be served in this state."""
        return self.code in BLOCKING

    def __str__(self) -> str:
        where = f"{self.path}:{self.line or 1}" if self.path else self.topic
        return f"{where}: {self.level}: {self.sentence}"


def seoul_date(now: datetime) -> date:
    """The date of the moment `now` (aware) in Jeju."""
    return now.astimezone(SEOUL).date()


def check(
    folder: Path, *, today: date | None = None, topics_file: Path = TOPICS_FILE
) -> list[Problem]:
    """Everything wrong with the articles below `folder` on `today` (in Jeju, now by default).

    `related` may name a topic without an article if `topics_file` lists it; when there is no such
    file nobody can tell, and it is a warning.
    """
    return inspect(folder, today=today, topics_file=topics_file)[1]


def inspect(
    folder: Path, *, today: date | None = None, topics_file: Path = TOPICS_FILE
) -> tuple[list[files.ArticleFile], list[Problem]]:
    """The articles below `folder` that can be read, and everything wrong with all of them."""
    day = today or seoul_date(utc_now())
    articles: list[files.ArticleFile] = []
    problems: list[Problem] = []
    for path in sorted(folder.rglob("*.md")):
        try:
            articles.append(files.parse(path))
        except files.ArticleError as error:
            problems += [
                Problem("error", "broken", path.stem, fault.sentence, fault.field, path, line)
                for line, fault in error.faults
            ]
    # A neighbour whose file is broken is not a dead reference as well.
    known = {path.stem for path in folder.rglob("*.md")} | _topics(topics_file)
    level: Level = "error" if topics_file.exists() else "warning"
    first: dict[str, Path] = {}
    for article in articles:
        problems += _misplaced(article, folder, first)
        for problem in check_body(article.body, today=day):
            problems.append(_located(problem, article))
        for problem in _references(article.body, known, level):
            problems.append(_located(problem, article))
    return articles, problems


def check_body(body: ArticleBody, *, today: date) -> Iterator[Problem]:
    """What is wrong with one article by itself, on the date `today` in Jeju."""
    yield from _languages(body)
    yield from _sources(body)
    yield from _figures(body)
    yield from _lengths(body)
    yield from _dates(body, today)


def _error(body: ArticleBody, code: Code, field: str, sentence: str) -> Problem:
    return Problem("error", code, body.topic, sentence, field)


def _languages(body: ArticleBody) -> Iterator[Problem]:
    for language, other in (("ko", "en"), ("en", "ko")):
        for facet in body.facets(language):
            if body.text(facet, other) is None:
                sentence = f"{facet} stands in {language} only: write it in {other} or remove it."
                yield _error(body, "languages_differ", f"{language}.{facet}", sentence)


def _sources(body: ArticleBody) -> Iterator[Problem]:
    ids = [source.id for source in body.sources]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        sentence = f"Two sources have the id {twice}: give one of them another."
        yield _error(body, "unknown_source", "sources", sentence)
    for facet, used in body.uses.items():
        for unknown in (one for one in used if one not in ids):
            sentence = f"{facet} uses {unknown}, which is not in sources: add it or mend the id."
            yield _error(body, "unknown_source", "uses", sentence)
    written = list(dict.fromkeys([*body.facets("ko"), *body.facets("en")]))
    sourced = {facet for facet, used in body.uses.items() if used}
    for name in (one for one in written if one not in sourced):
        language = "en" if body.text(name, "ko") is None else "ko"
        sentence = f"{name} has no source: name one in uses, as '{name}: [s1]'."
        yield _error(body, "no_source", f"{language}.{name}", sentence)
    for field, named in (("uses", tuple(body.uses)), ("volatile", body.volatile)):
        for name in (one for one in named if one not in written):
            sentence = f"{field} names {name}, which is not written: write it or remove the name."
            # A list that names too much misleads editors, not citizens.
            yield Problem("warning", "unused_facet", body.topic, sentence, field)


def _references(body: ArticleBody, known: set[str], level: Level) -> Iterator[Problem]:
    for other in body.related:
        if other == body.topic:
            yield _error(body, "dead_reference", "related", "related names the article itself.")
        elif other not in known:
            sentence = f"related names {other}, which is no topic: mend its spelling or remove it."
            yield Problem(level, "dead_reference", body.topic, sentence, "related")


def _figures(body: ArticleBody) -> Iterator[Problem]:
    for facet, korean in body.facets("ko").items():
        english = body.text(facet, "en")
        for figure in missing_figures(korean, english) if english else ():
            sentence = f"{facet} has {figure} in Korean and not in English: put it into both."
            yield _error(body, "figure_missing", f"en.{facet}", sentence)


def _lengths(body: ArticleBody) -> Iterator[Problem]:
    for facet, text in body.facets("ko").items():
        limit = SUMMARY_LIMIT if facet == "summary" else FACET_LIMIT
        if len(text) > limit:
            sentence = f"{facet} has {len(text)} characters: shorten it to {limit}."
            yield _error(body, "too_long", f"ko.{facet}", sentence)


def _dates(body: ArticleBody, today: date) -> Iterator[Problem]:
    if body.review_by < today:
        sentence = f"It was due for review by {body.review_by}: check it and set both dates."
        yield Problem("warning", "review_due", body.topic, sentence, "review_by")
    if body.valid_until and body.valid_until < today:
        sentence = f"It was valid until {body.valid_until}: renew it or say what holds now."
        yield Problem("warning", "expired", body.topic, sentence, "valid_until")


def _misplaced(
    article: files.ArticleFile, folder: Path, first: dict[str, Path]
) -> Iterator[Problem]:
    body, path = article.body, article.path
    wanted = files.target(folder, body)
    if path != wanted:
        sentence = f"The file belongs at {wanted.relative_to(folder)}: move it or mend the fields."
        yield Problem("error", "misplaced", body.topic, sentence, "topic", path, 1)
    elif body.topic in first:
        sentence = f"{body.topic} has another file, {first[body.topic]}: keep one of them."
        yield Problem("error", "twice", body.topic, sentence, "topic", path, 1)
    else:
        first[body.topic] = path


def _located(problem: Problem, article: files.ArticleFile) -> Problem:
    line = article.lines.get(problem.field, 1)
    values = {**vars(problem), "path": article.path, "line": line}
    return Problem(**values)


def _topics(path: Path) -> set[str]:
    """Topic ids of the policy file: a list or mapping of them, alone or under `topics`."""
    if not path.exists():
        return set()
    listed = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    if isinstance(listed, dict):
        listed = listed.get("topics", listed)
    return {str(one["id"] if isinstance(one, dict) else one) for one in listed}
