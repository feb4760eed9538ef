"""The application's parts, made once from the settings."""

from dataclasses import dataclass

from actions.parts import Parts as ActionParts
from bot.attachments.preparing import Photos
from bot.conversations.desk import Desk
from bot.conversations.hub import Hub
from bot.conversations.memory import Memory
from bot.conversations.moves import Moves
from bot.conversations.rasa_client import RasaClient
from bot.conversations.service import Keeping
from bot.conversations.turns import Turns
from bot.database import Database
from bot.korean.guard import Guard
from bot.paths import POLICY
from bot.privacy.masking import Masker
from bot.privacy.vault import Cipher
from bot.settings import Settings
from bot.tickets.forms import Forms
from bot.tickets.routing import Routing
from bot.wording import Wording


@dataclass(frozen=True)
class Parts:
    """Everything that the web application and the actions share."""

    settings: Settings
    database: Database
    wording: Wording
    masker: Masker
    cipher: Cipher
    desk: Desk
    forms: Forms
    rasa: RasaClient
    memory: Memory
    hub: Hub
    turns: Turns
    photos: Photos
    links_key: str
    """Signs links to photos and status pages."""

    @classmethod
    def make(cls, settings: Settings) -> "Parts":
        """Read the data, connect nothing yet. Raises SettingsError, BadKey or a data error."""
        database = Database(settings.database)
        wording = Wording.load()
        masker = Masker.load(POLICY / "personal_data.yml")
        cipher = Cipher(settings.vault_key())
        forms = Forms.load(POLICY / "forms.yml")
        desk = Desk(
            cipher=cipher,
            forms=forms,
            routing=Routing.load(),
        )
        rasa = RasaClient(
            f"http://127.0.0.1:{settings.rasa_port}",
            settings.rasa_api_token(),
            settings.rasa_timeout_seconds,
        )
        hub = Hub()
        photos = Photos.of(settings)
        turns = Turns(
            database=database,
            rasa=rasa,
            hub=hub,
            wording=wording,
            keeping=Keeping(masker=masker, cipher=cipher, photos=photos),
            moves=Moves(database=database, guard=Guard.load(POLICY / "emergency.yml"), desk=desk),
            per_minute=settings.messages_per_minute,
        )
        return cls(
            settings,
            database,
            wording,
            masker,
            cipher,
            desk,
            forms,
            rasa,
            Memory(rasa),
            hub,
            turns,
            photos,
            settings.links_key(),
        )

    def for_actions(self) -> ActionParts:
        """The share of the custom actions."""
        return ActionParts(database=self.database, desk=self.desk, forms=self.forms)
