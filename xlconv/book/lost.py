"""What became of a book's sheets, names and text, where they are not as they were built: words for
errors, with the way out.

Must not know what the sheets hold.
"""

import re

from xlconv.errors import BookError
from xlconv.spreadsheet.cells import Range, quoted
from xlconv.state.manifest import NAME as MANIFEST_NAME
from xlconv.state.manifest import range_name
from xlconv.state.sheet_names import BOARD, MODEL, SHEETS
from xlconv.xlsx.reader import Package

_WAY_OUT = "take a copy from before that, or build the workbook again"


def no_names_error(package: Package) -> BookError:
    """Why a book has no name for its network's text."""
    if MANIFEST_NAME in package.other_names:
        return missing_sheet_error(package, MODEL, MODEL)
    ours = [sheet for sheet in SHEETS if range_name(sheet) in package.names]
    if ours or {BOARD, MODEL} <= {*package.parts}:
        return BookError(
            f"{package.path}: the name {MANIFEST_NAME!r} was removed: names were deleted, by hand "
            f"or by Excel's Document Inspector, which removes hidden ones; {_WAY_OUT}"
        )
    return BookError(
        f"{package.path}: not one of xlconv's workbooks (it has no name {MANIFEST_NAME!r}); "
        "make one with `xlconv build`"
    )


def missing_sheet_error(package: Package, sheet: str, name: str) -> BookError:
    """Why one of a book's sheets, that was called `name` last, is not there."""
    there = ", ".join(package.parts)
    told = package.other_names.get(MANIFEST_NAME if sheet == MODEL else range_name(sheet), "")
    head = f"{package.path}: the sheet {name!r} is missing"
    copy = next((one for one in package.parts if is_copy(one, name)), None)
    if copy is not None:
        return BookError(
            f"{head}: {copy!r} is a copy of it, and the book's names do not follow copies; "
            f"{_WAY_OUT}"
        )
    if "#REF!" in told:
        return BookError(f"{head}: it was deleted, there are {there}; undo that, {_WAY_OUT}")
    return BookError(
        f"{head}, there are {there}: it was deleted, or a program renamed it and not the names "
        f"that lead to it; give it its name back, {_WAY_OUT}"
    )


def missing_name_error(package: Package, sheet: str) -> BookError:
    """Why a sheet's own hidden name is not there."""
    name = range_name(sheet)
    if name in package.other_names or sheet not in package.parts:
        return missing_sheet_error(package, sheet, sheet)
    return BookError(
        f"{package.path}: the hidden name {name!r}, which follows the sheet {sheet!r}, was "
        f"removed, by hand or by Excel's Document Inspector; {_WAY_OUT}"
    )


def lost_range_error(package: Package, board: str, name: str, place: Range) -> BookError:
    """Why a name of cells on the board stands for no cells, or for others than it did."""
    place_text = f"{quoted(board)}!{place.absolute}"
    there = package.names.get(name.lower())
    if there is not None:
        return BookError(
            f"{package.path}: {name!r} is at {quoted(there[0])}!{there[1].a1}, but belongs at "
            f"{quoted(board)}!{place.a1}; undo the insertion or the move"
        )
    told = package.other_names.get(name.lower())
    if told is None:
        return BookError(
            f"{package.path}: the name {name!r} is missing: it was deleted or renamed; define it "
            f"as {place_text} again"
        )
    return BookError(
        f"{package.path}: the name {name!r} stands for {told[:60]!r}, which is no single range; "
        f"define it as {place_text} again"
    )


def is_copy(sheet: str, name: str) -> bool:
    """Whether a sheet is called as programs call a copy: Board (2), Board_2, Board Copy.

    >>> [is_copy(one, "Board") for one in ("Board (2)", "Board_2", "Board Copy", "Boards")]
    [True, True, True, False]
    """
    return re.fullmatch(rf"{re.escape(name)}( \(\d+\)|_\d+| Copy\d*)", sheet) is not None
