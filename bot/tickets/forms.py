"""What a ticket needs, as data/policy/forms.yml says: the forms, by topic."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from bot import yaml_files
from bot.paths import POLICY
from bot.tickets.errors import FieldError, PolicyError
from bot.tickets.form_fields import AREA, FieldKind, FormField
from bot.wording import wording

Kind = Literal["report", "visit", "callback", "general"]

__all__ = ["AREA", "FieldError", "FieldKind", "Form", "FormField", "Forms", "NoForm", "forms"]


class NoForm(PolicyError):
    """No form belongs to a topic."""


class Form(BaseModel):
    """The fields of one topic, in the order asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: str
    kind: Kind
    fields: tuple[FormField, ...]

    @model_validator(mode="after")
    def _conditions_come_first(self) -> Self:
        known = {AREA} if any(each.kind == "location" for each in self.fields) else set()
        for each in self.fields:
            if strange := set(each.when) - known:
                raise ValueError(f"{each.id} asks for {', '.join(sorted(strange))} before it is")
            known.add(each.id)
        return self

    def field(self, name: str) -> FormField | None:
        """The field `name`, or None when this form does not ask for it."""
        return next((each for each in self.fields if each.id == name), None)

    def of_kind(self, kind: FieldKind) -> FormField | None:
        """The first field of a kind, or None."""
        return next((each for each in self.fields if each.kind == kind), None)

    def question(self, name: str) -> str:
        """The wording key of the question for field `name`: the topic's own, or the general one."""
        own = f"form.ask_{self.topic}_{name}"
        return own if wording().has(own) else f"form.ask_{name}"

    def choice(self, name: str, choice: str) -> str:
        """The wording key of a choice's title: the topic's own, the field's, or the general one."""
        ways = (
            f"form_choice.{self.topic}_{name}_{choice}",
            f"form_choice.{name}_{choice}",
            f"form_choice.{choice}",
        )
        return next((key for key in ways if wording().has(key)), f"form.choice_{choice}")

    def chosen(self, name: str, choice: str) -> str:
        """The wording key of what a choice is called once it is made."""
        key = f"form_choice.chosen_{name}_{choice}"
        return key if wording().has(key) else self.choice(name, choice)


class _File(BaseModel):
    """The file: `fields` is only what the forms borrow from."""

    forms: dict[str, dict[str, Any]]
    usual: tuple[str, ...] = ()


class Forms:
    """Every form, by topic."""

    def __init__(self, forms: dict[str, Form], usual: tuple[str, ...] = ()) -> None:
        self._forms = forms
        self.usual = usual
        """The topics that are offered when nothing tells what it is about."""

    @classmethod
    def load(cls, path: Path = POLICY / "forms.yml") -> "Forms":
        """Read a file of forms. Raises PolicyError when it is missing or makes no sense."""
        try:
            read = _File.model_validate(yaml_files.read(path))
            forms = {topic: Form(topic=topic, **form) for topic, form in read.forms.items()}
            others = {other for form in forms.values() for other in _others(form)}
            if strange := ({*read.usual} | others) - set(forms):
                raise ValueError(f"no form of {', '.join(sorted(strange))}")
        except (OSError, yaml.YAMLError, ValueError, TypeError) as error:
            raise PolicyError(f"{path.name} cannot be used: {error}") from error
        return cls(forms, read.usual)

    def of(self, topic: str) -> Form:
        """The form of a topic. Raises NoForm."""
        if (form := self._forms.get(topic)) is None:
            raise NoForm(f"data/policy/forms.yml has no form for {topic!r}.")
        return form

    def topics(self) -> list[str]:
        """Every topic that has a form."""
        return list(self._forms)


def _others(form: Form) -> list[str]:
    return [topic for field in form.fields for topic in field.switch.values()]


@lru_cache
def forms() -> Forms:
    """The forms of this installation."""
    return Forms.load()
