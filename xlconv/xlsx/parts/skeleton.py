"""The parts of a workbook around its cells, made by openpyxl: styles, widths, names,
colour rules, links, charts and properties, with sheets that are still empty.

Must not know networks, nor any number that goes into a cell.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from openpyxl import Workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.formatting.formatting import ConditionalFormatting
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.cell_range import CellRange, MultiCellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.dimensions import ColumnDimension
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from xlconv.errors import LimitError
from xlconv.spreadsheet.blocks import Block, Book, Choice, PaintedBlock, Sheet, Style, TextBlock
from xlconv.spreadsheet.cells import (
    MAX_COLUMNS,
    MAX_SHEET_NAME_LENGTH,
    Range,
    column_letters,
    quoted,
)
from xlconv.xlsx.parts.charts import column_chart
from xlconv.xlsx.parts.rules import colour_rules
from xlconv.xlsx.parts.styles import StyleTable

_MARGIN = 0.4  # inches
_DIGIT_PIXELS = 7  # the width of a digit of the default font, Calibri 11, at 100 %


@dataclass(frozen=True)
class Skeleton:
    """A workbook without cells: the package, the names of its sheets' parts, and the number of
    each style that the cells will need."""

    package: bytes
    sheet_parts: tuple[str, ...]
    styles: Mapping[Style, int]


class _Places(MultiCellRange):  # type: ignore[misc]
    """Ranges in openpyxl's order and spelling, without an object for each that checks itself."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        placed = sorted({(r.column, r.row, r.right, r.bottom): r for r in ranges}.items())
        self.text = " ".join([place.a1 for _, place in placed])

    def __str__(self) -> str:
        return self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Places) and self.text == other.text

    def __bool__(self) -> bool:
        return bool(self.text)


def skeleton(book: Book) -> Skeleton:
    """The workbook of a book, its cells left out."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    worksheets = [_worksheet(workbook, sheet) for sheet in book.sheets]
    opening = next((n for n, one in enumerate(book.sheets) if one.name == book.opening), 0)
    workbook.active = opening
    for number, worksheet in enumerate(worksheets):
        worksheet.sheet_view.tabSelected = number == opening
    styles = {
        style: 0 for sheet in book.sheets for block in sheet.blocks for style in _styles(block)
    }  # in the order of use, so that the same book gives the same numbers
    table = StyleTable(workbook)
    for style in styles:
        styles[style] = table.number(style)
    for name, held in {**book.names, **book.hidden}.items():
        text = held if isinstance(held, str) else f"{quoted(held[0])}!{held[1].absolute}"
        hidden = True if name in book.hidden else None
        workbook.defined_names[name] = DefinedName(name, attr_text=text, hidden=hidden)
    _describe(workbook, book)
    package = io.BytesIO()
    _Package(workbook, zipfile.ZipFile(package, "w")).save()
    parts = tuple(worksheet.path.lstrip("/") for worksheet in worksheets)
    return Skeleton(package.getvalue(), parts, styles)


def _styles(block: Block) -> Iterable[Style]:
    """The looks of a block's cells."""
    return block.styles.values() if isinstance(block, PaintedBlock) else (block.style,)


class _Package(ExcelWriter):  # type: ignore[misc]
    """A workbook's parts as openpyxl writes them, without a temporary file for each sheet, and
    not deflated, since each is written once more."""

    def write_worksheet(self, ws: Worksheet) -> None:
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images
        writer = WorksheetWriter(ws, io.BytesIO())
        writer.write()
        ws._rels = writer._rels
        self._archive.writestr(ws.path[1:], writer.out.getvalue())
        self.manifest.append(ws)


def _describe(workbook: Workbook, book: Book) -> None:
    properties = workbook.properties
    properties.title = book.title
    properties.description = book.description
    properties.creator = properties.lastModifiedBy = f"xlconv {book.version}"
    properties.version = book.version
    workbook.custom_doc_props.append(StringProperty(name="xlconv version", value=book.version))


def _worksheet(workbook: Workbook, sheet: Sheet) -> Worksheet:
    if len(sheet.name) > MAX_SHEET_NAME_LENGTH:
        raise LimitError(f"sheet name {sheet.name!r} is longer than {MAX_SHEET_NAME_LENGTH}")
    worksheet = workbook.create_sheet(sheet.name)
    _view(worksheet, sheet)
    _columns(worksheet, sheet)
    merged = [b.range for b in sheet.blocks if isinstance(b, TextBlock)]
    for place in (*merged, *sheet.merges):
        if place.size > 1:
            # Without the look at all that are merged already: none of ours overlap.
            worksheet.merged_cells.ranges.add(CellRange(place.a1))
    for block in sheet.blocks:
        _link(worksheet, block)
    for rule in sheet.rules:
        formatting = ConditionalFormatting(_Places(rule.ranges))
        for one in colour_rules(rule):
            worksheet.conditional_formatting.add(formatting, one)
    for choice in sheet.choices:
        worksheet.add_data_validation(_validation(choice))
    for chart in sheet.charts:
        worksheet.add_chart(column_chart(sheet.name, chart), chart.place.a1)
    return worksheet


def _view(worksheet: Worksheet, sheet: Sheet) -> None:
    view = worksheet.sheet_view
    view.showGridLines = False
    view.zoomScale = view.zoomScaleNormal = sheet.zoom
    if sheet.freeze is not None:
        worksheet.freeze_panes = sheet.freeze.a1
    if sheet.tab_colour is not None:
        worksheet.sheet_properties.tabColor = sheet.tab_colour
    worksheet.sheet_properties.pageSetUpPr.fitToPage = True
    worksheet.page_setup.orientation = "landscape"
    worksheet.page_setup.fitToHeight = sheet.pages.down or 0
    worksheet.page_setup.fitToWidth = sheet.pages.across or 0
    worksheet.page_setup.paperSize = worksheet.PAPERSIZE_A4
    worksheet.page_margins = PageMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
    if sheet.pages.rows_again is not None:
        first, last = sheet.pages.rows_again
        worksheet.print_title_rows = f"{first}:{last}"
    if sheet.pages.area is not None:
        worksheet.print_area = sheet.pages.area.a1
    worksheet.oddFooter.left.text = "&A"
    worksheet.oddFooter.right.text = "&P / &N"
    if sheet.protected:
        # Without a password: it keeps hands off formulas, and whoever wants can lift it.
        worksheet.protection.sheet = True
        worksheet.protection.formatColumns = worksheet.protection.formatRows = False
    worksheet.sheet_format.defaultRowHeight = sheet.row_height * 0.75
    worksheet.sheet_format.customHeight = True
    if sheet.folds and not sheet.protected:
        worksheet.sheet_properties.outlinePr.summaryBelow = False  # the + is above what it unfolds
        worksheet.sheet_format.outlineLevelRow = max(sheet.folds.values())
    worksheet.sheet_format.defaultColWidth = sheet.column_width / _DIGIT_PIXELS


def _columns(worksheet: Worksheet, sheet: Sheet) -> None:
    """Column widths, one entry for each run of equal ones."""
    used = max((block.range.right for block in sheet.blocks), default=1)
    last = min(used + 1, MAX_COLUMNS)
    pixels = [
        (sheet.widths.get(column, sheet.column_width), column) for column in range(1, last + 1)
    ]
    for width, run in groupby(pixels, key=lambda entry: entry[0]):
        columns = [column for _, column in run]
        letters = column_letters(columns[0])
        worksheet.column_dimensions[letters] = ColumnDimension(
            worksheet,
            index=letters,
            min=columns[0],
            max=columns[-1],
            width=width / _DIGIT_PIXELS,
            customWidth=True,
        )


def _link(worksheet: Worksheet, block: Block) -> None:
    if isinstance(block, TextBlock) and block.link is not None:
        # openpyxl takes links from its cells, which the rendered ones replace later.
        place = block.range.first
        shown = "".join(c for c in block.text if c.isprintable())  # as XML's attributes hold it
        link = Hyperlink(ref=place.a1, location=block.link, display=shown)
        worksheet.cell(place.row, place.column).hyperlink = link


def _validation(choice: Choice) -> DataValidation:
    kind: dict[str, object] = {}
    if choice.options:
        kind = {"type": "list", "formula1": f'"{",".join(choice.options)}"'}
    elif choice.listed is not None:
        kind = {"type": "list", "formula1": choice.listed}
    elif choice.most is not None:
        limits = {"formula1": "0", "formula2": f"{choice.most:g}"}
        kind = {"type": "decimal", "operator": "between", **limits}
    return DataValidation(
        **kind,
        sqref=_Places(choice.ranges),
        allow_blank=not kind,
        showErrorMessage=bool(kind),
        showInputMessage=True,
        promptTitle=choice.title,
        prompt=choice.words,
        errorTitle=choice.title,
        error=choice.words,
    )
