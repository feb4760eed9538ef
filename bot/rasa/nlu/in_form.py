"""In the middle of a report: a move, a correction, a question of its own, or the answer."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from bot.korean.text import squeeze
from bot.rasa.nlu import leaning
from bot.rasa.nlu.decision import PHONE, Decision, Request, placeholder
from bot.rasa.nlu.view import View

MOVES = {
    "confirm": ("send", "edit"),
    "consent": ("agree", "disagree"),
    "photo": ("done", "skip"),
    "same": ("same", "another"),
}
"""The moves that words make while something is asked; otherwise they may only skip it."""
YES_AND_NO = {
    "confirm": ("send", "edit"),
    "consent": ("agree", "skip"),
    "same": ("same", "another"),
}
DESCRIBED = frozenset(("detail", "contact", "company", "route"))
"""What is answered in any words, of other topics too."""
ANOTHER_AT_LEAST = 9
"""Squeezed characters from which a message can be about another matter: «택시» is an answer."""
NAMES_ONLY = 10
"""Characters of a message that names a field («연락처요») and so wants it changed."""
NOTHING_ELSE = 2
"""Characters beside a facet («이거 돈 내요?») that name no topic of their own."""
ASIDE = 5
"""Characters that a question about the report itself may have besides its facet."""
SMALL_TALK = frozenset(("thanks", "goodbye", "greet", "bot_challenge", "capabilities"))
SMALL_TALK_AT_MOST = 12
"""Squeezed characters of small talk where any words are an answer: «고마워요» describes nothing."""
A_MATTER = 5
"""Characters besides fillers from which a message that is not ours is about something itself."""
SHORT_QUESTION = 25
"""Squeezed characters up to which a question describes nothing, whatever is asked."""
BESIDE = "digression"
Reading = Callable[[View], "Decision | None"]
"""A rule of the decision outside forms."""


def in_form(view: View, report: dict[str, Any], beside: Sequence[Reading] = ()) -> Decision:
    """The decision on a message while the form is open; the first rule that applies wins.

    `beside`: rules by which a message is heard as one outside of the form.
    """
    asked = str(view.slot("requested_slot") or "")
    topic = str(report.get("topic", ""))
    return (
        _left_out(view, report, asked)
        or _form_move(view, asked)
        or _correction(view, report, asked)
        or _small_talk(view, asked)
        or _another_report(view, topic)
        or _beside(view, topic, asked, beside)
        or _digression(view, topic, asked)
        or _form_answer(view, report, asked)
    )


def _left_out(view: View, report: dict[str, Any], asked: str) -> Decision | None:
    """«연락처는 안 할래요» while something else is asked leaves that out, and stops nothing."""
    named = view.policy.field_named(view.text, report.get("names") or ())
    if not named or named == asked or not view.policy.leaves_out(view.text, named):
        return None
    request = Request(control="skip", slots={"field": named}, why="form_move")
    return Decision("affirm", 1.0, [request], rule="form_move")


def _form_move(view: View, asked: str) -> Decision | None:
    policy = view.policy
    name, sure = view.top
    if (ending := _ending(view, asked)) is not None:
        return ending
    if name in ("talk_to_human", "start_over") and view.above("answer", sure):
        return _control(name, "person" if name == "talk_to_human" else "restart")
    if name == "repeat" and view.above("conversation", sure):
        return _control("repeat", "again")
    if name == "abuse" and view.above("answer", sure):
        return _control("abuse", "abuse")
    moves = MOVES.get(asked, ("skip",))
    for move in moves:
        if policy.move(view.text, move):
            return _control("affirm", "skip" if move == "disagree" else move)
    return _yes_or_no(view, asked)


def _ending(view: View, asked: str) -> Decision | None:
    """What is left out, the whole report stopped, or sent, by how the message ends."""
    policy, (name, sure) = view.policy, view.top
    if asked == "photo" and policy.move(view.text, "done"):
        # «됐어요» ends the photos here, and the report elsewhere.
        return _control("affirm", "done")
    if policy.gives_up(view.text):
        return _control("cancel", "cancel")
    says_yes = name == "affirm" and view.above("conversation", sure)
    if PHONE not in view.text and not says_yes and policy.leaves_out(view.text, asked):
        return _control("affirm", "skip")
    # What is reported may end in 안 할래요: it is no move of the citizen's then.
    stops = asked != "detail" and policy.ends_as(view.text, "cancel")
    stops = stops or policy.move(view.text, "cancel")
    if stops or (name == "cancel" and view.above("answer", sure)):
        return _control("cancel", "cancel")
    if asked == "consent" and name == "affirm" and view.above("answer", sure):
        return _control("affirm", "agree")
    ends = asked == "confirm" or asked not in DESCRIBED
    if ends and policy.ends_as(view.text, "send") and not policy.corrects(view.text):
        return _control("affirm", "send")
    return None


def _yes_or_no(view: View, asked: str) -> Decision | None:
    name, sure = view.top
    place = view.places.address(_after_instead(view))
    moves = YES_AND_NO.get(asked)
    if moves is None or not view.above("conversation", sure) or place:
        return None
    if name in ("affirm", "deny"):
        return _control(name, moves[0] if name == "affirm" else moves[1])
    return None


def _control(intent: str, control: str) -> Decision:
    return Decision(intent, 1.0, [Request(control=control, why="form_move")], rule="form_move")


def _correction(view: View, report: dict[str, Any], asked: str) -> Decision | None:
    """«아니 노형동 말고 연동이요», «위치는 연동 GS25 앞이에요» while something else is asked."""
    topic = str(report.get("topic", ""))
    named = view.policy.field_named(view.text, report.get("names") or ())
    place = view.places.address(_after_instead(view))
    corrects = view.policy.corrects(view.text)
    is_place = asked in ("location", "place")
    if place and not is_place and (corrects or named == "location"):
        slots = {"location": place}
    elif corrects and named and (phone := placeholder(view.text, PHONE)) and named == "contact":
        slots = {"contact": phone}
    elif asked in ("confirm", "same") and named and (corrects or len(view.text) <= NAMES_ONLY):
        request = Request(control="edit", slots={"field": named}, why="form_correction")
        return Decision("affirm", 1.0, [request], rule="form_correction")
    else:
        return None
    request = Request(topic, slots=slots, why="form_correction")
    return Decision(topic, 1.0, [request], rule="form_correction")


def _after_instead(view: View) -> str:
    """What follows 말고 is what is meant; what stands before it is taken back."""
    return view.policy.meant_instead(view.text) or view.text


def _small_talk(view: View, asked: str) -> Decision | None:
    """Thanks, a greeting, «are you a robot»: answered, and the form goes on."""
    if view.policy.is_not_useful(view.text):
        request = Request(control="not_useful", why="aside")
        return Decision("not_useful", 1.0, [request], rule="aside")
    name, sure = view.top
    if name not in SMALL_TALK or not view.above("answer", sure) or PHONE in view.text:
        return None
    if len(squeeze(view.text)) > SMALL_TALK_AT_MOST and not _cannot_answer(view, asked):
        return None
    return _aside(name, sure)


def _aside(name: str, sure: float) -> Decision:
    request = Request(control="aside", slots={"say": name}, confidence=sure, why="aside")
    return Decision(name, sure, [request], rule="aside")


def _another_report(view: View, topic: str) -> Decision | None:
    """«아니 그게 아니고 소음을 신고하려고요»: another report instead of this one."""
    policy = view.policy
    meant = policy.meant_instead(view.text)
    if not meant and not (policy.corrects(view.text) and policy.announces(view.text)):
        return None
    name, sure = next(iter(view.ranked(meant)), ("", 0.0)) if meant else view.top
    if meant and not policy.announces(view.text) and view.top[0] != name:
        return None
    is_report = name in policy.reports and policy.is_catalogued(name) and name != topic
    if not is_report or not view.above("digression", sure):
        return None
    request = Request(name, confidence=sure, why="switched", text=meant or view.text)
    return Decision(name, sure, [request], rule="switched")


def _beside(view: View, topic: str, asked: str, readings: Sequence[Reading]) -> Decision | None:
    """Two requests, or «아까 그거 서류는요»: what the message asks for outside of the form."""
    policy = view.policy
    asks = policy.asks(view.text) or bool(policy.facet(view.text))
    needs_a_question = asked == "detail" or policy.points_back(view.text)
    if PHONE in view.text or (needs_a_question and not asks):
        return None
    if asked in DESCRIBED and not asks and not policy.announces(view.text):
        return None
    decision = next(filter(None, (read(view) for read in readings)), None)
    if decision is None:
        return None
    several = len(decision.requests) > 1
    if several and any(one.topic == topic for one in decision.requests):
        return None
    for one in decision.requests:
        one.why = BESIDE
    decision.rule = "digression"
    return decision


def _digression(view: View, topic: str, asked: str) -> Decision | None:
    """A question of its own in the middle of a report."""
    policy, (name, sure) = view.policy, view.top
    if PHONE in view.text:
        return None
    if not policy.asks(view.text):
        return _another_matter(view, topic, asked)
    facet = view.policy.facet(view.text)
    besides = len(view.policy.remainder(view.text, facet))
    if (follows := _follows_digression(view, topic, facet)) is not None:
        return follows
    # «여권은 얼마예요» has little beside the facet, and that is a topic.
    sure_of_another = name != topic and policy.is_catalogued(name) and view.above("very_sure", sure)
    if facet and besides <= NOTHING_ELSE and not (besides and sure_of_another):
        return _about_this_report(topic, facet)
    if name == "out_of_scope" and view.above("not_ours", sure) and besides >= A_MATTER:
        return _aside(name, sure)
    if name == "ticket_status" and view.above("answer", sure):
        return _digressed("petition_status", facet, sure)
    if _is_another_topic(view, topic, facet):
        if name in view.policy.reports and view.places.address(view.text) and asked == "detail":
            return None
        return _digressed(name, facet, sure)
    if facet and (besides <= ASIDE or _cannot_answer(view, asked)):
        return _about_this_report(topic, facet)
    return _asks_more(view, topic, facet, asked)


def _digressed(topic: str, facet: str, sure: float, text: str = "") -> Decision:
    request = Request(topic, facet, "", {}, sure, BESIDE, text)
    return Decision(topic, sure, [request], rule="digression")


def _is_another_topic(view: View, topic: str, facet: str) -> bool:
    """Whether a question has a topic of its own: sure of it, or fairly sure and none of this."""
    name, sure = view.top
    if not view.policy.is_topic(name) or name == topic or not view.above("digression", sure):
        return False
    return view.above("answer", sure) or not _stays(view, topic, facet)


def _stays(view: View, topic: str, facet: str) -> bool:
    """Whether a question stays with a topic, as it would right after its answer."""
    likely = leaning.stays(
        view.text,
        topic,
        alone=view.ranking,
        joined=view.joined,
        facet=facet,
        policy=view.policy,
    )
    return view.above("leaning", likely)


def _follows_digression(view: View, topic: str, facet: str) -> Decision | None:
    """«주말에도 해요?» right after the answer to a question of its own."""
    last, (name, sure) = view.topic, view.top
    if view.rule_before != "digression" or last in ("", topic):
        return None
    own = name not in (last, "out_of_scope") and view.above("digression", sure)
    besides = len(view.policy.remainder(view.text, facet))
    short = bool(facet) and besides <= NOTHING_ELSE
    if own or not (short or _stays(view, last, facet)):
        return None
    return _digressed(last, facet, sure, view.text)


def _cannot_answer(view: View, asked: str) -> bool:
    """Whether a question that names no place is no answer to what is asked."""
    return asked not in DESCRIBED and view.places.address(view.text) is None


def _another_matter(view: View, topic: str, asked: str) -> Decision | None:
    """«여권도 만들어야 해요»: no question, but surely of another topic and more than a word."""
    name, sure = view.top
    if not view.policy.is_catalogued(name) or name == topic or not view.above("very_sure", sure):
        return None
    if not _cannot_answer(view, asked) or len(squeeze(view.text)) < ANOTHER_AT_LEAST:
        return None
    return _digressed(name, "", sure, view.text)


def _asks_more(view: View, topic: str, facet: str, asked: str) -> Decision | None:
    """«밤에는 공사하면 안 되는 거 아닌가요?»: a question about what is being reported."""
    name, sure = view.top
    text = view.text
    if asked in DESCRIBED:
        is_question = text.rstrip().endswith("?") and len(squeeze(text)) <= SHORT_QUESTION
        return _digressed(topic, facet, sure, text) if is_question else None
    if not _cannot_answer(view, asked) or name != topic or not view.above("digression", sure):
        return None
    return _digressed(topic, facet, sure, text)


def _about_this_report(topic: str, facet: str) -> Decision:
    request = Request(topic, facet, "", {}, 1.0, "digression_facet")
    return Decision(topic, 1.0, [request], rule="digression")


def _form_answer(view: View, report: dict[str, Any], asked: str) -> Decision:
    topic = str(report.get("topic", ""))
    slots = {asked: view.policy.bare(view.text) if asked == "location" else view.text}
    phone = placeholder(view.text, PHONE)
    wants_contact = "contact" in (report.get("names") or ("contact",))
    if asked == "contact":
        slots = {asked: phone or view.text}
    elif phone and wants_contact and asked not in DESCRIBED:
        # A number is the contact, whatever was asked.
        slots = {"contact": phone}
    elif asked == "detail" and (place := view.places.address(view.text)):
        slots["also_location"] = place
    requests = [Request(topic, slots=slots, why="form_answer")]
    if not phone and (other := _otherwise(view, topic, asked)) is not None:
        requests.append(other)
    return Decision(topic, 1.0, requests, rule="form_answer")


def _otherwise(view: View, topic: str, asked: str) -> Request | None:
    """What the message asks for if it does not answer what was asked; the form finds that out."""
    if asked in DESCRIBED:
        return None
    name, sure = view.top
    facet = view.policy.facet(view.text)
    own = view.policy.is_catalogued(name) and name != topic and view.above("digression", sure)
    if own and len(squeeze(view.text)) >= A_MATTER and not view.policy.corrects(view.text):
        return Request(name, facet, "", {}, sure, "otherwise", view.text)
    asks = bool(facet) or view.policy.asks(view.text)
    follows = view.rule_before == "digression" and view.topic not in ("", topic) and not own
    if follows and asks and _stays(view, view.topic, facet):
        return Request(view.topic, facet, "", {}, sure, "otherwise", view.text)
    if asks:
        return Request(topic, facet, "", {}, sure, "otherwise", view.text)
    return None
