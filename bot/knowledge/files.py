"""An article as a file: front matter in YAML, then `# ko` and `# en` with `## facet` sections."""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from bot.knowledge.schemas import FACETS, ArticleBody, Fault, clean_text, explain

LANGUAGE_PARTS = ("ko", "en")
_LEFT_OUT_WHEN_EMPTY = ("valid_until", "untold", "questions")


class ArticleError(Exception):
    """A file that is not an article; names the file, the line and what to do.

    `faults` holds everything found, each with its line; the first one is the exception's own.
    """

    def __init__(self, path: Path, faults: list[tuple[int, Fault]]) -> None:
        self.path = path
        self.faults = faults
        self.line, first = faults[0]
        self.sentence = first.sentence
        super().__init__(f"{path}:{self.line}: {self.sentence}")


@dataclass(frozen=True)
class ArticleFile:
    """A parsed file."""

    path: Path
    body: ArticleBody
    digest: str
    lines: dict[str, int] = field(compare=False)
    """Line of each front matter field (`related`) and facet heading (`ko.fee`)."""


class _Loader(yaml.SafeLoader):
    """YAML in which a field that stands twice is an error, not silently the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                problem = f"{key.value} stands twice: keep one of them"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """YAML as editors write it: double quotes, and always around numbers to call and addresses."""

    def choose_scalar_style(self) -> str:
        style: str = super().choose_scalar_style()
        return '"' if style == "'" else style


def _text_node(dumper: _Dumper, text: str) -> yaml.Node:
    style = '"' if re.fullmatch(r"[\d-]+|https?://.*", text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text_node)


def normalise(raw: bytes) -> str:
    """The text of a file's bytes with line ends, Unicode form and trailing space made equal.

    Raises UnicodeDecodeError when the bytes are not UTF-8.
    """
    return clean_text(raw.decode("utf-8")) + "\n"


def digest_of(text: str) -> str:
    """SHA-256 of normalised text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def parse(path: Path) -> ArticleFile:
    """Read the article at `path`. Raises ArticleError."""
    try:
        text = normalise(path.read_bytes())
    except UnicodeDecodeError as error:
        sentence = "The file is not UTF-8: save it as UTF-8."
        raise ArticleError(path, [(1, Fault(place=(), sentence=sentence))]) from error
    return parse_text(text, path)


def parse_text(text: str, path: Path) -> ArticleFile:
    """Read an article from its normalised text; `path` is only named in errors and the result.

    Raises ArticleError.
    """
    return _Reader(path, text).read()


def write(body: ArticleBody) -> str:
    """The file text of `body`; parsing it gives an equal body."""
    given = body.model_dump()
    sections = given.pop("sections")
    lines = ["---"]
    for name, value in given.items():
        if name in _LEFT_OUT_WHEN_EMPTY and _empty(value):
            continue
        lines += _front_matter(name, value)
    lines.append("---")
    for language in LANGUAGE_PARTS:
        lines.append(f"# {language}")
        for facet in (name for name in FACETS if name in sections[language]):
            lines += [f"## {facet}", sections[language][facet]]
    return "\n".join(lines) + "\n"


def body_digest(body: ArticleBody) -> str:
    """The digest that a file written from `body` has."""
    return digest_of(clean_text(write(body)) + "\n")


def target(folder: Path, body: ArticleBody) -> Path:
    """Where the file of `body` stands below `folder`: category/topic.md."""
    return folder / body.category / f"{body.topic}.md"


def _empty(value: Any) -> bool:
    return not (any(value.values()) if isinstance(value, dict) else value)


def _front_matter(name: str, value: Any) -> list[str]:
    if name in ("online", "sources", "facts") and value:
        return [f"{name}:", *(f"- {_flow(item)}" for item in value)]
    if name == "questions":
        return [f"{name}:", *(f"  {key}: {_flow(one)}" for key, one in value.items() if one)]
    if isinstance(value, dict | list | tuple):
        return [f"{name}: {_flow(value)}"]
    return [_dump({name: value}, flow=False)]


def _flow(value: Any) -> str:
    return _dump(_plain(value), flow=True)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _dump(value: Any, *, flow: bool) -> str:
    text: str = yaml.dump(
        value,
        Dumper=_Dumper,
        allow_unicode=True,
        default_flow_style=flow,
        sort_keys=False,
        width=10**6,
    )
    return text.strip()


_HEADING = re.compile(r"(#+)\s*(.*)")


class _Reader:
    """Reads one file and remembers on which line each field and facet stood."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._rows = text.split("\n")
        self._lines: dict[str, int] = {}
        self._text = text

    def read(self) -> ArticleFile:
        end = self._end_of_front_matter()
        matter, node = self._matter("\n".join(self._rows[1:end]))
        matter["sections"] = self._sections(end + 1)
        try:
            body = ArticleBody.model_validate(matter)
        except ValidationError as error:
            faults = [(self._line_of(node, fault), fault) for fault in explain(error)]
            raise ArticleError(self._path, faults) from error
        return ArticleFile(self._path, body, digest_of(self._text), self._lines)

    def _fail(self, line: int, sentence: str) -> ArticleError:
        return ArticleError(self._path, [(line, Fault(place=(), sentence=sentence))])

    def _end_of_front_matter(self) -> int:
        if self._rows[0] != "---":
            raise self._fail(1, "The file does not begin with '---': put the front matter first.")
        try:
            return self._rows.index("---", 1)
        except ValueError:
            sentence = "The front matter has no end: put '---' on a line after it."
            raise self._fail(len(self._rows), sentence) from None

    def _matter(self, source: str) -> tuple[dict[str, Any], yaml.MappingNode]:
        try:
            node = yaml.compose(source, Loader=_Loader)
            matter = yaml.load(source, Loader=_Loader)  # noqa: S506  a SafeLoader all the same
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 2 if error.problem_mark else 1
            raise self._fail(line, f"The front matter is not YAML: {error.problem}.") from error
        except (yaml.YAMLError, ValueError) as error:
            raise self._fail(2, f"The front matter is not YAML: {error}.") from error
        if not isinstance(node, yaml.MappingNode) or not isinstance(matter, dict):
            raise self._fail(2, "The front matter has no fields: write 'topic: …' and the others.")
        if "sections" in matter:
            raise self._fail(2, "sections is not a field: write the facets under '## ' headings.")
        for key, _ in node.value:
            self._lines[str(key.value)] = key.start_mark.line + 2
        return matter, node

    def _sections(self, start: int) -> dict[str, dict[str, str]]:
        parts: dict[str, dict[str, list[str]]] = {}
        language = facet = None
        for number, row in enumerate(self._rows[start:], start + 1):
            heading = _HEADING.fullmatch(row)
            if heading and heading[1] == "#":
                language, facet = self._language(heading[2], number, parts), None
            elif heading:
                facet = self._facet(heading, number, language, parts)
            elif language and facet:
                parts[language][facet].append(row)
            elif row:
                raise self._fail(number, "This text is under no facet: put '## summary' above it.")
        for name in LANGUAGE_PARTS:
            if name not in parts:
                raise self._fail(len(self._rows), f"The '# {name}' part is missing: add it.")
        return {
            name: {facet: "\n".join(rows) for facet, rows in facets.items()}
            for name, facets in parts.items()
        }

    def _language(self, name: str, line: int, parts: dict[str, Any]) -> str:
        if name not in LANGUAGE_PARTS:
            raise self._fail(line, f"'# {name}' is not a language: write '# ko' or '# en'.")
        if name in parts:
            raise self._fail(line, f"'# {name}' stands twice: keep one of them.")
        parts[name] = {}
        self._lines[name] = line
        return name

    def _facet(
        self, heading: re.Match[str], line: int, language: str | None, parts: dict[str, Any]
    ) -> str:
        name = heading[2]
        if heading[1] != "##" or name not in FACETS:
            known = ", ".join(FACETS)
            raise self._fail(
                line, f"'{heading[0]}' is not a facet: write '## ' and one of {known}."
            )
        if language is None:
            raise self._fail(line, f"'## {name}' is in no language: put '# ko' above it.")
        if name in parts[language]:
            raise self._fail(line, f"'## {name}' stands twice in '{language}': keep one of them.")
        parts[language][name] = []
        self._lines[f"{language}.{name}"] = line
        return name

    def _line_of(self, node: yaml.Node, fault: Fault) -> int:
        """The line of the deepest part of the fault's place that exists in the file."""
        if fault.place[:1] == ("sections",):
            return self._lines.get(".".join(str(step) for step in fault.place[1:3]), 1)
        line = node.start_mark.line
        for step in fault.place:
            below = _child(node, step)
            if below is None:
                break
            line, node = below
        return line + 2


def _child(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key.start_mark.line, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None
