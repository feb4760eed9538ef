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
    await moved(talk, "skip")  # the photo
    return (await moved(talk, "skip"))[-1]  # the consent


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
        "damage_type": "pothole",
    }


async def test_when_it_happened_is_taken_from_the_first_message(talk: Talk) -> None:
    text = "어제 저녁 7시쯤 연동 골목에 누가 쓰레기봉지를 버렸어요"
    replies = await talk.form(
        "illegal_dumping",
        text,
        topic="illegal_dumping",
        slots={"location": "연동 골목", "detail": text},
        entities=[
            {"entity": "date", "start": 0, "end": 2},
            {"entity": "time", "start": 3, "end": 8},
        ],
    )
    assert talk.report["fields"]["when"] == "어제 저녁 7시"
    assert talk.report["fields"]["what"] == "household"
    assert replies[-1].asks == "photo"


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
    await answered(talk, danger="no")
    [consent] = await moved(talk, "skip")
    assert keys(consent) == ["consent.ask"]
    assert [press.control for press in presses(consent)] == ["agree", "skip", "cancel"]
    [contact] = await moved(talk, "agree")
    assert contact.asks == "contact"
    assert (await answered(talk, contact="[전화번호 1]")).asks == "confirm"


async def test_a_number_told_before_consent_still_needs_it(talk: Talk) -> None:
    await started(talk, location="노형동", detail="구멍이 크게 났어요", contact="[전화번호 1]")
    await answered(talk, danger="no")
    assert (await moved(talk, "skip"))[-1].asks == "consent"
    assert (await moved(talk, "agree"))[-1].asks == "confirm"


async def test_refused_consent_forgets_the_number(talk: Talk) -> None:
    await started(talk, location="노형동", detail="구멍이 크게 났어요", contact="[전화번호 1]")
    await answered(talk, danger="no")
    await moved(talk, "skip")
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


async def test_what_is_needed_and_not_given_twice_offers_a_person(talk: Talk) -> None:
    await started(talk)
    await moved(talk, "skip")
    [reply] = await moved(talk, "skip")
    assert Press(control="person") in presses(reply)


async def test_the_contact_may_be_left_out_before_it_is_asked_for(talk: Talk) -> None:
    await started(talk, location="노형동", detail="구멍이 크게 났어요")
    [question] = await moved(talk, "skip", field="contact")
    assert question.asks == "danger"
    await answered(talk, danger="no")
    assert (await moved(talk, "skip"))[-1].asks == "confirm"


async def test_who_does_not_know_what_kind_it_is_goes_on(talk: Talk) -> None:
    await started(talk, location="노형동", detail="구멍이 크게 났어요")
    [question] = await moved(talk, "skip")
    assert talk.report["fields"]["danger"] == "unsure" and question.asks == "photo"
    await talk.form("noise", control="cancel")
    await talk.form("noise", topic="noise", slots={"location": "연동"})
    assert (await moved(talk, "skip"))[-1].asks == "when"
    assert (await moved(talk, "skip"))[-1].asks == "consent"


async def test_what_is_optional_can_be_skipped(talk: Talk) -> None:
    await talk.form(
        "street_light",
        topic="street_light",
        slots={"location": "연동 우체국 앞", "detail": "깜빡거려요"},
    )
    assert talk.slots["requested_slot"] == "pole_number"
    [reply] = await moved(talk, "skip")
    assert reply.asks == "photo"


async def test_the_summary_shows_every_field_and_how_to_change_it(talk: Talk) -> None:
    summary = await at_the_summary(talk)
    text = talk.rendered(summary)
    assert "노형동 이마트 앞" in text and "구멍이 크게 났어요" in text
    controls = [(press.control, press.slots.get("field")) for press in presses(summary)]
    assert controls[0] == ("send", None) and controls[-1] == ("cancel", None)
    assert {field for control, field in controls if control == "edit"} == {
        "location",
        "detail",
        "damage_type",
        "danger",
        "photo",
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


async def test_what_was_only_told_can_be_changed_too(talk: Talk) -> None:
    await talk.form(
        "smoking_complaint",
        "함덕해수욕장에서 담배를 피워요",
        topic="smoking_complaint",
        slots={"location": "함덕해수욕장", "detail": "함덕해수욕장에서 담배를 피워요"},
    )
    assert (await moved(talk, "edit", field="detail"))[-1].asks == "when"
    await talk.form("smoking_complaint", topic="smoking_complaint", slots={"when": "어제"})
    assert talk.slots["requested_slot"] == "detail"


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
        "damage_type": "pothole",
        "danger": "no",
    }
    assert (ticket.office, ticket.district) == ("jeju_construction", "노형동")
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
    await moved(talk, "skip")
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
    assert talk.report["fields"]["location"] == "노형동"
    assert "detail" not in talk.report["fields"]


async def test_a_question_about_what_is_reported_is_answered_too(talk: Talk) -> None:
    await started(talk)
    answer, question = await talk.form(TOPIC, "보상도 되나요?", topic=TOPIC, why="digression")
    assert answer.topic == TOPIC and any(isinstance(part, Facet) for part in answer.parts)
    assert keys(question)[0] == "report.back" and question.asks == "location"


async def test_another_report_in_between_waits_for_the_end(talk: Talk) -> None:
    await at_the_summary(talk)
    said = await talk.form("noise", "공사장이 너무 시끄러워요", topic="noise", why="digression")
    assert said[0].topic == "noise" and said[-1].asks == "confirm"
    _, following = await moved(talk, "send")
    assert presses(following)[0].topic == "noise"


async def test_who_wants_it_sent_now_skips_what_may_be_left_out(talk: Talk) -> None:
    await started(talk, location="노형동", detail="구멍이 크게 났어요")
    assert (await moved(talk, "send"))[-1].asks == "danger"
    assert (await answered(talk, danger="no")).asks == "confirm"


async def test_rude_words_in_a_report_are_met_calmly(talk: Talk) -> None:
    await started(talk)
    calm, question = await moved(talk, "abuse")
    assert keys(calm) == ["abuse.step_1"] and question.asks == "location"


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


async def test_a_choice_that_is_danger_says_119_before_anything_else(talk: Talk) -> None:
    await started(talk, location="노형동", detail="구멍이 크게 났어요")
    first, question = await talk.form(
        TOPIC, topic=TOPIC, slots={"danger": "yes"}, why="form_answer"
    )
    assert keys(first) == ["form_said.danger"]
    assert "119" in talk.rendered(first) and "119" in talk.rendered(first, "en")
    assert Press(control="person") in presses(first)
    assert question.asks == "photo"


async def test_what_has_been_said_as_urgent_is_not_said_twice_at_once(talk: Talk) -> None:
    said = await talk.form(
        "noise", "밤마다 폭죽을 터뜨려요", topic="noise", slots={"location": "함덕해수욕장"}
    )
    assert talk.report["fields"]["noise_type"] == "night"
    assert "form_said.police_noise" not in [key for reply in said for key in keys(reply)]


async def test_who_else_helps_is_said_and_the_form_goes_on(talk: Talk) -> None:
    await talk.form("noise", topic="noise", slots={"location": "연동"})
    [question] = await talk.form(
        "noise", topic="noise", slots={"noise_type": "neighbour"}, why="form_answer"
    )
    assert keys(question) == ["form_said.noise_neighbour", "form.ask_noise_when"]


async def test_a_better_report_is_offered_and_what_was_told_moves_along(talk: Talk) -> None:
    text = "축사 옆 하수구에서 냄새가 나요"
    await talk.form("livestock_odor", topic="livestock_odor", slots={"location": "연동 우체국"})
    await talk.form("livestock_odor", topic="livestock_odor", slots={"detail": text})
    [question] = await talk.form(
        "livestock_odor", topic="livestock_odor", slots={"kind": "sewer"}, why="form_answer"
    )
    assert "report.switch" in keys(question)
    assert Press(topic="manhole_odor") in presses(question)
    await talk.form("manhole_odor", topic="manhole_odor", why="button")
    assert talk.report["topic"] == "manhole_odor"
    assert talk.report["fields"]["detail"] == text
    assert talk.report["spot"]["district"] == "연동"


async def test_a_road_is_asked_about_only_where_it_matters(talk: Talk) -> None:
    dong = await started(talk, location="노형동", detail="구멍이 크게 났어요")
    assert dong.asks == "danger"
    talk.slots["report"] = None
    myeon = await started(talk, location="구좌읍 김녕리", detail="구멍이 크게 났어요")
    assert myeon.asks == "road_kind"


async def test_a_judged_answer_is_kept_while_the_form_is_open(talk: Talk) -> None:
    await started(talk)
    said = await talk.form(
        "useful", control="useful", topic="passport_issue", facet="fee", why="button"
    )
    assert keys(said[0]) == ["say.useful"]
    assert keys(said[-1])[0] == "report.back" and said[-1].asks == "location"


async def test_nine_digits_are_told_to_be_no_phone(talk: Talk) -> None:
    await talk.form("callback", topic="callback")
    await moved(talk, "agree")
    [question] = await talk.form(
        "callback", topic="callback", slots={"contact": "010-123-456"}, why="form_answer"
    )
    assert keys(question)[0] == "form.invalid_bad_phone"
    assert question.asks == "contact"
    assert "다시 확인해 주세요" in talk.rendered(question)


async def test_the_kind_is_corrected_by_its_word(talk: Talk) -> None:
    await at_the_summary(talk)
    [question] = await moved(talk, "edit", field="choice")
    assert question.asks == "damage_type"


async def test_a_clear_wish_becomes_a_window_of_time(talk: Talk) -> None:
    await talk.form("callback", topic="callback")
    await moved(talk, "agree")
    for slots in ({"contact": "[전화번호 1]"}, {"time_window": "내일 오후 2시에서 4시"}):
        await talk.form("callback", topic="callback", slots=slots, why="form_answer")
    await moved(talk, "skip")
    await moved(talk, "send")
    [ticket] = talk.tickets()
    assert ticket.wanted_from and ticket.wanted_until
    assert (ticket.wanted_from.hour, ticket.wanted_until.hour) == (5, 7)  # UTC


async def test_what_may_have_been_meant_instead_is_offered_at_the_start(talk: Talk) -> None:
    opening, _ = await talk.form(TOPIC, topic=TOPIC, options=[TOPIC, "sidewalk_damage"])
    assert presses(opening) == [Press(topic="sidewalk_damage")]


async def test_a_report_in_progress_survives_a_new_version(talk: Talk) -> None:
    await started(talk)
    talk.slots["report"] = {**talk.report, "city": "", "no_longer_there": 1}
    assert (await answered(talk, location="노형동")).asks == "detail"


GOOD = {
    "location": "노형동 이마트 앞",
    "detail": "자세한 내용이에요",
    "when": "어제 저녁",
    "company": "한라식당",
    "route": "365번",
    "plate": "[차량번호 1]",
    "pole_number": "12-3",
    "wish_date": "다음 주 화요일",
    "time_window": "오후 3시",
    "contact": "[전화번호 1]",
}


async def test_every_form_can_be_filled_and_sent(talk: Talk) -> None:
    for topic in talk.parts.forms.topics():
        form = talk.parts.forms.of(topic)
        replies = await talk.form(topic, topic=topic)
        for _ in range(12):
            asked = str(replies[-1].asks)
            assert all(talk.rendered(reply, each) for reply in replies for each in ("ko", "en"))
            if asked in ("confirm", "same"):
                break
            field = form.field(asked)
            if asked == "consent":
                replies = await moved(talk, "agree")
            elif asked == "photo":
                replies = await moved(talk, "skip")
            else:
                assert field is not None
                value = next(iter(field.choices), GOOD.get(asked, ""))
                replies = await talk.form(
                    topic, topic=topic, slots={asked: value}, why="form_answer"
                )
        receipt = (await moved(talk, "send"))[-1]
        assert receipt.ticket
        assert talk.rendered(receipt) and talk.rendered(receipt, "en")
    assert [ticket.topic for ticket in talk.tickets()] == talk.parts.forms.topics()
