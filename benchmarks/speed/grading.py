"""How long it takes to mark a class: `python benchmarks/speed/grading.py [--books 100]`.

Makes workbooks of `lesson3` with two layers left open, fills them in as students do (right, and
with one of several mistakes each), and marks them. The time is given beside that of reading the
same files one after another on one core, taken in the same run; machines differ, the ratio less.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from support.learners import MISTAKES, Change, filled_in, only

import xlconv
from xlconv.grading.marks import mean_mark, per_cent
from xlconv.grading.submissions import Terms, marks_as_they_come, submitted_files
from xlconv.state.exercise import exercise_of

LIMIT = 60.0  # seconds for 100 workbooks on two cores
LAYERS = ("conv1", "relu1", "pool", "dense", "softmax")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=100)
    count = parser.parse_args().books
    with tempfile.TemporaryDirectory() as folder:
        files = made(Path(folder), count)
        start = time.perf_counter()
        for path in files:
            xlconv.read_book(path)
        reading = time.perf_counter() - start
        start = time.perf_counter()
        marked = [one for _, one in marks_as_they_come(submitted_files(Path(folder)), Terms())]
        marking = time.perf_counter() - start
    assert not any(marks.error for marks in marked)
    print(f"{count} workbooks, mean mark {per_cent(mean_mark(marked))}")
    print(f"marked in {marking:.1f} s, {marking / count:.2f} s each")
    print(f"read one after another in {reading:.1f} s: marking takes {marking / reading:.2f} times")
    print(f"limit for 100 on two cores: {LIMIT:g} s")


def made(folder: Path, count: int) -> list[Path]:
    """A class's workbooks: two made for students, filled in again and again with other mistakes."""
    template = xlconv.load_template("lesson3")
    task = folder / "task.xlsx"
    exercise = exercise_of(template.network, LAYERS, seed=1, student="benchmark")
    xlconv.build(task, template, template.image, exercise=exercise)
    changes: list[Change | None] = [None]
    changes += [only(layer, change) for layer, change, _ in MISTAKES.values() if layer in LAYERS]
    kinds = []
    for number, change in enumerate(changes):
        target = folder / f"kind{number}.xlsx"
        kinds.append(filled_in(task, target, change) if change else filled_in(task, target))
    contents = [path.read_bytes() for path in kinds]
    for path in (task, *kinds):
        path.unlink()
    files = [folder / f"student{number}.xlsx" for number in range(count)]
    for number, path in enumerate(files):
        path.write_bytes(contents[number % len(contents)])
    return files


if __name__ == "__main__":
    main()
