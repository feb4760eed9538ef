"""In the middle of a report: a move, a correction, a question of its own, or the answer."""

from __future__ import annotations

import re
from typing import Any

from bot.rasa.nlu.decision import PHONE, Decision, Request, placeholder
from bot.rasa.nlu.view import View

NAMES_ONLY = 10
"""Characters of a message that names a field («연락처요») and so wants it changed."""
NOTHING_ELSE = 2
"""Characters beside a facet («이거 돈 내요?») that name no topic of their own."""
ASIDE = 5
"""Characters that a question about the report itself may have besides its facet."""


def in_form(view: View, report: dict[str, Any]) -> Decision:
    """The decision on a message while the form is open; the first rule that applies wins."""
    asked = str(view.slot("requested_slot") or "")
    topic = str(report.get("topic", ""))
    return (
        _form_move(view, asked)
        or _correction(view, topic, asked)
        or _digression(view, topic, asked)
        or _form_answer(view, topic, asked)
    )


def _form_move(view: View, asked: str) -> Decision | None:
    policy = view.policy
    name, sure = view.top
    if (ending := _ending(view, asked)) is not None:
        return ending
    if name in ("talk_to_human", "start_over") and view.above("answer", sure):
        return _control(name, "person" if name == "talk_to_human" else "restart")
    if name == "repeat" and view.above("conversation", sure):
        return _control("repeat", "again")
    moves = {"confirm": ("send", "edit"), "consent": ("agree", "disagree")}.get(asked, ("skip",))
    for move in moves:
        if policy.move(view.text, move):
            return _control("affirm", "skip" if move == "disagree" else move)
    return _yes_or_no(view, asked, moves[0])


def _ending(view: View, asked: str) -> Decision | None:
    """What is left out, the whole report stopped, or sent, by how the message ends."""
    policy, (name, sure) = view.policy, view.top
    says_yes = name == "affirm" and view.above("conversation", sure)
    if PHONE not in view.text and not says_yes and policy.leaves_out(view.text, asked):
        return _control("affirm", "skip")
    # What is reported may end in 안 할래요: it is no move of the citizen's then.
    stops = asked != "detail" and policy.ends_as(view.text, "cancel")
    stops = stops or policy.move(view.text, "cancel")
    if stops or (name == "cancel" and view.above("answer", sure)):
        return _control("cancel", "cancel")
    if asked == "confirm" and policy.ends_as(view.text, "send") and not policy.corrects(view.text):
        return _control("affirm", "send")
    return None


def _yes_or_no(view: View, asked: str, yes: str) -> Decision | None:
    name, sure = view.top
    place = view.places.address(_after_instead(view.text))
    if asked not in ("confirm", "consent") or not view.above("conversation", sure) or place:
        return None
    if name == "affirm":
        return _control("affirm", yes)
    if name == "deny":
        return _control("deny", "skip" if asked == "consent" else "edit")
    return None


def _control(intent: str, control: str) -> Decision:
    return Decision(intent, 1.0, [Request(control=control, why="form_move")], rule="form_move")


def _correction(view: View, topic: str, asked: str) -> Decision | None:
    """«아니 노형동 말고 연동이요», «위치는 연동 GS25 앞이에요» while something else is asked."""
    named = view.policy.field_named(view.text)
    place = view.places.address(_after_instead(view.text))
    corrects = view.policy.corrects(view.text)
    if place and asked != "location" and (corrects or named == "location"):
        slots = {"location": place}
    elif corrects and named and (phone := placeholder(view.text, PHONE)) and named == "contact":
        slots = {"contact": phone}
    elif asked == "confirm" and named and (corrects or len(view.text) <= NAMES_ONLY):
        request = Request(control="edit", slots={"field": named}, why="form_correction")
        return Decision("affirm", 1.0, [request], rule="form_correction")
    else:
        return None
    request = Request(topic, slots=slots, why="form_correction")
    return Decision(topic, 1.0, [request], rule="form_correction")


def _after_instead(text: str) -> str:
    """What follows 말고 is what is meant; what stands before it is taken back."""
    return re.split(r"말고|아니라|아니고|instead of|not ", text)[-1] if "말고" in text else text


def _digression(view: View, topic: str, asked: str) -> Decision | None:
    """A question of its own in the middle of a report."""
    name, sure = view.top
    if asked == "contact" and PHONE in view.text:
        return None
    if not view.policy.asks(view.text):
        return None
    facet = view.policy.facet(view.text)
    besides = len(view.policy.remainder(view.text, facet))
    if facet and besides <= NOTHING_ELSE:
        return _about_this_report(topic, facet)
    if view.policy.is_topic(name) and name != topic and view.above("digression", sure):
        if name in view.policy.reports and view.places.address(view.text) and asked == "detail":
            return None
        request = Request(name, facet, "", {}, sure, "digression")
        return Decision(name, sure, [request], rule="digression")
    return _about_this_report(topic, facet) if facet and besides <= ASIDE else None


def _about_this_report(topic: str, facet: str) -> Decision:
    request = Request(topic, facet, "", {}, 1.0, "digression_facet")
    return Decision(topic, 1.0, [request], rule="digression")


def _form_answer(view: View, topic: str, asked: str) -> Decision:
    slots = {asked: view.policy.bare(view.text) if asked == "location" else view.text}
    if asked == "contact":
        slots = {asked: placeholder(view.text, PHONE) or view.text}
    elif asked == "consent" and (phone := placeholder(view.text, PHONE)):
        slots = {"contact": phone}
    elif asked == "detail" and (place := view.places.address(view.text)):
        slots["also_location"] = place
    request = Request(topic, slots=slots, why="form_answer")
    return Decision(topic, 1.0, [request], rule="form_answer")
