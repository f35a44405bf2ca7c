"""`verify` on books that were edited, broken or saved elsewhere: what it finds, and where."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from support.books import BuiltBook, check_agrees, check_refused, found, random_model
from support.edits import (
    edited,
    edited_parts,
    typed_by_script,
    with_constant,
    with_formula,
    with_value,
    without_stored_values,
)
from support.libreoffice import converted

import xlconv
from xlconv import Conv2D, Dense, MaxPool2D, Model, Network, ReLU, Softmax
from xlconv.errors import EngineError
from xlconv.sheets.board.places import plan

NETWORK = Network(
    "small",
    (1, 8, 8),
    (
        Conv2D("conv1", 2, 3, padding="same"),
        ReLU("relu1"),
        Conv2D("conv2", 2, 3, padding="same"),
        ReLU("relu2"),
        MaxPool2D("pool"),
        Dense("dense", 3),
        Softmax("softmax"),
    ),
    ("cat", "7", "dog"),
)
LAYOUT = plan(NETWORK)
COMPUTED = ["conv1", "relu1", "conv2", "relu2", "pool", "dense", "softmax"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BuiltBook:
    model, image = random_model(NETWORK, 3, 0.2, 0.5), np.random.default_rng(4).random((1, 8, 8))
    path = tmp_path_factory.mktemp("book") / "book.xlsx"
    xlconv.build(path, model, image)
    return BuiltBook(path, model, image)


@pytest.fixture(scope="module")
def book(made: BuiltBook) -> Path:
    return made.path


@pytest.mark.parametrize("engine", ["formualizer", "none"])
def test_untouched_book_agrees(book: Path, engine: str) -> None:
    report = xlconv.verify(book, engine)
    assert (report.verdict, report.exit_code, report.findings) == ("agrees", 0, ())
    assert [block.tensor for block in report.blocks][:5] == COMPUTED[:5]
    for block in report.blocks:
        assert block.stored.state == "present"
        assert block.live.checked == (block.cells if engine == "formualizer" else 0)
    cells = {block.tensor: block.cells for block in report.blocks}
    assert all(cells[tensor] == np.prod(NETWORK.shapes[tensor]) for tensor in COMPUTED)


def test_prediction_and_output_are_numpys(made: BuiltBook) -> None:
    report, softmax = xlconv.verify(made.path), made.truth["softmax"]
    assert list(report.values) == ["cat", "7", "dog"]
    assert list(report.values.values()) == pytest.approx(softmax, rel=1e-12)
    assert report.prediction == NETWORK.labels[int(softmax.argmax())]


FAULTS = {
    "shifted window": ("conv1", 1, 3, 4, "formula"),
    "number over a formula": ("relu2", 0, 2, 2, "typed"),
    "wrong stored value": ("conv2", 1, 0, 7, "stored"),
    "tenth digit of a stored value": ("pool", 0, 1, 1, "stored"),
    "right value, wrong formula": ("dense", None, 1, 0, "formula"),
    "own value over a formula": ("softmax", None, 2, 0, "typed"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_is_one_finding_at_its_cell(fault: str, book: Path, tmp_path: Path) -> None:
    tensor, channel, row, column, kind = FAULTS[fault]
    place = LAYOUT.tensors[tensor].maps[channel or 0].cell(row, column).a1
    stored = xlconv.read_book(book).stored[tensor]
    index = (row,) if channel is None else (channel, row, column)
    value = float(stored[index])
    edit = {
        "shifted window": with_formula(place, "SUMPRODUCT(B2:D4,$A$1:$C$3)"),
        "number over a formula": with_constant(place, 0.731),
        "wrong stored value": with_value(place, value + 0.25),
        "tenth digit of a stored value": with_value(place, repr(value * (1 + 1e-9))),
        "right value, wrong formula": with_formula(place, repr(value)),
        "own value over a formula": with_constant(place, repr(value)),
    }[fault]
    report = xlconv.verify(edited(book, tmp_path / "broken.xlsx", edit))
    assert (report.verdict, report.exit_code) == ("differs", 1)
    [finding] = report.findings
    assert (finding.kind, finding.cell, finding.tensor) == (kind, f"Board!{place}", tensor)
    expected_channel = None if channel is None else channel + 1
    assert (finding.channel, finding.row, finding.column) == (expected_channel, row + 1, column + 1)


def test_a_number_in_the_padding_is_the_only_finding(book: Path, tmp_path: Path) -> None:
    place = LAYOUT.tensors["relu1"].with_ring(1).cell(0, 4).a1
    broken = edited(book, tmp_path / "ring.xlsx", with_constant(place, 5))
    for engine in ("formualizer", "none"):
        [finding] = xlconv.verify(broken, engine).findings
        assert (finding.kind, finding.cell, finding.found) == ("typed", f"Board!{place}", 5.0)


@pytest.mark.parametrize(("held", "edit"), [(9.0, with_value), ("=7", with_formula)])
def test_another_label_or_a_formula_that_gives_the_right_one_is_found(
    held: float | str, edit: Callable[..., Any], book: Path, tmp_path: Path
) -> None:
    place = LAYOUT.labels["softmax"].cell(1, 0).a1
    path = edited(book, tmp_path / "label.xlsx", edit(place, str(held).removeprefix("=")))
    [finding] = xlconv.verify(path).findings
    assert (finding.kind, finding.cell) == ("label", f"Board!{place}")
    assert (finding.expected, finding.found) == (7.0, held)


@pytest.mark.parametrize("what", ["pixel", "kernel", "bias"])
def test_edits_of_constants_are_verified_as_they_are(
    what: str, made: BuiltBook, tmp_path: Path
) -> None:
    place = {
        "pixel": LAYOUT.tensors["input"].maps[0].cell(3, 3),
        "kernel": LAYOUT.weights["conv2"].kernels(1)[0].cell(1, 2),
        "bias": LAYOUT.weights["conv1"].bias(1),
    }[what].a1
    path = edited(made.path, tmp_path / "edited.xlsx", with_value(place, -0.75))
    report = check_agrees(path, stored="stale")
    changed, pixels = dict(made.model.weights), made.image.copy()
    if what == "pixel":
        pixels[0, 3, 3] = -0.75
    else:
        name, index = ("conv2.weight", (1, 0, 1, 2)) if what == "kernel" else ("conv1.bias", (1,))
        changed[name] = changed[name].copy()
        changed[name][index] = -0.75
    softmax = xlconv.forward(Model(NETWORK, changed), pixels)["softmax"]
    assert list(report.values.values()) == pytest.approx(softmax, rel=1e-12)
    assert xlconv.verify(path, "none").verdict == "unchecked"


def test_a_wrong_stored_value_is_found_beside_stale_ones(book: Path, tmp_path: Path) -> None:
    pixel = LAYOUT.tensors["input"].maps[0].cell(3, 3).a1
    wrong = LAYOUT.tensors["pool"].maps[1].cell(2, 1).a1
    stale = edited(book, tmp_path / "stale.xlsx", with_value(pixel, -0.75))
    both = edited(stale, tmp_path / "both.xlsx", with_value(wrong, 55.5))
    assert found(both) == [("stored", f"Board!{wrong}")]


def test_absent_stored_values_are_said_to_be_absent(book: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        sheets = [name for name in names if b"<f>" in archive.read(name)]
    path = edited_parts(
        book, tmp_path / "absent.xlsx", dict.fromkeys(sheets, without_stored_values)
    )
    report = xlconv.verify(path)
    assert report.verdict == "agrees"
    assert {block.stored.state for block in report.blocks if block.tensor in COMPUTED} == {"absent"}
    unchecked = xlconv.verify(path, "none")
    assert (unchecked.verdict, unchecked.exit_code) == ("unchecked", 2)


def test_book_saved_by_openpyxl_with_a_typed_number(book: Path, tmp_path: Path) -> None:
    place = LAYOUT.tensors["conv1"].maps[0].cell(4, 4).a1
    path = typed_by_script(book, tmp_path / "typed.xlsx", {("Board", place): 0.25})
    [finding] = xlconv.verify(path).findings
    assert (finding.kind, finding.cell, finding.found) == ("typed", f"Board!{place}", 0.25)


def test_error_values_are_blamed_where_they_begin(book: Path, tmp_path: Path) -> None:
    place = LAYOUT.tensors["conv1"].maps[0].cell(4, 4).a1
    path = edited(book, tmp_path / "error.xlsx", with_formula(place, "1/0"))
    assert found(path) == [("formula", f"Board!{place}")]


def test_json_is_the_documented_shape(book: Path, tmp_path: Path) -> None:
    place = LAYOUT.tensors["conv1"].maps[0].cell(4, 4).a1
    report = xlconv.verify(edited(book, tmp_path / "typed.xlsx", with_constant(place, 2)))
    data = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert list(data) == [
        *("workbook", "network", "engine", "verdict", "blocks", "findings", "output"),
        *("engines", "random", "exercise", "rounded", "copies"),
    ]
    block = data["blocks"][0]
    assert list(block) == [
        *("tensor", "cells", "formulas", "live", "stored", "random", "engines", "apart")
    ]
    assert block["formulas"] == {"wrong": 1}
    assert list(block["live"]) == ["checked", "wrong", "max_error"]
    assert list(block["stored"]) == ["state", "wrong", "max_error"]
    assert list(data["findings"][0]) == [
        *("kind", "cell", "tensor", "channel", "row", "column", "expected", "found", "formula"),
        "engine",
    ]
    assert list(data["output"]) == ["labels", "values", "prediction"]


def test_truncated_workbooks_are_refused(book: Path, tmp_path: Path) -> None:
    content = book.read_bytes()
    path = tmp_path / "short.xlsx"
    for length in range(10, len(content), len(content) // 40):
        path.write_bytes(content[:length])
        check_refused(path)


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/sharedStrings.xml", "<si>", "<so>"),
        ("xl/sharedStrings.xml", "<si><t", "<x/><t"),
        ("xl/worksheets/sheet2.xml", "<v>", "<v>x"),
        ("xl/worksheets/sheet2.xml", 'r="C8"', 'r="8C"'),
        ("xl/worksheets/sheet2.xml", "<sheetData>", "<sheetData"),
        ("xl/workbook.xml", 'name="Board"', 'name="Bored"'),
        ("xl/_rels/workbook.xml.rels", "worksheets/sheet2.xml", "worksheets/sheet9.xml"),
        ("xl/_rels/workbook.xml.rels", "sharedStrings.xml", "styles.xml"),
        ("_rels/.rels", "officeDocument", "officeDocumend"),
    ],
)
def test_damaged_parts_are_refused_in_one_line(
    part: str, old: str, new: str, book: Path, tmp_path: Path
) -> None:
    broken = edited(book, tmp_path / "broken.xlsx", lambda xml: xml.replace(old, new), part)
    assert str(broken) in check_refused(broken, engine="none")


def test_foreign_workbook_is_refused(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "foreign.xlsx")
    check_refused(tmp_path / "foreign.xlsx", "not one of xlconv's")


def test_moved_maps_are_refused_with_what_moved(book: Path, tmp_path: Path) -> None:
    def move(xml: str) -> str:
        start = xml.index('name="relu1_2"')
        end = xml.index("</definedName>", start)
        return xml[:start] + 'name="relu1_2">Board!$A$1:$H$8' + xml[end:]

    moved = edited(book, tmp_path / "moved.xlsx", move, "xl/workbook.xml")
    check_refused(moved, r"'relu1_2' is at Board!A1:H8, but belongs at")


def test_text_in_a_pixel_is_refused_with_its_cell(book: Path, tmp_path: Path) -> None:
    place = LAYOUT.tensors["input"].maps[0].cell(0, 0).a1
    path = typed_by_script(book, tmp_path / "text.xlsx", {("Board", place): "ink"})
    check_refused(path, rf"Board!{place} \(input\) holds 'ink'")


def test_empty_pixel_counts_as_zero(book: Path, tmp_path: Path) -> None:
    place = LAYOUT.tensors["input"].maps[0].cell(2, 2).a1
    path = typed_by_script(book, tmp_path / "empty.xlsx", {("Board", place): None})
    assert xlconv.verify(path).verdict == "agrees"
    assert xlconv.read_book(path).image[0, 2, 2] == 0.0


def test_damaged_network_text_is_refused(book: Path, tmp_path: Path) -> None:
    workbook = openpyxl.load_workbook(book)
    sheet = workbook["Model"]
    first = next(cell for row in sheet.iter_rows() for cell in row if cell.value == 'kind = "ReLU"')
    first.value = 'kind = "ReLo"'
    workbook.save(tmp_path / "damaged.xlsx")
    check_refused(tmp_path / "damaged.xlsx", "ReLo")


def test_unknown_engine_is_refused_with_those_that_exist(book: Path) -> None:
    with pytest.raises(EngineError, match="formualizer, libreoffice, gnumeric, all, none"):
        xlconv.verify(book, "excel")


def test_one_fault_in_a_book_that_was_recalculated_is_one_finding(
    libreoffice: str, book: Path, tmp_path: Path
) -> None:
    """Everything behind the fault follows from it, in the engine and in what is stored."""
    cell = LAYOUT.tensors["conv1"].maps[1].cell(3, 3).a1
    ring = LAYOUT.tensors["input"].with_ring(0).cell(0, 4).a1
    faults = {
        "typed": (cell, with_constant(cell, 25)),
        "formula": (cell, with_formula(cell, "5*5")),
        "typed around": (ring, with_constant(ring, 25)),
    }
    broken = [edited(book, tmp_path / f"{kind}.xlsx", edit) for kind, (_, edit) in faults.items()]
    saved = converted(libreoffice, broken, tmp_path, anew=True)
    for kind, (place, _) in faults.items():
        for engine in ("formualizer", "none"):
            report = xlconv.verify(saved / f"{kind}.xlsx", engine)
            assert report.stored_state == "present"
            assert [(f.kind, f.cell) for f in report.findings] == [
                (kind.split()[0], f"Board!{place}")
            ]


def test_another_versions_formulas_are_no_faults(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where they differ: it is told which version knows them. What is the same in both agrees."""
    cell = LAYOUT.tensors["relu1"].maps[0].cell(1, 1).a1
    other = edited(book, tmp_path / "other.xlsx", with_formula(cell, "1+1"))
    typed = edited(book, tmp_path / "typed.xlsx", with_constant(cell, 0.5))
    assert [finding.kind for finding in xlconv.verify(other, "none").findings] == ["formula"]
    later = ".".join([*xlconv.__version__.split(".")[:2], "99"])  # which makes the same books
    monkeypatch.setattr("xlconv.book.location.__version__", later)
    assert [finding.kind for finding in xlconv.verify(other, "none").findings] == ["formula"]
    monkeypatch.setattr("xlconv.book.location.__version__", "9.0.0")
    assert xlconv.verify(book, "none").verdict == "agrees"
    assert [finding.kind for finding in xlconv.verify(typed, "none").findings] == ["typed"]
    told = f"built by xlconv {xlconv.__version__}, whose formulas are others than those of 9.0.0"
    with pytest.raises(xlconv.XlconvError, match=told):
        xlconv.verify(other, "none")
