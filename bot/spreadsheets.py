"""Tables as CSV files (RFC 4180) that a spreadsheet reads as text and never computes."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

BOM = "\ufeff"
"""Begins a file that a spreadsheet is to read as UTF-8."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings that make a spreadsheet compute a cell."""
Row = Mapping[str, object]


def as_csv(table: Iterable[Row], *, columns: Iterable[str], bom: bool = False) -> Iterator[str]:
    """A heading, then a line a row; nothing in it is computed by a spreadsheet.

    `bom`: begin as a spreadsheet needs it to read Korean.
    """
    names = list(columns)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    if bom:
        buffer.write(BOM)
    writer.writerow(names)
    yield _emptied(buffer)
    for row in table:
        writer.writerow([harmless(row[name]) for name in names])
        yield _emptied(buffer)


def harmless(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: an apostrophe stands before such a text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _emptied(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
