"""Naver TalkTalk: who calls, what it says, and messages that its limits allow."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings

from bot.channels.base import (
    Address,
    Event,
    Ignored,
    Left,
    Message,
    Opened,
    OutButton,
    Outgoing,
    PhotoRef,
    PhotoUnreachable,
    Refused,
    ReleasedElsewhere,
    Withdrawn,
)
from bot.channels.naver import Naver
from tests.channels import fakes_naver as fake
from tests.channels.limits import check_talk_event
from tests.channels.making import made_channel, pure
from tests.channels.replies import UNITS, check_nothing_lost
from tests.support.platforms import first

HELLO = Outgoing("가로등 고장을 접수했어요.")
PHOTO = "https://phinf.pstatic.net/talk/x.jpg"


@pytest.fixture
def naver() -> Naver:
    return pure(Naver, **fake.SETTINGS)


@pytest.fixture
def platform() -> Iterator[fake.Naver]:
    with (made := fake.Naver()).running():
        yield made


def to_platform(platform: fake.Naver, **changes: Any) -> dict[str, Any]:
    return {
        **fake.SETTINGS,
        "naver_api_url": f"{platform.url}/chatbot/v1",
        "naver_photo_hosts": platform.host,
        **changes,
    }


def parsed(naver: Naver, body: dict[str, Any]) -> Event:
    (event,) = naver.parse(fake.request(body))
    return event


def with_handover() -> Naver:
    return pure(Naver, **fake.SETTINGS, naver_handover=True)


# Who calls


@pytest.mark.parametrize(
    "client", ["211.249.40.0", "211.249.40.31", "211.249.68.5", "220.230.168.30"]
)
def test_naver_calls_from_its_networks(naver: Naver, client: str) -> None:
    naver.verify(fake.request(fake.text_event(), client=client))
    naver.verify(fake.request(fake.text_event(), client=f"::ffff:{client}"))


@pytest.mark.parametrize("client", ["211.249.40.32", "127.0.0.1", "::1", "", "testclient", "1.1.1"])
def test_a_call_from_elsewhere_is_refused(naver: Naver, client: str) -> None:
    with pytest.raises(Refused) as refused:
        naver.verify(fake.request(fake.text_event(), client=client))
    assert refused.value.status == 403


@pytest.mark.parametrize("secret", ["", "wrong", fake.SECRET + "x", "끝"])
def test_the_end_of_the_address_must_be_right(naver: Naver, secret: str) -> None:
    with pytest.raises(Refused) as refused:
        naver.verify(fake.request(fake.text_event(), secret=secret))
    assert refused.value.status == 404


def test_without_networks_the_end_of_the_address_decides() -> None:
    naver = pure(Naver, **fake.SETTINGS, naver_source_ranges="")
    naver.verify(fake.request(fake.text_event(), client="10.0.0.7"))
    with pytest.raises(Refused):
        naver.verify(fake.request(fake.text_event(), client="10.0.0.7", secret=""))


def test_it_is_off_until_secret_and_key_are_set(naver: Naver) -> None:
    assert naver.missing() == []
    assert pure(Naver).missing() == ["NAVER_PATH_SECRET", "NAVER_AUTHORIZATION"]
    with pytest.raises(Refused):
        pure(Naver).verify(fake.request(fake.text_event(), secret=""))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff", b"{}", b'{"event": 3}', b'{"event":"send","user":[]}']
)
def test_a_malformed_body_is_refused(naver: Naver, body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        naver.parse(fake.request(body))
    assert refused.value.status == 400


# What comes in


def test_words_are_a_message(naver: Naver) -> None:
    assert parsed(naver, fake.text_event()) == Message(user=fake.USER, text="가로등이 고장났어요")


def test_unknown_fields_are_tolerated(naver: Naver) -> None:
    event = fake.text_event(partner="wc0000", brandNew={"x": [None]})
    event["textContent"]["more"] = 1
    assert isinstance(parsed(naver, event), Message)


def test_two_honest_equal_messages_are_two(naver: Naver) -> None:
    # Naver repeats no webhook and names none: the same words again are said again.
    same = [parsed(naver, fake.text_event("네")) for _ in range(2)]
    assert same == [Message(user=fake.USER, text="네")] * 2
    assert not naver.capabilities.event_ids


def test_a_button_of_ours_comes_back_by_its_code(naver: Naver) -> None:
    (payload,) = naver.render([Outgoing("어디예요?", (OutButton("여기예요", "button-1"),))])
    (button,) = payload["compositeContent"]["compositeList"][0]["buttonList"]
    event = parsed(naver, fake.button_event(button["data"]["code"], button["data"]["title"]))
    assert event == Message(user=fake.USER, button="button-1")


def test_a_photo_is_one(naver: Naver) -> None:
    event = parsed(naver, fake.photo_event(PHOTO))
    assert event == Message(user=fake.USER, photos=(PhotoRef(PHOTO),))


@pytest.mark.parametrize("kind", ["sticker", "brandNewInput"])
def test_a_sticker_is_not_read(naver: Naver, kind: str) -> None:
    event = fake.text_event(textContent={"text": "https://x/sticker.png", "inputType": kind})
    assert parsed(naver, event) == Message(user=fake.USER, unreadable=kind)


def test_a_message_without_anything_is_not_read(naver: Naver) -> None:
    event = parsed(naver, {"event": "send", "user": fake.USER})
    assert event == Message(user=fake.USER, unreadable="other")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"event": "open", "options": {"inflow": "list", "friend": True}}, Opened(user=fake.USER)),
        ({"event": "friend", "options": {"set": "on"}}, Opened(user=fake.USER)),
        ({"event": "friend", "options": {"set": "off"}}, Ignored(user=fake.USER, kind="friend")),
        ({"event": "leave"}, Left(user=fake.USER)),
        ({"event": "brandNew"}, Ignored(user=fake.USER, kind="brandNew")),
        (
            {"event": "profile", "options": {"nickname": "x", "result": "SUCCESS"}},
            Ignored(user=fake.USER, kind="profile"),
        ),
        ({"event": "profile", "withdrawals": ["cellphone"]}, Withdrawn(user=fake.USER)),
        (
            {"event": "profile", "options": {"withdrawals": ["cellphone"]}},
            Withdrawn(user=fake.USER),
        ),
    ],
)
def test_what_else_happens_is_told_apart(
    naver: Naver, body: dict[str, Any], expected: Event
) -> None:
    assert parsed(naver, {"user": fake.USER, **body}) == expected


def test_an_event_of_nobody_is_ignored(naver: Naver) -> None:
    assert parsed(naver, {"event": "open"}) == Ignored(kind="open")


def test_an_echo_is_never_a_message(naver: Naver) -> None:
    assert parsed(naver, fake.echo_event()) == Ignored(user=fake.USER, kind="echo")
    # Of our own message with buttons, too.
    own = {**fake.echo_event(), "standby": True, "options": {"sourceId": 10007}}
    assert parsed(naver, own) == Ignored(user=fake.USER, kind="echo")


# Handover


def test_while_a_person_owns_the_talk_messages_stand_by(naver: Naver) -> None:
    event = parsed(naver, fake.text_event(standby=True))
    assert isinstance(event, Message) and event.standby is True


def test_words_without_standby_mean_that_the_talk_is_ours() -> None:
    event = parsed(with_handover(), fake.text_event())
    assert isinstance(event, Message) and event.standby is False


def test_a_press_does_not_say_whose_the_talk_is() -> None:
    # Naver leaves `standby` out for our buttons although a person owns the talk.
    event = parsed(with_handover(), fake.button_event("b1"))
    assert isinstance(event, Message) and event.standby is None


@pytest.mark.parametrize("metadata", ['{"managerNickname":"x"}', "{'autoEnd':false}", "", None, 3])
def test_the_talk_comes_back_whatever_its_metadata_is(naver: Naver, metadata: Any) -> None:
    options = {"control": "passThread", "metadata": metadata}
    body = {"event": "handover", "user": fake.USER, "options": options}
    assert parsed(naver, body) == ReleasedElsewhere(user=fake.USER)


async def test_the_talk_is_handed_over_only_where_the_setting_says_so(
    platform: fake.Naver,
) -> None:
    async with made_channel(Naver, **to_platform(platform)) as naver:
        assert not naver.hands_over()
    async with made_channel(Naver, **to_platform(platform, naver_handover=True)) as naver:
        assert naver.hands_over()
        assert (await naver.hand_over(Address(fake.USER))).ok
    assert platform.handed_over == [fake.USER]
    assert [call.body["options"] for call in platform.calls] == [
        {"control": "passThread", "targetId": 1}
    ]


# What goes out


@given(unit=UNITS)
@settings(max_examples=60, deadline=None)
def test_any_unit_fits_and_nothing_is_lost(unit: list[Outgoing]) -> None:
    payloads = pure(Naver, **fake.SETTINGS).render(unit)
    said, pressable = [], []
    for payload in payloads:
        check_talk_event(payload)
        said.append(payload.get("textContent", {}).get("text", ""))
        for composite in payload.get("compositeContent", {}).get("compositeList", ()):
            said.append(composite["description"])
            for button in composite["buttonList"]:
                pressable.append(button["data"].get("code") or button["data"]["url"])
    check_nothing_lost(unit, said, pressable)


async def test_a_message_arrives_with_its_buttons(platform: fake.Naver) -> None:
    asked = Outgoing(
        "어떤 민원인가요?",
        (OutButton("가로등", "b1"), OutButton("누리집", url="https://www.jeju.go.kr/")),
        photos=("https://120.example/p/1",),
    )
    async with made_channel(Naver, **to_platform(platform)) as naver:
        for payload in naver.render([asked]):
            assert (await naver.send(Address(fake.USER), payload, "key")).ok
    photo, question = platform.of(fake.USER)
    assert photo["imageContent"] == {"imageUrl": "https://120.example/p/1"}
    (composite,) = question["compositeContent"]["compositeList"]
    assert composite["description"] == asked.text
    assert [button["type"] for button in composite["buttonList"]] == ["TEXT", "LINK"]
    assert "options" not in question
    assert platform.broken == []


async def test_what_staff_say_rings(platform: fake.Naver) -> None:
    async with made_channel(Naver, **to_platform(platform)) as naver:
        (payload,) = naver.render([HELLO])
        await naver.send(Address(fake.USER, sender="staff"), payload, "key")
    assert platform.of(fake.USER)[0]["options"] == {"notification": True}


async def test_the_typing_sign_is_shown_and_never_raises(platform: fake.Naver) -> None:
    async with made_channel(Naver, **to_platform(platform)) as naver:
        await naver.typing(Address(fake.USER))
        platform.trouble = first(1, "drop")
        await naver.typing(Address(fake.USER))
    assert platform.typing == 2


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("01", "again"),
        ("02", "parked"),
        ("99", "again"),
        ("IMG-01", "parked"),
        ("IMG-02", "again"),
        ("IMG-03", "parked"),
        ("brand new", "again"),
    ],
)
async def test_a_result_code_decides(platform: fake.Naver, code: str, outcome: str) -> None:
    # HTTP says 200 to all of them.
    platform.results = [code]
    async with made_channel(Naver, **to_platform(platform)) as naver:
        (payload,) = naver.render([HELLO])
        sent = await naver.send(Address(fake.USER), payload, "key")
        assert sent.outcome == outcome
        assert fake.USER not in sent.reason and fake.KEY not in sent.reason
        assert (await naver.send(Address(fake.USER), payload, "key")).ok


@pytest.mark.parametrize(
    ("trouble", "outcome", "seen"),
    [("refuse", "maybe", 0), (503, "again", 0), (429, "again", 0), (403, "again", 0),
     ("drop", "maybe", 1)],
)  # fmt: skip
async def test_a_failed_call_is_told_apart(
    platform: fake.Naver, trouble: str | int, outcome: str, seen: int
) -> None:
    platform.trouble = first(1, trouble)
    async with made_channel(Naver, **to_platform(platform)) as naver:
        (payload,) = naver.render([HELLO])
        sent = await naver.send(Address(fake.USER), payload, "key")
    assert sent.outcome == outcome
    assert len(platform.of(fake.USER)) == seen


async def test_nobody_listening_is_no_acceptance() -> None:
    with (gone := fake.Naver()).running():
        url = f"{gone.url}/chatbot/v1"
    async with made_channel(Naver, **fake.SETTINGS, naver_api_url=url) as naver:
        (payload,) = naver.render([HELLO])
        sent = await naver.send(Address(fake.USER), payload, "key")
    assert sent.outcome == "again"


async def test_photos_come_from_naver_only(platform: fake.Naver) -> None:
    async with made_channel(Naver, **to_platform(platform)) as naver:
        with pytest.raises(PhotoUnreachable):
            await naver.photo(PhotoRef(PHOTO), 1000)
    async with made_channel(Naver, **to_platform(platform)) as naver:
        # A stand-in without a certificate is no place for photos either.
        with pytest.raises(PhotoUnreachable):
            await naver.photo(PhotoRef(f"{platform.url}/photo/1"), 1000)
    assert platform.calls == []


def test_the_sample_events_are_as_naver_writes_them() -> None:
    body = json.loads(fake.request(fake.text_event()).body)
    assert set(body) == {"event", "user", "textContent", "options"}
    assert len(body["user"]) == 22
