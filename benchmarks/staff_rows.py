"""Conversations, messages, their words and tickets in a PostgreSQL database, by COPY.

A hundred thousand conversations are a year of a service. Fewer are the last days of the same
service, so that what needs a person now is the same in both.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from math import log
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from benchmarks import ticket_rows
from bot.knowledge.topics import topics

SEED = 120
APART = timedelta(days=365) / 100_000
"""From one conversation to the next: 274 a day."""
MESSAGES = 10
"""Of a conversation: the citizen's and the bot's (or the counsellor's) in turns."""
WORDS = 8
"""Of a message of a person."""
VOCABULARY = 30_000
COUNSELLORS = 30
NEEDING = 500
"""Conversations that wait or are held: 5 in 1,000 of a year's."""
HELD, ALARMS, CRIES = 0.24, 0.02, 0.02
"""Shares of those: held by somebody; alarms; cries for help that no guard heard."""
OPEN_TICKETS = 600
PARKED = 20
"""Deliveries that a person must see to."""
CHANNELS = (("widget", 50), ("kakao", 30), ("naver", 10), ("line", 5), ("telegram", 5))
REASONS = ("citizen_asked", "citizen_asked", "unsure", "unsure", "crisis", "rasa_failed")
TABLES = ("conversations", "messages", "message_words", "tickets", "ticket_deliveries")
BOT_TEXT = "문의하신 내용의 답변이에요. " * 8
REPLY = json.dumps({"parts": [{"article": "x" * 40, "facets": ["how", "where"]}], "buttons": []})
UNDERSTOOD = json.dumps({"requests": [{"topic": "x" * 20, "confidence": 0.93}], "entities": []})
HEARD = json.dumps({"requests": [], "entities": []})


def word(rank: int) -> str:
    """The word of that rank; the commoner a word, the lower its rank, from 1."""
    return f"낱말{rank}"


def lemma(rank: int) -> str:
    """The same as the search keeps it."""
    return f"{word(rank)}/NN"


def rank_of(share: float) -> int:
    """The rank of a word that about that share of the messages of people has (Zipf's law)."""
    return max(1, min(VOCABULARY, round(WORDS / (share * (log(VOCABULARY) + 0.577)))))


@dataclass(frozen=True)
class Size:
    """How much there is."""

    conversations: int
    needing: int = NEEDING

    @property
    def messages(self) -> int:
        """Messages in all."""
        return self.conversations * MESSAGES


def fill(url: str, size: Size, now: datetime) -> None:
    """Put it all into an empty database, and let the server look at it."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET maintenance_work_mem = '256MB'")
        # Rows into a table without indexes, then the indexes at once: many times as fast.
        indexes = _without_indexes(connection)
        talks = list(_conversations(size, now))
        _copy(connection, "conversations", (talk.columns() for talk in talks))
        _copy(connection, "messages", _messages(talks))
        _copy(connection, "message_words", _words(talks))
        _copy(connection, "tickets", _tickets(talks, now))
        _deliver(connection)
        connection.execute("INSERT INTO search_mark VALUES (1, %s)", [now])
        for statement in indexes:
            connection.execute(statement.encode())
        for table in TABLES:
            connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table)))


@dataclass(frozen=True)
class _Talk:
    number: int
    id: str
    began: datetime
    state: str
    reason: str | None
    alarm: str | None
    holder: str | None
    channel: str
    topic: str
    said: tuple[tuple[int, ...], ...]
    """Ranks of the words of each message of the citizen."""

    @property
    def last(self) -> datetime:
        return self.began + timedelta(seconds=20 * MESSAGES)

    def at(self, seq: int) -> datetime:
        return self.began + timedelta(seconds=20 * seq)

    def message(self, seq: int) -> str:
        return _uuid(random.Random(self.number * MESSAGES + seq))

    def columns(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "token_hash": self.id.replace("-", "") * 2,
            "channel": self.channel,
            "language": "en" if self.number % 20 == 0 else "ko",
            "state": self.state,
            "reason": self.reason,
            "alarm": self.alarm,
            "topic": self.topic,
            "staff_login": self.holder,
            "waiting_since": self.last if self.state == "waiting" else None,
            "last_seq": MESSAGES,
            "placeholders": "{}",
            "created_at": self.began,
            "updated_at": self.last,
            "closed_at": self.last if self.state == "closed" else None,
        }


def _conversations(size: Size, now: datetime) -> Iterator[_Talk]:
    chance = random.Random(SEED)
    names = sorted(topics())
    few = list(accumulate(1 / (n + 1) for n in range(len(names))))
    ranks, zipf = (
        range(1, VOCABULARY + 1),
        list(accumulate(1 / n for n in range(1, VOCABULARY + 1))),
    )
    channels, weights = zip(*CHANNELS, strict=True)
    for number in range(size.conversations):
        left = size.conversations - number
        state, reason, alarm, holder = _state(chance, left <= size.needing)
        yield _Talk(
            number=number,
            id=_uuid(chance),
            began=now - APART * left - timedelta(hours=1),
            state=state,
            reason=reason,
            alarm=alarm,
            holder=holder,
            channel=chance.choices(channels, weights)[0],
            topic=chance.choices(names, cum_weights=few)[0],
            said=tuple(
                tuple(dict.fromkeys(chance.choices(ranks, cum_weights=zipf, k=WORDS)))
                for _ in range(0, MESSAGES, 2)
            ),
        )


def _state(chance: random.Random, needing: bool) -> tuple[str, str | None, str | None, str | None]:
    """State, reason, alarm and holder."""
    if not needing:
        alarm = "fire" if chance.random() < 0.002 else None
        return ("closed" if alarm or chance.random() < 0.4 else "bot"), None, alarm, None
    draw = chance.random()
    if draw < HELD:
        return "staff", chance.choice(REASONS), None, counsellor(chance.randrange(COUNSELLORS))
    if draw < HELD + ALARMS:
        return "waiting", "emergency", "fire", None
    if draw < HELD + ALARMS + CRIES:
        return "waiting", "distress", None, None
    return "waiting", chance.choice(REASONS), None, None


def counsellor(number: int) -> str:
    """The login of a counsellor."""
    return f"counsellor{number}"


def _messages(talks: Sequence[_Talk]) -> Iterator[dict[str, Any]]:
    for talk in talks:
        for seq in range(1, MESSAGES + 1):
            citizen = seq % 2 == 1
            yield {
                "id": talk.message(seq),
                "conversation_id": talk.id,
                "seq": seq,
                "sender": "citizen" if citizen else "bot",
                "text": " ".join(map(word, talk.said[seq // 2])) if citizen else BOT_TEXT,
                "language": "ko",
                "turn": "answered" if citizen else None,
                "attempts": 1 if citizen else 0,
                "understood": UNDERSTOOD if citizen and seq == 1 else HEARD if citizen else None,
                "reply": None if citizen else REPLY,
                "topic": talk.topic if seq == 1 else None,
                "created_at": talk.at(seq),
            }


def _words(talks: Sequence[_Talk]) -> Iterator[dict[str, Any]]:
    for talk in talks:
        for place, said in enumerate(talk.said):
            seq = place * 2 + 1
            message, at = talk.message(seq), talk.at(seq)
            for rank in said:
                yield {
                    "word": lemma(rank),
                    "message_id": message,
                    "conversation_id": talk.id,
                    "at": at,
                }


def _tickets(talks: Sequence[_Talk], now: datetime) -> Iterator[dict[str, Any]]:
    """One a conversation; the newest are open."""
    chance = random.Random(SEED)
    for talk, row in zip(talks, ticket_rows.made(len(talks), now), strict=True):
        is_open = len(talks) - talk.number <= OPEN_TICKETS
        ended = chance.choice(ticket_rows.ENDED_STATES)
        yield row | {
            "receipt_number": f"JEJU-{talk.began.year}-{talk.number:08d}",
            "state": chance.choice(ticket_rows.OPEN_STATES) if is_open else ended,
            "conversation_id": talk.id,
            "assignee": counsellor(chance.randrange(COUNSELLORS))
            if chance.random() < 0.6
            else None,
            "created_at": talk.began,
            "updated_at": talk.began,
            # Of the open ones some are overdue.
            "due_at": talk.began + timedelta(days=1 + chance.randrange(9)),
            "done_at": None if is_open else talk.began + timedelta(days=3),
        }


def _deliver(connection: psycopg.Connection[Any]) -> None:
    """What the offices were told: of every ticket once, of a few it did not work."""
    connection.execute(
        """
        INSERT INTO ticket_deliveries
            (ticket_id, office, way, kind, key, state, attempts, next_try_at, doubtful, created_at)
        SELECT id, office, 'email', 'opened', 'ticket-' || id,
            CASE WHEN id > (SELECT max(id) FROM tickets) - %s THEN 'parked' ELSE 'sent' END,
            1, created_at, false, created_at
        FROM tickets
        """,
        [PARKED],
    )


def _without_indexes(connection: psycopg.Connection[Any]) -> list[str]:
    """Drop the indexes that no other table leans on; returns the statements that make them."""
    found = connection.execute(
        """
        SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text,
            pg_get_indexdef(i.indexrelid), c.conname, pg_get_constraintdef(c.oid)
        FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype <> 'f'
        WHERE i.indrelid::regclass::text = ANY(%s)
        """,
        [list(TABLES)],
    ).fetchall()
    made = []
    for index, table, definition, constraint, how in found:
        if constraint is None:
            connection.execute(f"DROP INDEX {index}".encode())
            made.append(definition)
        elif table == "message_words":
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}".encode())
            made.append(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {how}")
    return made


def _copy(connection: psycopg.Connection[Any], table: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows)
    names = sql.SQL(", ").join(map(sql.Identifier, first))
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with connection.cursor().copy(into) as copy:
        copy.write_row(list(first.values()))
        for row in rows:
            copy.write_row(list(row.values()))


def _uuid(chance: random.Random) -> str:
    digits = f"{chance.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
