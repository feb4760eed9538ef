"""What a report asks next, with its buttons, and the summary before it is sent."""

from datetime import datetime

from sqlalchemy.orm import Session

from actions import report_same
from actions.report_places import CHOICE, label
from actions.report_state import (
    CONFIRM,
    CONSENT,
    PHOTO,
    PLACE,
    SAME,
    Report,
    Step,
    next_question,
)
from bot.replies import PERSON, Button, Facet, Press, Reply, Say, Source
from bot.tickets.forms import Form, FormField
from bot.tickets.spots import Spot
from bot.wording import LANGUAGES, wording

OFFER_A_PERSON_AFTER = 2
"""Failed answers in a row to one question."""
CANCEL = Button(title=Say(key="button.cancel"), press=Press(control="cancel"))
SKIP = Button(title=Say(key="button.skip"), press=Press(control="skip"))

Parts = list[Say | Facet | Source]


def question(session: Session, form: Form, step: Step, now: datetime) -> Reply:
    """Ask for what is open in the report; sets `report.asked`."""
    report = step.report
    report.asked = next_question(form, report)
    if report.asked == CONFIRM:
        if alike := report_same.alike(session, form, report, now):
            report.asked = SAME
            return report_same.question(report, alike, step.note, now)
        return _summary(form, step)
    buttons = [*step.buttons, *_buttons(form, report)]
    if report.failures >= OFFER_A_PERSON_AFTER:
        buttons = [PERSON, *buttons]
    parts: Parts = [*step.note, *_asking(form, report)]
    return Reply(parts=parts, buttons=buttons, asks=report.asked, topic=report.topic)


def _asking(form: Form, report: Report) -> list[Say]:
    if report.asked == CONSENT:
        return [Say(key="consent.ask")]
    if report.asked == PHOTO and report.photos:
        return [Say(key="form.ask_more_photos")]
    asked = [Say(key=form.question(report.asked))]
    example = f"form.example_{report.asked}"
    if report.failures and wording().has(example):
        asked.append(Say(key=example))
    return asked


def _buttons(form: Form, report: Report) -> list[Button]:
    if report.asked == CONSENT:
        agree = Button(title=Say(key="button.agree"), press=Press(control="agree"))
        refuse = Button(title=Say(key="button.refuse"), press=Press(control="skip"))
        return [agree, refuse, CANCEL]
    if report.asked == PLACE:
        return [*_places(report), CANCEL]
    if report.asked == PHOTO and report.photos:
        done = Button(title=Say(key="report.button_done"), press=Press(control="done"))
        clear = Button(title=Say(key="report.button_clear"), press=Press(control="clear"))
        return [done, clear, CANCEL]
    asked = form.field(report.asked)
    if asked is None:
        return [CANCEL]
    choices = [
        Button(
            title=Say(key=form.choice(asked.id, choice)),
            press=Press(topic=report.topic, slots={asked.id: choice}),
        )
        for choice in asked.choices
    ]
    return [*choices, *([] if asked.required else [SKIP]), CANCEL]


def _places(report: Report) -> list[Button]:
    names = [label(Spot(**each)) for each in report.choices]
    return [
        Button(
            title=Say(key="form.spot", values={"place_ko": name, "place_en": name}),
            press=Press(topic=report.topic, slots={CHOICE: str(at)}),
        )
        for at, name in enumerate(names)
    ]


def _summary(form: Form, step: Step) -> Reply:
    report = step.report
    shown = [each for each in form.fields if _is_told(each, report)]
    parts: Parts = [*step.note, Say(key="report.confirm")]
    parts += [_line(form, each, report) for each in shown]
    send = Button(title=Say(key="button.send"), press=Press(control="send"))
    left_out = [each for each in form.fields if each.id in report.skipped]
    edits = [
        Button(title=_edit(each), press=Press(control="edit", slots={"field": each.id}))
        for each in form.fields
        if each in shown or each in left_out
    ]
    buttons = [send, *step.buttons, *edits, CANCEL]
    return Reply(parts=parts, buttons=buttons, asks=CONFIRM, topic=report.topic)


def _is_told(each: FormField, report: Report) -> bool:
    return bool(report.photos) if each.kind == PHOTO else each.id in report.fields


def _edit(each: FormField) -> Say:
    own = f"form.edit_{each.id}"
    return Say(key=own) if wording().has(own) else Say(key="form.edit", values=_label(each))


def _label(each: FormField) -> dict[str, str]:
    return {
        f"label_{language}": wording().text(f"form.label_{each.id}", language)
        for language in LANGUAGES
    }


def _line(form: Form, each: FormField, report: Report) -> Say:
    if each.kind == PHOTO:
        return Say(key="form.line_photos", values={"count": str(len(report.photos))})
    value = report.fields[each.id]
    if not each.choices:
        return Say(key="form.line", values={**_label(each), "value": value})
    key = form.chosen(each.id, value)
    titles = {f"value_{language}": wording().text(key, language) for language in LANGUAGES}
    return Say(key="form.line_chosen", values={**_label(each), **titles})
