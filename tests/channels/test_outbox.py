"""Sending later: in order within a conversation, once, and what cannot be sent is set aside."""

import time
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from bot.channels import parking
from bot.channels.base import Outgoing, Payload
from bot.channels.models import ChannelUser
from bot.conversations import service
from bot.conversations.errors import WrongState
from bot.conversations.models import Conversation, OutboxUnit
from bot.conversations.rendering import Renderer
from bot.database import utc_now
from bot.replies import Reply, Say
from bot.web.parts import Parts
from tests.support import line as sample
from tests.support import photos
from tests.support.citizen import words
from tests.support.line import Line
from tests.support.platforms import first, share, waited


def post(client: TestClient, *events: dict[str, Any]) -> None:
    content = sample.body(*events)
    answer = client.post("/channels/line/webhook", content=content, headers=sample.headers(content))
    assert answer.status_code == 200


def opened(client: TestClient, line: Line, parts: Parts, number: int = 1) -> str:
    """A citizen who was greeted and answered; gives the conversation."""
    who = sample.user(number)
    before = {talk.id for talk in talks(parts)}
    post(client, sample.text("안녕하세요", who))
    line.wait(2, who)
    return next(talk.id for talk in talks(parts) if talk.id not in before)


def talks(parts: Parts) -> Sequence[Conversation]:
    with parts.database.reading() as session:
        return session.scalars(select(Conversation)).all()


def tell(parts: Parts, conversation_id: str, text: str) -> None:
    """A notice, as a ticket's change makes one."""
    key, values = "notice.text", {"text_ko": text, "text_en": text}
    with parts.database.writing() as session:
        service.say(
            session,
            conversation_id=conversation_id,
            replies=[Reply(parts=[Say(key=key, values=values)])],
            render=Renderer(session, parts.wording, "ko"),
            now=utc_now(),
            sender="system",
        )


def last_unit(parts: Parts) -> OutboxUnit:
    with parts.database.reading() as session:
        unit = session.scalar(select(OutboxUnit).order_by(OutboxUnit.created_at.desc()))
    assert unit is not None
    return unit


def texts(line: Line, number: int = 1) -> list[str]:
    return [message.get("text", "") for message in line.of(sample.user(number))]


def test_a_persons_words_and_photo_reach_the_citizen(
    client: TestClient, line: Line, parts: Parts
) -> None:
    id = opened(client, line, parts)
    photo = parts.photos.prepare(photos.from_a_phone())
    with parts.database.writing() as session:
        service.take(session, conversation_id=id, login="kim", now=utc_now())
        service.staff_says(
            session,
            conversation_id=id,
            login="kim",
            text="상담원이에요. 사진처럼 하시면 돼요.",
            masker=parts.masker,
            now=utc_now(),
            photos=[photo],
            store=parts.photos.store,
        )
    line.wait(4)
    assert texts(line)[-1] == "상담원이에요. 사진처럼 하시면 돼요."
    assert f"/api/conversations/{id}/photos/" in texts(line)[-2]


def test_everything_arrives_once_and_in_order_though_a_fifth_fails(
    client: TestClient, line: Line, parts: Parts
) -> None:
    ids = [opened(client, line, parts, number) for number in (1, 2, 3)]
    line.trouble = share(0.2)
    for count in range(8):
        for id in ids:
            tell(parts, id, f"알림 {count}")
    for number in (1, 2, 3):
        line.wait(10, sample.user(number), seconds=60)
        assert texts(line, number)[2:] == [f"알림 {count}" for count in range(8)]
    assert line.broken == []


def test_one_slow_citizen_does_not_hold_the_others(
    client: TestClient, line: Line, parts: Parts
) -> None:
    stuck, free = (opened(client, line, parts, number) for number in (1, 2))
    served = line.serve

    def serve(call: Any) -> Any:
        if call.body.get("to") == sample.user(1):
            raise ConnectionError
        return served(call)

    line.serve = serve  # type: ignore[method-assign]
    tell(parts, stuck, "먼저")
    tell(parts, free, "다음")
    line.wait(3, sample.user(2))
    assert texts(line, 1) == texts(line, 2)[:2]


def test_what_the_platform_refuses_is_set_aside_and_the_next_goes_on(
    client: TestClient, line: Line, parts: Parts
) -> None:
    id = opened(client, line, parts)
    line.trouble = first(1, 400)
    tell(parts, id, "하나")
    tell(parts, id, "둘")
    line.wait(3)
    assert texts(line)[-1] == "둘"
    with parts.database.writing() as session:
        (parked,) = parking.parked(session)
        assert (parked.channel, parked.reason) == ("line", "LINE answered 400")
        parking.try_again(session, unit_id=parked.unit_id)
    line.wait(4)
    assert texts(line)[-1] == "하나"
    with parts.database.writing() as session:
        assert parking.parked(session) == []
        with pytest.raises(WrongState):
            parking.try_again(session, unit_id=parked.unit_id)


def test_a_message_that_cannot_be_rendered_is_set_aside(
    client: TestClient, line: Line, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = opened(client, line, parts)
    channel = client.app.state.channels.on["line"]  # type: ignore[attr-defined]
    render = type(channel).render

    def broken(self: Any, given: Sequence[Outgoing]) -> list[Payload]:
        if given[0].text == "독":
            raise ValueError("poison")
        made: list[Payload] = render(self, given)
        return made

    monkeypatch.setattr(type(channel), "render", broken)
    tell(parts, id, "독")
    tell(parts, id, "약")
    line.wait(3)
    with parts.database.reading() as session:
        assert [each.reason for each in parking.parked(session)] == ["render: ValueError"]


def test_after_the_last_try_it_is_set_aside(client: TestClient, line: Line, parts: Parts) -> None:
    id = opened(client, line, parts)
    client.app.state.channels.outbox._most_attempts = 2  # type: ignore[attr-defined]
    line.trouble = first(2, "refuse")
    tell(parts, id, "하나")
    unit = waited(
        lambda: unit if (unit := last_unit(parts)).parked_at else None, 15, lambda: "the end"
    )
    assert (unit.attempts, unit.parked) == (2, "LINE answered 500")


def test_an_outbox_that_died_while_sending_is_followed_by_another(
    client: TestClient, line: Line, parts: Parts
) -> None:
    id = opened(client, line, parts)
    with parts.database.writing() as session:
        key, values = "notice.text", {"text_ko": "알림", "text_en": "x"}
        [notice] = service.say(
            session,
            conversation_id=id,
            replies=[Reply(parts=[Say(key=key, values=values)])],
            render=Renderer(session, parts.wording, "ko"),
            now=utc_now(),
        )
        unit = session.get_one(OutboxUnit, notice.unit_id)
        unit.lease_until = utc_now().replace(year=utc_now().year + 1)
    time.sleep(1.5)
    assert len(line.shown) == 2, "somebody else holds it"
    with parts.database.writing() as session:
        session.get_one(OutboxUnit, unit.id).lease_until = utc_now()
    line.wait(3)
    assert texts(line)[-1] == "알림"


def test_a_closed_talk_begins_anew_with_a_greeting(
    client: TestClient, line: Line, parts: Parts
) -> None:
    id = opened(client, line, parts)
    with parts.database.writing() as session:
        service.close(session, conversation_id=id, now=utc_now())
    post(client, sample.text("다시 왔어요"))
    line.wait(4)
    assert texts(line)[2] == words("greeting.first")
    assert len(talks(parts)) == 2


def test_erasing_the_talk_takes_the_citizens_identity_with_it(
    client: TestClient, line: Line, parts: Parts
) -> None:
    id = opened(client, line, parts)
    with parts.database.writing() as session:
        service.erase(session, conversation_id=id, store=parts.photos.store)
    with parts.database.reading() as session:
        assert session.scalars(select(ChannelUser)).all() == []
