"""docs/settings.md is the promise; bot/settings.py keeps it."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.paths import ROOT
from bot.settings import Settings, SettingsError, kept_secret
from bot.supervisor import environment

PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
DOCUMENTED = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| (.+?) \|", PAGE, flags=re.MULTILINE))


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def made(folder: Path, **values: object) -> Settings:
    return Settings(_env_file=None, var_dir=folder, **values)  # type: ignore[call-arg, arg-type]


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    assert set(DOCUMENTED) == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("name", [n for n in Settings.model_fields if n != "var_dir"])
def test_the_documented_default_is_the_default(name: str) -> None:
    default = Settings.model_fields[name].default
    value = default.get_secret_value() if isinstance(default, SecretStr) else default
    shown = DOCUMENTED[name.upper()].strip("`")
    assert shown == {"": "empty", "True": "true", "False": "false"}.get(str(value), str(value))


def test_every_setting_describes_itself() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_a_child_process_gets_exactly_the_settings_of_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = made(tmp_path, port=9999, development=False, rasa_token=SecretStr("secret"))
    for name, value in environment(parent).items():
        monkeypatch.setenv(name, value)
    assert Settings(_env_file=None) == parent  # type: ignore[call-arg]


def test_a_secret_is_made_once_and_only_the_owner_reads_it(tmp_path: Path) -> None:
    settings = made(tmp_path)
    assert settings.rasa_api_token() == made(tmp_path).rasa_api_token() != settings.vault_key()
    assert (tmp_path / "keys" / "rasa_token").stat().st_mode & 0o777 == 0o600


def test_production_wants_its_secrets_set(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="RASA_TOKEN"):
        made(tmp_path, development=False).rasa_api_token()


def test_a_secret_that_exists_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vault_keys"
    path.parent.mkdir()
    path.write_text("mine\n", encoding="ascii")
    assert kept_secret(path) == "mine"


def test_an_empty_database_address_means_sqlite_in_the_folder_of_data(tmp_path: Path) -> None:
    settings = made(tmp_path)
    assert settings.database == f"sqlite:///{tmp_path}/ilsa.db"
    assert settings.tracker_database == f"sqlite:///{tmp_path}/trackers.db"


def test_the_public_address_has_no_slash_at_its_end(tmp_path: Path) -> None:
    assert made(tmp_path, public_url="https://120.example/").base_url == "https://120.example"
    assert made(tmp_path, port=81).base_url == "http://127.0.0.1:81"
