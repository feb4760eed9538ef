from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.database import Database
from bot.knowledge import files, service
from bot.knowledge.schemas import ArticleBody
from tests.knowledge.articles import ARTICLE, put

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
EVEN_LATER = NOW + timedelta(hours=2)


def summary(session: Session) -> str:
    found = service.served(session, "street_light")
    assert found is not None
    return found.body.text("summary", "en") or ""


def changed(body: ArticleBody, summary: str) -> ArticleBody:
    made = body.model_dump()
    made["sections"]["en"]["summary"] = summary
    return ArticleBody.model_validate(made)


def file_with(folder: Path, summary: str) -> Path:
    return put(folder, ARTICLE.replace("Tell us when a street light is out.", summary))


@pytest.fixture
def loaded(session: Session, folder: Path) -> Session:
    put(folder)
    service.load(session, folder, NOW)
    return session


@pytest.fixture
def by_staff(loaded: Session) -> Session:
    body = service.served(loaded, "street_light").body  # type: ignore[union-attr]
    service.revise(
        loaded,
        topic="street_light",
        body=changed(body, "By staff, 3 days."),
        author="kim",
        now=LATER,
    )
    return loaded


def test_a_file_is_imported_once(session: Session, folder: Path) -> None:
    put(folder)
    first = service.load(session, folder, NOW)
    assert (first.imported, first.unchanged) == (["street_light"], [])
    second = service.load(session, folder, LATER)
    assert (second.imported, second.unchanged) == ([], ["street_light"])
    assert len(service.revisions(session, "street_light")) == 1


def test_a_changed_file_is_served_and_the_old_revision_stays(loaded: Session, folder: Path) -> None:
    old = service.served(loaded, "street_light")
    assert old is not None
    file_with(folder, "Changed.")
    assert service.load(loaded, folder, LATER).imported == ["street_light"]
    assert summary(loaded).startswith("Changed.")
    assert service.revision(loaded, old.revision) == old.body


def test_a_broken_file_leaves_what_was_served(loaded: Session, folder: Path) -> None:
    put(folder, ARTICLE.replace("kind: report", "kind: question"))
    report = service.load(loaded, folder, LATER)
    assert (report.imported, [one.code for one in report.problems]) == ([], ["broken"])
    assert summary(loaded).startswith("Tell us")


def test_a_file_without_a_source_is_not_served(session: Session, folder: Path) -> None:
    put(folder, ARTICLE.replace("facets: [summary]", "facets: []"))
    assert service.load(session, folder, NOW).imported == []
    assert service.served(session, "street_light") is None


def test_a_file_that_went_away_is_told_and_still_served(loaded: Session, folder: Path) -> None:
    (folder / "road_facility/street_light.md").unlink()
    assert [one.code for one in service.load(loaded, folder, LATER).problems] == ["no_file"]
    assert service.topics(loaded) == ["street_light"]


def test_a_staff_revision_is_served_at_once(by_staff: Session) -> None:
    assert summary(by_staff) == "By staff, 3 days."
    [row] = service.status(by_staff, LATER)
    assert (row.origin, row.author, row.conflict) == ("staff", "kim", False)


def test_the_same_staff_revision_twice_is_one(by_staff: Session) -> None:
    found = service.served(by_staff, "street_light")
    assert found is not None
    again = service.revise(
        by_staff, topic="street_light", body=found.body, author="lee", now=EVEN_LATER
    )
    assert again.revision == found.revision


def test_staff_may_write_the_first_article_of_a_topic(session: Session, folder: Path) -> None:
    body = files.parse(put(folder)).body
    service.revise(session, topic="street_light", body=body, author="kim", now=NOW)
    assert service.topics(session) == ["street_light"]


def test_a_staff_revision_without_sources_or_of_another_topic_is_refused(
    loaded: Session,
) -> None:
    body = service.served(loaded, "street_light").body  # type: ignore[union-attr]
    bare = body.model_copy(update={"facts": ()})
    with pytest.raises(service.UnservableArticle, match="summary has no fact"):
        service.revise(loaded, topic="street_light", body=bare, author="kim", now=LATER)
    with pytest.raises(service.UnservableArticle, match="names the topic street_light"):
        service.revise(loaded, topic="road_damage", body=body, author="kim", now=LATER)
    moved = body.model_copy(update={"category": "safety"})
    with pytest.raises(service.UnservableArticle, match="stays in road_facility"):
        service.revise(loaded, topic="street_light", body=moved, author="kim", now=LATER)


def test_an_unchanged_file_does_not_disturb_a_staff_revision(
    by_staff: Session, folder: Path
) -> None:
    report = service.load(by_staff, folder, EVEN_LATER)
    assert (report.unchanged, report.conflicts) == (["street_light"], [])
    assert summary(by_staff) == "By staff, 3 days."


def test_a_changed_file_never_replaces_a_staff_revision(by_staff: Session, folder: Path) -> None:
    file_with(folder, "From the file.")
    for _ in range(2):
        report = service.load(by_staff, folder, EVEN_LATER)
        assert (report.imported, report.conflicts) == ([], ["street_light"])
    assert summary(by_staff) == "By staff, 3 days."
    assert service.status(by_staff, EVEN_LATER)[0].conflict
    assert len(service.revisions(by_staff, "street_light")) == 3


@pytest.mark.parametrize(("keep", "begins"), [("file", "From the file."), ("staff", "By staff")])
def test_a_person_decides_a_conflict_and_it_is_not_raised_again(
    by_staff: Session, folder: Path, keep: str, begins: str
) -> None:
    file_with(folder, "From the file.")
    service.load(by_staff, folder, EVEN_LATER)
    service.resolve_conflict(
        by_staff,
        topic="street_light",
        keep=keep,  # type: ignore[arg-type]
        author="kim",
        now=EVEN_LATER + timedelta(minutes=1),
    )
    assert summary(by_staff).startswith(begins)
    report = service.load(by_staff, folder, EVEN_LATER + timedelta(minutes=2))
    assert (report.unchanged, report.conflicts) == (["street_light"], [])
    [row] = service.status(by_staff, EVEN_LATER)
    assert (row.origin, row.author, row.conflict) == (keep, "kim", False)


def test_a_conflict_goes_away_when_the_file_goes_back(by_staff: Session, folder: Path) -> None:
    file_with(folder, "From the file.")
    service.load(by_staff, folder, EVEN_LATER)
    put(folder)
    assert service.load(by_staff, folder, EVEN_LATER).conflicts == []
    assert not service.status(by_staff, EVEN_LATER)[0].conflict
    assert summary(by_staff) == "By staff, 3 days."


def test_there_is_no_conflict_to_decide_without_one(loaded: Session) -> None:
    with pytest.raises(service.NoConflict):
        service.resolve_conflict(loaded, topic="street_light", keep="file", author="kim", now=LATER)
    with pytest.raises(service.UnknownArticle):
        service.resolve_conflict(loaded, topic="nothing", keep="file", author="kim", now=LATER)


def test_an_exported_staff_revision_lets_the_file_lead_again(
    by_staff: Session, folder: Path
) -> None:
    [path] = service.export(by_staff, folder).written
    assert files.parse(path).body.text("summary", "en") == "By staff, 3 days."
    assert service.load(by_staff, folder, EVEN_LATER).imported == ["street_light"]
    path.write_text(path.read_text(encoding="utf-8").replace("By staff", "Later in the file"))
    later = service.load(by_staff, folder, EVEN_LATER + timedelta(minutes=1))
    assert (later.imported, later.conflicts) == (["street_light"], [])
    assert summary(by_staff).startswith("Later in the file")


def test_export_leaves_a_file_with_changes_of_its_own_alone(
    by_staff: Session, folder: Path
) -> None:
    path = file_with(folder, "From the file.")
    text = path.read_text(encoding="utf-8")
    report = service.export(by_staff, folder)
    assert (report.written, report.left) == ([], ["street_light"])
    service.load(by_staff, folder, EVEN_LATER)
    assert service.export(by_staff, folder).left == ["street_light"]
    assert path.read_text(encoding="utf-8") == text


def test_a_body_is_read_from_the_database_once(loaded: Session, database: Database) -> None:
    found = service.served(loaded, "street_light")
    statements: list[str] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda *given: statements.append(given[2]),
    )
    again = service.served(loaded, "street_light")
    assert found is not None
    assert again is not None
    assert again.body is found.body
    assert not any("article_revisions.body" in one for one in statements)


def test_a_rolled_back_revision_is_not_served_from_the_cache(
    database: Database, folder: Path
) -> None:
    body = files.parse(put(folder)).body
    wrong = changed(body, "Never said, 3 days.")

    class Stop(Exception):
        pass

    with suppress(Stop), database.writing() as session:
        service.revise(session, topic="street_light", body=wrong, author="kim", now=NOW)
        assert summary(session) == "Never said, 3 days."
        raise Stop
    with database.writing() as session:
        service.revise(session, topic="street_light", body=body, author="kim", now=LATER)
    with database.reading() as session:
        assert summary(session).startswith("Tell us")


def test_a_title_is_given_in_the_language_asked(loaded: Session) -> None:
    assert service.title(loaded, "street_light", "ko") == "가로등·보안등 고장"
    assert service.title(loaded, "street_light", "en") == "Report a street light"
    assert service.title(loaded, "nothing", "ko") is None


def test_an_unknown_revision_is_an_error(loaded: Session) -> None:
    with pytest.raises(service.UnknownRevision):
        service.revision(loaded, 999)


def test_a_review_is_overdue_by_the_date_in_jeju(loaded: Session) -> None:
    [row] = service.status(loaded, datetime(2026, 12, 31, 14, 59, tzinfo=UTC))
    assert not row.overdue
    [row] = service.status(loaded, datetime(2026, 12, 31, 15, 0, tzinfo=UTC))
    assert row.overdue
