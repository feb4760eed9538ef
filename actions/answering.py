"""How a request for an answer becomes replies: the article, its facets as buttons, what is next."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot import offices
from bot.conversations import incidents
from bot.database import utc_now
from bot.knowledge import facets, notices
from bot.knowledge import service as knowledge
from bot.knowledge.check import seoul_date
from bot.knowledge.schemas import ArticleBody
from bot.replies import PERSON, Button, Facet, Press, Reply, Say, Source
from bot.tickets.forms import forms

GENERAL = Button(title=Say(key="button.general"), press=Press(topic="general_ticket"))
MOST_FACETS = 6
MOST_LINKS = 2
AKIN = {
    "duration": ("deadline", "steps"),
    "deadline": ("duration",),
    "online": ("steps", "place"),
    "documents": ("steps",),
    "place": ("phone", "steps"),
    "phone": ("place",),
    "eligibility": ("notes",),
}
"""What comes nearest to a facet that an article has not got."""
WHO_AND_WHAT = ("eligibility", "notes")
"""What a question about a special case («초등학생은요?») mostly means."""


def answer(
    session: Session,
    *,
    topic: str,
    facet: str = "",
    options: Sequence[str] = (),
    lemmas: Sequence[str] = (),
    near: str = "",
    told: Collection[str] = (),
) -> Reply | None:
    """The reply to a question about `topic`; None when no article of it is valid.

    The facet asked for comes first; when the article has not got it, that is said. `lemmas` are
    the words of the question, by which the nearest facet is found when it names none, `near` a
    facet to look at when they find none either; `told` are
    the facets that this talk has heard already, so that nobody gets the same wall twice. Other
    facets, then the topics offered, are buttons.
    """
    served = knowledge.served(session, topic)
    if served is None or served.body.expired(seoul_date(utc_now())):
        return None
    has = list(served.body.facets("ko"))
    chosen = choose(served.body, Asked(facet, lemmas, near), told)
    first = next(iter(chosen.shown), "")
    parts: list[Say | Facet | Source] = [
        *incidents.due(session, topic=topic, now=utc_now()),
        *notices.due(session, topic=topic, facet=first, now=utc_now()),
    ]
    parts += [Say(key=chosen.note)] if chosen.note else []
    parts += [Facet(topic=topic, facet=name, revision=served.revision) for name in chosen.shown]
    parts.append(Source(source_of=topic, revision=served.revision, facets=chosen.shown))
    if options:
        parts.append(Say(key="answer.or_did_you_mean"))
    buttons = topic_buttons(session, options)
    if served.body.kind == "report":
        # Without a form of its own, what the citizen wants to report still reaches a person.
        has_form = topic in forms().topics()
        buttons = [start_button(topic), *buttons] if has_form else [*buttons, GENERAL]
    buttons += link_buttons(served.body, chosen.shown)
    heard = {*chosen.shown, *(told if chosen.again else ())}
    buttons += facet_buttons(topic, [name for name in has if name not in heard])
    if served.body.kind == "handover" or chosen.again:
        # An emergency or a crisis that was asked about rather than cried out, or a question that
        # the article does not answer: a person is near.
        return Reply(parts=parts, buttons=[PERSON, *buttons], topic=topic)
    return Reply(parts=parts, buttons=[*buttons, *judging(topic, first)], topic=topic)


@dataclass(frozen=True)
class Chosen:
    """The facets to show, a sentence before them, and whether all that fits was told before."""

    shown: list[str]
    note: str = ""
    again: bool = False


@dataclass(frozen=True)
class Asked:
    """What is asked of an article: a facet by name, words, a facet that may be meant."""

    facet: str = ""
    lemmas: Sequence[str] = ()
    near: str = ""


def choose(body: ArticleBody, asked: Asked, told: Collection[str]) -> Chosen:
    """What to show of an article, given what is asked for and what was told."""
    has, facet = body.facets("ko"), asked.facet
    if body.kind == "handover":
        # The numbers of an emergency are told every time.
        told = ()
    if facet in has:
        if facet == "steps" and "summary" not in told:
            return Chosen(["summary", "steps"])
        return Chosen([facet])
    near = facets.nearest(body, asked.lemmas, among=[name for name in has if name != "summary"])
    if facet:
        akin = near or next((one for one in AKIN.get(facet, ()) if one in has), "")
        shown = [akin] if akin else [] if "summary" in told else ["summary"]
        note = "answer.facet_missing" if shown else "answer.facet_unknown"
        return Chosen(shown, note, again=not shown)
    if "summary" not in told:
        return Chosen(["summary", *_beside_summary(body)])
    if near:
        return Chosen([near], "answer.told_before" if near in told else "", again=near in told)
    guesses = [one for one in (asked.near, *WHO_AND_WHAT) if one in has and one not in told]
    if guesses:
        return Chosen(guesses[:1], "answer.nearest", again=True)
    return Chosen([], "answer.told_all", again=True)


def _beside_summary(body: ArticleBody) -> list[str]:
    beside = "steps" if body.kind == "answer" else "urgent"
    return [beside] if beside in body.facets("ko") else []


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


def start_button(topic: str) -> Button:
    """The button that starts the report of a topic."""
    return Button(title=Say(key="button.report"), press=Press(topic=topic))


def facet_buttons(topic: str, names: Sequence[str]) -> list[Button]:
    """A button for each facet that is not shown yet."""
    return [
        Button(title=Say(key=f"facet.{name}"), press=Press(topic=topic, facet=name))
        for name in names
        if name != "summary"
    ][:MOST_FACETS]


def judging(topic: str, facet: str) -> list[Button]:
    """The two buttons that judge this very answer."""
    return [
        Button(
            title=Say(key=f"button.{control}"),
            press=Press(control=control, topic=topic, facet=facet or None),
        )
        for control in ("useful", "not_useful")
    ]


def link_buttons(body: ArticleBody, shown: Collection[str]) -> list[Button]:
    """Where the thing can be done online, beside what tells how."""
    if not {"online", "steps"} & set(shown):
        return []
    return [
        Button(
            title=Say(
                key="button.link", values={"label_ko": link.label.ko, "label_en": link.label.en}
            ),
            url=link.url,
        )
        for link in body.online[:MOST_LINKS]
    ]


def topic_buttons(session: Session, topics: Sequence[str]) -> list[Button]:
    """A button for each topic that can be named: by its article, or by the wording of its kind."""
    known = [topic for topic in topics if knowledge.title(session, topic, "ko")]
    return [Button(title_of=topic, press=Press(topic=topic)) for topic in known]
