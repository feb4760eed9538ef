"""An open report of the same thing is shown before another is sent."""

from datetime import timedelta

from bot.database import utc_now
from bot.replies import Press, Reply
from bot.tickets.models import Ticket
from tests.actions.conftest import Talk


def presses(reply: Reply) -> list[Press]:
    return [button.press for button in reply.buttons if button.press]


async def moved(talk: Talk, control: str, **slots: str) -> Reply:
    return (await talk.form("affirm", control=control, slots=slots, why="button"))[-1]


async def reported(talk: Talk) -> Reply:
    slots = {"location": "구좌읍 김녕리 정류장 앞", "detail": "가로등이 꺼져 있어요"}
    await talk.form("street_light", topic="street_light", slots=slots)
    for _ in range(3):  # number, photo, consent
        reply = await moved(talk, "skip")
    return reply


async def sent_before(talk: Talk) -> Ticket:
    await reported(talk)
    await moved(talk, "send")
    [ticket] = talk.tickets()
    with talk.parts.database.writing() as session:
        session.get_one(Ticket, ticket.id).created_at = utc_now() - timedelta(hours=3, minutes=5)
    return ticket


async def test_an_open_report_of_the_same_place_is_shown_first(talk: Talk) -> None:
    ticket = await sent_before(talk)
    question = await reported(talk)
    assert question.asks == "same"
    text = talk.rendered(question)
    assert "3시간 전" in text and str(ticket.place) in text
    assert ticket.receipt_number not in text
    assert talk.rendered(question, "en")


async def test_joining_opens_a_ticket_of_its_own_below_the_first(talk: Talk) -> None:
    first = await sent_before(talk)
    question = await reported(talk)
    join = presses(question)[0]
    receipt = await moved(talk, "same", **join.slots)
    mine = talk.tickets()[-1]
    assert mine.parent_id == first.id
    assert receipt.ticket == mine.receipt_number != first.receipt_number
    assert talk.rendered(receipt)


async def test_another_matter_is_sent_all_the_same(talk: Talk) -> None:
    await sent_before(talk)
    await reported(talk)
    assert (await moved(talk, "another")).asks == "confirm"
    assert (await moved(talk, "send")).ticket
    assert [ticket.parent_id for ticket in talk.tickets()] == [None, None]


async def test_yes_in_words_joins_the_first(talk: Talk) -> None:
    first = await sent_before(talk)
    await reported(talk)
    await moved(talk, "same")
    assert talk.tickets()[-1].parent_id == first.id


async def test_one_that_was_closed_meanwhile_is_not_joined(talk: Talk) -> None:
    first = await sent_before(talk)
    question = await reported(talk)
    with talk.parts.database.writing() as session:
        session.get_one(Ticket, first.id).done_at = utc_now()
    receipt = await moved(talk, "same", **presses(question)[0].slots)
    assert receipt.ticket and talk.tickets()[-1].parent_id is None
