"""What explains the cells of a part by what they give, in all trials: for each misunderstanding,
which of the cells hold what it gives.

Must not know what formulas say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from xlconv.grading.diagnosis.misconceptions import all_guesses
from xlconv.grading.diagnosis.situation import Situation, situation
from xlconv.grading.diagnosis.windows import Boards, Mask
from xlconv.grading.trials import TOLERANCE, Trial
from xlconv.network.model import Array
from xlconv.sheets.exercise.parts import Part

_LEAST_NUMBERS = 0.25  # of explained cells must be numbers, where others are errors
_REST_DECIMALS = 10  # of a typed number: what is behind them is rounding


@dataclass(frozen=True)
class Explanation:
    """A misunderstanding: the slip that it is, "" if that has no name; in words; whether they go
    before what a formula's text seems to say; and the cells that it explains, by their number in
    the part."""

    slip: str
    words: str
    sure: bool
    cells: Mask


@dataclass(frozen=True)
class Explanations:
    """All that explains some cell of a part, the likeliest first."""

    boards: Boards
    part: Part
    trials: Sequence[Trial]

    @cached_property
    def found(self) -> list[Explanation]:
        scenes = self._situations
        found = []
        layer = self.boards.book.network.layer(self.part.layer)
        for guessed in zip(*(all_guesses(layer, scene) for scene in scenes), strict=True):
            pairs = list(zip(scenes, guessed, strict=True))
            cells = np.logical_and.reduce([_near(scene, one.value) for scene, one in pairs])
            lost = np.logical_and.reduce([_are_lost(scene, one.value) for scene, one in pairs])
            if cells.sum() >= _LEAST_NUMBERS * (cells | lost).sum():
                cells |= lost
            if cells.any():
                first = guessed[0]
                found.append(Explanation(first.slip, first.words, first.sure, cells))
        return found

    @cached_property
    def slips(self) -> Mapping[str, Mask]:
        """The cells that each slip explains, in one of its ways."""
        slips: dict[str, Mask] = {}
        for one in self.found:
            if one.slip:
                best = slips.get(one.slip)
                if best is None or one.cells.sum() > best.sum():
                    slips[one.slip] = one.cells
        return slips

    def of(self, index: int) -> Explanation | None:
        """What explains a cell: of several misunderstandings the one that explains most cells."""
        of_cell = [one for one in self.found if one.cells[index]]
        return max(of_cell, key=lambda one: int(one.cells.sum()), default=None)

    @cached_property
    def _situations(self) -> list[Situation]:
        scenes = [situation(self.boards, self.part, trial) for trial in self.trials]
        rest = _rest(scenes) if scenes and scenes[0].products else np.nan
        return [replace(scene, rest=rest) for scene in scenes]


def _near(scene: Situation, value: Array) -> Mask:
    """Which cells hold what a misunderstanding gives."""
    with np.errstate(invalid="ignore"):
        allowed = TOLERANCE * np.maximum(scene.scale, np.abs(value))
        near: Mask = np.abs(scene.found - value) <= allowed
    return (near & np.isfinite(value)) | (scene.errors & np.isinf(value))


def _are_lost(scene: Situation, value: Array) -> Mask:
    """Which cells hold an error where a misunderstanding reads texts or other errors: nothing else
    can follow, but from many other mistakes, too."""
    lost: Mask = scene.errors & np.isnan(value)
    return lost | _near(scene, value)


def _rest(scenes: Sequence[Situation]) -> float:
    """What cells have beside their products: a number that is the same in all trials, if there is
    one, was typed. NaN if they hold no numbers."""
    rests = np.stack([scene.found - scene.products_sum for scene in scenes])
    held = ~np.isnan(rests).any(axis=0) & (scenes[0].found != 0)
    same = held & (
        np.ptp(rests, axis=0) <= TOLERANCE * np.broadcast_to(scenes[0].scale, held.shape)
    )
    some = rests[0][same if same.any() else held]
    return float(np.round(np.median(some), _REST_DECIMALS)) if len(some) else np.nan
