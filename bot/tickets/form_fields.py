"""One thing that a form asks for, and how an answer to it is checked. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from bot.korean.text import squeeze
from bot.privacy.kinds import KINDS, TYPED_PLACEHOLDER
from bot.tickets.errors import FieldError

FieldKind = Literal["text", "choice", "location", "moment", "plate", "contact", "photo"]
AREA = "area"
"""What `when` may ask besides earlier answers: whether the place lies in a 동 or in a 읍·면."""
UNSURE = "unsure"
"""The choice that is never read out of what a citizen wrote before."""
LIKE_A_PHONE = 7
"""Digits from which an answer was meant as a phone number."""


class FormField(BaseModel):
    """One thing that a form asks for; data/policy/forms.yml says what each part means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: FieldKind
    required: bool
    personal: bool = False
    """Asked only after consent."""
    asked: bool = True
    min: int = 1
    max: int
    """Characters; placeholders do not count towards the least."""
    most: int = 0
    """Photos."""
    holds: str | None = None
    """Kind of personal datum whose placeholder the value must contain."""
    choices: dict[str, tuple[str, ...]] = {}
    """Id of a choice to the words that mean it."""
    told: bool = False
    when: dict[str, tuple[str, ...]] = {}
    urgent: dict[str, str] = {}
    says: dict[str, str] = {}
    switch: dict[str, str] = {}

    @field_validator("holds")
    @classmethod
    def _a_kind_that_may_lie(cls, value: str | None) -> str | None:
        if value is not None and not (value in KINDS and KINDS[value].keep):
            raise ValueError(f"no kind of personal data that may be kept: {value}")
        return value

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError(f"{self.id}: a choice has choices, and nothing else has")
        if (self.kind in ("plate", "contact")) != bool(self.holds):
            raise ValueError(f"{self.id}: a plate and a contact hold something, nothing else does")
        for what in (self.urgent, self.says, self.switch):
            if strange := set(what) - set(self.choices):
                raise ValueError(f"{self.id}: no such choice: {', '.join(sorted(strange))}")
        if self.required and not self.asked:
            raise ValueError(f"{self.id}: what is required is asked")
        if self.kind == "photo" and (self.required or self.most < 1):
            raise ValueError(f"{self.id}: photos are never required, and there may be some")
        return self

    def applies(self, facts: Mapping[str, str]) -> bool:
        """Whether it belongs to a report with these answers (and its `area`)."""
        return all(facts.get(key) in values for key, values in self.when.items())

    def check(self, value: str) -> str:
        """`value` as it is stored: tidied, a choice's id, or the placeholders alone.

        Raises FieldError with the wording key of what to tell the citizen.
        """
        text = _tidy(value)
        if self.kind == "photo":
            raise FieldError("photo")
        if len(text) > self.max:
            raise FieldError("too_long")
        if self.holds:
            return self._placeholders(text)
        if self.choices:
            return self._choice(text)
        if len(TYPED_PLACEHOLDER.sub("", text).strip()) < self.min:
            raise FieldError("too_short")
        return text

    def heard_in(self, text: str) -> str | None:
        """The choice, or the placeholder, that a text tells by the way; None where it tells none.

        «There is a fallen tree on the road» tells what kind of help is wanted; only a field with
        `told`, or one that holds a placeholder, is read so.
        """
        if not (self.told or self.holds):
            return None
        try:
            value = self._placeholders(text) if self.holds else self._choice(text)
        except FieldError:
            return None
        return None if value == UNSURE else value

    def _placeholders(self, text: str) -> str:
        # Whatever stands beside the number (a name, a greeting) is not needed and not kept.
        assert self.holds is not None
        found = re.findall(rf"\[{KINDS[self.holds].label} \d+\]", text)
        if not found:
            digits = sum(letter.isdigit() for letter in TYPED_PLACEHOLDER.sub("", text))
            is_bad = self.holds == "phone" and digits >= LIKE_A_PHONE
            raise FieldError("bad_phone" if is_bad else f"no_{self.holds}")
        return ", ".join(dict.fromkeys(found))

    def _choice(self, text: str) -> str:
        if text in self.choices:
            return text
        lengths = {
            name: max((len(word) for word in words if _means(text, word)), default=0)
            for name, words in self.choices.items()
        }
        # «위험하지 않아요» holds «위험» too: the longest word that fits is what was meant.
        longest = max(lengths.values())
        best = [name for name, length in lengths.items() if length == longest]
        if not longest or len(best) > 1:
            raise FieldError("choice")
        return best[0]


def _tidy(value: Any) -> str:
    lines = (" ".join(line.split()) for line in str(value).splitlines())
    return "\n".join(line for line in lines if line)


def _means(text: str, word: str) -> bool:
    if word.isascii():
        return re.search(rf"\b{re.escape(word)}\b", text.replace("’", "'").casefold()) is not None
    if len(word) > 1:
        return word in squeeze(text)
    # One syllable («네») stands inside too many words.
    first = re.match(r"[가-힣]+", text)
    return first is not None and first[0] == word
