"""The quick importer reads the training messages as Rasa's own reader does."""

import pytest
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, TEXT

from bot.rasa.importer import BadMessages, QuickImporter, read

MESSAGES = """version: "3.1"
nlu:
- intent: passport_issue
  examples: |
    - 여권 발급 얼마예요?
    - "따옴표" 와 #, : 도 [전화번호 1] 그대로
    - ᄒᆞᆫ저 여권 ᄀᆞᆯ아줍서
- intent: out_of_scope
  examples: |
    - 로또 번호 -1- 알려줘
"""


def told(data):
    return [(one.get(TEXT), one.get(INTENT)) for one in data.intent_examples]


def test_both_read_the_same_messages(tmp_path):
    (tmp_path / "some.yml").write_text(MESSAGES, encoding="utf-8")
    arguments = {"training_data_paths": [str(tmp_path)]}
    quick = told(QuickImporter(**arguments).get_nlu_data())
    assert quick == told(RasaFileImporter(**arguments).get_nlu_data())
    assert len(quick) == 4


@pytest.mark.parametrize(
    "broken",
    ["- synonym: a\n  examples: |\n    - b\n", "- intent: a\n  examples: |\n    no dash\n"],
)
def test_a_part_that_is_no_intent_with_messages_is_refused(tmp_path, broken):
    path = tmp_path / "broken.yml"
    path.write_text(f"nlu:\n{broken}", encoding="utf-8")
    with pytest.raises(BadMessages):
        list(read(path))


ARTICLE = """---
topic: {topic}
kind: answer
questions:
  ko: [{question}, "드론 말고, 연도 되나요?"]
  en: ["Where may I fly a drone?"]
---
# ko
## summary
드론은 정해진 곳에서 날려요.
---
"""
DOMAIN = """version: "3.1"
intents: [passport_issue, out_of_scope]
actions: [action_answer]
"""
RULES = """version: "3.1"
rules:
- rule: A topic that the knowledge base answers
  steps:
  - intent: passport_issue
  - action: action_answer
"""


@pytest.fixture
def taught(tmp_path):
    """An importer over a domain, messages, rules and the articles of an old and a new topic."""
    for name, text in (("domain", DOMAIN), ("nlu/some", MESSAGES), ("rules/some", RULES)):
        path = tmp_path / f"{name}.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for topic, question in (("passport_issue", "여권 언제 나와요"), ("drone", "드론 날려도 돼요")):
        path = tmp_path / "knowledge" / "some" / f"{topic}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ARTICLE.format(topic=topic, question=question), encoding="utf-8")
    folders = [str(tmp_path / name) for name in ("nlu", "rules", "knowledge")]
    return QuickImporter(None, str(tmp_path / "domain.yml"), folders)


def test_the_questions_of_articles_are_messages_of_their_topic(taught):
    messages = told(taught.get_nlu_data())
    assert len(messages) == 4 + 2 * 3
    assert ("여권 언제 나와요", "passport_issue") in messages
    assert ("드론 말고, 연도 되나요?", "drone") in messages
    assert ("Where may I fly a drone?", "drone") in messages


def test_a_topic_that_the_domain_lacks_gets_an_intent_and_a_rule(taught):
    assert set(taught.get_domain().intents) >= {"passport_issue", "out_of_scope", "drone"}
    rules = [
        ([event.intent_name for event in step.events[1:2]], step.events[-1].action_name)
        for step in taught.get_stories().story_steps
    ]
    assert rules == [(["passport_issue"], "action_answer"), (["drone"], "action_answer")]


def test_rasa_predicts_the_answer_of_a_topic_that_only_an_article_names(taught, tmp_path):
    from rasa.core.policies.rule_policy import RulePolicy
    from rasa.engine.graph import ExecutionContext, GraphSchema
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.storage.resource import Resource
    from rasa.shared.core.events import ActionExecuted, UserUttered
    from rasa.shared.core.generator import TrainingDataGenerator
    from rasa.shared.core.trackers import DialogueStateTracker

    domain = taught.get_domain()
    (tmp_path / "model").mkdir()
    policy = RulePolicy(
        {**RulePolicy.get_default_config(), "enable_fallback_prediction": False},
        LocalModelStorage.create(tmp_path / "model"),
        Resource("rules"),
        ExecutionContext(GraphSchema({})),
    )
    policy.train(TrainingDataGenerator(taught.get_stories(), domain).generate(), domain)
    heard = [ActionExecuted("action_listen"), UserUttered("드론", intent={"name": "drone"})]
    tracker = DialogueStateTracker.from_events("citizen", heard, domain=domain)
    predicted = policy.predict_action_probabilities(tracker, domain)
    assert domain.action_names_or_texts[predicted.max_confidence_index] == "action_answer"


@pytest.mark.parametrize("broken", ["# ko\n", "---\ntopic: drone\n", "---\nkind: answer\n---\n"])
def test_an_article_without_front_matter_is_refused(tmp_path, broken):
    path = tmp_path / "broken.md"
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(BadMessages):
        QuickImporter(training_data_paths=[str(tmp_path)])
