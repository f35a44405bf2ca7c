"""What all tests share: LibreOffice where it is installed, and books in a folder of their own.

With XLCONV_REQUIRE_LIBREOFFICE set, as CI sets it, a missing LibreOffice (or Gnumeric) is a
failure; else the tests that need it are skipped.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import Phase, settings
from support.books import EXAMPLES, BuildBook, BuiltBook, NetworkBook, TemplateBook, built
from support.libreoffice import UnoSession, uno_session

import xlconv
from xlconv import Model, Network

REQUIRE = "XLCONV_REQUIRE_LIBREOFFICE"

# The same examples on every run, shown as they are: making one smaller, book by book, can take
# minutes. XLCONV_EXAMPLES=20 looks for new ones, so many times as many, and makes them smaller.
settings.register_profile(
    "fixed", derandomize=True, deadline=None, database=None, phases=(Phase.explicit, Phase.generate)
)
settings.register_profile("new", deadline=None)
settings.load_profile("fixed" if EXAMPLES == 1 else "new")


# Where Python is told to keep nothing compiled, a hundred commands that the tests start would each
# compile the whole package.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Where the tests are started in the background, Ctrl-C is not heard, and neither is it by the
# programs that they start and stop.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Files of few tests that take long: pytest-xdist would leave them to the end, to one worker.
LONG = (
    *("test_libreoffice.py", "test_explain.py", "test_inspector_random.py", "test_cases.py"),
    *("test_learning.py", "test_exercise.py", "test_mutations.py", "test_model_sheet.py"),
    *("test_staleness.py", "test_inspector_tampering.py", "test_grade.py", "test_hostile.py"),
)


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first; else as they are."""
    order = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.name, len(LONG)))


def _missing(reason: str) -> NoReturn:
    if os.environ.get(REQUIRE):
        pytest.fail(f"{reason} ({REQUIRE} is set)")
    pytest.skip(reason)


def _soffice() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


@pytest.fixture(scope="session")
def libreoffice() -> str:
    """The program soffice."""
    found = _soffice()
    if found is None:
        _missing("LibreOffice is not installed: there is no soffice on the PATH")
    return found


@pytest.fixture(scope="session")
def any_libreoffice(request: pytest.FixtureRequest) -> str | None:
    """The program soffice; None, for tests that do less without it, where none is required."""
    required = os.environ.get(REQUIRE)
    return request.getfixturevalue("libreoffice") if required else _soffice()


@pytest.fixture(params=["formualizer", "libreoffice"])
def engine(request: pytest.FixtureRequest) -> str:
    """An engine by name, where it is installed."""
    if request.param != "formualizer":
        request.getfixturevalue(request.param)
    return str(request.param)


@pytest.fixture(scope="session")
def gnumeric() -> str:
    """The program ssconvert."""
    found = shutil.which("ssconvert")
    if found is None:
        _missing("Gnumeric is not installed: there is no ssconvert on the PATH")
    return found


@pytest.fixture(scope="session")
def uno_python(libreoffice: str) -> str:
    """A Python that can drive LibreOffice: the system's, or the one that LibreOffice brings."""
    own = Path(libreoffice).resolve().with_name("python")
    for program in ("/usr/bin/python3", str(own), sys.executable):
        if shutil.which(program) is None:
            continue
        if subprocess.run(
            [program, "-c", "import uno"], capture_output=True, timeout=30
        ).returncode:
            continue
        return program
    _missing("no Python here can drive LibreOffice: install python3-uno")


@pytest.fixture(scope="session")
def session(libreoffice: str, uno_python: str) -> Iterator[UnoSession]:
    """One LibreOffice for all tests of a process: starting it takes longer than most of them."""
    with uno_session(libreoffice, uno_python) as running:
        yield running


@pytest.fixture(scope="session")
def template_book(tmp_path_factory: pytest.TempPathFactory) -> TemplateBook:
    """The book of a template, built once for all workers: tests read it and change copies; a
    `plain` one has no gallery. Two may build one at once: `build` puts whole files in place.
    """
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "templates"
    folder.mkdir(exist_ok=True)

    @cache
    def made(name: str, plain: bool = False) -> BuiltBook:
        template = xlconv.load_template(name)
        model = Model(template.network, template.weights) if plain else template
        path = folder / f"{name}{'.plain' if plain else ''}.xlsx"
        if not path.exists():
            xlconv.build(path, model, template.image)
        return BuiltBook(path, model, template.image)

    return made


@pytest.fixture
def build_book(tmp_path: Path) -> BuildBook:
    """Builds the book of a network, with random weights and a random picture, in `tmp_path`."""

    def build(network: Network, seed: int = 0, name: str = "book.xlsx") -> BuiltBook:
        return built(tmp_path / name, network, seed)

    return build


@pytest.fixture(scope="session")
def network_book(tmp_path_factory: pytest.TempPathFactory) -> NetworkBook:
    """As `build_book`, but once for all tests of a process, which change copies alone."""

    @cache
    def made(network: Network, seed: int = 0) -> BuiltBook:
        return built(tmp_path_factory.mktemp("book") / "book.xlsx", network, seed)

    return made
