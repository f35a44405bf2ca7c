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
from xlconv.xlsx.cells import CellError
from xlconv.xlsx.compatible import is_plain
from xlconv.xlsx.dynamic_arrays import PlainWords
from xlconv.xlsx.plain import PlainSheet, write_plain


@contextmanager
def engine_file(book: FoundBook, typed: Constants | None = None) -> Iterator[Path]:
    """A file for engines, for as long as it is used; what they raise names the workbook's own.
    Raises BookError for formulas that would fill it."""
    words = _learners_words(book)
    if not typed and not (words and words.any_needed()) and is_plain(book.path):
        yield book.path
        return
    with temporary_folder() as folder:
        copy = folder / "book.xlsx"
        try:
            write_plain(copy, book.parcel, _sheets(book, typed or {}, words))
            yield copy
        except CellError as error:
            raise BookError(f"{book.path}: {error}; take it out") from error
        except EngineError as error:
            raise type(error)(str(error).replace(str(copy), str(book.path))) from error


def _learners_words(book: FoundBook) -> PlainWords | None:
    """The words for the formulas that people write on the board of an exercise."""
    if book.layout.exercise is None:
        return None
    names = {name: place for name, place in book.ranges.items() if place is not None}
    return PlainWords(book.sheets[BOARD], names)


def _sheets(book: FoundBook, typed: Constants, words: PlainWords | None) -> dict[str, PlainSheet]:
    """All sheets in their order, by the names that they have now."""
    constants: dict[str, dict[tuple[int, int], float | str]] = {}
    for (sheet, cell), value in typed.items():
        constants.setdefault(sheet, {})[cell] = value
    own = {
        book.names.now[sheet]: PlainSheet(
            cells, constants.get(sheet, {}), words if sheet == BOARD else None
        )
        for sheet, cells in book.sheets.items()
    }
    return {
        name: own[name] if name in own else PlainSheet(book.others[name])
        for name in book.parcel.sheets
    }
