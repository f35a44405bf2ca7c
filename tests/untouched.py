"""Books in which nothing is wrong: random networks, with pixels, weights and choices edited,
as built, as LibreOffice saves them and as openpyxl does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import openpyxl
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from test_random_networks import EVERY_KIND, models
from uno_session import converted

import xlconv
from xlconv.network import Model
from xlconv.retyping import retyped
from xlconv.trials import trial
from xlconv.workbook import read_book

BATCH = 25  # books that LibreOffice converts at once


@dataclass(frozen=True)
class Untouched:
    """A book, and in words what was done to it."""

    path: Path
    history: str


def random_models(count: int, number: int) -> list[Model]:
    """Networks of every kind of layer, with weights and pictures."""
    found: list[Model] = []

    @seed(number)
    @settings(
        max_examples=count,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        part, kind = EVERY_KIND[len(found) % len(EVERY_KIND)]
        found.append(data.draw(models(part, kind)))

    while len(found) < count:
        collect()
    return found[:count]


def untouched_books(
    folder: Path, count: int, number: int, program: str | None
) -> Iterator[Untouched]:
    """So many books; a number gives the same ones each time. Without a program, LibreOffice's
    share is openpyxl's."""
    random = Random(number)
    waiting: list[Path] = []
    for which, (model, image) in enumerate(random_models(count, number)):
        path, edits = folder / f"book{which}.xlsx", which % 2
        xlconv.build(path, model, image, scale=random.choice(["map", "layer", "network"]))
        history = "built"
        if edits:
            history, path = "edited", _edited(path, random, which)
        turn = which // 2 % 3
        if turn == 1 and program is not None:
            waiting.append(path)
            continue
        if turn:
            saved = folder / f"openpyxl{which}.xlsx"
            openpyxl.load_workbook(path).save(saved)
            history, path = f"{history}, saved by openpyxl", saved
        yield Untouched(path, history)
    for start in range(0, len(waiting), BATCH):
        batch = folder / f"batch{start}"
        batch.mkdir()
        assert program is not None
        books = waiting[start : start + BATCH]
        out = converted(program, books, batch)
        yield from (Untouched(out / path.name, "saved by LibreOffice") for path in books)


def _edited(path: Path, random: Random, number: int) -> Path:
    """Some pixels, weights and choices are others, as a program that calculates nothing saves."""
    typed = trial(read_book(path), number).typed
    some = random.sample(sorted(typed), max(1, len(typed) // random.choice([1, 2, 8, 50])))
    return retyped(
        path, {spot: typed[spot] for spot in some}, path.with_stem(f"{path.stem}_edited")
    )
