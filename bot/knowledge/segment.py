"""Some articles' tokens turned round: from a token to the articles that have it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bot.knowledge.counting import Counted, Flags, Floats, Numbers, Weights


@dataclass(frozen=True)
class Segment:
    """Postings in three rows: token `tokens[n]` has those from `begins[n]` to `begins[n + 1]`."""

    tokens: Numbers
    begins: Numbers
    places: Numbers
    """The places of the articles that have the token."""
    times: Weights
    """And how much of it each one has."""

    @classmethod
    def of(cls, articles: Mapping[int, Counted]) -> "Segment":
        """The segment of articles by place."""
        parts = list(articles.values())
        sizes = [len(one.tokens) for one in parts]
        tokens = np.concatenate([np.zeros(0, np.int32), *(one.tokens for one in parts)])
        times = np.concatenate([np.zeros(0, np.float32), *(one.times for one in parts)])
        places = np.repeat(np.fromiter(articles, np.int32, len(parts)), sizes)
        order = np.argsort(tokens, kind="stable")
        distinct, begins = np.unique(tokens[order], return_index=True)
        ends = np.append(begins, len(tokens)).astype(np.int32)
        return cls(distinct, ends, places[order], times[order])

    def frequency(self, size: int) -> Floats:
        """How many of the articles have each of `size` tokens."""
        found = np.zeros(size)
        found[self.tokens] = np.diff(self.begins)
        return found

    def find(self, numbers: Numbers, stays: Flags) -> tuple[Numbers, Numbers, Weights]:
        """The postings of some tokens: which of `numbers` each is of, its place, and how much.

        Only of places that `stays` has marked.
        """
        at = np.searchsorted(self.tokens, numbers)
        has = np.flatnonzero(at < len(self.tokens))
        has = has[self.tokens[at[has]] == numbers[has]]
        spans = [slice(self.begins[one], self.begins[one + 1]) for one in at[has].tolist()]
        which = np.repeat(has, [one.stop - one.start for one in spans]).astype(np.int32)
        places = np.concatenate([np.zeros(0, np.int32), *(self.places[one] for one in spans)])
        times = np.concatenate([np.zeros(0, np.float32), *(self.times[one] for one in spans)])
        kept = stays[places]
        return (which, places, times) if kept.all() else (which[kept], places[kept], times[kept])
