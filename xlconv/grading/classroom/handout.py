"""`build_class`: a workbook of an exercise for each student of a class, on all cores.

    students -> other kernels and another picture for each -> a folder of workbooks

Must not know lists of students, nor the command line.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from xlconv.compiler import build
from xlconv.errors import EngineError, OutputError, XlconvError
from xlconv.images.gallery import Gallery
from xlconv.importers.students.file_names import file_stems
from xlconv.importers.students.roster import Student
from xlconv.network.model import Model
from xlconv.state.exercise import Exercise
from xlconv.state.variation import varied
from xlconv.system.files import check_target, folder_beside, is_folder, put_in_place
from xlconv.system.workers import cores, made_side_by_side


@dataclass(frozen=True)
class Handout:
    """What all workbooks of a class have in common: see `build`. With `keep_picture` all have the
    gallery's chosen picture."""

    model: Model
    gallery: Gallery
    exercise: Exercise
    palette: str | None = None
    scale: str = "layer"
    protect: bool = False
    keep_picture: bool = False


def class_files(
    folder: Path, students: Sequence[Student], overwrite: bool = False
) -> dict[str, Path]:
    """Where the workbook of each student goes, by name. OutputError, before anything is written,
    if one of them cannot be written there."""
    files = {
        student.name: folder / f"{stem}.xlsx"
        for student, stem in zip(students, file_stems(students), strict=True)
    }
    if not is_folder(folder):
        check_target(folder, overwrite, "class")
        return files
    found = [path for path in files.values() if os.path.lexists(path)]
    if found and not overwrite:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise OutputError(
            f"{found[0]} exists{more}; give another folder, or --force to replace them"
        )
    for path in files.values():
        check_target(path, overwrite, "out.xlsx")
    return files


def build_class(
    folder: str | os.PathLike[str],
    students: Sequence[Student],
    handout: Handout,
    *,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
    workers: int | None = None,
) -> dict[str, Path]:
    """Write a workbook for each student into a folder, which is made if there is none; gives the
    files by the students' names. Each file is whole or not there. `progress` is told how many are
    done. Raises what `build` raises, and OutputError, before anything is written, if a file exists
    and `overwrite` is false."""
    place = Path(folder)
    files = class_files(place, students, overwrite)
    made_folder = not is_folder(place)
    try:
        if made_folder:
            place.mkdir()
        _build_all(place, files, handout, progress or _unheard, min(workers or cores(), len(files)))
    except OSError as error:
        raise OutputError(f"{place} cannot be written to: {error.strerror or error}") from error
    finally:
        if made_folder and is_folder(place) and not any(place.iterdir()):
            place.rmdir()
    return files


def _unheard(done: int) -> None:
    pass


def _build_all(
    place: Path,
    files: dict[str, Path],
    handout: Handout,
    progress: Callable[[int], None],
    workers: int,
) -> None:
    done = 0
    with folder_beside(place) as folder:
        tasks = [(name, folder / path.name) for name, path in files.items()]
        for (name, made), error in made_side_by_side(_build_one, tasks, (handout,), workers):
            if error is not None:
                raise error
            put_in_place(made, files[name])
            done += 1
            progress(done)
    if done < len(files):
        raise EngineError(
            f"{place}: only {done} of {len(files)} workbooks were written: a process was ended, "
            "perhaps for want of memory; try again with --force"
        )


def _build_one(task: tuple[str, Path], handout: Handout) -> XlconvError | None:
    """Write the workbook of one student; what went wrong, if anything."""
    name, path = task
    exercise = replace(handout.exercise, student=name)
    try:
        model, gallery = varied(handout.model, handout.gallery, exercise, handout.keep_picture)
        build(
            path,
            model,
            gallery.image,
            palette=handout.palette,
            gallery=gallery,
            scale=handout.scale,
            protect=handout.protect,
            exercise=exercise,
        )
    except XlconvError as error:
        return type(error)(str(error).replace(str(path), path.name))
    return None
