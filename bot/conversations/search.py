"""Search in what was said, by the lemmas of Korean words (made by Rasa) and by other words.

«여권을 잃어버렸는데» is found by «여권 잃어버리다» and by «잃어버린 여권». While Rasa is away
the newest messages are searched by their letters.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from bot.conversations.models import Message
from bot.conversations.search_models import MessageWord, SearchMark
from bot.korean.text import clean

MOST_WORDS = 40
"""Words kept of one message, the first ones: a long story is found by its beginning."""
MOST_ASKED = 8
LATECOMERS = timedelta(seconds=30)
"""A message may be stored with an earlier time than one that was read already."""
BY_LETTERS = 5_000
"""Newest messages that are searched by their letters while Rasa is away."""
_CONTENT = ("NN", "NR", "VV", "VA", "XR", "SL", "SN", "SH", "MAG", "W_")
_PLAIN = re.compile(r"[0-9a-z]{2,}|[\uac00-\ud7a3]{2,}")
SPEAKERS = ("citizen", "staff")


@dataclass(frozen=True)
class Hit:
    """A message that was found."""

    message_id: str
    conversation_id: str
    at: datetime


def words_of(lemmas: Sequence[str]) -> list[str]:
    """What of a parse's lemmas is kept and asked by: words that carry meaning, each once."""
    kept = []
    for lemma in lemmas:
        form, _, tag = lemma.rpartition("/")
        if form and tag.startswith(_CONTENT):
            kept.append(f"{form.lower()}/{tag[:2]}"[:48])
    return list(dict.fromkeys(kept))


def unread(session: Session, *, limit: int) -> list[Message]:
    """Messages whose words are not kept yet, the oldest first."""
    mark = session.get(SearchMark, 1)
    found: list[Message] = []
    # One kind of speaker at a time: so the index gives them in order, and none is sorted.
    for speaker in SPEAKERS:
        query = (
            select(Message)
            .where(
                Message.sender == speaker,
                ~exists().where(MessageWord.message_id == Message.id),
            )
            .order_by(Message.created_at)
            .limit(limit)
        )
        if mark is not None:
            query = query.where(Message.created_at > mark.read_until - LATECOMERS)
        found += session.scalars(query)
    oldest = sorted(found, key=lambda message: (message.created_at, message.id))[:limit]
    return [message for message in oldest if message.text.strip()]


def keep(session: Session, *, message: Message, words: Sequence[str]) -> None:
    """Keep the words of a message, also when another process is keeping them at this moment.

    A message without words is kept with an empty one, so that it is not read again.
    """
    if session.get(Message, message.id) is None:
        # The citizen deleted the conversation meanwhile.
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows = [
        {
            "word": word,
            "message_id": message.id,
            "conversation_id": message.conversation_id,
            "at": message.created_at,
        }
        for word in list(words)[:MOST_WORDS] or [""]
    ]
    session.execute(insert(MessageWord).values(rows).on_conflict_do_nothing())


def mark(session: Session, *, read_until: datetime) -> None:
    """Note that every message up to a moment has been read."""
    row = session.get(SearchMark, 1)
    if row is None:
        session.add(SearchMark(id=1, read_until=read_until))
    elif read_until > row.read_until:
        row.read_until = read_until


def find(
    session: Session, *, words: Sequence[str], limit: int = 50, before: datetime | None = None
) -> list[Hit]:
    """Messages that have every one of `words` (as `words_of` gives them), the newest first.

    `before`: the time of the last hit of the page before.
    """
    asked = list(dict.fromkeys(words))[:MOST_ASKED]
    if not asked:
        return []
    # Only columns of one index: however many messages have the words, no row of them is read.
    query = (
        select(MessageWord.message_id, MessageWord.at)
        .where(MessageWord.word == asked[0])
        .order_by(MessageWord.at.desc(), MessageWord.message_id.desc())
        .limit(limit)
    )
    for word in asked[1:]:
        other = aliased(MessageWord)
        query = query.where(
            exists().where(other.word == word, other.message_id == MessageWord.message_id)
        )
    if before is not None:
        query = query.where(MessageWord.at < before)
    found = query.subquery()
    hits = session.execute(
        select(found.c.message_id, Message.conversation_id, found.c.at)
        .join(Message, Message.id == found.c.message_id)
        .order_by(found.c.at.desc(), found.c.message_id.desc())
    )
    return [Hit(row.message_id, row.conversation_id, row.at) for row in hits]


def find_by_letters(session: Session, *, text: str, limit: int = 50) -> list[Hit]:
    """Of the newest messages those that hold every word of `text` as it is written."""
    asked = _PLAIN.findall(clean(text).lower())[:MOST_ASKED]
    if not asked:
        return []
    found = [row for speaker in SPEAKERS for row in _newest_of(session, speaker)]
    newest = sorted(found, key=lambda row: row.created_at, reverse=True)[:BY_LETTERS]
    hits = [
        Hit(row.id, row.conversation_id, row.created_at)
        for row in newest
        if all(word in row.text.lower() for word in asked)
    ]
    return hits[:limit]


def _newest_of(session: Session, speaker: str) -> Sequence[Row[str, str, datetime, str]]:
    return session.execute(
        select(Message.id, Message.conversation_id, Message.created_at, Message.text)
        .where(Message.sender == speaker)
        .order_by(Message.created_at.desc())
        .limit(BY_LETTERS)
    ).all()


def forget(session: Session, *, conversation_id: str) -> None:
    """Delete the words of a conversation's messages, before the messages themselves."""
    session.execute(delete(MessageWord).where(MessageWord.conversation_id == conversation_id))
