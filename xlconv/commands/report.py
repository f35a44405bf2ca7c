"""What `xlconv verify` prints: the verdict, the prediction, what is wrong, how it was proved.

Knows the data it is given and Rich; must not compute or read anything.
"""

from collections.abc import Iterator
from math import isfinite

from rich.markup import escape
from rich.table import Table

from xlconv.commands.console import OUT, answer_line, markup
from xlconv.commands.findings import print_findings
from xlconv.system.terminal_text import one_line
from xlconv.verification.report import ExerciseReport, Report, Words, error_text

_VERDICTS = {
    "agrees": "[bold green]agrees[/]: every cell computes what NumPy computes",
    "differs": "[bold red]differs[/]",
    "unfinished": "[bold yellow]unfinished[/]: ",
    "unchecked": "[bold yellow]unchecked[/]: there was no value to compare; "
    "leave out --engine none, or save the book in Excel or LibreOffice",
}
_STORED_NOTES = {
    "absent": "The file holds no stored values: a viewer that does not calculate shows empty "
    "cells. Save it once in Excel or LibreOffice.",
    "stale": "The stored values are stale: a pixel, a weight or a setting was changed and the file "
    "not recalculated since. Save it once in Excel or LibreOffice.",
}
_ROUNDED_NOTE = (
    "The stored values have no more digits than are shown: the program that saved the file "
    "calculates so. Turn off LibreOffice's 'Precision as shown', or Excel's 'Set precision as "
    "displayed', and save it again."
)


def print_report(report: Report, max_findings: int, blocks: bool = False) -> None:
    """The verdict and the prediction, then what is wrong, then how it was proved: with `blocks`, a
    line a block."""
    OUT.print(_verdict_line(report), soft_wrap=True)
    if report.prediction is not None:
        OUT.print(f"prediction: {answer_line(report.prediction, report.values)}")
    for engine in report.engines:
        if engine.error is not None:
            line = f"{engine.name}: {engine.state}: {engine.error}"
            OUT.print(markup(line), style="yellow", soft_wrap=True)
    print_findings(report.findings, max_findings)
    if report.rounded:
        OUT.print(_ROUNDED_NOTE, style="yellow")
    elif report.stored_state in _STORED_NOTES:
        OUT.print(_STORED_NOTES[report.stored_state], style="yellow")
    for name in report.copies:
        line = f"{one_line(name)!r} is a copy of the board: what is edited there is not verified"
        OUT.print(line, style="yellow", markup=False, soft_wrap=True)
    OUT.print(f"\n[bold]{markup(report.workbook)}[/]: {markup(report.network)}", soft_wrap=True)
    for line in _proof_lines(report, blocks):
        OUT.print(line, style="dim", soft_wrap=True)
    if blocks:
        OUT.print(_block_table(report))


def _verdict_line(report: Report) -> str:
    words = _VERDICTS[report.verdict]
    failed = [engine.name for engine in report.engines if engine.state == "failed"]
    if report.verdict == "unchecked" and failed:
        words = f"[bold yellow]unchecked[/]: {' and '.join(failed)} could not evaluate it"
    if report.verdict == "unfinished" and report.exercise is not None:
        words += _left_to_do(report.exercise)
    if report.verdict == "differs":
        count = len(report.findings)
        words += f": {count:,} cell{' is' if count == 1 else 's are'} not as the network calls for"
    return words


def _proof_lines(report: Report, blocks: bool) -> Iterator[str]:
    """How much was looked at, and by what."""
    cells = sum(block.cells for block in report.blocks)
    more = "" if blocks else " (--blocks shows them)"
    yield f"{cells:,} computed cells in {len(report.blocks)} blocks{more}, engine: {report.engine}"
    if report.trials:
        many = "random trial" if report.trials == 1 else "random trials"
        yield f"{report.trials} {many} of other pictures and weights"
    if report.end_to_end is not None:
        distance = f"within {report.end_to_end:.1e} of NumPy's"
        if not isfinite(report.end_to_end):
            distance = "not a number"
        yield f"end to end, the output is {distance}"


def _block_table(report: Report) -> Table:
    """A line a block; with several engines, each one's difference from NumPy and the largest from
    each other."""
    ran = [engine.name for engine in report.engines if engine.state == "ran"]
    several = report.engine == "all"
    heads = ["cells", "formulas", "live error", "random error", "stored error"]
    if several:  # three engines just fit on 80 columns
        heads = ["formulas", *ran, "apart", "random", "stored"]
    padding = (0, 1, 0, 0) if several else (0, 1)
    table = Table(box=None, pad_edge=False, header_style="dim", padding=padding)
    table.add_column("block")
    for head in heads:
        table.add_column(head, justify="right")
    for block in report.blocks:
        live = [block.live.words]
        if several:
            tone = "wrong" if block.live.wrong else ""
            live = [Words(error_text(block.engines[name]), tone) for name in ran]
            live.append(Words("" if block.apart is None else error_text(block.apart)))
        answers = [block.formulas, *live, block.random.words, block.stored.words]
        count = [] if several else [f"{block.cells:,}"]
        table.add_row(escape(block.tensor), *count, *map(_markup, answers))
    return table


_COLOURS = {"wrong": "red", "aside": "dim", "doubt": "yellow"}


def _markup(words: Words) -> str:
    return f"[{_COLOURS[words.tone]}]{words.text}[/]" if words.tone else words.text


def _left_to_do(exercise: ExerciseReport) -> str:
    """What is not filled in of an exercise."""
    parts = []
    if exercise.empty:
        parts.append(f"{exercise.empty:,} of {exercise.cells:,} cells of the exercise are empty")
    if exercise.given:
        parts.append(f"{exercise.given:,} cells hold given numbers in place of formulas")
    return f"{' and '.join(parts)}; all others compute what NumPy computes"
