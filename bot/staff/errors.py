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


class NotAllowed(StaffError):
    """The person's role does not give the right that this needs."""

    status = 403
    wording = "rights.error_not_allowed"


class OtherOffice(StaffError):
    """The ticket is another office's."""

    status = 403
    wording = "rights.error_other_office"


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


class LastAdministrator(StaffError):
    """The change would leave nobody who can manage accounts."""

    status = 409
    wording = "rights.error_last_administrator"


class OfficeNeeded(StaffError):
    """A department officer needs an office of data/policy/offices.yml."""

    status = 422
    wording = "rights.error_office_needed"


class UnknownSession(StaffError):
    """No such session, or it is somebody else's."""

    status = 404
    wording = "rights.error_unknown_session"


class NoOpenId(StaffError):
    """Sign-in by the organisation's account is not set up here."""

    status = 404
    wording = "rights.error_no_openid"


class OpenIdFailed(StaffError):
    """The provider refused, could not be reached, or sent what does not fit the sign-in."""

    status = 401
    wording = "rights.error_openid"


class OpenIdUnknown(StaffError):
    """The provider knows the person, but no account here is meant for them."""

    status = 403
    wording = "rights.error_openid_unknown"


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


class BadViewName(StaffError):
    """A view of the inbox has no name, or one that is too long."""

    status = 422
    wording = "desk_inbox.error_view_name"


class TooManyViews(StaffError):
    """A person keeps as many views as may be kept."""

    status = 409
    wording = "desk_inbox.error_too_many_views"


class NobodyWaits(StaffError):
    """There is no conversation to take."""

    status = 409
    wording = "desk_inbox.error_nobody_waits"


class UnknownColleague(StaffError):
    """No open account that may hold conversations has this login."""

    status = 422
    wording = "desk_talk.error_unknown_colleague"


class UnknownCloseReason(StaffError):
    """A conversation is closed without a reason, or with one that there is not."""

    status = 422
    wording = "desk_talk.error_close_reason"


class NotWarnedYet(StaffError):
    """A conversation may be closed for abuse only after the warnings."""

    status = 409
    wording = "desk_talk.error_not_warned"


class NotYours(StaffError):
    """The step is for the person who holds the conversation."""

    status = 409
    wording = "desk_talk.error_not_yours"


class NoNote(StaffError):
    """A note without words."""

    status = 422
    wording = "desk_talk.error_no_note"


class BadMask(StaffError):
    """What is to be masked is too short, too long, or of a kind that there is not."""

    status = 422
    wording = "desk_talk.error_bad_mask"


class NotSaid(StaffError):
    """What is to be masked stands nowhere in the conversation any more."""

    status = 404
    wording = "desk_talk.error_not_said"


class UnknownMessage(StaffError):
    """The conversation has no such message."""

    status = 404
    wording = "desk_talk.error_unknown_message"


class BadTicketForm(StaffError):
    """A ticket cannot be opened: its topic has no form, or fields are missing or wrong."""

    status = 422
    wording = "desk_talk.error_ticket_form"
