"""Search in the inbox: by what was said (its lemmas), by receipt number, by short code."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations import codes, search
from bot.conversations.errors import RasaFailed
from bot.conversations.models import Message
from bot.conversations.rasa_client import RasaClient
from bot.conversations.search import Hit
from bot.staff import inbox
from bot.staff.inbox import Row
from bot.tickets.models import Ticket
from bot.tickets.receipts import tidy_number

MOST_ASKED = 200
"""Characters of a question that are read."""


@dataclass(frozen=True)
class Found:
    """What a search found: one conversation at once, or a list, the newest first."""

    conversation_id: str | None = None
    rows: tuple[Row, ...] = ()
    before: datetime | None = None
    """The time from which the next page goes on; None at the end."""
    by_letters: bool = False
    """Whether Rasa was away, so that words were looked for as they are written."""


async def words_of(rasa: RasaClient | None, text: str) -> list[str] | None:
    """The lemmas that a question asks by; None when Rasa cannot tell."""
    if rasa is None:
        return None
    try:
        parse = await rasa.parse(text[:MOST_ASKED])
    except RasaFailed:
        return None
    return search.words_of(parse.get("lemmas") or [])


def direct(session: Session, *, text: str, now: datetime) -> str | None:
    """The conversation of a receipt number or of a citizen's short code; None for other words."""
    if number := tidy_number(text):
        return session.scalar(select(Ticket.conversation_id).where(Ticket.receipt_number == number))
    conversation = codes.find(session, typed=text, now=now)
    return conversation.id if conversation is not None else None


def find(
    session: Session,
    *,
    text: str,
    words: list[str] | None,
    before: datetime | None = None,
) -> Found:
    """Conversations in which something was said, the newest hit first, each once a page."""
    if words:
        hits = search.find(session, words=words, limit=inbox.PAGE + 1, before=before)
    else:
        hits = search.find_by_letters(session, text=text[:MOST_ASKED], limit=inbox.PAGE)
    page = hits[: inbox.PAGE]
    return Found(
        rows=_rows(session, page),
        before=page[-1].at if len(hits) > inbox.PAGE else None,
        by_letters=not words,
    )


def _rows(session: Session, hits: list[Hit]) -> tuple[Row, ...]:
    first = {hit.conversation_id: hit for hit in reversed(hits)}
    rows = inbox.rows_of(session, list(first))
    said = {
        message.id: message
        for message in session.scalars(
            select(Message).where(Message.id.in_([hit.message_id for hit in first.values()]))
        )
    }
    newest = sorted(first.values(), key=lambda hit: hit.at, reverse=True)
    return tuple(
        replace(rows[hit.conversation_id], found=said.get(hit.message_id))
        for hit in newest
        if hit.conversation_id in rows
    )
