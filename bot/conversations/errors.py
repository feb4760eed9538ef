"""What can be wrong with a message or a conversation; each names its sentence's wording key."""


class ConversationError(Exception):
    """Base: `status` is the HTTP status, `wording` the key of the sentence that is shown."""

    status = 400
    wording = "error.bad_request"

    def __init__(self, **values: str) -> None:
        super().__init__(self.wording)
        self.values = values


class UnknownConversation(ConversationError):
    """No such conversation, or the token is not its own: the two look the same from outside."""

    status = 404
    wording = "error.unknown_conversation"


class MissingToken(ConversationError):
    """The request brings no bearer token."""

    status = 401
    wording = "error.missing_token"


class EmptyMessage(ConversationError):
    """Nothing remains of the text after cleaning."""

    status = 422
    wording = "error.empty_message"


class MessageTooLong(ConversationError):
    """The text is longer than the limit."""

    status = 413
    wording = "error.message_too_long"


class UnknownButton(ConversationError):
    """The payload is not the id of a button shown in this conversation."""

    status = 422
    wording = "error.unknown_button"


class ConversationClosed(ConversationError):
    """The conversation has ended; a new one can be opened."""

    status = 409
    wording = "error.conversation_closed"


class TooManyMessages(ConversationError):
    """More messages in a minute than the settings allow."""

    status = 429
    wording = "error.too_many_messages"


class WrongState(ConversationError):
    """Staff asked for a step that the conversation's state does not allow."""

    status = 409
    wording = "error.wrong_state"


class UnknownPresence(ConversationError):
    """Staff said a presence that there is not, or a capacity below one."""

    status = 422
    wording = "error.unknown_presence"


class TooManyCodes(ConversationError):
    """More wrong short codes were typed in a conversation than are borne."""

    status = 429
    wording = "error.too_many_codes"


class BadSwitch(ConversationError):
    """A kill switch without scope, subject, reason or banner, or one that there is not."""

    status = 422
    wording = "error.bad_switch"


class BadRules(ConversationError):
    """A rule of the desk that makes no sense beside the others, or a change without a reason."""

    status = 422
    wording = "error.bad_rules"

    def __init__(self, *fields: str) -> None:
        super().__init__()
        self.fields = fields
        """The names of what is wrong, where a single one can be named."""


class StaleRules(ConversationError):
    """Somebody else changed the desk's rules after the form was opened."""

    status = 409
    wording = "error.stale_rules"


class BadScore(ConversationError):
    """A satisfaction that is none of 1 to 5."""

    status = 422
    wording = "error.bad_score"


class NotNow(ConversationError):
    """A part of the service that is needed cannot be reached; trying again helps."""

    status = 503
    wording = "error.internal"


class RasaFailed(Exception):
    """Rasa did not answer in time, could not be reached, or answered with nothing."""
