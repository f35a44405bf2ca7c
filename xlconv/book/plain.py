"""The file of a found workbook that engines evaluate: itself, where every engine reads it, else a
plain one with the same cells, or with constants typed over some of them.

Must not know engines, nor which constants.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xlconv.book.book import FoundBook
from xlconv.book.typing import Constants
from xlconv.errors import BookError, EngineError
from xlconv.state.sheet_names import BOARD
from xlconv.system.signals import temporary_folder
from xlconv.xlsx.archive import is_plain
from xlconv.xlsx.plain import PlainSheet, write_plain
from xlconv.xlsx.sheet import CellError


@contextmanager
def engine_file(book: FoundBook, typed: Constants | None = None) -> Iterator[Path]:
    """A file for engines, for as long as it is used; what they raise names the workbook's own.
    Raises BookError for formulas that would fill it."""
    words = book.plain_sheets[book.names.now[BOARD]].words
    if not typed and not (words and words.doubtful) and is_plain(book.path):
        yield book.path
        return
    with temporary_folder() as folder:
        copy = folder / "book.xlsx"
        try:
            write_plain(copy, book.parcel, _sheets(book, typed or Constants()))
            yield copy
        except CellError as error:
            raise BookError(f"{book.path}: {error}; take it out") from error
        except EngineError as error:
            raise type(error)(str(error).replace(str(copy), str(book.path))) from error


def _sheets(book: FoundBook, typed: Constants) -> dict[str, PlainSheet]:
    """All sheets, of which some have constants."""
    sheets = dict(book.plain_sheets)
    for sheet, (keys, values) in typed.by_sheet().items():
        name = book.names.now[sheet]
        sheets[name] = sheets[name].with_constants(keys, values)
    return sheets
