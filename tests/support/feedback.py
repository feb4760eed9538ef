"""Answers that a citizen judges, without Rasa: for tests of the feedback."""

from pathlib import Path

from bot.conversations import feedback
from bot.conversations.models import Feedback, Reason
from bot.database import Database, utc_now
from bot.knowledge import service as knowledge
from bot.replies import Button, Facet, Press, Reply, Say
from tests.knowledge.articles import put
from tests.support.labels import Unclear

TOPIC = "street_light"
USEFUL = Button(title=Say(key="button.useful"), press=Press(control="useful"))
NOT_USEFUL = Button(title=Say(key="button.not_useful"), press=Press(control="not_useful"))


def article(database: Database, folder: Path) -> int:
    """Serve a small article of `TOPIC`, with a summary and a fee; gives its revision."""
    put(folder)
    with database.writing() as session:
        knowledge.load(session, folder, utc_now())
        served = knowledge.served(session, TOPIC)
    assert served is not None
    return served.revision


def answer(topic: str = TOPIC, facets: tuple[str, ...] = (), revision: int = 0) -> Reply:
    """An answer as `action_answer` gives it, with the buttons that judge it."""
    parts = [Facet(topic=topic, facet=facet, revision=revision) for facet in facets]
    return Reply(parts=[Say(key="say.affirm"), *parts], buttons=[USEFUL, NOT_USEFUL], topic=topic)


def says(
    talk: Unclear, *, useful: bool, reason: Reason | None = None, of: str = ""
) -> Feedback | None:
    """The citizen judges the latest answer, or the one with the id `of`."""
    slots = {feedback.ANSWER: of} if of else {}
    press = Press(control="useful" if useful else "not_useful", slots=slots)
    with talk.database.writing() as session:
        about = feedback.judged(session, conversation_id=talk.conversation_id, press=press)
        if about is None:
            return None
        return feedback.keep(session, about=about, useful=useful, reason=reason, now=utc_now())
