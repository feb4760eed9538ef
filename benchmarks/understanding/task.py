"""What every contestant is given, and what it hands back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.korean.text import language

WARM_UP = 20
"""Training messages parsed before the clock starts."""


class Missing(Exception):
    """A contestant cannot take part on this machine; the sentence says what is missing."""


class Failed(Exception):
    """A contestant broke off; the sentence names its log."""


@dataclass(frozen=True)
class Taught:
    """A training message and its intent."""

    text: str
    intent: str


@dataclass(frozen=True)
class Task:
    """The training messages, the texts to parse, DIET's epochs, and a folder to work in."""

    training: tuple[Taught, ...]
    texts: tuple[str, ...]
    epochs: int
    folder: Path

    @property
    def intents(self) -> list[str]:
        """Every intent that is taught, in order."""
        return sorted({one.intent for one in self.training})

    @property
    def warm_up(self) -> list[str]:
        """Messages to parse before those that are timed, from all over the training messages."""
        step = max(1, len(self.training) // WARM_UP)
        return [one.text for one in self.training[::step]][:WARM_UP]


@dataclass(frozen=True)
class Guess:
    """What a contestant makes of one message.

    `ranking` is its intents, likeliest first, without what stands for «not understood»;
    `fell_back`, whether it says by itself that it did not understand. `ms` is the time it took.
    """

    ranking: tuple[str, ...]
    fell_back: bool
    ms: float


@dataclass(frozen=True)
class Outcome:
    """A guess for each text, in order; seconds of the fit alone and of the whole training."""

    version: str
    guesses: Sequence[Guess]
    fit_seconds: float
    training_seconds: float


@dataclass(frozen=True)
class Contestant:
    """A name, a line about what it is, and what trains and asks it.

    `enter` raises Missing or Failed.
    """

    key: str
    title: str
    enter: Callable[[Task], Outcome]


def spoken(text: str) -> str:
    """The language of a message, `ko` or `en`, as the service opens a conversation in it."""
    return "en" if language(text) == "en" else "ko"
