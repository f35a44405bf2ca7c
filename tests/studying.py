"""Learners: they open a workbook of an exercise and fill it in, rightly or with a mistake.

Formulas are those that the network calls for, as a learner would type and copy them; the file is
saved by openpyxl, as many hand it in: without stored values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
from editing import edited

import xlconv
from xlconv.book.book import FoundBook
from xlconv.formulas.layers.registry import layer_rules
from xlconv.network.model import Model
from xlconv.sheets.exercise.places import ExercisePlaces, Part, exercise_places
from xlconv.state.exercise import exercise_of

Content = str | float | None
Change = Callable[[str, Part, int, int], Content]  # formula, part, row, column -> what is typed


def build_exercise(
    path: Path, model: Model, image: object, *layers: str, **options: object
) -> Path:
    """A workbook in which layers are left open."""
    exercise = exercise_of(model.network, layers, **options)  # type: ignore[arg-type]
    xlconv.build(path, model, image, exercise=exercise)  # type: ignore[arg-type]
    return path


def places_of(book: FoundBook) -> ExercisePlaces:
    places = exercise_places(book.network, book.layout)
    assert places is not None
    return places


def right_formulas(path: Path) -> dict[tuple[Part, int, int], str]:
    """What belongs into each open cell."""
    return dict(_right_formulas(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=4)  # many learners fill in one exercise
def _right_formulas(path: Path, saved: int) -> dict[tuple[Part, int, int], str]:
    book = xlconv.read_book(path)
    right = {}
    for part in places_of(book).parts:
        layer = book.network.layer(part.layer)
        rules = layer_rules(layer, book.network, replace(book.layout, open=frozenset()))
        rule = next(r for r in rules if (r.key, r.channel) == (part.key, part.channel))
        right |= {(part, r, c): f"={rule.text(r, c)}" for r, c in part.open.offsets()}
    return right


def right(formula: str, part: Part, row: int, column: int) -> Content:
    return formula


def filled_in(source: Path, target: Path, change: Change = right) -> Path:
    """A copy in which every open cell holds what `change` makes of the right formula."""
    workbook = _loaded(source, source.stat().st_mtime_ns)
    board, right = workbook["Board"], right_formulas(source)
    for (part, row, column), formula in right.items():
        board[part.open.cell(row, column).a1] = change(formula, part, row, column)
    workbook.save(target)
    for part, row, column in right:
        board[part.open.cell(row, column).a1] = None
    return target


@lru_cache(maxsize=2)
def _loaded(path: Path, saved: int) -> openpyxl.Workbook:
    """A workbook whose open cells are empty, as they are again after it was filled in."""
    return openpyxl.load_workbook(path)


def written_in(source: Path, target: Path, spelled: Mapping[str, str] | None = None) -> Path:
    """A copy in which open cells hold right formulas, but for those of which `spelled` says what
    stands between <c> and </c>; everything else is as it was built."""
    cells = {
        part.open.cell(row, column).a1: f"<f>{escape(formula[1:])}</f><v>0</v>"
        for (part, row, column), formula in right_formulas(source).items()
    } | dict(spelled or {})

    def written(cell: re.Match[str]) -> str:
        inside = cells.pop(cell[2], None)
        return cell[0] if inside is None else f"{cell[1]}>{inside}</c>"

    def edit(xml: str) -> str:
        return re.sub(r'(<c r="(\w+)"[^>/]*)(?:/>|>.*?</c>)', written, xml, flags=re.DOTALL)

    edited(source, target, edit)
    assert not cells, f"there are no cells {[*cells]}"
    return target


def only(layer: str, change: Change) -> Change:
    """The change in one layer, all others right."""

    def changed(formula: str, part: Part, row: int, column: int) -> Content:
        return change(formula, part, row, column) if part.layer == layer else formula

    return changed
