"""Where something is: asked about when it is not clear, and never for ever."""

from bot.replies import Press, Reply, Say
from tests.actions.conftest import Talk

TOPIC = "road_damage"


def keys(reply: Reply) -> list[str]:
    return [part.key for part in reply.parts if isinstance(part, Say)]


async def told(talk: Talk, place: str) -> Reply:
    await talk.form(TOPIC, topic=TOPIC)
    return await again(talk, location=place)


async def again(talk: Talk, **slots: str) -> Reply:
    return (await talk.form(TOPIC, topic=TOPIC, slots=slots, why="form_answer"))[-1]


async def shared(talk: Talk, latitude: str, longitude: str, name: str = "") -> Reply:
    slots = {"latitude": latitude, "longitude": longitude, "location": name}
    return (await talk.form("shared", control="place", slots=slots, why="button"))[-1]


async def test_a_name_of_several_places_is_asked_about_with_buttons(talk: Talk) -> None:
    question = await told(talk, "월평동 마트 앞")
    assert question.asks == "place"
    titles = [talk.rendered(question), *[str(button.title) for button in question.buttons]]
    assert "제주시 아라동 월평동" in titles[1] and "서귀포시 대천동 월평동" in titles[2]
    chosen = await again(talk, **(question.buttons[1].press or Press()).slots)
    assert chosen.asks == "detail"
    assert talk.report["spot"]["city"] == "서귀포시"
    assert talk.report["fields"]["location"] == "서귀포시 대천동 월평동 마트 앞"


async def test_which_place_may_be_typed(talk: Talk) -> None:
    await told(talk, "중앙동 우체국 앞")
    question = await again(talk, place="서귀포시요")
    assert question.asks == "detail"
    assert talk.report["spot"]["city"] == "서귀포시"


async def test_a_place_not_chosen_twice_is_left_to_a_person(talk: Talk) -> None:
    await told(talk, "중앙동 우체국 앞")
    assert (await again(talk, place="보라색")).asks == "place"
    assert (await again(talk, place="초록색")).asks == "detail"
    assert talk.report["spot"] is None
    assert "중앙동 우체국 앞" in talk.report["fields"]["location"]


async def test_a_place_outside_jeju_gets_a_kind_word_and_the_number(talk: Talk) -> None:
    question = await told(talk, "부산 해운대구 해변로")
    assert keys(question)[0] == "report.place_outside"
    assert "051-120" in talk.rendered(question)
    assert question.asks == "location"
    assert Press(control="cancel") in [button.press for button in question.buttons]


async def test_an_unknown_place_is_asked_for_once_more_and_then_taken(talk: Talk) -> None:
    first = await told(talk, "우리집 앞 골목")
    assert keys(first)[:2] == ["report.place_unknown", "form.example_location"]
    assert first.asks == "location"
    second = await again(talk, location="빨간 대문 옆")
    assert second.asks == "detail"
    assert talk.report["fields"]["location"] == "빨간 대문 옆, 우리집 앞 골목"


async def test_the_dong_is_added_to_what_was_told_before(talk: Talk) -> None:
    await told(talk, "이마트 옆 골목")
    if talk.report["spot"] is None:
        await again(talk, location="노형동이요")
    assert talk.report["spot"]["district"] == "노형동"
    assert "이마트 옆 골목" in talk.report["fields"]["location"]


async def test_a_city_alone_is_too_wide_where_the_dong_decides(talk: Talk) -> None:
    question = await told(talk, "제주시")
    assert keys(question)[0] == "report.place_wider"
    assert (await again(talk, location="제주시")).asks == "detail"


async def test_a_shared_place_answers_the_question(talk: Talk) -> None:
    await talk.form(TOPIC, topic=TOPIC)
    question = await shared(talk, "33.4890", "126.4983", "노형동")
    assert keys(question)[0] == "report.place_kept"
    assert question.asks == "detail"
    assert talk.report["fields"]["location"] == "노형동"
    assert talk.report["spot"]["latitude"] == 33.489


async def test_a_place_shared_later_keeps_the_words(talk: Talk) -> None:
    await told(talk, "노형동 이마트 앞")
    question = await shared(talk, "33.4890", "126.4983", "노형동")
    assert question.asks == "detail"
    assert talk.report["fields"]["location"] == "노형동 이마트 앞"
    assert talk.report["spot"]["longitude"] == 126.4983


async def test_a_place_shared_far_away_is_not_taken(talk: Talk) -> None:
    await talk.form(TOPIC, topic=TOPIC)
    question = await shared(talk, "35.1587", "129.1604")
    assert question.asks == "location"
    assert "location" not in talk.report["fields"] and "051-120" in talk.rendered(question)


async def test_a_form_without_a_place_needs_none(talk: Talk) -> None:
    await talk.form("callback", topic="callback")
    question = await shared(talk, "33.4890", "126.4983")
    assert keys(question)[0] == "report.place_not_here" and question.asks == "consent"


async def test_the_coordinates_reach_the_ticket(talk: Talk) -> None:
    await talk.form(TOPIC, topic=TOPIC)
    await shared(talk, "33.4890", "126.4983", "노형동")
    await again(talk, detail="구멍이 크게 났어요")
    await again(talk, danger="no")
    for control in ("skip", "skip", "send"):
        await talk.form("affirm", control=control, why="button")
    [ticket] = talk.tickets()
    assert (ticket.latitude, ticket.longitude) == (33.489, 126.4983)
    assert ticket.city == "제주시"
