"""Wording is data: complete in both languages, every key that code names exists, none in code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Template

import pytest
import yaml

from actions.conversation import CALM_STEPS
from bot.knowledge.schemas import FACETS
from bot.paths import POLICY, ROOT, WORDING
from bot.privacy.kinds import KINDS
from bot.tickets.forms import forms
from bot.wording import LANGUAGES, MissingWording, Wording, wording

CODE = [path for folder in ("bot", "actions") for path in sorted((ROOT / folder).rglob("*.py"))]
PAGES = sorted((ROOT / "bot/web/templates").rglob("*.html"))
FILES = "|".join(sorted(path.stem for path in WORDING.glob("*.yml")))
KEY = re.compile(rf"(?:{FILES})\.[a-z][a-z0-9_]*")
FILE_NAME = re.compile(r"\.(?:yml|py|css|js|html|log|svg|json)$")
HANGUL = re.compile("[\u3131-\u318e\uac00-\ud7a3]")
SENTENCE = re.compile(r"(?:[해어아예에세이]요|니다|니까)[.?!](?:\s|$)")

RECOGNISES = ("bot/korean/", "bot/privacy/", "bot/knowledge/figures.py", "bot/knowledge/search.py")
"""Tables and patterns of what people type, and of the figures in articles: read, never said."""
DATA_LIKE = {
    "bot/channels/graphemes.py": {"가", "힣"},  # the first and last syllable of Unicode
    "bot/rasa/nlu/decision.py": {"[전화번호 ", "[확인번호 "},  # how placeholders begin
    "bot/rasa/nlu/features.py": {"하/VV", "되/VV", "이/VC", "것/NN", "거/NN", "수/NN"},  # morphemes
    "bot/tickets/form_fields.py": {"[가-힣]+"},
    "bot/web/app.py": {"일사천리 120"},  # the service's name in the API's description
}
"""The only Hangul in strings elsewhere: constants that are compared, not sentences."""


def test_every_sentence_stands_in_both_languages() -> None:
    for path in sorted(WORDING.glob("*.yml")):
        for name, texts in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items():
            assert sorted(texts) == sorted(LANGUAGES), f"{path.name}: {name}"
            for language in LANGUAGES:
                assert texts[language].strip(), f"{path.name}: {name} in {language} is empty"


def test_english_wording_is_not_korean() -> None:
    own_name = {"other_language"}
    for key in wording().names():
        english = wording().template(key, "en")
        if key.split(".")[1] in own_name or not HANGUL.search(english):
            continue
        # A language may be named in itself, e.g. on the button that changes it.
        assert len(HANGUL.findall(english)) <= 8, key


def test_both_languages_take_the_same_values() -> None:
    # A source line names the month in its own way: 2026년 3월, 2026-03.
    differing = {"answer.source", "answer.checked"}
    for key in set(wording().names()) - differing:
        korean, english = (
            set(Template(wording().template(key, language)).get_identifiers())
            for language in LANGUAGES
        )
        # Titles are given in both languages at once (title_ko, title_en).
        korean, english = (
            {re.sub(r"_(ko|en)$", "", name) for name in names} for names in (korean, english)
        )
        assert korean == english, key


def test_every_dollar_is_a_value() -> None:
    for key in wording().names():
        for language in LANGUAGES:
            assert Template(wording().template(key, language)).is_valid(), key


def test_a_missing_key_language_or_value_is_told() -> None:
    with pytest.raises(MissingWording):
        wording().text("no.such_key", "ko")
    with pytest.raises(MissingWording):
        wording().text("say.greet", "fr")
    with pytest.raises(MissingWording):
        wording().text("receipt.already", "ko", {})


def test_a_name_that_yaml_reads_as_a_truth_value_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text("no: {ko: 아니요, en: No}\n", encoding="utf-8")
    with pytest.raises(MissingWording, match="quotes"):
        Wording.load(tmp_path)


def test_every_key_that_code_names_exists() -> None:
    named = list(_named_keys())
    assert len(named) > 100
    missing = [f"{where}: {key}" for where, key in named if not wording().has(key)]
    assert missing == []


def test_every_key_that_code_puts_together_can_exist() -> None:
    prefixes = list(_prefixes())
    assert {"form.ask_", "say.", "guard."} <= {prefix for _, prefix in prefixes}
    names = wording().names()
    missing = [
        f"{where}: {prefix}…"
        for where, prefix in prefixes
        if not any(name.startswith(prefix) for name in names)
    ]
    assert missing == []


def test_what_is_put_together_from_data_exists() -> None:
    wanted = [f"facet.{facet}" for facet in FACETS]
    policy = yaml.safe_load((POLICY / "tickets.yml").read_text(encoding="utf-8"))
    wanted += [f"ticket.state_{state}" for state in policy["states"]]
    wanted += [
        f"ticket.{what}_{each}" for each in policy["petitions"] for what in ("term", "petition")
    ]
    emergency = yaml.safe_load((POLICY / "emergency.yml").read_text(encoding="utf-8"))
    wanted += [f"guard.{kind}" for kind in _values_of(emergency, "kind")]
    dialogue = yaml.safe_load((POLICY / "dialogue.yml").read_text(encoding="utf-8"))
    wanted += [
        f"say.{intent}" for intent in dialogue["conversation"] if intent not in ("repeat", "abuse")
    ]
    wanted += [f"abuse.step_{step}" for step in range(1, CALM_STEPS + 1)]
    wanted += ["say.useful", "say.not_useful", "say.other_language"]
    for topic in forms().topics():
        form = forms().of(topic)
        wanted.append(f"report.start_{form.kind}")
        for field in form.fields:
            wanted += [form.question(field.id), f"form.label_{field.id}"]
            wanted += [form.choice(field.id, choice) for choice in field.choices]
            said = [*field.urgent.values(), *field.says.values()]
            wanted += [f"form_said.{name}" for name in said]
            wanted += [f"form.invalid_no_{field.holds}"] if field.holds else []
    assert [key for key in wanted if not wording().has(key)] == []


def test_a_placeholder_is_named_alike_in_wording_and_in_masking() -> None:
    labels = {kind.label for kind in KINDS.values()}
    for key in wording().names():
        for label in re.findall(r"\[([가-힣]+) \d\]", wording().template(key, "ko")):
            assert label in labels, key


def test_the_staff_pages_name_only_keys_that_exist() -> None:
    named = [
        (path.name, f"staff.{name}")
        for path in PAGES
        if path.parent.name == "staff"
        for name in re.findall(r"""\bt\(["']([a-z_0-9]+)["'][,)]""", path.read_text("utf-8"))
    ]
    assert len(named) > 30
    assert [each for each in named if not wording().has(each[1])] == []


def test_no_korean_stands_in_code() -> None:
    found = [
        f"{where}:{line}: {text}"
        for where, line, text in _strings()
        if HANGUL.search(text)
        and not where.startswith(RECOGNISES)
        and text not in DATA_LIKE.get(where, ())
    ]
    assert found == []


def test_no_korean_sentence_stands_even_where_korean_is_recognised() -> None:
    found = [f"{where}:{line}: {text}" for where, line, text in _strings() if SENTENCE.search(text)]
    assert found == []


def test_the_list_of_constants_has_nothing_left_over() -> None:
    present = {(where, text) for where, _, text in _strings()}
    listed = {(where, text) for where, texts in DATA_LIKE.items() for text in texts}
    assert listed - present == set()


def test_no_korean_stands_in_templates_and_scripts() -> None:
    for path in [*PAGES, *sorted((ROOT / "bot/web/static").rglob("*.js"))]:
        # The widget tells 119 the number from 119원 in a pattern, which is no sentence.
        commented = r"\{#.*?#\}|<!--.*?-->|/\*.*?\*/|//[^\n]*|String\.raw`[^`]*`"
        text = re.sub(commented, "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not HANGUL.search(text), path.name


def _strings() -> Iterator[tuple[str, int, str]]:
    """Every string of the code that is no docstring: file, line, text."""
    for path in CODE:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        where = path.relative_to(ROOT).as_posix()
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in docstrings
            ):
                yield where, node.lineno, node.value


def _named_keys() -> Iterator[tuple[str, str]]:
    beginnings = {text for _, text in _prefixes()}
    for where, line, text in _strings():
        if where == "bot/settings.py":
            # Domains of the messengers look like keys.
            continue
        if KEY.fullmatch(text) and not FILE_NAME.search(text) and text not in beginnings:
            yield f"{where}:{line}", text


def _prefixes() -> Iterator[tuple[str, str]]:
    """Beginnings of the keys that f-strings put together."""
    beginning = re.compile(rf"(?:{FILES})\.[a-z_0-9]*")
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.JoinedStr) or len(node.values) < 2:
                continue
            first = node.values[0]
            text = first.value if isinstance(first, ast.Constant) else ""
            if isinstance(text, str) and beginning.fullmatch(text):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", text


def _values_of(data: object, name: str) -> set[str]:
    """Every value under `name` at any depth."""
    if isinstance(data, list):
        return {value for each in data for value in _values_of(each, name)}
    if not isinstance(data, dict):
        return set()
    own = {data[name]} if isinstance(data.get(name), str) else set()
    return own | {value for each in data.values() for value in _values_of(each, name)}
