"""What the door of the messengers decides itself: numbers, limits, silence."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from bot.conversations import service
from bot.conversations.models import Conversation, Message, ShownButton
from bot.conversations.rendering import Renderer
from bot.database import utc_now
from bot.replies import Button, Press, Reply, Say
from bot.settings import Settings
from bot.web.parts import Parts
from tests.support import line as sample
from tests.support.citizen import words
from tests.support.line import Line
from tests.support.rasa import HeardRasa


def post(client: TestClient, *events: dict[str, Any]) -> None:
    content = sample.body(*events)
    answer = client.post("/channels/line/webhook", content=content, headers=sample.headers(content))
    assert answer.status_code == 200


def offer(parts: Parts, count: int) -> list[str]:
    """The bot asks with `count` buttons; gives their ids."""
    key = "notice.text"
    buttons = [
        Button(
            title=Say(key=key, values={"text_ko": f"고를 것 {n}", "text_en": f"choice {n}"}),
            press=Press(topic="bulky_waste", slots={"n": str(n)}),
        )
        for n in range(count)
    ]
    with parts.database.writing() as session:
        talk = session.scalars(select(Conversation)).one()
        (said,) = service.say(
            session,
            conversation_id=talk.id,
            replies=[Reply(parts=[Say(key="say.greet")], buttons=buttons)],
            render=Renderer(session, parts.wording, "ko"),
            now=utc_now(),
        )
        shown = service.buttons_of(session, message_ids=[said.id])[said.id]
    return [button.id for button in shown]


def heard(rasa: HeardRasa) -> list[tuple[str, Any]]:
    """What Rasa was asked: the text, and the values of a press."""
    asked = [(each["message"], each["metadata"]["press"] or {}) for each in rasa.heard]
    return [(text, press.get("slots")) for text, press in asked]


def test_a_typed_number_presses_the_numbered_button(
    client: TestClient, line: Line, parts: Parts, rasa: HeardRasa
) -> None:
    post(client, sample.text("안녕하세요"))
    line.wait(2)
    offer(parts, 9)
    line.wait(3)
    assert "9. 고를 것 8" in line.shown[-1][1]["text"]
    post(client, sample.text("9번이요"))
    line.wait(4)
    assert heard(rasa)[-1] == ("고를 것 8", {"n": "8"})
    # Answered without buttons: from now on a number is a word again.
    post(client, sample.text("9"))
    line.wait(5)
    assert heard(rasa)[-1] == ("9", None)


def test_a_number_is_a_word_where_no_numbers_are_shown(
    client: TestClient, line: Line, parts: Parts, rasa: HeardRasa
) -> None:
    post(client, sample.text("안녕하세요"))
    line.wait(2)
    offer(parts, 2)
    line.wait(3)
    post(client, sample.text("1"))
    line.wait(4)
    assert heard(rasa)[-1] == ("1", None)


def test_a_number_that_was_not_shown_is_a_word(
    client: TestClient, line: Line, parts: Parts, rasa: HeardRasa
) -> None:
    post(client, sample.text("안녕하세요"))
    line.wait(2)
    offer(parts, 9)
    line.wait(3)
    post(client, sample.text("10"))
    line.wait(4)
    assert heard(rasa)[-1] == ("10", None)


def test_buttons_of_another_citizen_cannot_be_pressed(
    client: TestClient, line: Line, parts: Parts
) -> None:
    post(client, sample.text("안녕하세요"))
    line.wait(2)
    (theirs, *_) = offer(parts, 2)
    line.wait(3)
    other = sample.user(2)
    post(client, sample.event("postback", other, postback={"data": theirs}))
    line.wait(2, other)
    assert line.of(other)[-1]["text"] == words("error.unknown_button")


@pytest.mark.parametrize("text", ["", "   ", "\u200b"])
def test_an_empty_message_is_told_so(client: TestClient, line: Line, text: str) -> None:
    post(client, sample.text(text))
    line.wait(2)
    assert line.shown[-1][1]["text"] == words("error.empty_message")


def test_a_text_longer_than_a_message_may_be_is_told_so(
    client: TestClient, line: Line, parts: Parts
) -> None:
    post(client, sample.text("가" * 3000))
    line.wait(2)
    limits = {"limit": "2,000", "length": "3,000"}
    assert line.shown[-1][1]["text"] == words("error.message_too_long", **limits)


class TestLimited:
    """A citizen who writes more than is taken."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"messages_per_minute": 2})

    def test_a_flood_is_answered_by_one_sentence(
        self, client: TestClient, line: Line, parts: Parts
    ) -> None:
        for _ in range(2):
            post(client, sample.text("안녕하세요"))
        line.wait(3)
        for _ in range(6):
            post(client, sample.text("안녕하세요"))
        line.wait(4)
        with parts.database.reading() as session:
            told = select(Message).where(Message.text == words("error.too_many_messages"))
            assert len(session.scalars(told).all()) == 1
            mine = select(Message).where(Message.sender == "citizen")
            assert len(session.scalars(mine).all()) == 2
            assert session.scalars(select(ShownButton)).all() == []
