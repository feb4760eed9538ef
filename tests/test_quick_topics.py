"""The topics of the season: every month, topics that there are, and a file that must make sense."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.paths import KNOWLEDGE
from bot.web import quick_topics
from bot.web.quick_topics import QuickTopicsError


def test_every_month_has_topics_and_each_has_an_article() -> None:
    articles = {path.stem for path in KNOWLEDGE.rglob("*.md")}
    for month, topics in quick_topics.load().items():
        assert topics, month
        assert set(topics) <= articles, month
        assert len(set(topics)) == len(topics), month


def test_the_month_is_that_of_jeju() -> None:
    new_year_in_jeju = datetime(2026, 12, 31, 15, 30, tzinfo=UTC)
    assert quick_topics.of(new_year_in_jeju) == quick_topics.load()[1]


@pytest.mark.parametrize(
    "content",
    [
        "1: [passport_issue]",
        "- passport_issue",
        "1: passport_issue",
        "\n".join(f"{month}: [a, b, c, d, e]" for month in range(1, 13)),
        "1: [",
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "quick_topics.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(QuickTopicsError):
        quick_topics.load(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(QuickTopicsError):
        quick_topics.load(tmp_path / "none.yml")
