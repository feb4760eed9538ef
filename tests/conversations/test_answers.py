"""Questions, through a real Rasa and the real application."""

import httpx
import pytest

from bot.knowledge import service as knowledge
from tests.support.citizen import Citizen, words
from tests.support.service import Service

PET = "강아지 데리고 일본 가려면 뭐가 필요해요?"


def article_text(service: Service, topic: str, facet: str, language: str = "ko") -> str:
    with service.database.reading() as session:
        served = knowledge.served(session, topic)
        assert served is not None
        text = served.body.text(facet, language)
    assert text
    return text


def test_the_greeting_says_that_an_automatic_service_answers(citizen: Citizen) -> None:
    assert citizen.last.says("greeting.first")
    assert citizen.last.offers("button.person")


def test_the_pet_question_is_answered_and_the_fee_follows_from_the_same_article(
    citizen: Citizen, service: Service
) -> None:
    answer = citizen.says(PET)
    assert answer.topic == "pet_export"
    assert article_text(service, "pet_export", "country_japan") in answer.text
    assert "농림축산검역본부" in answer.text
    assert words("facet.fee") in answer.buttons

    fee = citizen.says("비용은요?")
    assert fee.topic == "pet_export"
    assert article_text(service, "pet_export", "fee") in fee.text


def test_a_facet_button_gives_that_facet(citizen: Citizen, service: Service) -> None:
    citizen.says(PET)
    answer = citizen.presses("facet.fee")
    assert article_text(service, "pet_export", "fee") in answer.text


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("종친회 등록하려면 어디로 가요?", "clan_registration"),
        ("여권 새로 만들려면 수수료가 얼마예요?", "passport_issue"),
        ("이사했는데 전입신고 어떻게 해요?", "move_in_report"),
        ("침대 매트리스 버리려면 어떻게 해요?", "bulky_waste"),
        ("한라산 탐방 예약은 어디서 해요?", "hallasan_reservation"),
        ("차고지증명 서류 뭐 필요해요?", "garage_certificate"),
    ],
)
def test_a_question_gets_the_answer_of_its_topic(
    citizen: Citizen, question: str, topic: str
) -> None:
    answer = citizen.says(question)
    assert answer.topic == topic
    assert "출처: " in answer.text or "확인한 자료" in answer.text


def test_the_clan_question_about_where_names_the_city_halls(
    citizen: Citizen, service: Service
) -> None:
    answer = citizen.says("종친회 등록하려면 어디로 가요?")
    assert article_text(service, "clan_registration", "place") in answer.text


def test_the_same_question_gets_the_same_answer(client: httpx.Client) -> None:
    first, second = (Citizen(client).says(PET).text for _ in range(2))
    assert first == second


@pytest.mark.parametrize("asked", ["로또 번호 알려줘", "내일 날씨 어때?"])
def test_what_is_not_ours_gets_a_kind_no_with_where_to_go(citizen: Citizen, asked: str) -> None:
    answer = citizen.says(asked)
    assert answer.topic == "out_of_scope"
    assert answer.says("out_of_scope.not_ours")
    assert answer.offers("button.person") and answer.offers("button.general")


def test_english_is_answered_in_english(citizen: Citizen, service: Service) -> None:
    answer = citizen.says("What do I need to take my dog to Japan?")
    assert answer.topic == "pet_export"
    assert article_text(service, "pet_export", "country_japan", "en") in answer.text
    fee = citizen.says("how much does it cost?")
    assert article_text(service, "pet_export", "fee", "en") in fee.text


@pytest.mark.parametrize(
    "asked",
    [
        "Xin chào, tôi muốn hỏi về hộ chiếu",
        "こんにちは、パスポートについて教えてください",
        "请问怎么办护照",
        "Здравствуйте, как получить паспорт?",
    ],
)
def test_another_language_is_led_to_interpreters_and_a_person(citizen: Citizen, asked: str) -> None:
    answer = citizen.says(asked)
    assert answer.topic == "other_language"
    assert "1345" in answer.text
    assert "상담원 연결" in answer.buttons or "Talk to a person" in answer.buttons


def test_twice_unsure_a_person_is_offered(citizen: Citizen) -> None:
    first = citizen.says("뷁뷁뷁")
    assert first.says("clarify.again") or first.says("clarify.which")
    second = citizen.says("뷁뷁뷁뷁")
    assert second.says("clarify.twice")
    assert second.offers("button.person") and second.offers("button.general")


def test_small_talk_is_answered(citizen: Citizen) -> None:
    assert citizen.says("안녕하세요").says("say.greet")
    assert citizen.says("고마워요").says("say.thanks")
    assert citizen.says("너 사람이야?").says("say.bot_challenge")


def test_useful_or_not_is_acknowledged(citizen: Citizen) -> None:
    citizen.says(PET)
    assert citizen.presses("button.useful").says("say.useful")
    citizen.says(PET)
    assert citizen.presses("button.not_useful").says("say.not_useful")


def test_a_word_in_capitals_does_not_turn_the_talk_into_english(citizen: Citizen) -> None:
    citizen.says("도로 파손 신고할게요")
    answer = citizen.says("GS25")
    assert answer.says("report.place_unknown") and answer.says("form.ask_road_damage_location")
