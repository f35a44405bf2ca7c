"""A table of text, whoever saved it: rows of fields from a file that is separated by commas,
semicolons or tabs, in UTF-8, UTF-16 or a Western code page.

Must not know what its columns mean.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from xlconv.errors import RosterError
from xlconv.system.files import open_stream

MOST_BYTES = 16 << 20
DELIMITERS = ",;\t"
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SAVE = "save it as CSV"


@dataclass(frozen=True)
class Row:
    """The fields of a row, without blanks around them, and the number of its line, from 1."""

    line: int
    fields: tuple[str, ...]


def read_table(path: Path, known: Callable[[Sequence[str]], int]) -> list[Row]:
    """The rows of a table that are not empty, its head first. Of the delimiters it is the one by
    which most columns of the head are `known`. RosterError for what is no such table."""
    text = _text(path)
    if text.startswith("sep=") and len(text.partition("\n")[0].rstrip("\r")) == 5:
        text = "\n" + text.partition("\n")[2]  # what Excel is told there
    tables = [_rows(text, delimiter) for delimiter in DELIMITERS]
    return max(tables, key=lambda rows: _fitness(rows, known))


def _fitness(rows: Sequence[Row], known: Callable[[Sequence[str]], int]) -> tuple[int, int]:
    return (known(rows[0].fields), len(rows[0].fields)) if rows else (0, 0)


def _rows(text: str, delimiter: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, line = [], 1
    try:
        for fields in reader:
            plain = tuple(one_blank(field) for field in fields)
            if any(plain):
                rows.append(Row(line, plain))
            line = reader.line_num + 1
    except csv.Error:  # a field beyond all bounds: a quote that never ends
        return []
    return rows


def one_blank(text: str) -> str:
    """A text with one blank where there are any, of whatever kind, none around it, and without
    letters that nobody sees.

    >>> one_blank(" Ada\\u00a0 Love\\u200blace ")
    'Ada Lovelace'
    """
    seen = "".join(c for c in text if c.isprintable() or c.isspace())
    return " ".join(seen.split())


def _text(path: Path) -> str:
    try:
        with open_stream(path) as stream:
            data = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise RosterError(f"{path}: no such file; give a list of students as CSV") from None
    except OSError as error:
        raise RosterError(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(data) > MOST_BYTES:
        raise RosterError(f"{path}: more than {MOST_BYTES >> 20} MB, which no list of students has")
    if data.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        raise RosterError(f"{path}: a workbook or an archive, not a table of text; {_SAVE}")
    encodings = [name for mark, name in _MARKS if data.startswith(mark)] or ["utf-8", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise RosterError(f"{path}: not a table of text; {_SAVE} in UTF-8")
