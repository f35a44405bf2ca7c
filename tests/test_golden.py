"""Golden hashes: what is built, reported, marked and drawn stays as it is unless a change means it.

A hash stands for each part of the books of all templates and cases, for reports, for pictures, and,
where mistakes are marked (tests/grading/test_grade.py), for marks. Numbers are compared in their
first eight digits, since the last ones follow from the processor; a picture's pixels, not its
bytes. XLCONV_WRITE_GOLDEN=1 writes the hashes anew: look at the difference, and say in the commit
which parts change and why.
"""

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
from support.golden import FOLDER, WRITE, held, sha, steady
from support.learners import IMAGE, LAYERS, MODEL, build_exercise

import xlconv
from xlconv.importers.template import template_names


def parts(path: Path) -> dict[str, str]:
    """The hash of each part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        return {
            name: sha(steady(archive.read(name).decode()).encode()) for name in archive.namelist()
        }


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


def test_an_exercise(tmp_path: Path) -> None:
    task = build_exercise(tmp_path / "task.xlsx", MODEL, IMAGE, *LAYERS, student="ada")
    held("book_exercise", parts(task))


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
