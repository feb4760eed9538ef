"""What a client posts: read, checked, and freed from personal data."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.open311 import services
from bot.open311.errors import BadCall
from bot.privacy.kinds import placeholder
from bot.privacy.masking import Masker
from bot.privacy.vault import merge_counters
from bot.tickets.errors import FieldError
from bot.tickets.form_fields import FormField
from bot.tickets.forms import Form
from bot.tickets.sealed import Secret
from bot.tickets.spots import Outside, Spot, at, find

LONGEST_DESCRIPTION = 4000
LONGEST_TEXT = 500
LONGEST_REFERENCE = 128
REFERENCES = ("attribute[external_id]", "external_id")
"""Where a client puts its own number of a request."""
DETAIL, LOCATION, CONTACT, MEDIA = "detail", "location", "contact", "media_url"
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_PHONE = re.compile(r"\+?[0-9][0-9 ().-]{6,23}")
_EMAIL = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,190}")
Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Posted:
    """A request that can be opened."""

    form: Form
    fields: dict[str, str]
    """As the form keeps them, masked."""
    spot: Spot | None
    answers: dict[str, str]
    """The choices among the fields, for routing."""
    secrets: list[Secret]
    reference: str | None


@dataclass
class _Taking:
    """The personal data that were taken out so far."""

    masker: Masker
    counters: dict[str, int] = field(default_factory=dict)
    secrets: list[Secret] = field(default_factory=list)

    def masked(self, text: str) -> str:
        """A text without personal data; those that may be kept are kept aside."""
        found = self.masker.mask(text, self.counters)
        self.counters = merge_counters(self.counters, found.findings)
        self.secrets += [
            (one.placeholder, one.kind, one.original)
            for one in found.findings
            if one.keep and one.original
        ]
        return found.text


def read(given: Fields, *, masker: Masker, media_hosts: frozenset[str]) -> Posted:
    """Check what was posted. Raises BadCall with a sentence, and NotThere for the service."""
    code = _one(given, "service_code")
    if code is None:
        raise BadCall("open311.no_service_code")
    form = services.form(code)
    taking = _Taking(masker)
    where, spot = _where(given, taking)
    fields = {LOCATION: where}
    if description := _description(given, taking):
        fields[DETAIL] = description
    answers: dict[str, str] = {}
    for one in services.attributes(form):
        if (value := _attribute(given, one, taking)) is not None:
            fields[one.id] = value
            if one.choices:
                answers[one.id] = value
    if media := _media(given, media_hosts, taking):
        fields[MEDIA] = media
    if contact := _contact(given, taking):
        fields[CONTACT] = contact
    return Posted(form, fields, spot, answers, taking.secrets, reference(given))


def reference(given: Fields) -> str | None:
    """The client's own number of the request. Raises BadCall when it is too long."""
    for name in REFERENCES:
        if (own := _one(given, name)) is not None:
            if len(own) > LONGEST_REFERENCE:
                raise BadCall("open311.too_long", values={"name": name})
            return own
    return None


def _one(given: Fields, name: str) -> str | None:
    """The one value of a parameter, tidied; an empty one counts as none. Raises BadCall."""
    values = [tidy for value in given.get(name, ()) if (tidy := _CONTROL.sub("", value).strip())]
    if len(values) > 1:
        raise BadCall("open311.twice", values={"name": name})
    return values[0] if values else None


def _where(given: Fields, taking: _Taking) -> tuple[str, Spot | None]:
    """The place as text, and the spot as far as it is known. Raises BadCall."""
    address = _one(given, "address_string")
    point = _point(given)
    if point is None and address is None:
        raise BadCall("open311.no_location")
    if address is not None and len(address) > LONGEST_TEXT:
        raise BadCall("open311.too_long", values={"name": "address_string"})
    found = at(*point) if point else find(address or "")
    if isinstance(found, Outside):
        raise BadCall("open311.outside")
    spot = found if isinstance(found, Spot) else None
    shown = address or (spot and spot.name) or "{}, {}".format(*point or ())
    return taking.masked(shown), spot


def _point(given: Fields) -> tuple[float, float] | None:
    texts = _one(given, "lat"), _one(given, "long")
    if texts == (None, None):
        return None
    try:
        latitude, longitude = (float(text or "") for text in texts)
    except ValueError:
        raise BadCall("open311.bad_point") from None
    sound = math.isfinite(latitude) and math.isfinite(longitude)
    if not sound or abs(latitude) > 90 or abs(longitude) > 180:
        raise BadCall("open311.bad_point")
    return latitude, longitude


def _description(given: Fields, taking: _Taking) -> str | None:
    text = _one(given, "description")
    if text is None:
        return None
    if len(text) > LONGEST_DESCRIPTION:
        raise BadCall("open311.too_long", values={"name": "description"})
    if _TAG.search(text):
        raise BadCall("open311.html")
    return taking.masked(text)


def _attribute(given: Fields, asked: FormField, taking: _Taking) -> str | None:
    names = (f"attribute[{asked.id}]", f"attribute[{asked.id}][]")
    values = [value for name in names if (value := _one(given, name)) is not None]
    if not values:
        if services.required(asked):
            raise BadCall("open311.attribute_missing", values={"name": asked.id})
        return None
    text = values[0]
    if len(values) > 1 or (asked.choices and text not in asked.choices):
        raise BadCall("open311.attribute_value", values={"name": asked.id})
    if asked.choices:
        return text
    try:
        return asked.check(taking.masked(text))
    except FieldError:
        raise BadCall("open311.attribute_value", values={"name": asked.id}) from None


def _contact(given: Fields, taking: _Taking) -> str | None:
    """Placeholders of the phone and the e-mail address. Names are not kept at all."""
    kept = []
    for name, pattern in (("phone", _PHONE), ("email", _EMAIL)):
        if (value := _one(given, name)) is None:
            continue
        if not pattern.fullmatch(value):
            raise BadCall("open311.bad_value", values={"name": name})
        kept.append(_sealed(name, value, taking))
    return ", ".join(kept) or None


def _sealed(kind: str, value: str, taking: _Taking) -> str:
    masked = taking.masked(value)
    if masked.startswith("[") and masked.endswith("]"):
        return masked
    # Not in a form that the masker knows, such as a number abroad.
    number = taking.counters.get(kind, 0) + 1
    taking.counters[kind] = number
    name = placeholder(kind, number)
    taking.secrets.append((name, kind, value))
    return name


def _media(given: Fields, hosts: frozenset[str], taking: _Taking) -> str | None:
    """The address of a picture, as text for staff: it is never opened by us."""
    url = _one(given, MEDIA)
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        raise BadCall("open311.bad_value", values={"name": MEDIA}) from None
    sound = parts.scheme in ("http", "https") and "." in host and not parts.username
    if not sound or len(url) > LONGEST_TEXT or not re.fullmatch(r"[!-~]+", url):
        raise BadCall("open311.bad_value", values={"name": MEDIA})
    if hosts and host not in hosts:
        raise BadCall("open311.bad_value", values={"name": MEDIA})
    return taking.masked(url)
