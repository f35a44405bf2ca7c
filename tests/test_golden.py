"""Golden hashes: what is built, reported, marked and drawn stays as it is unless a change means it.

A hash stands for each part of the books of all templates and cases, for reports and marks, and for
pictures. Numbers are compared in their first eight digits, since the last ones follow from the
processor; a picture's pixels, not its bytes. XLCONV_WRITE_GOLDEN=1 writes the hashes anew: look at
the difference, and say in the commit which parts change and why.
"""

import hashlib
import json
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from support.books import TemplateBook
from support.cases import NAMES as CASES
from support.cases import load_case
from support.learners import IMAGE, LAYERS, MISTAKES, MODEL, build_exercise, filled_in, only

import xlconv
from xlconv.grading.grade import grade
from xlconv.importers.template import template_names

FOLDER = Path(__file__).parent / "golden"
WRITE = "XLCONV_WRITE_GOLDEN"
_NUMBER = re.compile(r"-?\d+\.\d+(?:[eE][-+]?\d+)?|-?\d+[eE][-+]?\d+")
_VERSION = re.compile(r"(xlconv(?: = )?[ \"]*)\d+\.\d+\.\d+")
SMALLEST = 1e-12  # what is nearer to 0 is rounding


def steady(text: str) -> str:
    """A text with the first eight digits of its numbers, and without xlconv's own version."""

    def rounded(match: re.Match[str]) -> str:
        value = float(match[0])
        return "0" if abs(value) < SMALLEST else f"{value:.8g}"

    return _NUMBER.sub(rounded, _VERSION.sub(r"\1", text)).replace(xlconv.__version__, "")


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def parts(path: Path) -> dict[str, str]:
    """The hash of each part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        return {
            name: sha(steady(archive.read(name).decode()).encode()) for name in archive.namelist()
        }


def held(name: str, found: object) -> None:
    """That something is what was written down of it; with the variable set, it is written down."""
    path = FOLDER / f"{name}.json"
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get(WRITE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(text)


@pytest.mark.parametrize("name", template_names())
def test_the_book_of_a_template(name: str, template_book: TemplateBook) -> None:
    held(f"book_{name}", parts(template_book(name).path))


def test_the_books_of_all_cases(tmp_path: Path) -> None:
    """A case that comes is held to its own numbers; here only when it is written down."""
    written = json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))
    found = {}
    for name in CASES if os.environ.get(WRITE) else written:
        case = load_case(name)
        xlconv.build(tmp_path / f"{name}.xlsx", case.model, case.image)
        found[name] = sha(json.dumps(parts(tmp_path / f"{name}.xlsx")).encode())
    held("cases", found)


@pytest.mark.parametrize("name", ["edges", "multilabel", "dropout"])
def test_the_report_of_a_book(name: str, template_book: TemplateBook) -> None:
    report = xlconv.verify(template_book(name).path, "none").as_json()
    held(f"report_{name}", json.loads(steady(json.dumps(report | {"workbook": name}))))


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A task of every layer of a small network, right in one file, each mistake in another."""
    folder = tmp_path_factory.mktemp("golden")
    task = build_exercise(folder / "task.xlsx", MODEL, IMAGE, *LAYERS, student="ada")
    filled_in(task, folder / "right.xlsx")
    for number, (layer, change, _) in enumerate(MISTAKES.values()):
        filled_in(task, folder / f"mistake {number}.xlsx", only(layer, change))
    return folder


def test_an_exercise(handed_in: Path) -> None:
    held("book_exercise", parts(handed_in / "task.xlsx"))


def test_the_marks_of_a_folder(handed_in: Path) -> None:
    found = {}
    for path in sorted(handed_in.glob("*.xlsx")):
        marks = grade(path).as_json() | {"file": path.stem}
        found[path.stem] = sha(steady(json.dumps(marks)).encode())
    held("marks", found)


@pytest.mark.parametrize("name", ["edges", "multilabel"])
def test_the_picture_of_a_board(name: str, template_book: TemplateBook) -> None:
    picture = xlconv.render(template_book(name).path)
    held(f"picture_{name}", {"size": picture.size, "pixels": sha(picture.convert("RGB").tobytes())})


def test_a_change_is_seen(tmp_path: Path, template_book: TemplateBook) -> None:
    """One other digit in one cell is another hash; another last digit is not."""

    def changed(change: Callable[[str], str]) -> dict[str, str]:
        path, book = tmp_path / "changed.xlsx", template_book("edges").path
        with zipfile.ZipFile(book) as source, zipfile.ZipFile(path, "w") as target:
            for name in source.namelist():
                target.writestr(name, change(source.read(name).decode()))
        return parts(path)

    number = "<v>0.5"
    same = changed(lambda text: text)
    assert changed(lambda text: text.replace("SUMPRODUCT", "SUMPRODUKT")) != same
    assert changed(lambda text: text.replace(number, "<v>0.7", 1)) != same
    assert changed(lambda text: re.sub(r"(<v>0\.\d{16})\d", r"\g<1>1", text)) == same
