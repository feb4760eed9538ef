"""Answering, asking what was meant, and saying no."""

from datetime import date
from typing import Any

from actions.answer import ActionAnswer, ActionClarify, ActionOutOfScope
from actions.answering import answer
from actions.parts import Parts
from bot import offices
from bot.database import utc_now
from bot.knowledge import service as knowledge
from bot.replies import PERSON, Facet, Press, Reply, Say, Source
from bot.wording import wording
from tests.actions.conftest import Talk


def request(topic: str, facet: str = "") -> dict[str, Any]:
    return {"topic": topic, "facet": facet, "control": "", "slots": {}, "confidence": 1.0}


def facets(reply: Reply) -> list[str]:
    return [part.facet for part in reply.parts if isinstance(part, Facet)]


def keys(reply: Reply) -> list[str]:
    return [part.key for part in reply.parts if isinstance(part, Say)]


def pressed(reply: Reply) -> list[Press]:
    return [button.press for button in reply.buttons if button.press]


async def test_an_answer_is_the_summary_its_source_and_the_facets_as_buttons(
    talk: Talk, parts: Parts
) -> None:
    talk.heard("bulky_waste", "침대 버리려면?", [request("bulky_waste")])
    [reply] = await talk.run(ActionAnswer(parts))
    assert reply.topic == "bulky_waste"
    assert facets(reply)[0] == "summary"
    assert any(isinstance(part, Source) for part in reply.parts)
    assert Press(topic="bulky_waste", facet="fee") in pressed(reply)
    assert {"useful", "not_useful"} <= {press.control for press in pressed(reply)}
    assert talk.slots["topic"] == "bulky_waste"
    assert talk.rendered(reply) and talk.rendered(reply, "en")


async def test_the_facet_asked_for_comes_first_and_is_no_button(talk: Talk, parts: Parts) -> None:
    talk.heard("pet_export", "비용은요?", [request("pet_export", "fee")])
    [reply] = await talk.run(ActionAnswer(parts))
    assert facets(reply) == ["fee"]
    assert "fee" not in {press.facet for press in pressed(reply) if not press.control}
    assert isinstance(reply.parts[0], Facet)


async def test_a_country_is_answered_by_its_own_facet(talk: Talk, parts: Parts) -> None:
    talk.heard("pet_export", "일본은요?", [request("pet_export", "country_japan")])
    [reply] = await talk.run(ActionAnswer(parts))
    assert facets(reply) == ["country_japan"]


async def test_a_facet_that_the_article_lacks_is_said_to_be_missing(
    talk: Talk, parts: Parts
) -> None:
    talk.heard("road_damage", "비용은요?", [request("road_damage", "fee")])
    [reply] = await talk.run(ActionAnswer(parts))
    assert keys(reply)[0] == "answer.facet_missing"
    assert facets(reply) == ["summary"]


async def test_two_requests_get_two_replies_in_the_order_asked(talk: Talk, parts: Parts) -> None:
    both = [request("passport_issue"), request("move_in_report")]
    talk.heard("passport_issue", "여권이랑 전입신고", both)
    replies = await talk.run(ActionAnswer(parts))
    assert [reply.topic for reply in replies] == ["passport_issue", "move_in_report"]
    assert replies[0].understood is not None and replies[1].understood is None


async def test_fairly_sure_the_next_topics_are_offered(talk: Talk, parts: Parts) -> None:
    talk.heard(
        "passport_issue",
        "여권",
        [request("passport_issue")],
        options=["move_in_report", "no_such_topic"],
    )
    [reply] = await talk.run(ActionAnswer(parts))
    assert "answer.or_did_you_mean" in keys(reply)
    titled = [button.title_of for button in reply.buttons if button.title_of]
    assert titled == ["move_in_report"]


async def test_an_article_that_is_valid_no_more_gives_only_department_and_phone(
    talk: Talk, parts: Parts
) -> None:
    with parts.database.writing() as session:
        body = knowledge.served(session, "bulky_waste").body  # type: ignore[union-attr]
        ended = body.model_copy(update={"valid_until": date(2026, 4, 1)})
        knowledge.revise(session, topic=body.topic, body=ended, author="kim", now=utc_now())
    talk.heard("bulky_waste", "비용은요?", [request("bulky_waste", "fee")])
    [reply] = await talk.run(ActionAnswer(parts))
    assert (reply.topic, keys(reply)) == ("bulky_waste", ["answer.in_charge"])
    for language in ("ko", "en"):
        text = talk.rendered(reply, language)
        assert offices.names(body.departments, language) in text
        assert offices.phones(body.phone) in text


async def test_past_its_review_an_answer_says_so(talk: Talk, parts: Parts) -> None:
    with parts.database.writing() as session:
        body = knowledge.served(session, "bulky_waste").body  # type: ignore[union-attr]
        due = body.model_copy(update={"review_by": body.checked_on})
        knowledge.revise(session, topic=body.topic, body=due, author="kim", now=utc_now())
    talk.heard("bulky_waste", "침대 버리려면?", [request("bulky_waste")])
    [reply] = await talk.run(ActionAnswer(parts))
    assert wording().text("answer.review_due", "ko") in talk.rendered(reply)


async def test_an_unknown_topic_offers_to_leave_a_message(talk: Talk, parts: Parts) -> None:
    talk.heard("no_such_topic", "?", [request("no_such_topic")])
    [reply] = await talk.run(ActionAnswer(parts))
    assert keys(reply) == ["answer.no_article"]
    assert Press(topic="general_ticket") in pressed(reply)


async def test_what_was_understood_is_kept_for_staff(talk: Talk, parts: Parts) -> None:
    talk.heard("bulky_waste", "침대", [request("bulky_waste")])
    [reply] = await talk.run(ActionAnswer(parts))
    assert reply.understood is not None
    assert reply.understood.intent == "bulky_waste"
    assert reply.understood.action == "action_answer"
    assert reply.understood.rule == "test"


async def test_unsure_it_asks_with_at_most_three_topics(talk: Talk, parts: Parts) -> None:
    offered = ["passport_issue", "move_in_report", "bulky_waste", "pet_export"]
    talk.heard("nlu_fallback", "그거", [], options=offered)
    [reply] = await talk.run(ActionClarify(parts))
    assert keys(reply) == ["clarify.which"]
    titled = [button.title_of for button in reply.buttons if button.title_of]
    assert titled == offered[:3]
    assert Press(control="person") in pressed(reply)
    assert talk.slots["unsure"] == 1


async def test_without_a_guess_the_articles_themselves_are_searched(
    talk: Talk, parts: Parts
) -> None:
    talk.heard("nlu_fallback", "여권", [])
    [reply] = await talk.run(ActionClarify(parts))
    assert "passport_issue" in [button.title_of for button in reply.buttons]


async def test_twice_unsure_a_person_and_a_message_are_offered(talk: Talk, parts: Parts) -> None:
    for _ in range(2):
        talk.heard("nlu_fallback", "뷁뷁", [])
        [reply] = await talk.run(ActionClarify(parts))
    assert keys(reply) == ["clarify.twice"]
    assert Press(control="person") in pressed(reply)
    assert Press(topic="general_ticket") in pressed(reply)


async def test_an_answer_in_between_starts_the_count_anew(talk: Talk, parts: Parts) -> None:
    talk.heard("nlu_fallback", "뷁", [])
    await talk.run(ActionClarify(parts))
    talk.heard("bulky_waste", "침대", [request("bulky_waste")])
    await talk.run(ActionAnswer(parts))
    talk.heard("nlu_fallback", "뷁", [])
    [reply] = await talk.run(ActionClarify(parts))
    assert keys(reply) != ["clarify.twice"]


async def test_where_it_is_not_sure_to_be_out_of_scope_topics_are_offered(
    talk: Talk, parts: Parts
) -> None:
    talk.heard("out_of_scope", "여권 사진관", [], options=["passport_issue"])
    [reply] = await talk.run(ActionOutOfScope(parts))
    assert keys(reply) == ["out_of_scope.not_ours", "answer.or_did_you_mean"]
    assert [button.title_of for button in reply.buttons if button.title_of] == ["passport_issue"]
    assert reply.topic == "out_of_scope"


async def test_out_of_scope_is_a_kind_no_with_ways_on(talk: Talk, parts: Parts) -> None:
    talk.heard("out_of_scope", "로또 번호", [])
    [reply] = await talk.run(ActionOutOfScope(parts))
    assert keys(reply) == ["out_of_scope.not_ours"]
    assert Press(control="person") in pressed(reply)
    assert "120" in talk.rendered(reply)


async def test_a_crisis_that_is_asked_about_offers_a_person_first(parts: Parts) -> None:
    with parts.database.reading() as session:
        reply = answer(session, topic="crisis_counseling")
    assert reply is not None
    assert reply.buttons[0] == PERSON


async def test_the_same_question_twice_does_not_get_the_same_wall(talk: Talk, parts: Parts) -> None:
    for _ in range(2):
        talk.heard("bulky_waste", "침대 버리려면?", [request("bulky_waste")])
        [reply] = await talk.run(ActionAnswer(parts))
    assert keys(reply) == ["answer.told_all"] and not facets(reply)
    assert reply.buttons[0] == PERSON
    assert Press(topic="bulky_waste", facet="fee") in pressed(reply)


async def test_a_facet_asked_for_by_name_is_told_again(talk: Talk, parts: Parts) -> None:
    for _ in range(2):
        talk.heard("bulky_waste", "비용은요?", [request("bulky_waste", "fee")])
        [reply] = await talk.run(ActionAnswer(parts))
    assert facets(reply) == ["fee"]


async def test_a_question_without_a_facet_gets_the_facet_that_has_its_words(
    talk: Talk, parts: Parts
) -> None:
    talk.slots = {"topic": "passport_issue", "told": {"passport_issue": ["summary"]}}
    asked = [request("passport_issue")]
    talk.heard("passport_issue", "사진은 몇 장이요?", asked, lemmas=["사진/NN"])
    [reply] = await talk.run(ActionAnswer(parts))
    assert len(facets(reply)) == 1 and "사진" in talk.rendered(reply)


async def test_what_was_answered_is_remembered_in_order(talk: Talk, parts: Parts) -> None:
    for topic in ("passport_issue", "bulky_waste", "passport_issue"):
        talk.heard(topic, "?", [request(topic)])
        await talk.run(ActionAnswer(parts))
    assert talk.slots["earlier"] == ["bulky_waste", "passport_issue"]
    assert talk.slots["topic"] == "passport_issue"


async def test_an_answer_about_a_report_leads_to_its_form(talk: Talk, parts: Parts) -> None:
    talk.heard("noise", "공사장이 시끄러워요", [request("noise")])
    [reply] = await talk.run(ActionAnswer(parts))
    assert pressed(reply)[0] == Press(topic="noise")


async def test_where_it_can_be_done_online_is_a_button_that_opens(talk: Talk, parts: Parts) -> None:
    talk.heard("vehicle_tax", "인터넷으로 내려면?", [request("vehicle_tax", "online")])
    [reply] = await talk.run(ActionAnswer(parts))
    assert any((button.url or "").startswith("https://") for button in reply.buttons)
