"""Parts of the decision: two requests in one message, and a message that leans on another."""

import pytest

from bot.paths import POLICY
from bot.rasa.nlu import leaning
from bot.rasa.nlu.decision import DialoguePolicy
from bot.rasa.nlu.kiwi import morphemes
from bot.rasa.nlu.pairs import Guessed, leaning_pair, pair
from bot.rasa.nlu.parts import within
from bot.rasa.nlu.weighing import chance, log_odds

POLICY_OF_THE_PROJECT = DialoguePolicy.load(POLICY / "dialogue.yml")


def halves(text: str) -> list[tuple[str, str, str]]:
    found = POLICY_OF_THE_PROJECT.borders.splits(text, morphemes(text))
    return [(text[slice(*one.before)], text[slice(*one.behind)], one.by) for one in found]


@pytest.mark.parametrize(
    ("text", "before", "behind", "by"),
    [
        ("여권이랑 국제면허증 만들어요", "여권", "국제면허증 만들어요", "list"),
        ("여권 만들고 전입신고도 할래요", "여권 만들고", "전입신고도 할래요", "go_on"),
        ("등본 떼줘. 그리고 여권은?", "등본 떼줘", "그리고 여권은?", "sentence"),
        ("passport fee and parking fine", "passport fee", "parking fine", "and"),
    ],
)
def test_a_message_parts_where_it_goes_on(text: str, before: str, behind: str, by: str) -> None:
    assert (before, behind, by) in halves(text)


def test_an_auxiliary_is_no_half_of_a_message() -> None:
    assert all(behind != "주세요" for _, behind, _ in halves("고장난 가로등을 고쳐 주세요"))


def test_the_morphemes_of_a_half_are_counted_from_its_start() -> None:
    text = "여권이랑 등본"
    start = text.index("등본")
    [only] = within(morphemes(text), (start, len(text)))
    assert (only.form, only.start, only.end) == ("등본", 0, 2)


def guessed(text: str, one: tuple[str, float], other: tuple[str, float]) -> list[Guessed]:
    splits = POLICY_OF_THE_PROJECT.borders.splits(text, morphemes(text))
    return [Guessed(split, one, other) for split in splits]


def test_two_topics_that_the_whole_message_also_shows_are_two_requests() -> None:
    text = "여권이랑 국제면허증도 만들 수 있어요"
    found = pair(
        text,
        guessed(text, ("passport_issue", 0.99), ("driver_license", 0.98)),
        whole=[("driver_license", 0.7), ("passport_issue", 0.3)],
        policy=POLICY_OF_THE_PROJECT,
    )
    assert found is not None
    assert found.topics == ("passport_issue", "driver_license")
    assert found.texts[0].startswith("여권")


def test_a_topic_that_the_whole_message_does_not_show_is_no_second_request() -> None:
    text = "차가 물웅덩이에 빠져서 도로가 패인 걸 알았어요"
    found = pair(
        text,
        guessed(text, ("drain_flood", 0.6), ("road_damage", 0.9)),
        whole=[("road_damage", 0.99)],
        policy=POLICY_OF_THE_PROJECT,
    )
    assert found is None


@pytest.mark.parametrize("second", ["thanks", "out_of_scope", "callback", "passport_issue"])
def test_small_talk_and_the_same_topic_are_no_second_request(second: str) -> None:
    text = "여권 만들고 고마워요"
    found = pair(
        text,
        guessed(text, ("passport_issue", 0.99), (second, 0.99)),
        whole=[("passport_issue", 0.6), (second, 0.4)],
        policy=POLICY_OF_THE_PROJECT,
    )
    assert found is None


def stays(text: str, alone: list[tuple[str, float]], joined: list[tuple[str, float]]) -> float:
    policy = POLICY_OF_THE_PROJECT
    return leaning.stays(
        text,
        "waste_schedule",
        alone=alone,
        joined=joined,
        facet=policy.facet(text),
        policy=policy,
    )


def test_a_few_words_without_a_topic_of_their_own_stay_with_the_one_before() -> None:
    alone = [("airport_ferry", 0.2), ("waste_schedule", 0.1)]
    assert stays("우도는요?", alone, [("waste_schedule", 0.9)]) > 0.8


def test_a_message_sure_of_a_topic_of_its_own_leaves_the_one_before() -> None:
    text = "여권을 새로 만들려면 어디로 가야 하나요"
    assert stays(text, [("passport_issue", 0.99)], [("passport_issue", 0.9)]) < 0.3


def test_a_chance_is_the_logistic_of_the_weighed_sum() -> None:
    assert chance({"bias": 0.0, "x": 1.0}, {"x": log_odds(0.8)}) == pytest.approx(0.8)
    with pytest.raises(KeyError):
        chance({"bias": 0.0}, {"x": 1.0})


@pytest.mark.parametrize(
    ("text", "facet"),
    [
        ("비용은요?", "fee"),
        ("언제까지 내야 해요", "deadline"),
        ("얼마나 걸려요", "duration"),
        ("대리인도 되나요", "eligibility"),
        ("집에서 인터넷으로 되나요", "online"),
        ("사진은 몇 장이요", "documents"),
        ("몇시부터 해요", "place"),
        ("which papers do I need to bring", "documents"),
        ("안녕하세요", ""),
    ],
)
def test_a_facet_is_recognised_by_its_words(text: str, facet: str) -> None:
    assert POLICY_OF_THE_PROJECT.facet(text) == facet


def test_a_facet_of_the_last_topic_and_another_topic_are_two_requests() -> None:
    text = "그거 서류하고 건축물대장 떼는 곳도 알려주세요"
    found = leaning_pair(
        text,
        guessed(text, ("unmanned_kiosk", 0.4), ("land_register", 0.97)),
        topic="building_permit",
        policy=POLICY_OF_THE_PROJECT,
    )
    assert found is not None and found.topics == ("building_permit", "land_register")


def test_without_a_topic_before_nothing_leans() -> None:
    text = "그거 서류하고 건축물대장 떼는 곳도 알려주세요"
    guesses = guessed(text, ("unmanned_kiosk", 0.4), ("land_register", 0.97))
    assert leaning_pair(text, guesses, topic="", policy=POLICY_OF_THE_PROJECT) is None


@pytest.mark.parametrize(
    ("text", "asked", "left_out"),
    [
        ("연락처는 안 남길래요", "contact", True),
        ("번호는 안 보여요", "pole_number", True),
        ("전화번호 없어요", "consent", True),
        ("가로등 기둥이 없어요", "detail", False),
        ("불빛이 안 보여요", "location", False),
    ],
)
def test_only_what_need_not_be_given_can_be_left_out(text: str, asked: str, left_out: bool) -> None:
    assert POLICY_OF_THE_PROJECT.leaves_out(text, asked) is left_out


def test_behind_a_correction_stands_what_is_meant() -> None:
    assert POLICY_OF_THE_PROJECT.meant_instead("아니 보건증 말고 영업신고요") == "영업신고요"
    assert POLICY_OF_THE_PROJECT.meant_instead("영업신고요") == ""


@pytest.mark.parametrize(
    ("text", "facet"),
    [
        ("공사장 소음이 너무 심해요", ""),
        ("장소 알려주세요", "place"),
        ("준비 물이 뭐예요", "documents"),
        ("수수료얼마", "fee"),
    ],
)
def test_a_facet_word_does_not_grow_out_of_two_words(text: str, facet: str) -> None:
    assert POLICY_OF_THE_PROJECT.facet(text) == facet
