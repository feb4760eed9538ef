"""What is stored of a conversation, on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.conversations import errors, service, turn_queue
from bot.conversations.models import Conversation, Message, OutboxUnit, ShownButton
from bot.conversations.rendering import Rendered, RenderedButton
from bot.conversations.schemas import MAX_TEXT, IncomingMessage
from bot.conversations.service import Keeping
from bot.conversations.turn_queue import Job
from bot.database import Database, utc_now
from bot.privacy.masking import default_masker
from bot.privacy.models import VaultEntry
from bot.privacy.vault import Cipher
from bot.replies import Press, Reply, Say, Understood

NOW = utc_now()
GREETING = Reply(parts=[Say(key="say.greet")])
PHONE = "010-2345-6789"


def render(reply: Reply) -> Rendered:
    """Wording keys as they are: the wording has tests of its own."""
    text = " ".join(part.key for part in reply.parts if isinstance(part, Say))
    press = Press(topic="bulky_waste")
    return Rendered(text, (RenderedButton("단추", press, None), RenderedButton("주소", None, "x")))


@pytest.fixture(scope="module")
def keeping() -> Keeping:
    return Keeping(default_masker(), Cipher(Fernet.generate_key().decode()))


def opened(database: Database, channel: str = "widget") -> tuple[str, str]:
    with database.writing() as session:
        conversation, token = service.open_conversation(
            session, channel=channel, language="ko", now=NOW
        )
        return conversation.id, token


@pytest.fixture
def conversation_id(database: Database) -> str:
    return opened(database)[0]


def received(
    database: Database,
    keeping: Keeping,
    conversation_id: str,
    text: str = "안녕하세요",
    *,
    client_id: str | None = None,
    button_id: str | None = None,
    per_minute: int = 1000,
    now: datetime = NOW,
) -> Message:
    with database.writing() as session:
        return service.receive(
            session,
            conversation=session.get_one(Conversation, conversation_id),
            incoming=IncomingMessage(text, button_id, client_id),
            keeping=keeping,
            per_minute=per_minute,
            now=now,
        )


def leased_job(
    session: Session, conversation_id: str, owner: str = "a", now: datetime = NOW
) -> Job:
    assert turn_queue.lease(session, conversation_id=conversation_id, owner=owner, now=now)
    job = turn_queue.next_job(session, conversation_id=conversation_id, owner=owner)
    assert job is not None
    return job


def said(database: Database, conversation_id: str, *, cause: str | None = None) -> list[Message]:
    with database.writing() as session:
        return service.say(
            session,
            conversation_id=conversation_id,
            replies=[GREETING],
            render=render,
            now=NOW,
            cause=cause,
        )


def count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_token_opens_its_own_conversation_only(database: Database) -> None:
    (mine, token), (theirs, _) = opened(database), opened(database)
    with database.reading() as session:
        found = service.authenticated(session, conversation_id=mine, token=token)
        assert found.id == mine
        assert token not in found.token_hash
        for conversation, given in ((theirs, token), (mine, "x"), (mine, ""), ("none", token)):
            with pytest.raises(errors.UnknownConversation):
                service.authenticated(session, conversation_id=conversation, token=given)


def test_an_id_with_a_nul_is_no_conversation(database: Database) -> None:
    with database.reading() as session, pytest.raises(errors.UnknownConversation):
        service.authenticated(session, conversation_id="a\x00b", token="x")


def test_concurrent_writers_get_numbers_without_gaps_or_doubles(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    together = Barrier(8)

    def write(number: int) -> None:
        together.wait()
        for step in range(5):
            if (number + step) % 2:
                received(database, keeping, conversation_id, f"{number} {step} 안녕하세요")
            else:
                said(database, conversation_id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    with database.reading() as session:
        found = service.messages_after(session, conversation_id=conversation_id, after=0)
        last = session.get_one(Conversation, conversation_id).last_seq
    assert [message.seq for message in found] == list(range(1, 41))
    assert last == 40


def test_a_lease_is_taken_once(database: Database, conversation_id: str) -> None:
    together = Barrier(6)

    def take(number: int) -> bool:
        together.wait()
        with database.writing() as session:
            return turn_queue.lease(
                session, conversation_id=conversation_id, owner=str(number), now=NOW
            )

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(take, range(6))) == [False] * 5 + [True]


def test_a_lease_may_be_kept_by_its_owner_and_given_back(
    database: Database, conversation_id: str
) -> None:
    with database.writing() as session:
        for owner, taken in (("a", True), ("a", True), ("b", False)):
            given = turn_queue.lease(session, conversation_id=conversation_id, owner=owner, now=NOW)
            assert given is taken
        turn_queue.release(session, conversation_id=conversation_id, owner="b")
        assert not turn_queue.lease(session, conversation_id=conversation_id, owner="b", now=NOW)
        turn_queue.release(session, conversation_id=conversation_id, owner="a")
        assert turn_queue.lease(session, conversation_id=conversation_id, owner="b", now=NOW)


def test_an_expired_lease_can_be_taken_over(database: Database, conversation_id: str) -> None:
    with database.writing() as session:
        assert turn_queue.lease(session, conversation_id=conversation_id, owner="a", now=NOW)
        almost = NOW + turn_queue.LEASE - timedelta(seconds=1)
        assert not turn_queue.lease(session, conversation_id=conversation_id, owner="b", now=almost)
        later = NOW + turn_queue.LEASE + timedelta(seconds=1)
        assert turn_queue.lease(session, conversation_id=conversation_id, owner="b", now=later)


def test_the_oldest_unanswered_message_is_next_and_its_attempts_are_counted(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    first = received(database, keeping, conversation_id, "첫째 말이에요")
    second = received(database, keeping, conversation_id, "둘째 말이에요")
    with database.writing() as session:
        job = leased_job(session, conversation_id)
        assert (job.message_id, job.attempts) == (first.id, 1)
        again = turn_queue.next_job(session, conversation_id=conversation_id, owner="a")
        assert again and (again.message_id, again.attempts) == (first.id, 2)
        service.answer(
            session, job=job, replies=[GREETING], render=render, turn="answered", now=NOW
        )
        following = turn_queue.next_job(session, conversation_id=conversation_id, owner="a")
        assert following and following.message_id == second.id


def test_a_client_id_gives_the_message_stored_before(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    first = received(database, keeping, conversation_id, client_id="c-1")
    again = received(database, keeping, conversation_id, "다른 말", client_id="c-1")
    assert (again.id, again.text) == (first.id, first.text)
    assert count(database, Message) == 1


def test_concurrent_posts_with_one_client_id_store_one_message(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    together = Barrier(5)

    def post(_: int) -> str:
        together.wait()
        return received(database, keeping, conversation_id, client_id="c-1").id

    with ThreadPoolExecutor(5) as pool:
        assert len(set(pool.map(post, range(5)))) == 1
    assert count(database, Message) == 1


def test_a_client_id_belongs_to_its_conversation(database: Database, keeping: Keeping) -> None:
    for _ in range(2):
        received(database, keeping, opened(database)[0], client_id="c-1")
    assert count(database, Message) == 2


def test_a_second_answer_to_a_message_is_dropped(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    received(database, keeping, conversation_id)
    with database.writing() as session:
        job = leased_job(session, conversation_id)
        answer = {"job": job, "render": render, "turn": "answered", "now": NOW}
        assert len(service.answer(session, replies=[GREETING, GREETING], **answer)) == 2  # type: ignore[arg-type]
        assert service.answer(session, replies=[GREETING], **answer) == []  # type: ignore[arg-type]
        replies = service.replies_to(session, message_id=job.message_id)
    assert [reply.text for reply in replies] == ["say.greet", "say.greet"]
    assert len({reply.unit_id for reply in replies}) == 1
    assert count(database, OutboxUnit) == 1


def test_a_message_has_one_outbox_unit_whatever_happens(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    message = received(database, keeping, conversation_id)

    def unit() -> OutboxUnit:
        return OutboxUnit(conversation_id=conversation_id, in_reply_to=message.id)

    with database.writing() as session:
        session.add(unit())
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(unit())


def test_a_cause_is_told_once(database: Database, conversation_id: str) -> None:
    said(database, conversation_id, cause="ticket-event:1")
    with pytest.raises(IntegrityError):
        said(database, conversation_id, cause="ticket-event:1")
    assert count(database, Message) == 1


@pytest.mark.parametrize(("channel", "at_once"), [("widget", True), ("kakao", False)])
def test_what_is_fetched_counts_as_delivered(
    database: Database, channel: str, at_once: bool
) -> None:
    said(database, opened(database, channel)[0])
    with database.reading() as session:
        delivered = session.scalars(select(OutboxUnit.delivered_at)).one()
    assert (delivered is not None) is at_once


def test_what_was_understood_is_kept_with_the_citizens_message(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    received(database, keeping, conversation_id)
    known = GREETING.model_copy(update={"understood": Understood(intent="greet", confidence=0.9)})
    with database.writing() as session:
        job = leased_job(session, conversation_id)
        [reply] = service.answer(
            session, job=job, replies=[known], render=render, turn="answered", now=NOW
        )
        message = session.get_one(Message, job.message_id)
    assert message.topic == "greet" and message.understood["intent"] == "greet"
    assert reply.reply is not None and "understood" not in reply.reply


def test_a_conversation_is_about_the_topic_that_was_understood_last(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    for text, intent in (("여권", "passport_issue"), ("감사합니다", "thanks")):
        received(database, keeping, conversation_id, text)
        known = GREETING.model_copy(
            update={"understood": Understood(intent=intent, confidence=0.9)}
        )
        with database.writing() as session:
            job = leased_job(session, conversation_id)
            service.answer(
                session, job=job, replies=[known], render=render, turn="answered", now=NOW
            )
            turn_queue.release(session, conversation_id=conversation_id, owner=job.owner)
    with database.reading() as session:
        assert session.get_one(Conversation, conversation_id).topic == "passport_issue"


def test_a_shown_button_means_what_was_shown(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    [message] = said(database, conversation_id)
    with database.reading() as session:
        button, _ = service.buttons_of(session, message_ids=[message.id])[message.id]
    pressed = received(database, keeping, conversation_id, "", button_id=button.id)
    assert pressed.text == "단추"
    assert pressed.press == Press(topic="bulky_waste").model_dump(mode="json")


def test_buttons_that_were_not_shown_here_are_refused(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    [foreign] = said(database, opened(database)[0])
    [own] = said(database, conversation_id)
    with database.reading() as session:
        shown = service.buttons_of(session, message_ids=[foreign.id, own.id])
    with_url = shown[own.id][1]
    for refused in (shown[foreign.id][0].id, with_url.id, "/restart", ""):
        with pytest.raises(errors.UnknownButton):
            received(database, keeping, conversation_id, "", button_id=refused)
    assert count(database, Message) == 2


@pytest.mark.parametrize("text", ["", " \n\u200b", "\x00\ufeff", "\ud800"])
def test_nothing_is_no_message(
    database: Database, keeping: Keeping, conversation_id: str, text: str
) -> None:
    with pytest.raises(errors.EmptyMessage):
        received(database, keeping, conversation_id, text)


def test_a_text_of_the_limit_is_taken_and_a_longer_one_is_not(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    assert received(database, keeping, conversation_id, "가" * MAX_TEXT)
    with pytest.raises(errors.MessageTooLong) as refused:
        received(database, keeping, conversation_id, "가" * (MAX_TEXT + 1))
    assert refused.value.values == {"limit": "2,000", "length": "2,001"}


def test_too_many_messages_in_a_minute_are_refused_until_it_is_over(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    for _ in range(3):
        received(database, keeping, conversation_id, per_minute=3)
    with pytest.raises(errors.TooManyMessages):
        received(database, keeping, conversation_id, per_minute=3)
    assert received(
        database, keeping, conversation_id, per_minute=3, now=NOW + timedelta(seconds=61)
    )


def test_personal_data_is_masked_and_only_what_may_be_kept_lies_in_the_vault(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    text = f"주민등록번호 850214-2345678, 전화 {PHONE} 연락 주세요"
    message = received(database, keeping, conversation_id, text)
    assert PHONE not in message.text and "850214" not in message.text
    assert "[전화번호 1]" in message.text and "[주민등록번호 1]" in message.text
    with database.reading() as session:
        [entry] = session.scalars(select(VaultEntry)).all()
    assert entry.placeholder == "[전화번호 1]" and PHONE.encode() not in entry.ciphertext


def test_a_placeholder_is_never_given_to_two_values(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    received(database, keeping, conversation_id, f"제 번호는 {PHONE} 이에요")
    second = received(database, keeping, conversation_id, "남편 번호는 010-8765-4321 이에요")
    assert "[전화번호 2]" in second.text


def test_numbers_sent_at_the_same_time_get_placeholders_of_their_own(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    together = Barrier(5)

    def send(number: int) -> str:
        together.wait()
        return received(database, keeping, conversation_id, f"전화는 010-7000-100{number}").text

    with ThreadPoolExecutor(5) as pool:
        texts = list(pool.map(send, range(5)))
    assert sorted(texts) == [f"전화는 [전화번호 {number}]" for number in range(1, 6)]
    assert count(database, VaultEntry) == 5


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How much is a passport?", "en"),
        ("hello", "en"),
        ("여권 얼마예요?", "ko"),
        ("GS25", "ko"),
        ("AB2C-D3EF", "ko"),
        ("AAAA-AAAA", "ko"),
        ("😀", "ko"),
        ("123", "ko"),
        ("パスポート", "ko"),
    ],
)
def test_the_language_follows_what_is_clearly_written(
    database: Database, keeping: Keeping, conversation_id: str, text: str, language: str
) -> None:
    received(database, keeping, conversation_id, text)
    with database.reading() as session:
        assert session.get_one(Conversation, conversation_id).language == language


def test_a_person_is_asked_for_once(database: Database, conversation_id: str) -> None:
    with database.writing() as session:
        ask = {"conversation_id": conversation_id, "now": NOW}
        assert service.hand_over(session, reason="citizen_asked", **ask)  # type: ignore[arg-type]
        assert not service.hand_over(session, reason="unsure", **ask)  # type: ignore[arg-type]
        conversation = session.get_one(Conversation, conversation_id)
        assert (conversation.state, conversation.reason) == ("waiting", "citizen_asked")


def test_only_one_person_holds_a_conversation(database: Database, conversation_id: str) -> None:
    with database.writing() as session:
        service.take(session, conversation_id=conversation_id, login="a", now=NOW)
        service.take(session, conversation_id=conversation_id, login="a", now=NOW)
        with pytest.raises(errors.WrongState):
            service.take(session, conversation_id=conversation_id, login="b", now=NOW)


def test_only_who_holds_a_conversation_speaks_in_it(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    def speaks(session: Session, login: str, text: str = "안녕하세요") -> Message:
        return service.staff_says(
            session,
            conversation_id=conversation_id,
            login=login,
            text=text,
            masker=keeping.masker,
            now=NOW,
        )

    with database.writing() as session:
        with pytest.raises(errors.WrongState):
            speaks(session, "a")
        service.take(session, conversation_id=conversation_id, login="a", now=NOW)
        with pytest.raises(errors.WrongState):
            speaks(session, "b")
        with pytest.raises(errors.EmptyMessage):
            speaks(session, "a", " \n ")
        with pytest.raises(errors.MessageTooLong):
            speaks(session, "a", "가" * (MAX_TEXT + 1))
        message = speaks(session, "a", f"첫 줄\n\n{PHONE}로 걸게요")
    assert message.text == "첫 줄\n[전화번호 1]로 걸게요"
    assert (message.sender, message.staff_login) == ("staff", "a")


def test_handed_back_nothing_of_the_handover_remains(
    database: Database, conversation_id: str
) -> None:
    with database.writing() as session:
        service.hand_over(
            session, conversation_id=conversation_id, reason="crisis", now=NOW, alarm="suicide"
        )
        service.take(session, conversation_id=conversation_id, login="a", now=NOW)
        service.hand_back(session, conversation_id=conversation_id, now=NOW)
        found = session.get_one(Conversation, conversation_id)
        assert (found.state, found.staff_login, found.reason, found.alarm, found.waiting_since) == (
            "bot",
            None,
            None,
            None,
            None,
        )


def test_a_closed_conversation_stays_closed_and_its_vault_is_empty(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    received(database, keeping, conversation_id, f"제 번호는 {PHONE} 이에요")
    with database.writing() as session:
        service.close(session, conversation_id=conversation_id, now=NOW)
    assert count(database, VaultEntry) == 0
    with pytest.raises(errors.ConversationClosed):
        received(database, keeping, conversation_id)
    with database.writing() as session:
        for step in (service.take, service.hand_back):
            login = {"login": "a"} if step is service.take else {}
            with pytest.raises(errors.WrongState):
                step(session, conversation_id=conversation_id, now=NOW, **login)  # type: ignore[operator]


def test_a_retry_reaches_a_closed_conversation(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    first = received(database, keeping, conversation_id, client_id="c-1")
    with database.writing() as session:
        service.close(session, conversation_id=conversation_id, now=NOW)
    assert received(database, keeping, conversation_id, client_id="c-1").id == first.id


def test_erasing_leaves_nothing_of_this_conversation_and_all_of_the_others(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    other, _ = opened(database)
    for each in (conversation_id, other):
        received(database, keeping, each, f"제 번호는 {PHONE} 이에요")
        said(database, each)
    with database.writing() as session:
        service.erase(session, conversation_id=conversation_id)
    for table in (Message, OutboxUnit, ShownButton, VaultEntry):
        with database.reading() as session:
            owners = set(session.scalars(select(table.conversation_id)))
        assert owners == {other}
    with database.reading() as session:
        assert session.get(Conversation, conversation_id) is None


def test_an_unanswered_message_counts_as_abandoned_after_a_moment(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    received(database, keeping, conversation_id)

    def abandoned(after: float) -> list[str]:
        with database.reading() as session:
            return turn_queue.abandoned(session, now=NOW + timedelta(seconds=after))

    assert abandoned(1) == []
    assert abandoned(3) == [conversation_id]
    with database.writing() as session:
        leased_job(session, conversation_id)
    assert abandoned(3) == []
    assert abandoned(turn_queue.LEASE.total_seconds() + 1) == [conversation_id]


def test_an_answered_message_is_not_abandoned(
    database: Database, keeping: Keeping, conversation_id: str
) -> None:
    received(database, keeping, conversation_id)
    with database.writing() as session:
        job = leased_job(session, conversation_id)
        service.answer(session, job=job, replies=[], render=render, turn="held", now=NOW)
        turn_queue.release(session, conversation_id=conversation_id, owner="a")
        assert turn_queue.abandoned(session, now=NOW + timedelta(hours=1)) == []


def test_the_last_words_of_the_bot_come_back_as_they_were(
    database: Database, conversation_id: str
) -> None:
    with database.reading() as session:
        assert service.last_bot_reply(session, conversation_id=conversation_id) is None
    said(database, conversation_id)
    with database.reading() as session:
        assert service.last_bot_reply(session, conversation_id=conversation_id) == GREETING
