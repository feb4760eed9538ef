"""A citizen to whom the bot is unsure what was meant, without Rasa: for tests of the labels."""

from dataclasses import dataclass

from sqlalchemy import select

from bot.conversations import service, turn_queue
from bot.conversations.models import Conversation, Label, Message, ShownButton
from bot.conversations.rendering import Renderer
from bot.conversations.schemas import IncomingMessage
from bot.conversations.service import Keeping
from bot.database import Database, utc_now
from bot.replies import OTHER, PERSON, Button, Press, Reply, Say, Understood
from bot.wording import wording

NONE_OF_THESE = "button.other"
GUESSES = [("bulky_waste", 0.31), ("illegal_dumping", 0.22)]


def choices(*topics: str) -> Reply:
    """The question which of some topics was meant, as `action_clarify` asks it."""
    buttons = [Button(title_of=topic, press=Press(topic=topic)) for topic in topics]
    return Reply(parts=[Say(key="clarify.which")], buttons=[*buttons, OTHER, PERSON])


@dataclass
class Unclear:
    """One conversation, seen from the service's side of the door."""

    database: Database
    keeping: Keeping
    conversation_id: str

    @classmethod
    def talk(cls, database: Database, keeping: Keeping) -> "Unclear":
        """A new conversation."""
        with database.writing() as session:
            conversation, _ = service.open_conversation(
                session, channel="widget", language="ko", now=utc_now()
            )
            return cls(database, keeping, conversation.id)

    def types(self, text: str) -> Message:
        """The citizen's words arrive."""
        return self._arrives(IncomingMessage(text=text))

    def presses(self, shown_in: str, name: str) -> Message:
        """The citizen presses a button of the bot's message, by its topic or wording key."""
        with self.database.reading() as session:
            stored = Reply.model_validate(session.get_one(Message, shown_in).reply)
            buttons = session.scalars(
                select(ShownButton)
                .where(ShownButton.message_id == shown_in)
                .order_by(ShownButton.place)
            )
            named = zip(buttons, stored.buttons, strict=True)
            pressed = next(
                shown.id
                for shown, button in named
                if name in (button.title_of, button.title and button.title.key)
            )
        return self._arrives(IncomingMessage(button_id=pressed))

    def answered(self, message: Message, reply: Reply, rule: str) -> str:
        """The bot answers by a rule of the decision; gives the id of what it said."""
        understood = Understood(
            intent="nlu_fallback", confidence=GUESSES[0][1], ranking=GUESSES, rule=rule
        )
        with self.database.writing() as session:
            job = turn_queue.job_of(
                session, message=session.get_one(Message, message.id), owner="test"
            )
            [said] = service.answer(
                session,
                job=job,
                replies=[reply.model_copy(update={"understood": understood})],
                render=Renderer(session, wording(), "ko"),
                turn="answered",
                now=utc_now(),
            )
            return said.id

    def asked(self, text: str, *topics: str, rule: str = "unsure") -> str:
        """An unclear message and the bot's question; gives the id of the question."""
        return self.answered(self.types(text), choices(*topics), rule)

    def labels(self) -> list[Label]:
        """Every label that is stored, of whatever conversation."""
        with self.database.reading() as session:
            return list(session.scalars(select(Label).order_by(Label.text)))

    def erased(self) -> None:
        """The citizen deletes the conversation."""
        with self.database.writing() as session:
            service.erase(session, conversation_id=self.conversation_id)

    def _arrives(self, incoming: IncomingMessage) -> Message:
        with self.database.writing() as session:
            return service.receive(
                session,
                conversation=session.get_one(Conversation, self.conversation_id),
                incoming=incoming,
                keeping=self.keeping,
                per_minute=1000,
                now=utc_now(),
            )
