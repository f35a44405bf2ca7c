"""What a person waits for: whole processes of the `xlconv` command, beside `import numpy`.

    python benchmarks/speed/commands.py [--rounds N]

The commands run in turn, round after round, each in a process of its own, and the best of each
is kept: seconds on the clock, and seconds of the processor (the process with all that it
starts). Ratios to what imports libraries alone hold on any machine: `import numpy` for all, and
for some commands another yardstick with a goal, in seconds of the processor. Python's compiled
modules are kept in a folder of the run, as an installation keeps them. Targets in seconds are for
two quiet cores. On a machine that is busy with other things the clock shows too much, and the
processor's seconds tell how it would be: they are judged by both.

`build` writes lesson3 with its own weights, or, where they have not been trained yet, with
random ones of the same shapes. `verify` reads the workbook that `build` wrote.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from xlconv.importers.template import WEIGHTS_FILE, describe_template
from xlconv.training.train import initial_weights, save_weights

TEMPLATE = "lesson3"
ROUNDS = 5
YARDSTICK, FORMUALIZER, LIBREOFFICE = "import numpy", "verify", "verify --engine libreoffice"
WRITING, PRINTING, NOTHING = "import numpy, openpyxl", "import typer, rich", "pass"
# A command, its own yardstick, and the most that it may take of that one's processor time.
GOALS = (("build", WRITING, 2.0), ("--help", PRINTING, 1.5), ("import xlconv", NOTHING, 1.5))
ENGINE_TARGET = 3.0  # LibreOffice's seconds to formualizer's


@dataclass
class Command:
    """A command, what it may take in seconds, and the least that it took."""

    arguments: list[str]
    target: float | None = None
    clock: float = float("inf")
    processor: float = float("inf")


def commands(folder: Path) -> dict[str, Command]:
    """The commands by name, in the order in which they run."""
    python, xlconv = sys.executable, [sys.executable, "-m", "xlconv"]
    book = str(folder / "out.xlsx")
    build = [*xlconv, "build", book, "--force", *weights_option(folder)]
    found = {
        **{code: Command([python, "-c", code]) for code in (YARDSTICK, WRITING, PRINTING, NOTHING)},
        "import xlconv": Command([python, "-c", "import xlconv"]),
        "--help": Command([*xlconv, "--help"], 0.3),
        "build": Command(build, 1.0),
        FORMUALIZER: Command([*xlconv, "verify", book], 1.5),
        "verify --engine none": Command([*xlconv, "verify", book, "--engine", "none"]),
    }
    if shutil.which("soffice"):
        found[LIBREOFFICE] = Command([*xlconv, "verify", book, "--engine", "libreoffice"])
    return found


def weights_option(folder: Path) -> list[str]:
    """Random weights for a template that has none yet."""
    about = describe_template(TEMPLATE)
    if (about.folder / WEIGHTS_FILE).is_file():
        return []
    path = folder / WEIGHTS_FILE
    save_weights(path, initial_weights(about.network, 1, about.start))
    return ["--weights", str(path)]


def run(command: Command) -> None:
    """One process, to its end; SystemExit with what it printed if it fails."""
    clock, before = time.perf_counter(), children_seconds()
    done = subprocess.run(command.arguments, capture_output=True, text=True, check=False)
    command.clock = min(command.clock, time.perf_counter() - clock)
    command.processor = min(command.processor, children_seconds() - before)
    if done.returncode:
        raise SystemExit(f"{' '.join(command.arguments)} failed:\n{done.stdout}{done.stderr}")


def children_seconds() -> float:
    """Processor seconds of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ratio_table(measured: dict[str, Command]) -> Table:
    table = Table(title="Whole processes: best of the rounds")
    table.add_column("command", no_wrap=True)
    for head in (
        *("clock,\nnumpy = 1", "processor,\nnumpy = 1", "clock, s", "processor, s"),
        *("target, s", "clock", "processor"),
    ):
        table.add_column(head, justify="right")
    yardstick = measured[YARDSTICK]
    for name, command in measured.items():
        table.add_row(
            name,
            f"{command.clock / yardstick.clock:.2f}",
            f"{command.processor / yardstick.processor:.2f}",
            f"{command.clock:.2f}",
            f"{command.processor:.2f}",
            "" if command.target is None else f"{command.target:g}",
            _met(command.clock, command.target),
            _met(command.processor, command.target),
        )
    return table


def _met(seconds: float, target: float | None) -> str:
    if target is None:
        return ""
    return "[green]met[/]" if seconds <= target else "[red]missed[/]"


def goal_lines(measured: dict[str, Command]) -> list[str]:
    """How often each command takes what its own yardstick takes."""
    lines = []
    for name, yardstick, goal in GOALS:
        ratio = measured[name].processor / measured[yardstick].processor
        lines.append(f"{_met(ratio, goal)}  {name} to {yardstick}, at most {goal:g}: {ratio:.2f}")
    return lines


def engine_line(measured: dict[str, Command]) -> str:
    if LIBREOFFICE not in measured:
        return "LibreOffice is not installed: no ratio of the engines"
    slow, fast = measured[LIBREOFFICE], measured[FORMUALIZER]
    clock, processor = slow.clock / fast.clock, slow.processor / fast.processor
    met = _met(ENGINE_TARGET, min(clock, processor))
    return (
        f"{met}  verify through LibreOffice to verify with formualizer, at least "
        f"{ENGINE_TARGET:g}: {clock:.2f} (processor time {processor:.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Whole commands, as ratios to `import numpy`.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each runs")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "compiled")
        measured = commands(Path(folder))
        for command in measured.values():  # compiled, and in the system's cache from here on
            run(command)
            command.clock = command.processor = float("inf")
        for _ in range(rounds):
            for command in measured.values():
                run(command)
    console = Console(width=120, highlight=False)
    console.print(ratio_table(measured))
    for line in (*goal_lines(measured), engine_line(measured)):
        console.print(line)
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    console.print(f"load of the machine {load} on {os.cpu_count()} cores", style="dim")


if __name__ == "__main__":
    main()
