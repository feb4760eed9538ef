"""What a citizen pressed after the bot was unsure: a label for the message that was unclear.

A label changes nothing by itself. Staff confirm it (bot/staff/labels.py), `ilsa labels export`
writes the confirmed ones, and a person decides what goes into the training data.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.conversations.models import Label, LabelKind, Message, OutboxUnit, ShownButton
from bot.replies import OTHER, Button, Reply

KIND_OF_RULE: dict[str, LabelKind] = {"unsure": "asked", "fairly_sure": "offered"}
"""Rules of the decision (bot/rasa/nlu/resolve.py) whose answer asks the citizen to choose."""

_MARKUP = re.compile(r"\](?=[({])")
"""What Rasa would read as an annotated entity: `[words](name)`, `[words]{…}`."""


def note_press(session: Session, *, button: ShownButton, now: datetime) -> None:
    """Keep what a pressed button tells of the message that it was offered for, if anything.

    Only a button that names a topic does, or the one that says «none of these», shown because the
    bot was unsure of a typed message. A later press replaces an open label; what staff have
    decided stays.
    """
    shown_in = session.get_one(Message, button.message_id)
    pressed = _offered(shown_in, button.place)
    if pressed is None:
        return
    unclear = _answered_by(session, shown_in)
    kind = _kind(unclear)
    if unclear is None or kind is None:
        return
    label = session.scalar(select(Label).where(Label.message_id == unclear.id).with_for_update())
    if label is None:
        label = _new(unclear)
        session.add(label)
    elif label.status != "open":
        return
    label.kind, label.pressed, label.created_at = kind, pressed.title_of, now


def _offered(shown_in: Message, place: int) -> Button | None:
    """The button at `place` if it names a topic or none of those shown, else None."""
    if shown_in.reply is None:
        return None
    buttons = Reply.model_validate(shown_in.reply).buttons
    button = buttons[place] if place < len(buttons) else None
    return button if button and (button.title_of or button.title == OTHER.title) else None


def _answered_by(session: Session, said: Message) -> Message | None:
    """The citizen's message that the bot's message answers."""
    unit = session.get(OutboxUnit, said.unit_id) if said.unit_id else None
    return session.get(Message, unit.in_reply_to) if unit and unit.in_reply_to else None


def _kind(unclear: Message | None) -> LabelKind | None:
    # A press has no words of its own: «try again» repeats what was typed before it.
    if unclear is None or unclear.press is not None or unclear.understood is None:
        return None
    return KIND_OF_RULE.get(unclear.understood.get("rule", ""))


def _new(unclear: Message) -> Label:
    ranking = (unclear.understood or {}).get("ranking") or [(None, None)]
    guess, confidence = ranking[0]
    return Label(
        message_id=unclear.id,
        conversation_id=unclear.conversation_id,
        text=unclear.text,
        language=unclear.language,
        guess=guess,
        confidence=confidence,
    )


def forget(session: Session, *, conversation_id: str) -> None:
    """Delete the conversation's labels; of a confirmed one the text and its topic stay.

    What staff decided (who, when) stays with it; what leads back to the conversation goes.
    """
    session.execute(
        delete(Label).where(Label.conversation_id == conversation_id, Label.status != "confirmed")
    )
    # One that was confirmed while the statement above waited for it is still there.
    session.execute(
        update(Label)
        .where(Label.conversation_id == conversation_id)
        .values(
            message_id=None,
            conversation_id=None,
            guess=None,
            confidence=None,
            kind=None,
            pressed=None,
            created_at=None,
        )
    )


def confirmed(session: Session) -> list[Label]:
    """The labels that staff confirmed, by topic, the oldest decision first."""
    return list(
        session.scalars(
            select(Label)
            .where(Label.status == "confirmed")
            .order_by(Label.topic, Label.decided_at, Label.id)
        )
    )


def training_data(labels: Iterable[Label]) -> str:
    """Confirmed labels as Rasa's NLU YAML: each intent once, each of its texts once."""
    texts: dict[str, dict[str, None]] = {}
    for label in labels:
        if label.topic:
            # One line an example; «](» would be read as an entity.
            text = _MARKUP.sub("] ", " ".join(label.text.split()))
            texts.setdefault(label.topic, {})[text] = None
    lines = ['version: "3.1"', "nlu:" if texts else "nlu: []"]
    for topic, examples in sorted(texts.items()):
        lines += [f"- intent: {topic}", "  examples: |"]
        lines += [f"    - {text}" for text in examples]
    return "\n".join(lines) + "\n"
