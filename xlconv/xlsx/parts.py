"""The parts of a workbook around its cells, made by openpyxl: styles, widths, names,
colour rules, links, charts and properties, with sheets that are still empty.

Must not know networks, nor any number that goes into a cell.
"""

import io
import re
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, singledispatch
from itertools import groupby

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as StyledCell
from openpyxl.chart import BarChart as ColumnChart
from openpyxl.chart import Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.formatting.formatting import ConditionalFormatting
from openpyxl.formatting.rule import ColorScale, FormatObject, Rule
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment, Border, Color, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.cell_range import CellRange, MultiCellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.dimensions import ColumnDimension
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from xlconv.errors import LimitError
from xlconv.spreadsheet.blocks import (
    BarChart,
    Block,
    Book,
    Choice,
    ColourScale,
    Highlight,
    Sheet,
    Style,
    TextBlock,
)
from xlconv.spreadsheet.cells import (
    MAX_COLUMNS,
    MAX_SHEET_NAME_LENGTH,
    Range,
    column_letters,
    quoted,
)
from xlconv.xlsx.markup import MAIN, RELATIONS

_DIGIT_PIXELS = 7  # the width of a digit of the default font, Calibri 11, at 100 %
_PIXELS_PER_CM = 96 / 2.54
_FIRST_RULE_FORMAT, _RULE_FORMATS = 1000, 30_000  # above the numbers of the cells' own formats
_STRINGS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
_STRINGS_RELATION = f"{RELATIONS}/sharedStrings"
STRINGS_PART = "xl/sharedStrings.xml"
_FONT_ORDER = (
    *("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign"),
    *("sz", "color", "name", "family", "charset", "scheme"),
)


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


class _Look(DifferentialStyle):  # type: ignore[misc]
    """The look of a rule. Equal ones are one object, so that openpyxl need not compare what they
    are made of, rule by rule."""

    __elements__ = DifferentialStyle.__elements__  # openpyxl lists a class's own alone
    __eq__, __ne__, __hash__ = object.__eq__, object.__ne__, object.__hash__


def skeleton(book: Book) -> Skeleton:
    """The workbook of a book, its cells left out."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    worksheets = [_worksheet(workbook, sheet) for sheet in book.sheets]
    styles = {
        block.style: 0 for sheet in book.sheets for block in sheet.blocks
    }  # in the order of use, so that the same book gives the same numbers
    for style in styles:
        styles[style] = _style_number(worksheets[0], style)
    for name, held in {**book.names, **book.hidden}.items():
        text = held if isinstance(held, str) else f"{quoted(held[0])}!{held[1].absolute}"
        hidden = True if name in book.hidden else None
        workbook.defined_names[name] = DefinedName(name, attr_text=text, hidden=hidden)
    _describe(workbook, book)
    package = io.BytesIO()
    _Package(workbook, zipfile.ZipFile(package, "w")).save()
    parts = tuple(worksheet.path.lstrip("/") for worksheet in worksheets)
    return Skeleton(package.getvalue(), parts, styles)


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
        worksheet.conditional_formatting.add(formatting, colour_rule(rule))
    for choice in sheet.choices:
        worksheet.add_data_validation(_validation(choice))
    for chart in sheet.charts:
        worksheet.add_chart(_chart(worksheet, chart), chart.place.a1)
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
        link = Hyperlink(ref=place.a1, location=block.link, display=block.text)
        worksheet.cell(place.row, place.column).hyperlink = link


def _style_number(worksheet: Worksheet, style: Style) -> int:
    cell = StyledCell(worksheet, row=1, column=1)
    cell.font = Font(
        name=style.font, sz=style.size, b=style.bold, i=style.italic, color=style.colour
    )
    if style.hatch is not None:
        cell.fill = PatternFill("lightUp", fgColor=style.hatch, bgColor="FFFFFF")
    elif style.fill is not None:
        cell.fill = PatternFill("solid", fgColor=style.fill)
    if style.border is not None:
        side = Side(style="thin", color=style.border)
        cell.border = Border(left=side, right=side, top=side, bottom=side)
    cell.alignment = Alignment(
        horizontal=style.horizontal,
        vertical=style.vertical,
        wrap_text=style.wrap or None,
        shrink_to_fit=style.shrink or None,
    )
    cell.number_format = style.number_format
    if not style.locked:
        cell.protection = Protection(locked=False)
    return int(cell.style_id)


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


@singledispatch
def colour_rule(rule: ColourScale | Highlight) -> Rule:
    """A colour rule as openpyxl spells it."""
    raise NotImplementedError(f"no conditional format for {type(rule).__name__}")


@colour_rule.register
def _scale_rule(rule: ColourScale) -> Rule:
    points = [(FormatObject(type="num", val=0), rule.zero)]
    points.append((FormatObject(type="formula", val=rule.limit), rule.high))
    if rule.low is not None:
        points.insert(0, (FormatObject(type="formula", val=f"-{rule.limit}"), rule.low))
    values, colours = zip(*points, strict=True)
    scale = ColorScale(cfvo=values, color=[Color(rgb=f"FF{colour}") for colour in colours])
    return Rule(type="colorScale", colorScale=scale)


@colour_rule.register
def _highlight_rule(rule: Highlight) -> Rule:
    look = _look(rule.border, rule.colour, rule.fill, rule.number_format, rule.bold, rule.hatch)
    return Rule(type="expression", dxf=look, formula=[rule.formula], stopIfTrue=rule.last or None)


@cache
def _look(
    border: str | None,
    colour: str | None,
    fill: str | None,
    number_format: str | None,
    bold: bool,
    hatch: str | None,
) -> _Look:
    side, number = Side(style="thin", color=border), None
    if number_format:
        number = NumberFormat(_format_number(number_format), number_format)
    return _Look(
        border=Border(left=side, right=side, top=side, bottom=side) if border else None,
        font=Font(color=colour, b=bold or None) if colour or bold else None,
        fill=_rule_fill(fill, hatch),
        numFmt=number,
    )


def _rule_fill(fill: str | None, hatch: str | None) -> PatternFill | None:
    """A rule's ground: stripes, or one colour."""
    if hatch is not None:
        return PatternFill("lightUp", fgColor=hatch, bgColor="FFFFFF")
    return PatternFill("solid", fgColor=fill, bgColor=fill) if fill else None


def _format_number(code: str) -> int:
    """A number for a rule's number format that no other format has, in whatever book."""
    return _FIRST_RULE_FORMAT + zlib.crc32(code.encode()) % _RULE_FORMATS


def _chart(worksheet: Worksheet, chart: BarChart) -> ColumnChart:
    columns = ColumnChart()
    columns.type, columns.style, columns.gapWidth = "col", 10, 40
    columns.title, columns.legend = chart.title, None
    columns.width, columns.height = chart.width / _PIXELS_PER_CM, chart.height / _PIXELS_PER_CM
    columns.add_data(_reference(*(chart.source or (worksheet.title, chart.values))))
    columns.set_categories(_reference(worksheet.title, chart.labels))
    series = columns.series[0]
    series.graphicalProperties.solidFill = chart.colour
    series.graphicalProperties.line.solidFill = chart.colour
    columns.dataLabels = DataLabelList(
        showVal=True, showSerName=False, showCatName=False, showLegendKey=False, numFmt="0%"
    )
    columns.y_axis.scaling.min, columns.y_axis.scaling.max = 0, 1
    columns.y_axis.number_format = chart.number_format
    columns.y_axis.majorGridlines = None
    columns.x_axis.delete = columns.y_axis.delete = False
    return columns


def _reference(sheet: str, place: Range) -> Reference:
    return Reference(range_string=f"{quoted(sheet)}!{place.absolute}")


def mended_part(name: str, xml: str) -> str:
    """A part of openpyxl's as it should be: without the times of day, the fonts' children in the
    schema's order, and with a part for shared strings, which openpyxl writes no more. Targets are
    told from where their owner is and drawings have prefixes, as in Excel: exceljs reads no others.
    """
    if name == "docProps/core.xml":
        return re.sub(r"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>", "", xml)
    if name == "xl/styles.xml":
        return _ordered_fonts(xml)
    if name == "[Content_Types].xml":
        override = f'<Override PartName="/{STRINGS_PART}" ContentType="{_STRINGS_TYPE}"/>'
        return xml.replace("</Types>", f"{override}</Types>")
    if name == "xl/_rels/workbook.xml.rels":
        target = f'Type="{_STRINGS_RELATION}" Target="/{STRINGS_PART}" Id="rIdStrings"'
        xml = xml.replace("</Relationships>", f"<Relationship {target}/></Relationships>")
    if name.startswith("xl/") and name.endswith(".rels"):
        up = "" if name.startswith("xl/_rels") else "../"
        return xml.replace('Target="/xl/', f'Target="{up}')
    if name.startswith("xl/drawings/"):
        return _prefixed(xml)
    return xml


def _prefixed(drawing: str) -> str:
    """A drawing whose own elements have the prefix that Excel gives them."""
    named = re.sub(r"<(/?)(?=[A-Za-z]+[\s/>])", r"<\1xdr:", drawing)
    return named.replace(" xmlns=", " xmlns:xdr=", 1)


def _ordered_fonts(styles: str) -> str:
    """The styles part with the children of each font in the order that the schema demands
    (ECMA-376, CT_Font as Excel reads it) and that openpyxl does not keep."""
    ElementTree.register_namespace("", MAIN)
    root = ElementTree.fromstring(styles)
    for font in root.iter(f"{{{MAIN}}}font"):
        font[:] = sorted(font, key=lambda child: _FONT_ORDER.index(child.tag.partition("}")[2]))
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)
