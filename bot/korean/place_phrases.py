"""The whole phrase that says where, cut out of a message around the places it names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.korean.place_names import City, Kind

_TOKEN = re.compile(r"\S+")
_EDGE = re.compile(r"^[\"'“‘(\[<]+|[\"'”’)\]>,.!?~…;:]+$")
_LOCATIVE = re.compile(
    r"(에서부터|에서는|에서도|에서|에다가|에다|에는|에도|에만|에|으로|까지)(요|는데)?$"
)
_COPULA = re.compile(r"(인데요|인데|요|여|이에요|예요|이고요|이구요|이고|입니다|이요|이야|임)$")
_MARKED = re.compile(r"(이|가|을|를|은|는|도|만|께서|이랑|하고)$")
_PREDICATE = re.compile(
    r"(요|니다|니까|습니까|죠|는데|어서|아서|해서|려고|지만|거든|네|음|함|됨|마씸|수다|쿠다|줘|다고|라고|싶어"
    r"|했어|났어|있어|없어|줍서|다|냐|니)$"
)
_LOT = re.compile(
    r"^(산?\d+(-\d+)?(번지|번길|길|호|동|층|번|m|미터|km)?|[가-힣\d]*번?길|[가-힣]{2,}로\d+번?길?)$"
)
_GLUED = re.compile(r"(에서|에는|에도|에|으로)(?=[가-힣])")

_TIME = re.compile(r"[\d한두세네몇]*(년|월|일|시|분|시간|주|달|개월|째|번)")

# A phrase longer than this is a story, not a place.
MOST_TOKENS = 12


@dataclass(frozen=True)
class PlaceMatch:
    """A place in a message: `text[start:end]` is how it was written there."""

    name: str
    kind: Kind
    city: City | None
    start: int
    end: int
    district: str | None = None


class _Words:
    """The words by which place phrases go on and end."""

    def __init__(self, data: Mapping[str, Sequence[str]]) -> None:
        self.positions = frozenset(data["positions"])
        self.nouns = tuple(sorted(data["nouns"], key=len, reverse=True))
        self.long_nouns = tuple(noun for noun in self.nouns if len(noun) >= 2)
        self.whole_nouns = frozenset(data["nouns"])
        self.binders = frozenset(data["binders"])
        self.things = frozenset(data["things"])
        self.times = tuple(data["times"])
        self.questions = frozenset(data["questions"])
        self.openings = tuple(sorted(data["english"], key=len, reverse=True))

    def is_anchor(self, word: str) -> bool:
        """Whether a place phrase may end with this word."""
        if word in self.positions or word in self.whole_nouns:
            return True
        if word in self.things:
            return False
        return word.endswith(self.long_nouns) or bool(_LOT.match(word)) or self._compound(word)

    def _compound(self, word: str) -> bool:
        """우리집앞, 마트옆: a noun and a position written as one."""
        for position in self.positions:
            if word.endswith(position) and len(word) > len(position) + 1:
                return word.removesuffix(position).endswith(self.nouns)
        return False

    def is_time(self, word: str) -> bool:
        """Whether a word says when, so that the 에 behind it names no place."""
        return word in self.times or bool(_TIME.fullmatch(word))


@dataclass(frozen=True)
class _Token:
    text: str
    start: int
    end: int


def _tokens(text: str) -> list[_Token]:
    found = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        bare = _EDGE.sub("", word)
        if bare:
            start = match.start() + word.index(bare)
            found.append(_Token(bare, start, start + len(bare)))
    return found


class PhraseCutter:
    """Cuts the phrase that says where, by the words of data/places/phrases.yml."""

    def __init__(self, data: Mapping[str, Sequence[str]]) -> None:
        """`data`: the parsed file. Raises KeyError when a section is missing."""
        self._words = _Words(data)
        opening = "|".join(map(re.escape, self._words.openings))
        self._opening = re.compile(rf"\b(?:{opening})\b", re.IGNORECASE)

    # ------------------------------------------------------------ Korean

    def korean(self, text: str, matches: Sequence[PlaceMatch]) -> str:
        first = matches[0]
        ends = {match.end for match in matches}
        starts = {match.start for match in matches}
        tokens = [token for token in _tokens(text) if token.end > first.start]
        pieces: list[str] = []
        begin, end = first.start, first.end
        for at, token in enumerate(tokens[:MOST_TOKENS]):
            following = tokens[at + 1] if at + 1 < len(tokens) else None
            if token.text == "안" and following and _PREDICATE.search(following.text):
                # 공원 안 화장실 is a place, 쓰레기 안 치워요 is a complaint.
                break
            step, stop = self._step(token, ends)
            if stop is not None:
                end = stop
            if step == "copula":
                # "노형동인데 이마트 앞에": the phrase goes on behind the copula.
                pieces.append(text[begin:end])
                begin = end = token.end
            if step == "end" and not self._goes_on(following, starts):
                break
            if step == "stop":
                break
        pieces.append(text[begin:end])
        return " ".join(piece.strip() for piece in pieces if piece.strip())

    def _goes_on(self, token: _Token | None, starts: set[int]) -> bool:
        """Whether a locative is followed by more of the place: 연동에 있는 …, 제주시에서 연동 …"""
        if token is None:
            return False
        return token.text in self._words.binders or token.start in starts

    def _step(self, token: _Token, ends: set[int]) -> tuple[str, int | None]:
        """What a token does to the phrase (on, end, copula, stop) and where it may end now."""
        word, start = token.text, token.start
        last = max((end for end in ends if start < end <= token.end), default=None)
        if last is not None:
            return self._after_place(token, last)
        if word in self._words.questions:
            return "stop", None
        if self._words.is_anchor(word):
            return "on", token.end
        copula = _COPULA.search(word)
        if copula and self._words.is_anchor(word[: copula.start()]):
            return "copula", start + copula.start()
        locative = _LOCATIVE.search(word)
        if locative and locative.start():
            return self._locative(token, word[: locative.start()])
        if word in self._words.binders:
            return "on", None
        marked = _MARKED.search(word)
        if marked and self._words.is_anchor(word[: marked.start()]):
            return "stop", start + marked.start()
        if marked or _PREDICATE.search(word):
            return "stop", None
        return "on", None

    def _locative(self, token: _Token, stem: str) -> tuple[str, int | None]:
        if stem in self._words.things or self._words.is_time(stem):
            return "stop", None
        return "end", token.start + len(stem)

    def _after_place(self, token: _Token, last: int) -> tuple[str, int]:
        """The rest of a token behind a place: a particle, a copula, or more of a phrase."""
        rest = token.text[last - token.start :]
        if not rest:
            return "on", last
        if _COPULA.fullmatch(rest):
            return "copula", last
        if _LOCATIVE.fullmatch(rest) or rest in ("로",):
            return "end", last
        if _MARKED.fullmatch(rest) or rest in ("의", "랑"):
            return ("on" if rest == "의" else "stop"), last
        if self._words.is_anchor(rest):
            return "on", token.end
        locative = _LOCATIVE.search(rest)
        if locative and self._words.is_anchor(rest[: locative.start()]):
            return "end", last + locative.start()
        return self._glued(rest, last)

    def _glued(self, rest: str, last: int) -> tuple[str, int]:
        """노형동이마트앞도로에구멍이났어요: the longest beginning that ends as places do."""
        for match in _GLUED.finditer(rest):
            if self._words.is_anchor(rest[: match.start()]):
                return "stop", last + match.start()
        for length in range(min(len(rest), 15), 1, -1):
            head = rest[:length]
            if self._words.is_anchor(head) and len(head) > 1:
                return "stop", last + length
        return "stop", last

    # ------------------------------------------------------------ English

    def english(self, text: str, matches: Sequence[PlaceMatch]) -> str:
        """From the preposition that opens the phrase to the last place in the same sentence."""
        first, last = matches[0], matches[0]
        for match in matches[1:]:
            between = text[last.end : match.start]
            if len(between.split()) <= 4 and not re.search(r"[.!?]", between):
                last = match
        before = text[: first.start]
        before = before[max(before.rfind(mark) for mark in ".!?") + 1 :]
        window = " ".join(before.split(" ")[-7:])
        opening = self._opening.search(window)
        begin = first.start - (len(window) - opening.start() if opening else 0)
        return text[begin : last.end].strip()
