"""Messenger: who calls, what it says, and messages that Meta's limits allow."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.base import (
    Address,
    Event,
    HeldElsewhere,
    Ignored,
    Message,
    Opened,
    OutButton,
    Outgoing,
    PhotoRef,
    PhotoUnreachable,
    RawRequest,
    Refused,
    ReleasedElsewhere,
    Unsent,
)
from bot.channels.messenger import GET_STARTED, Messenger
from bot.conversations.schemas import Location
from tests.channels import fakes_messenger as fake
from tests.channels.limits import check_graph_message
from tests.channels.making import made_channel, pure
from tests.channels.replies import UNITS, check_nothing_lost
from tests.support.platforms import first

HELLO = Outgoing("가로등 고장을 접수했어요.")
PHOTO = "https://scontent.xx.fbcdn.net/v/x.jpg?oh=1"


@pytest.fixture
def messenger() -> Messenger:
    return pure(Messenger, **fake.SETTINGS)


@pytest.fixture
def graph() -> Iterator[fake.Graph]:
    with (made := fake.Graph()).running():
        yield made


def to_graph(graph: fake.Graph, **changes: Any) -> dict[str, Any]:
    return {**fake.SETTINGS, "messenger_api_url": f"{graph.url}/v26.0", **changes}


def parsed(messenger: Messenger, *occurrences: dict[str, Any]) -> list[Event]:
    return messenger.parse(fake.request(fake.hook(*occurrences)))


def of_message(event: Event) -> dict[str, Any]:
    """What a message brought, without its ids and times."""
    assert isinstance(event, Message)
    brought = {
        "text": event.text,
        "button": event.button,
        "photos": event.photos,
        "location": event.location,
        "unreadable": event.unreadable,
    }
    return {name: value for name, value in brought.items() if value}


# Who calls


def test_a_signed_body_is_taken(messenger: Messenger) -> None:
    messenger.verify(fake.request(fake.hook(fake.said())))


def test_the_signature_is_made_as_meta_makes_it() -> None:
    data = b'{"object":"page","entry":[]}'
    signature = "1a82db3abc2fa71a3fffecfedef579a8468a44850cd8a83a0c56974faff81689"
    assert fake.sign(data, "test-app-secret") == f"sha256={signature}"
    pure(Messenger, **fake.SETTINGS).verify(fake.request(data, signature=f"sha256={signature}"))


@pytest.mark.parametrize("change", ["", "sha256=", "sha1=abc", "sha256=" + "0" * 64, "서명"])
def test_a_wrong_signature_is_refused(messenger: Messenger, change: str) -> None:
    with pytest.raises(Refused) as refused:
        messenger.verify(fake.request(fake.hook(fake.said()), signature=change))
    assert refused.value.status == (403 if change else 401)


def test_the_signature_is_of_the_body_as_it_came(messenger: Messenger) -> None:
    spaced = json.dumps(fake.hook(fake.said()), indent=1).encode()
    messenger.verify(fake.request(spaced))
    tight = json.dumps(json.loads(spaced)).encode()
    with pytest.raises(Refused):
        messenger.verify(fake.request(tight, signature=fake.sign(spaced)))


def test_the_verify_token_is_no_key(messenger: Messenger) -> None:
    data = json.dumps(fake.hook(fake.said())).encode()
    with pytest.raises(Refused):
        messenger.verify(fake.request(data, signature=fake.sign(data, fake.VERIFY)))


def test_without_a_secret_nothing_is_proven() -> None:
    data = b"{}"
    with pytest.raises(Refused):
        pure(Messenger).verify(fake.request(data, signature=fake.sign(data, "")))


def asked(**query: str) -> RawRequest:
    named = {f"hub.{name}": value for name, value in query.items()}
    return RawRequest("GET", {}, named, b"", "173.252.88.1")


def test_the_handshake_gives_the_challenge_back(messenger: Messenger) -> None:
    answer = messenger.handshake(
        asked(mode="subscribe", verify_token=fake.VERIFY, challenge="1158201444")
    )
    assert (answer.status, answer.body) == (200, "1158201444")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"mode": "subscribe", "verify_token": "wrong", "challenge": "1"},
        {"mode": "unsubscribe", "verify_token": fake.VERIFY, "challenge": "1"},
        {"mode": "subscribe", "verify_token": fake.VERIFY, "challenge": "<script>"},
        {"mode": "subscribe", "verify_token": fake.VERIFY},
    ],
)
def test_another_handshake_is_refused(messenger: Messenger, query: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        messenger.handshake(asked(**query))
    assert refused.value.status == 403


def test_it_is_off_until_everything_is_set(messenger: Messenger) -> None:
    assert messenger.missing() == []
    names = ["APP_SECRET", "VERIFY_TOKEN", "PAGE_TOKEN", "PAGE_ID"]
    assert pure(Messenger).missing() == [f"MESSENGER_{name}" for name in names]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"entry": 3}', b'{"object": []}'])
def test_a_malformed_body_is_refused(messenger: Messenger, body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        messenger.parse(fake.request(body))
    assert refused.value.status == 400


# What comes in


def test_words_are_a_message_with_its_id(messenger: Messenger) -> None:
    said = fake.said("네")
    (event,) = parsed(messenger, said)
    mid = said["message"]["mid"]
    assert isinstance(event, Message)
    assert (event.user, event.text, event.event_id, event.message_id) == (
        fake.USER, "네", mid, mid,
    )  # fmt: skip
    assert event.standby is False
    assert event.at is not None
    assert abs(datetime.now(UTC) - event.at) < timedelta(minutes=1)


@pytest.mark.parametrize("timestamp", [10**30, -(10**30), None, 0, 4_102_444_800_000])
def test_a_strange_clock_does_no_harm(messenger: Messenger, timestamp: Any) -> None:
    (event,) = parsed(messenger, {**fake.said("네"), "timestamp": timestamp})
    assert isinstance(event, Message) and event.text == "네"


def test_many_entries_of_one_webhook_are_read_in_order(messenger: Messenger) -> None:
    hooks = [fake.hook(fake.said(str(number), user=f"u{number % 7}")) for number in range(100)]
    body = {"object": "page", "entry": [hook["entry"][0] for hook in hooks]}
    events = messenger.parse(fake.request(body))
    assert [event.text for event in events if isinstance(event, Message)] == [
        str(number) for number in range(100)
    ]


def test_one_malformed_event_does_not_take_the_others_with_it(messenger: Messenger) -> None:
    strange: list[Any] = [{"sender": 3}, 7, None, {"message": []}]
    events = parsed(messenger, fake.said("하나"), *strange, fake.said("둘"))
    assert [event.text for event in events if isinstance(event, Message)] == ["하나", "둘"]
    assert len(events) == 6


def test_what_the_page_said_is_never_a_message(messenger: Messenger) -> None:
    echo = fake.occurrence(message={"mid": "m", "text": "x", "is_echo": True, "app_id": 1})
    echo["sender"], echo["recipient"] = echo["recipient"], echo["sender"]
    (event,) = parsed(messenger, echo)
    assert event == Ignored(user=fake.USER, kind="echo")


def test_another_page_or_platform_is_not_for_us(messenger: Messenger) -> None:
    (event,) = parsed(messenger, {**fake.said(), "recipient": {"id": "999"}})
    assert isinstance(event, Ignored)
    (event,) = messenger.parse(fake.request({**fake.hook(fake.said()), "object": "instagram"}))
    assert isinstance(event, Ignored)


def test_presses_come_back_by_their_payload(messenger: Messenger) -> None:
    quick = fake.said("가로등", quick_reply={"payload": "b1"})
    postback = fake.occurrence(postback={"mid": "m_p", "title": "가로등", "payload": "b2"})
    first_, second = parsed(messenger, quick, postback)
    assert of_message(first_) == {"button": "b1"}
    assert of_message(second) == {"button": "b2"}
    assert second.event_id == "m_p"


def test_get_started_opens_the_talk(messenger: Messenger) -> None:
    press = fake.occurrence(postback={"mid": "m_s", "title": "x", "payload": GET_STARTED})
    referral = fake.occurrence(referral={"ref": "x", "source": "SHORTLINK"})
    started, referred = parsed(messenger, press, referral)
    assert isinstance(started, Opened) and started.event_id == "m_s"
    assert isinstance(referred, Opened)


@pytest.mark.parametrize(
    ("attachment", "expected"),
    [
        (fake.attached("image", url=PHOTO), {"photos": (PhotoRef(PHOTO),)}),
        (fake.attached("image", url=PHOTO, sticker_id=369239263222822), {"unreadable": "sticker"}),
        (fake.attached("sticker", url=PHOTO), {"unreadable": "sticker"}),
        (fake.attached("audio", url="https://x/y.mp4"), {"unreadable": "audio"}),
        (fake.attached("video", url="https://x/y.mp4"), {"unreadable": "video"}),
        (fake.attached("file", url="https://x/y.pdf"), {"unreadable": "file"}),
        (fake.attached("brand_new"), {"unreadable": "brand_new"}),
        (
            fake.attached("location", coordinates={"lat": 33.49962, "long": 126.53119}),
            {"location": Location(latitude=33.49962, longitude=126.53119)},
        ),
        (
            fake.attached("location", coordinates={"lat": 333.0, "long": 1.0}),
            {"unreadable": "location"},
        ),
    ],
)
def test_attachments_are_told_apart(
    messenger: Messenger, attachment: dict[str, Any], expected: dict[str, Any]
) -> None:
    (event,) = parsed(messenger, attachment)
    assert of_message(event) == expected


def test_a_photo_with_words_and_a_shared_page_keep_their_words(messenger: Messenger) -> None:
    photo = fake.attached("image", url=PHOTO)
    photo["message"]["text"] = "여기예요"
    shared = fake.attached("fallback", url="https://x.kr")
    shared["message"]["text"] = "https://x.kr"
    first_, second = parsed(messenger, photo, shared)
    assert of_message(first_) == {"text": "여기예요", "photos": (PhotoRef(PHOTO),)}
    assert of_message(second) == {"text": "https://x.kr"}


def test_a_message_that_was_taken_back_is_unsent(messenger: Messenger) -> None:
    taken_back = fake.occurrence(message={"mid": "m_1", "is_deleted": True})
    assert parsed(messenger, taken_back) == [Unsent(user=fake.USER, message_id="m_1")]


def test_an_edit_a_receipt_and_a_reaction_are_ignored(messenger: Messenger) -> None:
    events = parsed(
        messenger,
        fake.occurrence(message_edit={"mid": "m", "text": "x", "num_edit": 1}),
        fake.occurrence(read={"watermark": 1}),
        fake.occurrence(delivery={"mids": ["m"], "watermark": 1}),
        fake.occurrence(reaction={"reaction": "love", "mid": "m"}),
        fake.occurrence(brand_new={}),
        fake.occurrence(message={"mid": "m"}),
        fake.occurrence(),
    )
    assert {type(event) for event in events} == {Ignored}


# Another app has the talk


def test_what_another_app_answers_stands_by(messenger: Messenger) -> None:
    (event,) = messenger.parse(fake.request(fake.hook(fake.said(), field="standby")))
    assert isinstance(event, Message) and event.standby is True


def test_routing_says_who_has_the_talk(messenger: Messenger) -> None:
    taken = fake.occurrence(take_thread_control={"previous_owner_app_id": "1", "metadata": ""})
    passed = fake.occurrence(pass_thread_control={"new_owner_app_id": "1", "metadata": ""})
    wanted = fake.occurrence(request_thread_control={"requested_owner_app_id": 1})
    events = parsed(messenger, taken, passed, wanted)
    assert [type(event) for event in events] == [HeldElsewhere, ReleasedElsewhere, Ignored]


# What goes out


@given(unit=UNITS)
@settings(max_examples=60, deadline=None)
def test_any_unit_fits_and_nothing_is_lost(unit: list[Outgoing]) -> None:
    payloads = pure(Messenger, **fake.SETTINGS).render(unit)
    said, pressable = [], []
    for number, payload in enumerate(payloads):
        check_graph_message(payload)
        message = payload["message"]
        said.append(message.get("text", ""))
        template = message.get("attachment", {}).get("payload", {})
        said.append(template.get("text", ""))
        for button in template.get("buttons", ()):
            pressable.append(button.get("payload") or button["url"])
        # Quick replies vanish with the next message.
        assert "quick_replies" not in message or number == len(payloads) - 1
        pressable += [reply["payload"] for reply in message.get("quick_replies", ())]
    check_nothing_lost(unit, said, pressable)


@given(count=st.integers(0, 13))
def test_links_stand_in_a_template_and_choices_below(count: int) -> None:
    link = OutButton("누리집 열기", url="https://www.jeju.go.kr/")
    choices = tuple(OutButton(f"보기 {number}", f"b{number}") for number in range(count))
    payloads = pure(Messenger, **fake.SETTINGS).render([Outgoing("여권", (link, *choices))])
    (payload,) = payloads
    check_graph_message(payload)
    buttons = payload["message"]["attachment"]["payload"]["buttons"]
    quick = payload["message"].get("quick_replies", [])
    assert len(buttons) + len(quick) == count + 1


async def test_messages_arrive_in_order(graph: fake.Graph) -> None:
    parts = [HELLO, Outgoing("둘", photos=("https://120.example/p/1",))]
    async with made_channel(Messenger, **to_graph(graph)) as messenger:
        for payload in messenger.render(parts):
            sent = await messenger.send(Address(fake.USER), payload, "key")
            assert sent.ok and sent.message_id
    messages = [body["message"] for body in graph.of(fake.USER)]
    assert [message.get("text", "photo") for message in messages] == [HELLO.text, "photo", "둘"]
    assert graph.broken == []
    assert all(fake.TOKEN not in call.path for call in graph.calls)


@pytest.mark.parametrize(
    ("sender", "hours", "expected"),
    [
        ("bot", 0, ("RESPONSE", None)),
        ("bot", 25, ("UPDATE", None)),
        ("system", 1, ("UPDATE", None)),
        ("system", 25, ("UPDATE", None)),
        ("staff", 1, ("UPDATE", None)),
        ("staff", 25, ("MESSAGE_TAG", "HUMAN_AGENT")),
    ],
)
async def test_only_a_persons_late_answer_is_tagged(
    graph: fake.Graph, sender: Any, hours: int, expected: tuple[str, str | None]
) -> None:
    seen = datetime.now(UTC) - timedelta(hours=hours)
    async with made_channel(Messenger, **to_graph(graph)) as messenger:
        (payload,) = messenger.render([HELLO])
        await messenger.send(Address(fake.USER, seen_at=seen, sender=sender), payload, "key")
    (body,) = graph.of(fake.USER)
    assert (body["messaging_type"], body.get("tag")) == expected


async def test_a_closed_window_sets_a_message_aside_but_lets_a_person_through(
    graph: fake.Graph,
) -> None:
    graph.window_closed = {fake.USER}
    late = datetime.now(UTC) - timedelta(hours=30)
    async with made_channel(Messenger, **to_graph(graph)) as messenger:
        (payload,) = messenger.render([HELLO])
        ours = await messenger.send(
            Address(fake.USER, seen_at=late, sender="system"), payload, "key"
        )
        theirs = await messenger.send(
            Address(fake.USER, seen_at=late, sender="staff"), payload, "key"
        )
    assert ours.outcome == "parked" and "#10" in ours.reason
    assert theirs.ok


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ({"code": 613}, "again"),
        ({"code": 4}, "again"),
        ({"code": 190}, "again"),
        ({"code": 551, "error_subcode": 1545041}, "blocked"),
        ({"code": 200, "error_subcode": 1545041}, "blocked"),
        ({"code": 1200}, "maybe"),
        ({"code": 100, "is_transient": True}, "maybe"),
        ({"code": 100}, "parked"),
        ({"code": "x"}, "parked"),
        ({}, "parked"),
    ],
)
async def test_an_error_code_decides(
    graph: fake.Graph, error: dict[str, Any], outcome: str
) -> None:
    graph.errors = [{"message": f"{fake.USER} {fake.TOKEN}", **error}]
    async with made_channel(Messenger, **to_graph(graph)) as messenger:
        (payload,) = messenger.render([HELLO])
        sent = await messenger.send(Address(fake.USER), payload, "key")
    assert sent.outcome == outcome
    assert fake.USER not in sent.reason and fake.TOKEN not in sent.reason


@pytest.mark.parametrize(
    ("trouble", "outcome", "seen"),
    [("refuse", "maybe", 0), (429, "again", 0), (404, "parked", 0), ("drop", "maybe", 1)],
)
async def test_a_failed_call_is_told_apart(
    graph: fake.Graph, trouble: str | int, outcome: str, seen: int
) -> None:
    graph.trouble = first(1, trouble)
    async with made_channel(Messenger, **to_graph(graph)) as messenger:
        (payload,) = messenger.render([HELLO])
        sent = await messenger.send(Address(fake.USER), payload, "key")
    assert sent.outcome == outcome
    assert len(graph.of(fake.USER)) == seen


async def test_the_typing_sign_is_shown_and_never_raises(graph: fake.Graph) -> None:
    async with made_channel(Messenger, **to_graph(graph)) as messenger:
        await messenger.typing(Address(fake.USER))
        graph.trouble = first(1, "drop")
        await messenger.typing(Address(fake.USER))
    assert graph.typing == 2


@pytest.mark.parametrize(
    "url",
    [
        "http://scontent.fbcdn.net/x.jpg",
        "https://fbcdn.net.evil.kr/x.jpg",
        "https://scontent.fbcdn.net@10.0.0.1/x.jpg",
        "https://10.0.0.1/x.jpg",
    ],
)
async def test_photos_come_from_metas_hosts_only(url: str) -> None:
    async with made_channel(Messenger, **fake.SETTINGS) as messenger:
        with pytest.raises(PhotoUnreachable) as problem:
            await messenger.photo(PhotoRef(url), 1000)
    assert "10.0.0.1" not in str(problem.value)
