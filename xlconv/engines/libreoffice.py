"""The real application: LibreOffice Calc, without a window, in a profile of its own.

The profile is told to recalculate every formula on loading: left to itself, LibreOffice
may show the values that a file was saved with.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from xlconv.engines.engine import Grid, Place
from xlconv.engines.programs import find_program, run_saving, saved_values
from xlconv.system.signals import temporary_folder

TIME_LIMIT = 180.0  # seconds
PROGRAMS = ("soffice", "libreoffice", "/Applications/LibreOffice.app/Contents/MacOS/soffice")
_MISSING = "LibreOffice is not installed (no soffice on the PATH); install LibreOffice Calc"

_ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="ODFRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


class LibreOffice:
    """Evaluates a file by having LibreOffice load it, recalculate it and save a copy."""

    name = "libreoffice"

    def prepare(self) -> None:
        """Each file has a process of its own."""

    def evaluate(self, path: Path, places: Sequence[Place], computed: int = 0) -> list[Grid]:
        with temporary_folder() as folder:
            return saved_values(self.recalculated(path, folder), places)

    def recalculated(self, path: Path, folder: Path) -> Path:
        """A copy of a workbook in `folder`, as LibreOffice saves it after recalculating."""
        profile = make_profile(folder / "profile")
        source = folder / "in" / "book.xlsx"
        source.parent.mkdir()
        shutil.copyfile(path, source)
        command = [find_program(PROGRAMS, _MISSING), f"-env:UserInstallation={profile.as_uri()}"]
        command += ["--headless", "--norestore"]
        command += ["--convert-to", "xlsx:Calc MS Excel 2007 XML"]
        command += ["--outdir", str(folder / "out"), str(source)]
        made = folder / "out" / source.name
        run_saving(made, command, TIME_LIMIT, path, "LibreOffice", folder)
        return made


def make_profile(folder: Path) -> Path:
    """A profile of LibreOffice's that recalculates every file when it is loaded."""
    (folder / "user").mkdir(parents=True)
    (folder / "user" / "registrymodifications.xcu").write_text(_ALWAYS_RECALCULATE)
    return folder
