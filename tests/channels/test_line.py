"""LINE: what comes in, what goes out, and who is let in; judged by LINE's own SDK."""

import json
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from linebot.v3 import WebhookParser
from sqlalchemy import func, select

from bot.attachments.models import Attachment
from bot.channels import base
from bot.channels.base import OutButton, Outgoing, RawRequest, Refused
from bot.channels.line import Line as LineChannel
from bot.channels.models import ChannelUser
from bot.conversations.models import Conversation, Message, OutboxUnit
from bot.conversations.search_models import MessageWord
from bot.privacy.models import VaultEntry
from bot.settings import Settings
from bot.web.parts import Parts
from tests.support import line as sample
from tests.support import photos
from tests.support.citizen import words
from tests.support.leaks import leaks
from tests.support.line import Line
from tests.support.platforms import first, waited
from tests.support.rasa import HeardRasa

PATH = "/channels/line/webhook"


@pytest.fixture
def channel(settings: Settings) -> LineChannel:
    return LineChannel(settings, httpx.AsyncClient())


def request(content: bytes, **headers: str) -> RawRequest:
    return RawRequest("POST", headers, {}, content, "127.0.0.1")


def post(client: TestClient, *events: dict[str, Any]) -> httpx.Response:
    content = sample.body(*events)
    return client.post(PATH, content=content, headers=sample.headers(content))


def texts(line: Line, who: str = "") -> list[str]:
    return [message.get("text", message["type"]) for message in line.of(who or sample.user())]


def rows(parts: Parts, table: Any, **where: Any) -> list[Any]:
    with parts.database.reading() as session:
        return list(session.scalars(select(table).filter_by(**where)))


def count(parts: Parts, table: Any) -> int:
    with parts.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_published_signature_vectors_hold() -> None:
    content = b'{"destination":"U00000000000000000000000000000001","events":[]}'
    assert sample.signature(content) == "vi9Brf+SdeooKv6C8vcNTGfub3e9w9Y8WYkIvaPRAZ4="
    korean = '{"text":"밤"}'.encode()
    assert sample.signature(korean) == "8gmHuCtVvBTkZk4MhWqm3qb6IFdOZhs4+MaBmxv53wU="


def test_lines_own_parser_takes_what_we_take(channel: LineChannel) -> None:
    content = sample.body(
        sample.text("가로등이 고장났어요"),
        sample.event("unsend", unsend={"messageId": "1"}),
        sample.event("follow", follow={"isUnblocked": True}, replyToken="r"),
        sample.event("postback", postback={"data": "x"}, replyToken="r"),
    )
    theirs = WebhookParser(sample.SECRET).parse(content.decode(), sample.signature(content))
    channel.verify(request(content, **{"x-line-signature": sample.signature(content)}))
    ours = channel.parse(request(content))
    assert [each.type for each in theirs] == ["message", "unsend", "follow", "postback"]
    assert [type(each) for each in ours] == [base.Message, base.Unsent, base.Opened, base.Message]
    assert [each.event_id for each in ours] == [each.webhook_event_id for each in theirs]
    assert {each.user for each in ours} == {sample.user()}


@pytest.mark.parametrize("given", ["", "x", "vi9Brf+SdeooKv6C8vcNTGfub3e9w9Y8WYkIvaPRAZ4=", "밤"])
def test_a_wrong_signature_is_refused(channel: LineChannel, given: str) -> None:
    with pytest.raises(Refused) as refusal:
        channel.verify(request(sample.body(), **{"x-line-signature": given}))
    assert refusal.value.status in (401, 403)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (sample.of_type("sticker", packageId="1", stickerId="1"), "sticker"),
        (sample.of_type("audio", duration=1, contentProvider={"type": "line"}), "audio"),
        (sample.of_type("video", duration=1, contentProvider={"type": "line"}), "video"),
        (sample.of_type("file", fileName="a.pdf", fileSize=1), "file"),
        (sample.of_type("hologram"), "hologram"),
        (sample.of_type("location", latitude=91, longitude=0), "location"),
    ],
)
def test_what_cannot_be_read_is_known_as_such(
    channel: LineChannel, event: dict[str, Any], kind: str
) -> None:
    parsed = channel.parse(request(sample.body(event)))
    assert isinstance(parsed[0], base.Message)
    assert parsed[0].unreadable == kind


@pytest.mark.parametrize(
    "event",
    [
        sample.event("messageEdited", message={"id": "1", "type": "text", "text": "x"}),
        sample.event("beacon", beacon={"hwid": "1", "type": "enter"}),
        sample.event("join", source={"type": "group", "groupId": "C1"}),
        sample.text("안녕", source={"type": "group", "groupId": "C1", "userId": sample.user()}),
        sample.text("안녕", source={"type": "user"}),
        sample.event("undefined", undefinedField={"1": 1}),
        {"type": "message"},
        {},
        "text",
        None,
    ],
)
def test_groups_edits_and_unknown_events_are_left_alone(channel: LineChannel, event: Any) -> None:
    assert isinstance(channel.parse(request(sample.body(event)))[0], base.Ignored)


def test_buttons_photos_and_long_texts_are_as_line_wants_them(channel: LineChannel) -> None:
    four = tuple(OutButton(f"단추 {n}", f"id{n}") for n in range(3))
    link = OutButton("누리집", url="https://www.jeju.go.kr")
    parts = [
        Outgoing("가" * 6000),
        Outgoing("무엇을 할까요?", (*four, link)),
        Outgoing("어디인가요?", asks="location", photos=("https://120.example/p",)),
        Outgoing("고르세요", tuple(OutButton(f"고를 것 {n}", f"x{n}") for n in range(20))),
    ]
    payloads = channel.render(parts)
    messages = [message for payload in payloads for message in payload["messages"]]
    for message in messages:
        sample.judge(message)
    assert all(1 <= len(payload["messages"]) <= 5 for payload in payloads)
    assert [len(m["text"]) for m in messages[:2]] == [5000, 1000]
    assert messages[2]["template"]["actions"][3]["uri"] == "https://www.jeju.go.kr"
    assert messages[3]["type"] == "image"
    assert messages[4]["quickReply"]["items"][0]["action"]["type"] == "location"
    assert len(messages[5]["quickReply"]["items"]) == 13
    # One unit counts on: the four buttons above have the first numbers.
    assert "24. 고를 것 19" in messages[5]["text"]


def test_a_first_message_is_greeted_and_answered_by_its_reply_token(
    client: TestClient, line: Line, parts: Parts
) -> None:
    answer = post(client, sample.text("안녕하세요", replyToken=line.token()))
    assert (answer.status_code, answer.content) == (200, b"")
    line.wait(2)
    greeting, answered = texts(line)
    assert greeting == words("greeting.first")
    assert answered == words("say.greet")
    used = [call.path.rpartition("/")[2] for call in line.calls if "/message/" in call.path]
    assert used == ["reply", "push"]
    assert line.broken == []
    assert waited(
        lambda: all(unit.delivered_at for unit in rows(parts, OutboxUnit)) or None, 5, lambda: "it"
    )


def test_a_redelivered_event_is_stored_and_answered_once(
    client: TestClient, line: Line, parts: Parts, rasa: HeardRasa
) -> None:
    event = sample.text("안녕하세요")
    again = {**event, "deliveryContext": {"isRedelivery": True}}
    for each in (event, again, again):
        assert post(client, each).status_code == 200
    line.wait(2)
    assert post(client, again).status_code == 200
    assert len(rows(parts, Message, sender="citizen")) == 1
    assert len(rasa.heard) == 1
    assert len(line.shown) == 2


def test_a_second_honest_yes_is_never_eaten(client: TestClient, line: Line, parts: Parts) -> None:
    for _ in range(2):
        post(client, sample.text("네"))
    line.wait(3)
    assert [each.text for each in rows(parts, Message, sender="citizen")] == ["네", "네"]


def test_the_platforms_id_of_the_citizen_lies_nowhere_readable(
    client: TestClient, line: Line, parts: Parts
) -> None:
    who = sample.user(77)
    post(client, sample.text("제 번호는 010-2345-6789예요", who, replyToken=line.token(who)))
    line.wait(2, who)
    values = [who, line.calls[0].body.get("replyToken", "-"), "010-2345-6789"]
    assert leaks(parts.settings.var_dir, [parts.database], values) == []


def test_who_follows_is_greeted_with_topics(client: TestClient, line: Line) -> None:
    post(client, sample.event("follow", follow={"isUnblocked": False}, replyToken=line.token()))
    (shown,) = line.wait(1)
    template = shown["template"]
    assert template["text"] == words("greeting.first")
    assert template["actions"][-1]["label"] == words("button.person")
    post(client, sample.event("postback", postback={"data": template["actions"][-1]["data"]}))
    line.wait(2)


def test_a_button_of_another_talk_says_so(client: TestClient, line: Line) -> None:
    post(client, sample.event("postback", postback={"data": "not-ours"}))
    line.wait(2)
    assert texts(line)[-1] == words("error.unknown_button")


def test_a_sticker_gets_one_polite_sentence(client: TestClient, line: Line, parts: Parts) -> None:
    event = sample.of_type("sticker", packageId="1", stickerId="1")
    for _ in range(2):
        post(client, event)
    line.wait(2)
    assert texts(line)[-1] == words("channel.unreadable")
    assert count(parts, OutboxUnit) == 2
    assert rows(parts, Message, sender="citizen") == []


def test_a_photo_comes_in_and_an_unsent_one_goes(
    client: TestClient, line: Line, parts: Parts, rasa: HeardRasa
) -> None:
    event = sample.of_type("image", contentProvider={"type": "line"})
    number = event["message"]["id"]
    line.photos[number] = photos.from_a_phone()
    post(client, event)
    line.wait(2)
    (photo,) = rows(parts, Attachment)
    assert parts.photos.store.read(photo)
    assert rasa.heard[0]["metadata"]["press"]["slots"] == {"photo": photo.id}
    post(client, sample.event("unsend", unsend={"messageId": number}))
    assert count(parts, Attachment) == 0
    (message,) = rows(parts, Message, sender="citizen")
    assert message.text == words("channel.unsent")
    assert message.press is None
    assert not any(each.is_file() for each in (parts.settings.var_dir / "attachments").rglob("*"))


def test_a_photo_that_is_gone_asks_for_it_again(client: TestClient, line: Line) -> None:
    post(client, sample.of_type("image", contentProvider={"type": "line"}))
    line.wait(2)
    assert texts(line)[-1] == words("channel.photo_unreachable")


def test_a_photo_elsewhere_is_never_fetched(client: TestClient, line: Line) -> None:
    outside = {"type": "external", "originalContentUrl": f"{line.url}/v2/x.jpg"}
    post(client, sample.of_type("image", contentProvider=outside))
    line.wait(2)
    assert not any(call.method == "GET" for call in line.calls)


def test_a_shared_place_reaches_the_dialogue(
    client: TestClient, line: Line, rasa: HeardRasa
) -> None:
    post(client, sample.of_type("location", latitude=33.49962, longitude=126.53119, title="x"))
    line.wait(2)
    slots = rasa.heard[0]["metadata"]["press"]["slots"]
    assert slots["latitude"] == "33.499620"


def test_an_unsent_text_is_deleted_with_its_personal_data(
    client: TestClient, line: Line, parts: Parts, rasa: HeardRasa
) -> None:
    event = sample.text("제 번호는 010-2345-6789예요")
    post(client, event)
    line.wait(2)
    with parts.database.writing() as session:
        (said,) = session.query(Message).filter_by(sender="citizen")
        session.add(
            MessageWord(
                word="번호/NN",
                message_id=said.id,
                conversation_id=said.conversation_id,
                at=said.created_at,
            )
        )
    post(client, sample.event("unsend", unsend={"messageId": event["message"]["id"]}))
    (message,) = rows(parts, Message, sender="citizen")
    assert message.text == words("channel.unsent")
    assert count(parts, VaultEntry) == count(parts, MessageWord) == 0
    assert rasa.forgotten == [message.conversation_id]


def test_in_standby_the_bot_is_silent_until_it_is_active_again(
    client: TestClient, line: Line, parts: Parts, rasa: HeardRasa
) -> None:
    post(client, sample.text("여권 발급은 얼마예요", mode="standby"))
    (talk,) = rows(parts, Conversation)
    assert talk.state == "platform"
    post(client, sample.text("다시 챗봇이에요"))
    line.wait(1)
    assert rows(parts, Conversation)[0].state == "bot"
    assert [each["message"] for each in rasa.heard] == ["다시 챗봇이에요"]


def test_who_deletes_the_talk_leaves_nothing(
    client: TestClient, line: Line, parts: Parts, rasa: HeardRasa
) -> None:
    post(client, sample.text("안녕하세요"))
    line.wait(2)
    event = sample.text("내 대화 삭제")
    for _ in range(2):
        post(client, event)
    line.wait(3)
    assert texts(line)[-1] == words("channel.deleted")
    assert [count(parts, table) for table in (Conversation, Message, ChannelUser)] == [0, 0, 0]
    assert len(rasa.forgotten) == 1


def test_who_blocked_the_account_is_not_written_to(
    client: TestClient, line: Line, parts: Parts
) -> None:
    post(client, sample.text("안녕하세요"))
    line.wait(2)
    post(client, sample.event("unfollow"))
    assert rows(parts, ChannelUser)[0].blocked_at is not None
    post(client, sample.event("follow", follow={"isUnblocked": True}))
    assert rows(parts, ChannelUser)[0].blocked_at is None
    assert count(parts, Conversation) == 1


def test_a_push_that_timed_out_is_shown_once(client: TestClient, line: Line) -> None:
    line.trouble = first(1, "drop")
    post(client, sample.text("안녕하세요"))
    line.wait(2, seconds=15)
    keys = [call.headers.get("x-line-retry-key") for call in line.calls if "push" in call.path]
    assert keys[0] == keys[1] != keys[2]
    assert texts(line) == [words("greeting.first"), words("say.greet")]


def test_a_reply_that_timed_out_is_shown_once(client: TestClient, line: Line) -> None:
    line.trouble = first(1, "drop")
    post(client, sample.text("안녕하세요", replyToken=line.token()))
    line.wait(2, seconds=15)
    assert texts(line) == [words("greeting.first"), words("say.greet")]
    ways = [call.path.rpartition("/")[2] for call in line.calls if "/message/" in call.path]
    assert ways == ["reply", "reply", "push"]


def test_a_reply_token_that_is_over_becomes_a_push(client: TestClient, line: Line) -> None:
    post(client, sample.text("안녕하세요", replyToken="over"))
    line.wait(2)
    assert line.broken == []


def test_an_empty_batch_checks_the_address(client: TestClient) -> None:
    content = json.dumps({"destination": sample.user(0), "events": []}).encode()
    assert client.post(PATH, content=content, headers=sample.headers(content)).status_code == 200


def test_a_batch_of_a_hundred_is_stored_and_answered(
    client: TestClient, line: Line, parts: Parts
) -> None:
    events = [sample.text(f"안녕 {n}", sample.user(n % 20 + 1)) for n in range(100)]
    assert post(client, *events).status_code == 200
    line.wait(120, seconds=60)
    assert len(rows(parts, Message, sender="citizen")) == 100
    for number in range(1, 21):
        mine = rows(parts, Conversation)
        assert len(mine) == 20
        assert len(line.of(sample.user(number))) == 6
