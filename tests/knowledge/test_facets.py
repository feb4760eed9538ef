"""The facet that a question is nearest to."""

from pathlib import Path

from bot.knowledge import facets, files
from tests.knowledge.articles import ARTICLE

BODY = files.parse_text(files.normalise(ARTICLE.encode()), Path("street_light.md")).body


def test_the_facet_that_has_the_words_of_the_question_is_nearest() -> None:
    assert facets.nearest(BODY, ["벌금/NN"], among=["summary", "fee"]) == "fee"
    assert facets.nearest(BODY, ["번호/NN", "고치/VV"], among=["summary", "fee"]) == "summary"


def test_english_words_find_it_as_well() -> None:
    assert facets.nearest(BODY, ["fine"], among=["summary", "fee"]) == "fee"


def test_a_word_of_the_title_tells_nothing() -> None:
    assert facets.nearest(BODY, ["가로등/NN"], among=["summary", "fee"]) == ""


def test_a_question_about_something_else_has_no_facet() -> None:
    assert facets.nearest(BODY, ["여권/NN", "사진/NN"], among=["summary", "fee"]) == ""
    assert facets.nearest(BODY, [], among=["summary", "fee"]) == ""


def test_only_the_facets_asked_for_are_looked_at() -> None:
    assert facets.nearest(BODY, ["벌금/NN"], among=["summary"]) == ""
