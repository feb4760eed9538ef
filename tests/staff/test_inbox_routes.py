"""The inbox as a browser sees it: views, search, presence, and what comes by itself."""

import re
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.conversations import service as conversations
from bot.conversations.models import Conversation, Message
from bot.conversations.people_models import Presence
from bot.database import Database, utc_now
from bot.staff import service as accounts
from bot.staff import viewers
from bot.staff.desk_models import SavedView
from bot.staff.live import Change, Known, Watch
from bot.staff.models import AuditEvent, StaffAccount, StaffSession
from tests.staff.office import PASSWORD, Browser, Office, csrf_in
from tests.support.web import Web, running

LIST = "/staff/conversations"


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'ilsa.db')}")
    yield made
    made.dispose()


@pytest.mark.parametrize("view", ["needs", "unassigned", "waiting", "mine", "all", "closed"])
def test_every_view_opens_and_narrows(office: Office, signed_in: Browser, view: str) -> None:
    office.talk("안녕하세요")
    page = signed_in.get(f"{LIST}?show={view}")
    assert page.status_code == 200
    assert ("안녕하세요" in page.text) == (view not in ("mine", "closed"))
    narrowed = signed_in.get(f"{LIST}?show={view}&channel=kakao&age=10")
    assert "안녕하세요" not in narrowed.text


@pytest.mark.parametrize(
    "query", ["show=x", "channel=%00", "topic=<b>", "age=-1", "age=9999999", "after=x", "after=%00"]
)
def test_an_address_that_makes_no_sense_is_a_page_that_says_so(
    signed_in: Browser, query: str
) -> None:
    answer = signed_in.get(f"{LIST}?{query}")
    assert answer.status_code == 422
    assert "보낸 내용을 읽지 못했어요." in answer.text


def test_what_refreshes_is_the_same_html_as_the_page(office: Office, signed_in: Browser) -> None:
    office.talk("안녕하세요")
    whole, part = signed_in.get(LIST).text, signed_in.get(f"{LIST}?live=true").text
    (row,) = re.findall(r'<li id="c-.*?</li>', part, re.DOTALL)
    assert row in whole
    for id in ("sum", "badge", "count-unassigned", "count-waiting", "count-mine"):
        (count,) = re.findall(rf'<[a-z]+[^>]* id="{id}"[^>]*>.*?</', part, re.DOTALL)
        assert count in whole, id
    assert "<form" not in part


def test_the_next_one_is_taken_with_one_press(office: Office, signed_in: Browser) -> None:
    talk = office.talk("안녕하세요")
    answer = signed_in.post(f"{LIST}/next", LIST)
    assert answer.headers["location"] == f"{LIST}/{talk}?done=taken"
    assert office.conversation(talk).staff_login == "sunja"
    assert office.notified == [talk]
    again = signed_in.post(f"{LIST}/next", LIST)
    assert again.status_code == 409
    assert "기다리는 상담이 없어요." in again.text


def test_presence_stands_in_the_head_of_every_page(office: Office, signed_in: Browser) -> None:
    fields = {"state": "available", "capacity": "5", "next": "/staff/tickets"}
    answer = signed_in.post("/staff/presence", LIST, **fields)
    assert answer.headers["location"] == "/staff/tickets"
    (presence,) = office.rows(Presence)
    assert (presence.login, presence.state, presence.capacity) == ("sunja", "available", 5)
    assert "is-available" in signed_in.get("/staff/sessions").text
    for wrong in ({"state": "dancing"}, {"state": "phone", "capacity": "0"}):
        assert signed_in.post("/staff/presence", LIST, **wrong).status_code == 422
    fields = {"state": "break", "next": "https://evil.example/"}
    leads = signed_in.post("/staff/presence", LIST, **fields)
    assert leads.headers["location"] == "/staff/"


def test_a_view_is_kept_and_deleted(office: Office, signed_in: Browser) -> None:
    fields = {"name": "<b>카카오</b>", "show": "all", "channel": "kakao"}
    kept = signed_in.post(f"{LIST}/views", LIST, **fields)
    assert kept.headers["location"].startswith(f"{LIST}?show=all&channel=kakao")
    page = signed_in.get(LIST).text
    assert "&lt;b&gt;카카오&lt;/b&gt;" in page
    (view,) = office.rows(SavedView)
    assert view.wanted == {"show": "all", "channel": "kakao"}
    signed_in.post(f"{LIST}/views/{view.id}/forget", LIST)
    assert office.rows(SavedView) == []
    assert signed_in.post(f"{LIST}/views", LIST, name=" ").status_code == 422


def test_a_search_finds_a_conversation_and_is_recorded_without_its_words(
    office: Office, signed_in: Browser
) -> None:
    talk = office.talk("여권을 잃어버렸어요")
    page = signed_in.get(f"{LIST}/search", params={"q": "여권"}).text
    assert f'href="{LIST}/{talk}"' in page
    assert "글자 그대로 찾았어요" in page
    number = office.ticket(talk)
    leads = signed_in.get(f"{LIST}/search", params={"q": number})
    assert leads.headers["location"] == f"{LIST}/{talk}"
    assert "찾은 상담이 없어요." in signed_in.get(f"{LIST}/search", params={"q": "감귤"}).text
    searches = office.rows(AuditEvent, what="search")
    assert len(searches) == 3
    assert "여권" not in str([one.details for one in searches])
    assert signed_in.get(f"{LIST}/search", params={"q": "<script>"}).text.count("<script>") == 0


@pytest.mark.parametrize("path", [f"{LIST}/next", f"{LIST}/views", "/staff/presence"])
def test_an_act_without_the_sessions_token_is_refused(
    office: Office, signed_in: Browser, path: str
) -> None:
    office.talk("안녕하세요")
    data = {"name": "x", "state": "available"}
    assert signed_in.client.post(path, data=data).status_code == 403
    assert office.rows(SavedView) == office.rows(Presence) == []
    assert office.notified == []


def test_who_may_not_talk_sees_neither_list_nor_stream(office: Office, signed_in: Browser) -> None:
    talk = office.talk("안녕하세요")
    office.change(lambda s: s.query(StaffAccount).update({"role": "officer"}))
    for path in (LIST, f"{LIST}?live=true", f"{LIST}/search?q=x", f"{LIST}/{talk}"):
        assert signed_in.get(path).status_code == 403
    assert signed_in.get("/staff/events").status_code == 403


# What comes by itself, from the running application


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running(tmp_path_factory.mktemp("desk")) as started:
        now = utc_now()
        with started.parts.database.writing() as session:
            given = accounts.add(session, login="sunja", name="순자", role="counsellor", now=now)
        with started.parts.database.writing() as session:
            verified = accounts.verify(session, login="sunja", password=given)
            accounts.change_password(
                session, verified=verified, current=given, new=PASSWORD, now=now
            )
        yield started


@pytest.fixture
def console(web: Web) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=web.url, timeout=10) as client:
        page = client.get("/staff/sign-in")
        fields = {"login": "sunja", "password": PASSWORD, "csrf": csrf_in(page)}
        assert client.post("/staff/sign-in", data=fields).status_code == 303
        yield client


def waiting_talk(web: Web, text: str = "안녕하세요") -> str:
    """A conversation as another process stores it: nobody here is told."""
    now = utc_now()
    with web.parts.database.writing() as session:
        talk, _ = conversations.open_conversation(session, channel="widget", language="ko", now=now)
        session.add(
            Message(
                conversation_id=talk.id,
                seq=1,
                sender="citizen",
                text=text,
                language="ko",
                created_at=now,
            )
        )
        talk.last_seq = 1
        conversations.hand_over(session, conversation_id=talk.id, reason="unsure", now=now)
        return talk.id


def events_until(lines: Iterator[str], wanted: str) -> list[str]:
    """The data of the stream's events of a name up to the first one after which nothing waits."""
    name, found = "", []
    for line in lines:
        if line.startswith("event:"):
            name = line.partition(":")[2].strip()
        if line.startswith("data:") and name == wanted:
            found.append(line.partition(":")[2].strip())
            return found
    return found


def test_another_process_change_reaches_an_open_console_within_two_seconds(
    web: Web, console: httpx.Client
) -> None:
    with console.stream("GET", "/staff/events") as stream:
        lines = stream.iter_lines()
        events_until(lines, "changed")
        before = utc_now()
        talk = waiting_talk(web)
        assert events_until(lines, "changed")
        assert (utc_now() - before).total_seconds() < 2
    assert f'id="c-{talk}"' in console.get(f"{LIST}?live=true&show=unassigned").text


def test_an_open_conversation_is_not_told_of_another(web: Web, console: httpx.Client) -> None:
    own, other = waiting_talk(web), waiting_talk(web)

    def told_when(talk: str) -> list[str]:
        """What a console that shows `own` is told until somebody else opens it."""
        with console.stream("GET", f"/staff/events?talk={own}") as stream:
            lines = stream.iter_lines()
            events_until(lines, "changed")
            with web.parts.database.writing() as session:
                session.get_one(Conversation, talk).updated_at = utc_now()
            time.sleep(1.5)
            with web.parts.database.writing() as session:
                viewers.note(session, conversation_id=own, login=talk, typing=False, now=utc_now())
            told = []
            for line in lines:
                if line.startswith("event: "):
                    told.append(line.removeprefix("event: "))
                if told[-1:] == ["looking"]:
                    return told
        return told

    assert told_when(other) == ["looking"]
    with web.parts.database.writing() as session:
        viewers.left(session, conversation_id=own, login=other)
    assert told_when(own) == ["changed", "looking"]


def test_a_list_of_ones_own_is_told_when_a_conversation_comes_and_when_it_goes() -> None:
    watch, now = Watch("sunja", show="mine"), utc_now()
    hers, nobodys = Known(now, "staff", None, "sunja"), Known(now, "waiting", None, None)
    assert watch.concerned(Change("a", nobodys, hers))
    assert watch.concerned(Change("a", hers, nobodys))
    assert watch.concerned(Change("a", hers, None))
    assert not watch.concerned(Change("a", None, nobodys))


def test_the_inbox_is_told_of_what_needs_a_person_or_did() -> None:
    watch, now = Watch("sunja", show="needs"), utc_now()
    bots, waits = Known(now, "bot", None, None), Known(now, "waiting", None, None)
    assert watch.concerned(Change("a", bots, waits))
    assert watch.concerned(Change("a", waits, bots))
    assert watch.concerned(Change("a", None, Known(now, "bot", "fire", None)))
    assert not watch.concerned(Change("a", None, bots))
    assert Watch("sunja", show="all").concerned(Change("a", None, bots))


def test_a_stream_says_who_else_looks_and_ends_with_the_session(
    web: Web, console: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.staff.live_routes.CHECK_SECONDS", 0.5)
    talk = waiting_talk(web)
    with web.parts.database.writing() as session:
        viewers.note(session, conversation_id=talk, login="mija", typing=True, now=utc_now())
    with console.stream("GET", f"/staff/events?talk={talk}") as stream:
        lines = stream.iter_lines()
        assert events_until(lines, "looking") == ['[{"login": "mija", "typing": true}]']
        with web.parts.database.writing() as session:
            session.query(StaffSession).delete()
        assert events_until(lines, "signed_out") == [""]


def test_a_stream_keeps_the_presence_alive_and_not_the_session(
    web: Web, console: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.staff.live_routes.CHECK_SECONDS", 0.2)
    long_ago = utc_now().replace(year=2020)
    with web.parts.database.writing() as session:
        session.merge(Presence(login="sunja", state="available", capacity=3, seen_at=long_ago))
        seen = [row.seen_at for row in session.query(StaffSession)]
    done = threading.Event()
    with console.stream("GET", "/staff/events") as stream:
        lines = stream.iter_lines()
        waiting_talk(web)
        events_until(lines, "changed")
        for _ in range(50):
            with web.parts.database.reading() as session:
                if session.get_one(Presence, "sunja").seen_at > long_ago:
                    done.set()
                    break
            done.wait(0.1)
    assert done.is_set()
    with web.parts.database.reading() as session:
        assert [row.seen_at for row in session.query(StaffSession)] == seen


def test_the_stream_needs_a_session(web: Web) -> None:
    with httpx.Client(base_url=web.url) as nobody:
        answer = nobody.get("/staff/events")
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            "/staff/sign-in?next=/staff/events",
        )
