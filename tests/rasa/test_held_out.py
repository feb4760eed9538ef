"""The classifier measured on any two files of messages."""

import numpy as np
import pytest

from bot.rasa import held_out
from bot.rasa.held_out import OUT_OF_SCOPE, BadFile, Guesses, Labelled, calibration_error, read

TAUGHT = {
    "passport": [
        "여권 발급",
        "여권 재발급 서류",
        "여권 사진 규격",
        "여권 새로 만들어요",
        "여권 수수료",
    ],
    "trash": ["쓰레기 배출", "쓰레기 봉투", "쓰레기 언제 버려요", "재활용 쓰레기", "쓰레기 요일"],
    "dog": ["강아지 등록", "강아지 칩", "강아지 등록증", "강아지 등록 비용", "강아지 등록 장소"],
    "tax": ["세금 납부", "세금 고지서", "세금 언제까지 내요", "세금 환급", "세금 내는 곳"],
    "bus": ["버스 시간표", "버스 노선", "버스 요금", "버스 막차", "버스 정류장"],
}


def labelled(extra=()):
    pairs = [(text, name) for name, texts in TAUGHT.items() for text in texts] + list(extra)
    return Labelled(
        [text for text, _ in pairs], np.array([name for _, name in pairs], dtype=object)
    )


def write(folder, text):
    path = folder / "messages.tsv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("head", ["", "text\tintent\n", "text\ttopic\tstyle\n"])
def test_a_first_line_of_names_may_be_missing(tmp_path, head):
    found = read(write(tmp_path, f"{head}여권 발급\tpassport\n로또\toos\n"))
    assert found.texts == ["여권 발급", "로또"]
    assert list(found.intents) == ["passport", OUT_OF_SCOPE]


def test_columns_are_found_by_name(tmp_path):
    assert read(write(tmp_path, "topic\tid\ttext\na\t1\t글\n")).texts == ["글"]


def test_a_line_without_an_intent_is_named(tmp_path):
    with pytest.raises(BadFile, match="line 2"):
        read(write(tmp_path, "글\ta\n글\t\n"))


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(BadFile):
        read(write(tmp_path, "\n"))


def test_less_than_the_threshold_is_out_of_scope():
    best = np.array(["a", "b", "c"], dtype=object)
    found = Guesses(best, np.array([0.9, 0.4, 0.5]), np.array([False, False, True]))
    assert list(found.at(0.5)) == ["a", OUT_OF_SCOPE, OUT_OF_SCOPE]
    assert list(found.at(0.0)) == ["a", "b", OUT_OF_SCOPE]


def test_every_intent_is_unknown_in_one_round_and_never_taught_in_it():
    intents = labelled().intents
    unknown = []
    for learnt, held, truth in held_out._rounds(intents, seed=0):
        assert not set(learnt) & set(held)
        gone = set(intents[held][truth == OUT_OF_SCOPE])
        assert not gone & set(intents[learnt])
        unknown += gone
    assert sorted(unknown) == sorted(TAUGHT)


def test_the_error_of_calibration_is_in_points():
    assert calibration_error(np.array([1.0, 1.0]), np.array([True, False])) == pytest.approx(50)


def test_messages_of_nobody_s_subject_lie_below_the_taught_ones():
    test = Labelled(
        ["여권 사진", "쓰레기 버리는 요일", "강아지 칩 등록", "로또 번호", "축구 경기 결과"],
        np.array(["passport", "trash", "dog", OUT_OF_SCOPE, OUT_OF_SCOPE], dtype=object),
    )
    found = held_out.measure(labelled(), test)
    assert found.in_scope == 1.0
    assert found.auroc == 1.0
    assert 0 <= found.threshold <= 1
    assert "AUROC" in held_out.table(found)


def test_out_of_scope_messages_to_learn_from_are_an_intent_of_their_own():
    strangers = [("로또 번호", OUT_OF_SCOPE), ("로또 당첨", OUT_OF_SCOPE), ("로또", OUT_OF_SCOPE)]
    test = Labelled(
        ["로또 번호 주세요", "여권 발급"], np.array([OUT_OF_SCOPE, "passport"], dtype=object)
    )
    found = held_out.measure(labelled(strangers), test)
    assert (found.in_scope, found.recall, found.mcc) == (1.0, 1.0, 1.0)


def test_without_messages_out_of_scope_their_figures_are_missing():
    test = Labelled(["여권 사진", "버스 요금"], np.array(["passport", "bus"], dtype=object))
    found = held_out.measure(labelled(), test)
    assert found.auroc is None
    assert found.recall is None
