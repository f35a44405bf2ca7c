"""The real application: every template through LibreOffice, books that it saved, and a session
in which somebody changes a pixel, a kernel and a bias and looks at the answer."""

from pathlib import Path

import numpy as np
import pytest
from support.books import Array, BuiltBook, TemplateBook, built, check_agrees, xml_cells
from support.edits import edited, with_value
from support.libreoffice import UnoSession

import xlconv
from xlconv import Conv2D, Dense, MaxPool2D, Model, Network, ReLU, Softmax
from xlconv.engines.registry import ENGINES
from xlconv.importers.template import template_names
from xlconv.sheets.board.places import plan

NETWORK = Network(
    "small",
    (2, 7, 6),
    (
        Conv2D("edges", 2, 3, padding="same"),
        ReLU("relu"),
        Conv2D("corners", 3, (2, 3), stride=(2, 1), padding=1, activation="relu"),
        MaxPool2D("pool", 2, 1),
        Dense("dense", 3),
        Softmax("softmax"),
    ),
    ("cat", "7", "=1+1"),
)
SEED = 19  # no map is all zero, no class all but certain


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> BuiltBook:
    return built(tmp_path_factory.mktemp("books") / "a book.xlsx", NETWORK, SEED)


def changed_weight(model: Model, name: str, index: tuple[int, ...], value: float) -> Model:
    array = model.weights[name].copy()
    array[index] = value
    return Model(model.network, {**model.weights, name: array})


def changed_pixel(image: Array, index: tuple[int, ...], value: float) -> Array:
    array = image.copy()
    array[index] = value
    return array


LARGE = ("lenet5", "multilabel", "resnet", "rgb")


@pytest.mark.usefixtures("libreoffice")
@pytest.mark.parametrize("name", template_names())
def test_every_template_agrees_in_every_engine(
    name: str, template_book: TemplateBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LibreOffice tries other numbers in the small ones alone: large ones take it long, and each
    kind of layer has numbers of its own in the cases."""
    monkeypatch.delitem(ENGINES, "gnumeric")  # which has tests of its own
    book, large = template_book(name), name in LARGE
    network = book.model.network
    if large:
        check_agrees(book.path, "formualizer", stored="present")
    engine = "libreoffice" if large else "all"
    report = check_agrees(book.path, engine, stored="present", random=0 if large else 1)
    assert {block.tensor for block in report.blocks} >= set(network.shapes) - {"input"}
    assert all(block.live.checked == block.cells for block in report.blocks)
    expected = book.truth[network.output] if network.labels else []
    assert list(report.values.values()) == pytest.approx(expected, rel=1e-12)
    states = {one.name: one.state for one in report.engines}
    ran = {"libreoffice"} if large else {"formualizer", "libreoffice"}
    assert states == dict.fromkeys(ran, "ran")


def first_cell_with(book: BuiltBook, start: str) -> str:
    """The first cell, from the top, whose formula begins so."""
    return next(
        place
        for place, cell in xml_cells(book.path).items()
        if (cell.formula or "")[: len(start)] == start
    )


@pytest.mark.usefixtures("libreoffice")
def test_poisoned_stored_values_are_recalculated(book: BuiltBook, tmp_path: Path) -> None:
    starts = ("SUMPRODUCT(", "MAX(0,SUMPRODUCT(", "MAX(", "EXP(", "SUM(", "CHOOSE(MATCH(")
    places = {first_cell_with(book, start) for start in starts}
    poisoned = book.path
    for number, place in enumerate(sorted(places), 4711):  # none that another would explain
        poisoned = edited(poisoned, tmp_path / f"{place}.xlsx", with_value(place, number))
    report = xlconv.verify(poisoned, "libreoffice")
    assert {(f.kind, f.cell) for f in report.findings} == {
        ("stored", f"Board!{place}") for place in places
    }
    assert sum(block.live.wrong for block in report.blocks) == 0
    assert all(block.live.checked == block.cells for block in report.blocks)
    assert list(report.values.values()) == pytest.approx(book.truth["softmax"], rel=1e-12)


def test_opened_book_shows_numpys_numbers_and_texts(session: UnoSession, book: BuiltBook) -> None:
    answers = session.run(
        book.path,
        *(["read", name] for name in ("edges_2", "relu_1", "corners_3", "pool_2", "softmax")),
        ["read", "B2"],
        ["read", plan(NETWORK).titles["input"][0].first.a1],
    )
    truth = book.truth
    numbers = [
        *(truth["edges"][1], truth["relu"][0], truth["corners"][2], truth["pool"][1]),
        truth["softmax"].reshape(-1, 1),
    ]
    for found, expected in zip(answers, numbers, strict=False):
        np.testing.assert_allclose(np.array(found, float), expected, rtol=1e-12, atol=1e-14)
    assert answers[-2:] == [[["2 × 7 × 6"]], [["input map 1 · 7 × 6"]]]


def edits(book: BuiltBook) -> dict[str, tuple[str, float, Model, Array]]:
    """Things that somebody may type: the cell, the number, and the model and picture it makes."""
    layout, model, image = plan(NETWORK), book.model, book.image
    pixel = layout.tensors["input"].maps[1].cell(3, 2).a1
    kernel = layout.weights["corners"].kernels(2)[0].cell(1, 2).a1
    bias = layout.weights["edges"].bias(1).a1
    dense = layout.weights["dense"].kernels(1)[2].cell(0, 3).a1
    own = layout.weights["dense"].bias(0).a1
    height, width = NETWORK.shapes["pool"][1:]
    place = 2 * height * width + 0 * width + 3  # map 3, row 1, column 4, in the order C, H, W
    return {
        "a pixel": (pixel, -2.5, model, changed_pixel(image, (1, 3, 2), -2.5)),
        "a kernel": (
            kernel,
            1.75,
            changed_weight(model, "corners.weight", (2, 0, 1, 2), 1.75),
            image,
        ),
        "a bias": (bias, 3.0, changed_weight(model, "edges.bias", (1,), 3.0), image),
        "a dense weight": (
            dense,
            -4.0,
            changed_weight(model, "dense.weight", (1, place), -4.0),
            image,
        ),
        "a dense bias": (own, 9.0, changed_weight(model, "dense.bias", (0,), 9.0), image),
    }


@pytest.mark.parametrize(
    "what", ["a pixel", "a kernel", "a bias", "a dense weight", "a dense bias"]
)
def test_an_edit_changes_every_number_behind_it(
    session: UnoSession, book: BuiltBook, what: str
) -> None:
    place, number, model, image = edits(book)[what]
    after = xlconv.forward(model, image)
    assert np.abs(after["softmax"] - book.truth["softmax"]).max() > 1e-4, "an edit that shows"
    answer = plan(NETWORK).answer
    assert answer is not None
    _, logits, probabilities, label, value, *lines = session.run(
        book.path,
        ["set", place, number],
        ["read", "dense"],
        ["read", "softmax"],
        ["read", answer.label.first.a1],
        ["read", answer.value.first.a1],
        *(["read", line.first.a1] for line in (*answer.labels, *answer.values)),
    )
    np.testing.assert_allclose(np.array(logits)[:, 0], after["dense"], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(np.array(probabilities)[:, 0], after["softmax"], rtol=1e-12)
    best = int(after["softmax"].argmax())
    assert label == [[("cat", 7.0, "=1+1")[best]]]
    assert value == [[pytest.approx(after["softmax"][best], rel=1e-12)]]
    assert [line[0][0] for line in lines[:3]] == ["cat", 7.0, "=1+1"]
    assert [line[0][0] for line in lines[3:]] == pytest.approx(after["softmax"], rel=1e-12)


def test_the_answer_moves_to_another_class(session: UnoSession, book: BuiltBook) -> None:
    """Each class can win, and the large cell says so."""
    layout = plan(NETWORK)
    assert layout.answer is not None
    label = layout.answer.label.first.a1
    first, second, third = (layout.weights["dense"].bias(unit).a1 for unit in range(3))
    answers = session.run(
        book.path,
        *(["set", first, 900], ["read", label]),
        *(["set", second, 1800], ["read", label]),
        *(["set", third, 2700], ["read", label], ["read", "softmax"]),
    )
    assert [answers[1], answers[3], answers[5]] == [[["cat"]], [[7.0]], [["=1+1"]]]
    assert answers[6] == [[0.0], [0.0], [1.0]]


def test_a_book_saved_by_libreoffice_verifies(
    session: UnoSession, book: BuiltBook, tmp_path: Path
) -> None:
    saved = session.saved(book.path, tmp_path)
    check_agrees(saved, stored="present")
    found = xlconv.read_book(saved)
    assert found.network == NETWORK
    np.testing.assert_allclose(found.image, book.image, rtol=1e-14)
    for name, array in book.model.weights.items():
        np.testing.assert_allclose(found.model.weights[name], array, rtol=1e-14)
    for tensor, numbers in book.truth.items():
        np.testing.assert_allclose(found.stored[tensor], numbers, rtol=1e-12, atol=1e-13)


def test_a_book_edited_and_saved_by_libreoffice_verifies(
    session: UnoSession, book: BuiltBook, tmp_path: Path
) -> None:
    typed = edits(book)
    pixel, pixel_number, _, image = typed["a pixel"]
    kernel, kernel_number, model, _ = typed["a kernel"]
    steps = ["set", pixel, pixel_number], ["set", kernel, kernel_number]
    saved = session.saved(book.path, tmp_path, *steps)
    after = xlconv.forward(model, image)
    report = check_agrees(saved, stored="present")
    assert list(report.values.values()) == pytest.approx(after["softmax"], rel=1e-12)
    found = xlconv.read_book(saved)
    assert found.image[1, 3, 2] == pixel_number
    assert found.model.weights["corners.weight"][2, 0, 1, 2] == kernel_number
    for tensor, numbers in after.items():
        np.testing.assert_allclose(found.stored[tensor], numbers, rtol=1e-12, atol=1e-13)


def test_a_number_typed_over_a_formula_is_found_after_libreoffice_saved_it(
    session: UnoSession, book: BuiltBook, tmp_path: Path
) -> None:
    place = plan(NETWORK).tensors["corners"].maps[1].cell(1, 2).a1
    saved = session.saved(book.path, tmp_path, ["set", place, 12.5])
    for engine in ("formualizer", "none"):
        [finding] = xlconv.verify(saved, engine).findings
        assert (finding.kind, finding.cell, finding.found) == ("typed", f"Board!{place}", 12.5)
