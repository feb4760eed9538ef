"""Opening tickets by many writers at once, and finding them among a million.

    make bench-tickets          .venv-app/bin/python -m benchmarks.tickets [--tickets N --opened N]

See benchmarks/README.md for what is measured and how the tickets are made.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from benchmarks.ticket_rows import EAST, NORTH, SOUTH, TOPICS, WEST, districts, fill, village
from bot import offices
from bot.database import Database, make_engine, utc_now
from bot.privacy.vault import Cipher
from bot.tables import metadata
from bot.tickets import service
from bot.tickets.duplicates import open_like
from bot.tickets.lists import Wanted, cursor, listed
from bot.tickets.models import Ticket
from bot.tickets.service import NewTicket
from bot.tickets.spots import Spot
from tests.support.postgres import cluster

WRITERS = 8
OPENED, MANY, FEW = 2_000, 1_000_000, 10_000
ROUNDS, LOOKS = 5, 40
AIM = 3.0
STATES = ("received", "in_progress", "awaiting_citizen", "done", "closed")
DISTRICTS = districts()


@dataclass(frozen=True)
class Opening:
    """What one writer did."""

    numbers: list[str]
    milliseconds: list[float]
    refused: int
    """Tickets that could not be opened, and whose writer was told so."""
    began: float
    ended: float


def write(parent: Connection, url: str, writer: int, count: int, key: str) -> None:
    """The work of a writer: its tickets, one a transaction, when told to begin."""
    database, cipher = Database(url), Cipher(key)
    with database.reading() as session:
        session.scalar(select(Ticket.id).limit(1))
    parent.send(True)
    parent.recv()
    numbers, times, refused, began = [], [], 0, time.time()
    for number in range(count):
        city, district = DISTRICTS[(writer + number) % len(DISTRICTS)]
        new = NewTicket(
            kind="report",
            topic="street_light",
            fields={"location": f"{district} {number}", "contact": "[전화번호 1]"},
            language="ko",
            petition="grievance",
            office="jeju120",
            rule="benchmark",
            conversation_id=f"writer-{writer}",
            message_id=f"message-{number}",
            spot=Spot(district, city, district),
            secrets=(("[전화번호 1]", "phone", "010-1234-5678"),),
            consent_version="benchmark",
        )
        start = time.perf_counter()
        try:
            with database.writing() as session:
                opened = service.open_ticket(session, new=new, cipher=cipher, now=utc_now())
                receipt = opened.ticket.receipt_number
            numbers.append(receipt)
        except OperationalError:
            # Told to whoever asked, so not lost; but nobody should be.
            refused += 1
        times.append((time.perf_counter() - start) * 1000)
    parent.send(Opening(numbers, times, refused, began, time.time()))


def open_at_once(url: str, count: int) -> list[Opening]:
    """Let the writers open `count` tickets between them, all beginning at one moment."""
    context = get_context("spawn")
    pipes = [context.Pipe() for _ in range(WRITERS)]
    shares = [count // WRITERS + (writer < count % WRITERS) for writer in range(WRITERS)]
    key = Fernet.generate_key().decode()
    processes = [
        context.Process(target=write, args=(child, url, writer, share, key))
        for writer, ((_, child), share) in enumerate(zip(pipes, shares, strict=True))
    ]
    for process, (_, child) in zip(processes, pipes, strict=True):
        process.start()
        # Or a writer that dies would be waited for without end.
        child.close()
    for pipe, _ in pipes:
        pipe.recv()
    for pipe, _ in pipes:
        pipe.send(True)
    done: list[Opening] = [pipe.recv() for pipe, _ in pipes]
    for process in processes:
        process.join()
    return done


def faults(url: str, openings: Sequence[Opening]) -> list[str]:
    """What is wrong with the receipts that the writers were given; nothing is hoped for."""
    given = [number for opening in openings for number in opening.numbers]
    database = Database(url)
    with database.reading() as session:
        stored = list(session.scalars(select(Ticket.receipt_number).order_by(Ticket.id)))
    database.dispose()
    year = given[0].rpartition("-")[0]
    refused = sum(opening.refused for opening in openings)
    return [
        *([f"{refused} refused"] if refused else []),
        *(["a receipt was given twice"] if len(set(given)) < len(given) else []),
        *(["a ticket was lost, or nobody was told of it"] if set(given) != set(stored) else []),
        *(["receipts do not increase"] if stored != sorted(stored) else []),
        *(
            ["a writer's own receipts do not increase"]
            if any(one.numbers != sorted(one.numbers) for one in openings)
            else []
        ),
        *(
            ["a number was left out"]
            if sorted(given) != [f"{year}-{number:06d}" for number in range(1, len(given) + 1)]
            else []
        ),
    ]


def report_opening(name: str, url: str, count: int) -> None:
    """Open tickets in one database and print how it went."""
    openings = open_at_once(url, count)
    wrong = faults(url, openings)
    times = sorted(ms for opening in openings for ms in opening.milliseconds)
    seconds = max(one.ended for one in openings) - min(one.began for one in openings)
    verdict = "; ".join(wrong) or "unique, increasing, none lost"
    print(
        f"{name:12}{len(times):9}{len(times) / seconds:11.0f}{median(times):10.1f}"
        f"{at(times, 0.95):10.1f}{times[-1]:12.0f}   {verdict}",
        flush=True,
    )


def at(times: Sequence[float], share: float) -> float:
    """The time under which that share of the times lies."""
    return sorted(times)[int(len(times) * share)]


Look = Callable[[Session, random.Random, datetime], object]


def duplicates_by_name(session: Session, chance: random.Random, now: datetime) -> object:
    """Open tickets of a topic at a place that was named."""
    city, district = chance.choice(DISTRICTS)
    spot = Spot(village(district, chance), city, district)
    return open_like(session, topic=chance.choice(TOPICS), spot=spot, now=now)


def duplicates_by_spot(session: Session, chance: random.Random, now: datetime) -> object:
    """Open tickets of a topic around a spot that was shared."""
    city, district = chance.choice(DISTRICTS)
    north, east = chance.uniform(SOUTH, NORTH), chance.uniform(WEST, EAST)
    spot = Spot(village(district, chance), city, district, north, east)
    return open_like(session, topic=chance.choice(TOPICS), spot=spot, now=now)


def list_newest(session: Session, chance: random.Random, now: datetime) -> object:
    """Everything, and the page after."""
    first = listed(session, now=now)
    return listed(session, after=cursor(first[-1]), now=now)


def list_of_a_state(session: Session, chance: random.Random, now: datetime) -> object:
    """The tickets in one state."""
    return listed(session, Wanted(states=(chance.choice(STATES),)), now=now)


def list_of_a_topic(session: Session, chance: random.Random, now: datetime) -> object:
    """The open tickets of a topic."""
    return listed(session, Wanted(topic=chance.choice(TOPICS), open=True), now=now)


def list_of_an_office(session: Session, chance: random.Random, now: datetime) -> object:
    """What an office has to do, due first."""
    mine = Wanted(office=chance.choice(sorted(offices.offices())), open=True)
    return listed(session, mine, order="due", now=now)


def list_overdue(session: Session, chance: random.Random, now: datetime) -> object:
    """What is overdue, due first."""
    return listed(session, Wanted(due="overdue"), order="due", now=now)


LOOKED: dict[str, Look] = {
    "duplicates, by name": duplicates_by_name,
    "duplicates, around a spot": duplicates_by_spot,
    "list, newest, two pages": list_newest,
    "list, of a state": list_of_a_state,
    "list, open of a topic": list_of_a_topic,
    "list, open of an office": list_of_an_office,
    "list, overdue": list_overdue,
}


def look(database: Database, work: Look, looks: int, seed: int, now: datetime) -> list[float]:
    """Milliseconds of each look, in a session of its own as a request has."""
    chance, times = random.Random(seed), []
    for _ in range(looks):
        began = time.perf_counter()
        with database.reading() as session:
            work(session, chance, now)
        times.append((time.perf_counter() - began) * 1000)
    return times


def report_looks(few: Database, many: Database, now: datetime) -> None:
    """Look into both databases in turns and print both, side by side."""
    for name, work in LOOKED.items():
        times: tuple[list[float], list[float]] = ([], [])
        for round_number in range(ROUNDS + 1):
            for database, kept in zip((few, many), times, strict=True):
                found = look(database, work, LOOKS, round_number, now)
                # The first round warms up.
                kept += found if round_number else []
        (p50, p95), (many50, many95) = ((median(some), at(some, 0.95)) for some in times)
        verdict = "" if many50 / p50 < AIM else f"  over {AIM:.0f}"
        print(
            f"{name:28}{p50:8.2f}{p95:9.2f}{many50:12.2f}{many95:9.2f}"
            f"{many50 / p50:9.2f}{many95 / p95:8.2f}{verdict}",
            flush=True,
        )


def main() -> None:
    """Open tickets at once, then fill two databases and look into both."""
    parser = argparse.ArgumentParser(description="Opening tickets at once, and finding them.")
    parser.add_argument("--tickets", type=int, default=MANY)
    parser.add_argument("--opened", type=int, default=OPENED)
    given = parser.parse_args()
    now = utc_now()
    with tempfile.TemporaryDirectory() as folder, cluster() as postgres:
        postgres.make_template(metadata().create_all, make_engine)
        print(f"opened by {WRITERS} writers at once")
        print(
            f"{'':12}{'tickets':>9}{'a second':>11}{'p50 ms':>10}{'p95 ms':>10}{'longest ms':>12}"
        )
        with postgres.fresh() as url:
            report_opening("PostgreSQL", url, given.opened)
        url = f"sqlite:///{Path(folder) / 'ilsa.db'}"
        engine = make_engine(url)
        metadata().create_all(engine)
        engine.dispose()
        report_opening("SQLite", url, given.opened)
        with postgres.fresh() as few_url, postgres.fresh() as many_url:
            began = time.monotonic()
            fill(few_url, FEW, now)
            fill(many_url, given.tickets, now)
            print(
                f"\n{FEW:,} and {given.tickets:,} tickets, filled in "
                f"{time.monotonic() - began:.0f} s; PostgreSQL, milliseconds"
            )
            print(f"{'':28}{'p50':>8}{'p95':>9}{'p50 many':>12}{'p95':>9}{'ratio':>9}{'p95':>8}")
            few, many = Database(few_url), Database(many_url)
            report_looks(few, many, now)
            few.dispose()
            many.dispose()
    if given.tickets < MANY or given.opened < OPENED:
        print(
            f"\nREDUCED: {given.tickets:,} tickets instead of {MANY:,}, "
            f"{given.opened:,} opened instead of {OPENED:,}"
        )


if __name__ == "__main__":
    main()
