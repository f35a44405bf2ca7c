"""Workbooks that go back: what is wrong is framed and noted, the reasons stand on the sheet
Exercise, and nothing else differs from what was handed in."""

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from openxml_audit import OpenXmlValidator
from support.books import TINY, random_image, random_model
from support.command_line import command
from support.learners import (
    build_exercise,
    filled_in,
    only,
    right_formulas,
    without_bias,
    written_in,
)
from support.libreoffice import converted

from xlconv import grade, read_book
from xlconv.grading.classroom.feedback import Returned, _lines, feedback_files, write_back
from xlconv.grading.marks import BlockMarks, Marks
from xlconv.sheets.exercise.parts import HEAD_ROW
from xlconv.xlsx.editing.tags import tags, utf8

MODEL, IMAGE = random_model(TINY, 1), random_image(TINY, 1)


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("task") / "task.xlsx"
    return build_exercise(path, MODEL, IMAGE, "conv", student="Ada")


def first_cell(task: Path) -> str:
    part, row, column = next(iter(right_formulas(task)))
    return part.open.cell(row, column).a1


def back(book: Path, target: Path) -> Path:
    assert write_back(Returned(book, grade(book), target)) == ""
    return target


def check_marked(path: Path, cell: str, words: str) -> None:
    """What another program reads of it."""
    workbook = openpyxl.load_workbook(path)
    found = workbook["Board"][cell]
    assert words in found.comment.text
    assert (found.fill.fgColor.rgb, found.border.left.style) == ("FFFFD9D2", "medium")
    lines = [str(row[0].value) for row in workbook["Exercise"].iter_rows(min_col=2, max_col=2)]
    [at] = [n for n, line in enumerate(lines, 1) if re.fullmatch(r"Marked: \S+ of 10 points", line)]
    assert lines[HEAD_ROW - 2] == f"{lines[at - 1]}: see row {at}"
    assert words in lines[at]
    assert f"Board!{cell}" in lines[at]


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name) for name in book.namelist()}


def test_what_is_wrong_is_marked_and_nothing_else_differs(task: Path, tmp_path: Path) -> None:
    """In a file with stored values: the first cell alone holds another formula."""
    cell = first_cell(task)
    done = written_in(task, tmp_path / "done.xlsx", {cell: "<f>1+1</f><v>2</v>"})
    returned = back(done, tmp_path / "back.xlsx")
    check_marked(returned, cell, "reads no cell")
    before, after = parts(done), parts(returned)
    touched = {name for name, data in before.items() if after[name] != data}
    assert {name.rpartition("/")[2] for name in touched} == {
        *("[Content_Types].xml", "sheet2.xml", "sheet3.xml", "sheet2.xml.rels", "styles.xml")
    } & {name.rpartition("/")[2] for name in before}
    assert {name for name in after if name not in before} <= {
        *("xl/comments1.xml", "xl/drawings/vmlDrawing1.vml", "xl/worksheets/_rels/sheet2.xml.rels")
    }
    # Of the board only that cell's look, and the link to the notes.
    sheet = "xl/worksheets/sheet2.xml"
    link = re.search(rb"<legacyDrawing[^>]*/>", after[sheet])
    assert link is not None
    plain = after[sheet].replace(link[0], b"")
    looks = re.compile(rf'(<c r="{cell}" s=")\d+'.encode())
    assert looks.sub(rb"\1", plain) == looks.sub(rb"\1", before[sheet])
    assert b"<f>1+1</f><v>2</v>" in after[sheet]
    assert grade(returned).blocks == grade(done).blocks


def test_the_copy_breaks_no_rule_of_open_xml(task: Path, tmp_path: Path) -> None:
    """None that the file itself did not break before."""
    done = written_in(task, tmp_path / "done.xlsx", {first_cell(task): "<f>1+1</f><v>2</v>"})
    returned = back(done, tmp_path / "back.xlsx")
    before, after = (
        {error.description for error in OpenXmlValidator(max_errors=0).validate(path).errors}
        for path in (done, returned)
    )
    assert after <= before


def test_a_block_that_is_right_comes_back_with_its_points(task: Path, tmp_path: Path) -> None:
    returned = back(filled_in(task, tmp_path / "done.xlsx"), tmp_path / "back.xlsx")
    workbook = openpyxl.load_workbook(returned)
    assert not any(cell.comment for row in workbook["Board"].iter_rows() for cell in row)
    assert workbook["Exercise"].cell(HEAD_ROW - 1, 2).value.startswith("Marked: 10 of 10 points")


def test_an_empty_file_comes_back_with_its_first_cell_marked(task: Path, tmp_path: Path) -> None:
    check_marked(back(task, tmp_path / "back.xlsx"), first_cell(task), "is empty")


def test_a_file_with_notes_of_its_own_keeps_them(task: Path, tmp_path: Path) -> None:
    """Sheets may have been renamed, too."""
    done = filled_in(task, tmp_path / "done.xlsx", only("conv", without_bias))
    workbook = openpyxl.load_workbook(done)
    workbook["Board"]["A1"].comment = Comment("mine", "Ada")
    workbook.save(done)
    returned = back(done, tmp_path / "back.xlsx")
    check_marked(returned, first_cell(task), "the bias is forgotten")
    assert openpyxl.load_workbook(returned)["Board"]["A1"].comment.text == "mine"
    again = back(returned, tmp_path / "again.xlsx")
    assert openpyxl.load_workbook(again)["Board"]["A1"].comment.text == "mine"


def test_libreoffice_shows_what_is_marked(libreoffice: str, task: Path, tmp_path: Path) -> None:
    """Also in a file that it saved itself."""
    done = filled_in(task, tmp_path / "done.xlsx", only("conv", without_bias))
    saved = converted(libreoffice, [done], tmp_path / "lo") / "done.xlsx"
    books = [back(done, tmp_path / "back 1.xlsx"), back(saved, tmp_path / "back 2.xlsx")]
    seen = converted(libreoffice, books, tmp_path / "seen")
    for book in books:
        check_marked(seen / book.name, first_cell(task), "the bias is forgotten")
        assert read_book(seen / book.name).manifest.exercise.student == "Ada"


def test_a_file_with_prefixes_and_in_utf_16_is_changed_as_well(task: Path, tmp_path: Path) -> None:
    done = filled_in(task, tmp_path / "done.xlsx", only("conv", without_bias))
    odd = tmp_path / "odd.xlsx"
    with zipfile.ZipFile(odd, "w") as out:
        for name, data in parts(done).items():
            if name.endswith(("sheet2.xml", "sheet3.xml", "styles.xml")):
                text = re.sub(r"<\?xml[^>]*\?>", "", data.decode())
                text = re.sub(r"<(/?)(\w)", r"<\1x:\2", text)
                text = text.replace("xmlns=", "xmlns:x=", 1)
                data = f'<?xml version="1.0" encoding="UTF-16"?>{text}'.encode("utf-16")
            out.writestr(name, data)
    check_marked(back(odd, tmp_path / "back.xlsx"), first_cell(task), "the bias is forgotten")


def test_a_deleted_sheet_exercise_leaves_the_notes(task: Path, tmp_path: Path) -> None:
    done = filled_in(task, tmp_path / "done.xlsx", only("conv", without_bias))
    workbook = openpyxl.load_workbook(done)
    del workbook["Guide"], workbook["Exercise"]
    workbook.save(done)
    returned = back(done, tmp_path / "back.xlsx")
    found = openpyxl.load_workbook(returned)["Board"][first_cell(task)]
    assert "the bias is forgotten" in found.comment.text


def test_files_go_back_under_the_names_they_came_with() -> None:
    files = ["Ada_1_assignsubmission_file_/hw.xlsx", "a.zip", "a.xlsx", "A.ZIP"]
    assert {key: str(path) for key, path in feedback_files(Path("b"), files).items()} == {
        files[0]: f"b/{files[0]}",
        "a.zip": "b/a.xlsx",
        "a.xlsx": "b/a (2).xlsx",
        "A.ZIP": "b/A (3).xlsx",
    }


def test_the_command_writes_one_for_each_student(task: Path, tmp_path: Path) -> None:
    (tmp_path / "in" / "x").mkdir(parents=True)
    filled_in(task, tmp_path / "in" / "x" / "Ada.xlsx", only("conv", without_bias))
    (tmp_path / "list.csv").write_text("name,id\nAda,1\nBen,2\n")
    arguments = ("grade", "in", "--students", "list.csv", "--feedback", "in/back")
    done = command(*arguments, folder=tmp_path)
    assert (done.code, "wrote 1 workbook" in done.out) == (0, True)
    check_marked(tmp_path / "in/back/x/Ada.xlsx", first_cell(task), "the bias is forgotten")
    done = command(*arguments, folder=tmp_path)
    assert (done.code, "Ada.xlsx exists" in done.err) == (2, True)
    assert command(*arguments, "--force", folder=tmp_path).code == 0
    done = command(*arguments[:-1], "in", folder=tmp_path)
    assert (done.code, "what was handed in stands there" in done.err) == (2, True)
    assert command("grade", "in/x", "--feedback", "other", folder=tmp_path).code == 0
    assert (tmp_path / "other" / "Ada.xlsx").is_file()


def test_tags_are_found_in_the_bytes() -> None:
    data = b"<a x='1>2'><b/><b y=\"\">t</b></a>"
    found = tags(data)
    assert [(tag.name, tag.depth, tag.is_closed, tag.content) for tag in found] == [
        *(("a", 0, False, True), ("b", 1, True, False), ("b", 1, False, False))
    ]
    assert data[found[2].start : found[2].after] == b'<b y="">t</b>'
    assert utf8("<?xml version='1.0' encoding='utf-16'?><ä/>".encode("utf-16")) == "<ä/>".encode()


def test_what_the_learner_wrote_on_the_sheet_exercise_stays(task: Path, tmp_path: Path) -> None:
    """The lines come below it: into a row that is new, and the next into one that there is."""
    done = filled_in(task, tmp_path / "done.xlsx", only("conv", without_bias))
    workbook = openpyxl.load_workbook(done)
    page = workbook["Exercise"]
    row = page.max_row + 1
    page.cell(row, 2).value, page.cell(row + 3, 30).value = "my note", "far away"
    workbook.save(done)
    returned = back(done, tmp_path / "back.xlsx")
    check_marked(returned, first_cell(task), "the bias is forgotten")
    page = openpyxl.load_workbook(returned)["Exercise"]
    assert page.cell(row, 2).value == "my note"
    assert page.cell(row + 2, 2).value.startswith("Marked: ")
    assert page.cell(row + 3, 2).value.startswith("   conv: ")
    assert page.cell(row + 3, 30).value == "far away"


def test_points_of_what_could_not_be_judged_are_no_0() -> None:
    hand = BlockMarks("conv", 4, 0, 0, 0, unjudged=4, mark=None)
    lines = _lines(Marks("a.xlsx", "a", (hand,)))
    assert lines == ("Marked: by hand", "   conv: could not be judged; it is marked by hand")
    wrong = _lines(Marks("a.xlsx", "a", (BlockMarks("conv", 4, 0, 0, 4),)))
    assert wrong[0] == "Marked: 0 of 10 points"
