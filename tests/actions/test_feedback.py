"""Did the answer help: a yes is thanked for, and every no leads on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from actions.answer import ActionAnswer
from actions.feedback import ActionFeedback
from actions.parts import Parts
from bot import offices
from bot.conversations import service, turn_queue
from bot.conversations.models import REASONS, Conversation, Feedback, Message, Reason, ShownButton
from bot.conversations.rendering import Renderer
from bot.conversations.schemas import IncomingMessage
from bot.conversations.service import Keeping
from bot.database import utc_now
from bot.knowledge import service as knowledge
from bot.knowledge.schemas import ArticleBody
from bot.privacy.masking import default_masker
from bot.replies import PERSON, Facet, Press, Reply, Say
from bot.wording import LANGUAGES, wording
from tests.actions.conftest import Talk
from tests.support.feedback import answer

USEFUL, NOT_USEFUL = Press(control="useful"), Press(control="not_useful")
GENERAL = Press(topic="general_ticket")
TOPIC = "bulky_waste"
RANKING = [(TOPIC, 0.91), ("talk_to_human", 0.03), ("noise", 0.02), ("illegal_dumping", 0.001)]
Request = dict[str, Any]


def request(topic: str = "", facet: str = "", control: str = "", **slots: str) -> Request:
    return {"topic": topic, "facet": facet, "control": control, "slots": slots, "why": "test"}


@dataclass
class Asking:
    """A citizen's talk in which every message and every answer is stored, as by the gateway."""

    talk: Talk
    keeping: Keeping

    async def asks(
        self, text: str, *requests: Request, ranking: Sequence[tuple[str, float]] = RANKING
    ) -> list[Message]:
        """A typed question, answered from the articles."""
        return await self._answered(self._arrives(IncomingMessage(text=text)), requests, ranking)

    async def presses(self, shown_in: Message, press: Press) -> Reply:
        """The button with this meaning, or the reason that it gives, under a message."""
        [said] = await self.answers_to(shown_in, press)
        return Reply.model_validate(said.reply)

    async def answers_to(self, shown_in: Message, press: Press) -> list[Message]:
        """The stored answers to a press."""
        message = self._arrives(IncomingMessage(button_id=self._button(shown_in, press)))
        meant = Press.model_validate(message.press)
        asked = request(meant.topic or "", meant.facet or "", meant.control or "", **meant.slots)
        return await self._answered(message, [asked], [("noise", 0.4), ("passport_issue", 0.3)])

    async def why_not(self, shown_in: Message, reason: Reason) -> Reply:
        """«It did not help», and why."""
        [question] = await self.answers_to(shown_in, NOT_USEFUL)
        return await self.presses(question, Press(slots={"reason": reason}))

    def shown(self, message: Message, reply: Reply) -> Message:
        """The bot says `reply` to a message."""
        with self.talk.parts.database.writing() as session:
            job = turn_queue.job_of(
                session, message=session.get_one(Message, message.id), owner="test"
            )
            [said] = service.answer(
                session,
                job=job,
                replies=[reply],
                render=Renderer(session, wording(), "ko"),
                turn="answered",
                now=utc_now(),
            )
        return said

    def types(self, text: str) -> Message:
        """A typed message that nothing answers yet."""
        return self._arrives(IncomingMessage(text=text))

    def kept(self) -> list[Feedback]:
        """What the conversation's answers were judged."""
        with self.talk.parts.database.reading() as session:
            mine = Feedback.conversation_id == self.talk.conversation_id
            return list(session.scalars(select(Feedback).where(mine).order_by(Feedback.topic)))

    def buttons(self, reply: Reply, language: str = "ko") -> list[str]:
        """The titles of a reply's buttons."""
        with self.talk.parts.database.reading() as session:
            rendered = Renderer(session, wording(), language)(reply)
        return [button.title for button in rendered.buttons]

    def _arrives(self, incoming: IncomingMessage) -> Message:
        with self.talk.parts.database.writing() as session:
            return service.receive(
                session,
                conversation=session.get_one(Conversation, self.talk.conversation_id),
                incoming=incoming,
                keeping=self.keeping,
                per_minute=1000,
                now=utc_now(),
            )

    async def _answered(
        self, message: Message, requests: Sequence[Request], ranking: Sequence[tuple[str, float]]
    ) -> list[Message]:
        intent = requests[0]["control"] or requests[0]["topic"]
        self.talk.heard(intent, message.text, list(requests), message_id=message.id)
        self.talk.latest["intent_ranking"] = [
            {"name": name, "confidence": confidence} for name, confidence in ranking
        ]
        judges = intent in ("useful", "not_useful")
        action = ActionFeedback(self.talk.parts) if judges else ActionAnswer(self.talk.parts)
        replies = await self.talk.run(action)
        with self.talk.parts.database.writing() as session:
            job = turn_queue.job_of(
                session, message=session.get_one(Message, message.id), owner="test"
            )
            return service.answer(
                session,
                job=job,
                replies=replies,
                render=Renderer(session, wording(), "ko"),
                turn="answered",
                now=utc_now(),
            )

    def _button(self, shown_in: Message, press: Press) -> str:
        with self.talk.parts.database.reading() as session:
            shown = session.scalars(
                select(ShownButton).where(ShownButton.message_id == shown_in.id)
            ).all()
        meant = [(each.id, Press.model_validate(each.press)) for each in shown if each.press]
        return next(id for id, means in meant if _same(means, press))


def _same(means: Press, wanted: Press) -> bool:
    if reason := wanted.slots.get("reason"):
        return means.slots.get("reason") == reason
    if wanted.control:
        return means.control == wanted.control
    return (means.control, means.topic, means.facet) == (None, wanted.topic, wanted.facet)


@pytest.fixture
def citizen(talk: Talk) -> Asking:
    return Asking(talk, Keeping(default_masker(), talk.cipher))


def keys(reply: Reply) -> list[str]:
    return [part.key for part in reply.parts if isinstance(part, Say)]


def pressed(reply: Reply) -> list[Press]:
    return [button.press for button in reply.buttons if button.press]


def facets(said: Message) -> list[Facet]:
    parts = Reply.model_validate(said.reply).parts
    return [part for part in parts if isinstance(part, Facet)]


def body_of(parts: Parts, topic: str = TOPIC) -> ArticleBody:
    with parts.database.reading() as session:
        served = knowledge.served(session, topic)
    assert served is not None
    return served.body


async def test_a_yes_is_thanked_for_and_kept_with_what_it_judges(citizen: Asking) -> None:
    [answered] = await citizen.asks("침대 버리려면?", request(TOPIC))
    reply = await citizen.presses(answered, USEFUL)
    assert keys(reply) == ["say.useful"]
    assert reply.topic == "useful"
    [kept] = citizen.kept()
    shown = facets(answered)
    assert (kept.useful, kept.reason, kept.topic) == (True, None, TOPIC)
    assert kept.facets == [facet.facet for facet in shown] and "summary" in kept.facets
    assert {kept.revision} == {facet.revision for facet in shown}
    assert kept.answer_id == answered.id
    with citizen.talk.parts.database.reading() as session:
        assert session.get_one(Message, kept.message_id).text == "침대 버리려면?"


async def test_a_no_is_asked_why_with_four_reasons_and_a_person(citizen: Asking) -> None:
    [answered] = await citizen.asks("침대 버리려면?", request(TOPIC))
    reply = await citizen.presses(answered, NOT_USEFUL)
    assert keys(reply) == ["say.not_useful"]
    assert [press.slots.get("reason") for press in pressed(reply)] == [*REASONS, None]
    assert {press.control for press in pressed(reply)[:4]} == {"not_useful"}
    assert reply.buttons[-1] == PERSON
    for language in LANGUAGES:
        titles = citizen.buttons(reply, language)
        own = [wording().text(f"feedback.reason_{reason}", language) for reason in REASONS]
        assert titles[:4] == own and len(set(titles)) == 5
        assert citizen.talk.rendered(reply, language)
    assert [(kept.useful, kept.reason) for kept in citizen.kept()] == [(False, None)]


@pytest.mark.parametrize("topic", [TOPIC, "road_damage"])
@pytest.mark.parametrize("reason", REASONS)
async def test_every_reason_is_kept_and_leads_on_to_a_person_and_something_else(
    citizen: Asking, reason: Reason, topic: str
) -> None:
    [answered] = await citizen.asks("알려 주세요", request(topic, "phone"))
    reply = await citizen.why_not(answered, reason)
    assert [(kept.useful, kept.reason) for kept in citizen.kept()] == [(False, reason)]
    assert PERSON in reply.buttons
    assert len(reply.buttons) >= 2
    assert reply.topic == "not_useful"
    for language in LANGUAGES:
        assert citizen.talk.rendered(reply, language)
        assert all(citizen.buttons(reply, language))


# Another matter was meant


async def test_other_topics_are_the_next_guesses_and_the_articles_neighbours(
    citizen: Asking, parts: Parts
) -> None:
    near = [topic for topic in body_of(parts).related if topic != "illegal_dumping"]
    ranking = [(TOPIC, 0.6), ("thanks", 0.2), ("illegal_dumping", 0.1), ("food_waste", 0.001)]
    [answered] = await citizen.asks("버리는 거요", request(TOPIC), ranking=ranking)
    reply = await citizen.why_not(answered, "other_matter")
    assert keys(reply) == ["feedback.other_matter"]
    offered = [button.title_of for button in reply.buttons if button.title_of]
    assert offered == ["illegal_dumping", *near][:3]
    assert pressed(reply)[-2:] == [GENERAL, PERSON.press]


async def test_many_guesses_leave_room_for_a_neighbour(citizen: Asking, parts: Parts) -> None:
    guesses = ["passport_issue", "vehicle_tax", "bus_info"]
    ranking = [(TOPIC, 0.5), *((topic, 0.1) for topic in guesses)]
    [answered] = await citizen.asks("버리는 거요", request(TOPIC), ranking=ranking)
    reply = await citizen.why_not(answered, "other_matter")
    offered = [button.title_of for button in reply.buttons if button.title_of]
    assert offered == [*guesses[:2], body_of(parts).related[0]]


async def test_after_a_pressed_facet_the_guesses_are_those_of_the_typed_question(
    citizen: Asking,
) -> None:
    ranking = [(TOPIC, 0.6), ("illegal_dumping", 0.3)]
    [answered] = await citizen.asks("버리는 거요", request(TOPIC), ranking=ranking)
    [fee] = await citizen.answers_to(answered, Press(topic=TOPIC, facet="fee"))
    reply = await citizen.why_not(fee, "other_matter")
    offered = [button.title_of for button in reply.buttons if button.title_of]
    assert offered[0] == "illegal_dumping"
    assert "passport_issue" not in offered
    assert [kept.facets for kept in citizen.kept()] == [["fee"]]


async def test_what_the_same_message_was_answered_with_is_not_offered(citizen: Asking) -> None:
    both = [request(TOPIC), request("illegal_dumping", "phone")]
    ranking = [(TOPIC, 0.5), ("illegal_dumping", 0.4), ("food_waste", 0.05)]
    _, second = await citizen.asks("둘 다요", *both, ranking=ranking)
    reply = await citizen.why_not(second, "other_matter")
    offered = {button.title_of for button in reply.buttons if button.title_of}
    assert offered and not offered & {TOPIC, "illegal_dumping"}


# It says too little


async def test_the_facets_not_shown_yet_are_offered_with_the_phone(
    citizen: Asking, parts: Parts
) -> None:
    [answered] = await citizen.asks("침대 버리려면?", request(TOPIC))
    [fee] = await citizen.answers_to(answered, Press(topic=TOPIC, facet="fee"))
    reply = await citizen.why_not(fee, "not_enough")
    seen = {facet.facet for facet in facets(answered)} | {"fee"}
    offered = [press.facet for press in pressed(reply) if press.topic == TOPIC]
    assert offered and not seen & set(offered)
    assert set(offered) <= set(body_of(parts).facets("ko"))
    assert keys(reply) == ["feedback.more", "answer.phone"]
    assert offices.phones(body_of(parts).phone) in citizen.talk.rendered(reply)
    assert reply.buttons[-1] == PERSON


async def test_where_only_a_facet_was_shown_the_summary_is_offered(citizen: Asking) -> None:
    [answered] = await citizen.asks("침대 버리는 값", request(TOPIC, "fee"))
    reply = await citizen.why_not(answered, "not_enough")
    assert pressed(reply)[0] == Press(topic=TOPIC, facet="summary")
    assert "fee" not in [press.facet for press in pressed(reply)]


async def test_when_everything_was_told_that_is_said_and_the_phone_given(
    citizen: Asking, parts: Parts
) -> None:
    [answered] = await citizen.asks("침대 버리려면?", request(TOPIC))
    for facet in body_of(parts).facets("ko"):
        [answered] = await citizen.asks("그리고요?", request(TOPIC, facet))
    reply = await citizen.why_not(answered, "not_enough")
    assert keys(reply) == ["feedback.all_told", "answer.phone"]
    assert pressed(reply) == [GENERAL, PERSON.press]


async def test_an_article_that_is_valid_no_more_offers_no_facets(
    citizen: Asking, parts: Parts
) -> None:
    [answered] = await citizen.asks("침대 버리려면?", request(TOPIC))
    body = body_of(parts)
    ended = body.model_copy(update={"valid_until": date(2026, 4, 1)})
    with parts.database.writing() as session:
        knowledge.revise(session, topic=TOPIC, body=ended, author="kim", now=utc_now())
    reply = await citizen.why_not(answered, "not_enough")
    assert keys(reply) == ["feedback.all_told", "answer.phone"]


# Hard to follow, or wrong


async def test_where_it_is_hard_a_person_comes_first_and_the_phone_is_given(
    citizen: Asking, parts: Parts
) -> None:
    [answered] = await citizen.asks("침대 버리려면?", request(TOPIC))
    reply = await citizen.why_not(answered, "hard")
    assert reply.buttons[0] == PERSON
    assert Press(topic="callback") in pressed(reply)
    assert offices.phones(body_of(parts).phone) in citizen.talk.rendered(reply)


async def test_what_is_called_wrong_is_thanked_for_and_left_to_the_staff(
    citizen: Asking, parts: Parts
) -> None:
    [answered] = await citizen.asks("침대 버리려면?", request(TOPIC))
    reply = await citizen.why_not(answered, "wrong")
    assert keys(reply)[0] == "feedback.wrong"
    assert offices.phones(body_of(parts).phone) in citizen.talk.rendered(reply)
    assert [(kept.reason, kept.answer_id) for kept in citizen.kept()] == [("wrong", answered.id)]


# Without an article, without an answer


@pytest.mark.parametrize("reason", REASONS)
async def test_a_topic_without_an_article_leads_to_the_call_centre_and_a_person(
    citizen: Asking, reason: Reason
) -> None:
    answered = citizen.shown(citizen.types("모르는 것"), answer("no_such_topic"))
    reply = await citizen.why_not(answered, reason)
    assert PERSON in reply.buttons and GENERAL in pressed(reply)
    centre = offices.offices()["jeju120"].phone
    assert centre
    assert (centre in citizen.talk.rendered(reply)) == (reason != "other_matter")
    assert citizen.talk.rendered(reply, "en")


@pytest.mark.parametrize("slots", [{}, {"reason": "hard", "answer": "gone"}])
async def test_without_an_answer_to_judge_a_no_still_leads_on(
    citizen: Asking, slots: dict[str, str]
) -> None:
    citizen.talk.heard("not_useful", "도움이 안 됐어요", [request(control="not_useful", **slots)])
    [reply] = await citizen.talk.run(ActionFeedback(citizen.talk.parts))
    assert keys(reply) == ["feedback.which_answer"]
    assert pressed(reply) == [GENERAL, PERSON.press]
    assert citizen.talk.rendered(reply) and citizen.talk.rendered(reply, "en")
    assert citizen.kept() == []


# Once an answer


async def test_a_second_press_of_the_same_answer_replaces_the_first(citizen: Asking) -> None:
    [answered] = await citizen.asks("침대 버리려면?", request(TOPIC))
    await citizen.presses(answered, USEFUL)
    await citizen.why_not(answered, "hard")
    assert [(kept.useful, kept.reason) for kept in citizen.kept()] == [(False, "hard")]
    await citizen.presses(answered, USEFUL)
    assert [(kept.useful, kept.reason) for kept in citizen.kept()] == [(True, None)]


async def test_a_press_that_is_heard_twice_is_kept_once(citizen: Asking) -> None:
    [answered] = await citizen.asks("침대 버리려면?", request(TOPIC))
    await citizen.why_not(answered, "wrong")
    again = await citizen.talk.run(ActionFeedback(citizen.talk.parts))
    assert keys(again[0])[0] == "feedback.wrong"
    assert [(kept.useful, kept.reason) for kept in citizen.kept()] == [(False, "wrong")]


async def test_a_reason_belongs_to_the_answer_that_it_was_asked_about(citizen: Asking) -> None:
    [first] = await citizen.asks("침대 버리려면?", request(TOPIC))
    [why] = await citizen.answers_to(first, NOT_USEFUL)
    [second] = await citizen.asks("여권 만들려면?", request("passport_issue"))
    await citizen.presses(second, USEFUL)
    await citizen.presses(why, Press(slots={"reason": "hard"}))
    judged = [(kept.topic, kept.useful, kept.reason) for kept in citizen.kept()]
    assert judged == [(TOPIC, False, "hard"), ("passport_issue", True, None)]


async def test_what_a_follow_up_leans_on_is_not_forgotten(citizen: Asking) -> None:
    [answered] = await citizen.asks("침대 버리려면?", request(TOPIC))
    citizen.talk.slots["unsure"] = 1
    await citizen.presses(answered, NOT_USEFUL)
    assert (citizen.talk.slots["topic"], citizen.talk.slots["unsure"]) == (TOPIC, 0)
