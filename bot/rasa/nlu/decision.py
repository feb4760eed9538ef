"""The data and small questions of the decision: facets asked for, words that are moves."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Sequence

import yaml

from bot.korean.text import squeeze
from bot.rasa.nlu.parts import Borders

RECEIPT = re.compile(r"120-\d{4}-\d{6}")
PHONE = "[전화번호 "
CHECK_CODE = "[확인번호 "
TICKETS_ONLY = frozenset(("callback", "general_ticket"))
"""What a form can open and no article is about."""


def placeholder(text: str, kind: str) -> str:
    """The first placeholder of a kind (`[전화번호 `) in a text, or ''."""
    start = text.find(kind)
    return text[start : text.index("]", start) + 1] if start >= 0 else ""


SOME_CHOICE = "choice"
"""«종류를 바꿀게요»: the field with choices, whatever it is called in the form."""
SAYS_MORE = 3
"""Squeezed characters beside yes and no from which a text says more."""


@dataclass
class Request:
    """One thing that a citizen wants: the unit that actions serve."""

    topic: str = ""
    facet: str = ""
    control: str = ""
    slots: dict[str, str] = field(default_factory=dict)
    confidence: float = 1.0
    why: str = ""
    text: str = ""
    """The words that ask for it: the whole message, or the half of one with two requests."""
    near: str = ""
    """The facet to look at when the words name none and no facet has them."""

    def as_dict(self) -> dict[str, Any]:
        """The request as it stands in the parse and in an action's `latest_message`."""
        return {
            "topic": self.topic,
            "facet": self.facet,
            "control": self.control,
            "slots": self.slots,
            "confidence": round(self.confidence, 4),
            "why": self.why,
            "text": self.text,
            "near": self.near,
        }


@dataclass
class Decision:
    """The intent that the rules see, the requests, and the topics to offer beside them."""

    intent: str
    confidence: float
    requests: list[Request] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    rule: str = ""


class _Said:
    """A text without blanks that remembers its words.

    A word is found inside a word of the text, or from the beginning of one on: 공사장 소음 says
    nothing of 장소.
    """

    def __init__(self, text: str) -> None:
        words = [squeeze(word) for word in text.split()]
        self._bare = "".join(words)
        ends = list(accumulate(map(len, words)))
        self._starts = frozenset([0, *ends])
        self._ends = ends

    def find(self, word: str) -> int:
        """Where `word` stands first, or -1."""
        at = self._bare.find(word)
        while at >= 0 and not self._is_whole(at, at + len(word)):
            at = self._bare.find(word, at + 1)
        return at

    def _is_whole(self, start: int, end: int) -> bool:
        return start in self._starts or not any(start < edge < end for edge in self._ends)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def _has(bare: str, words: list[str]) -> bool:
    return any(word in bare for word in words)


class DialoguePolicy:
    """data/policy/dialogue.yml, asked by name."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.thresholds: dict[str, float] = data["thresholds"]
        self.conversation = frozenset(data["conversation"])
        self.handover = frozenset(data["handover"])
        self.reports = frozenset(data["reports"])
        self.mostly_reported = frozenset(data["mostly_reported"])
        self._no_report: dict[str, list[str]] = data["no_report"]
        self._facets: dict[str, list[str]] = data["facets"]
        self._by_entity: dict[str, dict[str, str]] = data["facet_by_entity"]
        self._fillers = sorted(data["follow_up_fillers"], key=len, reverse=True)
        marks = [str(mark) for mark in data["question_marks"]]
        words = "|".join(re.escape(mark) for mark in marks if re.match("[a-z]", mark))
        self._questions = [mark for mark in marks if not re.match("[a-z]", mark)]
        self._question_words = re.compile(rf"\b(?:{words})\b")
        self._question_ends = re.compile(data["question_ends"])
        self._no_questions: list[str] = data["no_questions"]
        self._form = {name: frozenset(words) for name, words in data["form"].items()}
        self._may_be_left_out = frozenset(data["may_be_left_out"])
        self._leaving_out: tuple[str, ...] = tuple(data["leaving_out"])
        self._announcements: list[str] = data["announcements"]
        endings = "|".join(map(re.escape, data["polite_endings"]))
        self._polite_end = re.compile(rf"(?<=\w)\s*(?:{endings})[.!~]*$")
        self._fields: dict[str, list[str]] = data["field_words"]
        self._instead = re.compile(data["instead"], re.IGNORECASE)
        self._earlier = re.compile(data["earlier"])
        self._yes_no = sorted(data["yes_no"], key=len, reverse=True)
        self.urgent = frozenset(data["urgent"])
        self._distress: list[str] = data["distress"]
        self._not_useful: list[str] = data["not_useful"]
        self.borders = Borders(data["borders"])
        self.leaning: dict[str, float] = data["leaning"]
        self.two_requests: dict[str, float] = data["two_requests"]

    @classmethod
    def load(cls, path: Path) -> "DialoguePolicy":
        """Read the policy file. Raises KeyError when a part is missing."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def is_topic(self, intent: str) -> bool:
        """Whether an intent is a topic of the catalogue (or a kind of ticket)."""
        return not (
            intent in self.conversation
            or intent in self.handover
            or intent in ("out_of_scope", "nlu_fallback", "")
        )

    def is_catalogued(self, intent: str) -> bool:
        """Whether an intent is a topic of the catalogue, with an article of its own."""
        return self.is_topic(intent) and intent not in TICKETS_ONLY

    def says_more(self, text: str) -> bool:
        """Whether a text says anything beside yes, no and thank you («아니 중학생이요»)."""
        bare = squeeze(text)
        for word in self._yes_no:
            bare = bare.replace(word, "")
        return len(bare) >= SAYS_MORE

    def meant_instead(self, text: str) -> str:
        """What a correction means («A 말고 B»: B), or '' when the text corrects nothing."""
        parts = self._instead.split(text, maxsplit=1)
        return parts[-1].strip() if len(parts) > 1 else ""

    def points_back(self, text: str) -> bool:
        """Whether the text means something asked earlier («아까 그거»)."""
        return bool(self._earlier.search(squeeze(text)))

    def is_distressed(self, text: str) -> bool:
        """Whether the text is somebody's at the end of their strength: a person should look."""
        return _has(squeeze(text), self._distress)

    def facet(self, text: str) -> str:
        """The facet whose words stand first in the text, the longest word winning; or ''."""
        said = _Said(text)
        found = [
            (at, -len(word), facet)
            for facet, words in self._facets.items()
            for word in words
            if (at := said.find(word)) >= 0
        ]
        # "얼마나 걸려요" asks for the duration although 얼마 alone asks for the fee.
        longest = sorted(found, key=lambda item: (item[1], item[0]))
        return longest[0][2] if longest else ""

    def asks_one_of(self, text: str, facets: Sequence[str]) -> bool:
        """Whether the text has words of one of these facets, beside those of any other."""
        said = _Said(text)
        return any(said.find(word) >= 0 for name in facets for word in self._facets.get(name, []))

    def facet_by_entity(self, entities: list[dict[str, Any]]) -> str:
        """The facet that an entity asks for (a destination country), or ''."""
        for entity in entities:
            facet = self._by_entity.get(entity.get("entity", ""), {}).get(
                str(entity.get("value", ""))
            )
            if facet:
                return facet
        return ""

    def remainder(self, text: str, facet: str) -> str:
        """What a text says besides a facet's words and the fillers of a follow-up."""
        words = re.split(r"[\s?!.,~]+", text.lower())
        kept = [word for word in words if word and word not in self._fillers]
        bare = squeeze("".join(kept))
        for word in sorted(self._facets.get(facet, []), key=len, reverse=True):
            bare = bare.replace(word, "")
        changed = True
        while changed:
            changed = False
            for filler in self._fillers:
                if bare.endswith(filler) or (len(filler) > 1 and bare.startswith(filler)):
                    bare = bare[: -len(filler)] if bare.endswith(filler) else bare[len(filler) :]
                    changed = True
                    break
        return bare

    def asks(self, text: str) -> bool:
        """Whether the text looks like a question."""
        low = text.lower()
        for words in self._no_questions:
            low = low.replace(words, " ")
        if any(mark in low for mark in self._questions):
            return True
        return bool(self._question_words.search(low) or self._question_ends.search(low))

    def move(self, text: str, name: str) -> bool:
        """Whether the whole text is one of the words of a form move (`cancel`, `skip`, …)."""
        return _bare(text) in self._form[name]

    def ends_as(self, text: str, name: str) -> bool:
        """Whether the text ends as a move does («그냥 안 할래요»)."""
        return _bare(text).endswith(tuple(self._form[f"{name}_at_end"]))

    def gives_up(self, text: str) -> bool:
        """Whether the whole report is given up, not only what is asked («됐어요 안 할래요»)."""
        begins = _bare(text).startswith(tuple(self._form["gives_up_at_start"]))
        return begins and self.ends_as(text, "cancel")

    def is_not_useful(self, text: str) -> bool:
        """Whether the text says, as the button under an answer does, that it did not help."""
        return _has(squeeze(text), self._not_useful)

    def leaves_out(self, text: str, asked: str) -> bool:
        """Whether the text leaves out what need not be given («연락처는 안 남길래요»)."""
        tells = any(letter.isdigit() for letter in text)
        may = asked in self._may_be_left_out and not tells
        return may and _bare(text).endswith(self._leaving_out)

    def corrects(self, text: str) -> bool:
        """Whether the text takes back something said before."""
        low = text.lower()
        return any(word in low for word in self._form["correction"])

    def announces(self, text: str) -> bool:
        """Whether the text says that something is to be reported or applied for."""
        return any(word in text.lower() for word in self._announcements)

    def bare(self, text: str) -> str:
        """A place as citizens answer with it («연동 GS25 앞이요»), without its polite ending."""
        return self._polite_end.sub("", text)

    def is_none_to_report(self, topic: str, text: str) -> bool:
        """Whether a text of a report's topic is about what nobody reports (adopting a dog)."""
        return _has(squeeze(text), [squeeze(word) for word in self._no_report.get(topic, [])])

    def field_named(self, text: str, among: Sequence[str] = ()) -> str:
        """The form field that the text names, or ''; `among`: the only ones there are."""
        low, bare = text.lower(), squeeze(text)
        for name, words in self._fields.items():
            is_one = not among or name in among or name == SOME_CHOICE
            if is_one and any(word in low or word in bare for word in words):
                return name
        return ""
