"""What a citizen presses after the bot was unsure, kept as a label."""

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from bot.conversations import labels
from bot.conversations.models import Label, LabelStatus
from bot.conversations.service import Keeping
from bot.database import Database, utc_now
from bot.privacy.masking import default_masker
from bot.privacy.vault import Cipher
from bot.replies import Button, Press, Reply, Say
from tests.support.citizen import Citizen, words
from tests.support.labels import GUESSES, NONE_OF_THESE, Unclear, choices
from tests.support.service import Service

WORDS = "우리 집 앞에 큰 게 있는데 치워야 하나요"


@pytest.fixture(scope="module")
def keeping() -> Keeping:
    return Keeping(default_masker(), Cipher(Fernet.generate_key().decode()))


@pytest.fixture
def talk(database: Database, keeping: Keeping) -> Unclear:
    return Unclear.talk(database, keeping)


def decide(talk: Unclear, status: LabelStatus, topic: str | None = None) -> None:
    with talk.database.writing() as session:
        for label in session.scalars(select(Label)):
            label.status, label.topic = status, topic
            label.decided_by, label.decided_at = "sunja", utc_now()


@pytest.mark.parametrize(("rule", "kind"), [("unsure", "asked"), ("fairly_sure", "offered")])
def test_a_topic_pressed_after_the_bot_was_unsure_is_kept_with_the_unclear_message(
    talk: Unclear, rule: str, kind: str
) -> None:
    message = talk.types(f"{WORDS} 010-2345-6789")
    question = talk.answered(message, choices("bulky_waste", "illegal_dumping"), rule)
    talk.presses(question, "illegal_dumping")
    [label] = talk.labels()
    assert (label.message_id, label.conversation_id) == (message.id, talk.conversation_id)
    assert label.text == f"{WORDS} [전화번호 1]"
    assert label.language == "ko"
    assert (label.guess, label.confidence) == GUESSES[0]
    assert (label.kind, label.pressed) == (kind, "illegal_dumping")
    assert (label.status, label.topic, label.decided_by, label.decided_at) == ("open",) + (
        None,
    ) * 3
    assert label.created_at and utc_now() - label.created_at < timedelta(minutes=1)


def test_something_else_is_none_of_these_and_no_topic(talk: Unclear) -> None:
    pressed = talk.presses(talk.asked(WORDS, "bulky_waste"), NONE_OF_THESE)
    assert pressed.press and pressed.press["topic"] == "general_ticket"
    [label] = talk.labels()
    assert (label.pressed, label.status) == (None, "open")


def test_a_later_press_replaces_an_open_label(talk: Unclear) -> None:
    question = talk.asked(WORDS, "bulky_waste", "illegal_dumping")
    for pressed, topic in (
        ("bulky_waste", "bulky_waste"),
        (NONE_OF_THESE, None),
        ("illegal_dumping", "illegal_dumping"),
    ):
        talk.presses(question, pressed)
        assert [label.pressed for label in talk.labels()] == [topic]


@pytest.mark.parametrize("status", ["confirmed", "rejected"])
def test_a_later_press_leaves_alone_what_staff_decided(talk: Unclear, status: LabelStatus) -> None:
    question = talk.asked(WORDS, "bulky_waste", "illegal_dumping")
    talk.presses(question, "bulky_waste")
    decide(talk, status)
    talk.presses(question, "illegal_dumping")
    assert [(label.pressed, label.status) for label in talk.labels()] == [("bulky_waste", status)]


def test_each_unclear_message_has_its_own_label(talk: Unclear) -> None:
    first, second = (talk.asked(text, "bulky_waste") for text in ("가나 다라", "마바 사아"))
    talk.presses(second, NONE_OF_THESE)
    talk.presses(first, "bulky_waste")
    found = [(label.text, label.pressed) for label in talk.labels()]
    assert found == [("가나 다라", "bulky_waste"), ("마바 사아", None)]


@pytest.mark.parametrize("rule", ["sure", "button", "digression", "follow_up_facet", ""])
def test_a_press_after_a_sure_answer_is_no_label(talk: Unclear, rule: str) -> None:
    talk.presses(talk.asked(WORDS, "bulky_waste", rule=rule), "bulky_waste")
    assert talk.labels() == []


@pytest.mark.parametrize(
    "button",
    [
        Button(title=Say(key="facet.fee"), press=Press(topic="bulky_waste", facet="fee")),
        Button(title=Say(key="button.person"), press=Press(control="person")),
        Button(title=Say(key="button.useful"), press=Press(control="useful")),
        Button(title=Say(key="button.general"), press=Press(topic="general_ticket")),
        Button(title=Say(key="button.report"), press=Press(topic="road_damage")),
    ],
    ids=lambda button: button.title.key,
)
def test_a_button_that_names_none_of_the_topics_is_no_label(talk: Unclear, button: Button) -> None:
    reply = Reply(parts=[Say(key="clarify.which")], buttons=[button])
    shown = talk.answered(talk.types(WORDS), reply, "fairly_sure")
    talk.presses(shown, button.title.key if button.title else "")
    assert talk.labels() == []


def test_typing_instead_of_pressing_is_no_label(talk: Unclear) -> None:
    talk.asked(WORDS, "bulky_waste")
    talk.types("아니에요")
    assert talk.labels() == []


def test_a_press_has_no_words_to_learn_from(talk: Unclear) -> None:
    again = Reply(
        parts=[Say(key="failure.rasa")],
        buttons=[Button(title=Say(key="button.retry"), press=Press(control="retry"))],
    )
    retried = talk.presses(talk.answered(talk.types(WORDS), again, ""), "button.retry")
    talk.presses(talk.answered(retried, choices("bulky_waste"), "unsure"), "bulky_waste")
    assert talk.labels() == []


@pytest.mark.parametrize("status", ["open", "rejected"])
def test_a_deleted_conversation_takes_its_unconfirmed_labels_along(
    talk: Unclear, keeping: Keeping, status: LabelStatus
) -> None:
    talk.presses(talk.asked(WORDS, "bulky_waste"), "bulky_waste")
    decide(talk, status)
    other = Unclear.talk(talk.database, keeping)
    other.presses(other.asked("남의 말이에요", "bulky_waste"), "bulky_waste")
    talk.erased()
    assert [label.text for label in talk.labels()] == ["남의 말이에요"]


def test_of_a_confirmed_label_text_and_topic_outlive_the_conversation(talk: Unclear) -> None:
    talk.presses(talk.asked(WORDS, "bulky_waste"), NONE_OF_THESE)
    decide(talk, "confirmed", "illegal_dumping")
    talk.erased()
    [label] = talk.labels()
    assert (label.text, label.topic, label.status) == (WORDS, "illegal_dumping", "confirmed")
    assert label.decided_by == "sunja"
    gone = ("message_id", "conversation_id", "guess", "confidence", "kind", "pressed", "created_at")
    assert [getattr(label, name) for name in gone] == [None] * len(gone)


def test_several_confirmed_labels_outlive_their_conversation(talk: Unclear) -> None:
    for text in ("가나 다라", "마바 사아"):
        talk.presses(talk.asked(text, "bulky_waste"), "bulky_waste")
    decide(talk, "confirmed", "bulky_waste")
    talk.erased()
    assert [label.text for label in talk.labels()] == ["가나 다라", "마바 사아"]


# Training data


def label(text: str, topic: str) -> Label:
    return Label(text=text, language="ko", topic=topic, status="confirmed")


def test_confirmed_labels_become_training_data_grouped_by_intent() -> None:
    found = [
        label("소파 버려요", "bulky_waste"),
        label("길에 쓰레기", "illegal_dumping"),
        label("장롱 버려요", "bulky_waste"),
        label("소파 버려요", "bulky_waste"),
    ]
    assert labels.training_data(found) == (
        'version: "3.1"\n'
        "nlu:\n"
        "- intent: bulky_waste\n"
        "  examples: |\n"
        "    - 소파 버려요\n"
        "    - 장롱 버려요\n"
        "- intent: illegal_dumping\n"
        "  examples: |\n"
        "    - 길에 쓰레기\n"
    )


def test_without_labels_the_training_data_are_empty_and_valid() -> None:
    assert labels.training_data([]) == 'version: "3.1"\nnlu: []\n'


@pytest.mark.parametrize("mark", ["(topic)", '{"entity": "country"}'])
def test_what_a_citizen_typed_is_never_read_as_an_entity(mark: str) -> None:
    assert f"- [일본] {mark} 강아지\n" in labels.training_data([label(f"[일본]{mark} 강아지", "x")])


def test_only_confirmed_labels_are_taken(talk: Unclear) -> None:
    for status in ("open", "rejected"):
        talk.presses(talk.asked(WORDS, "bulky_waste"), "bulky_waste")
        decide(talk, status)
    with talk.database.reading() as session:
        assert labels.confirmed(session) == []
    decide(talk, "confirmed", "bulky_waste")
    with talk.database.reading() as session:
        assert [each.topic for each in labels.confirmed(session)] == ["bulky_waste"] * 2


# Through a real Rasa


def test_a_citizen_says_that_none_of_the_topics_was_meant(
    citizen: Citizen, service: Service
) -> None:
    answer = citizen.says("뷁뷁뷁")
    assert words(NONE_OF_THESE) in answer.buttons
    citizen.presses(NONE_OF_THESE)
    with service.database.reading() as session:
        stored = session.scalars(select(Label).where(Label.conversation_id == citizen.id)).all()
    assert [(each.text, each.kind, each.pressed) for each in stored] == [("뷁뷁뷁", "asked", None)]
    assert citizen.client.delete(citizen.path, headers=citizen.headers).status_code == 204
    with service.database.reading() as session:
        assert session.get(Label, stored[0].id) is None
