"""Jeju places in a message: which are named, and the whole phrase that says where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

Kind = Literal["city", "eupmyeondong", "ri", "road", "landmark"]
City = Literal["제주시", "서귀포시"]
CITIES: tuple[City, ...] = ("제주시", "서귀포시")


@dataclass(frozen=True)
class Place:
    """A place as the files know it.

    `city` is None for what lies in both cities or has a namesake in the other; `district` is the
    읍·면·동 it belongs to, None where that is not sure.
    """

    name: str
    kind: Kind
    city: City | None = None
    district: str | None = None


@dataclass(frozen=True)
class PlaceMatch:
    """A place in a message: `text[start:end]` is how it was written there."""

    name: str
    kind: Kind
    city: City | None
    start: int
    end: int
    district: str | None = None


# ---------------------------------------------------------------- reading the files


class _Index:
    """Every way to write a place, and the place it means."""

    def __init__(self) -> None:
        self.full: dict[str, Place] = {}
        self.short: dict[str, Place] = {}
        self.english: dict[str, Place] = {}

    def add(self, table: dict[str, Place], written: str, place: Place) -> None:
        known = table.get(written)
        if known is not None and known.city != place.city:
            # A namesake in the other city: the name alone does not say which.
            place = Place(place.name, place.kind, None, None)
        table[written] = place


_NUMBERS = {"1": "일", "2": "이", "3": "삼"}


def _numbered(name: str) -> Iterator[str]:
    """일도2동 also as 일도이동; 하귀리 also as 하귀1리."""
    yield name
    match = re.fullmatch(r"(\D+)([123])(동)", name)
    if match:
        yield match.group(1) + _NUMBERS[match.group(2)] + "동"
        yield f"{match.group(1)} {match.group(2)}동"
    if name.endswith("리"):
        for digit, word in _NUMBERS.items():
            yield f"{name[:-1]}{digit}리"
            yield f"{name[:-1]}{word}리"


def _add_districts(index: _Index, data: Mapping[str, Any]) -> None:
    for city in CITIES:
        part = data[city]
        index.add(index.full, city, Place(city, "city", city))
        index.add(index.english, part["en"], Place(city, "city", city))
        places = {name: Place(name, "eupmyeondong", city, name) for name in part["districts"]}
        for district, names in part["inside"].items():
            for name in names:
                kind: Kind = "ri" if name.endswith("리") else "eupmyeondong"
                places.setdefault(name, Place(name, kind, city, district))
        for name in part["loose"]:
            places[name] = Place(name, "eupmyeondong", city)
        for name, place in places.items():
            for written in _numbered(name):
                if written == name or written not in places:
                    index.add(index.full, written, place)
        _add_short(index, city, part, places)
    index.short["서귀포"] = Place("서귀포시", "city", "서귀포시")


def _add_short(
    index: _Index, city: City, part: Mapping[str, Any], places: Mapping[str, Place]
) -> None:
    for name, more in part["districts"].items():
        for short in more.get("short", ()):
            index.add(index.short, short, places[name])
        for english in more.get("en", ()):
            index.add(index.english, english, places[name])
    for short, name in part["short"].items():
        known = places.get(name)
        place = known or Place(short, "eupmyeondong", city)
        index.add(index.short, short, place)
    for english, name in part["en_more"].items():
        kind: Kind = "city" if name == city else "eupmyeondong"
        index.add(index.english, english, places.get(name) or Place(name, kind, city))


def _add_listed(index: _Index, data: Mapping[str, Any], kind: Kind) -> None:
    for where, entries in data.items():
        city: City | None = next((city for city in CITIES if city == where), None)
        for entry in entries:
            place = Place(entry["name"], kind, city)
            for written in (entry["name"], *entry.get("as", ())):
                index.add(index.full, written, place)
            for english in entry.get("en", ()):
                index.add(index.english, english, place)


# ---------------------------------------------------------------- finding

_BLANK = r"\s?"
# What may follow a short name such as 함덕, so that 성산 is not found in 성산업.
_AFTER_SHORT = (
    r"(?![가-힣A-Za-z])|(?=(?:에|은|는|이|가|을|를|의|도|만|과|와|로|으로|쪽|인데|이에요|예요|입니다|입구"
    r"|사거리|근처|부근|방면|지역|공업단지|리조트|초등학교|중학교|고등학교|해변|오일장|보건소|체육관|포구|하나로마트|초|중|고|읍내|시내|마을|버스|에서|까지|부터|이랑|랑|하고|살|사는|항|우체국|농협|도서관)"
    r"(?![가-힣]{4}))"
)
# 연동 is also "to link"; 애월리 must not be found in 애월리조트, 노형로 not in 노형로터리.
_NOT_AFTER = {
    "동": "생|산|물|네|안|시에",
    "리": "조트|더|모델|스|뷰|필|얼|그",
    "로": "터리|봇|비|그|또",
}
_NOT_AFTER_YEON = r"되|돼|됨|하|해|이\s?안|이\s?되|오류|시스템|기능|서비스|계좌|시키|시켜|생|산"


def _spaced(written: str) -> str:
    """A pattern for one name with its blanks optional; long names may be broken anywhere."""
    words = written.split(" ")
    if written[0].isdigit():
        # 5·16도로: every dot is written in a dozen ways, and often left out.
        parts = re.findall(r"\d+|[가-힣]+", written)
        return r"\s?[·.‧・ㆍ∙-]?\s?".join(map(re.escape, parts))
    if len(written.replace(" ", "")) >= 5 and re.fullmatch(r"[가-힣 ]+", written):
        return _BLANK.join(written.replace(" ", ""))
    return _BLANK.join(re.escape(word) for word in words)


def _full_pattern(written: str) -> str:
    pattern = _spaced(written)
    if written == "연동":
        return rf"(?<![가-힣]){pattern}(?!{_NOT_AFTER_YEON})"
    bare = written.replace(" ", "")
    left = "" if len(bare) >= 3 else "(?<![가-힣])"
    if re.match(r"\d", bare):
        left = r"(?<![\d.-])"
    stop = _NOT_AFTER.get(bare[-1])
    return f"{left}{pattern}" + (f"(?!{stop})" if stop else "")


def _alternatives(patterns: Iterable[tuple[str, str]]) -> str:
    ordered = sorted(patterns, key=lambda pair: -len(pair[0].replace(" ", "")))
    return "|".join(pattern for _, pattern in ordered)


def _key(written: str) -> str:
    return re.sub(r"[\s·.‧・ㆍ∙-]", "", written).lower()


# ---------------------------------------------------------------- the phrase

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


class _Phrases:
    """The words by which place phrases go on and end."""

    def __init__(self, data: Mapping[str, Sequence[str]]) -> None:
        self.positions = frozenset(data["positions"])
        self.nouns = tuple(sorted(data["nouns"], key=len, reverse=True))
        self.whole_nouns = frozenset(data["nouns"])
        self.binders = frozenset(data["binders"])
        self.things = frozenset(data["things"])
        self.times = tuple(data["times"])
        self.questions = frozenset(data["questions"])
        self.english = tuple(sorted(data["english"], key=len, reverse=True))

    def is_anchor(self, word: str) -> bool:
        """Whether a place phrase may end with this word."""
        if word in self.positions or word in self.whole_nouns:
            return True
        if word in self.things:
            return False
        long_enough = (noun for noun in self.nouns if len(noun) >= 2)
        return word.endswith(tuple(long_enough)) or bool(_LOT.match(word)) or self._compound(word)

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


class Places:
    """All places, compiled once; safe to share between threads."""

    def __init__(
        self,
        districts: Mapping[str, Any],
        roads: Mapping[str, Any],
        landmarks: Mapping[str, Any],
        phrases: Mapping[str, Sequence[str]],
    ) -> None:
        index = _Index()
        _add_districts(index, districts)
        _add_listed(index, roads, "road")
        _add_listed(index, landmarks, "landmark")
        self._by_key = {_key(written): place for written, place in index.short.items()}
        self._by_key.update((_key(written), place) for written, place in index.full.items())
        self._by_english = {_key(written): place for written, place in index.english.items()}
        full = _alternatives((name, _full_pattern(name)) for name in index.full)
        short = _alternatives(
            (name, rf"(?<![가-힣]){_spaced(name)}(?:{_AFTER_SHORT})") for name in index.short
        )
        english = _alternatives(
            (name, r"[\s-]?".join(map(re.escape, re.split(r"[\s-]", name))))
            for name in index.english
        )
        self._korean = re.compile(f"{full}|{short}", re.IGNORECASE)
        self._english = re.compile(rf"\b(?:{english})\b", re.IGNORECASE)
        self._phrases = _Phrases(phrases)
        opening = "|".join(map(re.escape, self._phrases.english))
        self._opening = re.compile(rf"\b(?:{opening})\b", re.IGNORECASE)

    @classmethod
    def load(cls, directory: Path) -> Places:
        """The places of a folder with districts, roads, landmarks and phrases (`*.yml`).

        Raises OSError when a file is missing, KeyError when a section is.
        """

        def read(name: str) -> Any:
            with (directory / f"{name}.yml").open(encoding="utf-8") as file:
                return yaml.safe_load(file)

        return cls(read("districts"), read("roads"), read("landmarks"), read("phrases"))

    def find(self, text: str) -> list[PlaceMatch]:
        """The places a message names, in its order, none inside another."""
        found = [
            self._match(match, self._by_key[_key(match.group())])
            for match in self._korean.finditer(text)
        ]
        found += [
            self._match(match, self._by_english[_key(match.group())])
            for match in self._english.finditer(text)
        ]
        return sorted(found, key=lambda match: match.start)

    @staticmethod
    def _match(match: re.Match[str], place: Place) -> PlaceMatch:
        return PlaceMatch(
            place.name, place.kind, place.city, match.start(), match.end(), place.district
        )

    def address(self, text: str) -> str | None:
        """The whole phrase that says where, or None when no place is named.

        "노형동 이마트 앞 도로에 구멍이 났어요" → "노형동 이마트 앞 도로". It runs from the first
        place through nouns and position words, without the closing particle and the predicate.
        """
        matches = self.find(text)
        if not matches:
            return None
        if self._english.match(text, matches[0].start):
            return self._english_address(text, matches)
        return self._korean_address(text, matches)

    # ------------------------------------------------------------ Korean

    def _korean_address(self, text: str, matches: Sequence[PlaceMatch]) -> str:
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
        return token.text in self._phrases.binders or token.start in starts

    def _step(self, token: _Token, ends: set[int]) -> tuple[str, int | None]:
        """What a token does to the phrase (on, end, copula, stop) and where it may end now."""
        word, start = token.text, token.start
        last = max((end for end in ends if start < end <= token.end), default=None)
        if last is not None:
            return self._after_place(token, last)
        if word in self._phrases.questions:
            return "stop", None
        if self._phrases.is_anchor(word):
            return "on", token.end
        copula = _COPULA.search(word)
        if copula and self._phrases.is_anchor(word[: copula.start()]):
            return "copula", start + copula.start()
        locative = _LOCATIVE.search(word)
        if locative and locative.start():
            return self._locative(token, word[: locative.start()])
        if word in self._phrases.binders:
            return "on", None
        marked = _MARKED.search(word)
        if marked and self._phrases.is_anchor(word[: marked.start()]):
            return "stop", start + marked.start()
        if marked or _PREDICATE.search(word):
            return "stop", None
        return "on", None

    def _locative(self, token: _Token, stem: str) -> tuple[str, int | None]:
        if stem in self._phrases.things or self._phrases.is_time(stem):
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
        if self._phrases.is_anchor(rest):
            return "on", token.end
        locative = _LOCATIVE.search(rest)
        if locative and self._phrases.is_anchor(rest[: locative.start()]):
            return "end", last + locative.start()
        return self._glued(rest, last)

    def _glued(self, rest: str, last: int) -> tuple[str, int]:
        """노형동이마트앞도로에구멍이났어요: the longest beginning that ends as places do."""
        for match in _GLUED.finditer(rest):
            if self._phrases.is_anchor(rest[: match.start()]):
                return "stop", last + match.start()
        for length in range(min(len(rest), 15), 1, -1):
            head = rest[:length]
            if self._phrases.is_anchor(head) and len(head) > 1:
                return "stop", last + length
        return "stop", last

    # ------------------------------------------------------------ English

    def _english_address(self, text: str, matches: Sequence[PlaceMatch]) -> str:
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
