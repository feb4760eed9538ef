"""Every messenger's webhooks through the whole service, with repeats and a platform that fails.

    make bench-channels         .venv-app/bin/python -m benchmarks.channels [--webhooks N] [line …]

See benchmarks/README.md for what is measured.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.channel_load import Load, collect, load, settled
from benchmarks.channel_messengers import ALL, Messenger, contents
from bot.channels import capabilities, registry
from bot.channels.base import Channel
from bot.channels.http import client as platform_client
from bot.channels.identities import Identities
from bot.channels.outgoing import Outgoings
from bot.conversations.models import Conversation, Message, OutboxUnit
from bot.database import utc_now
from bot.privacy.vault import Cipher
from bot.wording import Wording
from tests.support.platforms import share
from tests.support.service import LIMITS_OFF, Service, start_service

WEBHOOKS, FAILING = 2_000, 0.2


@dataclass(frozen=True)
class Outcome:
    """What the database and the platform say afterwards."""

    stored_twice: int
    answered_twice: int
    unanswered: int
    lost: int
    left: int
    """Units that never went out."""
    twice: int
    unsure: int
    out_of_order: int
    broken: int


def judged(service: Service, messenger: Messenger, channel: Channel, made: Load) -> Outcome:
    """Compare what was stored with what the citizens saw."""
    settings = service.settings
    cipher = Cipher(settings.vault_key())
    identities = Identities(key=settings.channels_key(), cipher=cipher)
    outgoings = Outgoings(
        cipher=cipher,
        links_key=settings.links_key(),
        base_url=settings.base_url,
        wording=Wording.load(),
    )
    stored = answered = unanswered = lost = left = twice = disorder = 0
    with service.database.reading() as session:
        for citizen, count in made.sent.items():
            known = identities.current(session, messenger.name, messenger.user(citizen))
            if known is None:
                lost += count
                continue
            mine = _messages(session, known.conversation_id)
            stored += max(len(mine) - count, 0)
            lost += max(count - len(mine), 0)
            answers = _answers(session, mine)
            answered += sum(each > 1 for each in answers)
            unanswered += sum(each == 0 for each in answers)
            left += _left(session, known.conversation_id)
            expected = _expected(session, known.conversation_id, outgoings, channel, messenger)
            seen = messenger.platform.of(messenger.user(citizen))
            again, missing, is_odd = _compared([contents(each) for each in seen], expected)
            twice, lost, disorder = twice + again, lost + missing, disorder + is_odd
        unsure = session.scalar(
            select(func.sum(OutboxUnit.unsure))
            .join(Conversation, Conversation.id == OutboxUnit.conversation_id)
            .where(Conversation.channel == messenger.name)
        )
    broken = len(messenger.platform.broken)
    return Outcome(stored, answered, unanswered, lost, left, twice, unsure or 0, disorder, broken)


def _messages(session: Session, conversation_id: str) -> Sequence[Message]:
    return session.scalars(
        select(Message).where(
            Message.conversation_id == conversation_id, Message.sender == "citizen"
        )
    ).all()


def _answers(session: Session, messages: Sequence[Message]) -> list[int]:
    """Units that answer each message; one that was left to a person needs none."""
    answered = [message for message in messages if message.turn != "held"]
    return [
        session.scalar(
            select(func.count()).select_from(OutboxUnit).where(OutboxUnit.in_reply_to == message.id)
        )
        or 0
        for message in answered
    ]


def _left(session: Session, conversation_id: str) -> int:
    mine = OutboxUnit.conversation_id == conversation_id
    undelivered = select(func.count()).where(mine, OutboxUnit.delivered_at.is_(None))
    return session.scalar(undelivered) or 0


def _expected(
    session: Session,
    conversation_id: str,
    outgoings: Outgoings,
    channel: Channel,
    messenger: Messenger,
) -> list[Any]:
    units = session.scalars(
        select(OutboxUnit.id)
        .join(Message, Message.unit_id == OutboxUnit.id)
        .where(OutboxUnit.conversation_id == conversation_id, OutboxUnit.delivered_at.is_not(None))
        .group_by(OutboxUnit.id)
        .order_by(func.min(Message.seq))
    ).all()
    now = utc_now()
    return [
        contents(shown)
        for unit in units
        for shown in messenger.shown(channel, outgoings.parts(session, unit, now))
    ]


def _compared(seen: Sequence[Any], expected: Sequence[Any]) -> tuple[int, int, bool]:
    """How many were seen once more, how many never, and any other oddity."""
    at = again = odd = 0
    for message in seen:
        if at < len(expected) and message == expected[at]:
            at += 1
        elif message in expected[:at]:
            again += 1
        else:
            odd += 1
    return again, len(expected) - at, odd > 0


def run(messengers: Sequence[Messenger], webhooks: int) -> None:
    """Measure the messengers one after the other, on one service, and print each one's lines."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        settings: dict[str, Any] = {}
        for messenger in messengers:
            stack.enter_context(messenger.platform.running())
            settings |= messenger.settings()
        service = start_service(Path(folder), messages_per_minute=LIMITS_OFF, **settings)
        stack.callback(service.close)
        for messenger in messengers:
            measure(service, messenger, webhooks)


def measure(service: Service, messenger: Messenger, webhooks: int) -> None:
    """Measure one messenger and print its lines."""
    name = messenger.name
    messenger.platform.trouble = share(FAILING)
    began = time.monotonic()
    made = load(service, messenger, webhooks)
    seconds = time.monotonic() - began
    after = settled(service, name)
    collect(service, messenger, webhooks, made)
    channel = registry.make_all(service.settings, platform_client())[name]
    show(messenger, made, seconds, after, judged(service, messenger, channel, made))


def show(messenger: Messenger, made: Load, seconds: float, after: float, outcome: Outcome) -> None:
    """Print what was measured."""
    limit = capabilities.of(messenger.name).answer_seconds
    cuts = quantiles(made.seconds, n=100)
    in_time = sum(each <= limit for each in made.seconds) / len(made.seconds)
    calls = len(made.seconds)
    print(f"{messenger.name}: {calls} webhooks ({made.repeats} repeats) in {seconds:.0f} s")
    print(f"  answered in ms: p50 {cuts[49] * 1000:.0f}, p99 {cuts[98] * 1000:.0f}")
    print(f"  within {limit:g} s: {in_time:.2%}; refused: {made.refused}")
    print(f"  everything sent {after:.0f} s after the last webhook")
    print(f"  stored twice: {outcome.stored_twice}, answered twice: {outcome.answered_twice}")
    print(
        f"  unanswered: {outcome.unanswered}, lost: {outcome.lost}, never went out: {outcome.left}"
    )
    once = "has a key for repeats" if messenger.once else "has no key for repeats"
    if capabilities.of(messenger.name).answers_in_http:
        once = "the HTTP reply is not sent twice"
    print(f"  shown twice: {outcome.twice} of {outcome.unsure} unclear sends ({once})")
    print(f"  talks out of order: {outcome.out_of_order}, rules broken: {outcome.broken}")
    if made.honest:
        print(f"  said again after the answer: {made.honest}, of those eaten: {made.eaten}")
    if made.fetches:
        print(f"  presses for waiting answers: {len(made.fetches)}, {_slowest(made.fetches)}")
    for note in messenger.notes():
        print(f"  {note}")


def _slowest(seconds: Sequence[float]) -> str:
    return f"the slowest {max(seconds) * 1000:.0f} ms"


def main() -> None:
    """Measure the messengers that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("messengers", nargs="*", help=f"of {', '.join(ALL)}; all when left out")
    parser.add_argument("--webhooks", type=int, default=WEBHOOKS)
    chosen = parser.parse_args()
    run([ALL[name]() for name in chosen.messengers or ALL], chosen.webhooks)


if __name__ == "__main__":
    main()
