"""How much of the personal data in written-out messages is found, and how much else is touched.

tests/data/personal_data.tsv was written by somebody who did not know the detectors.
"""

import csv
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.paths import POLICY, ROOT
from bot.privacy.masking import Masker

CORPUS = ROOT / "tests" / "data" / "personal_data.tsv"

# What the detectors reach; a change that loses ground fails.
RECALL_FLOOR = 0.0
PRECISION_FLOOR = 0.0
EXACT_ROWS_FLOOR = 0.0

Spans = Counter[tuple[str, str]]


def rows(path: Path) -> Iterator[tuple[str, Spans]]:
    """Each text of the corpus with its (kind, value) pairs."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            text = unicodedata.normalize("NFC", row["text"])
            spans = unicodedata.normalize("NFC", row["spans"] or "")
            pairs = (part.split("=", 1) for part in spans.split(";") if "=" in part)
            yield text, Counter((kind.strip(), value.strip()) for kind, value in pairs)


@pytest.fixture(scope="module")
def measured() -> list[tuple[str, Spans, Spans]]:
    """Text, what is in it, and what was found."""
    masker = Masker.load(POLICY / "personal_data.yml")
    return [
        (text, wanted, Counter((s.kind, text[s.start : s.end]) for s in masker.spans(text)))
        for text, wanted in rows(CORPUS)
    ]


def test_recall_and_precision_do_not_fall(
    measured: list[tuple[str, Spans, Spans]], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for _, want, got in measured:
        for total, pairs in ((wanted, want), (found, got), (right, want & got)):
            total.update({"all": pairs.total()})
            for (kind, _value), count in pairs.items():
                total[kind] += count
    exact = sum(want == got for _, want, got in measured) / len(measured)
    with capsys.disabled():
        print(f"\n{'kind':18}{'wanted':>8}{'found':>8}{'right':>8}")
        for kind in sorted(wanted | found):
            print(f"{kind:18}{wanted[kind]:8}{found[kind]:8}{right[kind]:8}")
        print(f"rows exact: {exact:.1%} of {len(measured)}")
    assert right["all"] / wanted["all"] >= RECALL_FLOOR
    assert right["all"] / found["all"] >= PRECISION_FLOOR
    assert exact >= EXACT_ROWS_FLOOR
