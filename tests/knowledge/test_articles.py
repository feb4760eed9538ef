"""The project's own articles."""

from pathlib import Path

import pytest

from bot.knowledge import files
from bot.knowledge.check import check
from bot.paths import KNOWLEDGE

PATHS = sorted(KNOWLEDGE.rglob("*.md"))


def test_the_articles_have_no_errors() -> None:
    errors = [str(problem) for problem in check(KNOWLEDGE) if problem.level == "error"]
    assert PATHS
    assert not errors, "\n".join(errors)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_an_article_can_be_exported_without_loss(path: Path) -> None:
    body = files.parse(path).body
    again = files.parse_text(files.normalise(files.write(body).encode()), path)
    assert again.body == body
