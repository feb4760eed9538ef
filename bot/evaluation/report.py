"""The whole of a measurement as Markdown that also reads well at a terminal."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.evaluation.confidence import Bin, reliability
from bot.evaluation.figures import Figures, Ratio, figures
from bot.evaluation.judging import Judged
from bot.evaluation.measuring import Outcome, Retyped
from bot.evaluation.tables import ASKED, UNANSWERED, by_style, by_topic, confusions
from bot.terminal import sentence

Cells = Sequence[str]
_WIDE = ("W", "F")
_NONE = "–"


def report(outcome: Outcome, again: Mapping[str, Retyped]) -> str:
    """Every table of an outcome, and of the messages `again`, re-typed in each way."""
    parts = [
        _overall(outcome),
        _styles(outcome.seen),
        _topics(outcome.seen),
        _confusions(outcome.seen),
        _reliability(outcome.alone),
        _retyped(again),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def percent(ratio: Ratio) -> str:
    """A ratio as per cent, with its 95 % interval and what it was counted of."""
    if not ratio.of:
        return _NONE
    low, high = (100 * bound for bound in ratio.interval or (0.0, 0.0))
    share = 100 * ratio.hits / ratio.of
    return f"{share:5.1f} %  [{low:.1f}, {high:.1f}]  {ratio.hits}/{ratio.of}"


def table(head: Cells, rows: Iterable[Cells]) -> list[str]:
    """The lines of a Markdown table, its columns padded to one width."""
    every = [head, *rows]
    widths = [max(map(_width, column)) for column in zip(*every, strict=True)]
    rule = ["-" * max(3, width) for width in widths]
    return [_line(cells, widths) for cells in (head, rule, *every[1:])]


def _line(cells: Cells, widths: Sequence[int]) -> str:
    padded = (
        cell + " " * (max(3, width) - _width(cell))
        for cell, width in zip(cells, widths, strict=True)
    )
    return f"| {' | '.join(padded)} |"


def _width(text: str) -> int:
    """Columns at a terminal: a Korean syllable takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in _WIDE else 1 for char in text)


def _heads(*names: str) -> list[str]:
    return [sentence(f"evaluate_head_{name}") for name in names]


def _overall(outcome: Outcome) -> list[str]:
    columns = [
        figures(outcome.seen),
        figures(outcome.alone),
        outcome.of_known(outcome.seen),
        outcome.of_known(outcome.alone),
    ]
    heads = [sentence(f"evaluate_{name}") for name in ("as_seen", "alone")]
    if columns[2].n != columns[0].n:
        heads += [sentence(f"evaluate_{name}") for name in ("known", "known_alone")]
    shown = columns[: len(heads)]
    rows = [
        [sentence("evaluate_head_messages"), *(str(one.n) for one in shown)],
        *([_heads(name)[0], *_ratios(name, shown)] for name in columns[0].ratios()),
    ]
    return [
        *table(["", *heads], rows),
        "",
        sentence("evaluate_ms", p50=outcome.ms(0.50), p95=outcome.ms(0.95)),
        sentence("evaluate_unanswered", count=len(outcome.seen) - len(outcome.seconds)),
    ]


def _ratios(name: str, some: Iterable[Figures]) -> Iterator[str]:
    return (percent(one.ratios()[name]) for one in some)


def _titled(key: str, lines: Iterable[str]) -> list[str]:
    return [f"## {sentence(key)}", "", *lines]


def _styles(seen: Sequence[Judged]) -> list[str]:
    found = {style: figures(some) for style, some in by_style(seen).items()}
    if not found:
        return []
    rows = [[style, percent(one.top1), percent(one.top3)] for style, one in found.items()]
    return _titled("evaluate_by_style", table(_heads("style", "top1", "top3"), rows))


def _topics(seen: Sequence[Judged]) -> list[str]:
    found = by_topic(seen)
    rows = [[topic, percent(one)] for topic, one in found.items() if one.hits < one.of]
    lines = table(_heads("topic", "top1"), rows) if rows else []
    if whole := [topic for topic, one in found.items() if one.hits == one.of]:
        count = sum(found[topic].of for topic in whole)
        names = ", ".join(sorted(whole))
        told = sentence("evaluate_all_right", topics=len(whole), count=count, names=names)
        lines += [*([""] if lines else []), told]
    return _titled("evaluate_by_topic", lines)


def _confusions(seen: Sequence[Judged]) -> list[str]:
    found = confusions(seen)
    if not found:
        return []
    named = {key: sentence(f"evaluate_{key}") for key in (ASKED, UNANSWERED)}
    rows = [[one.topic, named.get(one.given, one.given), str(one.count)] for one in found]
    return _titled("evaluate_confusions", table(_heads("topic", "given", "count"), rows))


def _reliability(alone: Sequence[Judged]) -> list[str]:
    found = reliability(alone)
    lines = table(
        _heads("confidence", "messages", "mean_confidence", "share_right"), map(_bin, found.bins)
    )
    told = sentence("evaluate_calibration_error", points=f"{found.error:.1f}")
    return _titled("evaluate_reliability", [*lines, "", told])


def _bin(one: Bin) -> list[str]:
    shares = (_NONE if share is None else f"{share:.3f}" for share in (one.confidence, one.right))
    return [f"{one.low:.1f}–{one.high:.1f}", str(one.count), *shares]


def _retyped(again: Mapping[str, Retyped]) -> list[str]:
    rows = [
        [
            sentence(f"evaluate_{way}"),
            sentence(f"evaluate_{judged}"),
            str(pair.n),
            f"{percent(Ratio(pair.before, pair.n))}",
            f"{percent(Ratio(pair.after, pair.n))}",
            f"{pair.points:+.1f}",
            str(pair.worse),
            str(pair.better),
            f"{pair.p:.2g}",
        ]
        for way, both in again.items()
        for judged, pair in (("as_seen", both.seen), ("alone", both.alone))
    ]
    if not rows:
        return []
    heads = ("way", "judged", "messages", "before", "after", "points", "worse", "better", "p")
    return _titled("evaluate_retyped", table(_heads(*heads), rows))
