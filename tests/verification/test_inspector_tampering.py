"""What somebody types into the inspector's cells, its table and the panel, or over their formulas:
one finding at that cell; choices that make no sense are one line that says what to type."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from support import edits
from support.books import check_agrees, check_refused, found, random_model, sheet_parts
from support.command_line import run, started

import xlconv
from xlconv import BatchNorm2D, Conv2D, Dense, Gallery, Network, ReLU, Softmax
from xlconv.sheets.board.places import plan
from xlconv.sheets.explain.places import inspector_places
from xlconv.sheets.on_board.panel.places import USED
from xlconv.spreadsheet.cells import Cell, Place
from xlconv.state.sheet_names import BOARD, IMAGES, WORKS
from xlconv.verification.report import Finding
from xlconv.verification.structure import ComputedCell, computed_cells, spoiled_cells

NETWORK = Network(
    "net",
    (1, 4, 4),
    (
        *(BatchNorm2D("norm"), Conv2D("conv", 2, 2), ReLU("relu")),
        *(Dense("dense", 3), Softmax("softmax")),
    ),
    ("cat", "7", "dog"),
)
LAYOUT = plan(NETWORK, 3)
PLACES = inspector_places(NETWORK, LAYOUT)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures to choose from; `norm`, the first layer, is not the explained one."""
    path = tmp_path_factory.mktemp("book") / "book.xlsx"
    pictures = np.random.default_rng(3).random((3, *NETWORK.input_shape)).round(3)
    gallery = Gallery(pictures, ("cat", "7", "dog"), ("",) * 3, 2)
    xlconv.build(path, random_model(NETWORK, 1), gallery.image, gallery=gallery)
    assert xlconv.read_book(path).display.choices.explained.layer == "conv"
    return path


def changed(book: Path, sheet: str, edit: edits.Edit, folder: Path) -> Path:
    return edits.edited(book, folder / "changed.xlsx", edit, sheet_parts(book)[sheet])


@cache
def learned(book: Path) -> list[ComputedCell]:
    """The last cell of each kind that the panel and the inspector compute."""
    cells = computed_cells(xlconv.read_book(book))
    named = ("picture", "loss", "scales", "looks", "shown", "explain")
    return [members[-1] for key, members in cells.items() if key.partition(":")[0] in named]


@pytest.mark.parametrize("engine", ["formualizer", "none"])
@pytest.mark.parametrize("turn", [0, 1])
def test_what_stands_instead_of_a_formula_is_one_finding(
    turn: int, engine: str, book: Path, tmp_path: Path
) -> None:
    """A constant or another formula in every other cell: though the value is the very same, it is
    reported there and nowhere else."""
    cells = learned(book)[turn::2]
    assert len(cells) > 30
    instead = {cell.place: _instead(cell, number % 2) for number, cell in enumerate(cells)}
    path = tmp_path / "changed.xlsx"
    edits.edited_cells(
        book, path, sheet_parts(book), {place: edit for place, (_, edit) in instead.items()}
    )
    expected = [(kind, f"{sheet}!{cell.a1}") for (sheet, cell), (kind, _) in instead.items()]
    assert sorted(found(path, engine, random=0)) == sorted(expected)  # the formula tells


def _instead(cell: ComputedCell, typed: int) -> tuple[str, edits.Edit]:
    """The kind of the fault, and how it comes into the file."""
    place, value = cell.place.cell.a1, cell.found.value
    if not typed:
        return "formula", edits.with_formula(place, f"IF(1=1,{cell.formula[1:]},0)")
    typing = edits.with_text if isinstance(value, str) else edits.with_constant
    return "typed", typing(place, value)  # type: ignore[arg-type]


def in_table(key: str, layer: str) -> str:
    """A cell of the table by which Explain finds its way."""
    column = NETWORK.layers.index(NETWORK.layer(layer))
    return PLACES.table.cell(PLACES.keys.index(key), column).a1


@pytest.mark.parametrize("engine", ["formualizer", "none"])
@pytest.mark.parametrize("layer", ["norm", "conv", "softmax"])
def test_a_number_typed_into_the_table_of_layers_is_one_finding(
    layer: str, engine: str, book: Path, tmp_path: Path
) -> None:
    """Of the explained layer or of another one, which would be explained wrongly one day: a finding
    at each of several cells."""
    keys = ("operation", "top", "from1_left", "weights", "number", "fact1_top")
    typed = {in_table(key, layer): edits.with_constant(in_table(key, layer), 3.5) for key in keys}
    path = tmp_path / "changed.xlsx"
    places = {Place(WORKS, Cell.parse(cell)): edit for cell, edit in typed.items()}
    edits.edited_cells(book, path, sheet_parts(book), places)
    expected = [("table", f"{WORKS}!{cell}") for cell in typed]
    assert sorted(found(path, engine, random=0)) == sorted(expected)


@pytest.mark.parametrize("engine", ["formualizer", "none"])
@pytest.mark.parametrize("layer", ["norm", "conv"])
@pytest.mark.parametrize("key", ["name", "from1_name", "then_name"])
def test_another_name_in_the_table_of_layers_is_one_finding(
    key: str, layer: str, engine: str, book: Path, tmp_path: Path
) -> None:
    cell = in_table(key, layer)
    path = changed(book, WORKS, edits.with_text(cell, "wrong"), tmp_path)
    assert found(path, engine, random=0) == [("table", f"{WORKS}!{cell}")]


def test_a_formula_in_the_table_of_layers_is_one_finding(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = in_table("maps", "norm")
    path = changed(book, WORKS, edits.cell_element(cell, lambda old: f"<f>1</f>{old}"), tmp_path)
    assert found(path, "none") == [("table", f"{WORKS}!{cell}")]
    monkeypatch.setenv("COLUMNS", "1000")  # its lines are not broken
    done = run("verify", path, folder=tmp_path)
    assert done.returncode == 1
    assert re.search(rf"{WORKS}!{cell} .*holds =1 where 1 belongs", done.stdout)


def test_a_cell_of_the_same_place_on_another_sheet_is_not_excused(book: Path) -> None:
    """What is wrong at C7 of the board excuses those that look the board up, and not those that
    read C7 of Works."""
    place = Place(BOARD, USED.cell(1, 0))
    wrong = Finding("padding", place, "input", 1, 0, 1, None, 1.0, None)
    spoiled = spoiled_cells(computed_cells(xlconv.read_book(book)), [wrong])
    assert (WORKS, PLACES.mark("board")) in spoiled
    assert (WORKS, PLACES.window.first) not in spoiled


assert LAYOUT.panel.picture is not None
LAYER, MAP, ROW, COLUMN = (cell.a1 for cell in LAYOUT.panel.chosen)
PICTURE, SCALE = LAYOUT.panel.picture.first.a1, LAYOUT.panel.scale.first.a1
OUTLINED, PIXEL = LAYOUT.panel.outlined.first.a1, LAYOUT.panel.pixel_row.first.a1
assert LAYOUT.gallery is not None
THUMBNAIL = LAYOUT.gallery.maps(3)[0].cell(1, 1).a1
SHOWS = LAYOUT.gallery.label(2).first.a1
LAYERS = "choose one of norm, conv, relu, dense, softmax"
NONSENSE = [
    (BOARD, LAYER, "con", LAYERS),
    (BOARD, LAYER, "input", LAYERS),
    (BOARD, LAYER, None, LAYERS),
    (BOARD, LAYER, 2.0, LAYERS),
    (BOARD, LAYER, True, LAYERS),
    (BOARD, LAYER, '="conv"', LAYERS),
    (BOARD, MAP, "one", "type a number from 1"),
    (BOARD, ROW, True, "type a number from 1"),
    (BOARD, ROW, "cat", "type a number from 1"),  # the class of another layer
    (BOARD, COLUMN, "=1+1", "type a number from 1"),
    (BOARD, PICTURE, 999, "choose one from 0 (your own) to 3"),
    (BOARD, PICTURE, 4, "choose one from 0 (your own) to 3"),
    (BOARD, PICTURE, -1, "choose one from 0 (your own) to 3"),
    (BOARD, PICTURE, 2.5, "choose one from 0 (your own) to 3"),
    (BOARD, PICTURE, True, "choose one from 0 (your own) to 3"),
    (BOARD, PICTURE, "2", "choose one from 0 (your own) to 3"),
    (BOARD, PICTURE, "=2", "choose one from 0 (your own) to 3"),
    (BOARD, SCALE, "board", "choose one of map, layer, network"),
    (BOARD, SCALE, 2, "choose one of map, layer, network"),
    (BOARD, SCALE, None, "choose one of map, layer, network"),
    (BOARD, OUTLINED, "yes", "type 1 for on or 0 for off"),
    (BOARD, OUTLINED, True, "type 1 for on or 0 for off"),
    (BOARD, PIXEL, "3, 4", "type a number, or nothing"),
    (BOARD, PIXEL, False, "type a number, or nothing"),
    (BOARD, PIXEL, "=ROW()", "type a number, or nothing"),
    (BOARD, OUTLINED, -1, "type 1 for on or 0 for off"),
    (IMAGES, THUMBNAIL, "ink", "type a number, or nothing"),
    (IMAGES, THUMBNAIL, "=0.5", "type a number, or nothing"),
    (IMAGES, SHOWS, True, "type a class"),
    (IMAGES, SHOWS, '="cat"', "type a class"),
]


def with_choice(book: Path, sheet: str, cell: str, value: object, folder: Path) -> Path:
    return edits.typed_by_script(book, folder / "chosen.xlsx", {(sheet, cell): value})


@pytest.mark.parametrize(("sheet", "cell", "value", "remedy"), NONSENSE)
def test_a_choice_without_meaning_is_one_clear_line(
    sheet: str, cell: str, value: object, remedy: str, book: Path, tmp_path: Path
) -> None:
    path = with_choice(book, sheet, cell, value, tmp_path)
    said = check_refused(path)
    assert f"{sheet}!{cell} (" in said
    assert said.endswith(remedy)
    held = {None: "holds ''", True: "holds True", False: "holds False"}.get(value, str(value))
    assert held in said  # type: ignore[operator]


@pytest.mark.parametrize(("sheet", "cell", "value"), [(BOARD, LAYER, "con"), (BOARD, PICTURE, 2.5)])
def test_a_choice_without_meaning_ends_the_program_with_2(
    sheet: str, cell: str, value: object, book: Path, tmp_path: Path
) -> None:
    path = with_choice(book, sheet, cell, value, tmp_path)
    done = started("verify", path, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert f"{sheet}!{cell}" in done.stderr


@pytest.mark.parametrize(
    ("sheet", "cell", "value"),
    [
        *((BOARD, LAYER, "CONV"), (BOARD, LAYER, "Dense"), (BOARD, SCALE, "NETWORK")),
        *(
            (BOARD, MAP, None),
            (BOARD, ROW, -7),
            (BOARD, COLUMN, 1e12),
            (BOARD, PICTURE, None),
        ),
        *((BOARD, OUTLINED, None), (BOARD, PIXEL, 3)),
        *((IMAGES, SHOWS, None), (IMAGES, SHOWS, 7), (IMAGES, THUMBNAIL, -3.5)),
    ],
)
def test_what_else_can_be_typed(
    sheet: str, cell: str, value: object, book: Path, tmp_path: Path
) -> None:
    """In capitals or not, beyond what there is, empty: the engine computes what NumPy does."""
    check_agrees(with_choice(book, sheet, cell, value, tmp_path))
