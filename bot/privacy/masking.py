"""Replacing personal data by placeholders, before anything is stored, logged or passed on."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.paths import POLICY
from bot.privacy.detectors import Detector, Stretch, detectors, national
from bot.privacy.evidence import TAKEN, digits_of
from bot.privacy.folding import View, fold
from bot.privacy.kinds import ANY_PLACEHOLDER, KINDS, TYPED_PLACEHOLDER, placeholder
from bot.privacy.policy import Policy

# Without a digit, a spoken digit or an address there is nothing to find.
_WORTH_A_LOOK = re.compile(r"\d|@|골뱅이|at\s?[)\]]|[공영빵일이삼사오육륙칠팔구]{2}", re.IGNORECASE)
_NUMERIC = frozenset({"resident_number", "foreigner_number", "driver_license", "account", "card"})


@dataclass(frozen=True)
class Finding:
    """One value found in a text.

    `original` is what was typed, and empty where `keep` is False: that value is to be forgotten.
    """

    kind: str
    original: str
    placeholder: str
    keep: bool


@dataclass(frozen=True)
class Masked:
    """A text without personal data, and what was taken out, each value once."""

    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Span:
    """`text[start:end]` of a text in composed form (NFC) is of `kind`; `key` tells equal values."""

    start: int
    end: int
    kind: str
    key: str


class Masker:
    """Finds and replaces personal data. Made once; every method may be called from any thread."""

    def __init__(self, policy: Policy) -> None:
        self._detectors: list[Detector] = detectors(policy)

    @classmethod
    def load(cls, path: Path) -> "Masker":
        """Make a masker from a policy file. Raises PolicyError when the file is unusable."""
        return cls(Policy.load(path))

    def mask(self, text: str, taken: Mapping[str, int] | None = None) -> Masked:
        """Replace every value in `text` by a placeholder such as `[전화번호 1]`.

        `taken`: kind to the highest number already used in the conversation. Text that looks
        like a placeholder gets other brackets, so that nobody can point at another's value.
        """
        text = unicodedata.normalize("NFC", text)
        spans = self._spans(text)
        findings = _findings(text, spans, dict(taken or {}))
        return Masked(_replaced(text, spans, findings), tuple(findings.values()))

    def spans(self, text: str) -> list[Span]:
        """Where the personal data in `text` (brought to NFC) stands, in order."""
        return self._spans(unicodedata.normalize("NFC", text))

    def _spans(self, text: str) -> list[Span]:
        view = fold(text)
        if not _WORTH_A_LOOK.search(view.text):
            return []
        seen = ANY_PLACEHOLDER.sub(_blank, view.text)
        found: list[Stretch] = []
        # What is taken out can lay bare something that it hid: look again until nothing is new.
        while True:
            before = len(found)
            seen = self._look(seen, found)
            if len(found) == before:
                break
        spans = (_span(view, stretch) for stretch in found)
        return sorted(spans, key=lambda span: span.start)

    def _look(self, seen: str, found: list[Stretch]) -> str:
        for detector in self._detectors:
            for stretch in list(detector(seen)):
                if TAKEN in seen[stretch.start : stretch.end]:
                    continue
                if stretch.kind:
                    found.append(stretch)
                blank = TAKEN * (stretch.end - stretch.start)
                seen = seen[: stretch.start] + blank + seen[stretch.end :]
        return seen


def _blank(match: re.Match[str]) -> str:
    return TAKEN * len(match[0])


def _span(view: View, stretch: Stretch) -> Span:
    value = view.text[stretch.start : stretch.end]
    kind = stretch.kind or ""
    start, end = view.original(stretch.start, stretch.end)
    return Span(start, end, kind, _key(kind, value))


def _key(kind: str, value: str) -> str:
    if kind == "phone":
        return national(value)
    if kind in _NUMERIC:
        return digits_of(value)
    return re.sub(r"[\s\-]", "", value).upper()


def _findings(
    text: str, spans: list[Span], numbers: dict[str, int]
) -> dict[tuple[str, str], Finding]:
    findings: dict[tuple[str, str], Finding] = {}
    for span in spans:
        if (span.kind, span.key) in findings:
            continue
        numbers[span.kind] = numbers.get(span.kind, 0) + 1
        keep = KINDS[span.kind].keep
        findings[span.kind, span.key] = Finding(
            span.kind,
            text[span.start : span.end] if keep else "",
            placeholder(span.kind, numbers[span.kind]),
            keep,
        )
    return findings


def _replaced(text: str, spans: list[Span], findings: Mapping[tuple[str, str], Finding]) -> str:
    parts, at = [], 0
    for span in spans:
        parts += [_neutral(text[at : span.start]), findings[span.kind, span.key].placeholder]
        at = span.end
    return "".join([*parts, _neutral(text[at:])])


def _neutral(text: str) -> str:
    return TYPED_PLACEHOLDER.sub(r"（\1）", text)


@lru_cache
def default_masker() -> Masker:
    """The masker of this installation, from data/policy/personal_data.yml."""
    return Masker.load(POLICY / "personal_data.yml")


def mask_log(value: object) -> object:
    """Mask every text in a log value: a string, or lists, tuples and mappings of them.

    Anything else is returned as it is. For a log processor: the values are not kept.
    """
    if isinstance(value, str):
        return default_masker().mask(value).text
    if isinstance(value, Mapping):
        return {key: mask_log(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(mask_log, value)) if type(value) in (list, tuple) else value
    return value
