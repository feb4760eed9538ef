"""A plain view of a text, for detectors: half-width digits, one kind of hyphen, no hidden signs.

Citizens type 010 as ０１０, 공일공, O1O or 0 1 0. The view shows them all as 010, and remembers
which part of the text each of its characters came from.
"""

import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_HYPHENS = "‐‑‒–—―−－﹣ㅡ⁃一"
_DOTS = "．。｡"
_MIDDLE_DOTS = "ㆍ・･•"
_SPACES = "\u00a0\u2002\u2003\u2009\u202f\u3000\t\u115f\u3164"
_HIDDEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufe0e\ufe0f\u20e3"
_HANGUL_DIGITS = {
    c: str(i)
    for digits in ("공일이삼사오육칠팔구", "영일이삼사오륙칠팔구")
    for i, c in enumerate(digits)
} | {"빵": "0"}


def _table() -> dict[int, str | None]:
    table: dict[int, str | None] = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    for code in range(0x80, sys.maxunicode + 1):
        value = unicodedata.decimal(chr(code), None)
        if value is not None:
            table[code] = str(value)
    for signs, plain in ((_HYPHENS, "-"), (_DOTS, "."), (_MIDDLE_DOTS, "·"), (_SPACES, " ")):
        table |= {ord(sign): plain for sign in signs}
    return table | {ord("～"): "~", ord("∼"): "~"} | dict.fromkeys(map(ord, _HIDDEN))


_FOLD = _table()
_HAS_HIDDEN = re.compile(f"[{_HIDDEN}]")
_DIGIT = "[0-9공영빵일이삼사오육륙칠팔구]"
# Nine or more numerals in a row, as they are read aloud ("공일공에 일이삼사 다시 오육칠팔").
_SPOKEN = re.compile(rf"{_DIGIT}(?:[\s.\-]{{0,2}}(?:에|의|다시)?[\s\-]{{0,2}}{_DIGIT}){{8,}}")
_SPOKEN_WORTH_A_LOOK = re.compile(r"[공영빵일이삼사오육륙칠팔구]{2}")
# What makes a final 이 the copula and not a two ("오육칠팔이에요").
_COPULA = re.compile("[에고며야라랑구니지]")
_SPOKEN_HYPHEN = re.compile(r"에|의|다시")
_LETTER_ZERO = re.compile(
    r"(?<![A-Za-z0-9])[0Oo○ㅇ][\s\-.]?[1lIㅣ|i][\s\-.]?[0Oo○ㅇ]"
    r"(?=[\s.\-]{0,2}\d{3,4}[\s.\-]{0,2}\d{4}(?!\d))"
)
_LETTERS = str.maketrans("Oo○ㅇlIㅣ|i", "000011111")
# 0 1 0 1 2 3 4 5 6 7 8: single digits with one sign between them.
_SPREAD = re.compile(r"(?<!\d)\d(?:[ .\-]\d(?!\d)){8,}")


@dataclass(frozen=True)
class View:
    """The folded text, and the start of each of its characters in the text it was made from."""

    text: str
    starts: Sequence[int]
    """One more than there are characters: the last is the length of the original."""

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original text behind `text[start:end]`, hidden signs inside only."""
        return self.starts[start], self.starts[end - 1] + 1


def fold(text: str) -> View:
    """The view of `text`, which should be in Unicode's composed form (NFC)."""
    folded, starts = text.translate(_FOLD), range(len(text) + 1)
    view = View(folded, starts)
    if _HAS_HIDDEN.search(text):
        visible = [i for i, char in enumerate(text) if _FOLD.get(ord(char), char) is not None]
        view = View(folded, [*visible, len(text)])
    if _SPOKEN_WORTH_A_LOOK.search(view.text):
        view = View(_SPOKEN.sub(_spoken, view.text), view.starts)
    view = View(_LETTER_ZERO.sub(lambda m: m[0].translate(_LETTERS), view.text), view.starts)
    return _closed_up(view) if _SPREAD.search(view.text) else view


def _spoken(match: re.Match[str]) -> str:
    run = match[0]
    # With nine digits already, the number stands there and the syllables are words.
    if sum(c in _HANGUL_DIGITS for c in run) < 3 or sum(c.isdigit() for c in run) >= 9:
        return run
    rest = ""
    if run.endswith("이") and _COPULA.match(match.string, match.end()):
        run, rest = run[:-1], "이"
    run = _SPOKEN_HYPHEN.sub(lambda m: "-" * len(m[0]), run)
    return "".join(_HANGUL_DIGITS.get(char, char) for char in run) + rest


def _closed_up(view: View) -> View:
    kept: list[int] = []
    at = 0
    for match in _SPREAD.finditer(view.text):
        kept += range(at, match.start())
        kept += range(match.start(), match.end(), 2)
        at = match.end()
    kept += range(at, len(view.text))
    starts = [*(view.starts[i] for i in kept), view.starts[len(view.text)]]
    return View("".join(view.text[i] for i in kept), starts)
