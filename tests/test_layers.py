"""Who may know whom. The contracts stand in pyproject.toml; here is what they cannot say."""

import tomllib
from functools import lru_cache

import grimp
import pytest
from importlinter import cli

from bot.paths import ROOT


@lru_cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("bot", "actions", include_external_packages=True, cache_dir=None)


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def test_every_contract_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.lint_imports(is_debug_mode=False, no_cache=True) == 0, capsys.readouterr().out


def test_every_module_has_its_place_in_the_layers() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["id"] == "layers")
    placed = {name.strip(" ()") for layer in layers for name in layer.replace("|", ":").split(":")}
    children = graph().find_children("bot") | {"actions"}
    assert children - placed == {"bot.rasa"}


def test_what_runs_inside_rasa_knows_only_the_korean_package_of_ours() -> None:
    allowed = ("bot.rasa", "bot.korean", "bot.paths")
    strangers = {
        f"{module} imports {imported}"
        for module in graph().modules
        if within(module, "bot.rasa")
        for imported in graph().find_modules_directly_imported_by(module)
        if within(imported, "bot") or within(imported, "actions")
        if not any(within(imported, one) for one in allowed) and imported != "bot"
    }
    assert strangers == set()


def test_the_korean_package_knows_only_itself_and_how_files_are_found_and_read() -> None:
    strangers = {
        f"{module} imports {imported}"
        for module in graph().modules
        if within(module, "bot.korean")
        for imported in graph().find_modules_directly_imported_by(module)
        if within(imported, "bot") and imported not in ("bot", "bot.paths", "bot.yaml_files")
        if not within(imported, "bot.korean")
    }
    assert strangers == set()
