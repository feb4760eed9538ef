import pytest

from bot.knowledge.figures import missing_figures

AGREEING = [
    ("3천만원 이하의 벌금", "a fine of up to 30,000,000 won"),
    ("1억 5천만원", "150 million won"),
    ("3만5천원", "35,000 won"),
    ("3~5만원", "30,000 to 50,000 won"),
    ("52,000원", "52,000 won"),
    ("오후 6시까지", "until 18:00"),
    ("18시까지", "until 6 p.m."),
    ("3월 1일부터", "from 1 March"),
    ("만 8세 이상", "age 8 and over"),
    ("두 장이 아니라 1장", "one copy"),
    ("주민등록법 제16조", "Article 16 of the Resident Registration Act"),
    ("120만 누르세요", "Press only 120"),
    ("3.5×4.5cm", "3.5 × 4.5 cm"),
    ("1. 신고해요.\n2. 기다려요.", "- Report.\n- Wait."),
    ("064-710-2120", "+82-64-710-2120"),
]


@pytest.mark.parametrize(("korean", "english"), AGREEING)
def test_figures_that_mean_the_same_agree(korean: str, english: str) -> None:
    assert missing_figures(korean, english) == []


@pytest.mark.parametrize(
    ("korean", "english", "missing"),
    [
        ("5만원 이하의 과태료", "a fine of up to 5,000 won", ["5만"]),
        ("14일 안에", "within 15 days", ["14"]),
        ("2천원, 3천원", "2,000 won", ["3천"]),
        ("120만 원", "120 won", ["120만"]),
    ],
)
def test_a_figure_that_differs_is_found(korean: str, english: str, missing: list[str]) -> None:
    assert missing_figures(korean, english) == missing
