"""The texts of the `Model` sheet's formulas: sentences with gaps, marks and bars.

Pure functions from the text of references to text, without the leading "=", in the dialect of
`formulas`. They stand on another sheet than what they count. Must not know layers or layouts.
"""

from __future__ import annotations

from collections.abc import Iterable

from xlconv.sheets.model.places import AXIS, BAR, BAR_LENGTH
from xlconv.spreadsheet.cells import Cell, Range


def spelled(pattern: str, *live: str) -> str:
    """A text with what formulas give in its gaps.

    >>> spelled("2 × (2 × {} × {}) + 2", "ROWS(A1:C3)", "COLUMNS(A1:C3)")
    '"2 × (2 × "&ROWS(A1:C3)&" × "&COLUMNS(A1:C3)&") + 2"'
    >>> spelled("{} in all", "A1+A2")
    'A1+A2&" in all"'
    """
    texts = pattern.split("{}")
    parts = [f'"{texts[0]}"' if texts[0] else ""]
    for formula, text in zip(live, texts[1:], strict=True):
        parts += [formula, f'"{text}"' if text else ""]
    return "&".join(part for part in parts if part)


def mark(pairs: Iterable[tuple[str, str]], yes: str, no: str) -> str:
    """A mark that says whether numbers are equal, pair by pair.

    >>> mark([("ROWS(A1:A3)", "3"), ("COLUMNS(A1:B3)", "2")], "y", "n")
    'IF(AND(ROWS(A1:A3)=3,COLUMNS(A1:B3)=2),"y","n")'
    """
    return f'IF(AND({",".join(f"{one}={other}" for one, other in pairs)}),"{yes}","{no}")'


def bar(part: Cell, parts: Range, whole: Cell) -> str:
    """A number as a bar of marks on an axis, beside the bars of all parts, and in percent of the
    whole. The axis is always there: some programs lose a blank at the beginning of a text.

    >>> bar(Cell(6, 19), Range(6, 19, 8, 1), Cell(14, 19))
    '"▕"&REPT("█",INT(12*S6/MAX($S$6:$S$13)+0.5))&" "&INT(100*S6/$S$14+0.5)&" %"'
    """
    marks = f'REPT("{BAR}",INT({BAR_LENGTH}*{part.a1}/MAX({parts.absolute})+0.5))'
    return f'"{AXIS}"&{marks}&" "&INT(100*{part.a1}/{whole.absolute}+0.5)&" %"'
