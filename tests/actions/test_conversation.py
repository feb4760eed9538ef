"""Small talk, saying it again, handing over, and the state of a ticket."""

import pytest

from actions import conversation
from actions.conversation import (
    ActionCalm,
    ActionHandOver,
    ActionOtherLanguage,
    ActionReplay,
    ActionSay,
    ActionTicketStatus,
)
from actions.parts import Parts
from bot import hours
from bot.database import utc_now
from bot.korean.foreign import languages
from bot.replies import Press, Reply, Say
from tests.actions.conftest import Talk

NOON = utc_now().astimezone(hours.SEOUL).replace(hour=12, minute=0)
NIGHT = NOON.replace(hour=3)


def keys(reply: Reply) -> list[str]:
    return [part.key for part in reply.parts if isinstance(part, Say)]


async def a_ticket(talk: Talk) -> tuple[str, str]:
    """Open a ticket; returns its receipt number and check code."""
    receipt = await talk.parts.write(
        lambda session: talk.parts.desk.open_report(
            session,
            form=talk.parts.forms.of("road_damage"),
            fields={"location": "노형동", "detail": "구멍이 크게 났어요"},
            consented=False,
            conversation_id=talk.conversation_id,
            message_id="message-1",
            language="ko",
            now=utc_now(),
        )
    )
    code = talk.original("[확인번호 1]")
    assert receipt.ticket and code
    return receipt.ticket, code


async def status(talk: Talk, **slots: str) -> Reply:
    talk.heard("ticket_status", "어떻게 됐어요?", [{"topic": "ticket_status", "slots": slots}])
    [reply] = await talk.run(ActionTicketStatus(talk.parts))
    return reply


@pytest.mark.parametrize(
    "intent",
    [
        "greet",
        "goodbye",
        "thanks",
        "affirm",
        "deny",
        "capabilities",
        "bot_challenge",
        "cancel",
        "start_over",
    ],
)
async def test_every_small_talk_has_its_sentence(talk: Talk, intent: str) -> None:
    talk.heard(intent, "…", [])
    [reply] = await talk.run(ActionSay())
    assert keys(reply) == [f"say.{intent}"]
    assert talk.rendered(reply) and talk.rendered(reply, "en")


async def test_another_language_gets_its_own_sentence_1345_and_a_person(talk: Talk) -> None:
    told = {"control": "other_language", "slots": {"language": "ja"}}
    talk.heard("other_language", "パスポートを作りたいです", [told])
    [reply] = await talk.run(ActionOtherLanguage())
    assert languages().sentence("ja") in talk.rendered(reply)
    assert talk.rendered(reply).count("1345") >= 2
    assert [button.press for button in reply.buttons] == [Press(control="person")]


async def test_a_language_without_a_sentence_is_led_on_in_korean_and_english(talk: Talk) -> None:
    talk.heard("other_language", "Ελληνικά", [{"slots": {"language": ""}}])
    [reply] = await talk.run(ActionOtherLanguage())
    assert keys(reply) == ["say.other_language"]
    assert "1345" in talk.rendered(reply)


async def test_rudeness_is_met_calmly_step_by_step_with_a_person_near(talk: Talk) -> None:
    said = []
    for _ in range(4):
        talk.heard("abuse", "…", [])
        [reply] = await talk.run(ActionCalm())
        said += keys(reply)
        assert Press(control="person") in [button.press for button in reply.buttons]
        assert talk.rendered(reply) and talk.rendered(reply, "en")
    assert said == ["abuse.step_1", "abuse.step_2", "abuse.step_3", "abuse.step_3"]


async def test_somebody_in_distress_gets_a_kind_word_and_a_person(talk: Talk, parts: Parts) -> None:
    asked = {"control": "person", "slots": {"reason": "distress"}}
    talk.heard("talk_to_human", "더는 못 버티겠어요", [asked])
    [reply] = await talk.run(ActionHandOver(parts))
    assert keys(reply)[0] == "handover.distress"
    assert talk.conversation().reason == "distress"
    assert talk.conversation().state == "waiting"


async def test_starting_over_forgets_the_topic(talk: Talk) -> None:
    talk.slots = {
        "topic": "pet_export",
        "earlier": ["pet_export"],
        "told": {"pet_export": ["fee"]},
        "receipt_asked": "120-2026-000001",
    }
    talk.heard("start_over", "처음부터", [])
    await talk.run(ActionSay())
    assert set(talk.slots.values()) <= {None, 0}


async def test_once_more_says_the_last_answer_again(talk: Talk) -> None:
    talk.heard("greet", "안녕하세요", [])
    first = await talk.run(ActionSay())
    talk.heard("repeat", "다시 말해줘", [])
    again = await talk.run(ActionReplay())
    assert [keys(reply) for reply in again] == [keys(reply) for reply in first]
    assert again[0].understood is not None and again[0].understood.intent == "repeat"


async def test_a_message_heard_before_gets_the_answer_it_got_then(talk: Talk) -> None:
    talk.heard("greet", "안녕하세요", [], message_id="m-1")
    await talk.run(ActionSay())
    talk.heard("thanks", "고마워요", [], message_id="m-2")
    await talk.run(ActionSay())
    talk.heard("repeated", "안녕하세요", [], message_id="m-1")
    [again] = await talk.run(ActionReplay())
    assert keys(again) == ["say.greet"]


async def test_with_nothing_said_before_it_greets(talk: Talk) -> None:
    talk.heard("repeat", "다시", [])
    [reply] = await talk.run(ActionReplay())
    assert keys(reply) == ["say.greet"]


async def test_handing_over_twice_changes_nothing(talk: Talk, parts: Parts) -> None:
    talk.heard("talk_to_human", "상담원", [])
    await talk.run(ActionHandOver(parts))
    before = talk.conversation()
    talk.heard("talk_to_human", "상담원", [])
    await talk.run(ActionHandOver(parts))
    after = talk.conversation()
    assert before.state == after.state == "waiting"
    assert after.reason == "citizen_asked"
    assert before.waiting_since == after.waiting_since


async def test_in_hours_a_person_is_on_the_way(
    talk: Talk, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "utc_now", lambda: NOON)
    talk.heard("talk_to_human", "상담원", [])
    [reply] = await talk.run(ActionHandOver(parts))
    assert keys(reply) == ["handover.waiting", "handover.place"]


async def test_outside_them_the_opening_time_and_a_callback_are_offered(
    talk: Talk, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "utc_now", lambda: NIGHT)
    talk.heard("talk_to_human", "상담원", [])
    [reply] = await talk.run(ActionHandOver(parts))
    assert keys(reply) == ["handover.closed", "handover.promised"]
    assert f"{NIGHT.month}월 {NIGHT.day}일" in talk.rendered(reply)
    assert "오전 7시 이후에" in talk.rendered(reply)
    assert Press(topic="callback") in [button.press for button in reply.buttons]


async def test_without_a_number_the_status_asks_for_it(talk: Talk) -> None:
    assert keys(await status(talk)) == ["status.ask_receipt"]


async def test_without_a_code_the_status_asks_for_it(talk: Talk) -> None:
    reply = await status(talk, receipt="120-2026-000001")
    assert keys(reply) == ["status.ask_code"]
    assert talk.slots["receipt_asked"] == "120-2026-000001"


async def test_the_right_code_shows_the_status(talk: Talk) -> None:
    number, code = await a_ticket(talk)
    talk.knows("check_code", code, "[확인번호 2]")
    reply = await status(talk, receipt=number, check_code="[확인번호 2]")
    assert keys(reply) == ["status.found", "ticket.state_received"]
    assert reply.ticket == number
    assert "담당: 제주" in talk.rendered(reply)


async def test_the_number_asked_about_before_is_remembered(talk: Talk) -> None:
    number, code = await a_ticket(talk)
    talk.knows("check_code", code, "[확인번호 2]")
    await status(talk, receipt=number)
    assert keys(await status(talk, check_code="[확인번호 2]"))[0] == "status.found"
    assert talk.slots["receipt_asked"] is None


async def test_a_wrong_code_and_an_unknown_number_look_the_same(talk: Talk) -> None:
    number, _ = await a_ticket(talk)
    talk.knows("check_code", "ZZZZ-ZZZZ", "[확인번호 2]")
    wrong = await status(talk, receipt=number, check_code="[확인번호 2]")
    unknown = await status(talk, receipt="120-2026-999999", check_code="[확인번호 2]")
    assert keys(wrong) == keys(unknown) == ["status.nothing"]
    assert wrong.ticket is None and unknown.ticket is None


async def test_a_code_that_the_vault_no_longer_holds_finds_nothing(talk: Talk) -> None:
    number, _ = await a_ticket(talk)
    assert keys(await status(talk, receipt=number, check_code="[확인번호 9]")) == ["status.nothing"]
