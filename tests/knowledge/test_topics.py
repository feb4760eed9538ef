"""The topics of the catalogue: each is known everywhere under one id."""

import yaml

from bot.knowledge.topics import topics
from bot.paths import DATA, KNOWLEDGE, ROOT

BUTTON = 30
"""Characters of a title that still fit on a button."""


def intents_of_messages() -> dict[str, str]:
    found = {}
    for path in (DATA / "nlu").glob("*.yml"):
        for part in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            found[part["intent"]] = path.stem
    return found


def test_every_topic_has_training_messages_in_the_file_of_its_category() -> None:
    taught = intents_of_messages()
    assert {topic: taught.get(topic) for topic in topics()} == {
        topic: found.category for topic, found in topics().items()
    }


def test_every_topic_is_an_intent_of_the_domain_and_has_a_rule() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    ruled = [
        each["intent"]
        for name in ("answers", "reports")
        for rule in yaml.safe_load((DATA / "rules" / f"{name}.yml").read_text("utf-8"))["rules"]
        for step in rule["steps"]
        for each in step.get("or", [])
    ]
    assert set(topics()) <= set(domain["intents"])
    assert set(topics()) <= set(ruled)
    assert len(ruled) == len(set(ruled)), "a topic has two rules"


def test_every_topic_has_an_article() -> None:
    assert {path.stem for path in KNOWLEDGE.rglob("*.md")} >= set(topics())


def test_every_article_belongs_to_a_topic_and_lies_in_its_category() -> None:
    for path in KNOWLEDGE.rglob("*.md"):
        assert topics()[path.stem].category == path.parent.name


def test_a_title_fits_on_a_button_and_belongs_to_one_topic() -> None:
    for language in ("ko", "en"):
        titles = [topic.title.in_language(language) for topic in topics().values()]
        assert len(titles) == len(set(titles))
        assert max(map(len, titles)) <= BUTTON + 10 * (language == "en")
