"""The numbers of looks in a workbook of openpyxl's.

Each font, fill and border is given to openpyxl once: it compares them attribute by attribute, and a
book of a hundred looks has a dozen of each. Must not know sheets.
"""

from collections.abc import Callable, Hashable

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.styles.numbers import BUILTIN_FORMATS_MAX_SIZE, BUILTIN_FORMATS_REVERSE

from xlconv.spreadsheet.blocks import Style


class StyleTable:
    """Gives each style a number, the same one again for an equal style."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._known: dict[Hashable, int] = {}

    def number(self, style: Style) -> int:
        """The number by which a cell names a style."""
        held = StyleArray()
        font = (style.font, style.size, style.bold, style.italic, style.colour)
        held.fontId = self._of("_fonts", _font, *font)
        if style.hatch is not None or style.fill is not None:
            held.fillId = self._of("_fills", _fill, style.hatch, style.fill)
        if style.border is not None:
            held.borderId = self._of("_borders", _border, style.border)
        place = (style.horizontal, style.vertical, style.wrap, style.shrink)
        held.alignmentId = self._of("_alignments", _alignment, *place)
        held.numFmtId = self._format(style.number_format)
        if not style.locked:
            held.protectionId = self._of("_protections", _unlocked)
        return int(self._workbook._cell_styles.add(held))

    def _of(self, held: str, make: Callable[..., object], *values: object) -> int:
        """The number of a font, say, in what the workbook holds of its kind."""
        if (held, values) not in self._known:
            self._known[held, values] = int(getattr(self._workbook, held).add(make(*values)))
        return self._known[held, values]

    def _format(self, text: str) -> int:
        if text in BUILTIN_FORMATS_REVERSE:
            return int(BUILTIN_FORMATS_REVERSE[text])
        return int(BUILTIN_FORMATS_MAX_SIZE) + self._of("_number_formats", str, text)


def _font(name: str, size: float, bold: bool, italic: bool, colour: str) -> Font:
    return Font(name=name, sz=size, b=bold, i=italic, color=colour)


def _fill(hatch: str | None, fill: str | None) -> PatternFill:
    if hatch is not None:
        return PatternFill("lightUp", fgColor=hatch, bgColor="FFFFFF")
    return PatternFill("solid", fgColor=fill)


def _border(colour: str) -> Border:
    side = Side(style="thin", color=colour)
    return Border(left=side, right=side, top=side, bottom=side)


def _alignment(horizontal: str | None, vertical: str | None, wrap: bool, shrink: bool) -> Alignment:
    return Alignment(horizontal, vertical, wrap_text=wrap or None, shrink_to_fit=shrink or None)


def _unlocked() -> Protection:
    return Protection(locked=False)
