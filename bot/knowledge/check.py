"""What is wrong with a folder of articles, or with one article before it is served."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from bot import yaml_files
from bot.database import utc_now
from bot.knowledge import files
from bot.knowledge.figures import missing_figures, unsourced_figures
from bot.knowledge.schemas import ArticleBody
from bot.offices import MENTION, mentioned, offices, with_phones
from bot.paths import POLICY

Level = Literal["error", "warning"]
Code = Literal[
    "broken",
    "misplaced",
    "twice",
    "languages_differ",
    "unknown_source",
    "no_source",
    "unknown_office",
    "facet_missing",
    "fact_untold",
    "dead_reference",
    "figure_missing",
    "figure_unsourced",
    "phone_written",
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
# Numbers such as 119 and 1345 are known by heart and are written out.
SHORT_NUMBER = 4
BLOCKING: frozenset[Code] = frozenset(
    {
        "broken",
        "misplaced",
        "twice",
        "languages_differ",
        "unknown_source",
        "no_source",
        "unknown_office",
    }
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
    yield from _facts(body)
    yield from _offices(body)
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
    for fact in body.facts:
        if fact.source not in ids:
            sentence = f"{fact.id} uses {fact.source}, which is not in sources: add it or mend it."
            yield _error(body, "unknown_source", "facts", sentence)
    for name in _written(body):
        if not body.told(name):
            language = "en" if body.text(name, "ko") is None else "ko"
            sentence = f"{name} has no fact behind it: name it in the facets of a fact."
            yield _error(body, "no_source", f"{language}.{name}", sentence)


def _written(body: ArticleBody) -> list[str]:
    return list(dict.fromkeys([*body.facets("ko"), *body.facets("en")]))


def _facts(body: ArticleBody) -> Iterator[Problem]:
    """Every fact is told in a facet that is written, or its silence has a reason."""
    written = _written(body)
    for fact in body.facts:
        for name in (one for one in fact.facets if one not in written):
            sentence = f"{fact.id} is a fact for {name}, which is not written: write it."
            yield _error(body, "facet_missing", "facts", sentence)
        if bool(fact.facets) == (fact.id in body.untold):
            sentence = f"{fact.id} must stand either in a facet, or in untold with a reason."
            yield _error(body, "fact_untold", "facts", sentence)
    for unknown in body.untold.keys() - {fact.id for fact in body.facts}:
        sentence = f"untold names {unknown}, which is no fact: remove it."
        yield _error(body, "fact_untold", "untold", sentence)


def _offices(body: ArticleBody) -> Iterator[Problem]:
    """What is named stands in the table, what is called has a number, and none is spelt out."""
    known = offices()
    for field, ids in (("departments", body.departments), ("phone", body.phone)):
        for unknown in (one for one in ids if one not in known):
            sentence = f"{field} names {unknown}, which is no office: add it to offices.yml."
            yield _error(body, "unknown_office", field, sentence)
    called = [("phone", one) for one in body.phone]
    for language in ("ko", "en"):
        for facet, text in body.facets(language).items():
            called += [(f"{language}.{facet}", one) for one in mentioned(text)]
            for office in _spelt_out(text):
                sentence = f"{facet} spells out a phone: write {{{office}}} for it."
                yield _error(body, "phone_written", f"{language}.{facet}", sentence)
    for field, one in called:
        if one not in known or not known[one].phone:
            sentence = f"{one} has no phone in offices.yml: add it, or name another office."
            yield _error(body, "unknown_office", field, sentence)


def _spelt_out(text: str) -> Iterator[str]:
    """Offices whose number, longer than 119 or 1345, stands in a text."""
    for id, office in offices().items():
        if office.phone and len(office.phone) > SHORT_NUMBER and office.phone in text:
            yield id


def _references(body: ArticleBody, known: set[str], level: Level) -> Iterator[Problem]:
    for other in body.related:
        if other == body.topic:
            yield _error(body, "dead_reference", "related", "related names the article itself.")
        elif other not in known:
            sentence = f"related names {other}, which is no topic: mend its spelling or remove it."
            yield Problem(level, "dead_reference", body.topic, sentence, "related")


def _figures(body: ArticleBody) -> Iterator[Problem]:
    short = (one.phone for one in offices().values() if one.phone and one.phone.isdigit())
    allowed = {int(number) for number in short}
    allowed |= {120, body.checked_on.year, body.checked_on.month}
    allowed |= {source.year for source in body.sources if source.year}
    for facet, korean in body.facets("ko").items():
        korean, english = MENTION.sub("", korean), body.text(facet, "en")
        for figure in missing_figures(korean, MENTION.sub("", english)) if english else ():
            sentence = f"{facet} has {figure} in Korean and not in English: put it into both."
            yield _error(body, "figure_missing", f"en.{facet}", sentence)
        statements = [*(fact.says for fact in body.told(facet)), *body.law]
        for figure in unsourced_figures(korean, statements, allowed):
            sentence = f"{facet} has {figure}, which none of its facts has: add the fact, or cut."
            yield _error(body, "figure_unsourced", f"ko.{facet}", sentence)


def _lengths(body: ArticleBody) -> Iterator[Problem]:
    for facet, text in body.facets("ko").items():
        limit = SUMMARY_LIMIT if facet == "summary" else FACET_LIMIT
        shown = with_phones(text)
        if len(shown) > limit:
            sentence = f"{facet} has {len(shown)} characters: shorten it to {limit}."
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
    listed = yaml_files.read(path) or []
    if isinstance(listed, dict):
        listed = listed.get("topics", listed)
    return {str(one["id"] if isinstance(one, dict) else one) for one in listed}
