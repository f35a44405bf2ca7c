"""Books as Excel and other programs save them: what is right agrees in every dialect, what is
broken is found at its cell."""

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pytest
from support import dialects
from support.books import BuiltBook, NetworkBook, TemplateBook, check_agrees
from support.dialects import Piece, saved
from support.edits import build_chosen, edited, with_constant, with_formula
from support.learners import build_exercise, written_in
from typer.testing import CliRunner

import xlconv
from xlconv import BatchNorm2D, Conv2D, Dense, Dropout, MaxPool2D, Model, Network, grade
from xlconv.commands.app import app
from xlconv.network.layers.activation import ReLU, Softmax
from xlconv.state.choices import Explained

EXCEL: tuple[Piece, ...] = (
    dialects.excel_numbers,
    dialects.excel_formulas,
    dialects.rewritten_strings,
    dialects.excel_sheets,
    dialects.split_columns,
    dialects.excel_workbook,
    dialects.excel_extras,
)
DIALECTS: dict[str, Sequence[Piece]] = {
    "Excel 365": EXCEL,
    "Excel, the first cell of every group typed anew": (dialects.edited_heads, *EXCEL),
    "Excel, a group a row, numbers of groups used again": (dialects.rowwise_formulas, *EXCEL),
    "Strict Open XML": (*EXCEL, dialects.strict),
    "no shared formulas or texts": (dialects.spelled_formulas, dialects.inline_strings),
    "neither places nor properties": (dialects.without_places, dialects.without_properties),
    "SheetJS": (dialects.spelled_formulas, dialects.sheetjs_types),
    "exceljs": (dialects.excel_numbers, dialects.no_empty_texts),
    "prefixes": (dialects.prefixed,),
    "other parts in another order": (dialects.other_sheet_parts, dialects.reordered),
    "15 digits, and blanks in formulas": (dialects.short_numbers, dialects.spaced_formulas),
    "openpyxl's targets": (dialects.targets_from_the_root,),
}
NETWORK = Network(
    "small",
    (1, 6, 6),
    (
        Conv2D("conv", 2, 3, padding="same"),
        BatchNorm2D("norm"),  # its epsilon is a number in formulas
        ReLU("relu"),
        MaxPool2D("pool"),
        Dropout("dropout"),
        Dense("dense", 3),
        Softmax("softmax"),
    ),
    ("cat", "a <b> & 'c'", "_x0041_"),
)


@pytest.fixture(scope="module")
def small(network_book: NetworkBook) -> BuiltBook:
    return network_book(NETWORK, 5)


def as_saved(source: Path, target: Path, dialect: str) -> Path:
    """The dialect's file; one that Excel writes is streamed, as Excel Online writes them."""
    return saved(source, target, *DIALECTS[dialect], streamed=dialect.startswith("Excel"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_right_agrees(dialect: str, small: BuiltBook, tmp_path: Path) -> None:
    path = as_saved(small.path, tmp_path / "saved.xlsx", dialect)
    book = xlconv.read_book(path)
    assert np.allclose(book.image, small.image, rtol=1e-14)
    for key, array in small.model.weights.items():
        assert np.allclose(book.model.weights[key], array, rtol=1e-14)
    for tensor, array in small.truth.items():
        assert np.allclose(book.stored[tensor], array, rtol=1e-13)
    check_agrees(path)
    run = CliRunner()
    assert run.invoke(app, ["render", str(path), str(tmp_path / "board.png")]).exit_code == 0
    assert run.invoke(app, ["show", str(path)]).exit_code == 0


@pytest.mark.parametrize("dialect", ["Excel 365", "Strict Open XML", "SheetJS"])
def test_a_template_agrees(dialect: str, template_book: TemplateBook, tmp_path: Path) -> None:
    """One with a gallery, and with lists on other sheets."""
    path = as_saved(template_book("edges").path, tmp_path / "saved.xlsx", dialect)
    check_agrees(path)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_broken_is_found_at_its_cell(
    dialect: str, small: BuiltBook, tmp_path: Path
) -> None:
    """A number typed over the head of a map's formula, and a formula of another map's cell."""
    layout = xlconv.read_book(small.path).layout
    relu, conv = layout.tensors["relu"].maps[0], layout.tensors["conv"].maps[1]
    wrong = f"{layout.tensors['norm'].maps[1].cell(2, 2).a1}*2"
    spoiled = edited(small.path, tmp_path / "a.xlsx", with_constant(relu.cell(1, 2).a1, 0.125))
    spoiled = edited(spoiled, tmp_path / "b.xlsx", with_formula(conv.cell(3, 3).a1, wrong))
    report = xlconv.verify(as_saved(spoiled, tmp_path / "saved.xlsx", dialect))
    kinds = {(one.kind, one.cell) for one in report.findings if one.kind in ("typed", "formula")}
    assert kinds == {
        ("typed", f"Board!{relu.cell(1, 2).a1}"),
        ("formula", f"Board!{conv.cell(3, 3).a1}"),
    }
    assert {one.cell for one in report.findings} == {cell for _, cell in kinds}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_exercise_is_marked(dialect: str, small: BuiltBook, tmp_path: Path) -> None:
    task = build_exercise(tmp_path / "t.xlsx", small.model, small.image, "conv", "softmax")
    done = as_saved(written_in(task, tmp_path / "done.xlsx"), tmp_path / "saved.xlsx", dialect)
    assert grade(done).mark == 1.0
    empty = as_saved(task, tmp_path / "empty.xlsx", dialect)
    assert (grade(empty).mark, xlconv.verify(empty).verdict) == (0.0, "unfinished")


def test_numbers_that_nearly_cancel_agree_with_15_digits(tmp_path: Path) -> None:
    """Rounding is relative to a pixel and the mean, not to their small difference."""
    network = Network("near", (1, 4, 4), (BatchNorm2D("norm"), ReLU("relu")))
    weights = {"mean": 1e6, "variance": 1.0, "scale": 1.0, "shift": 0.0}
    model = Model(network, {f"norm.{key}": np.array([value]) for key, value in weights.items()})
    image = 1e6 + np.random.default_rng(1).normal(0, 1e-3, (1, 4, 4))
    relu = Explained("relu", 1.0, 1.0, 1.0)
    path = build_chosen(tmp_path / "book.xlsx", model, image, explained=relu)
    path = saved(path, tmp_path / "saved.xlsx", dialects.short_numbers)
    for engine in ("formualizer", "none"):
        check_agrees(path, engine)


def test_programs_that_read_little_find_all_parts(small: BuiltBook) -> None:
    """exceljs knows no targets from the root, and drawings by Excel's prefix alone."""
    for name, content in dialects.parts_of(small.path).items():
        if name.endswith(".rels") and name.startswith("xl/"):
            assert 'Target="/' not in str(content), name
        if re.fullmatch(r"xl/drawings/[^/]+\.xml", name):
            assert str(content).startswith("<xdr:wsDr xmlns:xdr=")
            root = ElementTree.fromstring(str(content))
            assert all("}" in element.tag for element in root.iter())
    book = openpyxl.load_workbook(small.path)
    assert len(book["Board"]._charts) == 1


def test_parts_that_are_no_markup_are_left_alone(small: BuiltBook, tmp_path: Path) -> None:
    """What programs of all kinds leave in an archive; a part that is XML by its name must be."""
    for name in ("xl/.DS_Store", "xl/media/image1.webp", "[trash]/0000.dat", "ddp/ddpfile.xen"):
        path = saved(small.path, tmp_path / "b.xlsx", lambda p, n=name: {**p, n: b"\0\1RIFF"})
        xlconv.read_book(path)
    broken = saved(small.path, tmp_path / "b.xlsx", lambda p: {**p, "xl/persons/p.xml": b"\0\1"})
    with pytest.raises(xlconv.XlconvError, match="XML is damaged"):
        xlconv.read_book(broken)
    hidden = "\n<x:wb xmlns:x='x'><x:oleObject/></x:wb>".encode("utf-16")
    for name, content in (("xl/media/image1.png.dat", hidden), ("xl/a.bak", hidden[2:])):
        path = saved(small.path, tmp_path / "b.xlsx", lambda p, n=name, c=content: {**p, n: c})
        with pytest.raises(xlconv.XlconvError, match=r"embedded object|XML is damaged"):
            xlconv.read_book(path)
