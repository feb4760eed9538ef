"""What the gateway decides itself, at noon and at night."""

from datetime import datetime

import pytest
from cryptography.fernet import Fernet

from bot import hours
from bot.conversations import codes, moves, service, switches
from bot.conversations.desk import Desk
from bot.conversations.models import Conversation, State
from bot.conversations.moves import Decided, Moves
from bot.conversations.people_models import Satisfaction
from bot.conversations.people_policy import people_policy
from bot.conversations.rendering import Rendered
from bot.conversations.turn_queue import Job
from bot.conversations.waiting import CALLBACK
from bot.database import Database, utc_now
from bot.korean.guard import Guard
from bot.paths import POLICY
from bot.privacy.vault import Cipher
from bot.replies import Press, Reply, Say, Understood
from bot.tickets.forms import Forms
from bot.tickets.routing import Routing

NOON = utc_now().astimezone(hours.SEOUL).replace(hour=12, minute=0)
NIGHT = NOON.replace(hour=3)
CRISIS = "죽고 싶어요"
FIRE = "불이야 집에 불났어"
HEARD = "수도관이 터졌어요"
WHISPER = "상담원이 보고 있어요"
"""Taken for one by the learnt ear alone."""


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard.load(POLICY / "emergency.yml")


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk(
        cipher=Cipher(Fernet.generate_key().decode()),
        forms=Forms.load(),
        routing=Routing.load(),
    )


@pytest.fixture
def gateway(database: Database, guard: Guard, desk: Desk) -> Moves:
    return Moves(database=database, guard=guard, desk=desk)


@pytest.fixture
def clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The moment at which the test happens; noon unless the test says otherwise."""
    moment: datetime = getattr(request, "param", NOON)
    monkeypatch.setattr(moves, "utc_now", lambda: moment)
    return moment


def job(
    database: Database, text: str, state: State = "bot", press: Press | None = None, asks: str = ""
) -> Job:
    """A message in a conversation of that state; `asks`: the topic of a report in progress."""
    with database.writing() as session:
        conversation, _ = service.open_conversation(
            session, channel="widget", language="ko", now=NOON
        )
        conversation.state = state
        if asks:
            question = Reply(parts=[Say(key="consent.ask")], asks="consent", topic=asks)
            service.say(
                session,
                conversation_id=conversation.id,
                replies=[question],
                render=lambda reply: Rendered("?", ()),
                now=NOON,
            )
    meant = press.model_dump(mode="json") if press else None
    return Job("m-1", conversation.id, "a", text, "ko", meant, 1, state, "widget")


def keys(decided: Decided | Job) -> list[str]:
    assert isinstance(decided, Decided)
    return [part.key for reply in decided.replies for part in reply.parts if isinstance(part, Say)]


def row(database: Database, asked: Job) -> Conversation:
    with database.reading() as session:
        return session.get_one(Conversation, asked.conversation_id)


@pytest.mark.usefixtures("clock")
def test_a_crisis_in_hours_gets_109_and_a_person(database: Database, gateway: Moves) -> None:
    asked = job(database, CRISIS)
    assert keys(gateway.before_rasa(asked)) == ["guard.suicide", "guard.person_alerted"]
    found = row(database, asked)
    assert (found.state, found.reason, found.alarm) == ("waiting", "crisis", "suicide")


@pytest.mark.parametrize("clock", [NIGHT], indirect=True)
@pytest.mark.usefixtures("clock")
def test_a_crisis_at_night_gets_the_lines_and_a_callback(
    database: Database, gateway: Moves
) -> None:
    asked = job(database, CRISIS)
    decided = gateway.before_rasa(asked)
    assert keys(decided) == ["guard.suicide", "guard.closed"]
    assert isinstance(decided, Decided) and decided.replies[0].buttons == [CALLBACK]
    assert (row(database, asked).state, row(database, asked).alarm) == ("bot", "suicide")


@pytest.mark.parametrize("clock", [NOON, NIGHT], indirect=True)
@pytest.mark.parametrize("state", ["waiting", "staff"])
@pytest.mark.usefixtures("clock")
def test_who_holds_the_talk_is_alerted_at_any_hour(
    database: Database, gateway: Moves, state: State
) -> None:
    asked = job(database, CRISIS, state)
    decided = gateway.before_rasa(asked)
    assert keys(decided)[:2] == ["guard.suicide", "guard.person_alerted"]
    assert row(database, asked).state == state


@pytest.mark.parametrize("clock", [NIGHT], indirect=True)
@pytest.mark.usefixtures("clock")
def test_waiting_at_night_still_gets_the_lines_that_answer_now(
    database: Database, gateway: Moves
) -> None:
    decided = gateway.before_rasa(job(database, CRISIS, "waiting"))
    assert keys(decided) == ["guard.suicide", "guard.person_alerted", "guard.closed"]
    assert isinstance(decided, Decided) and decided.replies[0].buttons == [CALLBACK]


@pytest.mark.parametrize("clock", [NOON, NIGHT], indirect=True)
@pytest.mark.usefixtures("clock")
def test_a_fire_needs_119_and_no_counsellor(database: Database, gateway: Moves) -> None:
    asked = job(database, FIRE)
    assert keys(gateway.before_rasa(asked)) == ["guard.fire"]
    assert (row(database, asked).state, row(database, asked).alarm) == ("bot", "fire")


@pytest.mark.usefixtures("clock")
def test_a_report_goes_on_after_a_fire_and_not_after_a_crisis_that_a_person_took(
    database: Database, gateway: Moves
) -> None:
    fire = gateway.before_rasa(job(database, FIRE, asks="road_damage"))
    assert keys(fire) == ["guard.fire", "guard.continue", "consent.ask"]
    crisis = gateway.before_rasa(job(database, CRISIS, asks="road_damage"))
    assert keys(crisis) == ["guard.suicide", "guard.person_alerted"]


def answer(intent: str, sure: float = 0.97) -> list[Reply]:
    known = Understood(intent=intent, confidence=sure)
    return [Reply(parts=[Say(key="say.greet")], topic=intent, understood=known)]


@pytest.mark.usefixtures("clock")
def test_what_only_the_learnt_ear_hears_gets_the_numbers_and_its_answer(
    database: Database, gateway: Moves
) -> None:
    asked = job(database, HEARD)
    heard = gateway.alarm(HEARD, None)
    assert heard is not None and not heard.certain, "HEARD has to be a text that no pattern hears"
    assert gateway.before_rasa(asked) is asked
    numbers = gateway.numbers(asked)
    assert row(database, asked).alarm == heard.kind
    said = gateway.with_numbers(asked, numbers, answer("water_outage"))
    assert keys(Decided(said, "answered")) == [f"guard.{heard.kind}", "say.greet"]
    assert [each.understood.intent for each in said if each.understood] == ["water_outage"]


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("intent", "sure"),
    [
        ("nlu_fallback", 0.99),
        ("out_of_scope", 0.99),
        ("emergency", 0.99),
        ("thanks", 0.99),
        ("cancel", 0.99),
        ("water_outage", 0.8),
    ],
)
def test_nothing_but_a_very_sure_answer_stands_below_the_numbers(
    database: Database, gateway: Moves, intent: str, sure: float
) -> None:
    asked = job(database, HEARD)
    numbers = gateway.numbers(asked)
    assert gateway.with_numbers(asked, numbers, answer(intent, sure)) == numbers
    # In a form it may be the answer that was asked for.
    reporting = job(database, HEARD, asks="road_damage")
    assert len(gateway.with_numbers(reporting, numbers, answer(intent, sure))) == 2


@pytest.mark.usefixtures("clock")
def test_without_rasa_the_numbers_stand_alone_and_a_form_asks_again(
    database: Database, gateway: Moves
) -> None:
    asked, reporting = job(database, HEARD), job(database, HEARD, asks="road_damage")
    alone = gateway.with_numbers(asked, gateway.numbers(asked), [])
    again = gateway.with_numbers(reporting, gateway.numbers(reporting), [])
    assert [len(alone), len(again)] == [1, 2]
    assert keys(Decided(again, "answered"))[1:] == ["guard.continue", "consent.ask"]


@pytest.mark.usefixtures("clock")
def test_whatever_fails_a_cry_gets_its_numbers(database: Database, gateway: Moves) -> None:
    for text in (HEARD, FIRE):
        said = gateway.failed(job(database, text))
        assert keys(Decided(said, "failed"))[-1] == "failure.rasa"
        assert keys(Decided(said, "failed"))[0].startswith("guard.")
    plain = gateway.failed(job(database, "여권 얼마예요?"))
    assert keys(Decided(plain, "failed")) == ["failure.rasa"]


@pytest.mark.usefixtures("clock")
def test_below_a_whisper_of_death_stands_nothing_else(database: Database, gateway: Moves) -> None:
    asked = job(database, WHISPER)
    heard = gateway.alarm(WHISPER, None)
    assert heard is not None and (heard.certain, heard.kind) == (False, "suicide")
    assert keys(gateway.before_rasa(asked))[0] == "guard.suicide"
    assert gateway.numbers(asked) == []


@pytest.mark.usefixtures("clock")
def test_what_only_the_learnt_ear_hears_is_told_the_person_who_holds_the_talk(
    database: Database, gateway: Moves
) -> None:
    decided = gateway.before_rasa(job(database, HEARD, "staff"))
    assert isinstance(decided, Decided) and len(decided.replies) == 1
    assert "guard.person_alerted" in keys(decided)


@pytest.mark.usefixtures("clock")
def test_a_button_is_never_a_cry_for_help(database: Database, gateway: Moves) -> None:
    asked = job(database, FIRE, press=Press(topic="emergency"))
    assert gateway.before_rasa(asked) is asked


@pytest.mark.usefixtures("clock")
def test_the_bot_is_silent_while_a_person_holds_the_talk(
    database: Database, gateway: Moves
) -> None:
    decided = gateway.before_rasa(job(database, "여권 얼마예요?", "staff"))
    assert decided == Decided([], "held")


@pytest.mark.usefixtures("clock")
def test_only_a_call_back_goes_on_while_waiting(database: Database, gateway: Moves) -> None:
    call = job(database, "네", "waiting", asks="callback")
    assert gateway.before_rasa(call) is call
    report = job(database, "네", "waiting", asks="road_damage")
    assert keys(gateway.before_rasa(report)) == ["handover.noted"]


@pytest.mark.usefixtures("clock")
def test_nothing_failed_so_there_is_nothing_to_try_again(
    database: Database, gateway: Moves
) -> None:
    asked = job(database, "다시", press=Press(control="retry"))
    assert keys(gateway.before_rasa(asked)) == ["failure.nothing_to_retry"]


def test_a_number_that_is_never_kept_gets_a_word_before_the_answer(
    database: Database, gateway: Moves
) -> None:
    asked = job(database, "[주민등록번호 1] 여권 얼마예요?")
    first, second = gateway.after_rasa(
        asked, [Reply(parts=[Say(key="say.greet")]), Reply(parts=[Say(key="say.thanks")])]
    )
    assert first.parts == [Say(key="privacy.not_kept"), Say(key="say.greet")]
    assert second.parts == [Say(key="say.thanks")]
    plain = [Reply(parts=[Say(key="say.greet")])]
    assert gateway.after_rasa(job(database, "[전화번호 1]"), plain) == plain


def code_of(database: Database, asked: Job) -> str:
    with database.writing() as session:
        return codes.code_for(session, conversation_id=asked.conversation_id, now=NOON).code


@pytest.mark.usefixtures("clock")
def test_a_short_code_brings_the_talk_from_elsewhere(database: Database, gateway: Moves) -> None:
    there = job(database, "상담원", "waiting")
    here = job(database, codes.shown(code_of(database, there)))
    assert keys(gateway.before_rasa(here)) == ["handover.continued"]
    assert row(database, here).state == "waiting"
    assert row(database, there).continued_in == here.conversation_id


@pytest.mark.usefixtures("clock")
def test_eight_digits_that_are_no_code_are_said_to_be_none_or_are_an_answer(
    database: Database, gateway: Moves
) -> None:
    assert keys(gateway.before_rasa(job(database, "1234-5678"))) == ["handover.code_unknown"]
    number = job(database, "12345678", asks="street_light")
    assert gateway.before_rasa(number) is number


@pytest.mark.usefixtures("clock")
def test_wrong_codes_are_borne_only_so_often(database: Database, gateway: Moves) -> None:
    guess = job(database, "1234-5678")
    for _ in range(people_policy().code.tries):
        gateway.before_rasa(guess)
    assert keys(gateway.before_rasa(guess)) == ["error.too_many_codes"]


@pytest.mark.parametrize("clock", [NIGHT], indirect=True)
@pytest.mark.usefixtures("clock")
def test_after_too_many_wrong_codes_digits_are_still_an_answer(
    database: Database, gateway: Moves
) -> None:
    asked = job(database, "1234-5678", asks="callback")
    with_person = job(database, "1234-5678", state="staff")
    for each in (asked, with_person):
        for _ in range(people_policy().code.tries):
            gateway.before_rasa(each)
    assert gateway.before_rasa(asked) == asked
    assert gateway.before_rasa(with_person) == Decided([], "held")


def test_who_asks_for_a_person_at_night_gets_a_time_and_a_number(
    database: Database, gateway: Moves
) -> None:
    asked = job(database, "상담원", press=Press(control="person"))
    decided = gateway.before_rasa(asked)
    assert keys(decided)[:2] == ["handover.closed", "handover.promised"]
    assert isinstance(decided, Decided) and decided.replies[0].ticket
    assert row(database, asked).state == "waiting"


@pytest.mark.usefixtures("clock")
def test_who_asks_for_a_person_by_day_hears_the_place_in_the_line(
    database: Database, gateway: Moves
) -> None:
    decided = gateway.before_rasa(job(database, "상담원", press=Press(control="person")))
    assert keys(decided) == ["handover.waiting", "handover.place"]


@pytest.mark.usefixtures("clock")
def test_a_pressed_score_is_kept_whoever_holds_the_talk(database: Database, gateway: Moves) -> None:
    press = Press(control="satisfied", slots={"score": "5"})
    asked = job(database, "아주 좋았어요", "staff", press=press)
    assert keys(gateway.before_rasa(asked)) == ["satisfaction.thanks"]
    with database.reading() as session:
        assert session.get_one(Satisfaction, asked.conversation_id).score == 5


@pytest.mark.usefixtures("clock")
def test_a_bot_that_is_off_leads_to_a_person_and_still_hears_a_cry(
    database: Database, gateway: Moves
) -> None:
    with database.writing() as session:
        switches.turn_off(
            session,
            scope="bot",
            subject="",
            reason="점검",
            banner_ko="쉬어요.",
            banner_en="Off.",
            actor="kim",
            now=NOON,
        )
    decided = gateway.before_rasa(job(database, "여권 얼마예요?"))
    assert keys(decided) == ["notice.text"]
    assert keys(gateway.before_rasa(job(database, FIRE))) == ["guard.fire"]
    person = gateway.before_rasa(job(database, "상담원", press=Press(control="person")))
    assert keys(person)[0] == "handover.waiting"
