import yaml

from actions.parts import Parts
from actions.registry import executor
from bot.paths import ROOT


def test_the_actions_are_those_of_the_domain(parts: Parts) -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert sorted(executor(parts).actions) == sorted(domain["actions"])
