"""What the Graph API's reply means for a message: sent, later, set aside, or not reachable."""

from collections.abc import Mapping
from typing import Any

import httpx

from bot.channels.base import Sent
from bot.channels.checks import retry_after
from bot.channels.http import Called

WINDOW_CLOSED = 10
"""Outside of the time in which a page may write; also a permission that is lacking."""
TOO_FAST = frozenset({4, 17, 32, 613, 80006})
UNAVAILABLE = frozenset({551})
"""The citizen blocked the page, or is gone."""
UNAVAILABLE_SUBCODES = frozenset({1545041, 2018108})
TEMPORARY = frozenset({1, 2, 1200})
TOKEN = frozenset({102, 190})
"""Another try helps once somebody has set a new token."""


def result(called: Called) -> Sent:
    """How sending went, by status and error code."""
    error = called.body.get("error")
    if not isinstance(error, dict):
        return _without_error(called)
    code, subcode = _number(error, "code"), _number(error, "error_subcode")
    if code in UNAVAILABLE or subcode in UNAVAILABLE_SUBCODES:
        return Sent("blocked", reason="the citizen cannot be reached on Messenger")
    if code == WINDOW_CLOSED:
        reason = "outside of the 24 hours in which a page may write (#10)"
        return Sent("parked", reason=reason)
    if code in TOO_FAST or called.status == httpx.codes.TOO_MANY_REQUESTS:
        return Sent("again", reason=f"too many calls (#{code})", retry_after=retry_after(called))
    if code in TOKEN:
        return Sent("again", reason=f"the page's token is not valid (#{code})")
    if code in TEMPORARY or error.get("is_transient") is True:
        # Meta says nothing about whether such a message went out.
        return Sent("maybe", reason=f"the Graph API failed for the moment (#{code})")
    if called.status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Sent("maybe", reason=f"the Graph API said {called.status} (#{code})")
    return Sent("parked", reason=f"the Graph API refused it (#{code})")


def _without_error(called: Called) -> Sent:
    if called.status == httpx.codes.OK:
        id_ = called.body.get("message_id")
        if isinstance(id_, str) or "recipient_id" in called.body:
            return Sent("ok", message_id=id_ if isinstance(id_, str) else None)
        return Sent("maybe", reason="the Graph API's reply is unreadable")
    reason = f"the Graph API said {called.status}"
    if called.status == httpx.codes.TOO_MANY_REQUESTS:
        return Sent("again", reason=reason, retry_after=retry_after(called))
    if called.status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Sent("maybe", reason=reason)
    return Sent("parked", reason=reason)


def _number(error: Mapping[str, Any], name: str) -> int:
    value = error.get(name)
    return value if isinstance(value, int) else 0
