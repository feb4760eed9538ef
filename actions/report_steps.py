"""What a citizen's message does to the report: an answer, a correction, a move of the form."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy.orm import Session

from actions import report_photos, report_places, report_same
from actions.report_state import (
    CONFIRM,
    CONSENT,
    LOCATION,
    PHOTO,
    PLACE,
    SAME,
    Report,
    Step,
)
from bot.knowledge import service as knowledge
from bot.korean.text import squeeze
from bot.replies import PERSON, Button, Press, Reply, Say
from bot.tickets.form_fields import UNSURE
from bot.tickets.forms import FieldError, Form, FormField, Forms

SOME_CHOICE = "choice"
"""«종류를 바꿀게요» names no field: the first one with choices is meant."""
NEEDED = Say(key="report.needed")
ASIDES = frozenset(("aside", "abuse"))
A_DESCRIPTION = 8
"""Squeezed characters from which words that choose nothing describe something."""
MOST_FAILURES = 2
"""So often a choice is not understood; then a person reads what was written."""
OUTCOMES = {"cancel": "cancelled", "restart": "restarted", "person": "person"}


def fill(report: Report, form: Form, name: str, value: str) -> bool:
    """Take a value that was told without being asked for, if it is good."""
    if (found := form.field(name)) is None or found.kind == PHOTO:
        return False
    try:
        report.fields[name] = found.check(value)
    except FieldError:
        return False
    return True


def hear(report: Report, form: Form, text: str, moments: str = "") -> list[str]:
    """Take what a text tells by the way: choices, a plate, when; returns the fields filled."""
    filled = []
    for each in form.fields:
        if each.id in report.fields or not text:
            continue
        value = each.heard_in(text)
        if each.kind == "moment" and moments:
            value = moments
        if (
            value is not None
            and each.applies(report.facts())
            and fill(report, form, each.id, value)
        ):
            filled.append(each.id)
    return filled


def answered(
    session: Session, report: Report, form: Form, request: dict[str, Any], moments: str = ""
) -> Step:
    """Take the answer to what was asked, or a correction of something else."""
    slots = {name: str(value) for name, value in dict(request.get("slots") or {}).items()}
    also = slots.pop("also_location", None)
    if report.choices and (report_places.CHOICE in slots or PLACE in slots):
        return Step(report, note=report_places.chosen(report, slots))
    if report_places.CHOICE in slots:
        # A button of a place that has been settled meanwhile.
        return Step(report)
    note: list[Say] = []
    filled = []
    for name, value in slots.items():
        problem = _take(report, form, name, value)
        if problem:
            return _not_taken(session, report, form, name, value, moments, problem)
        filled.append(name)
    report.failures = 0
    if request.get("why") == "form_correction":
        note.append(Say(key="report.corrected"))
        report.tries = 0
    if also and LOCATION not in report.fields and fill(report, form, LOCATION, also):
        filled.append(LOCATION)
    for name in list(filled):
        if form.field(name) and name == "detail":
            filled += hear(report, form, report.fields[name], moments)
    if LOCATION in filled:
        where = report_places.located(report)
        note = where or note
    step = Step(report, note=note)
    remark(session, step, form, filled)
    return step


def is_answered(report: Report, form: Form, request: dict[str, Any], moments: str) -> bool:
    """Whether a message answers what was asked, as far as the form can tell."""
    for name, value in dict(request.get("slots") or {}).items():
        field = form.field(name)
        if field is None or field.kind == PHOTO:
            return str(name) == PLACE
        if field.kind == "moment" and not moments and not any(map(str.isdigit, str(value))):
            return False
        if field.kind == LOCATION and report_places.is_nowhere(str(value)):
            return False
        try:
            field.check(str(value))
        except FieldError:
            return False
    return True


def _not_taken(
    session: Session,
    report: Report,
    form: Form,
    name: str,
    value: str,
    moments: str,
    problem: str,
) -> Step:
    """What does not answer is asked again; words that describe something are kept all the same.

    A choice that is not understood twice is left out: of what kind it is, nobody has to know.
    """
    report.failures += 1
    step = Step(report, note=[Say(key=problem)])
    field = form.field(name)
    if field is None or field.kind not in ("choice", PHOTO) or len(squeeze(value)) < A_DESCRIPTION:
        return step
    told = _noted(report, form, value)
    filled = [each for each in hear(report, form, value, moments) if told]
    if told and field.kind == "choice" and report.failures >= MOST_FAILURES:
        _leave_out(report, field)
        report.failures = 0
    if told and not report.asks_for(field):
        step.note = []
    if told:
        step.note.insert(0, Say(key="report.noted"))
    remark(session, step, form, filled)
    return step


def _noted(report: Report, form: Form, text: str) -> bool:
    """Add words to the details; False where the form has none or they grow too long."""
    if form.field("detail") is None:
        return False
    before = report.fields.get("detail", "")
    return fill(report, form, "detail", f"{before}\n{text}" if before else text)


def _take(report: Report, form: Form, name: str, value: str) -> str:
    """Take one answer; the wording key of what is wrong with it, or ''."""
    field = form.field(name)
    if field is None:
        return "report.not_understood"
    try:
        report.fields[name] = field.check(value)
    except FieldError as problem:
        return problem.wording
    if name in report.skipped:
        report.skipped.remove(name)
    return ""


def remark(
    session: Session, step: Step, form: Form, names: Iterable[str], *, urgent: bool = True
) -> None:
    """Add what is said to the choices just made: 119 first, who else helps, a better report."""
    report = step.report
    for field in (form.field(name) for name in names):
        choice = report.fields.get(field.id, "") if field else ""
        if field is None or not choice:
            continue
        if urgent and choice in field.urgent:
            first = Say(key=f"form_said.{field.urgent[choice]}")
            step.before.append(Reply(parts=[first], buttons=[PERSON], topic=report.topic))
        if choice in field.says:
            step.note.append(Say(key=f"form_said.{field.says[choice]}"))
        if choice in field.switch:
            _offer(session, step, field.switch[choice])


def _offer(session: Session, step: Step, topic: str) -> None:
    values = titles(session, topic)
    if all(values.values()):
        step.note.append(Say(key="report.switch", values=values))
        step.buttons.append(Button(title_of=topic, press=Press(topic=topic)))


def titles(session: Session, topic: str) -> dict[str, str]:
    """The title of a topic in both languages, as values of a sentence."""
    return {
        f"title_{language}": knowledge.title(session, topic, language) or ""
        for language in ("ko", "en")
    }


def moved(report: Report, control: str, request: dict[str, Any], forms: Forms) -> Step:
    """Make a move of the form: cancel, skip, agree, edit, send, a photo, a place …"""
    form = forms.of(report.topic)
    slots = {name: str(value) for name, value in dict(request.get("slots") or {}).items()}
    if control == PHOTO:
        return Step(report, note=report_photos.took(report, form, slots.get(PHOTO, "")))
    if control == PLACE:
        return Step(report, note=report_places.shared(report, form, slots))
    failures, report.failures = report.failures, 0
    if control in OUTCOMES:
        report.outcome = OUTCOMES[control]
    elif control == "send" and report.asked == CONFIRM:
        report.outcome = "sent"
    elif control == "send":
        return _hurried(report, form)
    elif control in ASIDES:
        return _aside(report, control, slots)
    elif control in (SAME, "another") and report.asked == SAME:
        report_same.answered(report, control, slots.get(SAME, ""))
    elif move := _MOVES.get(control):
        note = move(report, form, slots)
        if NEEDED in note:
            report.failures = failures + 1
        return Step(report, note=note)
    return Step(report)


def _aside(report: Report, control: str, slots: dict[str, str]) -> Step:
    """Small talk, rude words and what is not ours are met, and the form goes on."""
    name = slots.get("say", "")
    if control == "abuse":
        said = Reply(parts=[Say(key="abuse.step_1")], buttons=[PERSON])
    elif name == "out_of_scope":
        said = Reply(parts=[Say(key="out_of_scope.not_ours")], buttons=[PERSON])
    else:
        said = Reply(parts=[Say(key=f"report.{name}")])
    return Step(report, [said], [Say(key="report.back")])


def _hurried(report: Report, form: Form) -> Step:
    """«그냥 접수해 주세요»: what nobody has to know is left out, and the summary comes."""
    if report.asked == SAME:
        return Step(report)
    report.collecting = False
    for each in form.fields:
        # What tells of danger is asked, however hurried the citizen is.
        warns = bool(each.urgent) and not each.told
        if report.asks_for(each) and _may_be_unknown(each, form) and not warns:
            _leave_out(report, each)
    return Step(report)


def _leave_out(report: Report, field: FormField) -> None:
    if UNSURE in field.choices:
        report.fields[field.id] = UNSURE
        return
    report.fields.pop(field.id, None)
    if field.id not in report.skipped:
        report.skipped.append(field.id)


def _agreed(report: Report, form: Form, slots: dict[str, str]) -> list[Say]:
    report.consent = "given"
    return []


def _edited(report: Report, form: Form, slots: dict[str, str]) -> list[Say]:
    field = _meant(form, slots.get("field", ""))
    if field is None:
        return [Say(key="report.which_field")]
    if field.id in report.skipped:
        report.skipped.remove(field.id)
    if field.id not in report.edited:
        report.edited.append(field.id)
    if field.kind == PHOTO:
        report.collecting = True
    report.fields.pop(field.id, None)
    if field.kind == LOCATION:
        report.tries, report.draft, report.choices, report.spot = 0, "", [], None
    return []


def _meant(form: Form, name: str) -> FormField | None:
    if name == SOME_CHOICE:
        return form.of_kind("choice")
    return form.field(name)


def _skipped(report: Report, form: Form, slots: dict[str, str]) -> list[Say]:
    asked = slots.get("field") or report.asked
    found = form.field(asked)
    if asked == PHOTO:
        return report_photos.done(report)
    if asked == CONSENT or (found is not None and found.personal and asked != report.asked):
        return _refused(report, form)
    if found is None or not _may_be_unknown(found, form):
        return [NEEDED]
    _leave_out(report, found)
    return []


def _may_be_unknown(field: FormField, form: Form) -> bool:
    """Whether «I do not know» is an answer: of what kind it is, or when, nobody has to know."""
    return (
        not field.required
        or field.kind == "choice"
        or (field.kind == "moment" and form.kind == "report")
    )


def _refused(report: Report, form: Form) -> list[Say]:
    personal = [each for each in form.fields if each.personal]
    if any(each.required for each in personal):
        return [Say(key="report.consent_needed")]
    report.skipped += [each.id for each in personal if each.id not in report.skipped]
    for each in personal:
        report.fields.pop(each.id, None)
    return []


_MOVES: dict[str, Callable[[Report, Form, dict[str, str]], list[Say]]] = {
    "agree": _agreed,
    "edit": _edited,
    "skip": _skipped,
    "done": lambda report, form, slots: report_photos.done(report),
    "clear": lambda report, form, slots: report_photos.cleared(report),
}
