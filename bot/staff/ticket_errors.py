"""What can go wrong with the desk's tickets, beside what `bot.tickets` refuses."""

from bot.staff.errors import StaffError


class UnknownHandler(StaffError):
    """No open account that may handle this ticket has this login."""

    status = 422
    wording = "desk_tickets.error_handler"


class UnknownReason(StaffError):
    """The term is extended for no reason that data/policy/desk_tickets.yml knows."""

    status = 422
    wording = "desk_tickets.error_reason"


class BadMoment(StaffError):
    """A day or a time cannot be read."""

    status = 422
    wording = "desk_tickets.error_moment"


class NoteTooLong(StaffError):
    """A text is longer than the limit; it is refused, never cut."""

    status = 413
    wording = "desk_tickets.error_too_long"


class NothingChosen(StaffError):
    """No ticket of the list was chosen."""

    status = 422
    wording = "desk_tickets.error_nothing_chosen"


class TooManyChosen(StaffError):
    """More tickets were chosen than are changed at once."""

    status = 422
    wording = "desk_tickets.error_too_many"


class UnknownAct(StaffError):
    """There is no such act, or it is not done to several tickets at once."""

    status = 422
    wording = "desk_tickets.error_act"
