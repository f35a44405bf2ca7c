"""The public surface is pinned: names, version, what is imported when."""

import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import xlconv

ROOT = Path(__file__).resolve().parent.parent


def test_every_public_name_is_there() -> None:
    for name in xlconv.__all__:
        if name != "__version__":
            assert getattr(xlconv, name).__name__ == name
    assert dir(xlconv) == sorted(xlconv.__all__)


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nix'"):
        xlconv.nix  # noqa: B018 - the access is what is tested


def printed(code: str, *arguments: str) -> str:
    """What a program prints."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_what_answers_at_once_imports_nothing_heavy(option: str) -> None:
    code = (
        "import sys; from xlconv.commands.app import app; "
        "app([sys.argv[1]], standalone_mode=False); "
        "print({name.partition('.')[0] for name in sys.modules})"
    )
    names = printed(code, option)
    heavy = {"numpy", "openpyxl", "PIL", "formualizer", "http", "xml", "zipfile", "multiprocessing"}
    assert "'typer'" in names
    assert not [name for name in heavy if f"'{name}'" in names]


def test_verify_imports_nothing_of_the_network() -> None:
    names = printed("import sys, xlconv.verification.verify; print(sorted(sys.modules))")
    assert "'numpy'" in names
    assert not [name for name in ("http", "urllib.request", "ssl") if f"'{name}'" in names]


def test_no_module_hides_a_public_name() -> None:
    """Importing one would put it in the place of the function that has its name."""
    modules = {module.name for module in pkgutil.iter_modules(xlconv.__path__)}
    assert "compiler" in modules
    assert not modules & set(xlconv.__all__)


def test_version_is_the_top_entry_of_the_changelog_and_of_the_package() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    top = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert top is not None
    assert top[1] == project["version"] == xlconv.__version__


def test_nothing_refers_to_the_workplace() -> None:
    suffixes = {".py", ".toml", ".md", ".txt", ".cfg"}
    files = [path for path in ROOT.rglob("*") if path.suffix in suffixes]
    own = [path for path in files if not {".venv", ".git"} & set(path.relative_to(ROOT).parts)]
    places = ("../" + "shared", "/work" + "/shared")
    assert len(own) > 40
    for path in own:
        text = path.read_text(encoding="utf-8")
        assert not any(place in text for place in places), path
