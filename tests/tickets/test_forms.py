from pathlib import Path

import pytest

from bot.knowledge.topics import topics
from bot.paths import POLICY
from bot.tickets.errors import FieldError, PolicyError
from bot.tickets.forms import Form, FormField, Forms, NoForm
from bot.tickets.routing import routing
from bot.wording import LANGUAGES, wording

FORMS = Forms.load(POLICY / "forms.yml")
PROBLEMS = (
    "too_short",
    "too_long",
    "no_phone",
    "bad_phone",
    "no_vehicle_plate",
    "choice",
    "photo",
)
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
        (
            "road_damage",
            "report",
            ["location", "detail", "damage_type", "road_kind", "danger", "photo", "contact"],
        ),
        ("sidewalk_damage", "report", ["location", "detail", "danger", "photo", "contact"]),
        ("taxi_complaint", "report", ["location", "when", "detail", "plate", "contact"]),
        (
            "visiting_service",
            "visit",
            ["location", "detail", "visit_reason", "wish_date", "contact"],
        ),
        ("callback", "callback", ["contact", "time_window", "detail"]),
        ("general_ticket", "general", ["detail", "contact"]),
    ],
)
def test_each_topic_asks_its_fields_in_order(topic: str, kind: str, fields: list[str]) -> None:
    form = FORMS.of(topic)
    assert form.kind == kind
    assert [each.id for each in form.fields if each.asked] == fields


def test_a_contact_is_required_only_where_nothing_works_without_one() -> None:
    required = {topic for topic in FORMS.topics() if field(topic, "contact").required}
    assert required == {"visiting_service", "callback"}


def test_only_the_contact_is_personal() -> None:
    assert {each.id for _, each in EVERY_FIELD if each.personal} == {"contact"}


def test_every_report_of_the_catalogue_has_a_form() -> None:
    reports = {topic for topic, known in topics().items() if known.kind == "report"}
    assert len(reports) > 30
    assert reports == set(FORMS.topics()) - {"callback", "general_ticket"}


def test_every_form_has_a_petition_and_every_answer_that_routing_reads() -> None:
    for topic in FORMS.topics():
        assert routing().petition(topic)
        for name, choices in routing().questions(topic).items():
            assert choices <= set(field(topic, name).choices), f"{topic}: {name}"


def test_where_the_district_decides_the_place_is_asked_for() -> None:
    for topic in FORMS.topics():
        if routing().needs_district(topic):
            assert FORMS.of(topic).of_kind("location"), topic


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("topic", "each"), EVERY_FIELD)
def test_every_field_can_be_asked_shown_and_corrected(
    topic: str, each: FormField, language: str
) -> None:
    form = FORMS.of(topic)
    assert wording().text(form.question(each.id), language)
    assert wording().text(f"form.label_{each.id}", language)
    for choice in each.choices:
        assert wording().text(form.choice(each.id, choice), language)
        assert wording().text(form.chosen(each.id, choice), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_urgent_names_119_or_112(language: str) -> None:
    for _, each in EVERY_FIELD:
        for name in each.urgent.values():
            said = wording().text(f"form_said.{name}", language)
            assert "119" in said or "112" in said or "123" in said, name
        for name in each.says.values():
            assert wording().text(f"form_said.{name}", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_a_sentence_without_values(language: str) -> None:
    for name in PROBLEMS:
        wording().text(f"form.invalid_{name}", language)


def test_a_question_of_the_topic_goes_before_the_general_one() -> None:
    assert FORMS.of("road_damage").question("location") == "form.ask_road_damage_location"
    assert FORMS.of("road_damage").question("danger") == "form.ask_danger"


def test_an_optional_question_says_that_it_may_be_skipped() -> None:
    for topic, each in EVERY_FIELD:
        if not each.required and each.asked:
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


@pytest.mark.parametrize("said", ["010-123-456", "01012345", "010-1234-56789 로 주세요"])
def test_a_number_that_is_no_phone_is_to_be_looked_at_again(said: str) -> None:
    assert problem("callback", "contact", said) == "form.invalid_bad_phone"


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
        "[{id: a, kind: contact, required: true, max: 5, holds: passport}]}}",
        "forms: {x: {kind: report, fields: "
        "[{id: a, kind: text, required: true, asked: false, max: 5}]}}",
        "forms: {x: {kind: report, fields: [{id: a, kind: choice, required: true, max: 5}]}}",
        "forms: {x: {kind: report, fields: "
        "[{id: a, kind: text, required: true, max: 5, when: {b: [c]}}]}}",
        "usual: [y]\nforms: {}",
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


def test_a_plate_is_its_placeholder() -> None:
    plate = field("illegal_parking_report", "plate")
    assert plate.check("흰색 [차량번호 1] 차예요") == "[차량번호 1]"
    assert problem("illegal_parking_report", "plate", "흰색 차") == "form.invalid_no_vehicle_plate"


def test_words_are_no_photo() -> None:
    assert problem("road_damage", "photo", "여기요") == "form.invalid_photo"


@pytest.mark.parametrize(
    ("topic", "name", "said", "choice"),
    [
        ("road_damage", "damage_type", "도로에 구멍이 크게 났어요", "pothole"),
        ("road_damage", "damage_type", "땅이 꺼졌어요", "sinkhole"),
        ("road_damage", "damage_type", "도로가 이상해요", None),
        ("street_light", "symptom", "가로등이 깜빡거려요", "out"),
        ("street_light", "symptom", "전봇대에서 불꽃이 튀어요", "wires"),
        ("noise", "noise_type", "윗집이 너무 쿵쿵거려요", "neighbour"),
        ("noise", "noise_type", "The upstairs neighbor is loud", "neighbour"),
        ("illegal_dumping", "what", "누가 쓰레기를 태우고 있어요", "burning"),
        ("water_outage", "symptom", "물이 안 나와요", "no_water"),
        ("drain_flood", "symptom", "빗물받이가 막혔어요", "drain"),
        ("wild_animal", "problem", "멧돼지가 내려왔어요", "threat"),
        ("official_praise_complaint", "matter", "직원이 너무 불친절했어요", "rude"),
        ("official_praise_complaint", "matter", "친절한 직원을 칭찬하고 싶어요", "praise"),
        ("proposal_idea", "about", "잘 모르겠어요", None),
    ],
)
def test_a_choice_is_heard_by_the_way(topic: str, name: str, said: str, choice: str | None) -> None:
    assert field(topic, name).heard_in(said) == choice


def test_danger_is_never_heard_by_the_way() -> None:
    assert field("road_damage", "danger").heard_in("구멍이 있어요, 위험해요") is None


def test_a_field_with_a_condition_belongs_only_where_it_holds() -> None:
    road_kind = field("road_damage", "road_kind")
    assert road_kind.applies({"area": "eup_myeon"})
    assert not road_kind.applies({"area": "dong"}) and not road_kind.applies({})


def test_a_form_cannot_be_changed() -> None:
    form: Form = FORMS.of("callback")
    with pytest.raises(ValueError):
        form.kind = "report"  # type: ignore[misc]
