"""What the decision looks at, in its own words: the message, the guesses, the conversation."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Optional, Sequence

from rasa.nlu.constants import SPACY_DOCS
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.korean.places import Places
from bot.rasa.nlu.classifier import RANK
from bot.rasa.nlu.decision import DialoguePolicy
from bot.rasa.nlu.features import Features
from bot.rasa.nlu.kiwi import Morpheme
from bot.rasa.nlu.pairs import Guessed
from bot.rasa.nlu.parts import within
from bot.rasa.nlu.tokenizer import MORPHEMES

FORM = "report_form"
Ranking = list[tuple[str, float]]


class View:
    """One message and what it stands in."""

    def __init__(
        self,
        message: Message,
        tracker: Optional[DialogueStateTracker],
        policy: DialoguePolicy,
        places: Places,
    ) -> None:
        self.text: str = message.get(TEXT) or ""
        self.policy = policy
        self.places = places
        self.entities: list[dict[str, Any]] = message.get(ENTITIES) or []
        ranking = message.get(INTENT_RANKING_KEY) or []
        self.ranking: Ranking = [(item["name"], float(item["confidence"])) for item in ranking]
        self._rank = message.get(RANK)
        doc = message.get(SPACY_DOCS[TEXT])
        self._morphemes: Sequence[Morpheme] = doc.user_data.get(MORPHEMES, ()) if doc else ()
        metadata = message.get("metadata") or {}
        self.press: dict[str, Any] = metadata.get("press") or {}
        self.message_id: str = metadata.get("message_id") or ""
        self._tracker = tracker

    @property
    def top(self) -> tuple[str, float]:
        """The likeliest intent and its confidence."""
        return self.ranking[0] if self.ranking else ("nlu_fallback", 0.0)

    def slot(self, name: str) -> Any:
        """A slot of the conversation, or None."""
        return self._tracker.get_slot(name) if self._tracker else None

    @property
    def form(self) -> dict[str, Any] | None:
        """The report in progress, or None."""
        if self._tracker is None or self._tracker.active_loop_name != FORM:
            return None
        return self.slot("report") or {}

    @property
    def heard_before(self) -> bool:
        """Whether this very message already stands in the tracker (asked again after a crash)."""
        if self._tracker is None or not self.message_id:
            return False
        return any(
            getattr(event, "type_name", "") == "user"
            and (event.metadata or {}).get("message_id") == self.message_id
            for event in self._tracker.events
        )

    def above(self, threshold: str, confidence: float) -> bool:
        """Whether a confidence reaches a threshold of the policy."""
        return confidence >= self.policy.thresholds[threshold]

    @cached_property
    def splits(self) -> list[Guessed]:
        """The message read as two, in every likely way, with the guess on each half."""
        guesses = []
        for split in self.policy.borders.splits(self.text, self._morphemes):
            before, behind = (self._guess(span) for span in (split.before, split.behind))
            if before and behind:
                guesses.append(Guessed(split, before, behind))
        return guesses

    def ranked(self, text: str) -> Ranking:
        """The ranking of another text, such as a part of the message."""
        found = self._rank(Features(text)) if self._rank else []
        return [(one.name, one.confidence) for one in found]

    def _guess(self, span: tuple[int, int]) -> tuple[str, float] | None:
        if self._rank is None:
            return None
        found = self._rank(
            Features(self.text[slice(*span)], within(self._morphemes, span)), longest=1
        )
        return (found[0].name, found[0].confidence) if found else None

    @cached_property
    def joined(self) -> Ranking:
        """The ranking of the message before and this one together; empty when there is none."""
        before = self._typed_before()
        return self.ranked(f"{before} {self.text}") if before else []

    def _typed_before(self) -> str:
        """What the citizen typed last, before the message that is being parsed."""
        for event in reversed(self._tracker.applied_events() if self._tracker else []):
            if isinstance(event, UserUttered):
                # A pressed title is our own text, and what was typed before it is another matter.
                return "" if (event.metadata or {}).get("press") else str(event.text or "")
        return ""

    @property
    def rule_before(self) -> str:
        """The rule that decided the message before this one, or ''."""
        for event in reversed(self._tracker.applied_events() if self._tracker else []):
            if isinstance(event, UserUttered):
                return str((event.parse_data or {}).get("rule") or "")
        return ""

    @property
    def topic(self) -> str:
        """The topic answered last, or ''."""
        return str(self.slot("topic") or "")

    @property
    def earlier(self) -> list[str]:
        """Topics answered in this talk, the last one last."""
        return list(self.slot("earlier") or [])

    def topics(self, skip: str = "") -> list[str]:
        """The likely topics worth a button, the likeliest first."""
        return [
            name
            for name, sure in self.ranking
            if self.policy.is_topic(name) and name != skip and self.above("ask", sure)
        ]
