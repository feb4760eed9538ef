"""What benchmarks/staff.py looks up: the functions behind the desk's pages, and the pages."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import httpx
from sqlalchemy.orm import Session

from benchmarks.staff_rows import COUNSELLORS, counsellor, lemma, rank_of, word
from bot import offices
from bot.conversations import search
from bot.database import Database
from bot.knowledge.topics import topics
from bot.staff import inbox, inbox_search, tickets
from bot.staff.inbox import View
from bot.staff.inbox_filters import Filters
from bot.staff.service import Staff
from bot.staff.tickets import Asked, Show

COMMON, MIDDLING, RARE = 0.15, 0.01, 20
"""Shares of the messages that have a common and a middling word; messages that have a rare one."""
TOPICS = sorted(topics())


@dataclass(frozen=True)
class Search:
    """Ranks of words that are as common among few messages as among many."""

    common: int
    middling: int
    rare: int

    @classmethod
    def of(cls, messages: int) -> "Search":
        """The ranks for so many messages of people."""
        return cls(rank_of(COMMON), rank_of(MIDDLING), rank_of(RARE / messages))

    def some(self, kinds: str, chance: random.Random) -> list[int]:
        """A rank for each letter: c for common, m for middling, r for rare; neighbours of it."""
        ranks = {"c": self.common, "m": self.middling, "r": self.rare}
        starts = [chance.randrange(5) + 5 * place for place in range(len(kinds))]
        return [ranks[kind] + start for kind, start in zip(kinds, starts, strict=True)]


Look = Callable[[Session, random.Random, Search, datetime], object]


def _inbox(view: View, pages: int = 1, **narrowed: Callable[[random.Random], str]) -> Look:
    def work(session: Session, chance: random.Random, _words: Search, now: datetime) -> object:
        filters = Filters(**{name: choose(chance) for name, choose in narrowed.items()})
        login, after, found = counsellor(chance.randrange(COUNSELLORS)), None, None
        for _ in range(pages):
            found = inbox.listed(
                session, view=view, login=login, now=now, filters=filters, after=after
            )
            after = found.after
        return found

    return work


def _counts(session: Session, chance: random.Random, _words: Search, _now: datetime) -> object:
    login = counsellor(chance.randrange(COUNSELLORS))
    waiting, _ = inbox.needing(session)
    return inbox.counts(session, login=login, unassigned=waiting)


def _search(kinds: str) -> Look:
    def work(session: Session, chance: random.Random, words: Search, _now: datetime) -> object:
        asked = [lemma(rank) for rank in words.some(kinds, chance)]
        return search.find(session, words=asked)

    return work


def _searched(session: Session, chance: random.Random, words: Search, _now: datetime) -> object:
    asked = [lemma(rank) for rank in words.some("c", chance)]
    return inbox_search.find(session, text="", words=asked)


def _letters(session: Session, chance: random.Random, words: Search, _now: datetime) -> object:
    return search.find_by_letters(session, text=word(words.some("m", chance)[0]))


def _unread(session: Session, _chance: random.Random, _words: Search, _now: datetime) -> object:
    return search.unread(session, limit=15)


def _tickets(show: Show, **narrowed: Callable[[random.Random], str]) -> Look:
    def work(session: Session, chance: random.Random, _words: Search, now: datetime) -> object:
        asked = Asked(**{name: choose(chance) for name, choose in narrowed.items()})  # type: ignore[arg-type]
        wanted = tickets.shown(show, asked, _staff(chance))
        return tickets.listed(session, wanted, after=None, now=now)

    return work


def _above(session: Session, chance: random.Random, _words: Search, now: datetime) -> object:
    staff = _staff(chance)
    counted = tickets.counts(session, staff=staff, now=now)
    return counted, tickets.figures(session, staff=staff, now=now)


def _board(session: Session, _chance: random.Random, _words: Search, now: datetime) -> object:
    return tickets.board(session, Asked(), now=now)


def _staff(chance: random.Random) -> Staff:
    login = counsellor(chance.randrange(COUNSELLORS))
    return Staff(1, login, login, "counsellor", False, "")


def _topic(chance: random.Random) -> str:
    return chance.choice(TOPICS)


def _office(chance: random.Random) -> str:
    return chance.choice(sorted(offices.offices()))


LOOKED: dict[str, Look] = {
    "inbox, what needs somebody": _inbox("needs"),
    "inbox, waiting": _inbox("waiting"),
    "inbox, mine": _inbox("mine"),
    "inbox, all, two pages": _inbox("all", pages=2),
    "inbox, closed": _inbox("closed"),
    "inbox, waiting, of a channel and reason": _inbox(
        "waiting", channel=lambda _: "kakao", reason=lambda _: "unsure"
    ),
    "inbox, waiting, of a topic": _inbox("waiting", topic=_topic),
    "inbox, all, of a topic": _inbox("all", topic=_topic),
    "inbox, all, of an office": _inbox("all", office=_office),
    "inbox, counts": _counts,
    "search, a common word": _search("c"),
    "search, a rare word": _search("r"),
    "search, two common words": _search("cc"),
    "search, a common and a rare word": _search("cr"),
    "search, a rare and a common word": _search("rc"),
    "search, two middling words": _search("mm"),
    "search, two rare words": _search("rr"),
    "search, a page of conversations": _searched,
    "search, by letters": _letters,
    "search, what is not read yet": _unread,
    "tickets, open": _tickets("open"),
    "tickets, overdue": _tickets("overdue"),
    "tickets, mine": _tickets("mine"),
    "tickets, undelivered": _tickets("undelivered"),
    "tickets, all": _tickets("all"),
    "tickets, open of an office": _tickets("open", office=_office),
    "tickets, all of a topic": _tickets("all", topic=_topic),
    "tickets, counts and figures": _above,
    "tickets, board": _board,
}
PAGES = {
    "inbox, what needs somebody": "/staff/conversations",
    "inbox, mine": "/staff/conversations?show=mine",
    "inbox, all, of a channel": "/staff/conversations?show=all&channel=kakao",
    "inbox, live parts": "/staff/conversations?show=needs&live=true",
    "search, a common word": "/staff/conversations/search?q={c}",
    "search, a common and a rare word": "/staff/conversations/search?q={c}+{r}",
    "tickets, open": "/staff/tickets",
    "tickets, overdue of an office": "/staff/tickets?show=overdue&office=jeju120",
    "tickets, board": "/staff/tickets/board",
    "figures, the usual period": "/staff/statistics",
}


def look(
    database: Database, work: Look, words: Search, looks: int, seed: int, now: datetime
) -> Iterator[float]:
    """Milliseconds of each look, in a session of its own as a request has."""
    chance = random.Random(seed)
    for _ in range(looks):
        began = time.perf_counter()
        with database.reading() as session:
            work(session, chance, words, now)
        yield (time.perf_counter() - began) * 1000


def open_page(
    browser: httpx.Client, path: str, words: Search, times: int, seed: int
) -> Iterator[float]:
    """Milliseconds of each time that the page was opened. Raises httpx.HTTPError."""
    chance = random.Random(seed)
    for _ in range(times):
        common, rare = (word(rank) for rank in words.some("cr", chance))
        began = time.perf_counter()
        answer = browser.get(path.format(c=common, r=rare))
        yield (time.perf_counter() - began) * 1000
        # Only a page counts: leading to the sign-in would be quick.
        answer.raise_for_status()
        if answer.is_redirect:
            raise httpx.HTTPError(f"{path} leads to {answer.headers['location']}")
