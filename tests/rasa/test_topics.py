"""The classifier without Rasa: features, meaning, ranking, keeping."""

import numpy as np
import pytest
import yaml

from bot.paths import POLICY
from bot.rasa.nlu.english import Glossary, stem
from bot.rasa.nlu.features import Features, prepare
from bot.rasa.nlu.linear import sharpness, softmax
from bot.rasa.nlu.meaning import Meaning
from bot.rasa.nlu.topics import Topics

TAUGHT = {
    "passport": [
        "여권을 새로 만들고 싶어요",
        "여권 발급 얼마예요",
        "여권 재발급 서류",
        "여권 만들려면 어디로 가나요",
        "여권 사진 규격이 궁금해요",
        "how do I get a passport",
    ],
    "trash": [
        "쓰레기 언제 버리나요",
        "쓰레기 배출 요일 알려 주세요",
        "재활용 쓰레기는 어디에 버려요",
        "플라스틱 버리는 날이 언제예요",
        "쓰레기 봉투 어디서 사요",
        "when can I throw away trash",
    ],
    "dog": [
        "강아지 등록하고 싶어요",
        "반려견 등록 어디서 하나요",
        "강아지 칩 비용 얼마예요",
        "키우는 개를 등록하려고요",
        "반려견 등록증 잃어버렸어요",
        "register my dog",
    ],
}


@pytest.fixture(scope="module")
def topics():
    pairs = [(text, label) for label, texts in TAUGHT.items() for text in texts]
    return Topics.train([Features(text) for text, _ in pairs], [label for _, label in pairs])


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("여권발급받으려고하는데요", "passport"),
        ("쓰래기 어떠케 버려요", "trash"),
        ("반려견 등록은 어디서", "dog"),
        ("passport please", "passport"),
    ],
)
def test_a_message_is_ranked_first_under_its_topic(topics, text, right):
    assert topics.rank(Features(text))[0].name == right


def test_a_word_of_like_meaning_is_enough(topics):
    assert topics.rank(Features("폐기물"))[0].name == "trash"


def test_an_english_word_that_was_only_taught_in_korean_is_read(topics):
    assert topics.rank(Features("recycling"))[0].name == "trash"


def test_confidences_fall_and_sum_to_one(topics):
    found = [one.confidence for one in topics.rank(Features("여권"))]
    assert found == sorted(found, reverse=True)
    assert sum(found) == pytest.approx(1, abs=1e-5)


def test_a_message_of_unknown_signs_has_no_ranking(topics):
    assert topics.rank(Features("日本語")) == []
    assert topics.rank(Features("")) == []


def test_a_kept_model_gives_the_same_answers(topics, tmp_path):
    topics.save(tmp_path)
    again = Topics.load(tmp_path)
    for text in ("여권", "강아지", "폐기물"):
        assert again.rank(Features(text)) == topics.rank(Features(text))


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        Topics.load(tmp_path)


def test_one_intent_alone_cannot_be_learnt():
    with pytest.raises(ValueError):
        Topics.train([Features("여권"), Features("여권 발급")], ["passport", "passport"])


def test_words_of_like_meaning_lie_close():
    texts = ["쓰레기 버려요", "강아지 등록", "여권 발급", "도로 파손", "세금 납부", "병원 예약"]
    taken = [Features(text).content for text in texts]
    meaning = Meaning.fit(taken)
    read = meaning.reader()
    trash, waste, dog = (read(Features(one).content) for one in ("쓰레기", "폐기물", "강아지"))
    assert trash @ waste > trash @ dog
    assert taken[0][0].id in meaning.weights


def test_a_placeholder_counts_without_its_number():
    assert prepare("[전화번호 1]로") == prepare("[전화번호 2]로")


def test_the_longest_english_phrase_wins():
    glossary = Glossary({"주차": ["park"], "과태료": ["parking ticket"]})
    found = glossary.korean([stem("parking"), stem("tickets")])
    assert [item.form for item in found] == ["과태료"]


def test_no_english_phrase_stands_twice_in_the_glossary():
    table = yaml.safe_load((POLICY / "english.yml").read_text(encoding="utf-8"))
    phrases = [phrase for some in table.values() for phrase in some]
    assert all(isinstance(phrase, str) for phrase in phrases)
    assert len(phrases) == len(set(phrases))


def test_sharpness_makes_confidence_what_it_claims():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(4000, 5))
    chances = softmax(3 * scores)
    truth = np.array([rng.choice(5, p=row) for row in chances])
    assert sharpness(scores, truth) == pytest.approx(3, rel=0.1)
