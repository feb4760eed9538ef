"""Whether an answer helped: what a citizen presses under it, kept once and for staff."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from bot.conversations import feedback
from bot.conversations.feedback import Judged
from bot.conversations.models import REASONS, Feedback, Label, Reason
from bot.conversations.service import Keeping
from bot.database import Database, utc_now
from bot.privacy.masking import default_masker
from bot.privacy.vault import Cipher
from bot.replies import Button, Press
from tests.support.citizen import Citizen, words
from tests.support.feedback import NOT_USEFUL, TOPIC, answer, article, says
from tests.support.labels import GUESSES, Unclear
from tests.support.service import Service

QUESTION = "침대는 어떻게 버려요?"
GUESSED = GUESSES[0][0]


@pytest.fixture(scope="module")
def keeping() -> Keeping:
    return Keeping(default_masker(), Cipher(Fernet.generate_key().decode()))


@pytest.fixture
def talk(database: Database, keeping: Keeping) -> Unclear:
    return Unclear.talk(database, keeping)


def kept(talk: Unclear) -> list[Feedback]:
    with talk.database.reading() as session:
        return list(session.scalars(select(Feedback).order_by(Feedback.created_at)))


def judged(talk: Unclear, press: Press | None = None) -> Judged | None:
    press = press or Press(control="not_useful")
    with talk.database.reading() as session:
        return feedback.judged(session, conversation_id=talk.conversation_id, press=press)


def asked(talk: Unclear, text: str = QUESTION, topic: str = TOPIC) -> str:
    """A question and its answer; gives the id of the answer."""
    return talk.answered(talk.types(text), answer(topic), "sure")


def test_what_is_kept_names_question_answer_topic_facets_and_revision(
    talk: Unclear, tmp_path: Path
) -> None:
    revision = article(talk.database, tmp_path)
    question = talk.types("가로등 고장 010-2345-6789")
    shown = talk.answered(question, answer(facets=("summary", "fee"), revision=revision), "sure")
    says(talk, useful=True)
    [found] = kept(talk)
    assert (found.conversation_id, found.message_id) == (talk.conversation_id, question.id)
    assert (found.answer_id, found.topic) == (shown, TOPIC)
    assert (found.facets, found.revision) == (["summary", "fee"], revision)
    assert (found.useful, found.reason) == (True, None)


def test_the_latest_answer_with_such_a_button_is_judged(talk: Unclear) -> None:
    asked(talk, "하나")
    latest = asked(talk, "둘")
    talk.asked("셋", "bulky_waste")
    about = judged(talk)
    assert about is not None and about.answer.id == latest


def test_of_several_answers_the_one_that_showed_this_very_button_is_judged(talk: Unclear) -> None:
    press = Press(control="not_useful", topic=TOPIC, facet="fee")
    button = Button(title=NOT_USEFUL.title, press=press)
    own = answer().model_copy(update={"buttons": [button]})
    first = talk.answered(talk.types("하나"), own, "sure")
    asked(talk, "둘")
    about = judged(talk, press)
    assert about is not None and about.answer.id == first


def test_a_press_that_names_an_answer_judges_that_one(talk: Unclear) -> None:
    first = asked(talk, "하나")
    asked(talk, "둘")
    says(talk, useful=False, reason="hard", of=first)
    assert [found.answer_id for found in kept(talk)] == [first]


def test_an_answer_of_another_conversation_is_never_judged(talk: Unclear, keeping: Keeping) -> None:
    other = Unclear.talk(talk.database, keeping)
    theirs = asked(other)
    assert judged(talk, Press(control="not_useful", slots={feedback.ANSWER: theirs})) is None
    assert judged(talk) is None


def test_each_answer_is_judged_for_itself(talk: Unclear) -> None:
    first, second = asked(talk, "하나"), asked(talk, "둘")
    says(talk, useful=True, of=first)
    says(talk, useful=False, reason="wrong", of=second)
    assert {found.answer_id: found.reason for found in kept(talk)} == {first: None, second: "wrong"}


def test_what_is_said_later_replaces_what_was_said_before(talk: Unclear) -> None:
    asked(talk)
    for useful, reason in ((True, None), (False, "hard"), (False, "wrong"), (True, None)):
        says(talk, useful=useful, reason=reason)  # type: ignore[arg-type]
        assert [(found.useful, found.reason) for found in kept(talk)] == [(useful, reason)]


@pytest.mark.parametrize("reason", REASONS)
def test_a_no_without_a_reason_leaves_the_reason_of_an_earlier_no(
    talk: Unclear, reason: Reason
) -> None:
    asked(talk)
    says(talk, useful=False, reason=reason)
    says(talk, useful=False)
    assert [found.reason for found in kept(talk)] == [reason]


def test_the_guesses_are_those_of_the_question_that_was_typed(talk: Unclear) -> None:
    asked(talk, topic=GUESSED)
    about = judged(talk)
    assert about is not None
    with talk.database.reading() as session:
        assert feedback.guesses(session, about=about) == GUESSES


def test_guesses_among_which_the_topic_is_not_are_no_guesses(talk: Unclear) -> None:
    asked(talk, topic="passport_issue")
    about = judged(talk)
    assert about is not None
    with talk.database.reading() as session:
        assert feedback.guesses(session, about=about) == []


def test_a_deleted_conversation_takes_its_feedback_along(talk: Unclear, keeping: Keeping) -> None:
    asked(talk)
    says(talk, useful=False, reason="wrong")
    other = Unclear.talk(talk.database, keeping)
    asked(other)
    theirs = says(other, useful=True)
    talk.erased()
    assert theirs is not None
    assert [found.id for found in kept(talk)] == [theirs.id]


def test_what_is_said_of_a_conversation_deleted_meanwhile_is_not_kept(talk: Unclear) -> None:
    asked(talk)
    about = judged(talk)
    assert about is not None
    talk.erased()
    with talk.database.writing() as session:
        found = feedback.keep(session, about=about, useful=True, reason=None, now=utc_now())
    assert found is None
    assert kept(talk) == []


def test_a_conversation_deleted_while_a_press_is_being_kept_goes_with_it(talk: Unclear) -> None:
    asked(talk)
    about = judged(talk)
    assert about is not None
    with ThreadPoolExecutor(1) as pool:
        with talk.database.writing() as session:
            feedback.keep(session, about=about, useful=True, reason=None, now=utc_now())
            session.flush()
            deleting = pool.submit(talk.erased)
            with pytest.raises(TimeoutError):
                deleting.result(timeout=0.3)
        deleting.result(timeout=10)
    assert kept(talk) == []


def test_a_judgement_is_no_label_of_an_unclear_message(talk: Unclear) -> None:
    shown = talk.answered(talk.types(QUESTION), answer(GUESSED), "fairly_sure")
    talk.presses(shown, "button.not_useful")
    with talk.database.reading() as session:
        assert session.scalars(select(Label)).all() == []


# Through a real Rasa


def stored(service: Service, citizen: Citizen) -> list[tuple[str, bool, str | None]]:
    with service.database.reading() as session:
        mine = select(Feedback).where(Feedback.conversation_id == citizen.id)
        return [(found.topic, found.useful, found.reason) for found in session.scalars(mine)]


def test_a_citizen_says_that_an_answer_helped(citizen: Citizen, service: Service) -> None:
    assert citizen.says(QUESTION).topic == "bulky_waste"
    assert citizen.presses("button.useful").says("say.useful")
    assert stored(service, citizen) == [("bulky_waste", True, None)]


@pytest.mark.parametrize("reason", REASONS)
def test_a_citizen_says_why_an_answer_did_not_help_and_is_led_on(
    citizen: Citizen, service: Service, reason: Reason
) -> None:
    citizen.says(QUESTION)
    why = citizen.presses("button.not_useful")
    assert why.says("say.not_useful")
    assert why.offers("button.person")
    answer = citizen.presses(f"feedback.reason_{reason}")
    assert answer.offers("button.person") and len(answer.buttons) >= 2
    assert stored(service, citizen) == [("bulky_waste", False, reason)]


def test_from_more_wanted_a_citizen_goes_on_to_a_facet(citizen: Citizen) -> None:
    citizen.says(QUESTION)
    shown = set(citizen.last.buttons)
    citizen.presses("button.not_useful")
    more = citizen.presses("feedback.reason_not_enough")
    facet = next(title for title in more.buttons if title in shown)
    answer = citizen.send(payload=more.buttons[facet])
    assert answer.topic == "bulky_waste"


def test_from_a_reason_a_citizen_reaches_a_person(citizen: Citizen) -> None:
    citizen.says(QUESTION)
    citizen.presses("button.not_useful")
    citizen.presses("feedback.reason_hard")
    citizen.presses("button.person")
    assert citizen.state == "waiting"


def test_a_citizen_who_deletes_the_talk_deletes_the_feedback(
    citizen: Citizen, service: Service
) -> None:
    citizen.says(QUESTION)
    citizen.presses("button.not_useful")
    citizen.presses("feedback.reason_wrong")
    assert words("feedback.wrong") in citizen.last.text
    assert citizen.client.delete(citizen.path, headers=citizen.headers).status_code == 204
    assert stored(service, citizen) == []
