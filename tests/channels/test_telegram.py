"""Telegram: what comes in, what goes out; judged by python-telegram-bot's models."""

from typing import Any

import httpx
import pytest
import structlog
from fastapi.testclient import TestClient
from sqlalchemy import select
from telegram import Update

from bot.attachments.models import Attachment
from bot.channels import base
from bot.channels.base import OutButton, Outgoing, RawRequest, Refused
from bot.channels.models import ChannelUser
from bot.channels.telegram import Telegram as TelegramChannel
from bot.channels.telegram import WebhookNotSet
from bot.conversations.models import Message, OutboxUnit
from bot.settings import Settings
from bot.web.parts import Parts
from tests.support import photos
from tests.support import telegram as sample
from tests.support.citizen import words
from tests.support.platforms import Answer, first, waited
from tests.support.rasa import HeardRasa
from tests.support.telegram import Telegram

PATH = "/channels/telegram/webhook"


@pytest.fixture
def channel(settings: Settings) -> TelegramChannel:
    return TelegramChannel(settings, httpx.AsyncClient())


def post(client: TestClient, update: dict[str, Any]) -> httpx.Response:
    return client.post(PATH, content=sample.body(update), headers=sample.HEADERS)


def parsed(channel: TelegramChannel, update: dict[str, Any]) -> base.Event:
    (event,) = channel.parse(RawRequest("POST", {}, {}, sample.body(update), "127.0.0.1"))
    return event


def texts(telegram: Telegram) -> list[str]:
    return [message["text"] for message in telegram.of(sample.user())]


def rows(parts: Parts, table: Any, **where: Any) -> list[Any]:
    with parts.database.reading() as session:
        return list(session.scalars(select(table).filter_by(**where)))


@pytest.mark.parametrize(
    "update",
    [
        sample.message(text="가로등이 고장났어요"),
        sample.message(caption="여기예요", photo=[]),
        sample.message(location={"latitude": 33.5, "longitude": 126.5}),
        sample.press("abcdefghij123456"),
    ],
)
def test_telegrams_models_take_what_we_take(
    channel: TelegramChannel, update: dict[str, Any]
) -> None:
    theirs = Update.de_json(update, None)
    ours = parsed(channel, update)
    assert ours.event_id == str(theirs.update_id)
    assert theirs.effective_chat is not None
    assert ours.user in ("", str(theirs.effective_chat.id))


@pytest.mark.parametrize("given", ["", "wrong", "테스트", sample.SECRET + "x"])
def test_a_wrong_secret_is_refused(channel: TelegramChannel, given: str) -> None:
    headers = {"x-telegram-bot-api-secret-token": given}
    with pytest.raises(Refused) as refusal:
        channel.verify(RawRequest("POST", headers, {}, b"{}", "127.0.0.1"))
    assert refusal.value.status in (401, 403)


@pytest.mark.parametrize(
    "update",
    [
        sample.message(kind="group", text="안녕"),
        sample.message(kind="supergroup", text="안녕"),
        sample.message(text="안녕", **{"from": {"id": 1, "is_bot": True, "first_name": "x"}}),
        sample.message(new_chat_title="x"),
        sample.update(edited_message=sample.message(text="고침")["message"]),
        sample.update(channel_post=sample.message(text="글")["message"]),
        sample.update(chat_boost={"x": 1}),
        sample.update(message={"text": "no chat"}),
        sample.update(),
    ],
)
def test_groups_bots_edits_and_unknown_updates_are_left_alone(
    channel: TelegramChannel, update: dict[str, Any]
) -> None:
    assert isinstance(parsed(channel, update), base.Ignored)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"update_id": "1"}', b'{"message": {}}'])
def test_what_is_no_update_is_malformed(channel: TelegramChannel, body: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        channel.parse(RawRequest("POST", {}, {}, body, "127.0.0.1"))
    assert refusal.value.status == 400


@pytest.mark.parametrize("kind", ["sticker", "voice", "video_note", "contact", "poll"])
def test_what_cannot_be_read_is_known_as_such(channel: TelegramChannel, kind: str) -> None:
    event = parsed(channel, sample.message(**{kind: {"file_id": "x"}}))
    assert isinstance(event, base.Message)
    assert event.unreadable == kind


def test_who_starts_is_greeted_with_topics_in_their_language(
    client: TestClient, telegram: Telegram
) -> None:
    english = {**sample.person(), "language_code": "en-GB"}
    post(client, sample.message(text="/start", **{"from": english}))
    (shown,) = telegram.wait(1)
    assert shown["text"] == words("greeting.first", "en")
    keys = [row[0] for row in shown["reply_markup"]["inline_keyboard"]]
    assert keys[-1]["text"] == words("button.person", "en")
    assert telegram.broken == []


def test_a_pressed_button_stops_spinning_and_is_answered(
    client: TestClient, telegram: Telegram, parts: Parts
) -> None:
    post(client, sample.message(text="/start"))
    (shown,) = telegram.wait(1)
    data = shown["reply_markup"]["inline_keyboard"][-1][0]["callback_data"]
    press = sample.press(data)
    for _ in range(2):
        post(client, press)
    telegram.wait(2)
    assert telegram.acknowledged[0] == press["callback_query"]["id"]
    (mine,) = rows(parts, Message, sender="citizen")
    assert mine.text == words("button.person")


def test_a_retried_update_is_answered_once(
    client: TestClient, telegram: Telegram, parts: Parts, rasa: HeardRasa
) -> None:
    update = sample.message(text="안녕하세요")
    for _ in range(3):
        assert post(client, update).status_code == 200
    telegram.wait(2)
    assert len(rows(parts, Message, sender="citizen")) == len(rasa.heard) == 1


def test_a_photo_with_a_caption_is_two_messages(
    client: TestClient, telegram: Telegram, parts: Parts, rasa: HeardRasa
) -> None:
    telegram.files["large"] = photos.from_a_phone()
    sizes = [{"file_id": "small", "width": 90, "height": 60, "file_unique_id": "a"}]
    sizes.append({"file_id": "large", "width": 900, "height": 600, "file_unique_id": "b"})
    post(client, sample.message(photo=sizes, caption="도로가 패였어요"))
    telegram.wait(3)
    assert len(rows(parts, Attachment)) == 1
    assert [each["message"] for each in rasa.heard] == [words("photo.sent"), "도로가 패였어요"]


def test_a_file_that_is_no_photo_says_so(
    client: TestClient, telegram: Telegram, parts: Parts
) -> None:
    telegram.files["odd"] = photos.zip_file()
    document = {"file_id": "odd", "mime_type": "image/jpeg", "file_unique_id": "a"}
    post(client, sample.message(document=document))
    telegram.wait(2)
    assert texts(telegram)[-1] == words("photo.not_a_photo")
    assert rows(parts, Attachment) == []


def test_too_many_requests_wait_as_long_as_telegram_asks(
    client: TestClient, telegram: Telegram
) -> None:
    told: list[int] = []
    served = telegram.serve

    def busy(call: Any) -> Answer:
        if call.path.endswith("/sendMessage") and not told:
            told.append(1)
            body = {"ok": False, "description": "Too Many Requests", "parameters": {}}
            return Answer(429, {**body, "parameters": {"retry_after": 1}})
        return served(call)

    telegram.serve = busy  # type: ignore[method-assign]
    post(client, sample.message(text="안녕하세요"))
    telegram.wait(2, seconds=15)
    assert texts(telegram) == [words("greeting.first"), words("say.greet")]


def test_who_blocked_the_bot_gets_nothing_more(
    client: TestClient, telegram: Telegram, parts: Parts
) -> None:
    telegram.blocked.add(sample.chat()["id"])
    post(client, sample.message(text="안녕하세요"))
    units = waited(
        lambda: found if len(found := rows(parts, OutboxUnit)) == 2 and found[1].parked else None,
        10,
        lambda: "both units to be set aside",
    )
    assert all(unit.parked_at and not unit.delivered_at for unit in units)
    sends = [call for call in telegram.calls if call.path.endswith("/sendMessage")]
    assert len(sends) == 1
    assert rows(parts, ChannelUser)[0].blocked_at is not None


def test_what_timed_out_after_acceptance_is_counted(
    client: TestClient, telegram: Telegram, parts: Parts
) -> None:
    telegram.trouble = first(1, "drop")
    post(client, sample.message(text="안녕하세요"))
    telegram.wait(3, seconds=15)
    assert texts(telegram) == [words("greeting.first")] * 2 + [words("say.greet")]
    assert sum(unit.unsure for unit in rows(parts, OutboxUnit)) == 1


async def test_the_token_is_in_no_log(channel: TelegramChannel, telegram: Telegram) -> None:
    telegram.sends, telegram.trouble = (), first(9, "drop")
    with structlog.testing.capture_logs() as logs:
        sent = await channel.send(base.Address("1"), {"method": "sendMessage"}, "k")
        with pytest.raises(base.PhotoUnreachable) as error:
            await channel.photo(base.PhotoRef("gone"), 1000)
    assert sent.outcome == "maybe"
    seen = f"{sent} {logs} {error.value} {error.value.__cause__!r}"
    assert sample.TOKEN not in seen


async def test_the_webhook_is_set_with_its_secret(
    channel: TelegramChannel, telegram: Telegram
) -> None:
    await channel.set_webhook("https://120.example/channels/telegram/webhook")
    assert telegram.webhook["secret_token"] == sample.SECRET
    assert "message" in telegram.webhook["allowed_updates"]
    telegram.sends, telegram.trouble = (), first(1, 401)
    with pytest.raises(WebhookNotSet):
        await channel.set_webhook("https://120.example/channels/telegram/webhook")


def test_keyboards_and_places_are_as_telegram_wants_them(
    channel: TelegramChannel, telegram: Telegram
) -> None:
    parts = [
        Outgoing("?", tuple(OutButton(f"단추 {n}", "x" * 16) for n in range(30))),
        Outgoing("어디인가요?", asks="location"),
        Outgoing("", photos=("https://120.example/p",)),
        Outgoing("가" * 30_000, more_url="https://120.example/chat"),
    ]
    payloads = channel.render(parts)
    for payload in payloads:
        sent = {"chat_id": 1, **payload}
        serve = telegram._sendPhoto if payload["method"] == "sendPhoto" else telegram._sendMessage
        assert serve(sent).status == 200, telegram.broken
    assert len(payloads[0]["reply_markup"]["inline_keyboard"]) == 20
    assert payloads[1]["reply_markup"]["keyboard"][0][0]["request_location"] is True
    assert "https://120.example/chat" in payloads[-1]["text"]
