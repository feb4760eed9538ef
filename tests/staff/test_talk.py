"""A conversation in a person's hands, its notes, masks and tickets, on every engine."""

from datetime import timedelta

import pytest

from bot.conversations import holding
from bot.conversations import service as conversations
from bot.conversations.errors import WrongState
from bot.conversations.models import Conversation, Label, Message, OutboxUnit, new_id
from bot.conversations.search_models import MessageWord
from bot.database import utc_now
from bot.privacy.models import VaultEntry
from bot.replies import Facet, Reply
from bot.staff import abuse, errors, masking, notes, talk, thread, viewers
from bot.staff.desk_models import AbuseEvent, StaffNote, TalkEnd, Viewer
from bot.staff.desk_policy import desk_policy
from bot.staff.models import AuditEvent
from bot.staff.service import Staff
from bot.wording import wording
from tests.staff.office import Office

NOW = utc_now()
SUNJA = Staff(1, "sunja", "순자", "counsellor", must_change=False, csrf_token="x")
MIJA = Staff(2, "mija", "미자", "counsellor", must_change=False, csrf_token="x")
CHIEF = Staff(3, "chief", "반장", "supervisor", must_change=False, csrf_token="x")


def take(office: Office, talk_id: str, staff: Staff = SUNJA) -> None:
    office.change(lambda s: talk.take(s, conversation_id=talk_id, staff=staff, now=NOW))


def close(office: Office, talk_id: str, staff: Staff = SUNJA, reason: str = "answered") -> None:
    office.change(
        lambda s: talk.close(s, conversation_id=talk_id, staff=staff, now=NOW, reason=reason)
    )


def read(office: Office, talk_id: str) -> thread.Thread:
    with office.database.reading() as session:
        return thread.read(session, conversation_id=talk_id)


def audits(office: Office, what: str) -> list[AuditEvent]:
    return office.rows(AuditEvent, what=what)


# Who holds it


def test_a_colleagues_conversation_cannot_be_taken_given_back_or_answered(office: Office) -> None:
    asked = office.talk("안녕하세요")
    take(office, asked)
    for act in (talk.take, talk.hand_back):
        with pytest.raises(errors.HeldByAnother), office.database.writing() as session:
            act(session, conversation_id=asked, staff=MIJA, now=NOW)
    with pytest.raises(errors.HeldByAnother):
        close(office, asked, MIJA)
    with pytest.raises(errors.HeldByAnother), office.database.writing() as session:
        talk.say(
            session,
            conversation_id=asked,
            staff=MIJA,
            text="네",
            masker=office.masker,
            now=NOW,
        )


def test_a_supervisor_frees_what_an_absent_colleague_holds(office: Office) -> None:
    asked = office.talk("안녕하세요")
    take(office, asked)
    office.change(lambda s: talk.hand_back(s, conversation_id=asked, staff=CHIEF, now=NOW))
    assert office.conversation(asked).state == "bot"


def test_closing_keeps_the_reason_and_happens_once(office: Office) -> None:
    asked = office.talk("안녕하세요")
    for reason in ("", "whatever"):
        with pytest.raises(errors.UnknownCloseReason):
            close(office, asked, reason=reason)
    close(office, asked, reason="not_ours")
    (end,) = office.rows(TalkEnd)
    assert (end.reason, end.login) == ("not_ours", "sunja")
    assert audits(office, "close")[0].details == {"reason": "not_ours"}
    with pytest.raises(errors.AlreadyClosed):
        close(office, asked)


def test_a_conversation_is_given_to_a_colleague_who_may_hold_it(office: Office) -> None:
    for login, role in (("sunja", "counsellor"), ("mija", "counsellor"), ("ed", "editor")):
        office.account(login, role)
    asked = office.talk("안녕하세요")

    def assign(staff: Staff, to: str) -> None:
        office.change(
            lambda s: talk.assign(s, conversation_id=asked, staff=staff, login=to, now=NOW)
        )

    for nobody in ("ed", "sunja", "nobody", ""):
        with pytest.raises(errors.UnknownColleague):
            assign(SUNJA, nobody)
    assign(SUNJA, "mija")
    held = office.conversation(asked)
    assert (held.state, held.staff_login, held.waiting_since) == ("staff", "mija", None)
    assert office.messages(asked)[-1].text == wording().text("handover.taken", "ko")
    with pytest.raises(errors.HeldByAnother):
        assign(SUNJA, "mija")
    assign(CHIEF, "sunja")
    assert office.conversation(asked).staff_login == "sunja"
    assert audits(office, "assign")[-1].details == {"to": "sunja", "from": "mija"}


def test_a_closed_conversation_is_given_to_nobody(office: Office) -> None:
    office.account("mija")
    asked = office.talk("끝")
    close(office, asked)
    with pytest.raises(WrongState), office.database.writing() as session:
        talk.assign(session, conversation_id=asked, staff=SUNJA, login="mija", now=NOW)


# The thread


def test_the_thread_goes_over_all_channels_from_either_end(office: Office) -> None:
    first = office.talk("처음 한 말", now=NOW - timedelta(minutes=9))
    second = office.talk("이어서 한 말", now=NOW - timedelta(minutes=5))
    third = office.talk("끝으로 한 말", now=NOW - timedelta(minutes=1))
    office.change(lambda s: holding.continue_here(s, here=second, there=first, now=NOW))
    office.change(lambda s: holding.continue_here(s, here=third, there=second, now=NOW))
    for end in (first, second, third):
        said = [entry.message.text for entry in read(office, end).entries if entry.message]
        assert said == ["처음 한 말", "이어서 한 말", "끝으로 한 말"]
    entries = read(office, third).entries
    assert [entry.talk.id if entry.talk else None for entry in entries] == [first, second, None]


def test_a_long_thread_is_read_page_by_page(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread, "PAGE", 3)
    asked = office.talk()
    with office.database.writing() as session:
        for number in range(5):
            session.add(
                Message(
                    conversation_id=asked,
                    seq=number + 1,
                    sender="citizen",
                    text=f"말 {number}",
                    language="ko",
                    created_at=NOW + timedelta(seconds=number),
                )
            )
    newest = read(office, asked)
    assert [e.message.text for e in newest.entries if e.message] == ["말 2", "말 3", "말 4"]
    assert newest.more
    with office.database.reading() as session:
        older = thread.read(session, conversation_id=asked, before=newest.entries[0].at)
    assert [e.message.text for e in older.entries if e.message] == ["말 0", "말 1"]
    assert not older.more


def test_a_citizens_message_shows_which_revision_it_was_answered_from(office: Office) -> None:
    asked = office.talk("수수료 얼마예요", now=NOW)
    (question,) = office.messages(asked)
    part = Facet(topic="passport_issue", facet="fee", revision=7).model_dump(mode="json")
    with office.database.writing() as session:
        unit = OutboxUnit(
            id=new_id(), conversation_id=asked, in_reply_to=question.id, created_at=NOW
        )
        session.add(unit)
        session.flush()
        session.add(
            Message(
                conversation_id=asked,
                seq=2,
                sender="bot",
                text="5만 원이에요",
                language="ko",
                unit_id=unit.id,
                reply=Reply(parts=[]).model_dump(mode="json") | {"parts": [part]},
                created_at=NOW,
            )
        )
    first = read(office, asked).entries[0]
    assert first.given == (thread.Given("passport_issue", "fee", 7),)


def test_how_an_answer_is_delivered_depends_on_the_channel(office: Office) -> None:
    asked = office.talk("네")
    ways = {}
    for channel in ("widget", "line", "kakao"):
        with office.database.writing() as session:
            session.query(Conversation).update({"channel": channel})
        ways[channel] = read(office, asked).delivery.way
    assert ways == {"widget": "open", "line": "push", "kakao": "next"}


# Notes


def test_a_note_is_masked_stands_in_the_thread_and_is_never_sent(office: Office) -> None:
    asked = office.talk("제 번호는 010-2345-6789예요", now=NOW)
    before = len(office.messages(asked))
    office.change(
        lambda s: notes.add(
            s,
            conversation_id=asked,
            staff=SUNJA,
            text="현장 담당 010-9876-5432",
            masker=office.masker,
            now=NOW,
        )
    )
    note = read(office, asked).entries[-1].note
    assert note is not None
    assert note.text == "현장 담당 [전화번호 2]"
    assert len(office.messages(asked)) == before
    assert office.rows(OutboxUnit) == []


@pytest.mark.parametrize(
    ("said", "problem"),
    [(" \n ", errors.NoNote), ("가" * 2001, errors.NoteTooLong)],
)
def test_a_note_without_words_or_too_long_is_refused(
    office: Office, said: str, problem: type[Exception]
) -> None:
    asked = office.talk("네")
    with pytest.raises(problem), office.database.writing() as session:
        notes.add(
            session,
            conversation_id=asked,
            staff=SUNJA,
            text=said,
            masker=office.masker,
            now=NOW,
        )


# Masks set by hand


def mask(office: Office, talk_id: str, said: str, kind: str = "name") -> str:
    with office.database.writing() as session:
        hidden = masking.mask(
            session,
            conversation_id=talk_id,
            staff=SUNJA,
            text=said,
            kind=kind,
            cipher=office.cipher,
            now=NOW,
        )
    return hidden.placeholder


def test_a_mask_set_by_hand_holds_everywhere_at_once(office: Office) -> None:
    asked = office.talk("저는 홍길동이에요", "홍길동 앞으로 보내 주세요")
    number = office.ticket(asked)
    with office.database.writing() as session:
        first = session.query(Message).filter_by(conversation_id=asked, seq=1).one()
        first.understood = {"entities": [{"entity": "name", "value": "홍길동"}]}
        session.add(Label(message_id=first.id, conversation_id=asked, text="홍길동", language="ko"))
        session.add(
            MessageWord(word="홍길동/NN", message_id=first.id, conversation_id=asked, at=NOW)
        )
        session.add(StaffNote(conversation_id=asked, login="mija", text="홍길동 님 급함"))
        ticket = session.merge(office.stored_ticket(number))
        ticket.fields = {**ticket.fields, "detail": "홍길동 집 앞 구멍"}
    assert mask(office, asked, "홍길동") == "[이름 1]"
    assert [one.text for one in office.messages(asked)] == [
        "저는 [이름 1]이에요",
        "[이름 1] 앞으로 보내 주세요",
    ]
    assert office.stored_ticket(number).fields["detail"] == "[이름 1] 집 앞 구멍"
    everything = str(
        [one.understood for one in office.messages(asked)]
        + [one.text for one in office.rows(Label) + office.rows(StaffNote)]
        + [one.details for one in audits(office, "mask")]
    )
    assert "홍길동" not in everything
    assert office.rows(MessageWord) == []
    assert office.conversation(asked).placeholders["name"] == 1


def test_a_phone_masked_by_hand_goes_into_the_vault_and_a_card_nowhere(office: Office) -> None:
    asked = office.talk("공일공 둘셋넷 다섯여섯", "카드는 하나둘셋넷 오육칠팔")
    assert mask(office, asked, "공일공 둘셋넷 다섯여섯", "phone") == "[전화번호 1]"
    assert mask(office, asked, "하나둘셋넷 오육칠팔", "card") == "[카드번호 1]"
    (kept,) = office.rows(VaultEntry)
    assert kept.placeholder == "[전화번호 1]"


@pytest.mark.parametrize(
    ("said", "kind", "problem"),
    [
        ("홍", "name", errors.BadMask),
        ("홍길동", "check_code", errors.BadMask),
        ("홍길동", "", errors.BadMask),
        ("[전화번호 1]", "name", errors.BadMask),
        ("고길동", "name", errors.NotSaid),
    ],
)
def test_what_cannot_be_masked_is_refused(
    office: Office, said: str, kind: str, problem: type[Exception]
) -> None:
    asked = office.talk("저는 홍길동이고 010-2345-6789예요")
    with pytest.raises(problem):
        mask(office, asked, said, kind)


def test_a_mask_leaves_placeholders_and_other_conversations_alone(office: Office) -> None:
    asked, other = office.talk("전화번호 010-2345-6789 전화번호"), office.talk("전화번호")
    mask(office, asked, "전화번호", "other")
    assert office.messages(asked)[0].text == "[개인정보 1] [전화번호 1] [개인정보 1]"
    assert office.messages(other)[0].text == "전화번호"


# Abuse


def mark(office: Office, talk_id: str, message_id: str) -> None:
    office.change(
        lambda s: abuse.mark(
            s, conversation_id=talk_id, message_id=message_id, login="sunja", now=NOW
        )
    )


def test_abuse_is_folded_whether_the_bot_or_a_person_saw_it(office: Office) -> None:
    asked = office.talk("첫 욕", "둘째 욕", "평범한 말")
    first, second, _ = office.messages(asked)
    office.change(
        lambda s: (
            s.query(Message).filter_by(id=first.id).update({"understood": {"intent": "abuse"}})
        )
    )
    mark(office, asked, second.id)
    mark(office, asked, second.id)
    assert [entry.folded for entry in read(office, asked).entries] == [True, True, False]
    assert len(office.rows(AbuseEvent)) == 1


def test_only_a_citizens_message_of_this_conversation_is_marked(office: Office) -> None:
    asked, other = office.talk("하나"), office.talk("둘")
    for wrong in ("", "x", office.messages(other)[0].id):
        with pytest.raises(errors.UnknownMessage):
            mark(office, asked, wrong)


def test_a_talk_is_closed_for_abuse_only_after_the_warnings_and_the_record_stays(
    office: Office,
) -> None:
    asked = office.talk("욕")
    take(office, asked)
    with pytest.raises(errors.NotWarnedYet):
        close(office, asked, reason="abuse")
    for step in range(1, desk_policy().abuse.warnings + 1):
        office.change(lambda s: abuse.warn(s, conversation_id=asked, login="sunja", now=NOW))
        said = office.messages(asked)[-1]
        assert said.text == wording().text(f"desk_talk.said_warning_{step}", "ko")
    close(office, asked, reason="abuse")
    office.change(lambda s: conversations.erase(s, conversation_id=asked))
    kept = office.rows(AbuseEvent)
    assert [one.what for one in kept].count("warned") == desk_policy().abuse.warnings
    assert {one.conversation_id for one in kept} == {None}
    with office.database.reading() as session:
        assert abuse.in_shift(session, login="sunja", now=NOW) == len(kept)
        assert abuse.in_shift(session, login="sunja", now=NOW + timedelta(days=1)) == 0


# Who looks


def test_who_looks_and_types_is_known_for_a_while(office: Office) -> None:
    asked = office.talk("네")
    for login, typing in (("sunja", False), ("mija", True)):
        with office.database.writing() as session:
            viewers.note(session, conversation_id=asked, login=login, typing=typing, now=NOW)
    with office.database.reading() as session:
        seen = viewers.now_looking(session, now=NOW)
        later = viewers.now_looking(session, now=NOW + timedelta(minutes=1))
    assert [(one.login, one.typing) for one in seen[asked]] == [("mija", True), ("sunja", False)]
    assert later == {}
    office.change(lambda s: viewers.left(s, conversation_id=asked, login="mija"))
    assert [row.login for row in office.rows(Viewer)] == ["sunja"]


def test_deleting_a_conversation_takes_its_notes_and_signs_along(office: Office) -> None:
    asked = office.talk("네")
    office.change(
        lambda s: viewers.note(s, conversation_id=asked, login="sunja", typing=False, now=NOW)
    )
    office.change(
        lambda s: notes.add(
            s, conversation_id=asked, staff=SUNJA, text="메모", masker=office.masker, now=NOW
        )
    )
    office.change(lambda s: conversations.erase(s, conversation_id=asked))
    assert (office.rows(StaffNote), office.rows(Viewer)) == ([], [])
