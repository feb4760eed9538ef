"""A model is made again exactly when something that it was made from has changed."""

import re
from pathlib import Path

import pytest

from bot import model
from bot.paths import DATA, POLICY, ROOT


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models of its own, and a digest that stays the same."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(model, "MODELS", folder)
    monkeypatch.setattr(model, "SPACY_FOLDER", tmp_path / "build" / "ko_jeju")
    monkeypatch.setattr(model, "STAMP", tmp_path / "build" / "ko_jeju.digest")
    monkeypatch.setattr(model, "digest", lambda: "0123456789ab")
    return folder


def pretend_to_train(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let each command that training runs be noted, and leave a model behind."""
    ran: list[str] = []

    def run(arguments: list[str], _log: Path) -> None:
        ran.append(arguments[1])
        model.STAMP.parent.mkdir(exist_ok=True)
        if "train" in arguments:
            model.path().write_bytes(b"model")

    monkeypatch.setattr(model, "_run", run)
    return ran


def test_the_sources_are_what_training_reads() -> None:
    sources = model.sources()
    assert {ROOT / "config.yml", ROOT / "domain.yml"} < set(sources)
    assert POLICY / "entities.yml" in sources
    assert any(path.is_relative_to(DATA / "nlu") for path in sources)
    assert any(path.is_relative_to(DATA / "places") for path in sources)
    assert not any(path.is_relative_to(DATA / "knowledge") for path in sources)
    assert not any(path.is_relative_to(DATA / "wording") for path in sources)


def test_nothing_that_training_runs_names_a_decision_left_out_of_the_model() -> None:
    code = [path.read_text(encoding="utf-8") for path in model.sources() if path.suffix == ".py"]
    left_out = {path.name for path in POLICY.rglob("*.yml")} - set(model.IN_THE_MODEL)
    left_out |= model.ONLY_SERVED_PLACES
    assert {name for name in left_out if f'"{name}"' in "".join(code)} == set()


def test_the_digest_changes_with_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "nlu.yml"
    source.write_text("one", encoding="utf-8")
    monkeypatch.setattr(model, "ROOT", tmp_path)
    monkeypatch.setattr(model, "sources", lambda: [source])
    monkeypatch.setattr(model, "_versions", list)
    before = model.digest()
    source.write_text("two", encoding="utf-8")
    assert re.fullmatch(r"[0-9a-f]{12}", before)
    assert model.digest() != before


def test_the_digest_knows_the_versions_that_a_model_depends_on() -> None:
    names = [line.split()[0] for line in model._versions()]
    assert set(names) == set(model.PACKAGES)


def test_a_fresh_model_is_not_trained_again(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = pretend_to_train(monkeypatch)
    log = models.parent / "train.log"
    assert not model.is_fresh()
    assert model.train(log) == models / "ilsa-0123456789ab.tar.gz"
    assert model.is_fresh()
    assert ran == ["bot.rasa.nlu.spacy_model", "bot.rasa.launch"]
    model.train(log)
    assert len(ran) == 2
    model.train(log, force=True)
    assert len(ran) == 4


def test_a_model_is_not_fresh_when_its_pipeline_was_built_for_another(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_to_train(monkeypatch)
    model.train(models.parent / "train.log")
    model.STAMP.write_text("ba9876543210", encoding="ascii")
    assert not model.is_fresh()


def test_only_the_last_three_models_are_kept(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_to_train(monkeypatch)
    for number in range(5):
        monkeypatch.setattr(model, "digest", lambda number=number: f"{number:012}")
        model.train(models.parent / "train.log")
    kept = sorted(path.name for path in models.glob("*.tar.gz"))
    assert kept == [f"ilsa-{number:012}.tar.gz" for number in (2, 3, 4)]


def test_a_training_that_fails_shows_the_end_of_its_log(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "PYTHON", Path("/bin/ls"))
    with pytest.raises(model.TrainingFailed) as failed:
        model.train(models.parent / "train.log")
    assert failed.value.tail
    assert not model.is_fresh()


def test_training_without_the_rasa_environment_is_refused(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "PYTHON", models / "python")
    with pytest.raises(model.NoRasa):
        model.train(models.parent / "train.log")
