"""How long a reader waits in LibreOffice: an edited pixel, another picture, another explained cell.

    python benchmarks/speed/editing.py [--template NAME] [--groups]
    python benchmarks/speed/editing.py --beside BOOK --input SHEET!CELL --output SHEET!RANGE

The whole workbook beside the board alone: the same cells of the network, without other sheets,
and with numbers in place of the panel's formulas. Both are edited in turn in one run, inside of
LibreOffice, without a window (so nothing is painted). The time ends when the probabilities were
read, in the whole workbook also what the inspector says, or when everything that an edit made dirty
was calculated. Ratios are of medians.

`--groups` says what each group of formulas costs: the whole workbook with numbers in its place.
`--beside` takes another workbook of a convolutional network, with a cell to edit and what follows
from it, and says how long templates take beside it, whole and without all but the board.
Needs LibreOffice and a Python with `uno`, as the tests do.
"""

import argparse
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from support.libreoffice import UnoSession, uno_session

import xlconv
from xlconv.book.book import read_book
from xlconv.compiler import compile_book
from xlconv.formulas.text import largest_magnitude
from xlconv.importers.template import Template, template_names
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.formulas import workbook_rules
from xlconv.sheets.on_board.panel.places import COLUMNS
from xlconv.spreadsheet.blocks import (
    Block,
    Book,
    CellwiseBlock,
    ConstantBlock,
    FormulaBlock,
    Highlight,
    Sheet,
)
from xlconv.spreadsheet.cells import Cell
from xlconv.state.sheet_names import BOARD, EXPLAIN
from xlconv.xlsx.writer import write_book

EDITS, SAMPLES, ROUNDS = 10, 20, 5  # so many samples, of so many edits, in each round
RATIO_TARGET = 3.0
BUILD_TARGET = 1.5  # seconds, of lesson3
SIZE_TARGET = 400_000  # bytes, of lesson3
DESK = ("picture", "loss", "scales", "looks", "shown")  # the panel's groups of formulas

# Beside another workbook: so many times as long as in it, at most, until what is there.
BESIDE = {
    "lesson3": {"output": 0.4, "all that is dirty": 0.5},
    "lenet5": {"output": 3.0},
    "resnet": {"output": 8.0},
}
FEW = 5  # edits in a sample, and samples in a round: some books take half a second for one

_REFERENCE = re.compile(r"\$?[A-Z]{1,3}\$?\d+")

ALONE, INSPECTED, CALCULATED = "board alone", "output and inspector", "all that is dirty"

Step = list[Any]
Waits = dict[tuple[str, str], list[float]]  # milliseconds, by what is waited for and by book


@dataclass(frozen=True)
class Edited:
    """A workbook to edit, and the layout of its board."""

    path: Path
    layout: Layout
    whole: bool


def groups_of(template: Template, layout: Layout) -> dict[tuple[str, Cell], str]:
    """The group that a block's formulas belong to, by its sheet and its first cell."""
    found = {}
    for rule in workbook_rules(template.network, layout):
        group = "picture" if rule.key == "input" else rule.key.partition(":")[0]
        found[rule.sheet, rule.range.first] = group
    return found


def frozen(block: Block) -> Block | None:
    """Numbers in place of formulas; texts are left out."""
    if not isinstance(block, FormulaBlock | CellwiseBlock):
        return block
    try:
        values = np.asarray(block.values, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return ConstantBlock(block.range, values.reshape(block.range.height, -1), block.style)


def without(sheet: Sheet, owners: dict[tuple[str, Cell], str], groups: Iterable[str]) -> Sheet:
    """A sheet with numbers in place of groups of formulas."""
    wanted = set(groups)
    blocks = [
        frozen(block) if owners.get((sheet.name, block.range.first)) in wanted else block
        for block in sheet.blocks
    ]
    return replace(sheet, blocks=tuple(block for block in blocks if block is not None))


def board_alone(book: Book, owners: dict[tuple[str, Cell], str], layout: Layout) -> Book:
    """The board as it would be without anything to learn from: no panel, no other sheet; the
    colours follow their own maps."""
    [sheet] = [one for one in book.sheets if one.name == BOARD]
    sheet = without(sheet, owners, DESK)
    rules = []
    for rule in sheet.rules:
        if not isinstance(rule, Highlight):
            rules.append(replace(rule, limit=largest_magnitude(rule.ranges[0])))
        elif not reads_panel(rule.formula, layout):
            rules.append(rule)
    blocks = [replace(b, link=None) if getattr(b, "link", None) else b for b in sheet.blocks]
    choices = tuple(choice for choice in sheet.choices if choice.listed is None)
    alone = replace(sheet, blocks=tuple(blocks), rules=tuple(rules), choices=choices)
    names = {name: place for name, place in book.names.items() if place[0] == BOARD}
    return replace(book, sheets=(alone,), names=names, hidden={})


def reads_panel(formula: str, layout: Layout) -> bool:
    """Whether a formula reads a cell of the panel, or what follows from it."""
    panel = layout.panel
    places = {*panel.chosen, panel.outlined.first, panel.pixel_row.first}
    named = any(Cell.parse(text) in places for text in _REFERENCE.findall(formula))
    return named or any(name in formula for name in COLUMNS)


def pixel_of(book: Edited) -> str:
    """A pixel in the middle of the picture."""
    inside = book.layout.tensors["input"].maps[0]
    return inside.cell(inside.height // 2, inside.width // 2).a1


@dataclass(frozen=True)
class Until:
    """What is waited for: ranges that are read, or that everything dirty is calculated."""

    ranges: tuple[str, ...]
    everything: bool = False


def ends(template: Template) -> dict[str, Until]:
    # What the sheet Explain says and draws, whatever is explained: its cells behind the picture.
    output, said = template.network.output, (f"{EXPLAIN}!AD2:AZ60",)
    return {
        "output": Until((output,)),
        INSPECTED: Until((output, *said)),
        CALCULATED: Until((output,), True),
    }


def measured(
    session: UnoSession, book: Edited, place: str, values: list[float], until: Until
) -> list[float]:
    """Milliseconds of an edit, in samples; the first one is left out."""
    step = ["edited", place, values, EDITS, until.ranges, until.everything]
    return [1000 * seconds for seconds in session.run(book.path, *[step] * (SAMPLES + 1))[1:]]


def waits(session: UnoSession, template: Template, books: dict[str, Edited]) -> Waits:
    """Times of an edited pixel, all books in turn, round after round."""
    found: Waits = {}
    values = [0.1 + 0.8 * n / EDITS for n in range(EDITS)]
    for _ in range(ROUNDS):
        for what, until in ends(template).items():
            for name, book in books.items():
                if what != INSPECTED or book.whole:
                    times = measured(session, book, pixel_of(book), values, until)
                    found.setdefault((what, name), []).extend(times)
    return found


def other_choices(
    session: UnoSession, template: Template, book: Edited
) -> Iterator[tuple[str, float]]:
    """Median milliseconds of choices that only the whole workbook has."""
    choices = {"another explained cell": "explained_row"}
    if book.layout.gallery is not None:
        choices["another picture"] = "picture"
    for what, place in choices.items():
        for until in (INSPECTED, CALCULATED):
            values = [1 + n for n in range(EDITS)]
            times = measured(session, book, place, values, ends(template)[until])
            yield f"{what}, until {until}", statistics.median(times)


def made(template: Template, folder: Path, groups: bool) -> dict[str, Edited]:
    """The workbooks to compare."""
    whole = folder / "whole.xlsx"
    xlconv.build(whole, template, template.image)
    layout = read_book(whole).layout
    book = compile_book(template, template.image)
    owners = groups_of(template, layout)
    write_book(folder / "alone.xlsx", board_alone(book, owners, layout), overwrite=True)
    books = {
        ALONE: Edited(folder / "alone.xlsx", layout, False),
        "whole": Edited(whole, layout, True),
    }
    if groups:
        for group in (*DESK, "explain"):
            path = folder / f"{group}.xlsx"
            sheets = tuple(without(sheet, owners, [group]) for sheet in book.sheets)
            write_book(path, replace(book, sheets=sheets), overwrite=True)
            books[f"without {group}"] = Edited(path, layout, True)
    return books


def check_same_numbers(session: UnoSession, template: Template, books: dict[str, Edited]) -> None:
    """After one edit every book gives NumPy's output: none is fast because it is wrong."""
    image = template.image.copy()
    height, width = image.shape[1:]
    image[0, height // 2, width // 2] = 0.625
    expected = xlconv.forward(template, image)[template.network.output]
    for name, book in books.items():
        inside = book.layout.tensors["input"].maps[0]
        pixel = inside.cell(height // 2, width // 2).a1
        output = ["read", template.network.output]
        found = np.array(session.run(book.path, ["set", pixel, 0.625], output)[1], dtype=float)
        if not np.allclose(found.reshape(expected.shape), expected, rtol=1e-9, atol=1e-12):
            raise SystemExit(f"{name}: the output is not NumPy's")


def ratio(found: Waits, what: str, name: str) -> float:
    """A book's time to the board alone's, which has no inspector to wait for."""
    base = found["output" if what == INSPECTED else what, ALONE]
    return statistics.median(found[what, name]) / statistics.median(base)


@dataclass(frozen=True)
class Pixel:
    """A cell to edit in a workbook, and what follows from it."""

    path: Path
    cell: str
    output: str


def pixels_beside(other: Pixel, folder: Path) -> dict[tuple[str, str], Pixel]:
    """The other workbook, and of each template with a goal the board alone and the whole."""
    found = {("", "beside"): other}
    for name in BESIDE:
        template, place = xlconv.load_template(name), folder / name
        place.mkdir()
        for book, edited in made(template, place, False).items():
            found[name, book] = Pixel(edited.path, pixel_of(edited), template.network.output)
    return found


def waits_beside(
    session: UnoSession, pixels: dict[tuple[str, str], Pixel]
) -> dict[tuple[str, str, str], list[float]]:
    """Milliseconds by template, book and what is waited for, all in turn, round after round."""
    found: dict[tuple[str, str, str], list[float]] = {}
    values = [0.1 + 0.8 * n / FEW for n in range(FEW)]
    for _ in range(ROUNDS):
        for (name, book), pixel in pixels.items():
            for until, everything in (("output", False), (CALCULATED, True)):
                step = ["edited", pixel.cell, values, FEW, [pixel.output], everything]
                seconds = session.run(pixel.path, *[step] * (FEW + 1))[1:]
                found.setdefault((name, book, until), []).extend(1000 * one for one in seconds)
    return found


def report_beside(console: Console, found: dict[tuple[str, str, str], list[float]]) -> None:
    table = Table("one edited pixel, until", "template", "book", title="Beside another workbook")
    for head in ("median ms", "least", "the other = 1", "goal"):
        table.add_column(head, justify="right")
    medians = {key: statistics.median(times) for key, times in found.items()}
    met = []
    for (name, book, until), median in sorted(medians.items(), key=lambda item: item[0][2]):
        times = median / medians["", "beside", until]
        goal = BESIDE.get(name, {}).get(until) if book == "whole" else None
        least = min(found[name, book, until])
        numbers = (f"{median:.2f}", f"{least:.2f}", f"{times:.2f}", f"{goal:g}" if goal else "")
        table.add_row(until, name, book, *numbers)
        if goal:
            met.append(
                f"{_met(times <= goal)}  {name}, until {until}: {times:.2f}, at most {goal:g}"
            )
    console.print(table)
    for line in met:
        console.print(line)


def report(console: Console, found: Waits, choices: dict[str, float]) -> None:
    table = Table("one edited pixel, until", "book", title="Editing, in LibreOffice")
    for head in ("median ms", "least", "board alone = 1"):
        table.add_column(head, justify="right")
    for (what, name), times in found.items():
        texts = (f"{number:.2f}" for number in (statistics.median(times), min(times)))
        table.add_row(what, name, *texts, f"{ratio(found, what, name):.2f}")
    console.print(table)
    for what, median in choices.items():
        console.print(f"{what}: {median:.1f} ms")
    for what in dict.fromkeys(what for what, _ in found):
        times = ratio(found, what, "whole")
        console.print(
            f"{_met(times <= RATIO_TARGET)}  one pixel, until {what}: {times:.2f} times the board "
            f"alone, at most {RATIO_TARGET:g}"
        )


def sizes(console: Console, folder: Path) -> None:
    """What building takes, and how large the files are."""
    table = Table("template", title="Building, the best of three")
    for head in ("seconds", "kB"):
        table.add_column(head, justify="right")
    best: dict[str, tuple[float, int]] = {}
    for name in template_names():
        path, times = folder / f"{name}.xlsx", []
        for _ in range(3):
            start = time.perf_counter()
            template = xlconv.load_template(name)
            xlconv.build(path, template, template.image)
            times.append(time.perf_counter() - start)
        best[name] = (min(times), path.stat().st_size)
        table.add_row(name, f"{best[name][0]:.2f}", f"{best[name][1] / 1000:.0f}")
    console.print(table)
    seconds, size = best["lesson3"]
    console.print(
        f"{_met(seconds <= BUILD_TARGET)}  lesson3 is built in {seconds:.2f} s, at most "
        f"{BUILD_TARGET:g}"
    )
    console.print(
        f"{_met(size <= SIZE_TARGET)}  lesson3.xlsx has {size / 1000:.0f} kB, at most "
        f"{SIZE_TARGET / 1000:.0f}"
    )


def _met(holds: bool) -> str:
    return "[green]met   [/]" if holds else "[red]missed[/]"


def main() -> None:
    parser = argparse.ArgumentParser(description="Edits in LibreOffice, as ratios.")
    parser.add_argument("--template", default="lesson3", choices=template_names())
    parser.add_argument("--groups", action="store_true", help="what each group of formulas costs")
    parser.add_argument("--beside", type=Path, help="another workbook, of a convolutional network")
    parser.add_argument("--input", help="its cell to edit, as in 'Sheet!B2'")
    parser.add_argument("--output", help="what follows from it, as in 'Sheet!F9'")
    wanted = parser.parse_args()
    if wanted.beside and not (wanted.input and wanted.output):
        parser.error("--beside needs --input and --output")
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise SystemExit("LibreOffice is not installed: there is no soffice on the PATH")
    console = Console(width=120, highlight=False)
    with tempfile.TemporaryDirectory() as name, uno_session(program, "/usr/bin/python3") as session:
        folder = Path(name)
        if wanted.beside:
            other = Pixel(wanted.beside.resolve(), wanted.input, wanted.output)
            report_beside(console, waits_beside(session, pixels_beside(other, folder)))
        else:
            edits(console, session, folder, xlconv.load_template(wanted.template), wanted.groups)


def edits(
    console: Console, session: UnoSession, folder: Path, template: Template, groups: bool
) -> None:
    """A template's whole workbook beside its board alone."""
    books = made(template, folder, groups)
    check_same_numbers(session, template, books)
    found = waits(session, template, books)
    choices = dict(other_choices(session, template, books["whole"]))
    report(console, found, choices)
    sizes(console, folder)


if __name__ == "__main__":
    main()
