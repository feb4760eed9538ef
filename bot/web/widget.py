"""The widget's script: readable files put together as the one script that pages embed."""

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.paths import ROOT

SOURCE = ROOT / "bot" / "web" / "static" / "widget" / "src"
FILES = (
    "start.js",
    "dom.js",
    "text.js",
    "api.js",
    "talk.js",
    "log.js",
    "composer.js",
    "menu.js",
    "view.js",
    "element.js",
)
"""In the order in which they need each other."""
MOST_BYTES = 20 * 1024
"""What a page may be asked to load, gzipped, styles included."""


@dataclass(frozen=True)
class Script:
    """The script as it is served."""

    text: bytes
    zipped: bytes
    etag: str


@lru_cache
def script() -> Script:
    """The widget's script of this installation, made once."""
    text = assemble(SOURCE).encode()
    digest = hashlib.sha256(text).hexdigest()[:16]
    return Script(text, gzip.compress(text, 9, mtime=0), f'"{digest}"')


def assemble(folder: Path) -> str:
    """The files of `folder` as one script without comments; its lines stay what they are."""
    style = json.dumps(squeeze_style((folder / "style.css").read_text(encoding="utf-8")))
    parts = [without_comments((folder / name).read_text(encoding="utf-8")) for name in FILES]
    body = "\n".join([parts[0], f"const STYLE = {style};", *parts[1:]])
    return f'(() => {{\n"use strict";\n{body}\n}})();\n'


def without_comments(source: str) -> str:
    """JavaScript without comments, empty lines and indentation.

    The widget's files keep to what this can tell apart: a block comment begins a line, a line
    comment has no quotes after code, and no string is longer than its line.
    """
    source = re.sub(r"^[ \t]*/\*.*?\*/[ \t]*$", "", source, flags=re.DOTALL | re.MULTILINE)
    source = re.sub(r"^[ \t]*//.*$", "", source, flags=re.MULTILINE)
    source = re.sub(r"(?<=[;,{(])[ \t]+//[^\"'`\n]*$", "", source, flags=re.MULTILINE)
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line)


def squeeze_style(source: str) -> str:
    """CSS without comments and needless blanks."""
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    source = re.sub(r"\s+", " ", source)
    return re.sub(r"\s*([{};,])\s*", r"\1", source).replace(";}", "}").strip()
