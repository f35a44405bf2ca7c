"""A plain workbook, written from what was read of another one: its cells with other constants in
some of them, its names and tables, and the settings that change what formulas give.

In UTF-8 and transitional Open XML, without looks, so that no row is hidden, and without stored
values: engines compute every formula. Must not know networks, nor what is typed.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from itertools import count, groupby
from operator import itemgetter
from pathlib import Path

from xlconv.spreadsheet.cells import Cell, Range, column_letters
from xlconv.spreadsheet.formula import moved_formula
from xlconv.xlsx.dynamic_arrays import PlainWords
from xlconv.xlsx.markup import MAIN, RELATIONS
from xlconv.xlsx.package import Parcel, Table
from xlconv.xlsx.rows import escaped_string, number_text
from xlconv.xlsx.sheet import CellError, FoundFormula, FoundSheet, NoText, Value

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_MOST_MOVED = 1 << 26  # characters of formulas that cells share and are spelled for each of them
_KINDS = {"xl/workbook.xml": "sheet.main", "xl/worksheets/": "worksheet", "xl/tables/": "table"}


@dataclass(frozen=True)
class PlainSheet:
    """The cells of a sheet, the constants that are typed over them, and the words for its formulas
    if they may have to be said otherwise."""

    cells: FoundSheet
    typed: Mapping[tuple[int, int], float | str] = field(default_factory=dict)
    words: PlainWords | None = None

    @cached_property
    def rows(self) -> str:
        """All rows, if nothing is typed: each trial writes them again."""
        return "".join(_rows(self))


def write_plain(target: Path, parcel: Parcel, sheets: Mapping[str, PlainSheet]) -> None:
    """Write all sheets of a workbook, by the names that its formulas and its `parcel` know. Raises
    CellError for a formula that takes too much."""
    numbers = range(1, len(sheets) + 1)
    linked = ((f"worksheets/sheet{n}.xml", "worksheet") for n in numbers)
    parts: dict[str, Iterable[str]] = {
        "_rels/.rels": [_relations([("xl/workbook.xml", "officeDocument")])],
        "xl/workbook.xml": [_workbook(parcel, [*sheets])],
        "xl/_rels/workbook.xml.rels": [_relations(linked)],
    }
    ids = count(1)
    for number, (name, sheet) in zip(numbers, sheets.items(), strict=True):
        tables = {next(ids): table for table in parcel.tables[name]}
        links = _relations((f"../tables/table{n}.xml", "table") for n in tables)
        parts[f"xl/worksheets/sheet{number}.xml"] = _sheet(sheet, len(tables))
        parts[f"xl/worksheets/_rels/sheet{number}.xml.rels"] = [links]
        parts |= {f"xl/tables/table{n}.xml": [_table(table, n)] for n, table in tables.items()}
    parts["[Content_Types].xml"] = [_content_types([*parts])]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for part, texts in parts.items():
            with io.TextIOWrapper(out.open(part, "w"), "utf-8", newline="") as stream:
                stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
                stream.writelines(texts)


def _element(name: str, attributes: Mapping[str, str], *inside: str) -> str:
    spelled = (f' {key}="{escape(value)}"' for key, value in attributes.items())
    opening = "".join((name, *spelled)).replace("\n", "&#10;")
    return f"<{opening}>{''.join(inside)}</{name}>"


def _content_types(parts: Iterable[str]) -> str:
    """What each part is, by its folder."""
    overrides = (
        _element("Override", {"PartName": f"/{part}", "ContentType": f"{_CONTENT}.{kind}+xml"})
        for part in parts
        for folder, kind in _KINDS.items()
        if part.startswith(folder) and part.endswith(".xml")
    )
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    usual = _element("Default", {"Extension": "rels", "ContentType": relations})
    return _element("Types", {"xmlns": f"{_PACKAGE}/content-types"}, usual, *overrides)


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    """What a part refers to, and as what, numbered from 1."""
    links = (
        {"Id": f"rId{n}", "Type": f"{RELATIONS}/{kind}", "Target": target}
        for n, (target, kind) in enumerate(targets, 1)
    )
    elements = (_element("Relationship", link) for link in links)
    return _element("Relationships", {"xmlns": f"{_PACKAGE}/relationships"}, *elements)


def _workbook(parcel: Parcel, names: list[str]) -> str:
    sheets = (
        _element("sheet", {"name": name, "sheetId": f"{n}", "r:id": f"rId{n}"})
        for n, name in enumerate(names, 1)
    )
    common = [({"name": name}, text) for name, text in parcel.names.items()]
    own = [
        ({"name": name, "localSheetId": f"{names.index(sheet)}"}, text)
        for (sheet, name), text in parcel.own_names.items()
        if sheet in names
    ]
    defined = (
        _element("definedName", attributes, escape(text, quote=False))
        for attributes, text in (*common, *own)
    )
    return _element(
        "workbook",
        {"xmlns": MAIN, "xmlns:r": RELATIONS},
        _element("workbookPr", parcel.settings.get("workbookPr", {})),
        _element("sheets", {}, *sheets),
        _element("definedNames", {}, *defined),
        _element("calcPr", {**parcel.settings.get("calcPr", {}), "fullCalcOnLoad": "1"}),
    )


def _table(table: Table, number: int) -> str:
    columns = (
        _element("tableColumn", {"id": f"{n}", "name": name})
        for n, name in enumerate(table.columns, 1)
    )
    inside = _element("tableColumns", {"count": f"{len(table.columns)}"}, *columns)
    return _element("table", {"xmlns": MAIN, "id": f"{number}", **table.attributes}, inside)


def _sheet(sheet: PlainSheet, tables: int) -> Iterator[str]:
    yield f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheetData>'
    yield from _rows(sheet) if sheet.typed else [sheet.rows]
    yield "</sheetData>"
    if tables:
        links = (_element("tablePart", {"r:id": f"rId{n}"}) for n in range(1, tables + 1))
        yield _element("tableParts", {"count": f"{tables}"}, *links)
    yield "</worksheet>"


def _rows(sheet: PlainSheet) -> Iterator[str]:
    cells, typed = sheet.cells, sheet.typed
    formulas = _Formulas(sheet.words)
    places: Iterable[tuple[int, int]] = cells
    if not typed.keys() <= cells.keys():
        places = sorted(cells.keys() | typed.keys())
    for row, some in groupby(places, itemgetter(0)):
        yield f'<row r="{row}">'
        for place in some:
            name, found = f"{column_letters(place[1])}{row}", cells.get(place)
            if place in typed or found is None:
                yield _constant(name, typed[place])
            elif found.formula is None or not found.formula.spelled:  # no text: of a data table
                yield _constant(name, found.value)
            elif not found.formula.array or place == found.formula.anchor:  # else it spills
                yield f'<c r="{name}">{formulas.element(Cell(*place), found.formula)}</c>'
        yield "</row>"


def _constant(name: str, value: Value) -> str:
    if isinstance(value, bool):
        return f'<c r="{name}" t="b"><v>{value:d}</v></c>'
    if isinstance(value, float | None):
        return "" if value is None else f'<c r="{name}"><v>{number_text(float(value))}</v></c>'
    if isinstance(value, NoText):
        kind = "e" if value.startswith("#") else "d"
        return f'<c r="{name}" t="{kind}"><v>{escape(value)}</v></c>'
    text = f'<is><t xml:space="preserve">{escaped_string(value)}</t></is>'
    return f'<c r="{name}" t="inlineStr">{text}</c>'


class _Formulas:
    """Formulas as they are spelled: one that cells share with the first of them, if that is there
    and all can have the same words."""

    def __init__(self, words: PlainWords | None) -> None:
        self.words = words
        self.shared: dict[int, int] = {}  # the numbers of those that cells share
        self.moved = 0

    def element(self, cell: Cell, formula: FoundFormula) -> str:
        number, block, text = self.shared.get(id(formula)), formula.block, formula.spelled
        inside = block is not None and cell in block
        if number is not None and inside:
            return f'<f t="shared" si="{number}"/>'
        attributes = ""
        if cell != formula.anchor:
            text = self._moved(cell, formula)
        if formula.array:
            attributes = f' t="array" ref="{(block or Range.of(cell)).a1}"'
        if self.words is not None and id(formula) in self.words.doubtful:
            text = self.words.said(text, cell, formula.array)
        elif inside and cell == formula.anchor and not formula.array and block is not None:
            number = self.shared[id(formula)] = len(self.shared)
            attributes = f' t="shared" ref="{block.a1}" si="{number}"'
        return f"<f{attributes}>{escape(text, quote=False)}</f>"

    def _moved(self, cell: Cell, formula: FoundFormula) -> str:
        """The text of a formula that a cell shares, if these do not become far too many."""
        self.moved += len(formula.spelled)
        if self.moved > _MOST_MOVED:
            raise CellError(f"{formula.anchor.a1} holds a long formula that too many cells share")
        rows, columns = cell.row - formula.anchor.row, cell.column - formula.anchor.column
        return moved_formula(formula.spelled, rows, columns)
