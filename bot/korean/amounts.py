"""Amounts of money as people write them, in whole won: 3만원, 1억 5천, 오천 원, 30k won, ₩5,000."""

from __future__ import annotations

import re
from decimal import Decimal

_DIGITS = {sign: value for value, sign in enumerate("영일이삼사오육칠팔구")} | {"륙": 6, "공": 0}
_SMALL = {"십": 10, "백": 100, "천": 1_000}
_LARGE = {"만": 10_000, "억": 100_000_000, "조": 1_000_000_000_000}
_LATIN = {"k": 1_000, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_PIECE = re.compile(r"\d+(?:\.\d+)?|[a-z]+|[가-힣]")
_CURRENCY = re.compile(r"원|won|krw|[₩￦]", re.IGNORECASE)


def won(words: str) -> str | None:
    """The amount in whole won, or None when the words are no number.

    A thousand or hundred right behind 억 counts ten thousands, as it does in speech: 1억 5천 is
    150 million.
    """
    value = number(_CURRENCY.sub("", words))
    return None if value is None else str(int(value))


def number(words: str) -> Decimal | None:
    """A number in figures, Korean words or both, or None when it is none."""
    pieces = _PIECE.findall(re.sub(r"[\s,]", "", words.lower()))
    if not pieces:
        return None
    total = section = Decimal(0)
    figure: Decimal | None = None
    large = 0
    for piece in pieces:
        if piece in _SMALL:
            section += (1 if figure is None else figure) * _SMALL[piece]
            figure = None
        elif piece in _LARGE or piece in _LATIN:
            large = _LARGE.get(piece) or _LATIN[piece]
            section += figure or 0
            total += (section or 1) * large
            section, figure = Decimal(0), None
        elif piece in _DIGITS:
            figure = (figure or 0) * 10 + Decimal(_DIGITS[piece])
        elif piece[0].isdigit():
            figure = Decimal(piece)
        else:
            return None
    if large == _LARGE["억"] and section and figure is None:
        section *= _LARGE["만"]
    return total + section + (figure or 0)
