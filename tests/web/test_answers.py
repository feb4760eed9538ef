"""The page of an answer that a counsellor sends the link of: anybody reads it, scripts or not."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete

from bot.conversations import switches
from bot.conversations.switches_models import Switch
from bot.database import utc_now
from bot.knowledge import service as knowledge
from bot.knowledge import state
from bot.knowledge.models import Article, ArticleLemmas, ArticleRevision
from bot.paths import KNOWLEDGE
from bot.web.parts import Parts

ARTICLE = "certificates/passport_issue.md"
PAGE = "/answers/passport_issue"


@pytest.fixture(autouse=True)
def article(parts: Parts, tmp_path: Path) -> Iterator[None]:
    """The article is served during a test; the application is shared with others."""
    (tmp_path / ARTICLE).parent.mkdir()
    shutil.copy(KNOWLEDGE / ARTICLE, tmp_path / ARTICLE)
    with parts.database.writing() as session:
        knowledge.load(session, tmp_path, utc_now())
    yield
    with parts.database.writing() as session:
        for table in (ArticleLemmas, ArticleRevision, Article):
            session.execute(delete(table))
        state.renew(session)


def test_the_article_stands_whole_on_the_page(running: TestClient) -> None:
    page = running.get(f"{PAGE}?lang=ko")
    assert page.status_code == 200
    for shown in ("10년 복수: 58면 52,000원", 'id="documents"', "064-120", "2026-03-31에 확인한"):
        assert shown in page.text, shown
    assert "<script" not in page.text


def test_the_page_is_in_the_language_of_its_link_or_of_the_browser(running: TestClient) -> None:
    english = "10-year multiple: 58 pages 52,000 won"
    assert english in running.get(f"{PAGE}?lang=en").text
    assert english in running.get(PAGE, headers={"Accept-Language": "en"}).text
    assert english not in running.get(f"{PAGE}?lang=<script>").text


@pytest.mark.parametrize("topic", ["no_such", "%00", "..%2f..%2fetc", "<script>alert(1)</script>"])
def test_no_other_page_is_there(running: TestClient, topic: str) -> None:
    page = running.get(f"/answers/{topic}?lang=ko")
    assert page.status_code == 404
    assert "<script>alert" not in page.text


def test_a_topic_that_is_off_shows_its_banner_alone(running: TestClient, parts: Parts) -> None:
    with parts.database.writing() as session:
        switches.turn_off(
            session,
            scope="topic",
            subject="passport_issue",
            reason="확인 중",
            banner_ko="여권 안내를 고치고 있어요.",
            banner_en="The passport page is being mended.",
            actor="chief",
            now=utc_now(),
        )
    page = running.get(f"{PAGE}?lang=ko").text
    with parts.database.writing() as session:
        session.execute(delete(Switch))
    assert "여권 안내를 고치고 있어요." in page
    assert "52,000원" not in page


def test_an_article_that_is_not_valid_any_more_names_only_who_is_in_charge(
    running: TestClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    with parts.database.reading() as session:
        served = knowledge.served(session, "passport_issue")
    assert served is not None
    ended = utc_now().date() - timedelta(days=2)
    # None can be published that has ended already.
    body = served.body.model_copy(update={"valid_until": ended})
    monkeypatch.setattr(knowledge, "served", lambda *_: replace(served, body=body))
    page = running.get(f"{PAGE}?lang=ko").text
    assert "다시 확인하고 있어요" in page
    assert "064-120" in page
    assert "52,000원" not in page
