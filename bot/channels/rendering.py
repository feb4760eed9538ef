"""One stored message becomes pieces that a channel can show, by its capabilities and nothing else.

Nothing is lost silently: a text that is too long is split, or folded with a link; buttons that do
not fit, or whose labels would not be understood, become numbers in the text, and a typed number
means that button (`choices_by_number`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.channels.base import OutButton, Outgoing
from bot.channels.capabilities import Buttons, Capabilities
from bot.channels.splitting import folded, shorten, split
from bot.wording import wording

LEAST_READABLE = 0.6
"""Share of a label that must be left; one that is cut further becomes a number."""
TITLE_IN_LIST = 80
"""Characters of a title in the numbered list."""


@dataclass(frozen=True)
class Choice:
    """A button as it is shown: its label fits."""

    label: str
    payload: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Piece:
    """One message of the platform: a text with or without choices, or a photo."""

    text: str = ""
    photo: str = ""
    buttons: tuple[Choice, ...] = ()
    quick_replies: tuple[Choice, ...] = ()
    asks_location: bool = False


def fit(
    parts: Sequence[Outgoing], capabilities: Capabilities, *, fold: bool = False
) -> list[Piece]:
    """The pieces that say `parts` in order; each part becomes at most `most_pieces`.

    `fold`: every part's text is folded into one piece instead of being split.
    """
    numbers = is_numbered(parts, capabilities)
    pieces: list[Piece] = []
    first = 1
    for part in parts:
        pieces += _Fitting(part, capabilities, first if numbers else None, fold).pieces()
        first += len(part.buttons)
    return pieces


def merged(parts: Sequence[Outgoing]) -> Outgoing:
    """Several messages as one, for a platform that shows few at a time."""
    last = parts[-1]
    return replace(
        last,
        text="\n\n".join(part.text for part in parts if part.text.strip()),
        buttons=tuple(button for part in parts for button in part.buttons),
        photos=tuple(photo for part in parts for photo in part.photos),
    )


def choices_by_number(parts: Sequence[Outgoing], capabilities: Capabilities) -> list[OutButton]:
    """The buttons of one unit in the order of the numbers shown; empty without numbers."""
    shown = is_numbered(parts, capabilities)
    if not shown and len(parts) > 1:
        shown = is_numbered([merged(parts)], capabilities)
    return [button for part in parts for button in part.buttons] if shown else []


def is_numbered(parts: Sequence[Outgoing], capabilities: Capabilities) -> bool:
    """Whether the buttons of these messages are shown with numbers: all, or none."""
    return any(_needs_numbers(part.buttons, capabilities) for part in parts)


def _needs_numbers(buttons: Sequence[OutButton], capabilities: Capabilities) -> bool:
    shown, _ = _apart(buttons, capabilities)
    if not shown:
        return False
    place = _place(shown, capabilities)
    if place is None or len(shown) > place.most or not place.everywhere:
        return True
    labels = [_label(button.title, place) for button in shown]
    if len(set(labels)) < len(labels):
        return True
    return any(
        len(label) < LEAST_READABLE * len(button.title.strip())
        for label, button in zip(labels, shown, strict=True)
    )


def _apart(
    buttons: Sequence[OutButton], capabilities: Capabilities
) -> tuple[list[OutButton], list[OutButton]]:
    """Those that can be shown as buttons, and those whose address stands in the text instead."""
    places = [each for each in (capabilities.buttons, capabilities.quick_replies) if each]
    links = any(place.links for place in places)
    shown: list[OutButton] = []
    written: list[OutButton] = []
    for button in buttons:
        writes = button.url and not (links and capabilities.url.fits(button.url))
        (written if writes else shown).append(button)
    return shown, written


def _place(buttons: Sequence[OutButton], capabilities: Capabilities) -> Buttons | None:
    """Where the buttons stand: the first place that holds them all, else the largest."""
    has_links = any(button.url for button in buttons)
    places = [
        each
        for each in (capabilities.buttons, capabilities.quick_replies)
        if each and each.most and (each.links or not has_links)
    ]
    holding = (place for place in places if len(buttons) <= place.most)
    return next(holding, max(places, key=lambda place: place.most, default=None))


def _label(title: str, place: Buttons) -> str:
    return shorten(" ".join(title.split()) or "…", place.label)


class _Fitting:
    """One message on its way into pieces."""

    def __init__(
        self, part: Outgoing, capabilities: Capabilities, first: int | None, fold: bool
    ) -> None:
        self._part = part
        self._can = capabilities
        self._first = first
        self._fold = fold
        self._shown, self._written = _apart(part.buttons, capabilities)
        self._place = _place(self._shown, capabilities)
        self._choices = self._made()
        self._are_buttons = self._place is not None and self._place == capabilities.buttons

    def pieces(self) -> list[Piece]:
        photos = list(self._part.photos) if self._can.photos_out else []
        photos = photos[: max(self._can.most_pieces - 2, 0)]
        linked = self._part.photos[len(photos) :]
        texts = self._texts(linked, self._can.most_pieces - len(photos))
        pieces = [Piece(photo=photo) for photo in photos]
        pieces += [Piece(text=text) for text in texts]
        if not self._choices:
            if pieces and pieces[-1].text and self._asks_location():
                pieces[-1] = replace(pieces[-1], asks_location=True)
            return pieces
        last = pieces[-1] if texts else Piece()
        if not texts or not self._holds_buttons(last.text):
            last = Piece(text=self._say("choose"))
            pieces.append(last)
        if self._are_buttons:
            pieces[-1] = replace(last, buttons=self._choices, asks_location=self._asks_location())
        else:
            asks = self._asks_location() and len(self._choices) < (self._place_most() or 0)
            pieces[-1] = replace(last, quick_replies=self._choices, asks_location=asks)
        return pieces

    def _texts(self, linked: Sequence[str], most: int) -> list[str]:
        note = self._say("folded", url=self._part.more_url) if self._part.more_url else ""
        listed = self._listed(linked)
        body = self._part.text.strip()
        whole = "\n\n".join(filter(None, (body, listed)))
        pieces = split(whole, self._can.text)
        if len(pieces) == 1 or (not self._fold and len(pieces) + self._prompts(pieces) <= most):
            return pieces
        # A prompt may have to follow, and what the choices are called is folded last.
        short = self._choices and self._are_buttons and self._can.text_with_buttons
        room = max(1 if self._fold else most - (1 if short else 0), 1)
        tail = split(listed, self._can.text) if listed else []
        if not body or len(tail) >= room:
            return folded(whole, self._can.text, room, note)
        return [*folded(body, self._can.text, room - len(tail), note), *tail]

    def _prompts(self, texts: Sequence[str]) -> int:
        needs = self._choices and (not texts or not self._holds_buttons(texts[-1]))
        return 1 if needs else 0

    def _holds_buttons(self, text: str) -> bool:
        if not self._are_buttons or self._can.text_with_buttons is None:
            return True
        return self._can.text_with_buttons.fits(text)

    def _listed(self, linked: Sequence[str]) -> str:
        """What stands in the text for buttons and photos that cannot be shown as such."""
        lines = []
        if self._first is not None:
            numbered = enumerate(self._part.buttons, self._first)
            lines += [self._line(button, f"{number}. ") for number, button in numbered]
            if any(button.payload for button in self._part.buttons):
                lines.append(self._say("numbers"))
        else:
            lines += [self._line(button, "") for button in self._written]
        lines += [self._say("photo", url=url) for url in linked]
        return "\n".join(lines)

    def _line(self, button: OutButton, number: str) -> str:
        title = " ".join(button.title.split())
        title = title if len(title) <= TITLE_IN_LIST else title[:TITLE_IN_LIST].rstrip() + "…"
        return f"{number}{title}: {button.url}" if button.url else f"{number}{title}"

    def _made(self) -> tuple[Choice, ...]:
        if self._place is None:
            return ()
        numbers = {id(button): number for number, button in enumerate(self._part.buttons)}
        made = []
        for button in self._shown[: self._place.most]:
            title = button.title
            if self._first is not None:
                title = f"{self._first + numbers[id(button)]}. {title}"
            made.append(Choice(_label(title, self._place), button.payload, button.url))
        return tuple(made)

    def _place_most(self) -> int | None:
        return self._place.most if self._place else None

    def _asks_location(self) -> bool:
        return self._part.asks == "location" and self._can.asks_location

    def _say(self, name: str, **values: str) -> str:
        return wording().text(f"channel.{name}", self._part.language, values)
