"""Figures of a text as numbers, so that languages can be compared: 3천만원 is 30,000,000 won."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_UNITS = {"십": 10, "백": 100, "천": 1_000, "만": 10_000, "억": 100_000_000}
# 조 (10^12) is left out: in these texts it is an article of a law (제16조).
_AMOUNT = re.compile(rf"(?:{_NUMBER}(?:[십백천][만억]?|[만억]) ?)*{_NUMBER}[십백천]?[만억]?")
_PIECE = re.compile(rf"({_NUMBER})([십백천]?)([만억]?)")
# Names that hold a figure: it counts nothing.
_NAMES = re.compile("정부24|영사민원24|자동차365|Government ?24|Gov24|Consular ?24|Car365", re.I)
_LIST_MARK = re.compile(r"^\s*\d+[.)]\s", re.MULTILINE)
_RANGE = re.compile(r"\s?[~∼〜–·-]\s?")
_ENGLISH_SCALE = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
}
_ENGLISH = re.compile(rf"({_NUMBER})(?:\s?({'|'.join(_ENGLISH_SCALE)}))?(?:\s?([ap])\.?m\b)?", re.I)
_WORDS = {
    1: "a an one once first single january monthly annual annually daily yearly",
    2: "two twice second both february",
    3: "three third march",
    4: "four fourth april",
    5: "five fifth may",
    6: "six sixth june",
    7: "seven seventh july",
    8: "eight eighth august",
    9: "nine ninth september",
    10: "ten tenth october",
    11: "eleven eleventh november",
    12: "twelve twelfth december",
    24: "24-hour",
}
_VALUE_OF_WORD = {word: Decimal(value) for value, words in _WORDS.items() for word in words.split()}


# "1명", "1부": says no more than "one".
_SAYS_NOTHING = frozenset({Decimal(1)})


@dataclass(frozen=True)
class Figure:
    """A figure as it stands in a Korean text, and the numbers that English may give for it."""

    shown: str
    values: frozenset[Decimal]


def korean_figures(text: str) -> list[Figure]:
    """Every figure of a Korean text, list marks left out."""
    text = _NAMES.sub("", _LIST_MARK.sub("", text))
    return [_figure(text, match) for match in _AMOUNT.finditer(text)]


def english_values(text: str) -> frozenset[Decimal]:
    """Every number that an English text names, in figures or in words up to twelve."""
    text = _NAMES.sub("", _LIST_MARK.sub("", text))
    values = set()
    for number, scale, half in _ENGLISH.findall(text):
        value = _decimal(number) * _ENGLISH_SCALE.get(scale.lower(), 1)
        values.add(value)
        if half.lower() == "p":
            values.add(value + 12)
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in _VALUE_OF_WORD:
            values.add(_VALUE_OF_WORD[word])
    return frozenset(values)


def missing_figures(korean: str, english: str) -> list[str]:
    """Figures of the Korean text, as they stand there, that the English text does not have."""
    there = english_values(english)
    lacking = (one.shown for one in korean_figures(korean) if not one.values & there)
    return list(dict.fromkeys(lacking))


def unsourced_figures(
    korean: str, statements: Sequence[str], allowed: Collection[int]
) -> list[str]:
    """Figures of a Korean text, as they stand there, that none of the statements has.

    `allowed` are numbers that need no statement.
    """
    known = _SAYS_NOTHING | {Decimal(number) for number in allowed}
    for statement in statements:
        known = known.union(*(one.values for one in korean_figures(statement)))
        known |= english_values(statement)
    lacking = (one.shown for one in korean_figures(korean) if not one.values & known)
    return list(dict.fromkeys(lacking))


def _figure(text: str, match: re.Match[str]) -> Figure:
    shown = match[0].strip()
    values = {_amount(shown)}
    # 3~5만원: the unit stands once and counts for both ends.
    gap = _RANGE.match(text, match.end())
    if gap and (following := _AMOUNT.match(text, gap.end())):
        last = _PIECE.match(following[0])
        if last:
            values.add(_amount(shown) * _scale(last))
    # 120만 누르면 is "only 120"; 120만 원 is an amount.
    if shown.endswith("만") and not re.match(r" ?[원명건㎡]", text[match.end() :]):
        values.add(_amount(shown[:-1]))
    # 오후 6시 may be 18:00 in English.
    if text[: match.start()].rstrip().endswith("오후"):
        values.add(_amount(shown) + 12)
    return Figure(shown, frozenset(values))


def _amount(shown: str) -> Decimal:
    """3억 5천만 → 350000000."""
    total = group = Decimal(0)
    for piece in _PIECE.finditer(shown):
        group += _decimal(piece[1]) * _UNITS.get(piece[2], 1)
        if piece[3]:
            total, group = total + group * _UNITS[piece[3]], Decimal(0)
    return total + group


def _scale(piece: re.Match[str]) -> int:
    return _UNITS.get(piece[2], 1) * _UNITS.get(piece[3], 1)


def _decimal(number: str) -> Decimal:
    return Decimal(number.replace(",", ""))
