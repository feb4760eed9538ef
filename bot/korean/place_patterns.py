"""Patterns for the names of places, and a search that tries a name only where it may begin."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

# What may follow a short name such as 함덕, so that 성산 is not found in 성산업.
_AFTER_SHORT = (
    r"(?![가-힣A-Za-z])|(?=(?:에|은|는|이|가|을|를|의|도|만|과|와|로|으로|쪽|인데|이에요|예요|입니다|입구"
    r"|사거리|근처|부근|방면|지역|공업단지|리조트|초등학교|중학교|고등학교|해변|오일장|보건소|체육관|포구|하나로마트|[초중고](?:[^가-힣]|$|[에는은를의도앞옆뒤쪽])|읍내|시내|마을|버스|에서|까지|부터|이랑|랑|하고|살|사는|항|우체국|농협|도서관)"
    r"(?![가-힣]{4}))"
)
# By its last syllable, what a name must not run on into: 애월리조트, 노형로터리, 제주시 청년.
_NOT_AFTER = {
    "동": r"생|산|물|네|안|굴|시에|의\s?(?:서|를|하|함|해|여부)",
    "리": "조트|더|모델|스|뷰|필|얼|그",
    "로": "터리|봇|비|그|또|드|션|운|워|웠",
    "항": "공|목",
    "청": "년|소|구|약|원|정|결|렴|각|춘|력|산|취|문|첩|혼",
    "대": "회|표|책|상|비|형|중|응|행|여|출|전|체|기|신|포|량",
}
# Names that are ordinary words as well, and what makes them one: 중문 is a door, 구좌 an account,
# 남원 and 성산 are also elsewhere.
_NOT_BEFORE_WORD = {
    "연동": r"되|돼|됨|하|해|이\s?안|이\s?되|오류|시스템|기능|서비스|계좌|시키|시켜|생|산",
    "중문": r"(?:을|이)?\s?(?:설치|철거|시공|교체|달(?:아|고|려|았)|떼)",
    "구좌": r"(?:를|에|로)?\s?(?:개설|입금|이체|송금|번호|당)",
    "남원": r"\s(?:추어탕|춘향|광한루)",
    "성산": r"\s(?:대교|대로)",
    "한림": r"\s(?:대학|성심|의대)",
}
# What would be found at the end of an ordinary word: 당신대로, 요금 오름, 국민오름.
_BEGINS_A_WORD = frozenset({"신대로", "고마로", "금오름", "민오름", "태위로", "서사로", "연동"})
_BETWEEN = re.compile(r"[\s·.‧・ㆍ∙-]")


def key(written: str) -> str:
    """What all ways to write one name have in common: no blanks, dots, hyphens, capitals."""
    return _BETWEEN.sub("", written).lower()


def full(written: str) -> str:
    """A pattern for a name that is told apart from other words by its own length and ending."""
    bare = written.replace(" ", "")
    left = "" if len(bare) >= 3 and bare not in _BEGINS_A_WORD else "(?<![가-힣])"
    if bare[0].isdigit():
        left = r"(?<![\d.-])"
    stop = _NOT_BEFORE_WORD.get(bare) or _NOT_AFTER.get(bare[-1])
    return left + _spaced(written) + (f"(?!{stop})" if stop else "")


def short(written: str) -> str:
    """A pattern for a name without its ending, found only where it is surely one."""
    stop = _NOT_BEFORE_WORD.get(written)
    not_a_word = f"(?!{stop})" if stop else ""
    return rf"(?<![가-힣\d]){_spaced(written)}{not_a_word}(?:{_AFTER_SHORT})"


def english(written: str) -> str:
    """A pattern for a name in Latin letters, with blanks or hyphens between its words.

    A Korean particle may follow it (Jeju Airport에서), which Unicode's word border would forbid.
    """
    words = re.split(r"[\s-]", written)
    return r"(?<![^\W_가-힣])" + r"[\s-]?".join(map(re.escape, words)) + r"(?![A-Za-z\d_])"


def _spaced(written: str) -> str:
    """A pattern for one name with its blanks optional; long names may be broken anywhere."""
    if written[0].isdigit():
        # 5·16도로: every dot is written in a dozen ways, and often left out.
        parts = re.findall(r"\d+|[가-힣]+", written)
        return r"\s?[·.‧・ㆍ∙-]?\s?".join(map(re.escape, parts))
    if len(written.replace(" ", "")) >= 5 and re.fullmatch(r"[가-힣 ]+", written):
        return r"\s?".join(written.replace(" ", ""))
    return r"\s?".join(re.escape(word) for word in written.split(" "))


class Finder:
    """Finds names as one alternation of their patterns would, the longest first.

    Such an alternation tries every name at every character. Here a small pattern looks for the
    first two characters of any name, and only the names that begin with those are tried. Their
    pattern is compiled when they are first met: all of them would take a second.
    """

    def __init__(self, *groups: Iterable[tuple[str, str]]) -> None:
        """`groups`: names with their patterns; the names of an earlier group win."""
        self._patterns: dict[str, list[str]] = defaultdict(list)
        for group in groups:
            for name, pattern in sorted(group, key=lambda pair: -len(pair[0].replace(" ", ""))):
                self._patterns[_head(name)].append(pattern)
        seconds: dict[str, str] = defaultdict(str)
        for head in self._patterns:
            seconds[head[0]] += re.escape(head[1:])
        gates = (
            re.escape(first) + (rf"\s?[{second}]" if second else "")
            for first, second in sorted(seconds.items())
        )
        self._gate = re.compile("|".join(gates) or r"(?!)", re.IGNORECASE)
        self._compiled: dict[str, re.Pattern[str]] = {}

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """The names in `text` from left to right, none inside another."""
        at = 0
        while gate := self._gate.search(text, at):
            hit = self._try(gate)
            if hit is not None:
                yield hit
            at = hit.end() if hit is not None else gate.start() + 1

    def match(self, text: str, at: int) -> re.Match[str] | None:
        """The name that begins at `at`."""
        gate = self._gate.match(text, at)
        return self._try(gate) if gate else None

    def _try(self, gate: re.Match[str]) -> re.Match[str] | None:
        head = key(gate.group())
        tried = self._compiled.get(head)
        if tried is None:
            if head not in self._patterns:
                return None
            # Two threads may both compile it; both get the same.
            tried = re.compile("|".join(self._patterns[head]), re.IGNORECASE)
            self._compiled[head] = tried
        return tried.match(gate.string, gate.start())


def _head(name: str) -> str:
    """The first two characters of a name; a figure alone, as a dot may follow it."""
    return name[0] if name[0].isdigit() else key(name)[:2]
