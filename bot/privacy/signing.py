"""Signatures that make a link a proof: whoever has the link sees what it leads to, for a time."""

import base64
import hashlib
import hmac

LENGTH = 22
"""Characters of a signature: 128 bits in URL-safe base64."""


def signature(key: str, purpose: str, *parts: str) -> str:
    """The signature of `parts` for one purpose; another purpose or order has another one."""
    # Lengths keep ("ab", "c") and ("a", "bc") apart.
    text = "".join(f"{len(part)}:{part}" for part in (purpose, *parts))
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def fits(given: str, key: str, purpose: str, *parts: str) -> bool:
    """Whether `given` is that signature, in constant time."""
    return hmac.compare_digest(given.encode(), signature(key, purpose, *parts).encode())
