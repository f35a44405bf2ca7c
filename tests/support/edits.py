"""Edits to a finished file, as spreadsheets, scripts and accidents make them.

Works on the XML of the board alone, so that everything else stays as it was saved.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch
from xml.sax.saxutils import escape

import numpy as np
import openpyxl

import xlconv
from xlconv import Gallery, Model, compiler
from xlconv.sheets.first_display import first_display
from xlconv.spreadsheet.cells import Cell
from xlconv.state.choices import Display

Edit = Callable[[str], str]
BOARD_PART = "xl/worksheets/sheet1.xml"
_TYPE = re.compile(r' t="\w+"')
_CELL = re.compile(r'<c r="(\w+)"(?:[^>/]|/(?!>))*(?:/>|>.*?</c>)', re.DOTALL)
_ROW = re.compile(r'<row r="(\d+)"([^>/]*)(?:/>|>(.*?)</row>)', re.DOTALL)
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


def typed_by_script(source: Path, target: Path, values: Mapping[tuple[str, str], object]) -> Path:
    """A copy in which openpyxl typed into cells of sheets; it saves no computed values."""
    book = openpyxl.load_workbook(source)
    for (sheet, cell), value in values.items():
        book[sheet][cell] = value
    book.save(target)
    return target


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


def with_constants(typed: Mapping[Cell, float | str]) -> Edit:
    """Constants in cells that hold no shared formula, or that the file leaves out."""

    def edit(xml: str) -> str:
        around = re.split(r"<sheetData>.*</sheetData>", xml, maxsplit=1, flags=re.DOTALL)
        rows: dict[int, tuple[str, dict[Cell, str]]] = {}
        for row in _ROW.finditer(xml):
            found = _CELL.finditer(row[3] or "")
            rows[int(row[1])] = row[2], {Cell.parse(one[1]): one[0] for one in found}
        for cell, value in typed.items():
            cells = rows.setdefault(cell.row, ("", {}))[1]
            old = cells.get(cell, f'<c r="{cell.a1}"/>')
            assert "<f t=" not in old
            cells[cell] = with_constant(cell.a1, value)(old)
            if isinstance(value, str):
                cells[cell] = with_text(cell.a1, value)(old)
        spelled = (
            f'<row r="{number}"{looks}>{"".join(cells[cell] for cell in sorted(cells))}</row>'
            for number, (looks, cells) in sorted(rows.items())
        )
        return f"{around[0]}<sheetData>{''.join(spelled)}</sheetData>{around[1]}"

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
        model: Model, image: np.ndarray, gallery: Gallery | None, unexplained: Container[str] = ()
    ) -> Display:
        first = first_display(model, image, gallery, unexplained)
        changed = replace(first, choices=replace(first.choices, **chosen))
        if gallery is None or "picture" not in chosen:
            return changed
        return replace(changed, image=changed.pictures[changed.choices.picture])

    with patch.object(compiler, "first_display", display):
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
