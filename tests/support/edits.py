"""Edits to a finished file, as spreadsheets, scripts and accidents make them.

Works on the XML of the board alone, so that everything else stays as it was saved.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Container
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import xlconv
from xlconv import Gallery, Model, compiler
from xlconv.sheets.first_display import first_display
from xlconv.state.choices import Display

BOARD_PART = "xl/worksheets/sheet1.xml"


def edited(source: Path, target: Path, edit: Callable[[str], str], part: str = BOARD_PART) -> Path:
    """A copy of a workbook with one part changed; the change must change something."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == part:
                before = content.decode()
                after = edit(before)
                assert after != before, "the edit changed nothing"
                content = after.encode()
            new.writestr(name, content)
    return target


def cell_element(cell: str, inside: Callable[[str], str]) -> Callable[[str], str]:
    """An edit of what stands between <c> and </c> of one cell."""
    pattern = re.compile(rf'(<c r="{cell}"[^>/]*)(?:/>|>(.*?)</c>)', re.DOTALL)

    def edit(xml: str) -> str:
        return pattern.sub(lambda match: f"{match[1]}>{inside(match[2] or '')}</c>", xml, count=1)

    return edit


def with_value(cell: str, value: float | str) -> Callable[[str], str]:
    """Another stored value, or another constant."""
    return cell_element(cell, lambda old: re.sub("<v>.*?</v>", f"<v>{value}</v>", old))


def with_constant(cell: str, value: float | str) -> Callable[[str], str]:
    """A number typed into a cell, whatever it held."""
    return cell_element(cell, lambda old: f"<v>{value}</v>")


def with_text(cell: str, text: str) -> Callable[[str], str]:
    """A text typed into a cell, whatever it held."""

    def edit(xml: str) -> str:
        xml = re.sub(rf'(<c r="{cell}"[^>]*?) t="\w+"', r"\1", xml)
        xml = cell_element(cell, lambda _: f"<is><t>{text}</t></is>")(xml)
        return xml.replace(f'<c r="{cell}"', f'<c t="inlineStr" r="{cell}"', 1)

    return edit


def with_formula(cell: str, formula: str) -> Callable[[str], str]:
    """Another formula, with the stored value as it was."""

    def replaced(old: str) -> str:
        value = re.search("<v>.*?</v>", old)
        return f"<f>{formula}</f>{value[0] if value else ''}"

    return cell_element(cell, replaced)


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
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name):
                content = without_stored_values(content.decode()).encode()
            new.writestr(name, content)
    return target
