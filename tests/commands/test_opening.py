"""`xlconv open` and `build --open`: what is started, and what is said where nothing can be."""

import sys
from pathlib import Path

import pytest
from support.books import SMALL, BuiltBook, NetworkBook
from support.command_line import Outcome, check_refusal, command, printed

from xlconv.system import opening

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="their own way to open")


@pytest.fixture(scope="module")
def book(network_book: NetworkBook) -> BuiltBook:
    return network_book(SMALL)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder with programs, and a screen."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("DISPLAY", ":0")
    return folder


def plant(folder: Path, name: str, ending: str = "exit 0") -> None:
    """A program that writes down what it was given, as it is, then ends so."""
    script = f'#!/bin/sh\nprintf "%s\\n" "$#" "$@" > "{folder / name}.told"\n{ending}\n'
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)


def told(folder: Path) -> dict[str, list[str]]:
    """What each program that was started was given: how many words, and these."""
    return {path.stem: path.read_text().splitlines() for path in folder.glob("*.told")}


def opened(book: Path) -> Outcome:
    return command("open", book.name, folder=book.parent)


@pytest.mark.parametrize("name", ["book.xlsx", "-x; touch y $HOME.xlsx", "it's `a` book.XLSX"])
def test_the_systems_own_program_gets_the_whole_path(
    book: BuiltBook, programs: Path, tmp_path: Path, name: str
) -> None:
    plant(programs, "xdg-open")
    plant(programs, "soffice")
    (tmp_path / name).write_bytes(book.path.read_bytes())
    assert printed("open", "--", name, folder=tmp_path) == ""
    assert told(programs) == {"xdg-open": ["1", str(tmp_path / name)]}


def test_a_program_that_goes_on_is_left_alone(
    book: BuiltBook, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xlconv.system.opening._PATIENCE", 0.2)
    plant(programs, "xdg-open", "exec /bin/sleep 1")
    plant(programs, "soffice")
    assert opened(book.path).code == 0
    assert "soffice" not in told(programs)
    assert [program.wait(60) for program in opening._GOING_ON] == [0]


@pytest.mark.parametrize("there", [False, True])
def test_libreoffice_is_found_by_its_name(book: BuiltBook, programs: Path, there: bool) -> None:
    """Where the system has no way of its own, and where that finds no program."""
    if there:
        plant(programs, "xdg-open", "exit 3")
    plant(programs, "libreoffice")
    assert opened(book.path).code == 0
    assert told(programs)["libreoffice"] == ["1", str(book.path.resolve())]


@pytest.mark.parametrize("there", [False, True])
def test_no_program_is_one_line(book: BuiltBook, programs: Path, there: bool) -> None:
    if there:
        plant(programs, "xdg-open", "exit 4")
    check_refusal(opened(book.path), "no program here could show it", "install LibreOffice")


def test_no_screen_is_one_line(
    book: BuiltBook, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    plant(programs, "xdg-open")
    check_refusal(opened(book.path), "no screen here", "xlconv show")
    assert told(programs) == {}
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert opened(book.path).code == 0


def test_what_is_no_workbook_is_not_opened(book: BuiltBook, programs: Path, tmp_path: Path) -> None:
    """Nor what the system would take for something else by its ending, also behind a link."""
    plant(programs, "xdg-open")
    (tmp_path / "text.xlsx").write_text("no workbook")
    (tmp_path / "book.desktop").write_bytes(book.path.read_bytes())
    (tmp_path / "link.xlsx").symlink_to("book.desktop")
    check_refusal(opened(tmp_path / "none.xlsx"), "none.xlsx", "no such file")
    check_refusal(opened(tmp_path / "text.xlsx"), "text.xlsx")
    check_refusal(opened(tmp_path / "book.desktop"), "book.desktop", "spreadsheets open .xlsx")
    check_refusal(opened(tmp_path / "link.xlsx"), "link.xlsx", "spreadsheets open .xlsx")
    assert told(programs) == {}


def test_a_workbook_is_opened_when_it_is_built(programs: Path, tmp_path: Path) -> None:
    plant(programs, "xdg-open")
    words = ("build", "out.xlsx", "--template", "edges")
    assert "wrote out.xlsx" in printed(*words, folder=tmp_path)
    assert told(programs) == {}
    printed(*words, "--force", "--open", folder=tmp_path)
    assert told(programs) == {"xdg-open": ["1", str(tmp_path / "out.xlsx")]}


def test_it_is_written_though_it_cannot_be_opened(programs: Path, tmp_path: Path) -> None:
    outcome = command("build", "out.xlsx", "--template", "edges", "--open", folder=tmp_path)
    assert "wrote out.xlsx" in outcome.out
    check_refusal(outcome, "out.xlsx: no program here could show it")
    assert (tmp_path / "out.xlsx").is_file()


def test_a_class_is_not_opened(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("name,id\nAda,1\n")
    words = ("--students", "list.csv", "--out-dir", "new", "--exercise", "conv1", "--open")
    check_refusal(command("build", *words, folder=tmp_path), "--open is for one workbook")
    assert not (tmp_path / "new").exists()
