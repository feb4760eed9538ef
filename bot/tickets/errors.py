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
