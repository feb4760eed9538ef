"""One small detector a kind of personal data, run in order of certainty.

A detector takes a folded text (folding.py), in which what was recognised before is blanked, and
yields stretches of it. The masker blanks each before it asks the next detector, so a number
belongs to the first that claims it. A stretch without a kind is something public or harmless
(an office's phone, a date, a receipt number) that no later detector may claim.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.privacy.evidence import TAKEN, Cue, born, digits_of, is_date
from bot.privacy.policy import Policy, any_of


@dataclass(frozen=True)
class Stretch:
    """`text[start:end]` is of `kind`; None means harmless."""

    start: int
    end: int
    kind: str | None


Detector = Callable[[str], Iterator[Stretch]]

# Codes of regions, internet phones and numbers that stand in for another.
_AREA = r"(?:02|0[3-6][1-5]|070|050\d|080)"
# Between the groups of a number.
_SEP = r"[\s.,\-/·_~]{0,3}"
_REGION = (
    "서울|부산|대구|인천|광주|대전|울산|세종|경기남부|경기북부|경기|강원"
    "|충북|충남|전북|전남|경북|경남|제주"
)


def detectors(policy: Policy) -> list[Detector]:
    """All detectors, the surest first."""
    phones, accounts = Phones(policy), Accounts(policy)
    return [
        Emails(policy),
        check_codes,
        Harmless(),
        Residents(policy),
        Licences(policy),
        Passports(policy),
        Cards(policy),
        accounts.with_cue,
        phones.complete,
        accounts.spaced_with_cue,
        accounts.of_known_shape,
        phones.local,
        Plates(policy),
    ]


class Emails:
    """E-mail addresses, also with 골뱅이 or (at) and a service spelled in Korean."""

    _AT = r"\s?(?:@|골뱅이|[(\[]\s?at\s?[)\]])\s?"
    _LOCAL = r"(?<![A-Za-z0-9])[A-Za-z0-9](?:[A-Za-z0-9._%+\-]{0,62}[A-Za-z0-9_+\-])?"

    def __init__(self, policy: Policy) -> None:
        dot = r"\s?(?:\.|점|쩜|닷|dot)\s?"
        ascii_domain = rf"[A-Za-z0-9][A-Za-z0-9\-]*(?:{dot}[A-Za-z][A-Za-z\-]+)+"
        services = "|".join(map(re.escape, policy.mail_services))
        endings = "|".join(map(re.escape, policy.mail_endings))
        # First, so that a word typed right behind "gmail.com" does not become part of it.
        known = rf"(?:{services}){dot}(?:com|net|co{dot}kr)"
        named = rf"(?:{services})(?:(?:{dot})?(?:{endings}|com|net|co\.kr))?"
        self._pattern = re.compile(
            rf"{self._LOCAL}{self._AT}(?:{known}|{ascii_domain}|{named})", re.IGNORECASE
        )
        self._worth_a_look = re.compile(r"@|골뱅이|at\s?[)\]]", re.IGNORECASE)

    def __call__(self, text: str) -> Iterator[Stretch]:
        """Yield every address in `text`."""
        if self._worth_a_look.search(text):
            for match in self._pattern.finditer(text):
                yield Stretch(match.start(), match.end(), "email")


_CODE = "[2-9A-HJ-NP-Z]{4}"
_CHECK_CODE = re.compile(
    rf"(?<![A-Za-z0-9\-])({_CODE}\s?-\s?{_CODE})(?![A-Za-z0-9]|-[A-Za-z0-9])", re.IGNORECASE
)


def check_codes(text: str) -> Iterator[Stretch]:
    """Yield the check codes of tickets: four and four, with at least one digit and one letter."""
    for match in _CHECK_CODE.finditer(text):
        code = match[1]
        if any(c.isdigit() for c in code) and any(c.isascii() and c.isalpha() for c in code):
            yield Stretch(match.start(), match.end(), "check_code")


class Harmless:
    """Receipt numbers, dates, amounts, microchips, coordinates, pages, identifiers of software."""

    _PATTERN = re.compile(
        r"""
          (?<![\d-])120-20\d\d-\d{6}(?!\d)                                        # receipt number
        | (?<![0-9A-Za-z])\d[A-Z]{2}-\d{4}-\d{7}(?!\d)                            # 국민신문고
        | (?<![\d-])(?P<y>(?:19|20)\d\d)[-./](?P<m>\d{1,2})[-./](?P<d>\d{1,2})(?![\d-])   # date
        | (?<![\d.-])[1-9]\d{0,2}(?:,\d{3})+(?![\d-])                             # 1,234,000
        | (?<![\d.-])[1-9]\d{0,11}\s?(?:[만천억]\s?)?원(?![금래장하서인])              # amount
        | (?<![\d-])410[\s-]?(?:\d[\s-]?){11}\d(?![\d-])       # microchip: Korea (ISO 11784/11785)
        | (?<!\d)(?:3[2-9]|12[4-9]|13[01])\.\d{4,}(?![\d-])                       # coordinate
        | (?<![0-9A-Za-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9A-Za-z])  # UUID
        """,
        re.VERBOSE,
    )

    _ADDRESS = re.compile(r"(?:https?://|www\.)[!-~]+", re.IGNORECASE)
    # Long enough to look like a card, too long for a phone: the number of a page.
    _PAGE = re.compile(r"(?<=[/=])\d{12,}(?!\d)")

    def __call__(self, text: str) -> Iterator[Stretch]:
        """Yield what later detectors shall not see."""
        for address in self._ADDRESS.finditer(text):
            for page in self._PAGE.finditer(text, address.start(), address.end()):
                yield Stretch(page.start(), page.end(), None)
        for match in self._PATTERN.finditer(text):
            if match["y"] and not is_date(int(match["y"]), int(match["m"]), int(match["d"])):
                continue
            yield Stretch(match.start(), match.end(), None)


class Residents:
    """Resident and foreigner registration numbers: a day of birth, then 1-4 or 5-8 and six digits.

    Numbers issued since 2020-10 have no check digit (주민등록법 시행규칙 제2조), so none is asked.
    """

    _SHAPE = re.compile(rf"(?<!\d)(\d{{6}}){_SEP}([1-8])(\d{{6}})(?!\d)")
    # 900101-1******: a birthday and a sex are personal even so.
    _HALF_HIDDEN = re.compile(
        rf"(?<!\d)(\d{{6}}){_SEP}([1-8])(?=[\d*xX●○•ㅇ#_]{{5,6}})\d{{0,5}}[*xX●○•ㅇ#_]{{2,6}}\d{{0,4}}"
    )
    _LOOSE = re.compile(r"(?<!\d)\d(?:[\s.\-/]{0,3}\d){12}(?!\d)")

    def __init__(self, policy: Policy) -> None:
        cues = policy.cues
        self._foreigner = Cue(cues.foreigner, gap=12)
        self._named = Cue(cues.resident + cues.foreigner, gap=12)
        tail = any_of(cues.resident_tail)
        between = rf"[^\d{TAKEN}]{{0,6}}"
        self._tail = re.compile(
            rf"(?<!\d)(?:\d{{6}}{between})?(?:{tail}){between}[1-8]\d{{6}}(?!\d)"
        )
        self._corporate = Cue(cues.corporate, gap=6)
        self._other = Cue(cues.other_number, gap=6)

    def __call__(self, text: str) -> Iterator[Stretch]:
        """Yield numbers of the right shape, and others that are called by name."""
        for pattern in (self._SHAPE, self._HALF_HIDDEN):
            for match in pattern.finditer(text):
                if born(match[1], match[2]) and not self._harmless(text, match):
                    yield Stretch(match.start(), match.end(), _resident_kind(match[2]))
        for match in self._LOOSE.finditer(text):
            if self._named.before(text, match.start()):
                kind = _resident_kind(digits_of(match[0])[6])
                if self._foreigner.before(text, match.start()):
                    kind = "foreigner_number"
                yield Stretch(match.start(), match.end(), kind)
        if self._named.anywhere(text):
            for match in self._tail.finditer(text):
                # "앞자리 900101 뒷자리 1234567" goes as a whole, a tail alone without its word.
                start = match.start() if match[0][0].isdigit() else match.end() - 7
                yield Stretch(start, match.end(), _resident_kind(text[match.end() - 7]))

    def _harmless(self, text: str, match: re.Match[str]) -> bool:
        if self._corporate.before(text, match.start()):
            return True
        return match[0].isdigit() and self._other.before(text, match.start())


def _resident_kind(seventh: str) -> str:
    return "foreigner_number" if seventh in "5678" else "resident_number"


class Licences:
    """Driver's licences: region (11-28 or its name), year, six digits and two (도로교통법)."""

    _SHAPE = re.compile(
        rf"(?:(?:{_REGION})\s?-?\s?(?<!\d)(?:\d\d{_SEP})?|(?<!\d)(?<!\d-)(\d\d){_SEP})"
        r"\d\d(?P<sep>[\s.\-/]{1,3})\d{6}(?:[\s.\-/]{1,3})\d\d(?![\d]|-\d)"
    )
    _LOOSE = re.compile(
        rf"(?<!\d)(?:(?:{_REGION})[\s\-]{{0,3}}\d(?:[\s.\-/]{{0,3}}\d){{9,11}}"
        r"|\d(?:[\s.\-/]{0,3}\d){11})(?!\d)"
    )

    def __init__(self, policy: Policy) -> None:
        self._cue = Cue(policy.cues.driver_license, gap=14)
        self._account = Cue(policy.cues.account + policy.banks, gap=14)
        self._other = Cue(policy.cues.other_number, gap=6)

    def __call__(self, text: str) -> Iterator[Stretch]:
        """Yield numbers of the right shape, and twelve digits called a licence."""
        for match in self._SHAPE.finditer(text):
            if self._other.before(text, match.start()) or self._account.before(text, match.start()):
                continue
            if not match[1] or "-" in match["sep"] or 11 <= int(match[1]) <= 28:
                yield Stretch(match.start(), match.end(), "driver_license")
        for match in self._LOOSE.finditer(text):
            if self._cue.before(text, match.start()):
                yield Stretch(match.start(), match.end(), "driver_license")


class Passports:
    """Korean passports (M12345678; since 2021-12 M123A4567), and any number called a passport."""

    _SHAPE = re.compile(
        r"(?<![A-Za-z0-9\-])[MSRODGT](?:\s?-?\d{8}|\d{3}[A-Z]\d{4})(?![A-Za-z0-9]|-\d)",
        re.IGNORECASE,
    )
    _LOOSE = re.compile(
        r"(?<![A-Za-z0-9])(?:[A-Z]{1,2}[\s\-]?\d{6,9}|[A-Z]\s?\d{3}\s?[A-Z]\s?\d{4}"
        r"|[MSRODGT]\s?\d{3,4}[\s\-]\d{4,5}|\d{8,9}|[A-Z]\d[A-Z0-9]{6,7})(?![A-Za-z0-9])",
        re.IGNORECASE,
    )

    def __init__(self, policy: Policy) -> None:
        self._cue = Cue(policy.cues.passport, gap=14)
        self._other = Cue(policy.cues.other_number, gap=6)

    def __call__(self, text: str) -> Iterator[Stretch]:
        """Yield passport numbers."""
        for match in self._SHAPE.finditer(text):
            if not self._other.before(text, match.start()):
                yield Stretch(match.start(), match.end(), "passport")
        for match in self._LOOSE.finditer(text):
            if self._cue.before(text, match.start()) and not _is_day(match[0]):
                yield Stretch(match.start(), match.end(), "passport")


def _is_day(digits: str) -> bool:
    """Whether a run of eight digits is a day, as in 20261103."""
    if not (len(digits) == 8 and digits.isdigit() and digits[:2] in ("19", "20")):
        return False
    return is_date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))


class Cards:
    """Payment cards: four groups of four, an American Express, or digits called a card."""

    _GROUPED = re.compile(r"(?<!\d)(?<!\d-)\d{4}(?:[\s.\-/]{1,3}\d{4}){3}(?!\d|-\d)")
    _AMEX = re.compile(r"(?<!\d)3[47]\d\d[\s\-]\d{6}[\s\-]\d{5}(?!\d|-\d)")
    _SOLID = re.compile(r"(?<!\d)\d{16}(?!\d)")
    _LOOSE = re.compile(r"(?<!\d)\d(?:[\s.\-/]{0,3}\d){13,15}(?!\d)")

    def __init__(self, policy: Policy) -> None:
        self._cue = Cue(policy.cues.card, gap=14)
        self._account = Cue(policy.cues.account + policy.banks, gap=20)
        self._other = Cue(policy.cues.other_number, gap=6)

    def __call__(self, text: str) -> Iterator[Stretch]:
        """Yield card numbers. Sixteen digits without a gap need no cue, but yield to another's."""
        for pattern in (self._GROUPED, self._AMEX, self._SOLID):
            for match in pattern.finditer(text):
                if pattern is self._SOLID and not self._plausible(text, match):
                    continue
                if not self._other.before(text, match.start()):
                    yield Stretch(match.start(), match.end(), "card")
        for match in self._LOOSE.finditer(text):
            if self._cue.before(text, match.start()):
                yield Stretch(match.start(), match.end(), "card")

    def _plausible(self, text: str, match: re.Match[str]) -> bool:
        if self._cue.before(text, match.start()):
            return True
        return not self._account.before(text, match.start())


class Accounts:
    """Bank accounts: no common shape, so a cue or a bank's known grouping decides."""

    _TIGHT = re.compile(r"(?<![0-9A-Za-z])(?<![0-9A-Za-z][\-.])\d+(?:[\-.]\d+)*(?![\-.]?\d)")
    _SPACED = re.compile(r"(?<!\d)\d(?:[\s.\-/]{0,3}\d){9,15}(?!\d|-\d)")
    _PHONE_LIKE = re.compile(r"0(?:1[016789]|2|[3-6][1-5]|70|50\d)-?\d{3,4}-?\d{4}")

    def __init__(self, policy: Policy) -> None:
        cues = policy.cues
        # A cue reaches over "번호는 제주은행이고 예금주는 …"; an ordinary word reaches no further
        # than the number beside it.
        self._near = [
            Cue(cues.account, gap=25),
            Cue(policy.banks, gap=15),
            Cue(policy.bank_words, gap=2, whole_word=True),
        ]
        self._behind = [
            Cue(cues.account, gap=8),
            Cue(policy.banks, gap=6),
            Cue(policy.bank_words, gap=2, whole_word=True),
        ]
        self._other = Cue(cues.other_number, gap=6)
        shapes = (
            "-".join(rf"\d{{{n}}}" for n in shape.split("-")) for shape in policy.account_shapes
        )
        self._known = re.compile(rf"(?<!\d)(?<!\d-)(?:{'|'.join(shapes)})(?!\d|-\d)")

    def with_cue(self, text: str) -> Iterator[Stretch]:
        """Yield 10 to 16 digits, with hyphens or none, that a cue calls an account."""
        for match in self._TIGHT.finditer(text):
            if 10 <= len(digits_of(match[0])) <= 16 and not self._PHONE_LIKE.fullmatch(match[0]):
                yield from self._called(text, match)

    def spaced_with_cue(self, text: str) -> Iterator[Stretch]:
        """Yield the same with spaces between the groups, once phones are out of the way."""
        for match in self._SPACED.finditer(text):
            yield from self._called(text, match)

    def of_known_shape(self, text: str) -> Iterator[Stretch]:
        """Yield hyphenated numbers grouped as a bank groups them."""
        for match in self._known.finditer(text):
            year = match[0][:5]
            if year[4] == "-" and year[:2] in ("19", "20"):
                continue
            if not self._other.before(text, match.start()):
                yield Stretch(match.start(), match.end(), "account")

    def _called(self, text: str, match: re.Match[str]) -> Iterator[Stretch]:
        if self._other.before(text, match.start()):
            return
        near = any(cue.before(text, match.start()) for cue in self._near)
        if near or any(cue.after(text, match.end()) for cue in self._behind):
            yield Stretch(match.start(), match.end(), "account")


class Phones:
    """Phone numbers of people; those of offices are in the policy and stay readable."""

    _COMPLETE = re.compile(
        rf"""
          (?<![\dA-Za-z])(?:\(\+?82\)|(?:\+|00)?82){_SEP}(?:\(0\)|0)?{_SEP}
            (?:1[016789]|2|[3-6][1-5]|70|50\d){_SEP}\d{{3,4}}{_SEP}\d{{4}}(?!\d)
        | (?<!\d)(?:\(01[016789]\)|01[016789])\)?{_SEP}\d{{3,4}}{_SEP}\d{{4}}(?!\d)
        | (?<!\d)(?<!\d-)010(?:(?:[\s.\-/]{{0,2}}\d){{8}}|[\s.\-]\d{{4}}[\s.\-]\d{{3}})(?!-?\d)
        | (?<!\d)(?<!\d-)(?:\({_AREA}\)|{_AREA}\)?){_SEP}\d{{3,4}}{_SEP}\d{{4}}(?!\d|-\d{{3}})
        | \+\d{{1,3}}(?:[\s.\-]?(?:\(\d{{1,4}}\)|\d{{1,4}})){{2,5}}(?!\d)
        | (?<!\d)(?<!\d[-.])10-\d{{4}}-\d{{4}}(?!\d|-\d)
        """,
        re.VERBOSE,
    )
    _LOCAL = re.compile(
        r"(?<!\d)(?<!\d[\-./])(?:10\d{8}|\d{3}[\-.\s]\d{4}|\d{4}[\-.\s]\d{4}|7\d{6}|\d{8})(?![\-./]?\d)"
    )

    def __init__(self, policy: Policy) -> None:
        self._home = policy.home_area_code
        self._public = re.compile(
            "|".join(
                digits_and_x.replace("x", r"\d")
                for digits_and_x in (re.sub(r"[^\dx]", "", p) for p in policy.public_phones)
            )
        )
        self._cue = Cue(policy.cues.phone, gap=8)
        self._call = re.compile(
            r"(?:번)?\s?(?:으?로|에다?가?|에)?\s?(?:꼭|좀|빨리)?\s?(?:전화|연락|문자|콜|톡)"
        )
        self._other = Cue(policy.cues.other_number, gap=6)

    def complete(self, text: str) -> Iterator[Stretch]:
        """Yield numbers with a mobile, area, internet or country code."""
        for match in self._COMPLETE.finditer(text):
            if match[0].startswith("+") and len(digits_of(match[0])) < 8:
                continue
            yield self._stretch(match)

    def local(self, text: str) -> Iterator[Stretch]:
        """Yield numbers without any code, where the words around them speak of a phone."""
        for match in self._LOCAL.finditer(text):
            if _is_day(match[0]) or self._other.before(text, match.start()):
                continue
            if self._cue.before(text, match.start()) or self._call.match(text, match.end()):
                yield self._stretch(match)

    def _stretch(self, match: re.Match[str]) -> Stretch:
        number = national(match[0])
        if len(number) == 7:
            number = self._home + number
        kind = None if self._public.fullmatch(number) else "phone"
        return Stretch(match.start(), match.end(), kind)


def national(phone: str) -> str:
    """The digits of a phone number as dialled in Korea (+82 10 becomes 010)."""
    digits = digits_of(phone)
    bare = digits.removeprefix("00").removeprefix("82")
    if bare != digits and len(bare) >= 8:
        return "0" + bare.lstrip("0")
    return digits


class Plates:
    """Vehicle plates (자동차 등록번호판 등의 기준에 관한 고시), old ones with a region included."""

    _SYLLABLE = (
        "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배하허호국합육해공"
    )
    # Syllables that also end or count something: "301호 1203", "12로 1234", "10주 2000".
    _AMBIGUOUS = "로호도주부구조해수고서"

    def __init__(self, policy: Policy) -> None:
        syllable = self._SYLLABLE
        self._car = re.compile(
            rf"(?:(?:{_REGION})\s?(?<!\d)\d{{1,3}}|(?<!\d)(?<![\d][\-.])\d{{2,3}})"
            rf"(?P<gap>[\s\-]{{0,2}})(?P<syllable>[{syllable}])(?P<gap2>[\s\-]{{0,2}})\d{{4}}(?!\d)"
        )
        self._motorcycle = re.compile(
            rf"(?:{_REGION})\s?(?:[가-힣]{{1,3}}[시군구]?)?\s?[가-자차카타파하]\s?\d{{4}}(?!\d)"
        )
        quantity = rf"(?:{any_of(policy.quantity_words)})(?![가-힣]{{2}})"
        self._quantity = re.compile(quantity, re.IGNORECASE)
        self._spaced_quantity = re.compile(rf"\s{quantity}", re.IGNORECASE)
        self._road = re.compile("|".join(map(re.escape, policy.road_names)))
        self._vehicle = Cue(policy.cues.vehicle, gap=10)

    def __call__(self, text: str) -> Iterator[Stretch]:
        """Yield plates of cars, and of motorcycles where the text speaks of one."""
        for match in self._car.finditer(text):
            if self._is_plate(text, match):
                yield Stretch(match.start(), match.end(), "vehicle_plate")
        for match in self._motorcycle.finditer(text):
            if self._vehicle.before(text, match.start()) or self._vehicle.after(text, match.end()):
                yield Stretch(match.start(), match.end(), "vehicle_plate")

    def _is_plate(self, text: str, match: re.Match[str]) -> bool:
        if self._vehicle.before(text, match.start()) or self._vehicle.after(text, match.end()):
            return True
        if self._road.search(match[0]) or self._quantity.match(text, match.end()):
            return False
        if not (match["gap"] or match["gap2"]) or match["syllable"] not in self._AMBIGUOUS:
            return True
        counted = self._spaced_quantity.match(text, match.end())
        return not counted and self._vehicle.anywhere(text)
