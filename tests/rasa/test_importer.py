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
