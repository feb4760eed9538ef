"""What can be wrong with an Open311 call: an HTTP status and the key of a sentence."""

from collections.abc import Mapping


class Open311Error(Exception):
    """Base: GeoReport v2 knows 400, 403 and 404; 413 and 429 say more than 400 would."""

    status = 400

    def __init__(
        self,
        wording: str,
        *,
        retry_after: int | None = None,
        values: Mapping[str, str] | None = None,
    ) -> None:
        """`wording`: the key of the sentence; `retry_after`: seconds."""
        super().__init__(wording)
        self.wording = wording
        self.values = dict(values or {})
        self.retry_after = retry_after


class BadCall(Open311Error):
    """A parameter is missing or cannot be used."""


class NoKey(Open311Error):
    """The API key is missing, unknown or revoked."""

    status = 403


class NotThere(Open311Error):
    """No such service, request, token, jurisdiction or address of the API."""

    status = 404


class TooLarge(Open311Error):
    """The body of a call is larger than a request may be."""

    status = 413


class TooMany(Open311Error):
    """A key posted too much in a minute."""

    status = 429
