"""The real application: every template through LibreOffice, books that it saved, and a session
in which somebody changes a pixel, a kernel and a bias and looks at the answer."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from building import Array, BuildBook, BuiltBook, random_image, random_model, xml_cells
from editing import edited, with_value
from uno_session import UnoSession, uno_session

import xlconv
from xlconv.layers import Conv2D, Dense, MaxPool2D, ReLU, Softmax
from xlconv.network import Model, Network
from xlconv.templates import template_names

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
SEED = 5


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> BuiltBook:
    path = tmp_path_factory.mktemp("books") / "a book.xlsx"
    model, image = random_model(NETWORK, SEED), random_image(NETWORK, SEED)
    xlconv.build(path, model, image)
    return BuiltBook(path, model, image)


@pytest.fixture(scope="module")
def session(libreoffice: str, uno_python: str) -> Iterator[UnoSession]:
    with uno_session(libreoffice, uno_python) as running:
        yield running


def changed_weight(model: Model, name: str, index: tuple[int, ...], value: float) -> Model:
    array = model.weights[name].copy()
    array[index] = value
    return Model(model.network, {**model.weights, name: array})


def changed_pixel(image: Array, index: tuple[int, ...], value: float) -> Array:
    array = image.copy()
    array[index] = value
    return array


@pytest.mark.parametrize("name", template_names())
@pytest.mark.parametrize("engine", ["formualizer", "libreoffice", "none"])
def test_every_template_agrees_in_every_engine(
    name: str, engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if engine == "libreoffice":
        request.getfixturevalue("libreoffice")
    template = xlconv.load_template(name)
    xlconv.build(tmp_path / "book.xlsx", template, template.image)
    report = xlconv.verify(tmp_path / "book.xlsx", engine)
    assert (report.verdict, report.findings, report.stored_state) == ("agrees", (), "present")
    assert {block.tensor for block in report.blocks} >= set(template.network.shapes) - {"input"}
    for block in report.blocks:
        assert block.live.checked == (0 if engine == "none" else block.cells)
    truth = xlconv.forward(template, template.image)[template.network.output]
    assert list(report.values.values()) == pytest.approx(truth, rel=1e-12)


def first_cell_with(book: BuiltBook, start: str) -> str:
    """The first cell, from the top, whose formula begins so."""
    return next(
        place for place, cell in xml_cells(book.path).items() if (cell.formula or "")[: len(start)] == start
    )


@pytest.mark.usefixtures("libreoffice")
def test_poisoned_stored_values_are_recalculated(book: BuiltBook, tmp_path: Path) -> None:
    starts = ("SUMPRODUCT(", "MAX(0,SUMPRODUCT(", "MAX(", "EXP(", "SUM(", "INDEX(")
    places = {first_cell_with(book, start) for start in starts}
    poisoned = book.path
    for place in sorted(places):
        poisoned = edited(poisoned, tmp_path / f"{place}.xlsx", with_value(place, 4711))
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
        ["read", "C5"],
    )
    truth = book.truth
    numbers = [
        *(truth["edges"][1], truth["relu"][0], truth["corners"][2], truth["pool"][1]),
        truth["softmax"].reshape(-1, 1),
    ]
    for found, expected in zip(answers, numbers, strict=False):
        np.testing.assert_allclose(np.array(found, float), expected, rtol=1e-12, atol=1e-14)
    assert answers[-2:] == [[["2 × 7 × 6"]], [["input map 1 · 7 × 6"]]]


EDITS = {
    "a pixel": ("input_2", (1, 3, 2)),
    "a kernel": ("corners_weight", (1, 0, 1, 2)),
    "a bias": ("edges_bias", (1,)),
    "a dense weight": ("dense_weight", (2, 5)),
}
