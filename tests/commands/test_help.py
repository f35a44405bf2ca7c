"""The first page of help is drawn without Typer, which takes longer to import: it is Typer's,
letter for letter and colour for colour, and Typer still draws what is out of the ordinary."""

import io
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from unittest.mock import patch

import pytest

from xlconv.commands.app import app
from xlconv.commands.help import print_help


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(print_page: Callable[[], object], stream: io.StringIO) -> str:
    with (
        redirect_stdout(stream),
        patch.object(sys, "argv", ["/somewhere/xlconv", "--help"]),
        patch.object(sys.modules["__main__"], "__package__", None),
        suppress(SystemExit),
    ):
        print_page()
    return stream.getvalue()


@pytest.fixture(autouse=True)
def _ordinary(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "FORCE_COLOR", "PY_COLORS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize("columns", [60, 72, 80, 100, 133, 200])
@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_the_first_page_is_typers(
    columns: int, stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    page = printed(print_help, stream())
    assert page == printed(app, stream())
    assert ("\x1b[" in page) is (stream is Terminal)


@pytest.mark.parametrize("name", ["FORCE_COLOR", "GITHUB_ACTIONS"])
def test_what_is_out_of_the_ordinary_is_left_to_typer(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert printed(print_help, io.StringIO()) == ""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv(name, "1")
    assert printed(print_help, io.StringIO()) == ""


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_neither_typer_nor_numpy_is_imported_for_it(option: str) -> None:
    code = (
        f"import sys; sys.argv = ['xlconv', '{option}']\n"
        "from xlconv.__main__ import main\n"
        "main()\n"
        "assert not {'typer', 'numpy', 'openpyxl'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage: " in done.stdout
