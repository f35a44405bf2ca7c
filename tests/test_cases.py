"""Cases computed by hand: what each layer should give, as numbers in files.

A case is a file in `cases/`: a network in the words of a template, its weights, a picture and
the expected tensors, with the arithmetic in a comment. Dropping a file in is the whole work:
NumPy, the embedded engine and LibreOffice are all held to its numbers.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from building import Array, shown_tensors, tensor_names
from editing import edited, without_stored_values
from uno_session import converted

import xlconv
from xlconv.engines.registry import engine_named
from xlconv.network.description import network_of
from xlconv.network.model import Model
from xlconv.spreadsheet.cells import Range
from xlconv.xlsx.reader import open_package

FOLDER = Path(__file__).parent / "cases"
NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))
KEYS = {"input", "labels", "layers", "weights", "image", "expected"}


@dataclass(frozen=True)
class Case:
    """A model, a picture, and the tensors that they should give."""

    model: Model
    image: Array
    expected: dict[str, Array]

    def check(self, found: dict[str, Array]) -> None:
        for tensor, numbers in self.expected.items():
            assert found[tensor].shape == numbers.shape, tensor
            np.testing.assert_allclose(
                found[tensor], numbers, rtol=1e-12, atol=1e-15, err_msg=tensor
            )


def load_case(name: str) -> Case:
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    assert set(table) <= KEYS, f"{name}: unknown key {set(table) - KEYS}"
    network = network_of({**table, "name": name}, name)
    weights = {key: np.array(value, float) for key, value in table.get("weights", {}).items()}
    expected = {key: np.array(value, float) for key, value in table["expected"].items()}
    assert network.output in expected, f"{name}: say at least what {network.output!r} should be"
    return Case(Model(network, weights), np.array(table["image"], float), expected)


def build_without_stored_values(name: str, folder: Path) -> Path:
    """The case's book, from which no engine can copy a number: it has to compute."""
    case = load_case(name)
    folder.mkdir(exist_ok=True)
    xlconv.build(folder / f"{name}.xlsx", case.model, case.image)
    (folder / "empty").mkdir(exist_ok=True)
    target = folder / "empty" / f"{name}.xlsx"
    return edited(folder / f"{name}.xlsx", target, without_stored_values)


@pytest.fixture(scope="module")
def recalculated(libreoffice: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the books of all cases as LibreOffice computes and saves them."""
    folder = tmp_path_factory.mktemp("cases")
    books = [build_without_stored_values(name, folder / "built") for name in NAMES]
    return converted(libreoffice, books, folder)


@pytest.mark.parametrize("name", NAMES)
def test_numpy(name: str) -> None:
    case = load_case(name)
    case.check(xlconv.forward(case.model, case.image))


@pytest.mark.parametrize("name", NAMES)
def test_stored_values_of_the_file(name: str, tmp_path: Path) -> None:
    case = load_case(name)
    xlconv.build(tmp_path / "book.xlsx", case.model, case.image)
    shapes = {tensor: case.model.network.shapes[tensor] for tensor in case.expected}
    case.check(shown_tensors(tmp_path / "book.xlsx", shapes))


@pytest.mark.parametrize("name", NAMES)
def test_formualizer_from_the_file(name: str, tmp_path: Path) -> None:
    case = load_case(name)
    path = build_without_stored_values(name, tmp_path)
    names = open_package(path).names

    def computed(tensor: str) -> Array:
        shape = case.model.network.shapes[tensor]
        places: list[tuple[str, Range]] = [names[name] for name in tensor_names(tensor, shape)]
        return np.array(engine_named("formualizer").evaluate(path, places)).reshape(shape)

    case.check({tensor: computed(tensor) for tensor in case.expected})


@pytest.mark.parametrize("name", NAMES)
def test_libreoffice_from_the_file(name: str, recalculated: Path) -> None:
    case = load_case(name)
    shapes = {tensor: case.model.network.shapes[tensor] for tensor in case.expected}
    case.check(shown_tensors(recalculated / f"{name}.xlsx", shapes))


@pytest.mark.parametrize("name", NAMES)
def test_what_libreoffice_saved_verifies(name: str, recalculated: Path) -> None:
    for engine in ("formualizer", "none"):
        report = xlconv.verify(recalculated / f"{name}.xlsx", engine)
        assert (report.verdict, report.findings) == ("agrees", ()), engine
        assert report.stored_state == "present"
