"""Fuzzes the readers for as long as you like: `python benchmarks/quality/fuzzing.py --minutes 30`.

Breaks good workbooks at random (tests/breaking.py), among them exercises that were handed in and
copies as openpyxl and LibreOffice save them, and has each read, verified by the built-in engine,
shown and marked, in a process of its own. What is no clear answer is kept in a folder, by its seed:
a traceback, more than one line, more than 5 s, more than 500 MB, or a book that "agrees" although
openpyxl, another reader, sees other formulas in it than in the good one. With --hostile, measures
the files of tests/hostile_books.py instead.
"""

import argparse
import os
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

import numpy as np
import openpyxl
from support.books import random_image, random_model
from support.broken import mutated
from support.hostile_books import CELLS, FILES, OUTSIDE, XML
from support.learners import build_exercise, filled_in

import xlconv
from xlconv.engines.libreoffice import LibreOffice
from xlconv.errors import MissingEngineError, XlconvError
from xlconv.images.gallery import Gallery
from xlconv.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.dropout import Dropout
from xlconv.network.layers.merging import Add, Concat
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.network.network import Network
from xlconv.rendering.glance import glance

SECONDS, BYTES = 5.0, 500 << 20
BOOKS = {
    "small": Network(
        "small",
        (1, 6, 6),
        (Conv2D("conv", 1, 3), Dense("dense", 2), Softmax("softmax")),
        ("a", "b"),
    ),
    "more": Network(
        "more",
        (2, 7, 6),
        (
            Conv2D("conv", 2, 3, padding="same"),
            ReLU("relu"),
            MaxPool2D("pool", 2),
            Dropout("drop"),
            Dense("dense", 3),
            Sigmoid("sigmoid"),
        ),
        ("=1+1", "dog's", "7"),
    ),
    "joined": Network(
        "joined",
        (2, 6, 6),
        (
            Conv2D("conv", 2, 3, padding="same", groups=2, bias=False),
            BatchNorm2D("norm"),
            Add("added", inputs=("norm", "input")),
            LeakyReLU("leaky"),
            Concat("both", inputs=("leaky", "conv")),
            AvgPool2D("pool", 2),
            Tanh("tanh"),
            GlobalAvgPool2D("mean"),
            Softmax("softmax"),
        ),
        ("a", "b", "c", "d"),
    ),
    "demo": Network(
        "demo",
        (1, 7, 7),
        (KernelDemo("kernel", ("one", "two"), "two"), ReLU("relu"), MaxPool2D("pool", 2)),
    ),
}
EXERCISES = {"small": ("conv", "softmax"), "more": ("relu", "pool")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hostile", action="store_true", help="the tests' files, measured")
    parser.add_argument("--out", type=Path, default=Path("fuzzed"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="xlconv-fuzz-") as name:
        if options.hostile:
            measure(Path(name))
            return
        fuzz(Path(name), options.minutes * 60, options.seed, options.out)


def fuzz(folder: Path, seconds: float, seed: int, out: Path) -> None:
    books = good_books(folder)
    formulas = [seen_by_openpyxl(path) for path in books]
    contents = [path.read_bytes() for path in books]
    end, counts, slowest, largest = time.monotonic() + seconds, Counter[str](), 0.0, 0
    while time.monotonic() < end:
        number = seed % len(books)
        path = folder / "broken.xlsx"
        path.write_bytes(mutated(contents[number], Random(seed)))
        answer, taken, memory = answered(path, formulas[number])
        slowest, largest = max(slowest, taken), max(largest, memory)
        if taken > SECONDS or memory > BYTES:
            answer = f"BROKE: {taken:.1f} s, {memory >> 20} MB ({answer})"
        counts[answer.partition(":")[0]] += 1
        if answer.startswith("BROKE"):
            (out / f"{seed}.xlsx").write_bytes(path.read_bytes())
            print(f"seed {seed}: {answer}", flush=True)
        seed += 1
        if seed % 2000 == 0:
            print(f"{seed}: {dict(counts)}, {slowest:.1f} s, {largest >> 20} MB", flush=True)
    print(
        f"{sum(counts.values())}: {dict(counts)}, {slowest:.1f} s, {largest >> 20} MB", flush=True
    )


def build(folder: Path, name: str) -> Path:
    network, path = BOOKS[name], folder / f"{name}.xlsx"
    image = random_image(network, 1)
    pictures = random_image(network, 2)[None]
    gallery = Gallery(pictures, ("a",), ("one",)) if name == "more" else None
    xlconv.build(path, random_model(network, 1), image, gallery=gallery)
    return path


def good_books(folder: Path) -> list[Path]:
    """Workbooks as built, exercises as handed in, and each as other programs save it."""
    books = [build(folder, name) for name in BOOKS]
    for name, layers in EXERCISES.items():
        network = BOOKS[name]
        empty = folder / f"{name}-exercise.xlsx"
        build_exercise(empty, random_model(network, 1), random_image(network, 1), *layers)
        books += [empty, filled_in(empty, folder / f"{name}-solved.xlsx")]
    return [*books, *(copy for book in list(books) for copy in _saved_elsewhere(book))]


def _saved_elsewhere(book: Path) -> Iterator[Path]:
    copy = book.with_stem(f"{book.stem}-openpyxl")
    openpyxl.load_workbook(book).save(copy)
    yield copy
    with tempfile.TemporaryDirectory(prefix="xlconv-fuzz-") as name:
        try:
            made = LibreOffice().recalculated(book, Path(name))
        except MissingEngineError:
            return
        yield made.replace(book.with_stem(f"{book.stem}-libreoffice"))


def seen_by_openpyxl(path: Path) -> dict[str, str]:
    """The formulas of all sheets, by another reader."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path)
    return {
        f"{sheet.title}!{cell.coordinate}": spelled(str(cell.value))
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def spelled(formula: str) -> str:
    return re.sub(r"\s", "", formula).upper()


def answered(path: Path, formulas: dict[str, str]) -> tuple[str, float, int]:
    """What is answered, in how many seconds and with how many bytes, by a process of its own."""
    said, memory, taken = said_apart(lambda: answer(path), 60)
    if said != "agrees":
        return said, taken, memory
    seen, _, _ = said_apart(lambda: compared(path, formulas), 20)  # which no bounds hold back
    return seen if seen.startswith(("BROKE: agrees", "agrees")) else "agrees, unread", taken, memory


def said_apart(work: Callable[[], str], seconds: int) -> tuple[str, int, float]:
    """What some work says in a process of its own, the most memory that it had, and the seconds
    that it computed, however busy the machine is."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(seconds)
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        os.write(writing, work().encode()[:4000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read().decode()
    _, status, usage = os.wait4(child, 0)
    said = f"BROKE: ended with status {status}" if status else said
    return said, usage.ru_maxrss << 10, usage.ru_utime + usage.ru_stime


def answer(path: Path) -> str:
    """What verify, read_book, show, render and grade make of a file."""
    try:
        report = xlconv.verify(path)
        book = xlconv.read_book(path)
        glance(book)
        if book.manifest.exercise:
            xlconv.grade(path)
        if not any(np.isnan(array).any() for array in book.stored.values()):
            xlconv.render(book, cell=2)
    except XlconvError as error:
        text = str(error)
        one_line = "\n" not in text and len(text) < 1500
        return f"refused: {text}" if one_line else f"BROKE: not one line: {text[:300]!r}"
    except BaseException:
        return f"BROKE: {traceback.format_exc()[-1500:]}"
    return report.verdict


def compared(path: Path, formulas: dict[str, str]) -> str:
    try:
        seen = seen_by_openpyxl(path)
    except BaseException as error:
        return f"agrees, unread: {error}"
    other = [place for place, formula in formulas.items() if seen.get(place) != formula]
    return f"BROKE: agrees, but {other[:3]}" if other else "agrees"


def measure(folder: Path) -> None:
    """Seconds and megabytes that each hostile file of the tests takes."""
    good = build(folder, "small")
    content, slowest, largest = good.read_bytes(), 0.0, 0
    for name, (make, _) in {**FILES, **XML, **CELLS, **OUTSIDE}.items():
        path = folder / "hostile.xlsx"
        path.write_bytes(make(content))
        said, memory, taken = said_apart(lambda path=path: answer(path), 60)
        slowest, largest = max(slowest, taken), max(largest, memory)
        print(f"{taken:6.2f} s {memory >> 20:5} MB  {name}: {said[:150]}")
    print(f"at most {slowest:.2f} s and {largest >> 20} MB")


if __name__ == "__main__":
    main()
