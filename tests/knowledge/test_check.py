from datetime import date
from pathlib import Path

import pytest

from bot.knowledge.check import Problem, check
from tests.knowledge.articles import ARTICLE, put

TODAY = date(2026, 11, 22)


def problems(folder: Path, *, today: date = TODAY) -> list[Problem]:
    return check(folder, today=today, topics_file=folder.parent / "topics.yml")


def test_a_good_article_has_no_problems(folder: Path) -> None:
    put(folder)
    assert problems(folder) == []


@pytest.mark.parametrize(
    ("good", "bad", "code", "line"),
    [
        ("kind: report", "kind: question", "broken", 4),
        ("topic: street_light", "topic: street_lamp", "misplaced", 1),
        ("category: road_facility", "category: safety", "misplaced", 1),
        ("## fee\nIt is free.", "## place\n", "languages_differ", 26),
        ("source: s2", "source: s9", "unknown_source", 15),
        ("{id: s2,", "{id: s1,", "unknown_source", 12),
        ("facets: [summary]", "facets: []", "no_source", 23),
        ("facets: [summary]", "facets: []", "fact_untold", 15),
        ("facets: [summary]", "facets: [summary, place]", "facet_missing", 15),
        ("checked_on", "untold: {f2: old}\nchecked_on", "fact_untold", 15),
        ("checked_on", "untold: {f9: old}\nchecked_on", "fact_untold", 19),
        ("[jeju_construction]", "[jeju_lamps]", "unknown_office", 6),
        ("phone: [jeju120]", "phone: [jeju_construction]", "unknown_office", 7),
        ("알려 주세요.", "{jeju_lamps}에 알려 주세요.", "unknown_office", 23),
        ("알려 주세요.", "064-120에 알려 주세요.", "phone_written", 23),
        ("related: []", "related: [road_damage]", "dead_reference", 11),
        ("related: []", "related: [street_light]", "dead_reference", 11),
        ("30,000,000", "3,000,000", "figure_missing", 32),
        ("3일 안에 고쳐요", "4일 안에 고쳐요", "figure_unsourced", 23),
        ("알려 주세요.", "알려 주세요. " * 40, "too_long", 23),
        ("돈은", "돈은 " * 150, "too_long", 26),
    ],
)
def test_each_fault_is_found_on_its_line(
    folder: Path, good: str, bad: str, code: str, line: int
) -> None:
    put(folder, ARTICLE.replace(good, bad, 1))
    assert (code, line) in {(problem.code, problem.line) for problem in problems(folder)}


def test_without_a_list_of_topics_an_unknown_neighbour_is_only_a_warning(folder: Path) -> None:
    put(folder, ARTICLE.replace("related: []", "related: [road_damage]"))
    assert [(one.level, one.code) for one in problems(folder)] == [("warning", "dead_reference")]
    (folder.parent / "topics.yml").write_text("[pet_export]", encoding="utf-8")
    assert [(one.level, one.code) for one in problems(folder)] == [("error", "dead_reference")]


def test_a_neighbour_may_be_a_topic_of_the_policy_without_an_article(folder: Path) -> None:
    put(folder, ARTICLE.replace("related: []", "related: [road_damage]"))
    for listed in (
        "[road_damage]",
        "road_damage: {}",
        "topics: [{id: road_damage}]",
        "topics: {road_damage: 1}",
    ):
        (folder.parent / "topics.yml").write_text(listed, encoding="utf-8")
        assert problems(folder) == []


def test_a_broken_neighbour_is_not_a_dead_reference_too(folder: Path) -> None:
    put(folder, ARTICLE.replace("related: []", "related: [road_damage]"))
    put(folder, "nothing", "road_facility/road_damage.md")
    assert [problem.code for problem in problems(folder)] == ["broken"]


def test_two_files_of_one_topic_are_an_error(folder: Path) -> None:
    put(folder)
    put(
        folder,
        ARTICLE.replace("category: road_facility", "category: safety"),
        "safety/street_light.md",
    )
    assert [problem.code for problem in problems(folder)] == ["twice"]


def test_a_review_that_has_gone_by_is_a_warning(folder: Path) -> None:
    put(folder, ARTICLE.replace("---\n# ko", "valid_until: 2027-01-15\n---\n# ko"))
    assert problems(folder, today=date(2026, 12, 31)) == []
    late = problems(folder, today=date(2027, 1, 16))
    assert [(one.level, one.code) for one in late] == [
        ("warning", "review_due"),
        ("warning", "expired"),
    ]


def test_a_problem_reads_as_a_line_that_an_editor_can_open(folder: Path) -> None:
    path = put(folder, ARTICLE.replace("source: s2", "source: s9"))
    assert str(problems(folder)[0]) == (
        f"{path}:15: error: f2 uses s9, which is not in sources: add it or mend it."
    )
