"""Books in which nothing is wrong: random networks, with pixels, weights and choices edited,
as built, as LibreOffice saves them and as openpyxl does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import openpyxl
from building import Array
from hypothesis import HealthCheck, Phase, given, seed, settings
from test_random_networks import EVERY_KIND, models
from uno_session import converted

import xlconv
from xlconv.book.book import read_book
from xlconv.network.model import Model
from xlconv.verification.trials import trial
from xlconv.xlsx.patch import typed_copy

BATCH = 25  # books that LibreOffice converts at once


@dataclass(frozen=True)
class Untouched:
    """A book, and in words what was done to it."""

    path: Path
    history: str


def random_models(count: int, number: int) -> list[tuple[Model, Array]]:
    """Networks of every kind of layer in turn, with weights and pictures."""
    each = -(-count // len(EVERY_KIND))
    drawn = [_of_kind(part, kind, each, number) for part, kind in EVERY_KIND]
    return [some[turn] for turn in range(each) for some in drawn if turn < len(some)][:count]


def _of_kind(part: str, kind: str, count: int, number: int) -> list[tuple[Model, Array]]:
    found: list[tuple[Model, Array]] = []

    @seed(number)
    @settings(
        max_examples=count,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(models(part, kind))
    def collect(drawn: tuple[Model, Array]) -> None:
        found.append(drawn)

    collect()
    return found


def untouched_books(
    folder: Path, count: int, number: int, program: str | None
) -> Iterator[Untouched]:
    """So many books; a number gives the same ones each time. Without a program, LibreOffice's
    share is openpyxl's."""
    random = Random(number)
    waiting: dict[bool, list[Path]] = {False: [], True: []}  # those to calculate anew apart
    for which, (model, image) in enumerate(random_models(count, number)):
        path, edits = folder / f"book{which}.xlsx", which % 2
        xlconv.build(path, model, image, scale=random.choice(["map", "layer", "network"]))
        history = "built"
        if edits:
            history, path = "edited", _edited(path, random, which)
        turn = which // 2 % 3
        if turn == 1 and program is not None:
            waiting[bool(edits)].append(path)
            continue
        if turn:
            saved = folder / f"openpyxl{which}.xlsx"
            openpyxl.load_workbook(path).save(saved)
            history, path = f"{history}, saved by openpyxl", saved
        yield Untouched(path, history)
    for edited, paths in waiting.items():
        for start in range(0, len(paths), BATCH):
            batch = folder / f"batch{edited}{start}"
            batch.mkdir()
            assert program is not None
            some = paths[start : start + BATCH]
            out = converted(program, some, batch, anew=edited)
            history = "edited and calculated by LibreOffice" if edited else "saved by LibreOffice"
            yield from (Untouched(out / path.name, history) for path in some)


def _edited(path: Path, random: Random, number: int) -> Path:
    """Some pixels, weights and choices are others, as a program that calculates nothing saves."""
    typed = trial(read_book(path), number).typed
    some = random.sample(sorted(typed), max(1, len(typed) // random.choice([1, 2, 8, 50])))
    return typed_copy(
        path, {spot: typed[spot] for spot in some}, path.with_stem(f"{path.stem}_edited")
    )
