"""A `Reply` becomes text and buttons in the citizen's language."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot import offices
from bot.database import utc_now
from bot.knowledge import service as knowledge
from bot.knowledge.check import seoul_date
from bot.replies import Facet, Press, Reply, Say, Source
from bot.wording import Wording


@dataclass(frozen=True)
class RenderedButton:
    """A button's title, and what it means or where it leads."""

    title: str
    press: Press | None
    url: str | None


@dataclass(frozen=True)
class Rendered:
    """What a channel gets: plain text and buttons."""

    text: str
    buttons: tuple[RenderedButton, ...]


class Renderer:
    """Renders replies with the wording and the articles of the database."""

    def __init__(self, session: Session, wording: Wording, language: str) -> None:
        self._session = session
        self._wording = wording
        self._language = language

    def __call__(self, reply: Reply) -> Rendered:
        """The text of `reply` and its buttons. Raises MissingWording for an unknown key."""
        return Rendered(
            text=_joined([self._part(part) for part in reply.parts]),
            buttons=tuple(
                RenderedButton(self._title(button.title, button.title_of), button.press, button.url)
                for button in reply.buttons
            ),
        )

    def _part(self, part: Say | Facet | Source) -> str:
        if isinstance(part, Say):
            return self._wording.text(part.key, self._language, part.values)
        if isinstance(part, Facet):
            body = knowledge.revision(self._session, part.revision)
            return offices.with_phones(body.text(part.facet, self._language) or "")
        return self._source(part)

    def _source(self, part: Source) -> str:
        body = knowledge.revision(self._session, part.revision)
        lines = [
            self._wording.text(
                "answer.department",
                self._language,
                {"department": offices.names(body.departments, self._language)},
            )
        ]
        if body.phone:
            phones = {"phone": offices.phones(body.phone)}
            lines.append(self._wording.text("answer.phone", self._language, phones))
        publishers = body.publishers(part.facets)
        values = {
            "publishers": ", ".join(publishers[:3]),
            "year": str(body.checked_on.year),
            "month": str(body.checked_on.month),
            "date": body.checked_on.strftime("%Y-%m"),
        }
        key = "answer.source" if publishers else "answer.checked"
        lines.append(self._wording.text(key, self._language, values))
        if body.review_by < seoul_date(utc_now()):
            lines.append(self._wording.text("answer.review_due", self._language))
        return "\n".join(lines)

    def _title(self, title: Say | None, title_of: str | None) -> str:
        if title_of:
            return knowledge.title(self._session, title_of, self._language) or title_of
        assert title is not None, "a button has a title or a topic to take it from"
        return self._wording.text(title.key, self._language, title.values)


def _joined(texts: list[str]) -> str:
    """Paragraphs with a blank line between them; lines of one list stand together."""
    whole = ""
    for text in filter(None, texts):
        in_list = text.startswith("- ") and whole.rpartition("\n")[2].startswith("- ")
        whole += ("\n" if in_list else "\n\n" if whole else "") + text
    return whole
