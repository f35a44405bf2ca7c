"""What `xlconv verify` prints: a line a block, findings, the verdict.

Knows the data it is given and Rich; must not compute or read anything.
"""

from collections.abc import Sequence
from math import isfinite

from rich.markup import escape
from rich.table import Table

from xlconv.commands.console import OUT, answer_line, markup
from xlconv.spreadsheet.readings import false_showing
from xlconv.system.terminal_text import one_line
from xlconv.verification.report import ExerciseReport, Finding, Report, Words, error_text

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


def print_report(report: Report, max_findings: int) -> None:
    """A line a block, then the findings, then the verdict and the prediction."""
    OUT.print(f"[bold]{markup(report.workbook)}[/]: {markup(report.network)}, {report.engine}")
    OUT.print(_block_table(report))
    for engine in report.engines:
        if engine.error is not None:
            line = f"{engine.name}: {engine.state}: {engine.error}"
            OUT.print(markup(line), style="yellow", soft_wrap=True)
    print_findings(report.findings, max_findings)
    if report.stored_state in _STORED_NOTES:
        OUT.print(_STORED_NOTES[report.stored_state], style="yellow")
    print_verdict(report)


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


def print_findings(findings: Sequence[Finding], most: int) -> None:
    """One aligned line a finding, at most so many."""
    if not findings:
        return
    OUT.print()
    shown = findings[:most]
    width = max((len(finding.cell) for finding in shown), default=0)
    for finding in shown:
        line = f"{finding.cell:<{width}}  {one_line(f'{finding.where}: {_words(finding)}')}"
        OUT.print(escape(line), style="red", soft_wrap=True)
    if len(findings) > most:
        OUT.print(f"... and {len(findings) - most:,} more (--max-findings shows more)")


def _words(finding: Finding) -> str:
    found, expected = _text(finding.found), _text(finding.expected)
    return {
        "formula": f"holds {found} where {expected} belongs",
        "typed": f"holds {found} where the formula {finding.formula} belongs",
        "padding": f"holds {found}, but padding must stay empty",
        "stray": f"holds {found} where no number belongs: what adds up {finding.tensor} reads it",
        "label": f"holds the label {found} where {expected} belongs",
        "table": f"holds {found} where {expected} belongs, by which Explain finds its way",
        "format": _format_words(finding),
        "caption": f"says {found} where {expected} belongs",
        "live": f"computes {found}, NumPy {expected}",
        "random": f"computes {found}, NumPy {expected}, with other pictures and weights only",
        "stored": f"was saved as {found}, NumPy computes {expected}",
    }[finding.kind]


def _format_words(finding: Finding) -> str:
    """What a number format shows, of the cell's own value or of another that it could hold."""
    value = finding.expected if isinstance(finding.expected, float | str) else 0.0
    shown = false_showing(value, str(finding.found), alone=finding.expected is not None)
    other = shown is None
    if shown is None:
        shown = false_showing(value, str(finding.found))
    told, text = shown or (value, "something else")
    held = f"{told:.10g}" if isinstance(told, float) else repr(told)
    would = "would show" if other else "shows"
    return f"its number format {finding.found} {would} {held} as {text.strip()}"


def _text(value: object) -> str:
    if value is None:
        return "nothing"
    return f"{value:.17g}" if isinstance(value, float) else str(value)


def print_verdict(report: Report) -> None:
    """The last lines: what was proved, and what the network says."""
    words = _VERDICTS[report.verdict]
    failed = [engine.name for engine in report.engines if engine.state == "failed"]
    if report.verdict == "unchecked" and failed:
        words = f"[bold yellow]unchecked[/]: {' and '.join(failed)} could not evaluate it"
    if report.verdict == "unfinished" and report.exercise is not None:
        words += _left_to_do(report.exercise)
    if report.verdict == "differs":
        count = len(report.findings)
        words += f": {count:,} cell{' is' if count == 1 else 's are'} not as the network calls for"
    OUT.print(f"\n{words}")
    if report.trials:
        many = "random trial" if report.trials == 1 else "random trials"
        OUT.print(f"{report.trials} {many} of other pictures and weights", style="dim")
    if report.end_to_end is not None:
        distance = f"within {report.end_to_end:.1e} of NumPy's"
        if not isfinite(report.end_to_end):
            distance = "not a number"
        OUT.print(f"end to end, the output is {distance}", style="dim")
    if report.prediction is not None:
        OUT.print(f"prediction: {answer_line(report.prediction, report.values)}")


def _left_to_do(exercise: ExerciseReport) -> str:
    """What is not filled in of an exercise."""
    parts = []
    if exercise.empty:
        parts.append(f"{exercise.empty:,} of {exercise.cells:,} cells of the exercise are empty")
    if exercise.given:
        parts.append(f"{exercise.given:,} cells hold given numbers in place of formulas")
    return f"{' and '.join(parts)}; all others compute what NumPy computes"
