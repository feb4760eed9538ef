"""The measuring of the service on labelled messages."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from bot.cli import make_app
from bot.evaluation import free_ports
from bot.evaluation.confidence import Bin, reliability
from bot.evaluation.figures import Figures, Ratio, figures
from bot.evaluation.judging import Judged, alone, as_seen
from bot.evaluation.measuring import Outcome, Retyped, measure
from bot.evaluation.pairs import Paired
from bot.evaluation.recorded import NAME, fallen_behind, read_recorded, record
from bot.evaluation.report import report, table
from bot.evaluation.rows import BadFile, Row, read
from bot.evaluation.service import Reach
from bot.evaluation.tables import Confusion, by_topic, confusions
from bot.paths import ROOT

if TYPE_CHECKING:
    from tests.support.service import Service

ROAD = Row("길이 파였어요", "road_damage", frozenset({"road_damage"}))
WEATHER = Row("내일 날씨", "out_of_scope", frozenset({"out_of_scope"}))


def write(folder: Path, text: str) -> Path:
    path = folder / "messages.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def ranked(*names: str) -> list[tuple[str, float]]:
    return [(name, 0.9 / (place + 1)) for place, name in enumerate(names)]


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    path = write(tmp_path, "style\ttopic\tset\ttext\nchat\troad_damage\tdev\t길이 파였어요\n")
    assert read(path) == [Row("길이 파였어요", "road_damage", frozenset({"road_damage"}), "chat")]


@pytest.mark.parametrize("accept", ["a,b", "a b", "a;b", "a, b", "a ; b "])
def test_other_right_answers_are_separated_by_comma_space_or_semicolon(
    tmp_path: Path, accept: str
) -> None:
    (row,) = read(write(tmp_path, f"text\ttopic\taccept\n글\tc\t{accept}\n"))
    assert row.right == {"a", "b", "c"}


def test_a_quotation_mark_in_a_message_is_only_a_character(tmp_path: Path) -> None:
    rows = read(write(tmp_path, 'text\ttopic\n"여권\tpassport_issue\n두 번째"\tpassport_issue\n'))
    assert [row.text for row in rows] == ['"여권', '두 번째"']


def test_a_file_without_the_topic_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile) as raised:
        read(write(tmp_path, "text\tlabel\n글\ta\n"))
    assert raised.value.missing == ["topic"]


def test_a_line_without_a_topic_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile) as raised:
        read(write(tmp_path, "text\ttopic\n글\ta\n글\t\n"))
    assert raised.value.line == 3


def test_the_reply_s_topic_is_the_first_guess() -> None:
    judged = as_seen(ROAD, ["road_damage"], ["street_light"])
    assert judged.first == "road_damage"
    assert judged.three == ("road_damage", "street_light")


def test_a_question_what_was_meant_is_right_only_among_three() -> None:
    found = figures([as_seen(ROAD, [None], ["street_light", "bulky_waste", "road_damage"])])
    assert found.top1 == Ratio(0, 1)
    assert found.top3 == Ratio(1, 1)


def test_the_fourth_button_does_not_count() -> None:
    assert figures([as_seen(ROAD, [None], ["a", "b", "c", "road_damage"])]).top3 == Ratio(0, 1)


def test_a_button_of_a_facet_takes_no_place_of_its_own() -> None:
    judged = as_seen(ROAD, ["a"], ["a", "a", "b", "a", "road_damage"])
    assert judged.three == ("a", "b", "road_damage")


def test_one_of_the_other_right_answers_is_right() -> None:
    row = Row("글", "a", frozenset({"a", "b"}))
    assert figures([as_seen(row, ["b"], [])]).top1 == Ratio(1, 1)


def test_a_refusal_of_what_is_ours_is_counted() -> None:
    found = figures([as_seen(ROAD, ["out_of_scope"], ["general_ticket"])])
    assert found.in_scope_refused == Ratio(1, 1)


def test_a_refusal_that_offers_a_right_topic_is_none() -> None:
    found = figures([as_seen(ROAD, ["out_of_scope"], ["a", "b", "c", "road_damage"])])
    assert found.in_scope_refused == Ratio(0, 1)


def test_what_is_not_ours_is_recalled_when_it_is_refused() -> None:
    found = figures([as_seen(WEATHER, ["out_of_scope"], []), as_seen(WEATHER, ["a"], [])])
    assert found.out_of_scope_recall == Ratio(1, 2)
    assert found.in_scope_refused == Ratio(0, 0)


def test_a_message_without_a_reply_is_wrong() -> None:
    found = figures([as_seen(ROAD, [], [])])
    assert (found.top1, found.top3, found.in_scope_refused) == (Ratio(0, 1),) * 3


def test_the_nlu_alone_is_judged_by_its_ranking() -> None:
    found = figures([alone(ROAD, ranked("a", "b", "road_damage", "c")), alone(WEATHER, [])])
    assert found.top1 == Ratio(0, 2)
    assert found.top3 == Ratio(1, 2)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    # Newcombe 1998, table I, method 3 (score).
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (29, 29, 0.883, 1),
    ],
)
def test_the_interval_is_wilson_s(hits: int, of: int, low: float, high: float) -> None:
    interval = Ratio(hits, of).interval
    assert interval == pytest.approx((low, high), abs=0.0001)


def test_a_ratio_of_nothing_has_no_value() -> None:
    assert Ratio(0, 0).value is None
    assert Ratio(0, 0).interval is None


def test_known_counts_only_topics_that_the_model_knows() -> None:
    other = Row("글", "library", frozenset({"library"}))
    judged = [Judged(ROAD, "road_damage", ("road_damage",), False), as_seen(other, ["a"], [])]
    outcome = Outcome(judged, judged, [0.02, 0.01, 0.03], frozenset({"road_damage"})).as_dict()
    assert (outcome["n"], outcome["top1"]) == (2, 0.5)
    assert (outcome["known"]["n"], outcome["known"]["top1"]) == (1, 1.0)
    assert (outcome["ms_p50"], outcome["ms_p95"]) == (20.0, 30.0)
    assert "by_style" not in outcome


def test_a_file_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(make_app(), ["evaluate", str(tmp_path / "none.tsv")])
    assert result.exit_code == 1
    assert "none.tsv" in result.output


def test_a_running_service_is_measured_as_the_citizen_sees_it(
    service: "Service", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot import settings
    from bot.conversations.models import Conversation

    monkeypatch.setattr(settings, "settings", lambda: service.settings)
    path = write(
        tmp_path,
        "text\ttopic\taccept\tstyle\n"
        "여권 새로 만들려면 뭐 가져가요?\tpassport_issue\t\tplain\n"
        "옆집에 불났어요\temergency\t\tplain\n"
        "이번 주 로또 번호 찍어 줘\tout_of_scope\t\tchat\n"
        "도서관 회원증\tlibrary\t\tchat\n",
    )
    with service.database.reading() as session:
        before = session.query(Conversation).count()
    command = ["evaluate", str(path), "--url", service.url, "--report", "--json", "--record"]
    result = CliRunner().invoke(make_app(), command)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout.splitlines()[-1])
    assert found["n"] == 4
    assert found["unanswered"] == 0
    assert found["out_of_scope_recall"] == 1.0
    assert found["known"]["top1"] == 1.0
    assert found["known"]["n"] == 3
    assert found["alone"]["n"] == 4
    assert set(found["by_style"]) == {"plain", "chat"}
    assert set(found["retyped"]) == {"no_spaces", "typos"}
    assert found["retyped"]["typos"]["n"] == 4
    assert sum(one["count"] for one in found["reliability"]["bins"]) == 4
    assert read_recorded(tmp_path / "recorded.json")["top1"] == found["top1"]
    with service.database.reading() as session:
        assert session.query(Conversation).count() == before, "a running service is left as it was"


def judged(topic: str, first: str | None, sure: float = 0.0) -> Judged:
    row = Row("글", topic, frozenset({topic}))
    return Judged(row, first, (), refused=False, confidence=sure, answered=first != "")


def test_topics_are_listed_the_worst_first() -> None:
    some = [judged("a", "a"), judged("b", "a"), judged("b", "b"), *[judged("c", "b")] * 2]
    assert by_topic(some) == {"c": Ratio(0, 2), "b": Ratio(1, 2), "a": Ratio(1, 1)}


def test_confusions_are_counted_the_commonest_first() -> None:
    some = [judged("a", "b"), judged("b", "a"), judged("a", "b"), judged("a", "a")]
    assert confusions(some) == [Confusion("a", "b", 2), Confusion("b", "a", 1)]
    assert confusions(some, most=1) == [Confusion("a", "b", 2)]


def test_a_question_and_a_silence_are_told_apart() -> None:
    found = confusions([as_seen(ROAD, [None], ["a"]), as_seen(ROAD, [], [])])
    assert [one.given for one in found] == ["asked_back", "no_answer"]


def test_a_right_answer_besides_the_topic_is_no_confusion() -> None:
    assert confusions([as_seen(Row("글", "a", frozenset({"a", "b"})), ["b"], [])]) == []


def test_confidences_are_set_beside_the_share_that_is_right() -> None:
    some = [judged("a", "a", 0.95), judged("a", "b", 1.0), judged("a", "b", 0.3)]
    found = reliability(some)
    assert [one.count for one in found.bins] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 2]
    assert found.bins[9] == Bin(0.9, 1.0, 2, 0.975, 0.5)
    assert found.bins[0].right is None
    # (0.3 once, 0.475 twice) / 3
    assert found.error == pytest.approx(41.67)


def test_a_report_has_every_table_and_sums_up_what_is_all_right() -> None:
    seen = [judged("road_damage", "road_damage"), judged("library", "street_light")]
    outcome = Outcome(seen, seen, [0.02], frozenset({"road_damage", "library"}))
    again = {"typos": Retyped(Paired(2, 1, 0, 1, 0), Paired(2, 1, 1, 0, 0))}
    text = report(outcome, again)
    assert text.count("\n## ") == 4
    assert "library" in text
    assert "street_light" in text
    assert next(one for one in text.splitlines() if "road_damage" in one).endswith("road_damage")
    assert "-50.0" in text
    assert "0.9–1.0" in text


def test_columns_of_a_table_stand_under_each_other_in_korean() -> None:
    lines = table(["말투", "n"], [["plain", "1"], ["띄어쓰기", "20"]])
    assert lines == [
        "| 말투     | n   |",
        "| -------- | --- |",
        "| plain    | 1   |",
        "| 띄어쓰기 | 20  |",
    ]


def outcome_of(hits: int, of: int, refused: int = 0) -> Figures:
    return Figures(of, of, Ratio(hits, of), Ratio(of, of), Ratio(0, 0), Ratio(refused, of))


def test_a_figure_may_fall_one_point_and_no_more(tmp_path: Path) -> None:
    record(tmp_path / "recorded.json", outcome_of(900, 1000, 10))
    kept = read_recorded(tmp_path / "recorded.json")
    assert kept["out_of_scope_recall"] is None
    assert fallen_behind(kept, outcome_of(890, 1000, 20)) == {}
    assert fallen_behind(kept, outcome_of(889, 1000)) == {"top1": (0.9, 0.889)}
    assert fallen_behind(kept, outcome_of(999, 1000, 21)) == {"in_scope_refused": (0.01, 0.021)}


def test_where_a_message_is_more_than_a_point_one_may_be_lost(tmp_path: Path) -> None:
    record(tmp_path / "recorded.json", outcome_of(54, 60))
    kept = read_recorded(tmp_path / "recorded.json")
    assert fallen_behind(kept, outcome_of(53, 60)) == {}
    assert fallen_behind(kept, outcome_of(52, 60)) == {"top1": (0.9, 0.8667)}


@pytest.mark.slow
def test_no_figure_falls_behind_the_recorded_one(service: "Service") -> None:
    folder = ROOT / "tests" / "data"
    reach = Reach.of(service.settings, service.url)
    outcome = measure(read(folder / "dev.tsv"), reach, at_a_time=4)
    assert fallen_behind(read_recorded(folder / NAME), figures(outcome.seen)) == {}


def test_ports_of_a_service_of_its_own_differ() -> None:
    assert len(set(free_ports(3))) == 3
