"""What a counsellor sees while a caller speaks: the bot's best topics, and what their articles say.

Rasa ranks the topics; while it is away the articles are searched by their words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import offices
from bot.conversations import incidents, switches
from bot.conversations.errors import RasaFailed
from bot.conversations.rasa_client import RasaClient
from bot.conversations.rendering import Renderer
from bot.conversations.switches_models import Switch
from bot.knowledge import notices, search, topics
from bot.knowledge import service as knowledge
from bot.knowledge.check import seoul_date
from bot.knowledge.schemas import OnlineLink
from bot.replies import Reply, Say
from bot.staff.calls_policy import calls_policy
from bot.tickets.forms import forms
from bot.wording import Wording

MOST_PUBLISHERS = 3


@dataclass(frozen=True)
class Ranked:
    """What Rasa makes of a question: topics with confidence, the facet asked for, the lemmas."""

    topics: tuple[tuple[str, float], ...]
    facets: Mapping[str, str] = field(default_factory=dict)
    lemmas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Article:
    """An article as a counsellor, or somebody with its link, reads it."""

    topic: str
    title: str
    facets: tuple[tuple[str, str], ...]
    """Name and text, the summary first. Empty when the article is not valid any more."""
    departments: str
    phones: str
    publishers: tuple[str, ...]
    links: tuple[OnlineLink, ...]
    checked_on: date
    review_by: date
    overdue: bool
    said_first: str
    """Notices, incidents, or the banner of a topic that is off."""
    off: bool = False


@dataclass(frozen=True)
class Answer:
    """One of the answers found, with how sure the bot is; None where it was only searched for."""

    article: Article
    confidence: float | None
    facet: str
    """The facet that the question asks for; empty for none."""
    has_form: bool

    @property
    def facets(self) -> tuple[tuple[str, str], ...]:
        """The facets in the order of reading: the summary, what is asked for, the others."""
        first = ("summary", self.facet)
        return tuple(sorted(self.article.facets, key=lambda one: one[0] not in first))


@dataclass(frozen=True)
class Found:
    """What a question finds."""

    answers: tuple[Answer, ...] = ()
    away: bool = False
    """Whether Rasa did not answer, so that the articles were searched."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of the answers."""
        return tuple(one.article.topic for one in self.answers)

    @property
    def guess(self) -> str:
        """The topic that comes first."""
        return self.answers[0].article.topic if self.answers else ""


async def ranked(rasa: RasaClient | None, text: str) -> Ranked | None:
    """Rasa's ranking of a question (personal data masked); None while it is away."""
    if rasa is None:
        return None
    try:
        return _read(await rasa.parse(text))
    except RasaFailed:
        return None


def _read(parse: dict[str, Any]) -> Ranked | None:
    try:
        ranking = [
            (str(one["name"]), float(one["confidence"])) for one in parse["intent_ranking"] or ()
        ]
        asked = {
            str(one["topic"]): str(one.get("facet") or "") for one in parse.get("requests") or ()
        }
    except (KeyError, TypeError, ValueError):
        # An answer of another kind is as good as none.
        return None
    return Ranked(tuple(ranking), asked, tuple(map(str, parse.get("lemmas") or ())))


def find(
    session: Session,
    *,
    text: str,
    ranking: Ranked | None,
    wording: Wording,
    language: str,
    most: int,
    now: datetime,
) -> Found:
    """The answers to a question, the likeliest first: ranked topics, then articles with its words.

    A topic outside the bot's training stands where its words say that it is meant.
    """
    if not text:
        return Found()
    chosen = _chosen(session, text, ranking, most)
    facets = ranking.facets if ranking else {}
    answers = []
    for topic, sure in chosen.items():
        if article := read(session, topic=topic, wording=wording, language=language, now=now):
            has_form = topic in forms().topics()
            answers.append(Answer(article, sure, facets.get(topic, ""), has_form))
    return Found(tuple(answers), away=ranking is None)


def _chosen(
    session: Session, text: str, ranking: Ranked | None, most: int
) -> dict[str, float | None]:
    """The topics to show, in their order, with the confidence of those that Rasa ranked."""
    lemmas = ranking.lemmas if ranking else ()
    chosen: dict[str, float | None] = {}
    for new in search.untaught(session, text, lemmas, 1):
        if new.share >= calls_policy().untaught:
            chosen[new.topic] = None
    served = set(knowledge.topics(session))
    for topic, confidence in ranking.topics if ranking else ():
        if topic in served and len(chosen) < most:
            chosen.setdefault(topic, confidence)
    for hit in search.search(session, text, most, lemmas) if len(chosen) < most else ():
        if len(chosen) < most:
            chosen.setdefault(hit.topic, None)
    return chosen


def read(
    session: Session, *, topic: str, wording: Wording, language: str, now: datetime
) -> Article | None:
    """The article of a topic as it may be told now; None when there is none.

    Of an expired one, and of one whose topic is off, only who is in charge is left.
    """
    served = knowledge.served(session, topic)
    if served is None:
        return None
    body, today = served.body, seoul_date(now)
    banner = _banner(session, topic)
    says = banner or (
        *incidents.due(session, topic=topic, now=now),
        *notices.due(session, topic=topic, facet="", now=now),
    )
    silent = bool(banner) or body.expired(today)
    facets = {} if silent else body.facets(language)
    return Article(
        topic=topic,
        title=knowledge.title(session, topic, language) or topic,
        facets=tuple((name, offices.with_phones(text)) for name, text in facets.items()),
        departments=offices.names(body.departments, language),
        phones=offices.phones(body.phone),
        publishers=tuple(body.publishers(list(facets)))[:MOST_PUBLISHERS],
        links=() if silent else body.online,
        checked_on=body.checked_on,
        review_by=body.review_by,
        overdue=body.review_by < today or body.expired(today),
        said_first=Renderer(session, wording, language)(Reply(parts=list(says))).text,
        off=bool(banner),
    )


def _banner(session: Session, topic: str) -> tuple[Say, ...]:
    """What is said instead of an answer while the topic, or the whole bot, is off."""
    off = session.scalar(
        select(Switch.id).where(
            Switch.on_at.is_(None), Switch.scope == "topic", Switch.subject == topic
        )
    )
    if off is None:
        return ()
    (reply,) = switches.without_topics_off(session, [Reply(parts=[], topic=topic)])
    return tuple(part for part in reply.parts if isinstance(part, Say))


def to_send(answer: Article, *, link: str, wording: Wording, language: str) -> str:
    """The text that a counsellor copies for a caller: the summary, who to call, the link."""
    summary = dict(answer.facets).get("summary", "")
    lines = [answer.title, summary]
    if answer.departments:
        values = {"department": answer.departments}
        lines.append(wording.text("answer.department", language, values))
    if answer.phones:
        lines.append(wording.text("answer.phone", language, {"phone": answer.phones}))
    return "\n".join([*(line for line in lines if line), link])


def choices(language: str) -> list[tuple[str, str]]:
    """Every topic that a call may be about, by its title."""
    titles = {topic: topics.title(topic, language) or topic for topic in topics.topics()}
    return sorted(titles.items(), key=lambda one: one[1])
