"""The services of the server: every topic that a report can be made about, and what it asks."""

from collections.abc import Iterator
from typing import Any

from bot.knowledge.topics import Topic, topics
from bot.open311.errors import NotThere
from bot.tickets.form_fields import FormField
from bot.tickets.forms import Form, forms
from bot.wording import wording

_ASKED_AS = {"choice": "singlevaluelist", "text": "text", "moment": "string", "plate": "string"}
"""Kinds of fields that are attributes; place, contact and photos have parameters of their own."""
DETAIL = "detail"
"""The field that `description` fills."""


def codes() -> list[str]:
    """Every service code: the topics whose form is a report."""
    known = topics()
    return [code for code in forms().topics() if code in known and _form(code).kind == "report"]


def form(code: str) -> Form:
    """The form of a service. Raises NotThere."""
    if code not in codes():
        raise NotThere("open311.no_service")
    return _form(code)


def attributes(form: Form) -> list[FormField]:
    """The fields of a form that a client fills as attributes."""
    return [each for each in form.fields if each.kind in _ASKED_AS and each.id != DETAIL]


def required(field: FormField) -> bool:
    """Whether an attribute must be given; GeoReport cannot say "only when"."""
    return field.required and not field.when


def listed(language: str) -> list[dict[str, Any]]:
    """The list of services."""
    return [_service(code, topics()[code], language) for code in codes()]


def definition(code: str, language: str) -> dict[str, Any]:
    """What a service asks for. Raises NotThere."""
    asked = form(code)
    return {
        "service_code": code,
        "attributes": [
            _attribute(asked, field, order, language)
            for order, field in enumerate(attributes(asked), 1)
        ],
    }


def name(code: str, language: str) -> str:
    """What a service is called, as citizens see it on buttons."""
    return topics()[code].title.in_language(language)


def _form(code: str) -> Form:
    return forms().of(code)


def _service(code: str, topic: Topic, language: str) -> dict[str, Any]:
    title = name(code, language)
    return {
        "service_code": code,
        "service_name": title,
        "description": wording().text("open311.service", language, {"title": title}),
        "metadata": bool(attributes(_form(code))),
        "type": "realtime",
        "keywords": ",".join(_keywords(topic)),
        "group": wording().template(f"open311.group_{topic.category}", language),
    }


def _keywords(topic: Topic) -> Iterator[str]:
    both = f"{topic.title.ko} {topic.title.en.lower()}"
    for mark in "·,/()":
        both = both.replace(mark, " ")
    yield from dict.fromkeys(both.split())


def _attribute(form: Form, field: FormField, order: int, language: str) -> dict[str, Any]:
    say = wording()
    return {
        "variable": True,
        "code": field.id,
        "datatype": _ASKED_AS[field.kind],
        "required": required(field),
        "datatype_description": None,
        "order": order,
        "description": _question(form, field, language),
        "values": [
            {"key": choice, "name": say.template(form.choice(field.id, choice), language)}
            for choice in field.choices
        ],
    }


def _question(form: Form, field: FormField, language: str) -> str | None:
    """What citizens are asked; the name alone of what is taken when told, and never asked."""
    keys = (form.question(field.id), f"form.label_{field.id}")
    key = next((key for key in keys if wording().has(key)), None)
    return wording().template(key, language) if key else None
