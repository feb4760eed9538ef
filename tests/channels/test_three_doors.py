"""KakaoTalk, TalkTalk and Messenger through the real application, each before its stand-in."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import func, select

from bot.attachments.models import Attachment
from bot.conversations import service
from bot.conversations.models import Conversation, Message, OutboxUnit
from bot.database import utc_now
from bot.settings import Settings
from bot.web.parts import Parts
from bot.wording import wording
from tests.channels import fakes_kakao, fakes_messenger, fakes_naver
from tests.channels.limits import check_skill_reply
from tests.channels.slow_rasa import SlowRasa, listening_slow_rasa
from tests.support.photos import from_a_phone
from tests.support.platforms import first, waited

SECRETS = (fakes_kakao.SETTINGS, fakes_naver.SETTINGS, fakes_messenger.SETTINGS)
GREETING = wording().text("say.greet", "ko")
SLOW = 1.0
HURRIED = 0.6
"""Seconds in which a slow Rasa has no answer."""


@pytest.fixture
def rasa() -> Iterator[SlowRasa]:
    with listening_slow_rasa() as made:
        yield made


@pytest.fixture
def kakao() -> Iterator[fakes_kakao.Kakao]:
    with (made := fakes_kakao.Kakao()).running():
        yield made


@pytest.fixture
def naver() -> Iterator[fakes_naver.Naver]:
    with (made := fakes_naver.Naver()).running():
        yield made


@pytest.fixture
def graph() -> Iterator[fakes_messenger.Graph]:
    with (made := fakes_messenger.Graph()).running():
        yield made


@pytest.fixture
def more() -> dict[str, Any]:
    """Settings that one test chooses (by parametrization)."""
    return {}


@pytest.fixture
def settings(
    settings: Settings,
    more: dict[str, Any],
    kakao: fakes_kakao.Kakao,
    naver: fakes_naver.Naver,
    graph: fakes_messenger.Graph,
) -> Settings:
    chosen: dict[str, Any] = {}
    for each in SECRETS:
        chosen |= each
    chosen |= {
        "kakao_api_url": kakao.url,
        "kakao_callback_hosts": kakao.host,
        "kakao_photo_hosts": kakao.host,
        "naver_source_ranges": "",
        "naver_api_url": f"{naver.url}/chatbot/v1",
        "messenger_api_url": f"{graph.url}/v26.0",
        **more,
    }
    for name, value in chosen.items():
        if isinstance(getattr(settings, name), SecretStr):
            chosen[name] = SecretStr(value)
    return settings.model_copy(update=chosen)


def posted(client: TestClient, name: str, body: Any, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    path = f"/channels/{name}/webhook"
    if name == "naver":
        path += f"/{fakes_naver.SECRET}"
    known = {
        "kakao": {fakes_kakao.HEADER: fakes_kakao.KEY},
        "naver": {},
        "messenger": {"x-hub-signature-256": fakes_messenger.sign(content)},
    }
    return client.post(path, content=content, headers={**known[name], **headers})


def skill(client: TestClient, **call: Any) -> dict[str, Any]:
    answer = posted(client, "kakao", fakes_kakao.skill_call(**call))
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def said(reply: dict[str, Any]) -> str:
    check_skill_reply(reply)
    return json.dumps(reply["template"]["outputs"], ensure_ascii=False)


def slow_down(app: FastAPI, rasa: SlowRasa) -> None:
    """Let Rasa be slower than KakaoTalk waits."""
    rasa.seconds = SLOW
    channel = app.state.channels.on["kakao"]
    channel.capabilities = channel.capabilities.model_copy(update={"answer_seconds": HURRIED})


def speed_up(app: FastAPI, rasa: SlowRasa) -> None:
    """Take that back."""
    rasa.seconds = 0.0
    channel = app.state.channels.on["kakao"]
    channel.capabilities = channel.capabilities.model_copy(update={"answer_seconds": 4})


def answered_too_late(
    app: FastAPI, client: TestClient, parts: Parts, rasa: SlowRasa, text: str
) -> None:
    """A message whose answer came too late for its reply, and waits; then Rasa is quick again."""
    slow_down(app, rasa)
    skill(client, utterance=text)
    wait_for_answers(parts, 1)
    speed_up(app, rasa)


def citizens_messages(parts: Parts) -> list[str]:
    with parts.database.reading() as session:
        mine = select(Message.text).where(Message.sender == "citizen").order_by(Message.seq)
        return list(session.scalars(mine))


def staff_say(parts: Parts, text: str) -> None:
    """A member of staff takes the one talk and writes."""
    with parts.database.writing() as session:
        conversation_id = session.scalars(select(Conversation.id)).one()
        service.take(session, conversation_id=conversation_id, login="lee", now=utc_now())
        service.staff_says(
            session,
            conversation_id=conversation_id,
            login="lee",
            text=text,
            masker=parts.masker,
            now=utc_now(),
        )


def undelivered(parts: Parts) -> int:
    """How many units wait to be shown."""
    waiting = select(func.count()).where(OutboxUnit.delivered_at.is_(None))
    with parts.database.reading() as session:
        return session.scalar(waiting.select_from(OutboxUnit)) or 0


def wait_for_answers(parts: Parts, count: int) -> None:
    """Wait until the bot has answered `count` messages of citizens."""

    def look() -> bool | None:
        done = select(func.count()).where(Message.sender == "citizen", Message.turn == "answered")
        with parts.database.reading() as session:
            return True if (session.scalar(done) or 0) >= count else None

    waited(look, 10, lambda: f"{count} answers")


def test_bad_bodies_are_refused_and_nothing_is_stored(client: TestClient, parts: Parts) -> None:
    for content in (b"", b"{", b"\xff", b"[]", b'"x"', b"[" * 60_000):
        for name in ("kakao", "naver", "messenger"):
            assert posted(client, name, content).status_code == 400, (name, content[:9])
    five_megabytes = json.dumps({"x": "a" * 5_000_000}).encode()
    for name in ("kakao", "naver", "messenger"):
        assert posted(client, name, five_megabytes).status_code == 413
    assert citizens_messages(parts) == []


def test_strangers_are_refused(client: TestClient, parts: Parts) -> None:
    call = fakes_kakao.skill_call()
    assert posted(client, "kakao", call, **{fakes_kakao.HEADER: "wrong"}).status_code == 403
    assert client.post("/channels/naver/webhook", json=fakes_naver.text_event()).status_code == 404
    hook = fakes_messenger.hook(fakes_messenger.said())
    forged = {"x-hub-signature-256": fakes_messenger.sign(b"other")}
    assert posted(client, "messenger", hook, **forged).status_code == 403
    assert citizens_messages(parts) == []


# KakaoTalk


def test_a_skill_call_is_answered_in_its_own_reply(client: TestClient, parts: Parts) -> None:
    began = time.monotonic()
    reply = skill(client)
    assert time.monotonic() - began < 4
    assert GREETING in said(reply)
    assert citizens_messages(parts) == ["가로등이 고장났어요"]


def test_an_answer_that_is_not_ready_is_fetched_by_the_button(
    app: FastAPI, client: TestClient, parts: Parts, rasa: SlowRasa
) -> None:
    slow_down(app, rasa)
    reply = skill(client)
    assert wording().text("channel.not_yet", "ko") in said(reply)
    wait_for_answers(parts, 1)
    label = wording().text("channel.see_answer", "ko")
    answer = posted(client, "kakao", fakes_kakao.pressed(reply, label)).json()
    assert GREETING in said(answer)
    # Pressing it is no message, and pressing it again shows nothing twice.
    assert len(citizens_messages(parts)) == 1
    again = posted(client, "kakao", fakes_kakao.pressed(reply, label)).json()
    assert wording().text("channel.nothing_waits", "ko") in said(again)


def test_a_late_answer_is_served_first_with_the_next_message(
    app: FastAPI, client: TestClient, parts: Parts, rasa: SlowRasa
) -> None:
    answered_too_late(app, client, parts, rasa, "첫 번째")
    reply = skill(client, utterance="두 번째")
    assert said(reply).count(GREETING) == 2


def test_a_repeat_while_the_first_is_in_work_gets_the_very_reply_of_the_first(
    app: FastAPI, client: TestClient, parts: Parts, rasa: SlowRasa
) -> None:
    answered_too_late(app, client, parts, rasa, "첫 번째")
    rasa.seconds = 0.4

    def beside(seconds: float) -> dict[str, Any]:
        time.sleep(seconds)
        return skill(client, utterance="두 번째")

    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(beside, (0.0, 0.1)))
    # The first one's late answer is in it as well.
    assert said(replies[0]).count(GREETING) == 2
    assert replies[1] == replies[0]
    assert citizens_messages(parts) == ["첫 번째", "두 번째"]


def test_who_asks_while_the_message_is_still_in_work_waits_for_its_answer(
    app: FastAPI, client: TestClient, parts: Parts, rasa: SlowRasa
) -> None:
    slow_down(app, rasa)
    rasa.seconds = 2.5
    reply = skill(client)
    assert wording().text("channel.not_yet", "ko") in said(reply)
    channel = app.state.channels.on["kakao"]
    channel.capabilities = channel.capabilities.model_copy(update={"answer_seconds": 4})
    label = wording().text("channel.see_answer", "ko")
    answer = posted(client, "kakao", fakes_kakao.pressed(reply, label)).json()
    assert GREETING in said(answer)


def test_a_late_answer_goes_to_the_callback(
    app: FastAPI, client: TestClient, rasa: SlowRasa, kakao: fakes_kakao.Kakao
) -> None:
    slow_down(app, rasa)
    url = kakao.callback()
    began = time.monotonic()
    reply = skill(client, callback=url)
    assert reply["useCallback"] is True and "template" not in reply
    (body,) = kakao.wait(1)
    # Not so soon that it overtakes the reply that announces it.
    assert time.monotonic() - began > 0.9
    assert GREETING in said(body)
    assert kakao.broken == []


def test_a_group_chat_gets_no_answer(client: TestClient, parts: Parts) -> None:
    answer = posted(client, "kakao", fakes_kakao.skill_call(chat={"id": "c", "type": "x"}))
    assert (answer.status_code, answer.content) == (200, b"")
    assert citizens_messages(parts) == []


def test_two_honest_equal_messages_are_both_answered(client: TestClient, parts: Parts) -> None:
    for _ in range(2):
        assert GREETING in said(skill(client, utterance="네"))
    assert citizens_messages(parts) == ["네", "네"]


def test_what_staff_say_waits_and_comes_first(client: TestClient, parts: Parts) -> None:
    skill(client)
    staff_say(parts, "내일 고칠게요.")
    assert "내일 고칠게요." in said(skill(client, utterance="알겠어요"))


def test_a_citizen_can_have_everything_deleted(client: TestClient, parts: Parts) -> None:
    skill(client)
    reply = skill(client, utterance="내 대화 삭제")
    assert wording().text("channel.deleted", "ko") in said(reply)
    assert citizens_messages(parts) == []


EVENTS = {"kakao_rest_key": fakes_kakao.REST_KEY, "kakao_event_name": fakes_kakao.EVENT}


@pytest.mark.parametrize("more", [EVENTS])
def test_what_staff_say_goes_out_as_an_event_and_is_shown_once(
    client: TestClient, parts: Parts, kakao: fakes_kakao.Kakao
) -> None:
    skill(client)
    staff_say(parts, "내일 고칠게요.")
    (event,) = kakao.wait(1)
    assert "내일 고칠게요." in event["event"]["data"]["text"]
    # Kakao calls the skill for the event's block.
    made = posted(client, "kakao", fakes_kakao.skill_call("", request_params=event["params"]))
    assert said(made.json()).count("내일 고칠게요.") == 1
    waited(lambda: True if not undelivered(parts) else None, 10, lambda: "its delivery")
    assert "내일 고칠게요." not in said(skill(client, utterance="알겠어요"))


@pytest.mark.parametrize("more", [EVENTS])
def test_what_an_event_brings_is_shown_while_a_message_is_in_work(
    app: FastAPI, client: TestClient, parts: Parts, kakao: fakes_kakao.Kakao, rasa: SlowRasa
) -> None:
    skill(client)
    staff_say(parts, "내일 고칠게요.")
    (event,) = kakao.wait(1)
    with parts.database.writing() as session:
        talk = session.scalars(select(Conversation.id)).one()
        service.hand_back(session, conversation_id=talk, now=utc_now())
    slow_down(app, rasa)
    skill(client, utterance="언제요")
    made = posted(client, "kakao", fakes_kakao.skill_call("", request_params=event["params"]))
    assert "내일 고칠게요." in said(made.json())


def test_a_secure_image_is_fetched_and_kept(
    client: TestClient, parts: Parts, kakao: fakes_kakao.Kakao
) -> None:
    kakao.photo = from_a_phone()
    call = fakes_kakao.photo_call(f"{kakao.url}/photo/1", f"{kakao.url}/photo/1")
    check_skill_reply(posted(client, "kakao", call).json())
    with parts.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Attachment)) == 2
    foreign = fakes_kakao.photo_call("http://169.254.169.254/photo/1")
    reply = posted(client, "kakao", foreign).json()
    assert wording().text("channel.photo_unreachable", "ko") in said(reply)


# Naver TalkTalk


def test_a_talktalk_message_is_answered_by_the_send_api(
    client: TestClient, naver: fakes_naver.Naver
) -> None:
    answer = posted(client, "naver", fakes_naver.text_event())
    assert (answer.status_code, answer.content) == (200, b"")
    shown = waited(
        lambda: (
            shown if GREETING in (shown := json.dumps(naver.shown, ensure_ascii=False)) else None
        ),
        10,
        lambda: "the answer",
    )
    assert naver.broken == [] and fakes_naver.USER in shown


def test_an_echo_and_a_talk_of_a_person_get_no_answer(
    client: TestClient, parts: Parts, naver: fakes_naver.Naver
) -> None:
    posted(client, "naver", fakes_naver.echo_event())
    posted(client, "naver", fakes_naver.text_event("상담원님", standby=True))
    assert citizens_messages(parts) == ["상담원님"]
    time.sleep(1.5)
    assert naver.shown == []
    release = {"event": "handover", "user": fakes_naver.USER, "options": {"control": "passThread"}}
    posted(client, "naver", release)
    posted(client, "naver", fakes_naver.text_event("다시 챗봇"))
    naver.wait(1)


def asks_for_a_person(client: TestClient, parts: Parts) -> None:
    """A citizen of TalkTalk waits for a person, and says something more."""
    posted(client, "naver", fakes_naver.text_event())
    wait_for_answers(parts, 1)
    with parts.database.writing() as session:
        talk = session.scalars(select(Conversation.id)).one()
        service.hand_over(session, conversation_id=talk, reason="citizen_asked", now=utc_now())
    posted(client, "naver", fakes_naver.text_event("여보세요"))


def state(parts: Parts) -> str:
    with parts.database.reading() as session:
        return session.scalars(select(Conversation.state)).one()


@pytest.mark.parametrize("more", [{"naver_handover": True}])
def test_who_waits_is_given_to_the_partner_centre_where_people_answer_there(
    client: TestClient, parts: Parts, naver: fakes_naver.Naver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.hours.Opening.is_open", lambda opening, now: True)
    asks_for_a_person(client, parts)
    waited(lambda: True if state(parts) == "platform" else None, 10, lambda: "the handover")
    assert naver.handed_over == [fakes_naver.USER]
    assert naver.broken == []


@pytest.mark.parametrize("more", [{"naver_handover": True}])
def test_who_came_at_night_is_given_to_the_partner_centre_in_the_morning(
    client: TestClient, parts: Parts, naver: fakes_naver.Naver, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_day = False
    monkeypatch.setattr("bot.hours.Opening.is_open", lambda opening, now: is_day)
    asks_for_a_person(client, parts)
    naver.wait(2)
    time.sleep(1.0)
    assert state(parts) == "waiting"
    is_day = True
    waited(lambda: True if state(parts) == "platform" else None, 10, lambda: "the handover")


@pytest.mark.parametrize(
    ("more", "open_now", "result"),
    [
        ({"naver_handover": False}, True, "00"),
        ({"naver_handover": True}, False, "00"),
        ({"naver_handover": True}, True, "99"),
    ],
    ids=["our own staff answer", "nobody is there", "naver refuses"],
)
def test_who_is_not_given_to_the_partner_centre_waits_in_our_own_line(
    client: TestClient,
    parts: Parts,
    naver: fakes_naver.Naver,
    monkeypatch: pytest.MonkeyPatch,
    open_now: bool,
    result: str,
) -> None:
    monkeypatch.setattr("bot.hours.Opening.is_open", lambda opening, now: open_now)
    naver.handover_result = result
    asks_for_a_person(client, parts)
    naver.wait(2)
    time.sleep(1.0)
    assert state(parts) == "waiting"
    assert naver.handed_over == []


def test_what_naver_refuses_for_now_arrives_once_and_in_order(
    client: TestClient, naver: fakes_naver.Naver
) -> None:
    naver.trouble = first(1, 429)
    posted(client, "naver", fakes_naver.text_event("하나"))
    posted(client, "naver", fakes_naver.text_event("둘"))
    shown = naver.wait(3)
    time.sleep(0.5)
    assert len(naver.shown) == len(shown) == 3, "the opening words and two answers"


def test_a_withdrawal_deletes_our_copy(
    client: TestClient, parts: Parts, naver: fakes_naver.Naver
) -> None:
    posted(client, "naver", fakes_naver.text_event())
    naver.wait(2)
    body = {"event": "profile", "user": fakes_naver.USER, "withdrawals": ["cellphone"]}
    assert posted(client, "naver", body).status_code == 200
    assert citizens_messages(parts) == []


# Messenger


def test_metas_handshake_is_answered(client: TestClient) -> None:
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": fakes_messenger.VERIFY,
        "hub.challenge": "1158201444",
    }
    answer = client.get("/channels/messenger/webhook", params=query)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    wrong = client.get("/channels/messenger/webhook", params={**query, "hub.verify_token": "x"})
    assert wrong.status_code == 403


def test_a_hundred_events_and_their_replay_are_answered_once_each(
    client: TestClient, parts: Parts, graph: fakes_messenger.Graph
) -> None:
    users = [f"3000000{number:04d}" for number in range(25)]
    events = [fakes_messenger.said(str(n), user=users[n % 25]) for n in range(100)]
    hook = fakes_messenger.hook(*events)
    for _ in range(2):
        assert posted(client, "messenger", hook).status_code == 200
    wait_for_answers(parts, 100)
    # The opening words and four answers each.
    graph.wait(125, seconds=30)
    time.sleep(0.5)
    assert len(graph.shown) == 125
    assert sorted(citizens_messages(parts)) == sorted(str(number) for number in range(100))
    assert graph.broken == []
