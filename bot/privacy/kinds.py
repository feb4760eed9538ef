"""The kinds of personal data: the name a placeholder carries, and whether the original may lie.

Resident and foreigner registration, passport and licence numbers may not be processed without a
law that names them (개인정보 보호법 제24조, 제24조의2); account and card numbers are never needed.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of personal data: the label in its placeholder, and whether the vault may keep it."""

    name: str
    label: str
    keep: bool


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("resident_number", "주민등록번호", keep=False),
        Kind("foreigner_number", "외국인등록번호", keep=False),
        Kind("passport", "여권번호", keep=False),
        Kind("driver_license", "운전면허번호", keep=False),
        Kind("account", "계좌번호", keep=False),
        Kind("card", "카드번호", keep=False),
        Kind("phone", "전화번호", keep=True),
        Kind("email", "이메일", keep=True),
        Kind("vehicle_plate", "차량번호", keep=True),
        Kind("check_code", "확인번호", keep=True),
    )
}

_LABELS = "|".join(kind.label for kind in KINDS.values())
# Four digits: no conversation gets that far, and a real number in brackets stays visible to
# the detectors.
_INSIDE = rf"\s*(?:{_LABELS})\s*\d{{1,4}}\s*"
TYPED_PLACEHOLDER = re.compile(rf"[\[［]({_INSIDE})[\]］]")
"""What a citizen may have typed to point at somebody's value."""
ANY_PLACEHOLDER = re.compile(rf"[\[(]{_INSIDE}[\])]")
"""A placeholder, genuine or neutralised, after folding: nothing in it is evidence of anything."""


def placeholder(kind: str, number: int) -> str:
    """The text that stands for the `number`th value of `kind`, such as `[전화번호 1]`."""
    return f"[{KINDS[kind].label} {number}]"


_UNKEPT = tuple(f"[{kind.label} " for kind in KINDS.values() if not kind.keep)


def unkept_in(text: str) -> bool:
    """Whether a masked text held something that is destroyed at the door."""
    return any(start in text for start in _UNKEPT)
