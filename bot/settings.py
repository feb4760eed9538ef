"""Settings of the application, read from the environment and an optional `.env` file.

Every field is documented in docs/settings.md; a test fails on one that is not.
"""

import base64
import secrets
from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

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
        "", description="Addresses, comma separated, whose X-Forwarded-For is believed."
    )
    messages_per_minute: int = Field(
        60, description="Messages a conversation may send in a minute before 429."
    )
    conversations_per_minute: int = Field(
        60, description="New conversations one address may open in a minute before 429."
    )
    vault_hours: int = Field(72, description="Hours after which a vault entry is destroyed.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_json: bool = Field(False, description="Logs as one JSON object a line.")

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
