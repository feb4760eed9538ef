"""What is said beside an open form: small talk, other requests, words that choose nothing."""

from typing import Any

from bot.replies import Reply, Say
from tests.actions.conftest import Talk

TOPIC = "road_damage"
POTHOLE = "도로에 구멍이 크게 났어요"


def keys(reply: Reply) -> list[str]:
    return [part.key for part in reply.parts if isinstance(part, Say)]


async def started(talk: Talk, **slots: str) -> Reply:
    return (await talk.form(TOPIC, POTHOLE, topic=TOPIC, slots=slots))[-1]


def request(topic: str, **more: Any) -> dict[str, Any]:
    return {"topic": topic, "facet": "", "control": "", "slots": {}, "why": "", "text": "", **more}


async def several(talk: Talk, *requests: dict[str, Any]) -> list[Reply]:
    """One message with several requests while the form is open."""
    from actions.report import ValidateReportForm

    talk.heard(str(requests[0]["topic"]), str(requests[0]["text"]), list(requests))
    talk.active_loop = {"name": "report_form"}
    return await talk.run(ValidateReportForm(talk.parts))


async def test_thanks_are_met_and_the_question_comes_again(talk: Talk) -> None:
    await started(talk)
    met, question = await talk.form(
        "thanks", "고마워요", control="aside", slots={"say": "thanks"}, why="aside"
    )
    assert keys(met) == ["report.thanks"]
    assert keys(question)[0] == "report.back" and question.asks == "location"


async def test_what_is_not_ours_is_told_with_a_person_near(talk: Talk) -> None:
    await started(talk)
    told, question = await talk.form(
        "out_of_scope", control="aside", slots={"say": "out_of_scope"}, why="aside"
    )
    assert keys(told) == ["out_of_scope.not_ours"] and told.buttons
    assert question.asks == "location"


async def test_two_requests_beside_the_form_are_both_answered(talk: Talk) -> None:
    await started(talk)
    replies = await several(
        talk,
        request("information_disclosure", why="digression"),
        request("water_bill", facet="fee", why="digression"),
    )
    assert [reply.topic for reply in replies] == ["information_disclosure", "water_bill", TOPIC]
    assert replies[-1].asks == "location"


async def test_a_question_where_a_choice_was_asked_is_answered(talk: Talk) -> None:
    await started(talk, location="노형동 이마트 앞", detail=POTHOLE)
    replies = await several(
        talk,
        request(TOPIC, slots={"danger": "며칠이면 고쳐 주나요"}, why="form_answer"),
        request(TOPIC, facet="duration", why="otherwise"),
    )
    assert replies[0].topic == TOPIC and replies[-1].asks == "danger"
    assert talk.report["failures"] == 0


async def test_an_answer_is_one_even_if_it_could_mean_something_else(talk: Talk) -> None:
    await started(talk, location="노형동 이마트 앞", detail=POTHOLE)
    await several(
        talk,
        request(TOPIC, slots={"danger": "네 위험해요, 언제 오나요"}, why="form_answer"),
        request(TOPIC, facet="duration", why="otherwise"),
    )
    assert talk.report["fields"]["danger"] == "yes"


async def test_words_that_choose_nothing_are_kept_in_the_details(talk: Talk) -> None:
    await started(talk, location="노형동 이마트 앞", detail=POTHOLE)
    question = (
        await talk.form(
            TOPIC, topic=TOPIC, slots={"danger": "지름 오십 센티쯤 되고 깊어요"}, why="form_answer"
        )
    )[-1]
    assert "report.noted" in keys(question) and question.asks == "danger"
    assert talk.report["fields"]["detail"].endswith("지름 오십 센티쯤 되고 깊어요")


async def test_a_choice_not_understood_twice_is_left_to_the_staff(talk: Talk) -> None:
    await started(talk, location="노형동 이마트 앞", detail=POTHOLE)
    for words in ("지름 오십 센티쯤 되고 깊어요", "어제 비가 온 뒤로 더 커졌어요"):
        replies = await talk.form(TOPIC, topic=TOPIC, slots={"danger": words}, why="form_answer")
    assert talk.report["fields"]["danger"] == "unsure"
    assert replies[-1].asks == "photo"


async def test_another_report_instead_takes_along_what_was_told(talk: Talk) -> None:
    await started(talk, location="노형동 이마트 앞")
    replies = await talk.form(
        "noise", topic="noise", why="switched", text="공사장 소음 때문에 신고하려고요"
    )
    assert talk.report["topic"] == "noise"
    assert talk.report["fields"]["location"] == "노형동 이마트 앞"
    assert talk.report["fields"]["noise_type"] == "construction"
    assert replies[-1].asks == "when"


async def test_a_second_report_of_one_message_is_named_at_once(talk: Talk) -> None:
    replies = await several(
        talk, request(TOPIC, text=POTHOLE), request("noise", text="공사장도 시끄러워요")
    )
    assert keys(replies[0]) == ["report.then"] and replies[0].topic == "noise"
    assert talk.report["then"][0]["topic"] == "noise"
    assert replies[-1].topic == TOPIC and replies[-1].asks
