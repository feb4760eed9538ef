"""What can go wrong on the staff pages. Each names the wording key of the sentence it shows."""


class StaffError(Exception):
    """Base: `status` is the HTTP status, `wording` the key of the sentence that is shown."""

    status = 400
    wording = "staff.error_bad_request"

    def __init__(self, **values: str) -> None:
        super().__init__(self.wording)
        self.values = values


class BadRequest(StaffError):
    """The request lacks a field, or has one that cannot be read."""

    status = 422


class SignedOut(StaffError):
    """No session, or one that has expired."""

    status = 401
    wording = "staff.error_signed_out"


class MustChangePassword(StaffError):
    """The account still has its one-time password, which opens nothing but the change page."""

    status = 403
    wording = "staff.error_must_change"


class WrongForm(StaffError):
    """The form's CSRF token is missing or not this session's."""

    status = 403
    wording = "staff.error_wrong_form"


class WrongPassword(StaffError):
    """The login is unknown or inactive, or the password is not its own: all three look the same."""

    status = 401
    wording = "staff.error_wrong_password"


class WrongCurrentPassword(StaffError):
    """Changing the password, the person gave a wrong present one."""

    status = 422
    wording = "staff.error_wrong_current_password"


class TooManyAttempts(StaffError):
    """Too many failed attempts for this login or from this address."""

    status = 429
    wording = "staff.error_too_many_attempts"

    def __init__(self, *, seconds: int) -> None:
        super().__init__(minutes=str(-(-seconds // 60)))
        self.seconds = seconds
        """After how many seconds an attempt is allowed again."""


class WeakPassword(StaffError):
    """The new password breaks a rule; the wording says which."""

    status = 422

    def __init__(self, wording: str, **values: str) -> None:
        self.wording = wording
        super().__init__(**values)


class BadLogin(StaffError):
    """The login has characters or a length that logins may not have."""

    status = 422
    wording = "staff.error_bad_login"


class UnknownRole(StaffError):
    """No such role."""

    status = 422
    wording = "staff.error_unknown_role"


class LoginTaken(StaffError):
    """Another account has this login."""

    status = 409
    wording = "staff.error_login_taken"


class UnknownAccount(StaffError):
    """No account has this login."""

    status = 404
    wording = "staff.error_unknown_account"


class UnknownConversation(StaffError):
    """No conversation has this id."""

    status = 404
    wording = "staff.error_unknown_conversation"


class UnknownTicket(StaffError):
    """No ticket has this receipt number."""

    status = 404
    wording = "staff.error_unknown_ticket"


class HeldByAnother(StaffError):
    """Another staff member holds the conversation."""

    status = 409
    wording = "staff.error_held_by_another"


class SealedUnreadable(StaffError):
    """A sealed datum does not open with any key of the vault."""

    status = 409
    wording = "staff.error_sealed_unreadable"


class NoteTooLong(StaffError):
    """A note is longer than the limit; it is refused, never cut."""

    status = 413
    wording = "staff.error_note_too_long"


class AlreadyClosed(StaffError):
    """The conversation has already ended."""

    status = 409
    wording = "staff.error_already_closed"


class UnknownLabel(StaffError):
    """No label has this id; the citizen may have deleted the conversation."""

    status = 404
    wording = "staff.error_unknown_label"


class LabelDecided(StaffError):
    """The label has been confirmed or rejected already."""

    status = 409
    wording = "staff.error_label_decided"


class UnknownTopic(StaffError):
    """The catalogue has no such topic."""

    status = 422
    wording = "staff.error_unknown_topic"
