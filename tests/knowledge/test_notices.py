"""What is said before an answer: on its day, when staff switch it on, and never else."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.database import Database
from bot.hours import SEOUL
from bot.knowledge import holidays, notices, notices_file
from bot.knowledge.files import parse
from bot.knowledge.holidays import Span
from bot.knowledge.notices_file import LIMIT, NoticesUnusable, filled, load
from bot.knowledge.notices_models import StoredNotice
from bot.knowledge.topics import topics
from bot.paths import KNOWLEDGE
from bot.wording import LANGUAGES, wording

ORDINARY = "2026-11-28 10:00"
SEOLLAL_2027 = Span(date(2027, 2, 6), date(2027, 2, 9))


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def said(session: Session, topic: str, at: str, facet: str = "") -> list[str]:
    """What a citizen reads in Korean."""
    parts = notices.due(session, topic=topic, facet=facet, now=seoul(at))
    return [wording().text(part.key, "ko", part.values) for part in parts]


def greeted(session: Session, at: str) -> list[str]:
    parts = notices.greeting(session, seoul(at))
    return [wording().text(part.key, "ko", part.values) for part in parts]


def store(session: Session, name: str, switch: str, **values: object) -> None:
    session.add(
        StoredNotice(
            **{"id": name, "switch": switch, "topics": [], "created_by": "a", "changed_by": "a"}
            | values
        )
    )
    session.flush()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of notices that takes the place of the installation's."""
    path = tmp_path / "notices.yml"
    monkeypatch.setattr(notices, "notices", lambda: load(path))
    return path


def entry(name: str = "one", **values: object) -> dict[str, object]:
    text = {"ko": f"{name} 알림이에요.", "en": f"Notice {name}."}
    return {"id": name, "title": text, "text": text, "topics": ["bulky_waste"], **values}


def put(path: Path, *entries: dict[str, object]) -> Path:
    path.write_text(yaml.safe_dump(list(entries), allow_unicode=True), encoding="utf-8")
    return path


# By date


@pytest.mark.parametrize(
    ("at", "speaks"),
    [
        ("2027-06-15 23:59", False),
        ("2027-06-16 00:00", True),
        ("2027-06-30 23:59", True),
        ("2027-07-01 00:00", False),
        ("2028-06-16 00:00", True),  # every year
    ],
)
def test_a_notice_speaks_on_its_days_and_not_the_day_after_in_seoul(
    session: Session, at: str, speaks: bool
) -> None:
    tax = "자동차세를 내는 때예요(6월 16일~6월 30일)."
    assert (tax in said(session, "vehicle_tax", at)) is speaks
    in_utc = seoul(at).astimezone(UTC)
    assert bool(notices.due(session, topic="vehicle_tax", facet="", now=in_utc)) is speaks


@pytest.mark.parametrize(
    ("at", "speaks"),
    [
        ("2026-12-31 23:59", False),
        ("2027-01-01 00:00", True),
        ("2027-01-02 23:59", True),
        ("2027-01-03 00:00", False),
        ("2028-01-01 12:00", False),  # not every year
    ],
)
def test_whole_dates_count_once(session: Session, file: Path, at: str, speaks: bool) -> None:
    put(file, entry(dates=[{"from": date(2027, 1, 1), "until": date(2027, 1, 2)}]))
    assert bool(said(session, "bulky_waste", at)) is speaks


@pytest.mark.parametrize(
    ("at", "speaks"),
    [
        ("2026-11-30 12:00", False),
        ("2026-12-01 00:00", True),
        ("2027-03-01 12:00", True),
        ("2027-03-02 00:00", False),
    ],
)
def test_days_of_every_year_may_lie_over_new_year(
    session: Session, file: Path, at: str, speaks: bool
) -> None:
    put(file, entry(dates=[{"from": "12-01", "until": "03-01"}]))
    assert bool(said(session, "bulky_waste", at)) is speaks


# Holidays


@pytest.mark.parametrize(
    ("holiday", "span"),
    [
        ("설날", Span(date(2025, 1, 25), date(2025, 1, 30))),  # a weekend and a temporary holiday
        ("설날", Span(date(2026, 2, 14), date(2026, 2, 18))),
        ("설날", SEOLLAL_2027),  # its substitute holiday on the Tuesday
        ("추석", Span(date(2025, 10, 3), date(2025, 10, 9))),  # 개천절 to 한글날
        ("추석", Span(date(2026, 9, 24), date(2026, 9, 27))),
        ("추석", Span(date(2027, 9, 14), date(2027, 9, 16))),
        ("부처님오신날", Span(date(2025, 5, 3), date(2025, 5, 6))),  # on 어린이날
    ],
)
def test_the_days_off_around_a_holiday_are_counted_with_weekends_and_substitutes(
    holiday: str, span: Span
) -> None:
    assert span in holidays.spans(holiday)


@pytest.mark.parametrize(
    ("at", "speaks"),
    [
        ("2027-02-04 23:59", False),
        ("2027-02-05 00:00", True),  # the eve: the last day on which an office can be visited
        ("2027-02-06 00:00", True),
        ("2027-02-09 23:59", True),
        ("2027-02-10 00:00", False),
    ],
)
def test_a_holidays_notice_speaks_from_the_day_before_the_days_off_to_the_last_of_them(
    session: Session, at: str, speaks: bool
) -> None:
    for heard in (said(session, "passport_issue", at), greeted(session, at)):
        assert len(heard) == int(speaks)
        if speaks:
            assert heard[0].startswith("설 연휴(2월 6일~2월 9일)에는 관공서가 쉬어요.")
            assert "064-120" in heard[0]


def test_a_holiday_of_a_year_that_is_not_known_is_not_told(session: Session) -> None:
    assert greeted(session, "2031-01-23 12:00") == []


def test_english_readers_get_english_days(session: Session) -> None:
    [part] = notices.greeting(session, seoul("2027-09-14 12:00"))
    assert "Chuseok (September 14 to September 16)" in wording().text(part.key, "en", part.values)


def test_the_general_notice_gives_way_to_the_special_one(session: Session) -> None:
    [heard] = said(session, "hospital_pharmacy", "2027-02-07 12:00")
    assert "문 여는 병원과 약국" in heard


def test_the_general_notice_is_said_only_where_one_would_go_or_call(session: Session) -> None:
    at = "2027-02-07 12:00"
    assert said(session, "passport_issue", at, "place")
    assert said(session, "passport_issue", at, "fee") == []


@pytest.mark.parametrize("topic", ["emergency", "crisis_counseling"])
def test_nothing_general_stands_before_119_or_a_crisis_line(session: Session, topic: str) -> None:
    assert topics()[topic].kind == "handover"
    assert said(session, topic, "2027-02-07 12:00") == []
    assert greeted(session, "2027-02-07 12:00")


def test_a_notice_that_names_an_emergency_is_said_before_it(session: Session) -> None:
    store(session, "own_1", "on", text_ko="119로 문자를 보내 주세요.", topics=["emergency"])
    assert said(session, "emergency", ORDINARY) == ["119로 문자를 보내 주세요."]


# By hand


def test_a_notice_for_staff_to_switch_is_silent_until_they_do(session: Session) -> None:
    assert said(session, "disaster_typhoon", ORDINARY) == []
    store(session, "typhoon", "on")
    [heard] = said(session, "disaster_typhoon", ORDINARY)
    assert "먼저 119에 신고" in heard
    assert said(session, "passport_issue", ORDINARY) == []


def test_switched_on_until_a_time_it_speaks_until_that_time(session: Session) -> None:
    store(session, "typhoon", "on", until=seoul("2026-11-28 18:00"))
    assert said(session, "drain_flood", "2026-11-28 17:59")
    assert said(session, "drain_flood", "2026-11-28 18:00") == []


def test_off_beats_the_date_and_the_date_decides_again_when_off_ends(session: Session) -> None:
    store(session, "seollal", "off", until=seoul("2027-02-08 00:00"))
    assert greeted(session, "2027-02-07 23:59") == []
    assert greeted(session, "2027-02-08 00:00")


def test_auto_follows_the_date(session: Session) -> None:
    store(session, "seollal", "auto")
    assert greeted(session, "2027-02-07 12:00")
    assert greeted(session, ORDINARY) == []


def test_switched_on_early_a_holidays_notice_names_the_next_days_off(session: Session) -> None:
    store(session, "seollal", "on")
    [heard] = greeted(session, ORDINARY)
    assert "2월 6일~2월 9일" in heard


def test_switched_on_with_no_known_days_it_stays_silent_rather_than_show_a_gap(
    session: Session,
) -> None:
    store(session, "seollal", "on")
    assert greeted(session, "2031-01-23 12:00") == []


def test_a_row_of_a_notice_that_the_file_lost_says_nothing(session: Session) -> None:
    store(session, "of_old", "on")
    assert greeted(session, ORDINARY) == []


def test_a_notice_that_became_a_draft_is_not_said(session: Session) -> None:
    store(session, "water_off", "on")
    assert said(session, "water_outage", ORDINARY) == []


# Several


def test_at_most_two_are_said_the_most_specific_first(session: Session, file: Path) -> None:
    put(
        file,
        entry("wide", by_hand=True, topics=["bulky_waste", "food_waste"]),
        entry("all", by_hand=True, topics="all"),
        entry("narrow", by_hand=True),
        entry("faceted", by_hand=True, facets=["fee"]),
    )
    for name in ("all", "wide", "narrow", "faceted"):
        store(session, name, "on")
    assert said(session, "bulky_waste", ORDINARY) == ["narrow 알림이에요.", "wide 알림이에요."]
    assert said(session, "bulky_waste", ORDINARY, "fee") == [
        "faceted 알림이에요.",
        "narrow 알림이에요.",
    ]
    assert said(session, "food_waste", ORDINARY) == ["wide 알림이에요.", "all 알림이에요."]


def test_what_staff_wrote_comes_before_a_notice_of_the_file(session: Session) -> None:
    store(session, "typhoon", "on")
    store(session, "own_1", "on", text_ko="노형로가 잠겼어요.", topics=["drain_flood"])
    first, second = said(session, "drain_flood", ORDINARY)
    assert first == "노형로가 잠겼어요."
    assert "119" in second


def test_a_dollar_and_a_phone_in_a_staffs_text_are_read_as_meant(session: Session) -> None:
    store(session, "own_1", "on", text_ko="$5예요. {jeju120}", text_en="$5. {jeju120}")
    assert greeted(session, ORDINARY) == ["$5예요. 064-120"]


def test_one_query_is_enough(database: Database) -> None:
    queries: list[str] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda conn, cursor, statement, *rest: queries.append(statement),
    )
    with database.reading() as session:
        said(session, "vehicle_tax", "2027-06-16 12:00")
    assert sum(query.startswith("SELECT") for query in queries) == 1


# The file


def test_every_fact_that_a_notice_rests_on_stands_in_an_article() -> None:
    known = set()
    for path in KNOWLEDGE.rglob("*.md"):
        body = parse(path).body
        known |= {f"{body.topic}.{fact.id}" for fact in body.facts}
    resting = {fact for notice in notices_file.notices() for fact in notice.facts}
    assert resting - known == set()
    assert all(notice.facts for notice in notices_file.notices())


def test_no_text_is_longer_than_the_limit_or_keeps_a_mention() -> None:
    for notice in notices_file.notices():
        for day in (date(2026, 1, 1) + timedelta(days=n) for n in range(0, 365, 5)):
            for language in LANGUAGES:
                text = filled(notice.text.in_language(language), language, notice.span(day))
                assert len(text) <= LIMIT, notice.id
                assert not re.search(r"[{}$]", text), notice.id


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"topics": ["no_such_topic"]}, "one names topics that topics.yml has not got: no_such"),
        ({"topics": []}, "one.topics"),
        ({"facets": ["taste"]}, "must be one of summary"),
        ({"facts": ["no_such_topic.f1"]}, "no_such_topic"),
        ({"facts": ["bulky_waste"]}, "one.facts.0"),
        ({"holiday": ["설설날"]}, "no holiday called '설설날'"),
        ({"by_hand": False}, "needs one of dates, holiday, by_hand and draft"),
        ({"dates": [{"from": "06-16", "until": "06-30"}]}, "needs one of"),
        ({"by_hand": False, "dates": [{"from": "02-29", "until": "03-01"}]}, "such as 06-16"),
        ({"by_hand": False, "dates": [{"from": "6월", "until": "03-01"}]}, "such as 06-16"),
        (
            {"by_hand": False, "dates": [{"from": date(2027, 2, 1), "until": "03-01"}]},
            "must both have a year",
        ),
        (
            {"by_hand": False, "dates": [{"from": date(2027, 2, 2), "until": date(2027, 2, 1)}]},
            "until lies before from",
        ),
        ({"text": {"ko": "가" * 201, "en": "x"}}, "text.ko has 201 characters; 200 are the most"),
        ({"text": {"ko": "가"}}, "one.text.en"),
        ({"text": {"ko": "{nobody}", "en": "x"}}, "text.ko mentions no phone: nobody"),
        ({"text": {"ko": "{until}까지", "en": "x"}}, "text.ko mentions no phone: until"),
        ({"text": {"ko": "[곳]", "en": "[place]"}}, "a draft has blanks"),
        ({"by_hand": False, "draft": True}, "a draft has blanks"),
        ({"id": "own_1"}, "must not begin with own_"),
        ({"colour": "red"}, "one.colour"),
    ],
)
def test_what_is_wrong_with_an_entry_is_a_sentence_that_names_it(
    tmp_path: Path, wrong: dict[str, object], sentence: str
) -> None:
    path = put(tmp_path / "notices.yml", entry(**{"by_hand": True} | wrong))
    with pytest.raises(NoticesUnusable, match=re.escape(sentence)):
        load(path)


def test_two_notices_of_one_id_are_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "notices.yml", entry(by_hand=True), entry(by_hand=True))
    with pytest.raises(NoticesUnusable, match="more than one notice is called one"):
        load(path)


@pytest.mark.parametrize("text", ["- {", "one: 1"])
def test_a_file_that_is_no_list_of_notices_is_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notices.yml"
    with pytest.raises(NoticesUnusable, match=r"notices\.yml cannot be used"):
        load(path)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NoticesUnusable, match=r"notices\.yml"):
        load(path)


@pytest.mark.parametrize(
    "text", ["2027: [{name: 설날}]", "2027: [{date: 설, name: 설날}]", "[", "3"]
)
def test_holidays_that_cannot_be_read_are_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "holidays.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(holidays.HolidaysUnusable, match=r"holidays\.yml cannot be used"):
        holidays.load(path)
