"""Every file survived: one clear line, exit code 2, nothing executed, fetched or overwritten."""

import sys
from contextlib import suppress
from html import escape
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import hostile_books as hostile
from support.books import EXAMPLES, TINY, NetworkBook, check_agrees, check_refused
from support.broken import mutated
from support.command_line import check_refusal, process, python

import xlconv
from xlconv import XlconvError
from xlconv.errors import BookError
from xlconv.spreadsheet.cells import Cell
from xlconv.spreadsheet.formula import moved_formula, references, relative_form
from xlconv.xlsx.external import formula_reach
from xlconv.xlsx.sheet import FoundFormula

REFUSED = {**hostile.FILES, **hostile.XML, **hostile.CELLS, **hostile.OUTSIDE, **hostile.CLAIMS}


@pytest.fixture(scope="module")
def good(network_book: NetworkBook) -> bytes:
    return network_book(TINY, 1).path.read_bytes()


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_one_line(
    name: str, good: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before an engine sees it."""
    make, words = REFUSED[name]
    path = tmp_path / "book.xlsx"
    path.write_bytes(make(good))
    before = path.read_bytes()

    def never(*_: object) -> None:
        raise AssertionError("an engine was asked")

    monkeypatch.setattr("xlconv.engines.formualizer.Formualizer.evaluate", never)
    said = check_refused(path, words)
    assert str(path) in said
    assert len(said) < 800
    assert path.read_bytes() == before
    assert [member.name for member in tmp_path.iterdir()] == ["book.xlsx"]


# What formualizer cannot read, and says so.
UNREAD = ("a table's columns", "ended by zip64")


@pytest.mark.parametrize("name", hostile.HARMLESS)
def test_what_does_no_harm_is_no_false_alarm(name: str, good: bytes, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(hostile.HARMLESS[name](good))
    check_agrees(path, "none" if name in UNREAD else "formualizer", random=0)


@pytest.mark.parametrize("name", hostile.LONG_FORMULAS)
def test_long_formulas_take_no_longer_than_they_are(name: str, good: bytes, tmp_path: Path) -> None:
    """None of the patterns that look at formulas goes back and forth."""
    text = hostile.LONG_FORMULAS[name]
    formula_reach(text)
    references(text)
    FoundFormula(relative_form(text, Cell(9, 9)), Cell(9, 9)).at(Cell(1, 1))
    path = tmp_path / "book.xlsx"
    path.write_bytes(hostile.formula_of(escape(text, quote=False))(good))
    with suppress(BookError):  # quotes that are not closed, say
        assert xlconv.verify(path, "none").verdict == "agrees"


def test_formulas_that_move_beyond_the_sheet_are_errors() -> None:
    assert moved_formula("A1+$A$1+XFD1048576", -1, -1) == "#REF!+$A$1+XFC1048575"
    assert moved_formula("A1+XFD1", 0, 1) == "B1+#REF!"


HEAVY = ("bomb", "names", "laughs", "a million foreign rows", "10^9 kernels", "deep keys")
LIMITED = (
    "import resource, sys; from xlconv.commands.app import main;"
    "resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000));"
    "resource.setrlimit(resource.RLIMIT_CPU, (30, 30)); main()"
)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are the system's own")
@pytest.mark.parametrize("name", HEAVY)
def test_the_command_says_so_within_bounds(name: str, good: bytes, tmp_path: Path) -> None:
    """Of addresses and of time, far wider than what the benchmark of hostile files measures."""
    path = tmp_path / "book.xlsx"
    path.write_bytes(REFUSED[name][0](good))
    done = python(LIMITED, "verify", path, COLUMNS="9999", OPENBLAS_NUM_THREADS="1")
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(f"error: {path}") or str(path) in line


@pytest.mark.parametrize("command", [["verify"], ["render", "x.png"], ["show"]])
def test_every_command_that_reads_books_refuses(
    command: list[str], good: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(hostile.OUTSIDE["formula: a service"][0](good))
    name, *rest = command
    outcome = process(name, path, *rest, folder=tmp_path)
    assert outcome.out == ""
    check_refusal(outcome, "the function WEBSERVICE")
    assert not (tmp_path / "x.png").exists()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/zero"), tmp_path / "none.xlsx", tmp_path / ("x" * 300)):
        check_refused(path, r"folder|device|no such file|cannot be read")


@settings(max_examples=60 * EXAMPLES)
@given(random=st.randoms(use_true_random=False))
def test_a_book_broken_at_random_gets_a_clear_answer(
    random: Random, good: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "broken.xlsx"
    path.write_bytes(mutated(good, random))
    try:
        said = xlconv.verify(path, "none").verdict
    except XlconvError as error:
        said = f"refused: {error}"
    assert said.startswith("refused: ") or said in ("agrees", "differs", "unchecked")
    assert "\n" not in said
    assert len(said) < 1500
