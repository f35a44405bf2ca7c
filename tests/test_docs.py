"""README and docs say what is there: every command, option, public name, kind of layer and
template; links lead somewhere; and the cells that the README sends a learner to are those."""

import inspect
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer.main
from support.books import named_ranges, xml_cells

import xlconv
from xlconv.commands.app import app
from xlconv.importers.template import template_names
from xlconv.network.layers.kinds import KINDS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README, COMMANDS_PAGE, PYTHON, TEMPLATES = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/commands.md", "docs/python.md", "docs/templates.md")
)
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
MOST_LINES = 220  # the README is a front door
LINK = re.compile(r"\]\(([^)\s]+)\)")
QUOTED = re.compile(r"`([^`]+)`")
CELL = re.compile(r"(?:(?P<sheet>[A-Z][a-z]+)!)?(?P<cell>[A-Z]{1,3}[0-9]+)")


def row_of(page: str, name: str) -> str:
    """The one row of a page's tables that begins with a name in code."""
    [row] = re.findall(rf"^\| `{re.escape(name)}[`(].*$", page, re.MULTILINE)
    return row


def options_of(command: str) -> set[str]:
    """The long options of a command."""
    spelled = {option for parameter in COMMANDS[command].params for option in parameter.opts}
    return {option for option in spelled if option.startswith("--")} | {"--help"}


def section(command: str) -> str:
    """What docs/commands.md says of a command, up to the next command's heading."""
    [found] = re.findall(
        rf"^## `xlconv {command}\b.*?(?=^## |\Z)", COMMANDS_PAGE, re.MULTILINE | re.DOTALL
    )
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_on_its_page_and_no_other_option(name: str) -> None:
    assert f"xlconv {name}" in README
    rows = re.findall(r"^\| (`--[^|]+) \|", section(name), re.MULTILINE)
    described = {option for row in rows for option in re.findall(r"`(--[a-z-]+)", row)}
    assert described == options_of(name) - {"--help"}


def command_lines() -> Iterator[str]:
    """Every command line that the pages show, in blocks of code and within sentences."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        lines = [line for block in blocks for line in re.split(r"\n|&&", block)]
        for line in lines + QUOTED.findall(text):
            called = re.match(r"\s*(?:\$ )?(?:\.venv/bin/)?xlconv ([a-z].*)", line)
            if called is not None:
                yield called[1]


@pytest.mark.parametrize("line", sorted(set(command_lines())))
def test_a_command_line_that_a_page_shows_can_be_typed(line: str) -> None:
    command, *words = shlex.split(line, comments=True)
    assert {word for word in words if word.startswith("--")} <= options_of(command)


@pytest.mark.parametrize("name", sorted(set(xlconv.__all__) - {"__version__"} - KINDS.keys()))
def test_every_public_name_has_a_row_with_its_signature(name: str) -> None:
    row = row_of(PYTHON, name)
    value = getattr(xlconv, name)
    if not row.startswith(f"| `{name}`"):
        bare = [
            parameter.replace(annotation=inspect.Parameter.empty)
            for parameter in inspect.signature(value).parameters.values()
        ]
        assert row.startswith(f"| `{name}{inspect.Signature(bare)}` |")
    else:
        assert isinstance(value, type), f"{name}: say how it is called"


def test_the_example_in_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [example] = re.findall(r"^```python\n(.*?)^```", PYTHON, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(example, names)
    assert names["report"].verdict == "agrees"
    assert (tmp_path / "board.png").stat().st_size > 0


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_layer_is_public_and_has_a_row_with_its_settings(name: str) -> None:
    assert getattr(xlconv, name) is KINDS[name]
    row = row_of(TEMPLATES, name)
    unwritten = {"name", "inputs", *KINDS[name].unwritten}
    for setting in {field.name for field in fields(KINDS[name])} - unwritten:
        assert f"`{setting}" in row


@pytest.mark.parametrize("name", template_names())
def test_every_template_has_its_rows_and_its_accuracy(name: str) -> None:
    assert row_of(TEMPLATES, name)
    [row] = re.findall(rf"^\| `{name}` \|.*$", README, re.MULTILINE)
    measured = xlconv.load_template(name).about.measured
    if measured is not None:
        assert f"{measured.value:.2%}".replace("%", " %") in row


def test_the_readme_is_a_front_door() -> None:
    assert len(README.splitlines()) <= MOST_LINES
    for page in PAGES[1:]:
        assert f"(docs/{page.name})" in README


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if not link.startswith("https://"):
            path, _, heading = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.is_file(), link
            assert not heading or heading in headings(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    for above, line in pairwise(lines):
        if above.startswith("|") and line.startswith("|"):
            counts = [len(re.sub(r"`[^`]*`", "", row).split("|")) for row in (above, line)]
            assert counts[0] == counts[1], line


def test_every_file_that_a_page_names_is_there() -> None:
    """From the top, or from the package as docs/how-it-is-made.md does."""
    named = {
        name
        for page in PAGES
        if page.name != "design.md"  # which names files of other projects
        for name in re.findall(
            r"\b(?:benchmarks|tests|templates|xlconv)/[\w./-]*\w|(?<=`)[a-z]+/[\w/]*(?:\.py)?(?=`)",
            page.read_text(encoding="utf-8"),
        )
    }
    assert {"xlsx/archive.py", "tests/cases"} <= named
    homes = (ROOT, ROOT / "xlconv", ROOT / "benchmarks")
    assert [
        name for name in sorted(named) if not any((home / name).exists() for home in homes)
    ] == []


def questions() -> dict[str, list[str]]:
    """What each template's rows of the README's table of questions say to look at."""
    table = README.partition("| question |")[2].partition("\n\n")[0].splitlines()[2:]
    rows = [re.fullmatch(r"\| [^|]+\? \| `([^`]+)` \| (.+) \|", line).groups() for line in table]
    return {name: [looks for row, looks in rows if row == name] for name, _ in rows}


@pytest.mark.parametrize("name", questions())
def test_what_the_readme_sends_a_learner_to_is_there(name: str, tmp_path: Path) -> None:
    """Names are defined, cells are not empty, and a formula is that of the cell before it."""
    template = xlconv.load_template(name)
    path = tmp_path / "book.xlsx"
    xlconv.build(path, template, template.image)
    names = named_ranges(path)
    for looks in questions()[name]:
        formula: str | None = None
        for quoted in QUOTED.findall(looks):
            if quoted.startswith("="):
                assert quoted == f"={formula}"
            elif (place := CELL.fullmatch(quoted)) is not None:
                found = xml_cells(path, place["sheet"] or "Board")[place["cell"]]
                formula = found.formula
                assert formula is not None or found.value, quoted
            elif not quoted.startswith("--"):
                assert quoted in names or quoted in template_names(), quoted
