"""Open tickets about the same thing, shown before another is sent."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from actions.report_state import ANOTHER, LOCATION, SAME, Report
from bot.replies import Button, Press, Reply, Say
from bot.tickets import duplicates
from bot.tickets.forms import Form
from bot.tickets.models import Ticket
from bot.wording import LANGUAGES, wording

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def alike(session: Session, form: Form, report: Report, now: datetime) -> list[Ticket]:
    """The open tickets that the citizen may join; none once that has been answered."""
    if report.same or form.kind != "report":
        return []
    said = report.fields.get(LOCATION, "")
    return duplicates.open_like(
        session, topic=report.topic, spot=report.where, now=now, location=said
    )


def question(report: Report, tickets: list[Ticket], note: list[Say], now: datetime) -> Reply:
    """How long ago and where each was reported, and nothing that is anybody's own."""
    one = len(tickets) == 1
    report.alike = str(tickets[0].id)
    parts = [*note, Say(key="report.same_one")]
    buttons = []
    for number, ticket in enumerate(tickets, 1):
        values = {**_ago(now - ticket.created_at), **_place(ticket)}
        numbered = {"number": str(number)}
        line = "report.same_line" if one else "report.same_line_numbered"
        parts.append(Say(key=line, values=values if one else {**values, **numbered}))
        title = (
            Say(key="report.button_same")
            if one
            else Say(key="report.button_same_numbered", values=numbered)
        )
        buttons.append(Button(title=title, press=Press(control=SAME, slots={SAME: str(ticket.id)})))
    buttons += [
        Button(title=Say(key="report.button_another"), press=Press(control="another")),
        Button(title=Say(key="button.cancel"), press=Press(control="cancel")),
    ]
    return Reply(parts=list(parts), buttons=buttons, asks=SAME, topic=report.topic)


def _ago(passed: timedelta) -> dict[str, str]:
    if passed < HOUR:
        unit, count = "minutes", max(1, int(passed.total_seconds() // 60))
    elif passed < 2 * DAY:
        unit, count = "hours", int(passed / HOUR)
    else:
        unit, count = "days", passed.days
    return {
        f"ago_{language}": wording().text(f"report.ago_{unit}", language, {"count": str(count)})
        for language in LANGUAGES
    }


def _place(ticket: Ticket) -> dict[str, str]:
    name = ticket.place or ticket.district or ticket.city
    return {
        f"place_{language}": name or wording().text("report.here", language)
        for language in LANGUAGES
    }


def answered(report: Report, control: str, ticket: str) -> None:
    """Join the ticket that a button names, or «yes» means (the first), or send it all the same."""
    if control != SAME:
        report.same = ANOTHER
        return
    report.same, report.outcome = ticket or report.alike, "sent"


def joins(session: Session, report: Report) -> int | None:
    """The id of the ticket that the report joins, if that one is still open."""
    if not report.same.isdecimal():
        return None
    ticket = session.get(Ticket, int(report.same))
    return ticket.id if ticket is not None and ticket.done_at is None else None
