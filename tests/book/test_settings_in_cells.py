"""Settings that stand in yellow cells: a kernel chosen from a list, a threshold, the switches of
dropout. Somebody changes them in LibreOffice, and every number follows; `verify` reads them from
the sheet."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from support.books import (
    Array,
    BuiltBook,
    NetworkBook,
    check_agrees,
    check_refused,
    found,
    random_image,
    random_model,
    with_setting,
)
from support.edits import all_of, edited, typed_by_script, with_constant, with_value
from support.libreoffice import UnoSession
from support.sessions import verifies

import xlconv
from xlconv import Dense, Dropout, GlobalAvgPool2D, KernelDemo, Model, Network, ReLU, Sigmoid
from xlconv.book.book import read_book
from xlconv.book.plain import engine_file
from xlconv.book.typing import Constants
from xlconv.engines.registry import engine_named
from xlconv.reference.layers.registry import layer_steps
from xlconv.sheets.board.numbers import answer_steps
from xlconv.sheets.board.places import plan
from xlconv.spreadsheet.cells import Place, Range

DEMO = Network(
    "demo", (2, 5, 6), (KernelDemo("demo", ("up", "Left side", "own"), "up", (2, 3)), ReLU("relu"))
)
SEVERAL = Network(
    "several", (1, 3, 3), (Dense("dense", 4), Sigmoid("sigmoid")), ("cat", "7", "=1+1", "a, b")
)
DROPPED = Network(
    "dropped",
    (2, 6, 5),
    (Dropout("dropout", 0.4), GlobalAvgPool2D("average"), Dropout("again", 0.5), Dense("dense", 2)),
)

Books = dict[str, BuiltBook]


@pytest.fixture(scope="module")
def books(network_book: NetworkBook) -> Books:
    return {network.name: network_book(network, 5) for network in (DEMO, SEVERAL, DROPPED)}


ANSWER = plan(SEVERAL).answer
assert ANSWER is not None


def numbers(read: list[list[object]]) -> Array:
    return np.array(read, dtype=float)


@pytest.mark.parametrize("chosen", ["own", "Left side", "LEFT SIDE"])
def test_a_kernel_is_chosen(session: UnoSession, books: Books, chosen: str, tmp_path: Path) -> None:
    book, saved = books["demo"], tmp_path / "saved.xlsx"
    model = with_setting(book.model, "demo", chosen="own" if chosen == "own" else "Left side")
    truth = xlconv.forward(model, book.image)
    place = {"own": 2, "Left side": 1}[model.network.layers[0].chosen]  # type: ignore[attr-defined]
    _, kernel, first, second, _ = session.run(
        book.path,
        ["set", "demo_chosen", chosen],
        ["read", "demo_kernel"],
        ["read", "demo_1"],
        ["read", "relu_2"],
        ["save", saved.as_uri()],
    )
    np.testing.assert_allclose(numbers(kernel), model.weights["demo.presets"][place], rtol=1e-14)
    np.testing.assert_allclose(numbers(first), truth["demo"][0], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(numbers(second), truth["relu"][1], rtol=1e-12, atol=1e-13)
    verifies(saved, random=1)
    assert xlconv.read_book(saved).network == model.network


def test_the_list_of_kernels_is_a_drop_down(books: Books) -> None:
    board = openpyxl.load_workbook(books["demo"].path)["Board"]
    place = plan(DEMO).controls["demo"]["chosen"].first.a1
    [choice] = [c for c in board.data_validations.dataValidation if str(c.sqref) == place]
    assert (choice.type, choice.formula1) == ("list", '"up,Left side,own"')


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.5, 1.0])
def test_a_threshold_moves_the_ticks(
    session: UnoSession, books: Books, threshold: float, tmp_path: Path
) -> None:
    book, saved = books["several"], tmp_path / "saved.xlsx"
    chances = book.truth["sigmoid"]
    assert (chances > 0.2).sum() not in (0, len(chances)), "a threshold that shows"
    found = [
        label for label, p in zip(SEVERAL.labels, chances, strict=True) if float(p) >= threshold
    ]
    _, label, count, *ticks, _ = session.run(
        book.path,
        ["set", "sigmoid_threshold", threshold],
        ["read", ANSWER.label.first.a1],
        ["read", ANSWER.value.first.a1],
        *(["read", tick.first.a1] for tick in ANSWER.ticks),
        ["save", saved.as_uri()],
    )
    assert label == [[", ".join(found) or "none"]]
    assert count == [[len(found)]]
    marks = ["✓" if label in found else "" for label in SEVERAL.labels]
    assert [tick[0][0] for tick in ticks] == marks
    for engine in ("formualizer", "none"):
        report = check_agrees(saved, engine, stored="present")
        assert report.prediction == (", ".join(found) or "none")


@pytest.mark.parametrize("rescale", [1, 0])
def test_dropout_is_switched_on(
    session: UnoSession, books: Books, rescale: int, tmp_path: Path
) -> None:
    book, saved = books["dropped"], tmp_path / "saved.xlsx"
    layout = plan(DROPPED)
    share, factor = (layout.cells[f"dropout_{key}"].first.a1 for key in ("share", "factor"))
    read = ("dropout_random", "dropout_mask", share, factor, "dropout", "dropout_1", "dropout_2")
    *_, random, mask, dropped, by, _, first, second, _ = session.run(
        book.path,
        *(["set", f"{layer}_active", 1] for layer in ("dropout", "again")),
        ["set", "dropout_rescale", rescale],
        ["set", "dropout_rate", 0.25],
        *(["read", name] for name in read),
        ["save", saved.as_uri()],
    )
    height, width = DROPPED.shapes["dropout"][1:]
    maps = [numbers([row[:width] for row in grid[:height]]) for grid in (random, mask)]
    np.testing.assert_array_equal(maps[1], np.where(maps[0] < 0.25, 0, 1))
    expected = 1 / 0.75 if rescale else 1.0
    assert by == [[pytest.approx(expected)]]
    np.testing.assert_allclose(numbers(first), book.image[0] * maps[1] * expected, rtol=1e-12)
    zeros = (numbers(first) == 0).sum() + (numbers(second) == 0).sum()
    assert dropped == [[pytest.approx(zeros / book.image.size)]]
    assert 0 < zeros < book.image.size
    verifies(saved, ("formualizer", "none", "libreoffice"), random=1)
    again = xlconv.read_book(saved)
    layers = {layer.name: layer for layer in again.network.layers}
    assert layers["dropout"] == replace(
        DROPPED.layer("dropout"),
        rate=0.25,
        active=True,
        rescale=bool(rescale),  # type: ignore[call-arg]
    )
    truth = xlconv.forward(again.model, again.image, again.drawn)
    for tensor, array in truth.items():
        np.testing.assert_allclose(again.stored[tensor], array, rtol=1e-12, atol=1e-13)


def test_dropout_that_is_off_changes_nothing(books: Books) -> None:
    book = books["dropped"]
    np.testing.assert_array_equal(book.truth["dropout"], book.image)
    found = xlconv.read_book(book.path)
    assert found.drawn.keys() == {"dropout_random", "again_random"}
    for array in found.drawn.values():
        assert ((array >= 0) & (array < 1)).all()
        assert len(np.unique(array)) == array.size


def test_a_mask_that_is_typed_is_one_finding(books: Books, tmp_path: Path) -> None:
    book = books["dropped"]
    place = plan(DROPPED).inner["dropout_mask"].maps[1].cell(2, 3).a1
    kept = float(xlconv.read_book(book.path).drawn["dropout_random"][1, 2, 3] >= 0.4)
    path = edited(book.path, tmp_path / "book.xlsx", with_constant(place, kept))
    for engine in ("formualizer", "none"):
        [finding] = xlconv.verify(path, engine).findings
        assert (finding.kind, finding.cell) == ("typed", f"Board!{place}")
        assert (finding.channel, finding.row, finding.column) == (2, 3, 4)


def test_a_random_number_out_of_range_is_found(books: Books, tmp_path: Path) -> None:
    place = plan(DROPPED).inner["dropout_random"].maps[0].cell(0, 0).a1
    path = edited(books["dropped"].path, tmp_path / "book.xlsx", with_value(place, 3))
    assert ("stored", f"Board!{place}") in found(path, "none")


def control(book: BuiltBook, layer: str, setting: str) -> str:
    """The cell in which a setting stands."""
    return str(plan(book.model.network).controls[layer][setting].first.a1)


MEANINGLESS = [
    ("several", "sigmoid", "threshold", 2, "threshold is 2.0; give a number"),
    ("dropped", "dropout", "rate", 1, "rate is 1.0; give a number"),
    ("dropped", "dropout", "active", 0.5, "holds 0.5; type 1 for on or 0"),
    ("dropped", "dropout", "active", -1, "holds -1.0; type 1 for on or 0"),
    # Programs differ in whether TRUE equals 1.
    ("dropped", "dropout", "active", True, " holds True; type 1 for on or 0 for off"),
    ("dropped", "dropout", "rescale", True, " holds True; type 1 for on or 0 for off"),
    ("demo", "demo", "chosen", "x", "chosen is 'x'; give one of up, Left"),
]


@pytest.mark.parametrize(("name", "layer", "setting", "value", "words"), MEANINGLESS)
def test_a_setting_without_meaning_is_one_clear_line(
    books: Books, name: str, layer: str, setting: str, value: object, words: str, tmp_path: Path
) -> None:
    cell, path = control(books[name], layer, setting), tmp_path / "book.xlsx"
    typed_by_script(books[name].path, path, {("Board", cell): value})
    check_refused(path, f"Board!{cell}.*{words}")


@pytest.mark.parametrize(
    ("name", "layer", "setting", "value"),
    [
        ("several", "sigmoid", "threshold", 0.2),
        ("dropped", "dropout", "active", 1),
        ("dropped", "dropout", "rate", 0.9),
    ],
)
def test_a_setting_changed_by_a_script_makes_the_stored_values_stale(
    books: Books, name: str, layer: str, setting: str, value: float, tmp_path: Path
) -> None:
    edit = with_value(control(books[name], layer, setting), value)
    path = edited(books[name].path, tmp_path / "book.xlsx", edit)
    check_agrees(path, stored="stale")
    assert xlconv.verify(path, "none").verdict == "unchecked"


def test_the_name_of_a_kernel_changed_on_the_board_is_a_label(books: Books, tmp_path: Path) -> None:
    cell = plan(DEMO).labels["demo"].cell(2, 0).a1
    path = edited(books["demo"].path, tmp_path / "book.xlsx", with_constant(cell, 5))
    assert ("label", f"Board!{cell}") in found(path, "none")


def with_random_numbers(source: Path, target: Path, mask_too: bool) -> Path:
    """As a program saves a book that draws anew but computes nothing that follows."""
    layout, random = plan(DROPPED), np.random.default_rng(8)
    drawn = random.random(DROPPED.shapes["dropout"])
    cells = [cell for place in layout.inner["dropout_random"].maps for cell in place.cells()]
    edits = [with_value(cell.a1, float(n)) for cell, n in zip(cells, drawn.flat, strict=True)]
    if mask_too:
        mask = layout.inner["dropout_mask"].maps[0]
        shown = xlconv.read_book(source).cell("Board", mask).value
        edits.append(with_value(mask.first.a1, 1.0 if shown == 0.0 else 0.0))
    return edited(source, target, all_of(edits))


def test_random_numbers_drawn_anew_make_a_book_stale_not_wrong(
    books: Books, tmp_path: Path
) -> None:
    """Gnumeric saves so: new random numbers beside the mask of the old ones."""
    path = with_random_numbers(books["dropped"].path, tmp_path / "book.xlsx", mask_too=False)
    check_agrees(path, stored="stale")


def test_a_mask_that_nothing_follows_is_wrong(books: Books, tmp_path: Path) -> None:
    path = with_random_numbers(books["dropped"].path, tmp_path / "book.xlsx", mask_too=True)
    assert xlconv.verify(path).verdict == "differs"


def test_a_kernel_that_is_not_chosen_can_be_edited_by_a_script(
    books: Books, tmp_path: Path
) -> None:
    cell = plan(DEMO).weights["demo"].arrays["presets"][2].first.a1
    path = edited(books["demo"].path, tmp_path / "book.xlsx", with_value(cell, 9))
    check_agrees(path, stored="stale")


TYPED = [
    *(("demo", plan(DEMO).cells["demo_number"], number, "typed") for number in (3, 99)),
    ("demo", plan(DEMO).labels["demo"], "elsewhere", "label"),  # that of the chosen kernel
    *(("several", ANSWER.ticks[1], mark, "typed") for mark in ("✓", "", "x", 1)),
]


@pytest.mark.parametrize("typed", TYPED, ids=lambda typed: f"{typed[3]} {typed[2]}")
def test_what_is_typed_over_a_computed_cell_is_one_finding(
    session: UnoSession, books: Books, typed: tuple[str, Range, object, str], tmp_path: Path
) -> None:
    name, place, value, kind = typed
    cell = place.first.a1
    saved = session.saved(books[name].path, tmp_path, ["set", cell, value])
    for engine in ("formualizer", "none"):
        assert found(saved, engine) == [(kind, f"Board!{cell}")], engine


def test_a_probability_at_the_threshold_is_no_difference(tmp_path: Path, libreoffice: str) -> None:
    """LibreOffice takes numbers for equal that differ in their last digits."""
    network = Network("near", (1, 1, 1), (Dense("dense", 4, bias=False), Sigmoid("sigmoid")))
    weights = {"dense.weight": np.array([[-1e-15], [-2e-15], [-3e-15], [1.0]])}
    xlconv.build(tmp_path / "book.xlsx", Model(network, weights), np.ones((1, 1, 1)))
    for engine in ("formualizer", "libreoffice", "none"):
        check_agrees(tmp_path / "book.xlsx", engine)


@pytest.mark.parametrize("network", [SEVERAL, Network("one", (1, 3, 3), (Dense("dense", 3),))])
def test_numbers_beyond_all_are_a_line_or_a_report(network: Network, tmp_path: Path) -> None:
    """Weights that overflow: no workbook, and no crash on one whose weights were made so."""
    model, image = random_model(network, 5), random_image(network, 5)
    huge = {name: np.full_like(a, 1e308) * np.sign(a) for name, a in model.weights.items()}
    with pytest.raises(xlconv.XlconvError, match="too large for a cell"):
        xlconv.build(tmp_path / "none.xlsx", Model(network, huge), image)
    xlconv.build(tmp_path / "book.xlsx", model, image)
    places = plan(network).weights["dense"].kernels(0)[0]
    pixel = plan(network).tensors["input"].maps[0].first
    numbers = [1e308 * (-1) ** number for number in range(len(list(places.cells())))]
    typed = dict(zip(places.cells(), numbers, strict=True)) | {pixel: 1e300}
    edits = [with_value(cell.a1, value) for cell, value in typed.items()]
    path = edited(tmp_path / "book.xlsx", tmp_path / "last.xlsx", all_of(edits))
    for engine in ("formualizer", "none"):
        check_refused(path, "infinity or NaN in 'dense'", engine)


def test_drawn_numbers_that_do_not_fit_are_refused(books: Books) -> None:
    book = books["dropped"]
    for drawn in (
        {"dropout_random": np.zeros(3)},
        {"elsewhere": np.zeros((2, 6, 5))},
        {"dropout_random": np.full((2, 6, 5), np.nan)},
        {"dropout_random": np.full((2, 6, 5), 1.0)},
        {"dropout_random": np.full((2, 6, 5), -0.1)},
        {"dropout_random": "text"},
    ):
        with pytest.raises(xlconv.XlconvError, match="drawn"):
            xlconv.forward(book.model, book.image, drawn)  # type: ignore[arg-type]


def test_a_number_drawn_exactly_at_the_rate_is_kept(books: Books) -> None:
    """By NumPy and in the file, where one that is less by a digit is dropped."""
    book, layout = books["dropped"], plan(DROPPED)
    drawn = {"dropout_random": np.full((2, 6, 5), 0.4)}
    drawn["dropout_random"][0, 0, 0] = np.nextafter(0.4, 0)
    network = with_setting(book.model, "dropout", active=True, rescale=False)
    made = xlconv.forward(network, book.image, drawn)["dropout"]
    assert (made[0, 0, 0], np.count_nonzero(made)) == (0.0, 59)
    random, mask = (layout.inner[f"dropout_{key}"].maps[0] for key in ("random", "mask"))
    typed = {random.cell(0, 0): np.nextafter(0.4, 0), random.cell(0, 1): 0.4}
    constants = Constants(cells={Place("Board", cell): value for cell, value in typed.items()})
    with engine_file(read_book(book.path), constants) as path:
        [found] = engine_named("formualizer").evaluate(path, [("Board", mask)])
    assert found[0, :2].tolist() == [0.0, 1.0]


def test_an_error_in_a_mask_is_not_counted() -> None:
    """Of the cells that hold a number, so many are 0."""
    values: dict[str, Any] = {"input": np.ones((1, 2, 2))}
    values["dropout_random"] = np.array([[[0.1, 0.9], [0.9, 0.9]]])
    for step in layer_steps(Dropout("dropout", 0.5, inputs=("input",)), {}, values):
        values[step.name] = step.value
        if step.name == "dropout_mask":
            values[step.name] = np.array([[[0.0, 1.0], [1.0, np.nan]]])
    assert values["dropout_share"].tolist() == [1 / 3]


def test_an_answer_exactly_at_its_threshold_is_found(tmp_path: Path) -> None:
    """1 / (1 + exp(0)) is 1/2: in NumPy, as the file was saved and as an engine computes it."""
    network = Network("at", (1, 1, 1), (Dense("dense", 3, bias=False), Sigmoid("sigmoid")))
    model = Model(network, {"dense.weight": np.array([[0.0], [-0.001], [2.0]])})
    xlconv.build(tmp_path / "book.xlsx", model, np.ones((1, 1, 1)))
    assert xlconv.forward(model, np.ones((1, 1, 1)))["sigmoid"][0] == 0.5
    answer = plan(network).answer
    assert answer is not None
    board = openpyxl.load_workbook(tmp_path / "book.xlsx", data_only=True)["Board"]
    # openpyxl reads an empty text as nothing
    assert [board[tick.first.a1].value for tick in answer.ticks] == ["✓", None, "✓"]
    assert (board[answer.label.first.a1].value, board[answer.value.first.a1].value) == ("0, 2", 2)
    places = [("Board", tick) for tick in answer.ticks]
    found = engine_named("formualizer").evaluate(tmp_path / "book.xlsx", places)
    assert [tick[0][0] for tick in found] == ["✓", "", "✓"]


def test_nothing_is_said_of_an_answer_that_follows_from_an_error() -> None:
    """Not of the label, which would be one without the class, nor of their number."""
    values: dict[str, Any] = {"sigmoid": np.array([0.9, np.nan, 0.1, 0.6])}
    for step in answer_steps(SEVERAL, values):
        values[step.name] = step.value
    assert [values[f"answer_tick_{n}"][0] for n in (1, 3, 4)] == ["✓", "", "✓"]
    for key in ("answer_tick_2", "answer_label", "answer_value"):
        assert values[key].tolist() == [pytest.approx(np.nan, nan_ok=True)], key


def test_a_picture_that_changes_later_changes_no_tensor(books: Books) -> None:
    book = books["several"]
    image = book.image.copy()
    truth = xlconv.forward(book.model, image)["input"]
    image[:] = 0
    assert np.array_equal(truth, book.image)
