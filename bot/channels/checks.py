"""Small checks that several messengers share: secrets, settings, what a refusal asks for."""

import hmac
import math

from bot.channels.http import Called

LONGEST_WAIT = 3600.0


def same(given: str, expected: str) -> bool:
    """Whether two secrets are the same, compared in constant time; an empty one never is."""
    if not expected:
        return False
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )


def listed(setting: str) -> tuple[str, ...]:
    """The entries of a comma separated setting."""
    return tuple(entry.strip() for entry in setting.split(",") if entry.strip())


def retry_after(called: Called) -> float | None:
    """Seconds that a platform asks to wait; None where it does not say a number."""
    try:
        seconds = float(called.headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else None
