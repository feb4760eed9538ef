"""A KakaoTalk answer: waiting units become one skill reply, version 2.0, within its limits.

Limits (answer_json_format): 1 to 3 outputs, 10 quick replies, a card with 3 buttons and a text of
400, 30 KB in all. What a reply cannot hold stays waiting, and the reply offers the button for it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.channels.base import OutButton, Outgoing, Payload
from bot.channels.capabilities import Capabilities, Length
from bot.channels.mixing import pieces_of
from bot.channels.rendering import Choice, Piece, merged
from bot.channels.splitting import ELLIPSIS, shorten
from bot.wording import LANGUAGES, wording

Unit = Sequence[Outgoing]

VERSION = "2.0"
MOST_BYTES = 30_000
"""A little less than 30 KB, above which nothing of a reply is shown."""
ALT_TEXT = Length(most=50, counts="utf16")
FETCH = "fetch"
"""What `extra` says of the button that asks for a waiting answer."""
BUTTON = "button"
"""Where `extra` carries our button's id."""
OPERATOR = "kakao-operator://"
"""Stands as the address of a button that hands the room to Kakao's counsellor chat."""
TELEPHONE = "tel:"


@dataclass(frozen=True)
class _Drawn:
    """Outputs and the quick replies below them."""

    outputs: tuple[Payload, ...] = ()
    quick: tuple[Choice, ...] = ()


def answer(units: Sequence[Unit], can: Capabilities, *, operator: bool) -> tuple[Payload, int]:
    """The skill reply that says as many units as fit, at least the first, and how many those are.

    `operator`: the way to a person is Kakao's own counsellor chat.
    """
    said = [unit for unit in units if _says_something(unit)]
    if not said:
        return text_only("channel.nothing_waits", _language(units)), len(units)
    body, taken = _first_that_fits(said, can, operator)
    # A unit that says nothing goes with the one before it.
    rest = said[taken:]
    return body, next((at for at, unit in enumerate(units) if rest and unit is rest[0]), len(units))


def text_only(key: str, language: str, *, fetch: bool = False) -> Payload:
    """The skill reply that says one sentence of the wording, with the button for the answer."""
    outputs = [_text(wording().text(key, language))]
    return _body(outputs, [_fetch_reply(language)] if fetch else [])


def is_fetch(text: str) -> bool:
    """Whether a citizen typed what the button for a waiting answer says."""
    return any(text == wording().text("channel.see_answer", language) for language in LANGUAGES)


def _says_something(unit: Unit) -> bool:
    return any(part.text.strip() or part.buttons or part.photos for part in unit)


def _language(units: Sequence[Unit]) -> str:
    return next((part.language for unit in units for part in unit), "ko")


def _first_that_fits(
    units: Sequence[Unit], can: Capabilities, operator: bool
) -> tuple[Payload, int]:
    language = _language(units)
    together = _that_stand_together(units, can, operator)
    for count in range(len(together), 0, -1):
        body = _assembled(_joined(together[:count]), can, language, count < len(units))
        if _fits(body, can):
            return body, count
    body = {}
    for drawn in _shorter(units[0], can, operator):
        body = _assembled(drawn, can, language, len(units) > 1)
        if _fits(body, can):
            break
    return body, 1


def _that_stand_together(units: Sequence[Unit], can: Capabilities, operator: bool) -> list[_Drawn]:
    """The first units, as many as have room; none when the first alone has too many outputs."""
    together: list[_Drawn] = []
    room = can.messages
    for unit in units:
        drawn = _drawn(unit, can, operator)
        room -= len(drawn.outputs)
        if room < 0:
            break
        together.append(drawn)
    return together


def _shorter(unit: Unit, can: Capabilities, operator: bool) -> Iterator[_Drawn]:
    """Ways to say one unit in less room, the last one being the shortest."""
    one = [merged(unit)]
    yield _drawn(one, can, operator)
    yield _drawn(one, can, operator, fold=True)
    yield _drawn(one, can.model_copy(update={"photos_out": False}), operator, fold=True)


def _drawn(unit: Unit, can: Capabilities, operator: bool, *, fold: bool = False) -> _Drawn:
    if operator:
        pieces, quick = pieces_of([_handing_over(part) for part in unit], can, fold=fold)
        if not any(OPERATOR in piece.text for piece in pieces):
            return _of_pieces(pieces, quick, unit)
    # Written out in the text that button would lead nowhere: it stays our own.
    return _of_pieces(*pieces_of(unit, can, fold=fold), unit)


def _handing_over(part: Outgoing) -> Outgoing:
    person = wording().text("button.person", part.language)
    return replace(
        part,
        buttons=tuple(
            OutButton(button.title, url=OPERATOR) if button.title == person else button
            for button in part.buttons
        ),
    )


def _of_pieces(pieces: Sequence[Piece], quick: tuple[Choice, ...], unit: Unit) -> _Drawn:
    return _Drawn(tuple(_output(piece, unit[0].language) for piece in pieces), quick)


def _joined(drawings: Sequence[_Drawn]) -> _Drawn:
    """Several units in one reply; a choice that a later unit offers again stands once."""
    quick: list[Choice] = []
    for choice in (choice for drawn in drawings for choice in drawn.quick):
        if ELLIPSIS not in choice.label:
            # Cut labels may be alike without meaning the same.
            quick = [earlier for earlier in quick if earlier.label != choice.label]
        quick.append(choice)
    outputs = tuple(output for drawn in drawings for output in drawn.outputs)
    return _Drawn(outputs, tuple(quick))


def _assembled(drawn: _Drawn, can: Capabilities, language: str, more: bool) -> Payload:
    """The reply; with `more` it offers the button for what still waits."""
    outputs = list(drawn.outputs)
    replies = [_pressed(choice) for choice in drawn.quick]
    most = can.quick_replies.most if can.quick_replies else 0
    if more and len(replies) < most:
        if len(outputs) < can.messages:
            outputs.append(_text(wording().text("channel.more_waits", language)))
        replies.append(_fetch_reply(language))
    elif more:
        sentence = wording().text("channel.more_waits", language)
        outputs.append(_card(sentence, [_fetch_reply(language)]))
    return _body(outputs, replies)


def _fits(body: Payload, can: Capabilities) -> bool:
    template = body["template"]
    most = can.quick_replies.most if can.quick_replies else 0
    size = len(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return (
        1 <= len(template["outputs"]) <= can.messages
        and len(template.get("quickReplies", ())) <= most
        and size <= MOST_BYTES
    )


def _body(outputs: list[Payload], replies: list[Payload]) -> Payload:
    template: Payload = {"outputs": outputs}
    if replies:
        template["quickReplies"] = replies
    return {"version": VERSION, "template": template}


def _output(piece: Piece, language: str) -> Payload:
    if piece.photo:
        alt = shorten(wording().text("kakao.photo", language), ALT_TEXT)
        return {"simpleImage": {"imageUrl": piece.photo, "altText": alt}}
    if piece.buttons:
        return _card(piece.text, [_button(choice) for choice in piece.buttons])
    return _text(piece.text)


def _text(text: str) -> Payload:
    return {"simpleText": {"text": text}}


def _card(text: str, buttons: list[Payload]) -> Payload:
    return {"textCard": {"description": text, "buttons": buttons}}


def _button(choice: Choice) -> Payload:
    if choice.url == OPERATOR:
        return {"label": choice.label, "action": "operator"}
    if choice.url and choice.url.startswith(TELEPHONE):
        number = choice.url.removeprefix(TELEPHONE)
        return {"label": choice.label, "action": "phone", "phoneNumber": number}
    if choice.url:
        return {"label": choice.label, "action": "webLink", "webLinkUrl": choice.url}
    return _pressed(choice)


def _pressed(choice: Choice) -> Payload:
    """A button whose label is said in the room, and whose `extra` brings our id back."""
    return {
        "label": choice.label,
        "action": "message",
        "messageText": choice.label,
        "extra": {BUTTON: choice.payload},
    }


def _fetch_reply(language: str) -> Payload:
    label = wording().text("channel.see_answer", language)
    return {"label": label, "action": "message", "messageText": label, "extra": {FETCH: "1"}}
