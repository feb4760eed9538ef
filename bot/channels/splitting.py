"""Texts made to fit: split where a reader would pause, or shortened, never within a grapheme."""

from bot.channels.capabilities import Length
from bot.channels.graphemes import graphemes

ELLIPSIS = "…"
SENTENCE_ENDS = (".", "?", "!", "。", "…")
LEAST_SHARE = 0.4
"""Of a piece that a pause must fill; an earlier pause would make a crumb."""


def split(text: str, length: Length) -> list[str]:
    """`text` in pieces that fit, in order; only blanks at the cuts are left out.

    Cut at the end of a paragraph, else of a line, a sentence, a word; else between two graphemes.
    """
    pieces = []
    rest = _stripped(graphemes(text))
    while rest:
        head = _fitting(rest, length)
        if head < len(rest):
            head = _pause(rest, head)
        pieces.append("".join(_stripped(rest[:head])))
        rest = _stripped(rest[head:])
    return pieces


def shorten(text: str, length: Length) -> str:
    """`text` where it fits, else its beginning with an ellipsis."""
    if length.fits(text):
        return text
    all_of_it = graphemes(text)
    room = length.most - length.of(ELLIPSIS)
    if room < 1:
        return ELLIPSIS if length.fits(ELLIPSIS) else "".join(all_of_it)[: length.most]
    kept = all_of_it[: _fitting(all_of_it, Length(most=room, counts=length.counts))]
    short = "".join(kept).rstrip() + ELLIPSIS
    return short if length.fits(short) else ELLIPSIS


def folded(text: str, length: Length, pieces: int, note: str) -> list[str]:
    """`text` in at most `pieces` pieces; where it is longer the last one ends with `note`."""
    whole = split(text, length)
    if len(whole) <= pieces:
        return whole
    ending = f"{ELLIPSIS}\n\n{note}" if note else ELLIPSIS
    room = length.most - length.of(ending)
    if room < length.most // 4:
        ending, room = ELLIPSIS, length.most - length.of(ELLIPSIS)
    kept = whole[: pieces - 1]
    last = split(whole[pieces - 1], Length(most=max(room, 1), counts=length.counts))[0]
    return [*kept, last.rstrip(ELLIPSIS) + ending]


def _fitting(clusters: list[str], length: Length) -> int:
    """How many of the first clusters fit together; at least one, which is cut where it must be."""
    used = 0
    for number, cluster in enumerate(clusters):
        used += length.of(cluster)
        if used > length.most:
            if number:
                return number
            # One «character» longer than a whole message: nobody reads it; the limit holds.
            clusters[:1] = list(cluster)
            return _fitting(clusters, length) if len(cluster) > 1 else 1
    return len(clusters)


def _pause(clusters: list[str], head: int) -> int:
    """The best place for a cut within the first `head` clusters (and the blank behind them)."""
    least = max(1, int(head * LEAST_SHARE))
    line = word = sentence = 0
    for at in range(min(head, len(clusters) - 1), least - 1, -1):
        if not clusters[at].isspace():
            continue
        if "\n" in clusters[at]:
            if at + 1 < len(clusters) and "\n" in clusters[at + 1]:
                return at
            line = line or at
        if clusters[at - 1] in SENTENCE_ENDS:
            sentence = sentence or at
        word = word or at
    return line or sentence or word or head


def _stripped(clusters: list[str]) -> list[str]:
    start, end = 0, len(clusters)
    while start < end and clusters[start].isspace():
        start += 1
    while end > start and clusters[end - 1].isspace():
        end -= 1
    return clusters[start:end]
