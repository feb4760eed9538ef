from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from bot.knowledge import service
from bot.knowledge.search import search, tokens_of
from tests.knowledge.articles import put, put_topic

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def filled(session: Session, folder: Path) -> Session:
    put(folder)
    put_topic(
        folder,
        "bulky_waste",
        title=("대형폐기물 배출", "Bulky waste disposal"),
        summary=("소파나 침대를 버리려면 신고하세요.", "Report sofas and beds to throw away."),
    )
    put_topic(
        folder,
        "pet_export",
        title=("반려동물 해외 반출", "Taking a pet abroad"),
        summary=("강아지와 고양이는 검역을 받아요.", "Dogs and cats need quarantine."),
    )
    service.load(session, folder, NOW)
    return session


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("가로등이 나갔어요", "street_light"),
        ("가 로 등 고 장", "street_light"),
        ("소파버리고싶은데요", "bulky_waste"),
        ("강아지 데리고 해외에 가요", "pet_export"),
        ("Where do I throw away my SOFA?", "bulky_waste"),
        ("quarantine for a dog", "pet_export"),
        ("street lights", "street_light"),
    ],
)
def test_the_nearest_article_comes_first(filled: Session, text: str, topic: str) -> None:
    assert search(filled, text)[0].topic == topic


@pytest.mark.parametrize("text", ["", "  ", "!?", "ㅋㅋㅋ", "what is the"])
def test_nothing_is_found_for_a_text_that_shares_nothing(filled: Session, text: str) -> None:
    assert search(filled, text) == []


def test_no_more_than_the_limit_are_given_and_scores_fall(filled: Session) -> None:
    hits = search(filled, "신고하면 3일 안에 고쳐요", limit=2)
    assert len(hits) == 2
    assert hits[0].score >= hits[1].score > 0


def test_a_new_revision_is_found_at_once(filled: Session, folder: Path) -> None:
    assert search(filled, "보안등") == []
    put_topic(
        folder,
        "street_lamp",
        title=("보안등", "Security light"),
        summary=("골목의 보안등이에요.", "Lights in lanes."),
    )
    service.load(filled, folder, NOW + timedelta(minutes=1))
    assert [hit.topic for hit in search(filled, "보안등")] == ["street_lamp"]


def test_spaces_do_not_cut_korean() -> None:
    assert tokens_of("가로등 고장!") == ["가로", "로등", "등고", "고장"]
    assert tokens_of("119구조 Dogs") == ["119", "구조", "dog"]


def test_an_empty_knowledge_base_has_no_hits(session: Session) -> None:
    assert search(session, "가로등") == []
