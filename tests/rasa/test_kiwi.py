"""The analyser: tokens cover the text, to the character."""

import pytest
import spacy

from bot.rasa.nlu.kiwi import kiwi, morphemes, pieces
from bot.rasa.nlu.tokenizer import MORPHEMES, TOKENIZER

AWKWARD = [
    "",
    "   ",
    "😀 어제 나왔는데  한라산\n예약 어떻게하나요? ",
    "펜안ᄒᆞ우꽈 멍멍이 델꼬",
    "👨‍👩‍👧 가족 ❤️ 1️⃣",
    "\u200b안녕",
    "[전화번호 1]로 전화 주세요 120-2026-000001",
    "I lost my passport!!  여권",
]


@pytest.fixture(scope="module")
def nlp():
    return spacy.blank("ko", config={"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}})


@pytest.mark.parametrize("text", AWKWARD)
def test_a_doc_is_its_text_to_the_character(nlp, text):
    doc = nlp(text)
    assert doc.text == text
    assert all(text[token.idx : token.idx + len(token)] == token.text for token in doc)


@pytest.mark.parametrize("text", AWKWARD)
def test_pieces_joined_are_the_text(text):
    assert "".join(piece.text for piece in pieces(text, morphemes(text))) == text


def test_morphemes_that_share_a_syllable_become_one_token(nlp):
    token = nlp("어제 나왔어요")[1]
    assert (token.text, token.lemma_, token.tag_) == ("나왔", "나오+었", "VV+EP")


def test_a_doc_keeps_its_morphemes(nlp):
    doc = nlp("쓰레기 버려요")
    assert [item.form for item in doc.user_data[MORPHEMES]][:2] == ["쓰레기", "버리"]


def test_a_word_after_an_emoji_stands_where_it_stands(nlp):
    text = "😀 여권"
    token = nlp(text)[1]
    assert text[token.idx :] == token.text == "여권"


def test_misspellings_are_mended():
    assert "예약" in [item.form for item in morphemes("한라산 얘약 어떠케 하나요")]


def test_there_is_one_kiwi():
    assert kiwi() is kiwi()
