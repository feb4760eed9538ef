"""The one form, step by step."""

import pytest
from sqlalchemy import select

from bot.replies import Facet, Press, Reply, Say
from bot.tickets.models import TicketSecret
from tests.actions.conftest import Talk

TOPIC = "road_damage"
PHONE = "010-2345-6789"


def keys(reply: Reply) -> list[str]:
    return [part.key for part in reply.parts if isinstance(part, Say)]


def presses(reply: Reply) -> list[Press]:
    return [button.press for button in reply.buttons if button.press]


async def started(talk: Talk, **slots: str) -> Reply:
    replies = await talk.form(TOPIC, "도로에 구멍이 났어요", topic=TOPIC, slots=slots)
    return replies[-1]


async def answered(talk: Talk, **slots: str) -> Reply:
    replies = await talk.form(TOPIC, topic=TOPIC, slots=slots, why="form_answer")
    return replies[-1]


async def moved(talk: Talk, control: str, **slots: str) -> list[Reply]:
    return await talk.form("affirm", control=control, slots=slots, why="button")


async def at_the_summary(talk: Talk) -> Reply:
    await started(talk, location="노형동 이마트 앞", detail="구멍이 크게 났어요")
    await answered(talk, danger="no")
    return (await moved(talk, "skip"))[-1]


async def test_a_report_starts_with_help_what_is_urgent_and_the_first_question(talk: Talk) -> None:
    opening, question = await talk.form(TOPIC, "도로 파손 신고", topic=TOPIC)
    assert keys(opening) == ["report.start_report"]
    assert [part.facet for part in opening.parts if isinstance(part, Facet)] == ["urgent"]
    assert keys(question) == ["form.ask_road_damage_location"]
    assert question.asks == "location"
    assert talk.slots["requested_slot"] == "location"
    assert all(talk.rendered(each) for each in (opening, question))


async def test_what_the_first_message_told_is_not_asked_again(talk: Talk) -> None:
    question = await started(talk, location="노형동 이마트 앞", detail="구멍이 크게 났어요")
    assert question.asks == "danger"
    assert talk.report["fields"] == {
        "location": "노형동 이마트 앞",
        "detail": "구멍이 크게 났어요",
    }


async def test_a_poor_value_in_the_first_message_is_asked_for(talk: Talk) -> None:
    question = await started(talk, location="x")
    assert question.asks == "location"


async def test_an_answer_is_taken_and_the_next_thing_asked(talk: Talk) -> None:
    await started(talk)
    assert (await answered(talk, location="노형동 이마트 앞")).asks == "detail"
    assert (await answered(talk, detail="구멍이 크게 났어요")).asks == "danger"


async def test_a_place_told_with_the_detail_is_taken_too(talk: Talk) -> None:
    await started(talk)
    await moved(talk, "edit", field="detail")
    talk.slots["report"]["asked"] = "detail"
    question = await answered(talk, detail="연동에 구멍이 났어요", also_location="연동")
    assert talk.report["fields"]["location"] == "연동"
    assert question.asks == "danger"


async def test_choices_are_buttons_and_may_be_typed(talk: Talk) -> None:
    question = await started(talk, location="노형동", detail="구멍이 크게 났어요")
    assert Press(topic=TOPIC, slots={"danger": "yes"}) in presses(question)
    await answered(talk, danger="네 위험해요")
    assert talk.report["fields"]["danger"] == "yes"


async def test_an_invalid_answer_is_told_and_asked_again(talk: Talk) -> None:
    await started(talk, location="노형동", detail="구멍이 크게 났어요")
    question = await answered(talk, danger="보라색")
    assert keys(question)[0] == "form.invalid_choice"
    assert question.asks == "danger"
    assert Press(control="person") not in presses(question)


async def test_two_invalid_answers_offer_a_person(talk: Talk) -> None:
    await started(talk, location="노형동", detail="구멍이 크게 났어요")
    await answered(talk, danger="보라색")
    assert Press(control="person") in presses(await answered(talk, danger="초록색"))


async def test_a_good_answer_forgives_the_bad_ones(talk: Talk) -> None:
    await started(talk, location="노형동", detail="구멍이 크게 났어요")
    await answered(talk, danger="보라색")
    await answered(talk, danger="네")
    assert talk.report["failures"] == 0


async def test_consent_is_asked_before_a_contact(talk: Talk) -> None:
    await started(talk, location="노형동", detail="구멍이 크게 났어요")
    consent = await answered(talk, danger="no")
    assert keys(consent) == ["consent.ask"]
    assert [press.control for press in presses(consent)] == ["agree", "skip", "cancel"]
    [contact] = await moved(talk, "agree")
    assert contact.asks == "contact"
    assert (await answered(talk, contact="[전화번호 1]")).asks == "confirm"


async def test_a_number_told_before_consent_still_needs_it(talk: Talk) -> None:
    await started(talk, location="노형동", detail="구멍이 크게 났어요", contact="[전화번호 1]")
    assert (await answered(talk, danger="no")).asks == "consent"
    assert (await moved(talk, "agree"))[-1].asks == "confirm"


async def test_refused_consent_forgets_the_number(talk: Talk) -> None:
    await started(talk, location="노형동", detail="구멍이 크게 났어요", contact="[전화번호 1]")
    await answered(talk, danger="no")
    [summary] = await moved(talk, "skip")
    assert summary.asks == "confirm"
    assert "contact" not in talk.report["fields"]


async def test_where_a_contact_is_needed_refusing_says_so(talk: Talk) -> None:
    await talk.form("callback", "전화 주세요", topic="callback")
    [reply] = await moved(talk, "skip")
    assert keys(reply) == ["report.consent_needed", "consent.ask"]


async def test_what_is_required_cannot_be_skipped(talk: Talk) -> None:
    await started(talk)
    [reply] = await moved(talk, "skip")
    assert keys(reply)[0] == "report.needed"
    assert reply.asks == "location"


async def test_what_is_optional_can_be_skipped(talk: Talk) -> None:
    await talk.form(
        "street_light",
        topic="street_light",
        slots={"location": "연동 우체국 앞", "detail": "깜빡거려요"},
    )
    assert talk.slots["requested_slot"] == "pole_number"
    [reply] = await moved(talk, "skip")
    assert reply.asks == "consent"


async def test_the_summary_shows_every_field_and_how_to_change_it(talk: Talk) -> None:
    summary = await at_the_summary(talk)
    text = talk.rendered(summary)
    assert "노형동 이마트 앞" in text and "구멍이 크게 났어요" in text
    controls = [(press.control, press.slots.get("field")) for press in presses(summary)]
    assert controls[0] == ("send", None) and controls[-1] == ("cancel", None)
    assert {field for control, field in controls if control == "edit"} == {
        "location",
        "detail",
        "danger",
        "contact",
    }
    assert all(talk.parts.database and talk.rendered(summary, each) for each in ("ko", "en"))


async def test_a_field_is_edited_and_the_summary_comes_back(talk: Talk) -> None:
    await at_the_summary(talk)
    [question] = await moved(talk, "edit", field="location")
    assert question.asks == "location"
    summary = await answered(talk, location="연동 GS25 앞")
    assert summary.asks == "confirm"
    assert talk.report["fields"]["location"] == "연동 GS25 앞"


async def test_an_edit_of_nothing_asks_which(talk: Talk) -> None:
    await at_the_summary(talk)
    [reply] = await moved(talk, "edit")
    assert keys(reply)[0] == "report.which_field"


async def test_a_correction_is_acknowledged(talk: Talk) -> None:
    await started(talk, location="노형동", detail="구멍이 크게 났어요")
    replies = await talk.form(TOPIC, topic=TOPIC, slots={"location": "연동"}, why="form_correction")
    assert keys(replies[-1])[0] == "report.corrected"
    assert replies[-1].asks == "danger"
    assert talk.report["fields"]["location"] == "연동"


async def test_sending_opens_one_ticket_and_gives_the_receipt(talk: Talk) -> None:
    await at_the_summary(talk)
    [receipt] = await moved(talk, "send")
    [ticket] = talk.tickets()
    assert receipt.ticket == ticket.receipt_number
    assert keys(receipt)[0] == "receipt.opened"
    assert ticket.fields == {
        "location": "노형동 이마트 앞",
        "detail": "구멍이 크게 났어요",
        "danger": "no",
    }
    assert ticket.department.startswith("제주시 건설과")
    text = talk.rendered(receipt)
    assert ticket.receipt_number in text and "[확인번호 1]" in text
    assert talk.slots["report"] is None
    assert talk.active_loop == {}


async def test_the_check_code_stands_in_no_reply(talk: Talk) -> None:
    await at_the_summary(talk)
    [receipt] = await moved(talk, "send")
    code = talk.original("[확인번호 1]")
    assert code and len(code.replace("-", "")) == 8
    assert code not in receipt.model_dump_json()


async def test_the_number_is_sealed_on_the_ticket_after_consent(talk: Talk) -> None:
    talk.knows("phone", PHONE, "[전화번호 1]")
    await started(talk, location="노형동", detail="구멍이 크게 났어요")
    await answered(talk, danger="no")
    await moved(talk, "agree")
    await answered(talk, contact="[전화번호 1]")
    await moved(talk, "send")
    [ticket] = talk.tickets()
    with talk.parts.database.reading() as session:
        [secret] = session.scalars(
            select(TicketSecret).where(TicketSecret.ticket_id == ticket.id)
        ).all()
    assert ticket.consent_version and ticket.consented_at
    assert secret.placeholder == "[전화번호 1]"
    assert PHONE in talk.cipher.decrypt(secret.ciphertext)
    assert PHONE.encode() not in secret.ciphertext


async def test_without_consent_no_number_reaches_the_ticket(talk: Talk) -> None:
    talk.knows("phone", PHONE, "[전화번호 1]")
    await started(talk, location="노형동", detail="[전화번호 1]로 연락 주세요, 구멍이 났어요")
    await answered(talk, danger="no")
    await moved(talk, "skip")
    await moved(talk, "send")
    [ticket] = talk.tickets()
    with talk.parts.database.reading() as session:
        assert not session.scalars(select(TicketSecret)).all()
    assert ticket.consent_version is None


async def test_the_same_message_sent_again_opens_no_second_ticket(talk: Talk) -> None:
    await at_the_summary(talk)
    before = dict(talk.report)
    await talk.form(control="send", message_id="m-1")
    talk.slots["report"] = before
    [again] = await talk.form(control="send", message_id="m-1")
    assert len(talk.tickets()) == 1
    assert keys(again)[0] == "receipt.already"


async def test_send_counts_only_at_the_summary(talk: Talk) -> None:
    await started(talk)
    [reply] = await moved(talk, "send")
    assert reply.asks == "location"
    assert not talk.tickets()


@pytest.mark.parametrize(
    ("control", "says"), [("cancel", "report.cancelled"), ("restart", "say.start_over")]
)
async def test_cancelling_sends_nothing_and_ends_the_form(
    talk: Talk, control: str, says: str
) -> None:
    await at_the_summary(talk)
    [reply] = await moved(talk, control)
    assert keys(reply) == [says]
    assert not talk.tickets()
    assert talk.active_loop == {} and talk.slots["report"] is None


async def test_asking_for_a_person_ends_the_form_and_hands_over(talk: Talk) -> None:
    await started(talk)
    [reply] = await moved(talk, "person")
    assert reply.topic == "talk_to_human"
    assert talk.conversation().state == "waiting"
    assert talk.active_loop == {}


async def test_a_question_in_between_is_answered_and_the_form_goes_on(talk: Talk) -> None:
    await started(talk, location="노형동")
    answer, question = await talk.form(
        "passport_issue", topic="passport_issue", facet="fee", why="digression"
    )
    assert answer.topic == "passport_issue" and answer.buttons == []
    assert keys(question)[0] == "report.back"
    assert question.asks == "detail"
    assert talk.report["fields"] == {"location": "노형동"}


async def test_a_question_nobody_has_an_answer_to_is_put_off(talk: Talk) -> None:
    await started(talk)
    first, question = await talk.form("no_such_topic", topic="no_such_topic", why="digression")
    assert keys(first) == ["report.later"]
    assert question.asks == "location"


async def test_the_callback_button_ends_another_report(talk: Talk) -> None:
    await started(talk)
    replies = await talk.form("callback", topic="callback", why="button")
    assert keys(replies[0]) == ["report.start_callback"]
    assert talk.report["topic"] == "callback"
    assert replies[-1].asks == "consent"


async def test_a_question_about_reporting_is_answered_without_a_form(talk: Talk) -> None:
    replies = await talk.form("illegal_dumping", topic="illegal_dumping", facet="fee")
    assert replies[0].topic == "illegal_dumping"
    assert Press(topic="illegal_dumping") in presses(replies[0])
    assert talk.active_loop == {} and talk.slots["report"] is None
    assert talk.slots["topic"] == "illegal_dumping"


async def test_a_message_that_means_nothing_here_asks_again(talk: Talk) -> None:
    await started(talk)
    [reply] = await talk.form("nlu_fallback", "?")
    assert reply.asks == "location"


async def test_every_form_can_be_filled_and_sent(talk: Talk) -> None:
    good = {
        "location": "노형동 이마트 앞",
        "detail": "자세한 내용이에요",
        "danger": "no",
        "pole_number": "12-3",
        "wish_date": "다음 주 화요일",
        "time_window": "오후 3시",
        "contact": "[전화번호 1]",
    }
    for topic in talk.parts.forms.topics():
        replies = await talk.form(topic, topic=topic)
        while (asked := replies[-1].asks) != "confirm":
            if asked == "consent":
                replies = await moved(talk, "agree")
            else:
                replies = await talk.form(
                    topic, topic=topic, slots={str(asked): good[str(asked)]}, why="form_answer"
                )
            assert all(talk.rendered(reply, each) for reply in replies for each in ("ko", "en"))
        receipt = (await moved(talk, "send"))[-1]
        assert receipt.ticket
        assert talk.rendered(receipt) and talk.rendered(receipt, "en")
    assert [ticket.topic for ticket in talk.tickets()] == talk.parts.forms.topics()
