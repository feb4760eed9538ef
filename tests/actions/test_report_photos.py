"""Photos: taken at any time, several of them; and photos and places out of the blue."""

from actions.shared import ActionShared
from bot.replies import Press, Reply, Say
from tests.actions.conftest import Talk

TOPIC = "road_damage"


def keys(reply: Reply) -> list[str]:
    return [part.key for part in reply.parts if isinstance(part, Say)]


def presses(reply: Reply) -> list[Press]:
    return [button.press for button in reply.buttons if button.press]


async def moved(talk: Talk, control: str, **slots: str) -> Reply:
    return (await talk.form("affirm", control=control, slots=slots, why="button"))[-1]


async def answered(talk: Talk, **slots: str) -> Reply:
    return (await talk.form(TOPIC, topic=TOPIC, slots=slots, why="form_answer"))[-1]


async def at_the_photo(talk: Talk) -> Reply:
    slots = {"location": "노형동 이마트 앞", "detail": "구멍이 크게 났어요"}
    await talk.form(TOPIC, topic=TOPIC, slots=slots)
    return await answered(talk, danger="no")


async def test_several_photos_are_taken_until_that_is_all(talk: Talk) -> None:
    assert (await at_the_photo(talk)).asks == "photo"
    first = await moved(talk, "photo", photo="a")
    assert keys(first) == ["report.photo_kept", "form.ask_more_photos"]
    second = await moved(talk, "photo", photo="b")
    assert talk.report["photos"] == ["a", "b"]
    assert Press(control="done") in presses(second)
    assert (await moved(talk, "done")).asks == "consent"


async def test_the_same_photo_counts_once(talk: Talk) -> None:
    await at_the_photo(talk)
    await moved(talk, "photo", photo="a")
    await moved(talk, "photo", photo="a")
    assert talk.report["photos"] == ["a"]


async def test_no_more_photos_are_taken_than_the_form_allows(talk: Talk) -> None:
    await at_the_photo(talk)
    for photo in "abcde":
        question = await moved(talk, "photo", photo=photo)
    assert question.asks == "consent"
    assert keys(await moved(talk, "photo", photo="f"))[0] == "report.photo_full"
    assert talk.report["photos"] == list("abcde")


async def test_a_photo_that_comes_early_is_kept_and_not_asked_for_again(talk: Talk) -> None:
    await talk.form(TOPIC, topic=TOPIC)
    question = await moved(talk, "photo", photo="a")
    assert keys(question)[0] == "report.photo_kept" and question.asks == "location"
    await answered(talk, location="노형동 이마트 앞")
    await answered(talk, detail="구멍이 크게 났어요")
    assert (await answered(talk, danger="no")).asks == "consent"


async def test_words_instead_of_a_photo_are_told_what_to_do(talk: Talk) -> None:
    await at_the_photo(talk)
    question = await answered(talk, photo="여기요")
    assert keys(question)[0] == "form.invalid_photo" and question.asks == "photo"
    assert Press(control="skip") in presses(question)


async def test_a_form_without_photos_says_so(talk: Talk) -> None:
    await talk.form("callback", topic="callback")
    question = await moved(talk, "photo", photo="a")
    assert keys(question)[0] == "report.photo_not_here" and question.asks == "consent"


async def test_the_summary_counts_the_photos_and_they_can_be_taken_out(talk: Talk) -> None:
    await at_the_photo(talk)
    await moved(talk, "photo", photo="a")
    await moved(talk, "done")
    summary = await moved(talk, "skip")
    assert "사진: 1장" in talk.rendered(summary)
    assert (await moved(talk, "edit", field="photo")).asks == "photo"
    assert keys(await moved(talk, "clear"))[0] == "report.photo_taken_out"
    summary = await moved(talk, "skip")
    assert summary.asks == "confirm" and "사진" not in talk.rendered(summary)


async def test_a_photo_out_of_the_blue_is_kept_for_the_report_that_follows(talk: Talk) -> None:
    talk.slots["earlier"] = ["passport_issue", "banner_ads"]
    photo = {"control": "photo", "slots": {"photo": "a"}, "why": "button"}
    talk.heard("shared", "사진을 보냈어요.", [photo])
    [reply] = await talk.run(ActionShared(talk.parts))
    assert keys(reply) == ["report.shared_photo"]
    assert presses(reply)[0] == Press(topic="banner_ads")
    assert Press(topic=TOPIC) in presses(reply)
    await talk.form(TOPIC, topic=TOPIC, why="button")
    assert talk.report["photos"] == ["a"] and talk.slots["shared"] is None


async def test_a_place_out_of_the_blue_is_kept_too(talk: Talk) -> None:
    place = {"latitude": "33.4890", "longitude": "126.4983", "location": "노형동"}
    talk.heard("shared", "", [{"control": "place", "slots": place, "why": "button"}])
    [reply] = await talk.run(ActionShared(talk.parts))
    assert keys(reply) == ["report.shared_place"]
    question = (await talk.form(TOPIC, topic=TOPIC, why="button"))[-1]
    assert question.asks == "detail" and talk.report["spot"]["latitude"] == 33.489


async def test_a_place_outside_jeju_is_told_so_at_once(talk: Talk) -> None:
    place = {"latitude": "35.1587", "longitude": "129.1604"}
    talk.heard("shared", "", [{"control": "place", "slots": place, "why": "button"}])
    [reply] = await talk.run(ActionShared(talk.parts))
    assert keys(reply) == ["report.place_outside"]
    assert talk.slots.get("shared") is None
