"""What a ticket needs and how an answer is checked, as data/policy/forms.yml says."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, field_validator

from bot.korean.text import squeeze
from bot.paths import POLICY
from bot.privacy.kinds import KINDS, TYPED_PLACEHOLDER
from bot.tickets.errors import FieldError, PolicyError
from bot.wording import wording

Kind = Literal["report", "visit", "callback", "general"]

__all__ = ["FieldError", "Form", "FormField", "Forms", "NoForm", "forms"]


class NoForm(PolicyError):
    """No form belongs to a topic."""


class FormField(BaseModel):
    """One thing that a form asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    required: bool
    personal: bool
    """Asked only after consent."""
    min: int = 1
    max: int
    """Characters; placeholders do not count towards the least."""
    holds: str | None = None
    """Kind of personal datum whose placeholder the value must contain."""
    choices: dict[str, tuple[str, ...]] = {}
    """Id of a choice to the words that mean it."""

    @field_validator("holds")
    @classmethod
    def _a_kind_that_may_lie(cls, value: str | None) -> str | None:
        if value is not None and not (value in KINDS and KINDS[value].keep):
            raise ValueError(f"no kind of personal data that may be kept: {value}")
        return value

    def check(self, value: str) -> str:
        """`value` as it is stored: tidied, a choice's id, or the placeholders alone.

        Raises FieldError with the wording key of what to tell the citizen.
        """
        text = _tidy(value)
        if len(text) > self.max:
            raise FieldError("too_long")
        if self.holds:
            return self._placeholders(text)
        if self.choices:
            return self._choice(text)
        if len(TYPED_PLACEHOLDER.sub("", text).strip()) < self.min:
            raise FieldError("too_short")
        return text

    def _placeholders(self, text: str) -> str:
        # Whatever stands beside the number (a name, a greeting) is not needed and not kept.
        assert self.holds is not None
        found = re.findall(rf"\[{KINDS[self.holds].label} \d+\]", text)
        if not found:
            raise FieldError(f"no_{self.holds}")
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


class Form(BaseModel):
    """The fields of one topic, in the order asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: str
    kind: Kind
    fields: tuple[FormField, ...]

    def field(self, name: str) -> FormField | None:
        """The field `name`, or None when this form does not ask for it."""
        return next((each for each in self.fields if each.id == name), None)

    def question(self, name: str) -> str:
        """The wording key of the question for field `name`: the topic's own, or the general one."""
        own = f"form.ask_{self.topic}_{name}"
        return own if wording().has(own) else f"form.ask_{name}"


class _File(BaseModel):
    """The file: `fields` is only what the forms borrow from."""

    forms: dict[str, dict[str, Any]]


class Forms:
    """Every form, by topic."""

    def __init__(self, forms: dict[str, Form]) -> None:
        self._forms = forms

    @classmethod
    def load(cls, path: Path = POLICY / "forms.yml") -> "Forms":
        """Read a file of forms. Raises PolicyError when it is missing or makes no sense."""
        try:
            read = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
            forms = [Form(topic=topic, **form) for topic, form in read.forms.items()]
        except (OSError, yaml.YAMLError, ValueError, TypeError) as error:
            raise PolicyError(f"{path.name} cannot be used: {error}") from error
        return cls({form.topic: form for form in forms})

    def of(self, topic: str) -> Form:
        """The form of a topic. Raises NoForm."""
        if (form := self._forms.get(topic)) is None:
            raise NoForm(f"data/policy/forms.yml has no form for {topic!r}.")
        return form

    def topics(self) -> list[str]:
        """Every topic that has a form."""
        return list(self._forms)


@lru_cache
def forms() -> Forms:
    """The forms of this installation."""
    return Forms.load()


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
