"""KakaoTalk: who calls, what it says, and answers that its limits allow."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels import kakao_events
from bot.channels.base import (
    Address,
    Event,
    Fetch,
    Ignored,
    Message,
    Opened,
    OutButton,
    Outgoing,
    PhotoRef,
    PhotoUnreachable,
    Refused,
)
from bot.channels.kakao import Kakao
from bot.channels.kakao_models import photo_addresses
from bot.wording import wording
from tests.channels import fakes_kakao as fake
from tests.channels.limits import check_skill_reply
from tests.channels.making import made_channel, pure
from tests.channels.replies import MORE, PARTS, UNITS, check_nothing_lost
from tests.support.platforms import first

SECURE = "http://secure.kakaocdn.net/dna/x/y.jpg?credential=a&expires=1&signature=s"
SEE_ANSWER = wording().text("channel.see_answer", "ko")
CALL = fake.request(fake.skill_call())
HELLO = Outgoing("가로등 고장을 접수했어요.")


@pytest.fixture
def kakao() -> Kakao:
    return pure(Kakao, **fake.SETTINGS)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[fake.Kakao]:
    monkeypatch.setattr(kakao_events, "TASK_PAUSES", (0.0, 0.0))
    with (made := fake.Kakao()).running():
        yield made


def with_events(platform: fake.Kakao, **changes: Any) -> dict[str, Any]:
    return {
        **fake.SETTINGS,
        "kakao_api_url": platform.url,
        "kakao_rest_key": fake.REST_KEY,
        "kakao_event_name": fake.EVENT,
        "kakao_callback_hosts": platform.host,
        **changes,
    }


def parsed(kakao: Kakao, body: dict[str, Any]) -> Event:
    (event,) = kakao.parse(fake.request(body))
    return event


def body_of(kakao: Kakao, units: Sequence[Sequence[Outgoing]]) -> dict[str, Any]:
    body = kakao.reply(CALL, units).answer.body
    assert isinstance(body, dict)
    return body


def texts(body: dict[str, Any]) -> list[str]:
    said = []
    for output in body["template"]["outputs"]:
        said.append(output.get("simpleText", {}).get("text", ""))
        said.append(output.get("textCard", {}).get("description", ""))
    return said


def labels(body: dict[str, Any]) -> list[str]:
    return [button["label"] for button in buttons(body)]


def buttons(body: dict[str, Any]) -> list[dict[str, Any]]:
    found = list(body["template"].get("quickReplies", ()))
    for output in body["template"]["outputs"]:
        found += output.get("textCard", {}).get("buttons", ())
    return found


def pressable(body: dict[str, Any]) -> list[str]:
    """Our ids and the addresses that can be pressed."""
    found = [button.get("extra", {}).get("button") for button in buttons(body)]
    found += [button.get("webLinkUrl") for button in buttons(body)]
    return [each for each in found if each]


# Who calls


def test_a_call_with_the_header_and_our_bot_is_taken(kakao: Kakao) -> None:
    kakao.verify(CALL)


def test_the_development_channel_calls_with_an_exclamation_mark(kakao: Kakao) -> None:
    kakao.verify(fake.request(fake.skill_call(bot=fake.BOT + "!")))
    named_with_it = pure(Kakao, **{**fake.SETTINGS, "kakao_bot_ids": fake.BOT + "!"})
    named_with_it.verify(CALL)


@pytest.mark.parametrize("key", [None, "", "wrong", fake.KEY + "x", "키"])
def test_a_call_without_the_right_header_is_refused(kakao: Kakao, key: str | None) -> None:
    with pytest.raises(Refused) as refused:
        kakao.verify(fake.request(fake.skill_call(), key=key))
    assert refused.value.status == (403 if key else 401)


@pytest.mark.parametrize("bot", ["", "other", fake.BOT + "!!", fake.BOT[:-1]])
def test_another_bot_is_refused(kakao: Kakao, bot: str) -> None:
    with pytest.raises(Refused) as refused:
        kakao.verify(fake.request(fake.skill_call(bot=bot)))
    assert refused.value.status == 403


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000])
def test_a_malformed_body_is_refused(kakao: Kakao, body: bytes) -> None:
    for read in (kakao.verify, kakao.parse):
        with pytest.raises(Refused) as refused:
            read(fake.request(body))
        assert refused.value.status == 400


@pytest.mark.parametrize(
    "body", [{}, {"userRequest": 3}, {"userRequest": {"user": {}}}, {"userRequest": {"user": None}}]
)
def test_a_call_without_a_citizen_is_refused_without_its_words(kakao: Kakao, body: Any) -> None:
    body = {**body, "said": "비밀"}
    with pytest.raises(Refused) as refused:
        kakao.parse(fake.request(body))
    assert refused.value.status == 400
    assert "비밀" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_it_is_off_until_header_and_bots_are_set(kakao: Kakao) -> None:
    assert kakao.missing() == []
    assert pure(Kakao).missing() == ["KAKAO_HEADER_VALUE", "KAKAO_BOT_IDS"]
    with pytest.raises(Refused):
        pure(Kakao).verify(fake.request(fake.skill_call(), key=""))


# What comes in


def test_words_are_a_message(kakao: Kakao) -> None:
    event = parsed(kakao, fake.skill_call("  가로등이 고장났어요 "))
    assert event == Message(user=fake.USER, text="가로등이 고장났어요")


def test_unknown_fields_are_tolerated(kakao: Kakao) -> None:
    body = {**fake.skill_call(), "brandNew": [1, {"a": None}]}
    body["userRequest"]["voice"] = {"x": 1}
    assert isinstance(parsed(kakao, body), Message)


def test_missing_parts_are_tolerated(kakao: Kakao) -> None:
    # As the bot test pane of 2020 sent it: null where there is nothing.
    body = fake.skill_call("네", request_params={"ignoreMe": "true"})
    body["action"] = {"params": None, "clientExtra": None}
    body["userRequest"]["callbackUrl"] = None
    assert parsed(kakao, body) == Message(user=fake.USER, text="네")


def test_a_call_without_words_opens_the_talk(kakao: Kakao) -> None:
    assert parsed(kakao, fake.skill_call("")) == Opened(user=fake.USER)


def test_a_group_chat_is_not_for_us(kakao: Kakao) -> None:
    body = fake.skill_call(chat={"id": "c1", "type": "botGroupKey"})
    assert parsed(kakao, body) == Ignored(user=fake.USER, kind="group")


def test_a_button_of_ours_comes_back_by_its_id(kakao: Kakao) -> None:
    reply = body_of(kakao, [[Outgoing("어디예요?", (OutButton("여기예요", "button-1"),))]])
    event = parsed(kakao, fake.pressed(reply, "여기예요"))
    assert event == Message(user=fake.USER, button="button-1")


def test_somebody_elses_extra_is_only_words(kakao: Kakao) -> None:
    event = parsed(kakao, fake.skill_call("네", extra={"button": 7, "t": "x"}))
    assert event == Message(user=fake.USER, text="네")


def test_secure_images_are_photos_and_their_words_are_not_said(kakao: Kakao) -> None:
    event = parsed(kakao, fake.photo_call(SECURE, SECURE + "2"))
    assert event == Message(user=fake.USER, photos=(PhotoRef(SECURE), PhotoRef(SECURE + "2")))


def test_an_ordinary_photo_that_comes_as_its_address_is_one(kakao: Kakao) -> None:
    url = "https://talk.kakaocdn.net/dna/a/b.jpg?credential=x"
    assert parsed(kakao, fake.skill_call(url)) == Message(user=fake.USER, photos=(PhotoRef(url),))
    stranger = "https://kakaocdn.net.example.org/b.jpg"
    assert parsed(kakao, fake.skill_call(stranger)) == Message(user=fake.USER, text=stranger)


@pytest.mark.parametrize("parameter", [None, 3, "", "{", "{}", '{"secureUrls": 5}', "List()", "x"])
def test_an_unreadable_photo_parameter_gives_no_photo(parameter: Any) -> None:
    assert photo_addresses(parameter) == []


def test_a_photo_parameter_gives_ten_at_most() -> None:
    assert len(photo_addresses("List(" + ",".join([SECURE] * 30) + ")")) == 10
    assert photo_addresses(f"List({SECURE},{SECURE})") == [SECURE, SECURE]


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "http://127.0.0.1/x",
        "http://localhost/x",
        "http://[::1]/x",
        "http://secure.kakaocdn.net@127.0.0.1/x",
        "http://user@secure.kakaocdn.net/x",
        "http://secure.kakaocdn.net:22/x",
        "http://evilkakaocdn.net/x",
        "http://secure.kakaocdn.net.evil.kr/x",
        "ftp://secure.kakaocdn.net/x",
        "file:///etc/passwd",
        "http://secure.kakaocdn.net\\@127.0.0.1/x",
        "http:///x",
    ],
)
async def test_photos_from_elsewhere_are_never_fetched(url: str) -> None:
    async with made_channel(Kakao, **fake.SETTINGS) as kakao:
        with pytest.raises(PhotoUnreachable) as problem:
            await kakao.photo(PhotoRef(url), 1000)
    assert url not in str(problem.value)


async def test_a_photo_is_fetched_and_never_more_than_allowed(platform: fake.Kakao) -> None:
    async with made_channel(
        Kakao, **with_events(platform, kakao_photo_hosts=platform.host)
    ) as kakao:
        photo = PhotoRef(f"{platform.url}/photo/1")
        assert await kakao.photo(photo, 1000) == fake.PNG
        with pytest.raises(PhotoUnreachable):
            await kakao.photo(photo, 10)


# What goes out in the HTTP reply


@given(unit=UNITS, operator=st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_unit_fits_and_nothing_is_lost(unit: list[Outgoing], operator: bool) -> None:
    kakao = pure(Kakao, **fake.SETTINGS, kakao_operator_button=operator)
    replied = kakao.reply(CALL, [unit])
    body = replied.answer.body
    assert isinstance(body, dict) and replied.taken == 1
    check_skill_reply(body)
    can_press = pressable(body)
    if any(button["action"] == "operator" for button in buttons(body)):
        people = {wording().text("button.person", language) for language in ("ko", "en")}
        can_press += [b.payload or "" for part in unit for b in part.buttons if b.title in people]
        can_press += [b.url or "" for part in unit for b in part.buttons if b.title in people]
    check_nothing_lost(unit, texts(body), can_press)


@given(units=st.lists(UNITS, max_size=5))
@settings(max_examples=40, deadline=None)
def test_any_number_of_units_fits_and_the_rest_can_be_fetched(
    units: list[list[Outgoing]],
) -> None:
    kakao = pure(Kakao, **fake.SETTINGS)
    replied = kakao.reply(CALL, units)
    body = replied.answer.body
    assert isinstance(body, dict)
    check_skill_reply(body)
    assert min(len(units), 1) <= replied.taken <= len(units)
    # A choice that two units offer stands once, by its label.
    said = [*texts(body), *labels(body)]
    shown = [part for unit in units[: replied.taken] for part in unit]
    check_nothing_lost(shown, said, pressable(body))
    says = [u for u in units[replied.taken :] if any(p.text.strip() or p.buttons for p in u)]
    if says:
        fetching = [button for button in buttons(body) if "fetch" in button.get("extra", {})]
        assert len(fetching) == 1


def test_units_that_fit_are_said_together_and_in_order(kakao: Kakao) -> None:
    replied = kakao.reply(CALL, [[Outgoing("하나")], [Outgoing("둘")], [Outgoing("셋")]])
    assert replied.taken == 3
    assert isinstance(replied.answer.body, dict)
    assert [text for text in texts(replied.answer.body) if text] == ["하나", "둘", "셋"]


def test_what_does_not_fit_waits_behind_a_button(kakao: Kakao) -> None:
    units = [[Outgoing(word)] for word in ("하나", "둘", "셋", "넷")]
    replied = kakao.reply(CALL, units)
    assert isinstance(replied.answer.body, dict)
    assert replied.taken == 3
    assert labels(replied.answer.body) == [SEE_ANSWER]
    assert parsed(kakao, fake.pressed(replied.answer.body, SEE_ANSWER)) == Fetch(user=fake.USER)


def test_the_button_for_the_answer_is_there_even_when_ten_quick_replies_are(kakao: Kakao) -> None:
    ten = tuple(OutButton(f"보기 {number}", f"id-{number}") for number in range(10))
    replied = kakao.reply(CALL, [[Outgoing("골라 주세요", ten)], *[[HELLO]] * 4])
    assert isinstance(replied.answer.body, dict)
    check_skill_reply(replied.answer.body)
    assert 1 <= replied.taken < 5
    assert sorted(labels(replied.answer.body)) == sorted([SEE_ANSWER, *(b.title for b in ten)])


def test_links_stand_in_a_card_and_choices_below(kakao: Kakao) -> None:
    # What an answer usually has: a link, and the ways on from it.
    asked = Outgoing(
        "여권은 도청에서 만들어요.",
        (
            OutButton("누리집 열기", url="https://www.jeju.go.kr/"),
            OutButton("도움이 됐어요", "b1"),
            OutButton("도움이 안 됐어요", "b2"),
            OutButton("상담원 연결", "b3"),
        ),
    )
    body = body_of(kakao, [[asked]])
    (output,) = body["template"]["outputs"]
    assert output["textCard"]["description"] == asked.text
    assert [b["action"] for b in output["textCard"]["buttons"]] == ["webLink"]
    quick = body["template"]["quickReplies"]
    assert [(b["label"], b["extra"]) for b in quick] == [
        ("도움이 됐어요", {"button": "b1"}),
        ("도움이 안 됐어요", {"button": "b2"}),
        ("상담원 연결", {"button": "b3"}),
    ]


def test_a_telephone_number_is_a_phone_button(kakao: Kakao) -> None:
    body = body_of(kakao, [[Outgoing("전화하세요", (OutButton("전화", url="tel:064-120"),))]])
    assert buttons(body) == [{"label": "전화", "action": "phone", "phoneNumber": "064-120"}]


@pytest.mark.parametrize("count", [0, 2, 6])
def test_kakaos_counsellor_button_stands_only_where_the_setting_says_so(count: int) -> None:
    person = OutButton(wording().text("button.person", "ko"), "p")
    asked = Outgoing(
        "무엇을 도와드릴까요?", (*(OutButton(f"{n}번", str(n)) for n in range(count)), person)
    )
    own = body_of(pure(Kakao, **fake.SETTINGS), [[asked]])
    assert "operator" not in [button["action"] for button in buttons(own)]
    theirs = body_of(pure(Kakao, **fake.SETTINGS, kakao_operator_button=True), [[asked]])
    operators = [button for button in buttons(theirs) if button["action"] == "operator"]
    assert operators == [{"label": person.title, "action": "operator"}]
    assert {"button": "p"} not in [button.get("extra") for button in buttons(theirs)]


def test_a_photo_has_words_for_those_who_do_not_see_it(kakao: Kakao) -> None:
    body = body_of(kakao, [[Outgoing("고쳤어요.", photos=("https://120.example/p/1",))]])
    image = body["template"]["outputs"][0]["simpleImage"]
    assert image == {"imageUrl": "https://120.example/p/1", "altText": "보내 드린 사진"}


def test_nothing_to_say_is_said(kakao: Kakao) -> None:
    empty: list[list[list[Outgoing]]] = [[], [[]], [[Outgoing(" ")]]]
    for units in empty:
        body = body_of(kakao, units)
        check_skill_reply(body)
        assert texts(body)[0] == wording().text("channel.nothing_waits", "ko")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_answer_that_is_not_ready_is_offered_behind_a_button(
    kakao: Kakao, language: str
) -> None:
    body = kakao.not_yet(CALL, language).body
    assert isinstance(body, dict)
    check_skill_reply(body)
    (label,) = labels(body)
    assert parsed(kakao, fake.pressed(body, label)) == Fetch(user=fake.USER)
    # Typed instead of pressed, it means the same.
    assert parsed(kakao, fake.skill_call(label)) == Fetch(user=fake.USER)


# Callback


def test_a_call_back_is_announced_without_a_template(kakao: Kakao) -> None:
    answer = kakao.will_call_back(CALL, "ko")
    assert answer.body == {
        "version": "2.0",
        "useCallback": True,
        "data": {"text": wording().text("channel.looking", "ko")},
    }


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://bot-api.kakao.com/v1/bots/x/callback/y", True),
        ("http://bot-api.kakao.com/v1/x", False),
        ("https://kakao.com.evil.kr/x", False),
        ("https://bot-api.kakao.com@127.0.0.1/x", False),
        ("https://127.0.0.1/x", False),
        ("https://bot-api.kakao.com:8443/x", False),
        ("not an address", False),
        ("https://[bad/x", False),
    ],
)
def test_only_kakaos_addresses_are_called_back(kakao: Kakao, url: str, is_taken: bool) -> None:
    found = kakao.callback_of(fake.request(fake.skill_call(callback=url)))
    assert found == (url if is_taken else None)


def test_a_block_without_callback_has_none(kakao: Kakao) -> None:
    assert kakao.callback_of(CALL) is None


async def test_a_late_answer_goes_to_the_callback_once(platform: fake.Kakao) -> None:
    async with made_channel(Kakao, **with_events(platform)) as kakao:
        url = platform.callback()
        first = await kakao.call_back(url, [[HELLO]])
        again = await kakao.call_back(url, [[HELLO]])
    assert (first.sent.outcome, first.taken) == ("ok", 1)
    assert (again.sent.outcome, again.taken) == ("again", 0)
    assert [texts(body)[0] for _, body in platform.shown] == [HELLO.text]
    assert platform.broken == []


@pytest.mark.parametrize(
    ("trouble", "outcome"), [("refuse", "maybe"), (429, "again"), ("drop", "maybe")]
)
async def test_a_call_back_that_fails_takes_nothing(
    platform: fake.Kakao, trouble: str | int, outcome: str
) -> None:
    platform.sends = ()
    platform.trouble = first(1, trouble)
    async with made_channel(Kakao, **with_events(platform)) as kakao:
        called = await kakao.call_back(platform.callback(), [[HELLO]])
    assert (called.sent.outcome, called.taken) == (outcome, 0)


async def test_a_foreign_address_is_never_called_back(kakao: Kakao) -> None:
    called = await kakao.call_back("https://127.0.0.1/x", [[HELLO]])
    assert (called.sent.outcome, called.taken) == ("parked", 0)


# Event API


def test_without_the_event_api_nothing_is_pushed(kakao: Kakao) -> None:
    assert not kakao.can_push()


async def test_what_staff_say_later_goes_out_as_an_event(platform: fake.Kakao) -> None:
    async with made_channel(Kakao, **with_events(platform)) as kakao:
        assert kakao.can_push()
        (payload,) = kakao.render([HELLO])
        sent = await kakao.send(Address(fake.USER, sender="staff"), payload, "key")
    assert sent.ok and sent.message_id
    ((_, event),) = platform.shown
    assert event["event"] == {"name": fake.EVENT, "data": {"text": HELLO.text}}
    assert event["user"] == [{"type": "botUserKey", "id": fake.USER}]
    assert platform.broken == []


async def test_an_event_that_calls_the_skill_is_answered_with_its_own_message(
    platform: fake.Kakao,
) -> None:
    unit = [Outgoing("접수했어요.", (OutButton("취소할래요", "b1"),), sender="staff")]
    async with made_channel(Kakao, **with_events(platform)) as kakao:
        (payload,) = kakao.render(unit)
        await kakao.send(Address(fake.USER), payload, "key")
        call = fake.request(fake.skill_call("", request_params=platform.shown[0][1]["params"]))
        assert kakao.parse(call) == [Fetch(user=fake.USER, brings=True)]
        nothing = [Outgoing(wording().text("channel.nothing_waits", "ko"))]
        alone = kakao.reply(call, [nothing])
        with_another = kakao.reply(call, [[HELLO]])
    assert isinstance(alone.answer.body, dict) and isinstance(with_another.answer.body, dict)
    assert [text for text in texts(alone.answer.body) if text] == ["접수했어요."]
    assert buttons(alone.answer.body)[0]["extra"] == {"button": "b1"}
    assert with_another.taken == 1
    assert [t for t in texts(with_another.answer.body) if t] == ["접수했어요.", HELLO.text]


def test_an_events_parameter_that_is_not_ours_does_no_harm(kakao: Kakao) -> None:
    for strange in ("x", "[]", '{"parts": 3}', '{"parts": [{"text": 1}]}'):
        params = {kakao_events.PARAMETER: strange}
        call = fake.request(fake.skill_call("", request_params=params))
        assert kakao.parse(call) == [Fetch(user=fake.USER, brings=True)]
        body = kakao.reply(call, []).answer.body
        assert isinstance(body, dict)
        check_skill_reply(body)


@pytest.mark.parametrize(
    ("trouble", "outcome"), [("refuse", "maybe"), (429, "again"), (401, "again"), ("drop", "maybe")]
)
async def test_an_event_that_fails_is_tried_again(
    platform: fake.Kakao, trouble: str | int, outcome: str
) -> None:
    platform.trouble = first(1, trouble)
    async with made_channel(Kakao, **with_events(platform)) as kakao:
        (payload,) = kakao.render([HELLO])
        sent = await kakao.send(Address(fake.USER), payload, "key")
    assert sent.outcome == outcome
    assert fake.USER not in sent.reason and fake.REST_KEY not in sent.reason


async def test_an_event_to_somebody_who_is_no_friend_waits(platform: fake.Kakao) -> None:
    platform.friends = set()
    async with made_channel(Kakao, **with_events(platform)) as kakao:
        (payload,) = kakao.render([HELLO])
        sent = await kakao.send(Address(fake.USER), payload, "key")
    assert sent.outcome == "again" and sent.retry_after == kakao_events.LATER


@pytest.mark.parametrize("status", ["FAIL", "ERROR"])
async def test_an_event_that_kakao_refuses_waits(platform: fake.Kakao, status: str) -> None:
    platform.event_status = status
    async with made_channel(Kakao, **with_events(platform)) as kakao:
        (payload,) = kakao.render([HELLO])
        sent = await kakao.send(Address(fake.USER), payload, "key")
    assert sent.outcome == "again" and sent.retry_after == kakao_events.LATER


async def test_a_wrong_rest_key_is_told_without_it(platform: fake.Kakao) -> None:
    async with made_channel(Kakao, **with_events(platform, kakao_rest_key="other-key")) as kakao:
        (payload,) = kakao.render([HELLO])
        sent = await kakao.send(Address(fake.USER), payload, "key")
    assert sent.outcome == "again" and "other-key" not in sent.reason


@given(unit=st.lists(PARTS, min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_any_unit_travels_with_one_event(unit: list[Outgoing]) -> None:
    kakao = pure(Kakao, **fake.SETTINGS)
    payloads = kakao.render(unit)
    said = any(part.text.strip() or part.buttons or part.photos for part in unit)
    assert len(payloads) == said
    for payload in payloads:
        text = payload["event"]["data"]["text"]
        assert 1 <= len(text.encode("utf-16-le")) // 2 <= 1000
        parameter = payload["params"][kakao_events.PARAMETER]
        brought = kakao_events.unpacked(parameter)
        complete = [part.text for part in brought] == [part.text for part in unit]
        assert complete or [part.text for part in brought] == [text]
        if complete:
            assert [part.buttons for part in brought] == [part.buttons for part in unit]
        json.dumps(payload)


def test_a_long_message_is_folded_in_an_event(kakao: Kakao) -> None:
    (payload,) = kakao.render([Outgoing("가나다 라마바. " * 2000, more_url=MORE)])
    assert MORE in payload["event"]["data"]["text"]
