"""Settings of the application, read from the environment and an optional `.env` file.

Every field is documented in docs/settings.md; a test fails on one that is not.
"""

import base64
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot import networks
from bot.paths import ROOT


class SettingsError(Exception):
    """A setting is missing or unusable; the message says which one and what to do."""


class Settings(BaseSettings):
    """What an installation can choose. The names in capitals are the environment variables."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", extra="ignore")

    host: str = Field("127.0.0.1", description="Address the web application listens on.")
    port: int = Field(8120, description="Port of the web application.")
    action_port: int = Field(8121, description="Loopback port of the action listener.")
    rasa_port: int = Field(8122, description="Loopback port of the Rasa server.")
    var_dir: Path = Field(
        ROOT / "var", description="Folder of the database, keys and process files."
    )
    database_url: str = Field(
        "", description="SQLAlchemy URL; empty means SQLite (WAL) in VAR_DIR."
    )
    tracker_database_url: str = Field(
        "", description="Where Rasa keeps trackers; empty means SQLite in VAR_DIR."
    )
    public_url: str = Field(
        "", description="Address citizens use, for links; empty means http://HOST:PORT."
    )
    development: bool = Field(
        True, description="False in production: secure cookies, no generated keys."
    )
    vault_keys: SecretStr = Field(
        SecretStr(""),
        description="Fernet keys of the vault, comma separated, newest first; "
        "empty in development means a key made once in VAR_DIR.",
    )
    rasa_token: SecretStr = Field(
        SecretStr(""), description="Token of Rasa's HTTP API; empty means one made once in VAR_DIR."
    )
    rasa_timeout_seconds: float = Field(
        30.0, description="How long one question to Rasa may take before it counts as failed."
    )
    allowed_origins: str = Field(
        "", description="Origins, comma separated, of pages that may embed the widget."
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks, comma separated, whose X-Forwarded-For is believed.",
    )
    messages_per_minute: int = Field(
        60, description="Messages a conversation may send in a minute before 429."
    )
    conversations_per_minute: int = Field(
        60, description="New conversations one address may open in a minute before 429."
    )
    vault_hours: int = Field(72, description="Hours after which a vault entry is destroyed.")
    oidc_issuer: str = Field(
        "", description="Address of the OpenID provider staff sign in with; empty means none."
    )
    oidc_client_id: str = Field("", description="This installation's name at the OpenID provider.")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="Its secret there; empty for a public client."
    )
    oidc_scope: str = Field("openid profile", description="Scopes asked of the OpenID provider.")
    oidc_login_claim: str = Field(
        "preferred_username",
        description="Claim that names the staff account at the first sign-in by OpenID.",
    )
    oidc_label: str = Field("OpenID", description="Name of the OpenID provider on the button.")
    link_key: SecretStr = Field(
        SecretStr(""),
        description="Signs links to photos and status pages; "
        "empty in development means one made once in VAR_DIR.",
    )
    attachments_dir: str = Field(
        "", description="Folder of the photos; empty means `attachments` in VAR_DIR."
    )
    attachment_max_mb: int = Field(15, description="Megabytes that one photo may have.")
    attachment_hourly_count: int = Field(
        20, description="Photos a conversation may send in an hour before 429."
    )
    attachment_hourly_mb: int = Field(
        60, description="Megabytes of photos that a conversation may keep in an hour before 429."
    )
    conversation_days: int = Field(
        365, description="Days after its last message until a conversation is deleted; 0 is never."
    )
    attachment_hours: int = Field(
        72, description="Hours after which a photo that no ticket took is deleted."
    )
    clamd_address: str = Field(
        "", description="ClamAV's daemon, host:port or a socket's path; empty means no scanning."
    )
    smtp_host: str = Field("", description="Mail server for letters to bodies; empty means none.")
    smtp_port: int = Field(587, description="Its port.")
    smtp_user: str = Field("", description="Account there; empty means no sign-in.")
    smtp_password: SecretStr = Field(SecretStr(""), description="The account's password.")
    smtp_starttls: bool = Field(True, description="Whether the connection must be encrypted.")
    smtp_from: str = Field("", description="Address that letters to bodies come from.")
    delivery_secrets_dir: str = Field(
        "",
        description="Folder of the API keys of bodies' Open311 servers, one file each; "
        "empty means `keys/delivery` in VAR_DIR.",
    )
    open311_jurisdiction: str = Field(
        "", description="jurisdiction_id of our Open311 server; empty means that it has none."
    )
    open311_posts_per_minute: int = Field(
        60, description="Requests that one Open311 key may post in a minute before 429."
    )
    open311_media_hosts: str = Field(
        "", description="Hosts, comma separated, that a media_url may name; empty means any."
    )
    channel_key: SecretStr = Field(
        SecretStr(""),
        description="Hides the messengers' user ids in the database; "
        "empty in development means one made once in VAR_DIR.",
    )
    channel_long_answers: Literal["split", "fold"] = Field(
        "split",
        description="An answer too long for one message: several messages, or one with a link.",
    )
    channel_attempts: int = Field(
        12, description="Failed tries after which a message to a messenger is set aside for staff."
    )
    channel_seen_days: int = Field(
        7, description="Days for which a messenger's events are known again."
    )
    line_channel_secret: SecretStr = Field(
        SecretStr(""), description="LINE: the channel's secret, which signs webhooks."
    )
    line_access_token: SecretStr = Field(
        SecretStr(""), description="LINE: the channel's long-lived access token."
    )
    line_api_url: str = Field("https://api.line.me", description="LINE: the Messaging API.")
    line_data_url: str = Field(
        "https://api-data.line.me", description="LINE: where the content of messages lies."
    )
    telegram_token: SecretStr = Field(
        SecretStr(""), description="Telegram: the bot's token, from BotFather."
    )
    telegram_webhook_secret: SecretStr = Field(
        SecretStr(""), description="Telegram: what proves a webhook; 1 to 256 of A-Z a-z 0-9 _ -."
    )
    telegram_api_url: str = Field("https://api.telegram.org", description="Telegram: the Bot API.")
    kakao_header_name: str = Field(
        "X-Ilsa-Key", description="KakaoTalk: name of the header set on the skill."
    )
    kakao_header_value: SecretStr = Field(
        SecretStr(""), description="KakaoTalk: its value, which proves a skill call."
    )
    kakao_bot_ids: str = Field(
        "", description="KakaoTalk: ids of the bots, comma separated, without the trailing `!`."
    )
    kakao_photo_parameter: str = Field(
        "photo", description="KakaoTalk: name of the skill's secure-image parameter."
    )
    kakao_photo_hosts: str = Field(
        "kakaocdn.net", description="KakaoTalk: domains, comma separated, that photos come from."
    )
    kakao_callback_hosts: str = Field(
        "kakao.com", description="KakaoTalk: domains, comma separated, of call-back addresses."
    )
    kakao_api_url: str = Field("https://bot-api.kakao.com", description="KakaoTalk: the Event API.")
    kakao_rest_key: SecretStr = Field(
        SecretStr(""), description="KakaoTalk: REST key for the Event API; empty means none."
    )
    kakao_event_name: str = Field(
        "",
        description="KakaoTalk: the event whose block says what is sent later; empty means none.",
    )
    kakao_operator_button: bool = Field(
        False, description="KakaoTalk: hand the room to Kakao's own counsellor chat."
    )
    naver_path_secret: SecretStr = Field(
        SecretStr(""), description="Naver: the last, unguessable part of the webhook's address."
    )
    naver_authorization: SecretStr = Field(
        SecretStr(""), description="Naver: the Authorization key of the Send API."
    )
    naver_source_ranges: str = Field(
        "211.249.40.0/27,211.249.68.0/27,220.230.168.0/27",
        description="Naver: networks, comma separated, that webhooks come from.",
    )
    naver_api_url: str = Field(
        "https://gw.talk.naver.com/chatbot/v1", description="Naver: the Send API."
    )
    naver_photo_hosts: str = Field(
        "naver.com,naver.net,pstatic.net",
        description="Naver: domains, comma separated, that photos come from.",
    )
    naver_handover: bool = Field(
        False, description="Naver: hand the talk to the TalkTalk partner centre."
    )
    messenger_app_secret: SecretStr = Field(
        SecretStr(""), description="Messenger: the app's secret, which signs webhooks."
    )
    messenger_verify_token: SecretStr = Field(
        SecretStr(""), description="Messenger: what Meta's handshake has to bring."
    )
    messenger_page_token: SecretStr = Field(
        SecretStr(""), description="Messenger: the page's access token."
    )
    messenger_page_id: str = Field("", description="Messenger: the page's id.")
    messenger_api_url: str = Field(
        "https://graph.facebook.com/v26.0", description="Messenger: the Graph API with its version."
    )
    messenger_photo_hosts: str = Field(
        "fbcdn.net,fbsbx.com",
        description="Messenger: domains, comma separated, that photos come from.",
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_json: bool = Field(False, description="Logs as one JSON object a line.")

    @field_validator("trusted_proxies", "naver_source_ranges")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        networks.parsed(value)
        return value

    @property
    def database(self) -> str:
        """The URL to connect to."""
        return self.database_url or f"sqlite:///{self.var_dir / 'ilsa.db'}"

    @property
    def tracker_database(self) -> str:
        """The URL at which Rasa keeps its trackers."""
        return self.tracker_database_url or f"sqlite:///{self.var_dir / 'trackers.db'}"

    @property
    def base_url(self) -> str:
        """The address to print and to put into links, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    def secret(self, name: str, value: SecretStr) -> str:
        """Return a configured secret, or in development one made once and kept in VAR_DIR.

        Raises SettingsError in production when the secret is not configured.
        """
        if value.get_secret_value():
            return value.get_secret_value()
        if not self.development:
            raise SettingsError(f"{name.upper()} is not set. Set it before starting in production.")
        return kept_secret(self.var_dir / "keys" / name)

    def vault_key(self) -> str:
        """The vault's Fernet keys, comma separated."""
        return self.secret("vault_keys", self.vault_keys)

    def links_key(self) -> str:
        """The key that signs links to photos and status pages."""
        return self.secret("link_key", self.link_key)

    def channels_key(self) -> str:
        """The key that hides the messengers' user ids."""
        return self.secret("channel_key", self.channel_key)

    def rasa_api_token(self) -> str:
        """The token that guards Rasa's HTTP API."""
        return self.secret("rasa_token", self.rasa_token)


def kept_secret(path: Path) -> str:
    """Read the secret in `path`, making it (a URL-safe 32-byte key, mode 0600) the first time."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii").strip()


@lru_cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
