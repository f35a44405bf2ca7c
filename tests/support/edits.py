"""Edits to a finished file, as spreadsheets, scripts and accidents make them.

Works on the XML of the board alone, so that everything else stays as it was saved.
"""

import re
import zipfile
from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from xml.sax.saxutils import escape

import numpy as np
import openpyxl

import xlconv
from xlconv import Gallery, Model, Network, compiler
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.first_display import first_display
from xlconv.spreadsheet.cells import Cell, Place, column_number
from xlconv.state.choices import Display

Edit = Callable[[str], str]
BOARD_PART = "xl/worksheets/sheet2.xml"
_TYPE = re.compile(r' t="\w+"')
_VALUE = re.compile(r"<v>.*?</v>|<v ?/>", re.DOTALL)


def edited(source: Path, target: Path, edit: Edit, part: str = BOARD_PART) -> Path:
    """A copy of a workbook with one part changed."""
    return edited_parts(source, target, {part: edit})


def edited_parts(
    source: Path, target: Path, edits: Mapping[str, Edit], added: Mapping[str, str] | None = None
) -> Path:
    """A copy of a workbook with parts changed, each of them somehow, and with parts more."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name in edits:
                before = content.decode()
                after = edits[name](before)
                assert after != before, f"the edit changed nothing in {name}"
                content = after.encode()
            new.writestr(name, content)
        for name, text in (added or {}).items():
            new.writestr(name, text)
    return target


def edited_cells(
    source: Path, target: Path, parts: Mapping[str, str], cells: Mapping[Place, Edit]
) -> Path:
    """A copy in which many cells are changed at once; `parts` are those of the sheets."""
    edits: dict[str, list[Edit]] = {}
    for (sheet, _), edit in cells.items():
        edits.setdefault(parts[sheet], []).append(edit)
    return edited_parts(source, target, {part: all_of(own) for part, own in edits.items()})


def typed_by_script(source: Path, target: Path, values: Mapping[tuple[str, str], object]) -> Path:
    """A copy in which openpyxl typed into cells of sheets; it saves no computed values."""
    book = _loaded(source, source.stat().st_mtime_ns)
    before = {(sheet, cell): book[sheet][cell].value for sheet, cell in values}
    for (sheet, cell), value in values.items():
        book[sheet][cell] = value
    book.save(target)
    for (sheet, cell), value in before.items():
        book[sheet][cell] = value
    return target


@lru_cache(maxsize=2)
def _loaded(path: Path, saved: int) -> openpyxl.Workbook:
    """A workbook that is as it was loaded when the next one types into it."""
    return openpyxl.load_workbook(path)


def cell_pattern(cell: str) -> re.Pattern[str]:
    """A cell's element, with its other attributes and with what stands in it."""
    return re.compile(rf'<c r="{cell}"((?:[^>/]|/(?!>))*)(?:/>|>(.*?)</c>)', re.DOTALL)


def whole_cell(cell: str, inside: Callable[[str, str], tuple[str, str]]) -> Edit:
    """An edit of a cell's attributes and of what stands in it."""

    def replaced(match: re.Match[str]) -> str:
        attributes, new = inside(match[1], match[2] or "")
        return f'<c r="{cell}"{attributes}>{new}</c>'

    return lambda xml: cell_pattern(cell).sub(replaced, xml, count=1)


def cell_element(cell: str, inside: Callable[[str], str]) -> Edit:
    """An edit of what stands between <c> and </c> of one cell."""
    return whole_cell(cell, lambda attributes, old: (attributes, inside(old)))


def with_value(cell: str, value: float | str) -> Edit:
    """Another stored value, or another constant."""
    return cell_element(cell, lambda old: _VALUE.sub(f"<v>{value}</v>", old))


def with_constant(cell: str, value: float | str) -> Edit:
    """A number typed into a cell, whatever it held."""
    return whole_cell(cell, lambda attributes, _: (_TYPE.sub("", attributes), f"<v>{value}</v>"))


def constant_in(cell: str, value: float | str) -> Edit:
    """A constant, whatever the cell held."""
    return with_text(cell, value) if isinstance(value, str) else with_constant(cell, repr(value))


def new_constant(cell: Cell, value: float) -> Edit:
    """A number in a cell that may be missing from its row."""

    def edit(xml: str) -> str:
        if not cell_pattern(cell.a1).search(xml):
            row = re.search(rf'(?<=<row r="{cell.row}")[^>]*>.*?(?=</row>)', xml, re.DOTALL)
            assert row is not None
            cells = re.finditer(r'<c r="([A-Z]+)', row[0])
            behind = (one.start() for one in cells if column_number(one[1]) > cell.column)
            at = row.start() + next(behind, len(row[0]))
            xml = f'{xml[:at]}<c r="{cell.a1}"/>{xml[at:]}'
        return with_constant(cell.a1, value)(xml)

    return edit


def with_text(cell: str, text: str) -> Edit:
    """A text typed into a cell, whatever it held."""
    typed = f"<is><t>{escape(text)}</t></is>"
    return whole_cell(cell, lambda old, _: (f'{_TYPE.sub("", old)} t="inlineStr"', typed))


def with_formula(cell: str, formula: str) -> Edit:
    """Another formula, with the stored value as it was."""

    def replaced(old: str) -> str:
        value = _VALUE.search(old)
        return f"<f>{escape(formula)}</f>{value[0] if value else ''}"

    return cell_element(cell, replaced)


def all_of(edits: list[Edit]) -> Edit:
    def edit(xml: str) -> str:
        for one in edits:
            xml = one(xml)
        return xml

    return edit


def without_stored_values(xml: str) -> str:
    """As openpyxl saves: formulas without values."""
    return re.sub(r"(<f[^>]*(?:/>|>[^<]*</f>))<v>[^<]*</v>", r"\1", xml)


def build_chosen(
    path: Path, model: Model, image: np.ndarray, gallery: Gallery | None = None, **chosen: Any
) -> Path:
    """A book as `build` makes it, had its reader chosen so: fields of `Choices`."""

    def display(
        model: Model,
        image: np.ndarray,
        tensors: Mapping[str, np.ndarray],
        gallery: Gallery | None,
        unexplained: Container[str] = (),
    ) -> Display:
        first = first_display(model, image, tensors, gallery, unexplained)
        changed = replace(first, choices=replace(first.choices, **chosen))
        if gallery is None or "picture" not in chosen:
            return changed
        return replace(changed, image=changed.pictures[changed.choices.picture])

    def zoom(network: Network, layout: Layout) -> int:
        return 100 if chosen.get("numbers", True) else 0

    with (
        patch.object(compiler, "first_display", display),
        patch.object(compiler, "start_zoom", zoom),
    ):
        # `build` sets the scale itself, as people ask for it.
        scale = chosen.get("scale", "layer")
        xlconv.build(path, model, image, gallery=gallery, scale=scale)
    return path


def emptied(source: Path, target: Path) -> Path:
    """A copy of a book in which no formula has a stored value: engines have to compute them."""
    with zipfile.ZipFile(source) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        computing = [name for name in sheets if re.search(rb"<f[ />]", book.read(name))]
    return edited_parts(source, target, dict.fromkeys(computing, without_stored_values))
