"""What can be wrong with a ticket. Each names the wording key of its sentence."""


class TicketError(Exception):
    """Base: `status` is the HTTP status, `wording` the key of the sentence that is shown."""

    status = 400
    wording = "ticket.error"

    def __init__(self, message: str = "", **values: str) -> None:
        super().__init__(message or self.wording)
        self.values = values


class WrongTransition(TicketError):
    """A ticket cannot go from its state to that one (data/policy/tickets.yml)."""

    status = 409
    wording = "ticket.error_transition"


class StaleTicket(TicketError):
    """Somebody changed the ticket after the person saw it; nothing was changed now."""

    status = 409
    wording = "ticket.error_stale"


class UnknownOffice(TicketError):
    """There is no such body to pass a ticket to, or it has the ticket already."""

    status = 422
    wording = "ticket.error_office"


class NothingSaid(TicketError):
    """A change needs words: a reason, a question, an answer."""

    status = 422
    wording = "ticket.error_empty"


class WrongKind(TicketError):
    """The change is for another kind of ticket: an appointment for a visit, a call for a call."""

    status = 409
    wording = "ticket.error_kind"


class PastMoment(TicketError):
    """An appointment lies in the past."""

    status = 422
    wording = "ticket.error_past"


class BadRating(TicketError):
    """A rating is a whole number from 1 to 5."""

    status = 422
    wording = "ticket.error_rating"


class TooLate(TicketError):
    """The days in which the citizen may have a ticket taken up again are over."""

    status = 409
    wording = "ticket.error_too_late"


class UnknownIncident(TicketError):
    """There is no such incident, or it has ended."""

    status = 404
    wording = "ticket.error_incident"


class UnknownSecret(TicketError):
    """The ticket holds no personal datum under that placeholder."""

    status = 404
    wording = "ticket.error_secret"


class FieldError(TicketError):
    """A value does not do for a field; `wording` is the key of what to tell the citizen."""

    status = 422

    def __init__(self, problem: str) -> None:
        self.wording = f"form.invalid_{problem}"
        super().__init__(self.wording)


class PolicyError(Exception):
    """A file of data/policy is unusable or does not cover the case; the message says which."""
