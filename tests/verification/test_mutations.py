"""Faults of every kind are found at their cells, and good books raise no finding: a small
selection of what `benchmarks/quality/mutations.py` counts."""

from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
from support.books import smaller
from support.faults import (
    KINDS,
    NoPlaceError,
    Planted,
    Specimen,
    judged,
    specimens,
    without_formula_check,
)
from support.libreoffice import UnoSession, converted
from support.networks import untouched_books

import xlconv
from xlconv import Gallery

# Their layers, on small pictures: as many kinds of cells, in a fraction of the time.
TEMPLATES = ("conv-example", "edges", "dropout")
SHAPE = (1, 11, 9)
# Formulas that are another number for other pictures or weights, whatever they give today.
BY_VALUES = (
    *("right only while inputs are 0", "a formula that is the right number"),
    *("a formula replaced by its value", "a hidden sheet feeds a cell", "another channel's kernel"),
)


@pytest.fixture(scope="module")
def books(any_libreoffice: str | None, tmp_path_factory: pytest.TempPathFactory) -> list[Specimen]:
    """With an empty corner in each picture, where what is not read makes no difference."""
    sources = []
    for number, name in enumerate(TEMPLATES):
        model = smaller(name, SHAPE, number)
        pictures = np.random.default_rng(number).random((2, *SHAPE)).round(3)
        pictures[:, :, :5, :5] = 0
        labels = (model.network.labels or ("",))[:1] * 2
        sources.append((model, Gallery(pictures, labels, ("",) * 2)))
    return specimens(tmp_path_factory.mktemp("books"), sources, any_libreoffice)


def planted_in(books: list[Specimen], kind: str, seed: int) -> tuple[Specimen, Planted]:
    """A fault in one of the books, chosen by the seed, that has a place for it."""
    random = Random(f"{seed} {kind}")
    for book in random.sample(books, len(books)):
        try:
            return book, KINDS[kind](book, random)
        except NoPlaceError:
            continue
    raise AssertionError(f"no book has a place for {kind}")


@pytest.mark.parametrize(("number", "kind"), [*enumerate(KINDS)])
def test_a_fault_is_found_at_its_cell(
    number: int, kind: str, books: list[Specimen], tmp_path: Path
) -> None:
    """In every other book without random numbers: the formulas and the values of today tell."""
    book, planted = planted_in(books, kind, 1)
    path = planted.write(book.path, tmp_path / "broken.xlsx")
    outcome = judged(kind, planted, path, random=number % 2)
    assert outcome.verdict == "found", (book, planted.what, outcome)


@pytest.mark.parametrize("kind", BY_VALUES)
def test_random_trials_find_it_by_values_alone(
    kind: str, books: list[Specimen], tmp_path: Path
) -> None:
    """Even if any formula were taken for the right one."""
    built = [book for book in books if book.saved_by == "xlconv"]
    book, planted = planted_in(built, kind, 3)
    path = planted.write(book.path, tmp_path / "broken.xlsx")
    with without_formula_check():
        outcome = judged(kind, planted, path)
        assert outcome.verdict == "found", outcome
        if kind != "another channel's kernel":  # right today, so that a random trial is needed
            report = xlconv.verify(path)
            assert {one.kind for one in report.findings} == {"random"}
            assert xlconv.verify(path, random=0).verdict == "agrees"


def test_faults_in_books_that_were_calculated_since(
    libreoffice: str, books: list[Specimen], tmp_path: Path
) -> None:
    """All that reads a wrong cell follows it, in the engine and in the file."""
    built = [book for book in books if book.saved_by == "xlconv"]
    kinds = ("MAX turned MIN", "a bias forgotten", "a sign flipped", "a number in a padding ring")
    planted = {kind: planted_in(built, kind, 4) for kind in kinds}
    paths = {
        kind: one.write(book.path, tmp_path / f"{number}.xlsx")
        for number, (kind, (book, one)) in enumerate(planted.items())
    }
    saved = converted(libreoffice, list(paths.values()), tmp_path, anew=True)
    for kind, path in paths.items():
        outcome = judged(kind, planted[kind][1], saved / path.name)
        assert outcome.verdict == "found", outcome


def test_a_row_inserted_through_a_map_is_refused(
    session: UnoSession, books: list[Specimen], tmp_path: Path
) -> None:
    book = books[0]
    place = book.book.layout.tensors["conv1"].maps[0].cell(1, 0).a1
    saved = session.saved(book.path, tmp_path, ["insert", place, 1])
    planted = Planted({}, frozenset(), f"a row above {place}")
    assert judged("inserted", planted, saved).verdict == "found"


def test_untouched_books_raise_no_finding(any_libreoffice: str | None, tmp_path: Path) -> None:
    histories: Counter[str] = Counter()
    for book in untouched_books(tmp_path, 12, 7, any_libreoffice):
        report = xlconv.verify(book.path)
        assert (report.verdict, report.findings) == ("agrees", ()), book
        assert report.trials == 1
        histories[book.history] += 1
    assert sum(histories.values()) == 12
    assert len(histories) >= 4
