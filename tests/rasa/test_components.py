"""The components inside Rasa: a Doc goes in, intents and entities come out."""

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.nlu.constants import SPACY_DOCS
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.paths import PLACES, POLICY
from bot.rasa.nlu.classifier import TopicClassifier
from bot.rasa.nlu.entities import LEMMAS, DocEntities
from bot.rasa.nlu.spacy_model import build

CONTEXT = ExecutionContext(GraphSchema({}))
RESOURCE = Resource("topics")
TAUGHT = [
    ("여권 발급 얼마예요", "passport"),
    ("여권 재발급 서류", "passport"),
    ("여권 만들고 싶어요", "passport"),
    ("쓰레기 언제 버려요", "trash"),
    ("쓰레기 배출 요일", "trash"),
    ("재활용 쓰레기 버리는 곳", "trash"),
]


@pytest.fixture(scope="module")
def nlp(tmp_path_factory):
    import spacy

    assert PLACES.is_dir() and POLICY.is_dir()
    return spacy.load(build(tmp_path_factory.mktemp("spacy") / "build" / "ko_jeju"))


def heard(nlp, text):
    message = Message({TEXT: text})
    message.set(SPACY_DOCS[TEXT], nlp(text))
    return message


@pytest.fixture
def storage(tmp_path):
    return LocalModelStorage.create(tmp_path)


def test_the_folder_gives_entities_with_offsets_into_the_text_as_typed(nlp):
    text = "😀 ᄒᆞᆫ저 강아지랑 일본 가쿠다 120-2026-000001"
    message = heard(nlp, text)
    DocEntities().process([message])
    found = {one["entity"]: one for one in message.get(ENTITIES)}
    assert {"animal", "country", "receipt"} <= set(found)
    assert all(text[one["start"] : one["end"]] == one["text"] for one in found.values())
    assert (found["animal"]["value"], found["country"]["value"]) == ("dog", "JP")


def test_a_place_is_an_entity(nlp):
    message = heard(nlp, "애월읍에 쓰레기가 쌓였어요")
    DocEntities().process([message])
    assert "place" in [one["entity"] for one in message.get(ENTITIES)]


def lemmas_of(nlp, text):
    message = heard(nlp, text)
    DocEntities().process([message])
    assert LEMMAS in message.as_dict(only_output_properties=True)
    return message.get(LEMMAS)


def test_the_lemmas_are_what_a_message_is_about(nlp):
    assert lemmas_of(nlp, "여권은 어디서 만들었어요?") == ["여권/NN", "어디/NP", "만들/VV"]


def test_the_same_words_in_other_forms_have_the_same_lemmas(nlp):
    assert set(lemmas_of(nlp, "쓰레기를 버리려고요")) == set(lemmas_of(nlp, "쓰레기 버렸는데"))


def test_an_english_word_has_the_lemma_of_its_korean(nlp):
    assert "여권/NN" in lemmas_of(nlp, "my passport")


def test_the_label_of_a_placeholder_is_no_lemma(nlp):
    assert lemmas_of(nlp, "여권 [전화번호 1]") == ["여권/NN"]


def test_a_message_without_words_has_no_lemmas(nlp):
    assert lemmas_of(nlp, "?!") == []


def test_a_trained_classifier_survives_storage(nlp, storage):
    config = TopicClassifier.get_default_config()
    classifier = TopicClassifier.create(config, storage, RESOURCE, CONTEXT)
    messages = [Message.build(text, intent) for text, intent in TAUGHT]
    classifier.train(TrainingData(messages))
    again = TopicClassifier.load(config, storage, RESOURCE, CONTEXT)
    message = heard(nlp, "여권 새로 발급")
    again.process([message])
    assert message.get(INTENT)["name"] == "passport"
    assert [one["name"] for one in message.get(INTENT_RANKING_KEY)] == ["passport", "trash"]


def test_an_untrained_classifier_stays_silent(nlp, storage):
    classifier = TopicClassifier.load(
        TopicClassifier.get_default_config(), storage, RESOURCE, CONTEXT
    )
    message = heard(nlp, "여권")
    assert classifier.process([message])[0].get(INTENT) is None


def test_a_message_of_unknown_signs_has_no_intent(nlp, storage):
    config = TopicClassifier.get_default_config()
    classifier = TopicClassifier.create(config, storage, RESOURCE, CONTEXT)
    classifier.train(TrainingData([Message.build(text, intent) for text, intent in TAUGHT]))
    message = heard(nlp, "日本語")
    classifier.process([message])
    assert message.get(INTENT) == {"name": None, "confidence": 0.0}
