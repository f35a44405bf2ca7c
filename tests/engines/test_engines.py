"""Random trials, engines side by side, and the copies of files in which constants are typed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pytest
from support.books import SMALL, BuildBook, BuiltBook, found
from support.edits import edited

import xlconv
from xlconv import Conv2D, Network
from xlconv.book.book import read_book
from xlconv.engines.formualizer import Formualizer
from xlconv.engines.registry import engine_named
from xlconv.errors import EngineError, MissingEngineError
from xlconv.spreadsheet.cells import Cell
from xlconv.verification.trials import SEED, trial
from xlconv.xlsx.patch import typed_copy, typed_sheet
from xlconv.xlsx.reader import open_package

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
NETWORK = Network("small", (2, 6, 6), SMALL.layers, ("cat", "7", "dog"))


def sheet(rows: str) -> bytes:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()


TYPED = {
    "a number over a number": (
        '<row r="1"><c r="A1" s="3"><v>1</v></c></row>',
        {Cell(1, 1): 2.5},
        '<row r="1"><c r="A1" s="3"><v>2.5</v></c></row>',
    ),
    "a number over a text and over nothing": (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="4"/></row>',
        {Cell(1, 1): 1.0, Cell(1, 2): 2.0},
        '<row r="1"><c r="A1"><v>1.0</v></c><c r="B1" s="4"><v>2.0</v></c></row>',
    ),
    "cells that are left out": (
        '<row r="2"><c r="B2"><v>1</v></c><c r="D2"><v>1</v></c></row>',
        {Cell(2, 1): 1.0, Cell(2, 3): 2.0, Cell(2, 5): 3.0},
        '<row r="2"><c r="A2"><v>1.0</v></c><c r="B2"><v>1</v></c><c r="C2"><v>2.0</v></c>'
        '<c r="D2"><v>1</v></c><c r="E2"><v>3.0</v></c></row>',
    ),
    "rows that are left out, and an empty one": (
        '<row r="2" ht="9"/><row r="4"><c r="A4"/></row>',
        {Cell(1, 1): 1.0, Cell(2, 2): 2.0, Cell(3, 1): 3.0, Cell(9, 1): 4.0},
        '<row r="1"><c r="A1"><v>1.0</v></c></row><row r="2" ht="9"><c r="B2"><v>2.0</v></c></row>'
        '<row r="3"><c r="A3"><v>3.0</v></c></row><row r="4"><c r="A4"/></row>'
        '<row r="9"><c r="A9"><v>4.0</v></c></row>',
    ),
    "cells without places": (
        "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>",
        {Cell(1, 2): 5.0, Cell(2, 1): 6.0},
        '<row><c><v>1</v></c><c r="B1"><v>5.0</v></c></row><row><c r="A2"><v>6.0</v></c></row>',
    ),
    "the head of a shared formula": (
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A3" si="0">B1&lt;$C$1</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>1</v></c></row>'
        '<row r="3"><c r="A3"><f t="shared" si="0"/><v>1</v></c></row>',
        {Cell(1, 1): 0.5, Cell(3, 1): 7.0},
        '<row r="1"><c r="A1"><v>0.5</v></c></row>'
        '<row r="2"><c r="A2"><f>B2&lt;$C$1</f><v>1</v></c></row>'
        '<row r="3"><c r="A3"><v>7.0</v></c></row>',
    ),
    "a text": (
        '<row r="1"><c r="A1"><v>1</v></c></row>',
        {Cell(1, 1): "a < é_x0041_"},
        '<row r="1"><c r="A1" t="inlineStr"><is><t xml:space="preserve">a &lt; &#233;_x005F_x0041_'
        "</t></is></c></row>",
    ),
}


@pytest.mark.parametrize("case", TYPED)
def test_what_is_typed_stands_there_and_all_else_as_it_was(case: str) -> None:
    before, typed, after = TYPED[case]
    assert typed_sheet(sheet(before), typed) == sheet(after)


def test_prefixes_and_other_encodings() -> None:
    rows = '<x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row>'
    text = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    new = text.replace("</x:row>", '<x:c r="B1"><x:v>2.0</x:v></x:c></x:row>')
    assert typed_sheet(text.encode(), {Cell(1, 2): 2.0}) == new.encode()
    wide = f'<?xml version="1.0" encoding="UTF-16"?>{text}'.encode("utf-16")
    assert typed_sheet(wide, {Cell(1, 2): 2.0}).endswith(new.encode())
    empty = f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'.encode()
    filled = '<row r="1"><c r="A1"><v>1.0</v></c></row>'
    assert typed_sheet(empty, {Cell(1, 1): 1.0}) == sheet(filled)


def test_a_retyped_file_differs_in_its_cells_alone(build_book: BuildBook, tmp_path: Path) -> None:
    path = build_book(NETWORK).path
    conv = read_book(path).layout.tensors["conv"].maps[0]
    copy = typed_copy(path, {("Board", conv.first): 12.5}, tmp_path / "copy.xlsx")
    for name in open_package(path).parts:
        before, after = open_package(path).sheet(name), open_package(copy).sheet(name)
        spots = {
            spot for spot in before.keys() | after.keys() if before.get(spot) != after.get(spot)
        }
        changed = {spot for spot in spots if _shown(before, spot) != _shown(after, spot)}
        assert changed == ({(conv.row, conv.column)} if name == "Board" else set())
    book = openpyxl.load_workbook(copy)
    assert book["Board"][conv.first.a1].value == 12.5
    assert book["Board"][conv.cell(0, 1).a1].value.startswith("=SUMPRODUCT(")


def _shown(cells: object, spot: tuple[int, int]) -> object:
    found = cells.get(spot)  # type: ignore[attr-defined]
    return None if found is None else (found.shown(Cell(*spot)), found.value)


ENGINES = ("formualizer", "libreoffice", "gnumeric")


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_typed_constants_take_the_place_of_numbers_and_formulas(
    engine: str, build_book: BuildBook
) -> None:
    made = build_book(NETWORK)
    layout = read_book(made.path).layout
    conv, relu = layout.tensors["conv"].maps[1], layout.tensors["relu"].maps[1]
    pixels, typed = layout.tensors["input"].maps, {}
    image = np.random.default_rng(3).normal(size=NETWORK.input_shape)
    for channel, place in enumerate(pixels):
        for row, column in place.offsets():
            typed["Board", place.cell(row, column)] = float(image[channel, row, column])
    typed["Board", conv.first] = 5.5
    places = [("Board", conv), ("Board", relu)]
    found = engine_named(engine).evaluate(made.path, places, typed)
    expected = xlconv.forward(made.model, image)["conv"][1]
    expected[0, 0] = 5.5
    np.testing.assert_allclose(np.array(found[0]), expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(np.array(found[1]), np.maximum(expected, 0), atol=1e-13)
    untyped = engine_named(engine).evaluate(made.path, places[:1])
    np.testing.assert_allclose(np.array(untyped[0]), made.truth["conv"][1], atol=1e-12)


def test_trials_are_the_same_each_time_and_all_different(build_book: BuildBook) -> None:
    book = read_book(build_book(NETWORK).path)
    first, again, second = trial(book, 0), trial(book, 0), trial(book, 1)
    assert first.typed == again.typed
    assert first.typed.keys() == second.typed.keys()
    numbers = [value for value in first.typed.values() if isinstance(value, float)]
    assert all(np.isfinite(numbers))
    values = xlconv.forward(first.display.model, first.display.image)
    assert all(np.abs(array).max() < 100 for array in values.values())
    assert 0.2 < np.mean(values["relu"] > 0) < 0.8  # neither dead nor without effect
    for name, array in first.display.model.weights.items():
        assert array.any()
        assert not np.array_equal(array, second.display.model.weights[name])


def test_all_engines_side_by_side(libreoffice: str, gnumeric: str, build_book: BuildBook) -> None:
    report = xlconv.verify(build_book(NETWORK).path, "all")
    assert (report.verdict, report.exit_code, report.findings) == ("agrees", 0, ())
    assert [(one.name, one.state) for one in report.engines] == [(name, "ran") for name in ENGINES]
    for block in report.blocks:
        assert tuple(block.engines) == ENGINES
        assert block.live.checked == block.random.checked == block.cells
        assert block.apart is not None
        assert block.apart < 1e-12
    data = report.as_json()
    assert data["random"] == {"trials": 1, "seed": SEED}
    assert [list(one) for one in data["engines"]] == [["name", "state", "error", "end_to_end"]] * 3


def test_one_engine_alone_that_is_wrong_is_found_and_named(
    build_book: BuildBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As LibreOffice's and Excel's VALUE errors where Python's engines are content."""
    made = build_book(NETWORK)
    conv = read_book(made.path).layout.tensors["conv"].maps[0]

    class Off(Formualizer):
        name = "libreoffice"

        def evaluate(self, path, places, typed=None):  # type: ignore[no-untyped-def]
            grids = super().evaluate(path, places, typed or {})
            spot = places.index(("Board", conv))
            grids[spot][1][2] = "#VALUE!" if not typed else grids[spot][1][2]
            return grids

    monkeypatch.setitem(xlconv.engines.registry.ENGINES, "libreoffice", Off)
    monkeypatch.setattr("xlconv.engines.gnumeric.PROGRAMS", ("no-such-program",))
    report = xlconv.verify(made.path, "all")
    assert [one.state for one in report.engines] == ["ran", "ran", "not installed"]
    assert "install gnumeric" in str(report.engines[2].error)
    [finding] = report.findings
    place = f"Board!{conv.cell(1, 2).a1}"
    assert (finding.kind, finding.cell, finding.engine) == ("live", place, "libreoffice")
    assert (report.verdict, report.exit_code) == ("differs", 1)


def test_an_engine_that_fails_does_not_spoil_the_others(
    build_book: BuildBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xlconv.engines.libreoffice.PROGRAMS", ("no-such-program",))
    monkeypatch.setattr("xlconv.engines.gnumeric.PROGRAMS", ("false",))
    made = build_book(NETWORK)
    report = xlconv.verify(made.path, "all")
    assert [one.state for one in report.engines] == ["ran", "not installed", "failed"]
    assert "Gnumeric could not load it" in str(report.engines[2].error)
    assert all(block.live.checked == block.cells for block in report.blocks)
    assert (report.verdict, report.exit_code) == ("unchecked", 2)
    with pytest.raises(EngineError, match="Gnumeric could not load it"):
        xlconv.verify(made.path, "gnumeric")
    with pytest.raises(MissingEngineError, match="LibreOffice is not installed"):
        xlconv.verify(made.path, "libreoffice")


@pytest.mark.parametrize("program", ["LibreOffice", "Gnumeric"])
def test_a_program_is_stopped_at_its_time_limit(
    program: str, build_book: BuildBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, engine = tmp_path / "slow", program.lower()
    slow.write_text("#!/bin/sh\nsleep 60 &\nwait\n")
    slow.chmod(0o755)
    monkeypatch.setattr(f"xlconv.engines.{engine}.PROGRAMS", (str(slow),))
    monkeypatch.setattr(f"xlconv.engines.{engine}.TIME_LIMIT", 0.2)
    with pytest.raises(EngineError, match=rf"{program} took longer than 0\.2 s"):
        xlconv.verify(build_book(NETWORK).path, engine)


def stray_in(made: BuiltBook, cell: Cell, value: float) -> Path:
    return typed_copy(made.path, {("Board", cell): value}, made.path.with_name("stray.xlsx"))


def test_a_number_between_kernels_is_a_finding_and_not_its_sum(build_book: BuildBook) -> None:
    made = build_book(NETWORK)
    weights = read_book(made.path).layout.weights["conv"]
    first = weights.kernels(0)[0]
    gap = Cell(first.bottom + 1, first.column + 1)
    assert gap in weights.range
    assert found(stray_in(made, gap, 9.0)) == [("stray", f"Board!{gap.a1}")]
    number = f'<c r="{gap.a1}"><v>9.0</v></c>'
    text = f'<c r="{gap.a1}" t="str"><f>"x"</f><v>x</v></c>'
    path = made.path.with_name("text.xlsx")
    edited(stray_in(made, gap, 9.0), path, lambda xml: xml.replace(number, text))
    assert found(path) == [("stray", f"Board!{gap.a1}")]
    # A number that nothing reads is nobody's business.
    assert not xlconv.verify(stray_in(made, Cell(1, 400), 9.0)).findings


def test_a_number_between_those_of_a_dilated_kernel_is_a_finding(build_book: BuildBook) -> None:
    made = build_book(Network("wide", (1, 5, 5), (Conv2D("conv", 1, 2, dilation=2),)))
    weights = read_book(made.path).layout.weights["conv"]
    gap = weights.gaps(weights.kernels(0)[0])[0]
    assert found(stray_in(made, gap, 9.0)) == [("padding", f"Board!{gap.a1}")]
