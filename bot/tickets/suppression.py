"""Counts that may be published: none under five, and none that a total would betray."""

from collections.abc import Mapping

LEAST = 5
"""The smallest count of somebody's tickets that is published."""


def may_be_told(count: int) -> bool:
    """Whether a count may be told by itself: none at all, or enough."""
    return count == 0 or count >= LEAST


def withheld(counts: Mapping[str, int]) -> frozenset[str]:
    """The names whose counts must be left out of a table whose sum is known.

    Counts of 1 to 4, and with them the smallest others, until each one left out may be anything
    from 1 to 5 for somebody who takes what is published from the sum. Every name, zeros too, when
    that cannot be had: such a table must not be shown at all.
    """
    left_out = {name for name, count in counts.items() if not may_be_told(count)}
    if not left_out:
        return frozenset()
    others = sorted(
        (name for name, count in counts.items() if count >= LEAST),
        key=lambda name: (counts[name], name),
    )
    while not _is_vague([counts[name] for name in left_out]):
        if not others:
            return frozenset(counts)
        left_out.add(others.pop(0))
    return frozenset(left_out)


def _is_vague(counts: list[int]) -> bool:
    # The largest that one of them can be is the sum when every other is 1.
    return len(counts) > 1 and sum(counts) - (len(counts) - 1) >= LEAST
