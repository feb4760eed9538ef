from pathlib import Path

import pytest

from bot.paths import POLICY
from bot.tickets.errors import FieldError, PolicyError
from bot.tickets.forms import Form, FormField, Forms, NoForm
from bot.tickets.routing import Routing
from bot.wording import LANGUAGES, wording

FORMS = Forms.load(POLICY / "forms.yml")
PROBLEMS = ("too_short", "too_long", "no_phone", "choice")
EVERY_FIELD = [(topic, field) for topic in FORMS.topics() for field in FORMS.of(topic).fields]


def field(topic: str, name: str) -> FormField:
    found = FORMS.of(topic).field(name)
    assert found is not None
    return found


def problem(topic: str, name: str, value: str) -> str:
    with pytest.raises(FieldError) as caught:
        field(topic, name).check(value)
    return caught.value.wording


@pytest.mark.parametrize(
    ("topic", "kind", "fields"),
    [
        ("road_damage", "report", ["location", "detail", "danger", "contact"]),
        ("street_light", "report", ["location", "detail", "pole_number", "contact"]),
        ("illegal_dumping", "report", ["location", "detail", "contact"]),
        ("visiting_service", "visit", ["location", "detail", "wish_date", "contact"]),
        ("callback", "callback", ["contact", "time_window", "detail"]),
        ("general_ticket", "general", ["detail", "contact"]),
    ],
)
def test_each_topic_asks_its_fields_in_order(topic: str, kind: str, fields: list[str]) -> None:
    form = FORMS.of(topic)
    assert form.kind == kind
    assert [each.id for each in form.fields] == fields


def test_a_contact_is_required_only_where_nothing_works_without_one() -> None:
    required = {topic for topic in FORMS.topics() if field(topic, "contact").required}
    assert required == {"visiting_service", "callback"}


def test_only_the_contact_is_personal() -> None:
    assert {each.id for _, each in EVERY_FIELD if each.personal} == {"contact"}


def test_every_form_has_a_petition_and_a_department() -> None:
    routing = Routing.load(POLICY / "tickets.yml")
    for topic in FORMS.topics():
        assert routing.petition(topic)
        assert routing.department(topic, None, "ko").department


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_can_be_asked_shown_and_corrected(language: str) -> None:
    for topic, each in EVERY_FIELD:
        wording().text(FORMS.of(topic).question(each.id), language)
        for kind in ("label", "example", "edit"):
            wording().text(f"form.{kind}_{each.id}", language)
        for choice in each.choices:
            wording().text(f"form.choice_{choice}", language)
            wording().text(f"form.chosen_{each.id}_{choice}", language)
        if not each.choices:
            wording().text(f"form.line_{each.id}", language, {"value": "x"})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_a_sentence_without_values(language: str) -> None:
    for name in PROBLEMS:
        wording().text(f"form.invalid_{name}", language)


def test_a_question_of_the_topic_goes_before_the_general_one() -> None:
    assert FORMS.of("road_damage").question("location") == "form.ask_road_damage_location"
    assert FORMS.of("road_damage").question("danger") == "form.ask_danger"


def test_an_optional_question_says_that_it_may_be_skipped() -> None:
    for topic, each in EVERY_FIELD:
        if not each.required:
            question = FORMS.of(topic).question(each.id)
            assert "건너뛰어도" in wording().text(question, "ko")
            assert "skip" in wording().text(question, "en")


def test_a_form_has_no_field_that_it_does_not_ask_for() -> None:
    assert FORMS.of("callback").field("location") is None


def test_a_topic_without_a_form_is_named() -> None:
    with pytest.raises(NoForm, match="pet_export"):
        FORMS.of("pet_export")


def test_a_value_is_tidied() -> None:
    value = field("street_light", "location").check("  노형동   우체국 \n\n 앞 ")
    assert value == "노형동 우체국\n앞"


def test_nothing_but_spaces_is_too_short() -> None:
    assert problem("street_light", "location", " \n ") == "form.invalid_too_short"


def test_a_placeholder_alone_is_no_place() -> None:
    assert problem("street_light", "location", "[전화번호 1]") == "form.invalid_too_short"


def test_a_placeholder_within_a_description_stays() -> None:
    said = "[차량번호 1] 트럭이 버리고 갔어요"
    assert field("illegal_dumping", "detail").check(said) == said


def test_a_novel_is_too_long_and_a_left_message_may_be_longer() -> None:
    said = "가" * 501
    assert problem("street_light", "detail", said) == "form.invalid_too_long"
    assert field("general_ticket", "detail").check(said) == said


def test_of_a_contact_only_the_placeholder_is_kept() -> None:
    contact = field("callback", "contact")
    assert contact.check("홍길동이고요 [전화번호 1]로 주세요") == "[전화번호 1]"
    assert contact.check("[전화번호 1] 아니면 [전화번호 2]") == "[전화번호 1], [전화번호 2]"


@pytest.mark.parametrize(
    "said", ["나중에 알려 드릴게요", "[이메일 1]", "064-120", "（전화번호 1）"]
)
def test_a_contact_needs_a_phone_placeholder(said: str) -> None:
    assert problem("callback", "contact", said) == "form.invalid_no_phone"


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("yes", "yes"),
        ("네", "yes"),
        ("네 좀 위험해 보여요", "yes"),
        ("차가 다칠 것 같아요", "yes"),
        ("It's dangerous", "yes"),
        ("아니요", "no"),
        ("아직 위험하지 않아요", "no"),
        ("안 위험해요", "no"),
        ("No", "no"),
        ("unsure", "unsure"),
        ("위험한지 잘 모르겠어요", "unsure"),
        ("I don’t know", "unsure"),
        ("not sure", "unsure"),
    ],
)
def test_a_choice_may_be_typed(said: str, choice: str) -> None:
    assert field("road_damage", "danger").check(said) == choice


@pytest.mark.parametrize("said", ["파란색", "동네", "know", ""])
def test_what_is_no_choice_is_refused(said: str) -> None:
    assert problem("road_damage", "danger", said) == "form.invalid_choice"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "forms: 3",
        "forms: {x: {kind: report, fields: [{id: a}]}}",
        "forms: {x: {kind: picnic, fields: []}}",
        "forms: {x: {kind: report, fields: "
        "[{id: a, required: true, personal: true, max: 5, holds: passport}]}}",
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "forms.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match=r"forms\.yml"):
        Forms.load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError):
        Forms.load(tmp_path / "forms.yml")


def test_a_form_cannot_be_changed() -> None:
    form: Form = FORMS.of("callback")
    with pytest.raises(ValueError):
        form.kind = "report"  # type: ignore[misc]
