"""The search index of this process: every served article, counted, and brought up to date.

Whether anything has changed is one look-up (`bot.knowledge.state`). Then the digests of what is
served are compared, and only articles with another content, or with new lemmas, are counted again.
They stand in a small segment of their own beside the large one, until they are many. A state of the
index is never changed, so that threads may read one while the next is made.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.knowledge import lemmas, service, state
from bot.knowledge import topics as catalogue
from bot.knowledge.counting import LEMMA_WEIGHT, Counted, Flags, Floats, Vocabulary, count
from bot.knowledge.models import Article, ArticleLemmas, ArticleRevision
from bot.knowledge.segment import Segment

# Articles that are read from the database at once.
_TOGETHER = 200
# So many changed articles, and a part of all, before the large segment is made anew.
_MANY = 100
_PART = 0.02


class Known(NamedTuple):
    """What tells whether an article must be counted again."""

    digest: str
    lemmas: bool


class Entry(NamedTuple):
    """An article in the index."""

    topic: str
    known: Known
    counted: Counted


@dataclass(frozen=True)
class Index:
    """One state of the index. An article has a place; whatever is of a place stands in its row."""

    stamp: str | None
    entries: Sequence[Entry | None]
    """By place. A place that an article has left stays empty until the large segment is new."""
    segments: list[tuple[Segment, Flags]]
    """The large one and the small one, each with the places that still hold in it."""
    frequency: Floats
    """By token: how many articles have it."""
    weights: Floats
    """By token: how much it tells of a text, by its kind and its rarity."""
    plain: Floats
    """The same, but 0 for lemmas."""
    lengths: Floats
    """By place: how many tokens the article has, weighed."""
    untaught: Flags
    """By place: whether the classifier is not trained on its topic."""
    size: int
    """How many articles there are."""
    base: dict[int, Counted] = field(repr=False)
    """The articles of the large segment as they stand in it, by place."""

    def topic(self, place: int) -> str:
        """The topic of the article at a place."""
        entry = self.entries[place]
        return entry.topic if entry else ""

    def counted(self, place: int) -> Counted:
        """The article at a place that is not empty."""
        entry = self.entries[place]
        assert entry is not None, "only places of articles have postings"
        return entry.counted


def rarity(size: int, among: Floats) -> Floats:
    """How much tokens that so many of `size` articles have tell of a text."""
    return np.asarray(np.log(1 + size / (among + 0.5)))


vocabulary = Vocabulary()
_current: Index | None = None
_lock = Lock()


def current(session: Session) -> Index:
    """The index of what `session` sees served, brought up to date first if need be."""
    global _current
    # Read before the articles: whatever is committed in between is seen again at the next call.
    stamp = state.stamp(session)
    found = _current
    if found and found.stamp == stamp:
        return found
    with _lock:
        if _current is None or _current.stamp != stamp:
            _current = _renewed(_current, session, stamp)
        return _current


class _Row(NamedTuple):
    topic: str
    revision: int
    known: Known


def _renewed(old: Index | None, session: Session, stamp: str) -> Index:
    """The index of what a session sees; what has not changed is taken from `old`."""
    rows = {row.topic: row for row in _served(session)}
    entries = list(old.entries) if old else []
    place_of = {entry.topic: place for place, entry in enumerate(entries) if entry}
    for topic in place_of.keys() - rows.keys():
        entries[place_of[topic]] = None
    changed = [row for row in rows.values() if _has_changed(row, entries, place_of)]
    for entry in _entries(session, changed):
        place = place_of.get(entry.topic, len(entries))
        entries[place : place + 1] = [entry]
    return _index(old, entries, stamp)


def _has_changed(row: _Row, entries: Sequence[Entry | None], place_of: dict[str, int]) -> bool:
    entry = entries[place_of[row.topic]] if row.topic in place_of else None
    return entry is None or entry.known != row.known


def _served(session: Session) -> Iterator[_Row]:
    rows = (
        select(
            Article.topic,
            ArticleRevision.id,
            ArticleRevision.digest,
            ArticleLemmas.digest.is_not(None),
        )
        .join(ArticleRevision, ArticleRevision.id == Article.served_revision)
        .outerjoin(ArticleLemmas, ArticleLemmas.digest == ArticleRevision.digest)
        .order_by(Article.topic)
    )
    for topic, revision, digest, has in session.execute(rows):
        yield _Row(topic, revision, Known(digest, bool(has)))


def _entries(session: Session, rows: Sequence[_Row]) -> Iterator[Entry]:
    """Articles read and counted."""
    for start in range(0, len(rows), _TOGETHER):
        some = rows[start : start + _TOGETHER]
        bodies = service.bodies(session, [row.revision for row in some])
        words = lemmas.of(session, [row.known.digest for row in some if row.known.lemmas])
        for row in some:
            found = count(bodies[row.revision], words.get(row.known.digest), vocabulary)
            yield Entry(row.topic, row.known, found)


def _index(old: Index | None, entries: list[Entry | None], stamp: str) -> Index:
    """The index of some articles; the large segment of `old` is used again while it will do."""
    now = {place: entry.counted for place, entry in enumerate(entries) if entry}
    base = old.base if old else {}
    # An article that has not changed is the very same object.
    small = {place: one for place, one in now.items() if base.get(place) is not one}
    left = {place: one for place, one in base.items() if now.get(place) is not one}
    if old and len(small) + len(left) <= max(_MANY, _PART * len(now)):
        return _made(stamp, entries, old.segments[0][0], base, small, left)
    filled = [entry for entry in entries if entry]
    base = {place: entry.counted for place, entry in enumerate(filled)}
    return _made(stamp, filled, Segment.of(base), base, {}, {})


def _made(
    stamp: str,
    entries: Sequence[Entry | None],
    large: Segment,
    base: dict[int, Counted],
    small: dict[int, Counted],
    left: dict[int, Counted],
) -> Index:
    """The index of `entries`: those of the large segment, but for `left`, and those of `small`."""
    kinds = vocabulary.kinds()
    some = Segment.of(small)
    among = large.frequency(len(kinds)) + some.frequency(len(kinds))
    among -= Segment.of(left).frequency(len(kinds))
    size = len(base) - len(left) + len(small)
    weights = kinds * rarity(size, among)
    trained = catalogue.topics()
    in_large, in_small = (np.zeros(len(entries), np.bool_) for _ in range(2))
    in_large[list(base.keys() - left.keys())] = True
    in_small[list(small)] = True
    return Index(
        stamp=stamp,
        entries=entries,
        segments=[(large, in_large), (some, in_small)],
        frequency=among,
        weights=weights,
        plain=np.where(kinds == LEMMA_WEIGHT, 0.0, weights),
        lengths=np.array([entry.counted.length if entry else 0.0 for entry in entries]),
        untaught=np.array([bool(one and one.topic not in trained) for one in entries], np.bool_),
        size=size,
        base=base,
    )
