"""Cases computed by hand: what each layer should give, as numbers in files.

A case is a file in `cases/`: a network in the words of a template, its weights, a picture and
the expected tensors, with the arithmetic in a comment. Dropping a file in is the whole work:
NumPy, the embedded engine and LibreOffice are all held to its numbers.
"""

from pathlib import Path

import numpy as np
import pytest
from support.books import shown_tensors, tensor_names
from support.cases import NAMES, load_case
from support.libreoffice import CaseBooks
from support.sessions import verifies

import xlconv
from xlconv.engines.registry import engine_named
from xlconv.xlsx.reader import open_package


def build(name: str, path: Path) -> None:
    case = load_case(name)
    xlconv.build(path, case.model, case.image)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> CaseBooks:
    return CaseBooks(NAMES, tmp_path_factory.mktemp("cases"), build)


# The tests of one case come one after another, so that a worker has its book already.
each_case = pytest.mark.parametrize("name", NAMES, scope="module")


@each_case
def test_numpy(name: str) -> None:
    case = load_case(name)
    case.check(xlconv.forward(case.model, case.image))


@each_case
def test_stored_values_of_the_file(name: str, books: CaseBooks) -> None:
    case = load_case(name)
    case.check(shown_tensors(books.built(name), case.shapes))


@each_case
def test_formualizer_from_the_file(name: str, books: CaseBooks) -> None:
    case, path = load_case(name), books.empty(name)
    maps = {tensor: tensor_names(tensor, shape) for tensor, shape in case.shapes.items()}
    names = open_package(path).names
    places = [names[name] for some in maps.values() for name in some]
    grids = iter(engine_named("formualizer").evaluate(path, places))
    computed = {tensor: np.array([next(grids) for _ in some]) for tensor, some in maps.items()}
    case.check({tensor: array.reshape(case.shapes[tensor]) for tensor, array in computed.items()})


@each_case
def test_libreoffice_from_the_file(name: str, books: CaseBooks, libreoffice: str) -> None:
    case = load_case(name)
    case.check(shown_tensors(books.recalculated(name, libreoffice), case.shapes))


@each_case
def test_what_libreoffice_saved_verifies(name: str, books: CaseBooks, libreoffice: str) -> None:
    """Its formulas, what an engine computes from them, and the values that it stored."""
    verifies(books.recalculated(name, libreoffice), random=1)
