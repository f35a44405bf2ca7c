"""What `xlconv grade` prints: a progress bar, a table of marks, what is wrong.

Knows the data it is given and Rich; must not compute or read anything.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from xlconv.commands.console import ERR, OUT, markup
from xlconv.commands.waiting import shown_while_waiting
from xlconv.grading.marks import BlockMarks, Marks, mean_mark, per_cent, rounded_down

MOST_IN_WORDS = 10  # workbooks of which is printed what is wrong, if a file says it


@contextmanager
def marking_bar(count: int, what: str = "marking") -> Iterator[Callable[[int], None]]:
    """A progress bar of so many workbooks; of a single one what is done is shown, and nothing where
    nobody looks."""
    if count == 1:
        with shown_while_waiting():
            yield lambda done: None
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as bar:
        task = bar.add_task("", total=count)
        yield lambda done: bar.update(task, completed=done)


def print_marks(marked: Sequence[Marks], remarks: Sequence[str], out: Path | None) -> None:
    """A line a workbook, what is wrong first in each of its blocks, remarks, and the mean."""
    blocks = list(dict.fromkeys(block.block for marks in marked for block in marks.blocks))
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("student", style="bold")
    for block in blocks:
        table.add_column(markup(block), justify="right", no_wrap=True)
    table.add_column("mark", justify="right", no_wrap=True)
    table.add_column("file", style="dim")
    for marks in marked:
        found = {block.block: block for block in marks.blocks}
        cells = [_share(found[name]) if name in found else "" for name in blocks]
        mark = "[red]–[/]" if marks.error else per_cent(marks.mark)
        table.add_row(markup(marks.student), *cells, mark, markup(marks.file))
    OUT.print(table)
    _print_wrong(marked, whole=len(marked) <= MOST_IN_WORDS or out is None)
    twice = [name for name, count in Counter(m.student for m in marked).items() if count > 1]
    if twice:
        names = ", ".join(twice)
        OUT.print(f"\nseveral files were made for {markup(names)}", style="yellow", soft_wrap=True)
    for remark in remarks:
        OUT.print(f"\n{markup(remark)}", style="yellow", soft_wrap=True)
    if len(marked) > 1:
        OUT.print(f"\n{len(marked)} workbooks, mean {per_cent(mean_mark(marked))}")
    if out is not None:
        OUT.print(f"wrote {markup(out)}, with what is wrong in each block", soft_wrap=True)


def _share(block: BlockMarks) -> str:
    """The points of a block, and below, if not all are, how many cells are right, those that are
    numbers instead of formulas, and those of which nothing can be said."""
    unjudged = f" [yellow]({block.unjudged:,} unjudged)[/]" if block.unjudged else ""
    typed = f" [yellow]({block.typed:,} typed)[/]" if block.typed else ""
    colour = "green" if block.mark == 1.0 else "yellow" if block.mark else "red"
    earned = "–" if block.earned is None else f"{rounded_down(block.earned, 2):g}"
    cells = f"\n{block.right:,}/{block.cells:,}" if block.formulas < block.cells else ""
    return f"[{colour}]{earned}/{block.points:g}[/]{cells}{typed}{unjudged}"


def _print_wrong(marked: Sequence[Marks], whole: bool) -> None:
    """Why workbooks could not be marked, and, with `whole`, what is wrong in the others."""
    lines = []
    for marks in marked:
        if marks.error:
            lines.append(f"{marks.file}: {marks.error}")
        for block in marks.blocks if whole else ():
            if block.first_wrong:
                where = f"{marks.student}, {block.block}"
                slip = f" (a slip: {block.slip})" if block.slip else ""
                lines.append(f"{where}, {block.first_wrong}: {block.what}{slip}")
            if block.also:
                lines.append(f"{where}, also {block.also}")
    if lines:
        OUT.print()
    for line in lines:
        OUT.print(markup(line), style="red", soft_wrap=True)
