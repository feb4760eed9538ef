"""The line of those who wait for a person, presence, short codes and silence."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from bot.conversations import (
    codes,
    desk_rules,
    ending,
    errors,
    holding,
    presence,
    satisfaction,
    service,
    silence,
    waiting,
)
from bot.conversations.models import Conversation, Message
from bot.conversations.people_models import CodeTry, Satisfaction
from bot.conversations.people_policy import PeoplePolicy, people_policy
from bot.conversations.schemas import IncomingMessage
from bot.conversations.service import Keeping
from bot.database import Database
from bot.hours import SEOUL
from bot.privacy.masking import default_masker
from bot.privacy.vault import Cipher
from bot.replies import Say
from bot.wording import wording

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=SEOUL)
NIGHT = datetime(2026, 11, 25, 23, 0, tzinfo=SEOUL)
MINUTE = timedelta(minutes=1)


def opened(database: Database, channel: str = "widget", now: datetime = NOON) -> str:
    with database.writing() as session:
        return service.open_conversation(session, channel=channel, language="ko", now=now)[0].id


def waits(database: Database, now: datetime = NOON, alarm: str | None = None) -> str:
    id = opened(database, now=now)
    with database.writing() as session:
        service.hand_over(session, conversation_id=id, reason="unsure", now=now, alarm=alarm)
    return id


def held(database: Database, login: str, now: datetime = NOON) -> str:
    id = waits(database, now)
    with database.writing() as session:
        service.take(session, conversation_id=id, login=login, now=now)
    return id


def says(database: Database, id: str, login: str, now: datetime) -> None:
    with database.writing() as session:
        service.staff_says(
            session,
            conversation_id=id,
            login=login,
            text="확인해 볼게요.",
            masker=default_masker(),
            now=now,
        )


def there(database: Database, login: str, state: str = "available", capacity: int = 3) -> None:
    with database.writing() as session:
        presence.set_state(session, login=login, state=state, capacity=capacity, now=NOON)


def place(database: Database, id: str, now: datetime = NOON) -> waiting.Place | None:
    with database.reading() as session:
        return waiting.place_of(session, conversation_id=id, now=now)


def test_the_line_is_served_by_time_and_alarms_come_first(database: Database) -> None:
    first, second = waits(database, NOON), waits(database, NOON + MINUTE)
    cry = waits(database, NOON + 2 * MINUTE, alarm="violence")
    numbers = [place(database, id).number for id in (cry, first, second)]  # type: ignore[union-attr]
    assert numbers == [1, 2, 3]
    with database.reading() as session:
        assert waiting.oldest(session).id == cry  # type: ignore[union-attr]


def test_who_does_not_wait_has_no_place(database: Database) -> None:
    assert place(database, opened(database)) is None
    assert place(database, "nobody") is None


def test_a_wait_is_told_from_the_people_who_are_there_and_not_otherwise(database: Database) -> None:
    ids = [waits(database, NOON + n * MINUTE) for n in range(4)]
    assert place(database, ids[3]) == waiting.Place(4, None)
    there(database, "kim", capacity=2)
    there(database, "on-the-phone", state="phone", capacity=5)
    usual = people_policy().usual_minutes
    # Two of four can be taken at once; the other two share two places.
    assert place(database, ids[1]) == waiting.Place(2, 0)
    assert place(database, ids[3]) == waiting.Place(4, int(usual))
    late = NOON + timedelta(seconds=people_policy().presence_seconds)
    assert place(database, ids[3], late) == waiting.Place(4, None)


def test_what_a_talk_usually_takes_comes_from_the_last_talks(database: Database) -> None:
    there(database, "kim", capacity=1)
    for _ in range(people_policy().usual_from):
        id = held(database, "lee", NOON - 60 * MINUTE)
        says(database, id, "lee", NOON - 50 * MINUTE)
        with database.writing() as session:
            service.close(session, conversation_id=id, now=NOON - 30 * MINUTE)
    held(database, "kim")
    assert place(database, waits(database)) == waiting.Place(1, 20)


def test_a_very_long_wait_is_not_counted_out(database: Database) -> None:
    there(database, "kim", capacity=1)
    last = [waits(database, NOON + n * MINUTE) for n in range(30)][-1]
    found = place(database, last)
    assert found == waiting.Place(30, people_policy().longest_minutes, more=True)
    assert waiting.said(found).key == "handover.place_long"


def test_a_citizen_hears_the_place_in_hours_and_the_time_of_opening_at_night(
    database: Database,
) -> None:
    there(database, "kim")
    id = waits(database)
    with database.reading() as session:
        day = waiting.handed_over(session, conversation_id=id, now=NOON)
        night = waiting.handed_over(session, conversation_id=id, now=NIGHT)
    assert [part.key for part in day.parts if isinstance(part, Say)] == [
        "handover.waiting",
        "handover.place_soon",
    ]
    assert [part.key for part in night.parts if isinstance(part, Say)] == ["handover.closed"]


def test_nobody_is_available_who_has_not_been_heard_of_or_is_full(database: Database) -> None:
    there(database, "kim", capacity=1)
    there(database, "lee", state="break")
    held(database, "kim")
    with database.writing() as session:
        assert presence.free_places(session, now=NOON) == 0
        assert presence.next_for(session, now=NOON) is None
        later = NOON + timedelta(seconds=people_policy().presence_seconds)
        assert presence.state_of(session, login="lee", now=later) == "off"
        presence.seen(session, login="lee", now=later)
        assert presence.state_of(session, login="lee", now=later) == "break"
        with pytest.raises(errors.UnknownPresence):
            presence.set_state(session, login="kim", state="asleep", now=NOON)


def test_by_turns_each_gets_a_talk_and_the_oldest_first(database: Database) -> None:
    ids = [waits(database, NOON + n * MINUTE) for n in range(3)]
    there(database, "kim", capacity=2)
    there(database, "lee", capacity=1)
    with database.writing() as session:
        assert waiting.assign_by_turns(session, now=NOON) is None
    with database.writing() as session:
        desk_rules.change(
            session, values={"assign": "round_robin"}, reason="시험", login="kim", now=NOON
        )
    given = []
    for second in range(4):
        with database.writing() as session:
            now = NOON + timedelta(seconds=second)
            given.append(waiting.assign_by_turns(session, now=now))
    assert given == [(ids[0], "kim"), (ids[1], "lee"), (ids[2], "kim"), None]


def test_a_code_leads_to_its_open_conversation_until_its_time_is_over(database: Database) -> None:
    id = opened(database)
    with database.writing() as session:
        code = codes.code_for(session, conversation_id=id, now=NOON).code
        again = codes.code_for(session, conversation_id=id, now=NOON + MINUTE).code
        assert again == code
        typed = f" {codes.shown(code)} "
        assert codes.find(session, typed=typed, now=NOON).id == id  # type: ignore[union-attr]
        expired = NOON + timedelta(minutes=people_policy().code.minutes)
        assert codes.find(session, typed=code, now=expired) is None
        assert codes.code_for(session, conversation_id=id, now=expired).code != code
        service.close(session, conversation_id=id, now=NOON)
        assert codes.find(session, typed=code, now=NOON) is None


@pytest.mark.parametrize("typed", ["안녕하세요", "064-120", "12345", "1234-56789", "1234-567a"])
def test_what_is_no_code_is_not_taken_for_one(typed: str) -> None:
    assert codes.tidy(typed) is None


def test_guessing_codes_ends_after_a_few_wrong_ones(database: Database) -> None:
    mine, here = opened(database), opened(database, "telegram")
    with database.writing() as session:
        code = codes.code_for(session, conversation_id=mine, now=NOON).code
    wrong = "00000000" if code != "00000000" else "11111111"
    for _ in range(people_policy().code.tries):
        with database.writing() as session:
            found = codes.find_for_citizen(session, typed=wrong, conversation_id=here, now=NOON)
            assert found is None
    with database.writing() as session, pytest.raises(errors.TooManyCodes):
        codes.find_for_citizen(session, typed=code, conversation_id=here, now=NOON)
    later = NOON + timedelta(minutes=people_policy().code.tries_minutes)
    with database.writing() as session:
        fresh = codes.code_for(session, conversation_id=mine, now=later).code
        found = codes.find_for_citizen(session, typed=fresh, conversation_id=here, now=later)
        assert found is not None
        # A code opens once.
        assert codes.find(session, typed=fresh, now=later) is None


def test_guessing_in_ever_new_conversations_ends_too(database: Database) -> None:
    rule = people_policy().code
    mine, here = opened(database), opened(database, "telegram")
    with database.writing() as session:
        code = codes.code_for(session, conversation_id=mine, now=NOON).code
        for number in range(rule.tries_of_all // 4):
            session.add(CodeTry(conversation_id=f"guesser-{number}", wrong=4, since=NOON))
    with database.writing() as session, pytest.raises(errors.TooManyCodes):
        codes.find_for_citizen(session, typed=code, conversation_id=here, now=NOON)
    with database.reading() as session:
        # Read out on the phone it still opens the talk.
        assert codes.find(session, typed=code, now=NOON) is not None


def test_a_talk_goes_on_elsewhere_with_the_person_who_holds_it(database: Database) -> None:
    old, new = held(database, "kim"), opened(database, "telegram")
    with database.writing() as session:
        holding.continue_here(session, here=new, there=old, now=NOON)
    with database.reading() as session:
        here, there_ = session.get_one(Conversation, new), session.get_one(Conversation, old)
        assert (here.state, here.staff_login) == ("staff", "kim")
        assert (there_.state, there_.continued_in) == ("closed", new)
    with database.writing() as session, pytest.raises(errors.WrongState):
        holding.continue_here(session, here=new, there=old, now=NOON)


def test_while_the_messengers_own_console_holds_it_nobody_here_does(database: Database) -> None:
    id = held(database, "kim")
    with database.writing() as session:
        assert holding.held_by_platform(session, conversation_id=id, now=NOON)
        assert not holding.held_by_platform(session, conversation_id=id, now=NOON)
        conversation = session.get_one(Conversation, id)
        assert (conversation.state, conversation.staff_login) == ("platform", None)
        assert holding.released_by_platform(session, conversation_id=id, now=NOON)
        assert conversation.state == "bot"


def sender_and_state(database: Database, id: str) -> tuple[list[str], str]:
    with database.reading() as session:
        found = service.messages_after(session, conversation_id=id, after=0)
        return [one.sender for one in found], session.get_one(Conversation, id).state


def look(database: Database, now: datetime) -> list[str]:
    with database.writing() as session:
        return silence.look_after(session, wording=wording(), now=now)


def test_a_silent_citizen_is_asked_once_and_then_let_go(database: Database) -> None:
    id = held(database, "kim")
    says(database, id, "kim", NOON)
    rule = people_policy().silent
    asks, closes = NOON + rule.ask_minutes * MINUTE, NOON + rule.close_minutes * MINUTE
    assert look(database, asks - MINUTE) == []
    assert look(database, asks) == [id]
    assert look(database, asks + MINUTE) == []
    assert look(database, closes) == [id]
    assert sender_and_state(database, id) == (["staff", "system", "system"], "closed")
    assert look(database, closes + 60 * MINUTE) == []


def test_a_citizen_who_wrote_last_is_never_let_go(database: Database) -> None:
    id = held(database, "kim")
    says(database, id, "kim", NOON)
    with database.writing() as session:
        conversation = session.get_one(Conversation, id)
        conversation.last_seq += 1
        session.add(
            Message(
                conversation_id=id,
                seq=conversation.last_seq,
                sender="citizen",
                text="네",
                language="ko",
                created_at=NOON,
            )
        )
    assert look(database, NOON + 600 * MINUTE) == []
    waiting_one = waits(database)
    assert look(database, NOON + 6000 * MINUTE) == []
    assert sender_and_state(database, waiting_one)[1] == "waiting"


def test_how_satisfied_a_citizen_is_is_kept_as_said_last(database: Database) -> None:
    alone, with_a_person = opened(database), held(database, "kim")
    says(database, with_a_person, "kim", NOON)
    with database.writing() as session:
        satisfaction.rate(session, conversation_id=alone, score=2, now=NOON)
        satisfaction.rate(session, conversation_id=alone, score=4, now=NOON)
        satisfaction.rate(session, conversation_id=with_a_person, score=5, now=NOON)
        for score in (0, 6):
            with pytest.raises(errors.BadScore):
                satisfaction.rate(session, conversation_id=alone, score=score, now=NOON)
    with database.reading() as session:
        assert session.get_one(Satisfaction, alone).score == 4
        assert not session.get_one(Satisfaction, alone).by_person
        assert session.get_one(Satisfaction, with_a_person).by_person
    assert [one.press.slots["score"] for one in satisfaction.buttons() if one.press] == list(
        "54321"
    )


def test_the_policy_of_people_is_checked(tmp_path: object) -> None:
    assert isinstance(PeoplePolicy.load(), PeoplePolicy)


def test_an_ended_talk_asks_how_it_was_and_takes_that_answer_only(database: Database) -> None:
    id = held(database, "kim")
    with database.writing() as session:
        ending.end(session, conversation_id=id, key="handover.ended", wording=wording(), now=NOON)
    with database.reading() as session:
        (told,) = service.messages_after(session, conversation_id=id, after=0)
        shown = service.buttons_of(session, message_ids=[told.id])[told.id]
    assert [one.press["slots"]["score"] for one in shown if one.press] == list("54321")
    keeping = Keeping(default_masker(), Cipher(Fernet.generate_key().decode()))
    for incoming, is_taken in (
        (IncomingMessage(button_id=shown[0].id), True),
        (IncomingMessage(text="하나 더요"), False),
    ):
        with database.writing() as session:
            conversation = session.get_one(Conversation, id)
            try:
                service.receive(
                    session,
                    conversation=conversation,
                    incoming=incoming,
                    keeping=keeping,
                    per_minute=60,
                    now=NOON,
                )
            except errors.ConversationClosed:
                assert not is_taken
            else:
                assert is_taken


def test_two_who_type_each_others_codes_do_not_wait_for_each_other(database: Database) -> None:
    for _ in range(5):
        pair = [opened(database), opened(database)]
        with database.writing() as session:
            made = [codes.code_for(session, conversation_id=id, now=NOON).code for id in pair]

        def goes_on(here: str, typed: str) -> bool:
            with database.writing() as session:
                found = codes.find_for_citizen(session, typed=typed, conversation_id=here, now=NOON)
                time.sleep(0.1)
                try:
                    holding.continue_here(
                        session, here=here, there=found.id if found else here, now=NOON
                    )
                except errors.WrongState:
                    return False
                return True

        with ThreadPoolExecutor(max_workers=2) as pool:
            went = list(pool.map(goes_on, pair, reversed(made)))
        assert sorted(went) == [False, True]


def test_a_talk_that_a_messengers_console_forgot_is_the_bots_again(database: Database) -> None:
    forgotten, busy = opened(database, "line"), opened(database, "line")
    later = NOON + timedelta(hours=people_policy().platform_hours)
    with database.writing() as session:
        holding.held_by_platform(session, conversation_id=forgotten, now=NOON)
        holding.held_by_platform(session, conversation_id=busy, now=later)
        assert holding.forgotten_by_platform(session, now=later) == []
        given_back = holding.forgotten_by_platform(session, now=later + MINUTE)
        assert given_back == [forgotten]
        assert session.get_one(Conversation, forgotten).state == "bot"
        assert session.get_one(Conversation, busy).state == "platform"
