"""What a body is told of a ticket: a subject and lines, without anybody's personal data.

Personal data stay placeholders; the officer looks at them in the console, signed in, where each
look is recorded.
"""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from sqlalchemy.orm import Session

from bot.attachments.service import of_ticket
from bot.hours import SEOUL
from bot.knowledge.topics import title
from bot.tickets.delivery_models import TicketDelivery
from bot.tickets.forms import Forms, NoForm
from bot.tickets.models import Ticket
from bot.wording import Wording

_LONGEST_SUBJECT = 150


@dataclass(frozen=True)
class Letter:
    """A letter, in the language of the body."""

    subject: str
    intro: str
    lines: tuple[tuple[str, str], ...]
    """Label and value of each thing told."""
    links: tuple[tuple[str, str], ...]
    """Label and address of each thing that can be done."""
    ending: str

    def plain(self) -> str:
        """The letter as plain text."""
        told = "\n".join(f"- {label}: {value}" for label, value in self.lines)
        links = "\n\n".join(f"{label}\n{address}" for label, address in self.links)
        return f"{self.intro}\n\n{told}\n\n{links}\n\n{self.ending}\n"

    def html(self) -> str:
        """The letter as simple HTML; nothing in it loads anything."""
        rows = "".join(
            f"<tr><th align='left' valign='top'>{_escaped(label)}</th>"
            f"<td>{_escaped(value)}</td></tr>"
            for label, value in self.lines
        )
        links = "".join(
            f"<p><a href='{html.escape(address, quote=True)}'>{_escaped(label)}</a></p>"
            for label, address in self.links
        )
        return (
            f"<!doctype html><html><body><p>{_escaped(self.intro)}</p>"
            f"<table cellpadding='4'>{rows}</table>{links}"
            f"<p>{_escaped(self.ending)}</p></body></html>"
        )


class Writer:
    """Writes letters; safe to share between threads."""

    def __init__(self, *, wording: Wording, forms: Forms, base_url: str) -> None:
        self._wording = wording
        self._forms = forms
        self._base_url = base_url

    def letter(
        self, session: Session, delivery: TicketDelivery, token: str, language: str, now: datetime
    ) -> Letter:
        """The letter of a delivery; `token` makes the link that gives the ticket back."""
        ticket = delivery.ticket
        values = {
            "receipt": ticket.receipt_number,
            "title": title(ticket.topic, language) or self._say("no_title", language),
        }
        kind: str = delivery.kind
        if kind == "reminder" and ticket.due_at <= now:
            kind = "overdue"
        return Letter(
            subject=one_line(self._say(f"subject_{kind}", language, values)),
            intro=self._say(f"intro_{kind}", language, values),
            lines=tuple(self._lines(session, ticket, values["title"], language)),
            links=tuple(self._links(ticket, kind, token, language)),
            ending=self._say("ending", language),
        )

    def told(
        self, ticket: Ticket, language: str, *, where: bool = True
    ) -> Iterator[tuple[str, str]]:
        """Label and value of each thing that the citizen told; without `where`, no place."""
        try:
            form = self._forms.of(ticket.topic)
        except NoForm:
            form = None
        for name, value in ticket.fields.items():
            field = form.field(name) if form else None
            if field is not None and field.kind == "photo":
                continue
            if not where and name == "location":
                continue
            if form is not None and field is not None and value in field.choices:
                value = self._known(form.chosen(name, value), language) or value
            yield self._known(f"form.label_{name}", language) or name, value

    def answers(self, ticket: Ticket) -> dict[str, str]:
        """The choices among what the citizen told, by field."""
        try:
            form = self._forms.of(ticket.topic)
        except NoForm:
            return {}
        chosen = ((name, form.field(name), value) for name, value in ticket.fields.items())
        return {name: value for name, field, value in chosen if field and value in field.choices}

    def description(self, ticket: Ticket, language: str) -> str:
        """What the citizen told, as one text."""
        return "\n".join(f"{label}: {value}" for label, value in self.told(ticket, language))

    def _lines(
        self, session: Session, ticket: Ticket, name: str, language: str
    ) -> Iterator[tuple[str, str]]:
        yield self._say("line_receipt", language), ticket.receipt_number
        yield self._say("line_title", language), name
        # Where somebody is visited, somebody lives: that stands in the console alone.
        home = ticket.kind == "visit"
        yield from self.told(ticket, language, where=not home)
        known = (ticket.city, ticket.district, None if home else ticket.place)
        if where := dict.fromkeys(one for one in known if one):
            yield self._say("line_place", language), " ".join(where)
        if ticket.latitude is not None and ticket.longitude is not None and not home:
            yield self._say("line_spot", language), f"{ticket.latitude:.6f}, {ticket.longitude:.6f}"
        if photos := len(of_ticket(session, ticket.id)):
            yield self._say("line_photos", language), str(photos)
        yield self._say("line_due", language), f"{ticket.due_at.astimezone(SEOUL):%Y-%m-%d %H:%M}"
        if ticket.routed_by:
            yield self._say("line_rule", language), ticket.routed_by

    def _links(
        self, ticket: Ticket, kind: str, token: str, language: str
    ) -> Iterator[tuple[str, str]]:
        if kind == "withdrawn":
            return
        page = f"{self._base_url}/staff/tickets/{quote(ticket.receipt_number)}"
        yield self._say("link_page", language), page
        yield (
            self._say("link_not_ours", language),
            f"{self._base_url}/bodies/not-ours/{token}?lang={language}",
        )

    def _say(self, name: str, language: str, values: dict[str, str] | None = None) -> str:
        return self._wording.text(f"delivery.{name}", language, values)

    def _known(self, key: str, language: str) -> str | None:
        return self._wording.template(key, language) if self._wording.has(key) else None


def one_line(text: str) -> str:
    """A text that fits a header: no control characters, not too long."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(plain.split())[:_LONGEST_SUBJECT]


def _escaped(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")
