"""Gnumeric, by its converter ssconvert, with settings of its own in a temporary folder."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from xlconv.engines.engine import Grid, Place
from xlconv.engines.programs import find_program, run_saving, saved_values
from xlconv.system.signals import temporary_folder

TIME_LIMIT = 180.0  # seconds
PROGRAMS = ("ssconvert",)
_MISSING = "Gnumeric is not installed (no ssconvert on the PATH); install gnumeric"


class Gnumeric:
    """Evaluates a file by having Gnumeric load it, recalculate it and save a copy."""

    name = "gnumeric"

    def prepare(self) -> None:
        """Each file has a process of its own."""

    def evaluate(self, path: Path, places: Sequence[Place], computed: int = 0) -> list[Grid]:
        with temporary_folder() as folder:
            source, made = folder / "book.xlsx", folder / "out.xlsx"
            shutil.copyfile(path, source)
            command = [find_program(PROGRAMS, _MISSING), "--recalc", "-T", "Gnumeric_Excel:xlsx2"]
            command += [str(source), str(made)]
            own = dict.fromkeys(("HOME", "XDG_CONFIG_HOME"), str(folder))
            run_saving(made, command, TIME_LIMIT, path, "Gnumeric", folder, **own)
            return saved_values(made, places)
