"""Many tickets in a PostgreSQL database, by COPY: a million are three years of a busy service.

Fewer are the last days of the same service, so that what is open is the same in both.
"""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import yaml
from psycopg import sql
from sqlalchemy import make_url

from bot import offices
from bot.knowledge.topics import topics
from bot.korean.places import CITIES
from bot.paths import PLACES

SEED = 120
TOPICS = sorted(name for name, topic in topics().items() if topic.kind == "report")
APART = timedelta(days=3 * 365) / 1_000_000
"""From one ticket to the next: 913 a day."""
OPEN_FOR = timedelta(days=10)
"""Of the tickets of the last days most are still open, of older ones hardly any."""
SHARE_OPEN, SHARE_OPEN_OF_OLD = 0.7, 0.003
SHARED_SPOTS = 0.3
"""How many citizens share the spot itself."""
VILLAGES = 40
"""Places with a name of their own in each district."""
OPEN_STATES = ("received", "received", "assigned", "in_progress", "in_progress", "awaiting_citizen")
ENDED_STATES = ("done", "closed", "closed", "closed", "rejected", "duplicate", "cancelled")
WEST, EAST, SOUTH, NORTH = 126.16, 126.95, 33.21, 33.56
"""The island of Jeju, WGS 84."""


def districts() -> list[tuple[str, str]]:
    """City and name of the 43 읍·면·동, in the file's order."""
    read = yaml.safe_load((PLACES / "districts.yml").read_text(encoding="utf-8"))
    return [(city, name) for city in CITIES for name in read[city]["districts"]]


def village(district: str, chance: random.Random) -> str:
    """The name of a place narrower than a district."""
    return f"{district} {chance.randrange(VILLAGES)}"


def made(count: int, now: datetime) -> Iterator[dict[str, Any]]:
    """The columns of each ticket, the oldest first; the same ones every time."""
    chance = random.Random(SEED)
    places, bodies = districts(), sorted(offices.offices())
    # As in any city a few topics, places and offices have most of the tickets.
    few_first = {
        len(some): [1 / (n + 1) for n in range(len(some))] for some in (TOPICS, places, bodies)
    }
    for number in range(count):
        opened = now - APART * (count - number)
        is_new = now - opened < OPEN_FOR
        is_open = chance.random() < (SHARE_OPEN if is_new else SHARE_OPEN_OF_OLD)
        city, district = chance.choices(places, few_first[len(places)])[0]
        shared = chance.random() < SHARED_SPOTS
        yield {
            "receipt_number": f"120-{opened.year}-{number:07d}",
            "kind": "report",
            "topic": chance.choices(TOPICS, few_first[len(TOPICS)])[0],
            "state": chance.choice(OPEN_STATES if is_open else ENDED_STATES),
            "version": 1,
            "office": chance.choices(bodies, few_first[len(bodies)])[0],
            "routed_by": "benchmark",
            "transfers": 0,
            "origin": "chat",
            "fields": json.dumps({"location": f"{district} {number}", "details": "x" * 80}),
            "language": "ko",
            "place": village(district, chance),
            "city": city,
            "district": district,
            "latitude": chance.uniform(SOUTH, NORTH) if shared else None,
            "longitude": chance.uniform(WEST, EAST) if shared else None,
            "conversation_id": f"{number:036d}",
            "message_id": "1",
            "check_code_hash": "x" * 70,
            "petition": "grievance",
            "due_at": opened + timedelta(days=9),
            "created_at": opened,
            "updated_at": opened,
            "done_at": None if is_open else opened + timedelta(days=3),
        }


def fill(url: str, count: int, now: datetime) -> None:
    """Put so many tickets into an empty database and let the server look at them."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    rows = made(count, now)
    first = next(rows)
    names = sql.SQL(", ").join(map(sql.Identifier, first))
    with psycopg.connect(plain, autocommit=True) as connection:
        into = sql.SQL("COPY tickets ({}) FROM STDIN").format(names)
        with connection.cursor().copy(into) as copy:
            copy.write_row(list(first.values()))
            for row in rows:
                copy.write_row(list(row.values()))
        connection.execute("VACUUM ANALYZE tickets")
