"""The staff page of what citizens said of the answers."""

import html
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.conversations.models import REASONS, Feedback, Reason
from bot.conversations.service import Keeping
from bot.database import utc_now
from bot.knowledge.topics import topics
from bot.staff import feedback
from bot.wording import LANGUAGES, wording
from tests.staff.office import Browser, Office
from tests.support.feedback import TOPIC, answer, article, says
from tests.support.labels import Unclear

PAGE = "/staff/feedback"
OTHER = "bulky_waste"


def judged(
    office: Office,
    text: str = "가로등이 꺼졌어요",
    *,
    topic: str = TOPIC,
    useful: bool = False,
    reason: Reason | None = None,
) -> Feedback:
    """A question that was answered, and what the citizen says of the answer."""
    talk = Unclear.talk(office.database, Keeping(office.masker, office.cipher))
    talk.answered(talk.types(text), answer(topic), "sure")
    kept = says(talk, useful=useful, reason=reason)
    assert kept is not None
    return kept


def counted(office: Office) -> list[tuple[str, int, int, int]]:
    with office.database.reading() as session:
        return [
            (count.topic, count.useful, count.not_useful, count.wrong)
            for count in feedback.counts(session)
        ]


def test_the_page_shows_what_was_asked_and_said_newest_first(
    office: Office, signed_in: Browser
) -> None:
    old = judged(office, "먼저 물은 말", useful=True)
    new = judged(office, "나중에 물은 말", reason="hard")
    office.change(
        lambda s: s.execute(
            update(Feedback)
            .where(Feedback.id == old.id)
            .values(created_at=utc_now() - timedelta(hours=1))
        )
    )
    page = signed_in.get(PAGE).text
    assert page.index("나중에 물은 말") < page.index("먼저 물은 말")
    for kept in (old, new):
        assert f'href="/staff/conversations/{kept.conversation_id}"' in page
    for said in ("useful", "hard"):
        assert f'">{wording().text(f"staff.said_{said}", "ko")}</span>' in page
    assert topics()[TOPIC].title.ko in page


def test_facets_and_revision_of_the_answer_are_shown(
    office: Office, signed_in: Browser, tmp_path: Path
) -> None:
    revision = article(office.database, tmp_path)
    talk = Unclear.talk(office.database, Keeping(office.masker, office.cipher))
    reply = answer(facets=("summary", "fee"), revision=revision)
    talk.answered(talk.types("가로등이요"), reply, "sure")
    says(talk, useful=True)
    for language in LANGUAGES:
        page = signed_in.get(f"{PAGE}?lang={language}").text
        names = ", ".join(
            wording().text(f"facet.{facet}", language) for facet in ("summary", "fee")
        )
        assert names in page
        values = {"number": str(revision)}
        assert wording().text("staff.feedback_revision", language, values) in page


def test_a_judgement_links_to_the_conversation_in_which_it_stands(
    office: Office, signed_in: Browser
) -> None:
    kept = judged(office, "이 말을 물었어요")
    thread = signed_in.get(f"/staff/conversations/{kept.conversation_id}")
    assert thread.status_code == 200
    assert "이 말을 물었어요" in thread.text


def test_personal_data_are_masked_and_everything_is_escaped(
    office: Office, signed_in: Browser
) -> None:
    judged(office, "<b>가로등</b> 010-2345-6789")
    page = signed_in.get(PAGE).text
    assert "&lt;b&gt;가로등&lt;/b&gt; [전화번호 1]" in page
    assert "010-2345-6789" not in page


def test_an_unknown_topic_or_facet_is_shown_by_its_name_and_escaped(
    office: Office, signed_in: Browser
) -> None:
    kept = judged(office, topic="<i>no_such</i>")
    office.change(
        lambda s: s.execute(
            update(Feedback).where(Feedback.id == kept.id).values(facets=["<u>gone</u>"])
        )
    )
    page = signed_in.get(PAGE).text
    assert "&lt;i&gt;no_such&lt;/i&gt;" in page and "&lt;u&gt;gone&lt;/u&gt;" in page
    assert "<i>" not in page and "<u>" not in page


def test_the_page_speaks_english_too(office: Office, signed_in: Browser) -> None:
    for reason in REASONS:
        judged(office, reason=reason)
    page = html.unescape(signed_in.get(f"{PAGE}?lang=en").text)
    for reason in REASONS:
        assert f'">{wording().text(f"staff.said_{reason}", "en")}</span>' in page
    assert topics()[TOPIC].title.en in page
    assert "Helped: 0, did not: 4" in page


def test_the_menu_leads_to_the_feedback(signed_in: Browser) -> None:
    assert f'href="{PAGE}"' in signed_in.get("/staff/tickets").text
    assert wording().text("staff.nothing_here", "ko") in signed_in.get(PAGE).text


def test_one_topic_is_shown_alone(office: Office, signed_in: Browser) -> None:
    judged(office, "불이 안 켜져요")
    judged(office, "침대 버려요", topic=OTHER)
    page = signed_in.get(f"{PAGE}?topic={OTHER}").text
    assert "침대 버려요" in page and "불이 안 켜져요" not in page
    assert f'<option value="{OTHER}" selected>' in page
    assert f'<option value="{TOPIC}">' in page


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("all", {"도움", "그냥", "어렵", "틀림"}),
        ("useful", {"도움"}),
        ("not_useful", {"그냥", "어렵", "틀림"}),
        ("hard", {"어렵"}),
        ("wrong", {"틀림"}),
        ("other_matter", set()),
    ],
)
def test_one_reason_is_shown_alone(
    office: Office, signed_in: Browser, said: str, shown: set[str]
) -> None:
    judged(office, "가나 도움 다라", useful=True)
    judged(office, "가나 그냥 다라")
    judged(office, "가나 어렵 다라", reason="hard")
    judged(office, "가나 틀림 다라", reason="wrong")
    page = signed_in.get(f"{PAGE}?said={said}").text
    assert {
        name for name in ("도움", "그냥", "어렵", "틀림") if f"가나 {name} 다라" in page
    } == shown
    assert f'<option value="{said}" selected>' in page


def test_topic_and_reason_together_narrow_the_list(office: Office, signed_in: Browser) -> None:
    judged(office, "첫째 말", reason="hard")
    judged(office, "둘째 말", topic=OTHER, reason="hard")
    judged(office, "셋째 말", topic=OTHER, reason="wrong")
    page = signed_in.get(f"{PAGE}?topic={OTHER}&said=hard").text
    assert [text for text in ("첫째 말", "둘째 말", "셋째 말") if text in page] == ["둘째 말"]


@pytest.mark.parametrize("query", ["said=nonsense", "topic=%3Cb%3E", "page=0"])
def test_a_filter_that_is_none_is_a_page_with_a_sentence(signed_in: Browser, query: str) -> None:
    page = signed_in.get(f"{PAGE}?{query}")
    assert page.status_code == 422
    assert wording().text("staff.error_bad_request", "ko") in page.text
    assert "<b>" not in page.text.split('id="main"')[1]


def test_a_topic_that_nobody_judged_is_an_empty_list(office: Office, signed_in: Browser) -> None:
    judged(office, "가로등이요")
    page = signed_in.get(f"{PAGE}?topic=passport_issue")
    assert page.status_code == 200
    assert "가로등이요" not in page.text


def test_the_count_by_topic_says_how_often_it_helped(office: Office, signed_in: Browser) -> None:
    judged(office, useful=True)
    judged(office, useful=True)
    judged(office, reason="hard")
    for reason in ("wrong", "wrong", None):
        judged(office, topic=OTHER, reason=reason)
    assert counted(office) == [(OTHER, 0, 3, 2), (TOPIC, 2, 1, 0)]
    page = signed_in.get(PAGE).text
    assert "도움이 됨 2건, 안 됨 1건" in page
    assert "도움이 됨 0건, 안 됨 3건" in page
    assert "틀림 2건" in page
    assert f'href="{PAGE}?topic={OTHER}"' in page


def test_more_judgements_than_a_page_holds_are_on_the_next(
    office: Office, signed_in: Browser
) -> None:
    talk = Unclear.talk(office.database, Keeping(office.masker, office.cipher))
    for number in range(feedback.PAGE + 1):
        of = talk.answered(talk.types(f"물음 {number:02}번"), answer(), "sure")
        says(talk, useful=False, reason="wrong", of=of)
    first = signed_in.get(f"{PAGE}?topic={TOPIC}&said=wrong").text
    second = signed_in.get(f"{PAGE}?topic={TOPIC}&said=wrong&page=2").text
    assert first.count('class="message-text"') == feedback.PAGE
    assert "물음 00번" not in first and "물음 00번" in second
    assert f"{PAGE}?topic={TOPIC}&amp;said=wrong&amp;page=2" in first


def test_what_goes_with_its_conversation_is_gone_from_the_page(
    office: Office, signed_in: Browser
) -> None:
    talk = Unclear.talk(office.database, Keeping(office.masker, office.cipher))
    talk.answered(talk.types("지울 말"), answer(), "sure")
    says(talk, useful=False)
    assert "지울 말" in signed_in.get(PAGE).text
    talk.erased()
    assert "지울 말" not in signed_in.get(PAGE).text
    assert counted(office) == []


def test_nobody_sees_feedback_without_signing_in(office: Office, browser: Browser) -> None:
    judged(office)
    answer = browser.get(PAGE)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/staff/sign-in?next=/staff/feedback",
    )


def test_the_page_is_never_cached(signed_in: Browser) -> None:
    assert signed_in.get(PAGE).headers["cache-control"] == "no-store"
