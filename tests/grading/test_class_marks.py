"""The marks of a class: a line for each student, whatever was or was not handed in, as Moodle and
Canvas import it; the rest is told."""

import csv
import io
import json
import os
import zipfile
from pathlib import Path

import pytest
from support.books import TINY, random_image, random_model
from support.command_line import Outcome, command
from support.learners import build_exercise, filled_in, only, substituted

from xlconv.grading.classroom.handed_in import handed_in_files

MODEL, IMAGE = random_model(TINY, 1), random_image(TINY, 1)
LIST = (
    "name,id,email\nAda Lovelace,s1,ada@x.org\nBen,s2,ben@x.org\nCy,s3,cy@x.org\nDora,s4,d@x.org\n"
)
MOODLE = (
    "First name,Surname,ID number,Email address\nAda,Lovelace,s1,ada@x.org\nBen,Bo,s2,ben@x.org\n"
)
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section\n"
    '"Lovelace, Ada",101,s1,ada@x.org,A\n"Bo, Ben",102,s2,ben@x.org,A\n'
)
LAYER = "conv"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Workbooks of students, by what is in them: made for whom, and how they are filled in."""
    folder = tmp_path_factory.mktemp("books")
    found = {}
    for name in ("Ada Lovelace", "Ben", "Eve"):
        task = build_exercise(folder / f"task {name}.xlsx", MODEL, IMAGE, LAYER, student=name)
        found[f"{name}: empty"] = task
        found[f"{name}: right"] = filled_in(task, folder / f"right {name}.xlsx")
    task = build_exercise(folder / "anybody.xlsx", MODEL, IMAGE, LAYER)
    found["anybody: right"] = filled_in(task, folder / "right.xlsx")
    odd = only(LAYER, substituted(r"=(.*)", r"=(\1)*2-SUM(\1)+SQRT(0)"))
    found["anybody: odd"] = filled_in(task, folder / "odd.xlsx", odd)
    return found


def marked(folder: Path, text: str, *options: str) -> tuple[Outcome, list[dict[str, str]]]:
    """What is printed of a class whose files are in `in`, and the lines of its marks."""
    (folder / "list.csv").write_text(text, encoding="utf-8")
    (folder / "in").mkdir(exist_ok=True)
    arguments = ("grade", "in", "--students", "list.csv", "--out", "marks.csv", "--force", *options)
    done = command(*arguments, folder=folder)
    assert "Traceback" not in done.err
    text = (folder / "marks.csv").read_text(encoding="utf-8-sig")
    return done, list(csv.DictReader(io.StringIO(text)))


def put(folder: Path, name: str, source: Path | bytes, when: int | None = None) -> Path:
    path = folder / "in" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(source if isinstance(source, bytes) else source.read_bytes())
    if when is not None:
        os.utime(path, (when, when))
    return path


def archive(packing: int = zipfile.ZIP_DEFLATED, **members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as packed:
        for name, data in members.items():
            packed.writestr(name.replace("__", "/").replace("_xlsx", ".xlsx"), data)
    return stream.getvalue()


def _broken(data: bytes, at: int) -> bytes:
    return data[:at] + bytes(b ^ 0xFF for b in data[at : at + 40]) + data[at + 40 :]


def test_each_student_has_a_line_whatever_was_handed_in(
    books: dict[str, Path], tmp_path: Path
) -> None:
    put(tmp_path, "x.xlsx", books["Ada Lovelace: right"])
    put(tmp_path, "Ben.xlsx", books["Ben: empty"])
    put(tmp_path, "Cy.pdf", b"%PDF")
    put(tmp_path, "eve.xlsx", books["Eve: right"])
    put(tmp_path, "notes.txt", b"hello")
    put(tmp_path, "~$x.xlsx", b"lock")
    done, lines = marked(tmp_path, LIST)
    assert done.code == 1
    assert [*lines[0]] == ["name", "id", "email", LAYER, "total", "comment"]
    assert [line["id"] for line in lines] == ["s1", "s2", "s3", "s4"]
    assert [line["total"] for line in lines] == ["10", "0", "", ""]
    assert [line[LAYER] for line in lines] == ["10", "0", "", ""]
    assert lines[0]["comment"] == "conv: 10 of 10; all right"
    assert lines[1]["comment"].startswith("conv: 0 of 10; Board!")
    assert lines[1]["comment"].endswith("is empty")
    assert lines[2]["comment"] == "no workbook, but Cy.pdf: no workbook but .pdf"
    assert lines[3]["comment"] == "nothing handed in"
    assert "eve.xlsx: made for Eve, who is not on the list" in done.out
    assert "notes.txt: no workbook but .txt" in done.out
    assert "~$x" not in done.out


def test_the_latest_file_counts_and_the_other_is_told(
    books: dict[str, Path], tmp_path: Path
) -> None:
    put(tmp_path, "one.xlsx", books["Ben: empty"], 1_700_000_000)
    put(tmp_path, "two.xlsx", books["Ben: right"], 1_700_000_600)
    put(tmp_path, "three.xlsx", b"PK broken", 1_700_000_900)
    done, lines = marked(tmp_path, LIST)
    assert lines[1]["total"] == "10"
    assert "one.xlsx (Ben), of 2023-11-1" in done.out
    assert "three.xlsx: damaged" in done.out
    os.utime(tmp_path / "in" / "one.xlsx", (1_700_001_000, 1_700_001_000))
    assert marked(tmp_path, LIST)[1][1]["total"] == "0"


def test_files_as_moodle_gives_them_out(books: dict[str, Path], tmp_path: Path) -> None:
    """Who handed in is known by the folder; that the book was made for another is a remark."""
    put(tmp_path, "Ada Lovelace_4711_assignsubmission_file_/hw.xlsx", books["anybody: right"])
    put(tmp_path, "Ben Bo_4712_assignsubmission_file/hw.xlsx", books["Ada Lovelace: right"])
    done, lines = marked(tmp_path, MOODLE)
    heads = ["First name", "Surname", "ID number", "Email address", LAYER, "total", "comment"]
    assert [*lines[0]] == heads
    assert [line["total"] for line in lines] == ["10", "10"]
    assert "is Ben Bo's by its name, but was made for Ada Lovelace" in done.out
    assert "Ada" not in lines[1]["comment"]


def test_files_as_canvas_gives_them_out(books: dict[str, Path], tmp_path: Path) -> None:
    put(tmp_path, "lovelaceada_101_900_task.xlsx", books["anybody: right"], 2_000_000_000)
    late = "lovelaceada_LATE_101_901_task-1.xlsx"
    put(tmp_path, late, books["Ada Lovelace: empty"], 1_000_000_000)
    put(tmp_path, "boben_7_902_task.xlsx", books["anybody: right"])
    done, lines = marked(tmp_path, CANVAS, "--assignment", "Sheet 3 (77)")
    heads = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert [*lines[0]] == [*heads, LAYER, "Sheet 3 (77)", "comment"]
    assert [line["Student"] for line in lines] == ["Lovelace, Ada", "Bo, Ben"]
    assert [line["Sheet 3 (77)"] for line in lines] == ["0", "10"]
    assert f"the later {late} counts" in done.out


ARCHIVES = {
    "one workbook": ("10", ""),
    "two workbooks": ("", "an archive of 2 workbooks (a.xlsx, b.xlsx); hand in one"),
    "none": ("", "an archive without a workbook"),
    "no archive": ("", "damaged or cut short"),
    "too many": ("", "an archive of 5,001 files"),
    "far too many": ("", "an archive of far more members"),
    "too much": ("", "unpacks to more than"),
    "an end that is cut short": ("", "damaged or cut short"),
    "LZMA": ("", "packed in a way of its own"),
    "damaged LZMA": ("", "packed in a way of its own"),
}


@pytest.mark.parametrize("what", ARCHIVES)
def test_archives_are_opened_within_bounds(
    what: str, books: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = books["Ben: right"].read_bytes()
    data = {
        # A way out of the folder is no way; what macOS adds is nothing.
        "one workbook": archive(**{"..__..__evil_xlsx": book, "__MACOSX__.evil_xlsx": b""}),
        "two workbooks": archive(a_xlsx=book, b_xlsx=book),
        "none": archive(readme=b""),
        "no archive": b"PK nothing",
        "too many": archive(a_xlsx=book, **{f"{n}.txt": b"" for n in range(5000)}),
        "far too many": archive(**{f"{n}{'x' * 200}": b"" for n in range(9000)}),
        "too much": archive(a_xlsx=bytes(2_000_000)),
        "an end that is cut short": b"PK\5\6" + bytes(6),
        "LZMA": archive(zipfile.ZIP_LZMA, a_xlsx=book),
        "damaged LZMA": _broken(archive(zipfile.ZIP_LZMA, a_xlsx=book), 200),
    }[what]
    if what == "too much":
        monkeypatch.setattr("xlconv.grading.classroom.packed.MOST_BYTES", 1_000_000)
    put(tmp_path, "ben.zip", data)
    done, lines = marked(tmp_path, LIST)
    total, word = ARCHIVES[what]
    assert lines[1]["total"] == total
    assert word in lines[1]["comment"] or not word
    assert word in done.out or not word
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "list.csv", "marks.csv"]


def test_archives_are_unpacked_within_bounds_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each into a place of its own; what is left of one that is refused goes away."""
    monkeypatch.setattr("xlconv.grading.classroom.packed.MOST_BYTES", 3_000)
    monkeypatch.setattr("xlconv.grading.classroom.handed_in.MOST_UNPACKED", 4_000)
    for name, size in {"a": 2_000, "b": 5_000, "c": 2_000, "d": 1}.items():
        put(tmp_path, f"{name}.zip", archive(a_xlsx=bytes(size)))
    (tmp_path / "out").mkdir()
    files = handed_in_files(tmp_path / "in", tmp_path / "out")
    books = {one.file: one.book.stat().st_size for one in files if one.book is not None}
    assert books == {"a.zip": 2_000, "c.zip": 2_000}
    reasons = {one.file: one.reason for one in files if one.book is None}
    assert reasons["b.zip"].startswith("unpacks to more than")
    assert reasons["d.zip"].startswith("not unpacked: the archives before it hold")
    left = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in left) == 4_000


def test_the_same_unusual_formula_is_for_the_teacher_alone(
    books: dict[str, Path], tmp_path: Path
) -> None:
    put(tmp_path, "Ben.xlsx", books["anybody: odd"])
    put(tmp_path, "Cy.xlsx", books["anybody: odd"])
    put(tmp_path, "Dora.xlsx", books["anybody: right"])
    done, lines = marked(tmp_path, LIST, "--json")
    found = json.loads(done.out)
    [remark] = found["remarks"]
    assert remark.startswith("Ben.xlsx and Cy.xlsx hold the same unusual formula")
    assert "SQRT(0)" in remark
    assert not any("unusual" in line["comment"] for line in lines)
    assert [one["name"] for one in found["students"]] == ["Ada Lovelace", "Ben", "Cy", "Dora"]
    assert found["students"][3]["marks"]["mark"] == 1.0
    assert "unusual formula" in marked(tmp_path, LIST)[0].out


def test_nobody_handed_in_anything(tmp_path: Path) -> None:
    done, lines = marked(tmp_path, LIST, "--gradescope", "results.json")
    assert done.code == 1
    assert {line["comment"] for line in lines} == {"nothing handed in"}
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["score"] == 0
    assert "no workbook" in results["output"]


def test_gradescope_gets_results_of_a_folder_with_nothing_to_mark(
    books: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    for target, file in (("a.json", "a.json"), ("a", "a/results.json")):
        done = command("grade", "in", "--gradescope", target, folder=tmp_path)
        assert done.code == 2
        results = json.loads((tmp_path / file).read_text())
        assert (results["score"], "no workbook" in results["output"]) == (0, True)
    put(tmp_path, "hw.xlsx", books["Ben: right"])
    assert command("grade", "in", "--gradescope", "b.json", folder=tmp_path).code == 0
    assert json.loads((tmp_path / "b.json").read_text())["tests"][0]["score"] == 10
    put(tmp_path, "hw2.xlsx", books["Ben: right"])
    assert command("grade", "in", "--gradescope", "c.json", folder=tmp_path).code == 0
    assert "hand in one" in json.loads((tmp_path / "c.json").read_text())["output"]
