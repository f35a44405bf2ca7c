"""Does `verify` find every fault, and blame the right cell? And does it leave good books alone?

    python benchmarks/quality/mutations.py [--each N] [--seed N] [--templates a,b] [--values]
    python benchmarks/quality/mutations.py --untouched 200

Plants faults, one at a time, in workbooks of several templates: as built, as LibreOffice and as
openpyxl saved them, and broken first and then calculated and saved by LibreOffice. For each kind:
how many were found, and planted, how many escaped, and how many were blamed on a wrong cell, too.
`--values` adds how many are found by values alone, as if any formula were taken for the right one:
that is what the engine and the random trial tell. `--untouched` counts false alarms in books of
random networks, edited and saved by all three.

Not checked by `verify`, and so not planted: colours, what is merged or
hidden, charts, the words of Explain, and what pictures are said to show, which is the reader's to
type.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from support.faults import (
    KINDS,
    NoPlaceError,
    Outcome,
    Planted,
    Specimen,
    judged,
    specimens,
    template_sources,
    without_formula_check,
)
from support.libreoffice import converted, uno_session
from support.networks import untouched_books

import xlconv
from xlconv.errors import XlconvError

TEMPLATES = ("lesson3", "resnet", "conv-example", "dropout", "multilabel", "edges")
# What LibreOffice mends when it calculates the file anew, or what it would not load.
NOT_RECALCULATED = {"a stored value's tenth digit"}
INSERTED = "a row inserted through a map"
OUT = Console(highlight=False)
Job = tuple[str, Specimen, Planted]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--each", type=int, default=6, help="faults of a kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--templates", default=",".join(TEMPLATES))
    parser.add_argument("--values", action="store_true", help="what values alone tell, besides")
    parser.add_argument("--untouched", type=int, help="count false alarms in so many books")
    given = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="xlconv-mutations-") as folder:
        if given.untouched:
            wrong = _untouched(Path(folder), given.untouched, given.seed)
        else:
            wrong = _score(Path(folder), given)
    OUT.print(f"{time.monotonic() - start:.0f} s")
    sys.exit(1 if wrong else 0)


def _untouched(folder: Path, count: int, seed: int) -> int:
    """Prints how many good books raise a finding, and which."""
    program, alarms = shutil.which("soffice"), 0
    histories: Counter[str] = Counter()
    for book in untouched_books(folder, count, seed, program):
        histories[book.history] += 1
        try:
            report = xlconv.verify(book.path)
            found = [f"{one.kind} {one.cell}" for one in report.findings[:3]]
            wrong = report.verdict != "agrees"
        except XlconvError as error:
            found, wrong = [str(error)], True
        if wrong:
            alarms += 1
            OUT.print(f"{book.path.name} ({book.history}): {found}", soft_wrap=True, markup=False)
    OUT.print(", ".join(f"{number} {history}" for history, number in sorted(histories.items())))
    OUT.print(f"false alarms: {alarms} of {count}")
    return alarms


def _score(folder: Path, given: argparse.Namespace) -> int:
    """Prints the table; how many faults were not found as they should be."""
    program = shutil.which("soffice")
    books = specimens(folder, template_sources(given.templates.split(",")), program)
    score: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    broken = folder / "broken.xlsx"
    for kind, specimen, planted in plantings(books, given.each, given.seed):
        _count(score, judged(kind, planted, planted.write(specimen.path, broken)), specimen)
        if given.values and specimen.saved_by != "openpyxl":
            with without_formula_check():
                score[kind]["by values"] += judged(kind, planted, broken).verdict == "found"
            score[kind]["tried"] += 1
    if program is not None:
        built = [one for one in books if one.saved_by == "xlconv"]
        for outcome, specimen in _recalculated(folder, built, program, given):
            _count(score, outcome, specimen)
        score[INSERTED] = Counter()
        for outcome, specimen in _inserted(folder, built, program):
            _count(score, outcome, specimen)
    OUT.print(_table(score, given.values))
    return sum(one["missed"] + one["blamed"] for one in score.values())


def _count(score: dict[str, Counter[str]], outcome: Outcome, specimen: Specimen) -> None:
    score[outcome.kind][outcome.verdict] += 1
    if outcome.verdict != "found":
        where = f"{specimen.template}, saved by {specimen.saved_by}"
        OUT.print(f"{outcome.verdict}: {outcome.kind} ({where}): {outcome.detail}", markup=False)


def _recalculated(
    folder: Path, built: list[Specimen], program: str, given: argparse.Namespace
) -> Iterator[tuple[Outcome, Specimen]]:
    """Broken, then calculated and saved by LibreOffice: everything behind follows the fault."""
    jobs: list[tuple[Path, Job]] = []
    (folder / "first").mkdir()
    for job in plantings(built, max(1, given.each // 3), given.seed + 1):
        kind, specimen, planted = job
        if kind not in NOT_RECALCULATED:
            path = folder / "first" / f"{len(jobs)}.xlsx"
            jobs.append((planted.write(specimen.path, path), job))
    for start in range(0, len(jobs), 20):
        part = jobs[start : start + 20]
        (folder / f"then{start}").mkdir()
        # Told to compute all: of edited books it takes over what does not happen to be 0.
        saved = converted(program, [path for path, _ in part], folder / f"then{start}", anew=True)
        for path, (kind, specimen, planted) in part:
            yield judged(kind, planted, saved / path.name), specimen


def _inserted(
    folder: Path, built: list[Specimen], program: str
) -> Iterator[tuple[Outcome, Specimen]]:
    """A row inserted through the second row of a map: names and formulas follow the cells."""
    for specimen in built:
        book, saved = specimen.book, folder / f"inserted-{specimen.path.name}"
        place = book.layout.tensors[book.network.layers[0].name].maps[0].cell(1, 0).a1
        with uno_session(program, "/usr/bin/python3") as session:
            session.run(specimen.path, ["insert", place, 1], ["save", saved.as_uri()])
        yield judged(INSERTED, Planted({}, frozenset(), f"a row above {place}"), saved), specimen


def _table(score: dict[str, Counter[str]], values: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("fault", no_wrap=True)
    heads = (
        "found",
        "planted",
        "missed",
        "blamed wrongly",
        *(["by values alone"] if values else []),
    )
    for head in heads:
        table.add_column(head, justify="right")
    total: Counter[str] = Counter()
    for kind, counts in score.items():
        table.add_row(kind, *_cells(counts, values))
        total += counts
    table.add_row("all", *_cells(total, values), style="bold")
    return table


def _cells(counts: Counter[str], values: bool) -> list[str]:
    planted = counts["found"] + counts["missed"] + counts["blamed"]
    cells = [str(counts["found"]), str(planted), str(counts["missed"]), str(counts["blamed"])]
    return [*cells, *([f"{counts['by values']} of {counts['tried']}"] if values else [])]


def plantings(
    specimens: list[Specimen], each: int, seed: int
) -> Iterator[tuple[str, Specimen, Planted]]:
    """So many faults of each kind, over the specimens in turn, at cells that a seed chooses."""
    for kind, mutation in KINDS.items():
        random = Random(f"{seed} {kind}")
        order = random.sample(specimens, len(specimens))
        made = 0
        for turn in range(each * len(specimens) * 3):
            if made == each:
                break
            specimen = order[turn % len(order)]
            try:
                planted = mutation(specimen, random)
            except NoPlaceError:
                continue
            made += 1
            yield kind, specimen, planted


if __name__ == "__main__":
    main()
