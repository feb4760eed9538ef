"""The bot turned off: wholly, on a channel, for a topic."""

from typing import Any

import pytest

from bot.conversations import errors, switches
from bot.database import Database, utc_now
from bot.replies import PERSON, Reply, Say

NOW = utc_now()


def off(database: Database, **given: Any) -> int:
    usual: dict[str, Any] = {
        "scope": "bot",
        "subject": "",
        "reason": "틀린 답이 나가서 고치는 중",
        "banner_ko": "지금은 챗봇이 쉬어요.",
        "banner_en": "The bot is off for now.",
        "actor": "kim",
        "now": NOW,
    }
    with database.writing() as session:
        return switches.turn_off(session, **{**usual, **given}).id


def banner(database: Database, channel: str = "widget") -> str | None:
    with database.reading() as session:
        reply = switches.instead(session, channel=channel)
        if reply is None:
            return None
        assert PERSON in reply.buttons
        assert isinstance(reply.parts[0], Say)
        return reply.parts[0].values["text_ko"]


def test_the_whole_bot_is_off_on_every_channel_until_it_is_turned_on(database: Database) -> None:
    assert banner(database) is None
    id = off(database)
    assert banner(database) == banner(database, "kakao") == "지금은 챗봇이 쉬어요."
    with database.writing() as session:
        switches.turn_on(session, switch_id=id, actor="lee", now=NOW)
    assert banner(database) is None
    with database.reading() as session:
        kept = switches.history(session)
    assert [(one.off_by, one.on_by) for one in kept] == [("kim", "lee")]


def test_a_channel_is_off_alone(database: Database) -> None:
    off(database, scope="channel", subject="kakao")
    assert banner(database) is None
    assert banner(database, "kakao")


def test_only_the_answers_about_a_topic_that_is_off_give_way(database: Database) -> None:
    off(database, scope="topic", subject="bulky_waste", banner_ko="고치고 있어요.")
    answer = Reply(parts=[Say(key="say.greet")], topic="bulky_waste")
    other = Reply(parts=[Say(key="say.greet")], topic="passport")
    with database.reading() as session:
        shown = switches.without_topics_off(session, [answer, other])
    assert shown[1] == other
    assert shown[0].topic == "bulky_waste"
    assert isinstance(shown[0].parts[0], Say)
    assert shown[0].parts[0].values["text_ko"] == "고치고 있어요."


def test_turning_off_twice_keeps_one_with_the_new_words(database: Database) -> None:
    assert off(database) == off(database, banner_ko="곧 돌아와요.")
    assert banner(database) == "곧 돌아와요."


@pytest.mark.parametrize(
    "given",
    [
        {"scope": "world"},
        {"scope": "topic", "subject": " "},
        {"reason": ""},
        {"banner_en": " "},
        {"banner_ko": "가" * 301},
    ],
)
def test_what_is_incomplete_is_refused(database: Database, given: dict[str, str]) -> None:
    with pytest.raises(errors.BadSwitch):
        off(database, **given)


def test_what_was_never_off_cannot_be_turned_on(database: Database) -> None:
    with database.writing() as session, pytest.raises(errors.BadSwitch):
        switches.turn_on(session, switch_id=7, actor="lee", now=NOW)
