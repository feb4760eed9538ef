"""Follow-ups that must not go wrong, through the real service."""

import httpx
import pytest

from tests.support.citizen import Citizen


def test_after_a_report_was_asked_about_a_new_one_still_opens(client: httpx.Client) -> None:
    citizen = Citizen(client)
    citizen.says("도로 파손 신고하면 언제 고쳐요?")
    answer = citizen.says("노형동 이마트 앞 도로에 큰 구멍이 났어요")
    assert answer.says("report.start_report") or "위험" in answer.text
    assert answer.topic == "road_damage"


@pytest.mark.parametrize("text", ["네 알겠습니다", "아니요 괜찮아요", "no thanks"])
def test_an_acknowledgement_does_not_bring_the_article_again(
    client: httpx.Client, text: str
) -> None:
    citizen = Citizen(client)
    citizen.says("침대 매트리스 버리려면 어떻게 해요?")
    assert citizen.says(text).topic != "bulky_waste"


def test_a_sign_of_a_crisis_does_not_lean_on_the_answer_before(client: httpx.Client) -> None:
    citizen = Citizen(client)
    citizen.says("침대 매트리스 버리려면 어떻게 해요?")
    assert citizen.says("너무 우울해요").topic == "crisis_counseling"


def test_leaving_out_the_contact_does_not_cancel_the_report(client: httpx.Client) -> None:
    citizen = Citizen(client)
    citizen.says("애월읍 하귀리 해안도로 옆에 누가 쓰레기를 몰래 버리고 갔어요")
    answer = citizen.says("연락처는 안 할래요")
    assert not answer.says("report.cancelled")
    assert answer.topic == "illegal_dumping"


def test_what_was_not_ours_ends_what_could_be_leant_on(client: httpx.Client) -> None:
    citizen = Citizen(client)
    citizen.says("침대 매트리스 버리려면 어떻게 해요?")
    citizen.says("로또 당첨 번호 좀 알려주세요")
    assert citizen.says("비용은요?").topic != "bulky_waste"


def test_a_question_and_a_second_report_are_both_served(client: httpx.Client) -> None:
    citizen = Citizen(client)
    answer = citizen.says("불법투기 포상금은 얼마예요 그리고 도로 파손 신고할게요")
    assert {"illegal_dumping", "road_damage"} <= set(answer.topics)
