from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.knowledge import files
from bot.knowledge.schemas import FACETS, ArticleBody
from tests.knowledge.articles import ARTICLE, MATTER, SECTIONS, put


def read(text: str) -> files.ArticleFile:
    return files.parse_text(files.normalise(text.encode()), Path("street_light.md"))


def test_a_file_becomes_an_article(folder: Path) -> None:
    body = files.parse(put(folder)).body
    assert body.topic == "street_light"
    assert body.title.in_language("en") == "Broken street light"
    assert body.phone == ("jeju120",)
    assert body.checked_on == date(2026, 3, 31)
    assert body.text("summary", "ko") == (
        "가로등이 꺼졌으면 알려 주세요.\n번호가 있으면 3일 안에 고쳐요."
    )
    assert body.text("place", "ko") is None


def test_facets_come_in_their_order_however_the_file_orders_them() -> None:
    swapped = SECTIONS.replace("## summary", "## x").replace("## fee", "## summary")
    body = read(MATTER + swapped.replace("## x", "## fee")).body
    assert list(body.facets("ko")) == ["summary", "fee"]
    assert list(body.facets("en")) == ["summary", "fee"]


def test_line_ends_and_a_byte_order_mark_do_not_change_the_digest(folder: Path) -> None:
    plain = files.parse(put(folder)).digest
    path = folder / "windows.md"
    path.write_bytes(b"\xef\xbb\xbf" + ARTICLE.replace("\n", " \r\n").encode())
    assert files.parse(path).digest == plain


BROKEN = [
    ("---\ntopic", "topic", 1, "does not begin with '---'"),
    ("\n---\n# ko", "\n# ko", 33, "no end"),
    ("kind: report", "kind: question", 4, "kind must be one of 'answer', 'report' or 'handover'."),
    ("kind: report\n", "", 2, "kind is missing: add it."),
    ("law:", "laws:", 10, "laws is not a field of an article: mend its spelling or remove it."),
    ("phone: [jeju120]", "phone: [120]", 7, "phone.0 must be text: put it in quotes."),
    ("2026-03-31", "'soon'", 19, "checked_on must be a date such as 2026-03-31"),
    ("review_by: 2026-12-31", "review_by: 2025-01-01", 2, "review_by lies before checked_on"),
    ("related: []", "related: [Street-Light]", 11, "related.0 must be an id"),
    ("https://www.law", "www.law", 13, "sources.0.url must be a web address"),
    ("seen: general-knowledge", "seen: heard", 14, "sources.1.seen must be one of"),
    ("facets: [summary]", "facets: [fees]", 17, "facts.1.facets.0 must be one of"),
    ("volatile: false", "volatile: 1", 17, "facts.1.volatile must be true or false"),
    ("kind: report", "kind: report\nkind: answer", 5, "kind stands twice: keep one of them."),
    ("related: []", "related: []]", 11, "The front matter is not YAML"),
    ("# ko", "# kr", 22, "'# kr' is not a language: write '# ko' or '# en'."),
    ("# en", "# ko", 28, "'# ko' stands twice"),
    ("## fee", "## fees", 26, "'## fees' is not a facet: write '## ' and one of summary, urgent"),
    ("## fee", "## summary", 26, "'## summary' stands twice in 'ko': keep one of them."),
    ("## summary\n가로등", "가로등", 23, "This text is under no facet"),
    ("## fee\n돈은", "## fee\n### 돈은", 27, "is not a facet"),
    (
        "## fee\n돈은 들지 않아요. 부러",
        "## fee\n## place\n부러",
        26,
        "ko.fee has no text: write it",
    ),
]


@pytest.mark.parametrize(("good", "bad", "line", "says"), BROKEN)
def test_a_broken_file_is_named_with_its_line_and_what_to_do(
    good: str, bad: str, line: int, says: str
) -> None:
    with pytest.raises(files.ArticleError) as caught:
        read(ARTICLE.replace(good, bad, 1))
    assert says in caught.value.sentence
    assert caught.value.line == line
    assert str(caught.value).startswith(f"street_light.md:{line}: ")


def test_a_language_that_is_missing_is_named() -> None:
    with pytest.raises(files.ArticleError, match="The '# en' part is missing"):
        read(ARTICLE[: ARTICLE.index("# en")])


def test_every_fault_of_a_front_matter_is_told_at_once() -> None:
    with pytest.raises(files.ArticleError) as caught:
        read(ARTICLE.replace("kind: report\n", "").replace("phone: [jeju120]", "phone: [120]"))
    assert len(caught.value.faults) == 2


def test_a_file_that_is_not_utf8_is_an_error(folder: Path) -> None:
    path = put(folder)
    path.write_bytes(ARTICLE.encode("cp949"))
    with pytest.raises(files.ArticleError, match="save it as UTF-8"):
        files.parse(path)


def test_writing_a_file_keeps_how_editors_write_it() -> None:
    body = read(ARTICLE).body
    assert files.write(body) == ARTICLE


def test_a_body_cannot_be_changed_under_other_readers() -> None:
    body = read(ARTICLE).body
    with pytest.raises(ValidationError):
        body.topic = "other"  # type: ignore[misc]


def made_lines() -> st.SearchStrategy[str]:
    letters = st.characters(codec="utf-8")
    odd = st.sampled_from(
        ["120", "yes", "null", "2026-01-01", "a: b", "- x", "'", '"', "{", "#", "가"]
    )
    return st.one_of(st.text(letters, min_size=1, max_size=20), odd)


def made_bodies() -> st.SearchStrategy[dict[str, Any]]:
    line = made_lines()
    both = st.fixed_dictionaries({"ko": line, "en": line})
    facets = st.dictionaries(st.sampled_from(FACETS), st.lists(line, min_size=1).map("\n".join))
    sections = st.tuples(facets, line).map(lambda made: {**made[0], "summary": made[1]})
    source = st.fixed_dictionaries(
        {
            "id": line,
            "publisher": line,
            "url": st.sampled_from([None, "https://a.kr/?q=1&b=가#x", "http://a.kr/[1]{2}"]),
            "seen": st.sampled_from(["official", "news", "blog", "general-knowledge"]),
            "year": st.none() | st.integers(1900, 2200),
        }
    )
    fact = st.fixed_dictionaries(
        {
            "id": st.from_regex(r"f\d{1,2}", fullmatch=True),
            "source": line,
            "volatile": st.booleans(),
            "facets": st.lists(st.sampled_from(FACETS), max_size=2),
            "says": line,
        }
    )
    office = st.sampled_from(["jeju120", "null", "yes"])
    link = st.fixed_dictionaries({"label": both, "url": st.just("https://a.kr/,x")})
    return st.fixed_dictionaries(
        {
            "topic": st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True),
            "category": st.just("animal"),
            "kind": st.sampled_from(["answer", "report", "handover"]),
            "title": both,
            "departments": st.lists(office, max_size=3),
            "phone": st.lists(office, max_size=3),
            "online": st.lists(link, max_size=2),
            "law": st.lists(line, max_size=2),
            "related": st.lists(st.sampled_from(["null", "yes", "road_damage"]), max_size=2),
            "sources": st.lists(source, max_size=2),
            "checked_on": st.just(date(2026, 3, 31)),
            "review_by": st.dates(date(2026, 4, 1), date(2030, 1, 1)),
            "valid_until": st.none() | st.dates(date(2026, 4, 1), date(2030, 1, 1)),
            "facts": st.lists(fact, max_size=2),
            "untold": st.dictionaries(st.from_regex(r"f\d{1,2}", fullmatch=True), line, max_size=2),
            "questions": st.fixed_dictionaries(
                {"ko": st.lists(line, max_size=2), "en": st.lists(line, max_size=2)}
            ),
            "sections": st.fixed_dictionaries({"ko": sections, "en": sections}),
        }
    )


@given(made_bodies())
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_written_reads_back_as_the_same_article(made: dict[str, Any]) -> None:
    try:
        body = ArticleBody.model_validate(made)
    except ValidationError:
        reject()
    found = read(files.write(body))
    assert found.body == body
    assert found.digest == files.body_digest(body)
    assert ArticleBody.model_validate(body.model_dump(mode="json"), strict=False) == body
