"""`xlconv --help`, drawn with Rich alone: Typer, which draws every other help, takes longer to
import than all of this to run.

Owns the first page and nothing that it speaks of: that it is Typer's, letter for letter, is for
a test. What is out of the ordinary is left to Typer.
"""

import os
import sys
from typing import ClassVar

from rich.align import Align
from rich.columns import Columns
from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

OPTIONS = {
    ("--version", ""): "Print the version.",
    ("--help", "-h"): "Show this message and exit.",
}
COMMANDS = {
    "build": "Write a workbook of a network that looks at a picture.",
    "open": "Open a workbook in the spreadsheet program: the system's own, or LibreOffice.",
    "verify": "Prove every cell of a workbook against NumPy.",
    "render": "Draw a sheet as a PNG, with the values that the workbook stores.",
    "show": "Show the picture and the answer in the terminal, or every layer's maps.",
    "templates": "List the templates with what they reach, or show one in detail.",
    "grade": "Mark what learners filled in.",
    "train": "Train a template's weights, with NumPy alone.",
}
ABOUT = "A small convolutional network as a live .xlsx workbook: every activation is a formula."
START = "Start with  xlconv build out.xlsx , open it, then  xlconv verify out.xlsx"

# What Typer, or Rich for it, asks of the surroundings.
_ASKED = (
    *("TERMINAL_WIDTH", "GITHUB_ACTIONS", "FORCE_COLOR", "PY_COLORS", "TYPER_USE_RICH"),
    "_TYPER_FORCE_DISABLE_TERMINAL",
)
_NARROWEST = 60  # columns below which the first line is broken
_THEME = {"option": "bold cyan", "switch": "bold green", "types": "bold yellow", "usage": "yellow"}


class _Words(RegexHighlighter):
    """Options, types and the first word in the colours of Typer's."""

    highlights: ClassVar = [
        r"(^|\W)(?P<switch>\-\w+)(?![a-zA-Z0-9])",
        r"(^|\W)(?P<option>\-\-[\w\-]+)(?![a-zA-Z0-9])",
        r"(?P<types>\<[^\>]+\>)",
        r"(?P<usage>Usage: )",
    ]


def program_name() -> str:
    """The program as it was called: `xlconv`, or `python -m xlconv`."""
    package = getattr(sys.modules["__main__"], "__package__", None)
    return f"python -m {package}" if package else os.path.basename(sys.argv[0])  # noqa: PTH119


def print_help() -> bool:
    """Print the first page; False, and nothing, where Typer's may look otherwise."""
    words = _Words()
    console = Console(theme=Theme(_THEME), highlighter=words)
    if console.width < _NARROWEST or any(name in os.environ for name in _ASKED):
        return False
    usage = words(f"Usage: {program_name()} [OPTIONS] COMMAND [ARGS]...")
    console.print(Padding(usage, 1), style="bold")
    console.print(Padding(Align(words(ABOUT), pad=False), (0, 1, 1, 1)))
    options = _table(highlight=True)
    for (long, short), text in OPTIONS.items():
        kind = Text.assemble(("<", "dim"), "bool", (">", "dim"), style="bold yellow")
        options.add_row(words(long), words(short), "", "", kind, Columns([words(text)]))
    console.print(_panel("Options", options))
    commands = _table(highlight=False)
    commands.add_column(style="bold cyan", no_wrap=True, width=max(map(len, COMMANDS)))
    commands.add_column(ratio=10)
    for name, text in COMMANDS.items():
        commands.add_row(name, words(text))
    console.print(_panel("Commands", commands))
    console.print(Padding(Align(words(START), pad=False), 1))
    console.file.write("\n")
    return True


def _table(highlight: bool) -> Table:
    return Table(
        highlight=highlight,
        show_header=False,
        expand=True,
        box=None,
        pad_edge=False,
        padding=(0, 1),
    )


def _panel(title: str, table: Table) -> Panel:
    return Panel(table, border_style="dim", title=title, title_align="left")
