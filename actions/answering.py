"""How a request for an answer becomes replies: the article, its facets as buttons, what is next."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.database import utc_now
from bot.knowledge import offices
from bot.knowledge import service as knowledge
from bot.knowledge.check import seoul_date
from bot.knowledge.schemas import FACETS
from bot.replies import PERSON, Button, Facet, Press, Reply, Say, Source

GENERAL = Button(title=Say(key="button.general"), press=Press(topic="general_ticket"))
USEFUL = Button(title=Say(key="button.useful"), press=Press(control="useful"))
NOT_USEFUL = Button(title=Say(key="button.not_useful"), press=Press(control="not_useful"))
MOST_FACETS = 6


def answer(
    session: Session, *, topic: str, facet: str = "", options: Sequence[str] = ()
) -> Reply | None:
    """The reply to a question about `topic`; None when no article of it is valid.

    The facet asked for comes first; when the article has not got it, that is said and the summary
    follows. Other facets, then the topics offered, are buttons.
    """
    served = knowledge.served(session, topic)
    if served is None or served.body.expired(seoul_date(utc_now())):
        return None
    has = served.body.facets("ko")
    shown = [facet] if facet in has else ["summary"]
    if not facet and "urgent" in has and served.body.kind != "answer":
        shown.append("urgent")
    if facet == "steps" or (not facet and "steps" in has and served.body.kind == "answer"):
        shown = ["summary", "steps"]
    if facet.startswith("country_") and facet in has:
        shown = [facet]
    parts: list[Say | Facet | Source] = []
    if facet and facet not in has:
        parts.append(Say(key="answer.facet_missing"))
    parts += [Facet(topic=topic, facet=name, revision=served.revision) for name in shown]
    parts.append(Source(source_of=topic, revision=served.revision, facets=shown))
    if options:
        parts.append(Say(key="answer.or_did_you_mean"))
    buttons = topic_buttons(session, options)
    buttons += facet_buttons(topic, [name for name in FACETS if name in has and name not in shown])
    if served.body.kind == "handover":
        # An emergency or a crisis that was asked about rather than cried out: a person is near.
        return Reply(parts=parts, buttons=[PERSON, *buttons], topic=topic)
    return Reply(parts=parts, buttons=[*buttons, USEFUL, NOT_USEFUL], topic=topic)


def in_charge(session: Session, *, topic: str, options: Sequence[str] = ()) -> Reply:
    """The reply to a question whose article is valid no more: who is in charge, and the phone.

    A topic without an article is answered with the ways to a person.
    """
    served = knowledge.served(session, topic)
    if served is None:
        return Reply(parts=[Say(key="answer.no_article")], buttons=[GENERAL, PERSON])
    body = served.body
    values = {"phone": offices.phones(body.phone)}
    for language in ("ko", "en"):
        values[f"title_{language}"] = knowledge.title(session, topic, language) or topic
        values[f"department_{language}"] = offices.names(body.departments, language)
    parts: list[Say | Facet | Source] = [Say(key="answer.in_charge", values=values)]
    if options:
        parts.append(Say(key="answer.or_did_you_mean"))
    buttons = [*topic_buttons(session, options), GENERAL, PERSON]
    if body.kind == "handover":
        buttons = [PERSON, *topic_buttons(session, options), GENERAL]
    return Reply(parts=parts, buttons=buttons, topic=topic)


def facet_buttons(topic: str, facets: Sequence[str]) -> list[Button]:
    """A button for each facet that is not shown yet."""
    return [
        Button(title=Say(key=f"facet.{name}"), press=Press(topic=topic, facet=name))
        for name in facets
        if name != "summary"
    ][:MOST_FACETS]


def topic_buttons(session: Session, topics: Sequence[str]) -> list[Button]:
    """A button for each topic that can be named: by its article, or by the wording of its kind."""
    known = [topic for topic in topics if knowledge.title(session, topic, "ko")]
    return [Button(title_of=topic, press=Press(topic=topic)) for topic in known]
