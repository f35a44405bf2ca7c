"""Trials: what engines find in the open cells of layers for random numbers, and what NumPy expects.

    isolated trial -> engine -> found | NumPy -> expected

Engines are asked once a trial; again only where a file's own number says that the first one is
wrong, or where a step of a layer holds numbers, so that nothing follows for those behind it. Must
not know what is said of a cell, nor how marks are counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from xlconv.book.book import FoundBook
from xlconv.book.plain import engine_file
from xlconv.book.typing import Constants, typed_maps
from xlconv.engines.engine import Grid
from xlconv.engines.second_opinion import SecondOpinion, may_be_its_own
from xlconv.grading.isolation import TRIALS, IsolatedTrial, isolated_trial, unlinked_groups
from xlconv.grading.opened import OpenCell, OpenCells
from xlconv.grading.precedents import Cells, reads_in_the_end, reads_of
from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.base import Layer, sources
from xlconv.network.model import Array
from xlconv.reference.layers.base import Values, numbers
from xlconv.reference.layers.registry import layer_steps
from xlconv.sheets.exercise.parts import Part
from xlconv.sheets.exercise.places import ExercisePlaces
from xlconv.spreadsheet.cells import Cell, Place, Range
from xlconv.state.sheet_names import BOARD
from xlconv.system.progress import tell
from xlconv.xlsx.sheet import Value

# Learners may add in another order, or leave out softmax's maximum; what is wrong is far off.
TOLERANCE = 1e-9  # of the terms that make a cell
_STORED_TOLERANCE = 1e-6  # by which a file's number may differ from what an engine computes of it

_BELOW = 4  # rows below the board that may be read, too
_MOST_NEAR = 300_000  # cells beside the parts that are asked for

Found = Mapping[Cell, Value]


@dataclass(frozen=True)
class Expected:
    """What belongs into the parts of layers, by the parts' names of values, and the magnitudes
    that it is made of."""

    values: Mapping[str, Array]
    scale: Mapping[str, Array]

    def at(self, one: OpenCell) -> tuple[float, float]:
        """What belongs into a cell, and its magnitude."""
        part, offset = one.part, (one.row, one.column)
        value = float(part_values(part, self.values[part.key])[offset])
        scale = self.scale.get(part.key)
        return value, 1.0 if scale is None else float(part_values(part, scale)[offset])


@dataclass(frozen=True)
class Trial:
    """What `engines` find in the parts of some layers for random numbers, and what NumPy expects
    there: from the steps of a layer as they were found, and from right ones. Of `doubted` cells
    the file has another number than the engine, and no other engine is there. `on_board` is what
    stood in the cells meanwhile: right numbers, where what was found follows from nothing."""

    isolated: IsolatedTrial
    engines: Sequence[str]
    found: Found
    expected: tuple[Expected, ...]
    on_board: Found
    doubted: frozenset[Cell] = frozenset()

    def agrees(self, one: OpenCell) -> bool:
        """Whether a cell holds what belongs there."""
        return any(agree(self.found[one.cell], *each.at(one)) for each in self.expected)


def part_values(part: Part, array: Array) -> Array:
    """The values of a part, as (rows, columns)."""
    chosen = array if part.channel is None else array[part.channel]
    return chosen.reshape(part.range.height, part.range.width)


def agree(found: Value, expected: float, magnitude: float) -> bool:
    """Whether a value is a number that is expected."""
    allowed = TOLERANCE * max(magnitude, abs(expected))
    return isinstance(found, float) and abs(found - expected) <= allowed


def is_constant(found: Sequence[Value]) -> bool:
    """Whether a cell gave one and the same number in all trials."""
    return isinstance(found[0], float) and all(one == found[0] for one in found)


def layer_trials(
    book: FoundBook, opened: Sequence[OpenCells], places: ExercisePlaces, engine: str
) -> dict[str, list[Trial]]:
    """Every trial of each layer in which a formula is not just the one that is called for."""
    trials: dict[str, list[Trial]] = {layer: [] for layer in places.layers}
    asked = {one.part.layer for one in opened if one.need_engine}
    unproved = tuple(layer for layer in places.layers if layer in asked)
    for layers in unlinked_groups(book.network, unproved):
        names = {layer.name for layer in layers}
        cells = [one for one in opened if one.part.layer in names]
        made = _Group(book, layers, cells, SecondOpinion(engine)).trials()
        for name in names:
            trials[name] += made
    return trials


@dataclass(frozen=True)
class _Group:
    """Layers of which none reads another, their open cells, and who evaluates them."""

    book: FoundBook
    layers: tuple[Layer, ...]
    opened: Sequence[OpenCells]
    engine: SecondOpinion

    def trials(self) -> list[Trial]:
        trials = [self._trial(isolated_trial(self.book, self.layers, n), n) for n in TRIALS]
        trials = self._with_other_opinions(trials)
        given = self._given_steps(trials)
        if not given:
            return trials
        return [self._with_right_steps(trial, n, given) for n, trial in enumerate(trials)]

    def _trial(self, isolated: IsolatedTrial, number: int, more: Constants | None = None) -> Trial:
        """What the engine finds, and what it should; `more` is typed, too."""
        names = " and ".join(layer.name for layer in self.layers)
        asked, of = " and ".join(self.engine.asked), f"({number + 1} of {len(TRIALS)})"
        tell(f"{asked} evaluates {names} with random numbers {of}")
        near = self._near
        # Nobody is asked for a second opinion of what stands beside the parts.
        stored = [*self._stored, *(np.full((p.height, p.width), "#N/A", object) for p in near)]
        ranges = [*self._ranges, *((self._board, place) for place in near)]
        with engine_file(self.book, isolated.typed | (more or Constants())) as path:
            grids = self.engine.evaluate(path, ranges, stored, self._computed)
        beside = {
            cell: value
            for place, grid in zip(near, grids[len(self.opened) :], strict=True)
            for cell, value in zip(place.cells(), grid.reshape(-1).tolist(), strict=True)
        }
        return self._judged(isolated, self._by_cell(grids[: len(self.opened)]), beside)

    def _judged(self, isolated: IsolatedTrial, found: Found, beside: Found | None = None) -> Trial:
        steps = _steps([one.part for one in self.opened], found)
        expected = (_expected(isolated, steps), _expected(isolated, {}))
        board = {**(beside or {}), **found}
        return Trial(isolated, tuple(self.engine.asked), found, expected, on_board=board)

    @cached_property
    def _near(self) -> list[Range]:
        """The columns of the board in which the layers and what they read stand, from the top to
        the bottom: there a wrong formula looks. None if that is very much."""
        names = {layer.name for layer in self.layers}
        names |= {name for layer in self.layers for name in sources(layer)}
        height = self.book.layout.board.bottom + _BELOW
        bands = [band for band in self.book.layout.bands if band.tensor in names]
        places = [Range(1, band.first, height, band.last - band.first + 1) for band in bands]
        return places if sum(place.size for place in places) <= _MOST_NEAR else []

    @property
    def _board(self) -> str:
        """The name that the board has now."""
        return self.book.names.now[BOARD]

    def _with_other_opinions(self, trials: list[Trial]) -> list[Trial]:
        """The trials, in which another engine says what is in cells of which the file has the right
        number and the first engine computes another; or, if there is none, those in doubt."""
        wrong = self._wrong_cells(trials)
        doubted = self._doubted(wrong) if wrong and self.engine.may_ask else frozenset[Place]()
        if not doubted:
            return trials
        made = []
        for trial in trials:
            with engine_file(self.book, trial.isolated.typed) as path:
                grids = self.engine.second(path, self._ranges, self._computed)
            if grids is None:
                made.append(replace(trial, doubted=frozenset(p.cell for p in doubted)))
                continue
            other = self._by_cell(grids)
            found = {**trial.found, **{place.cell: other[place.cell] for place in doubted}}
            made.append(self._judged(trial.isolated, found, trial.on_board))
        return made

    def _doubted(self, wrong: Sequence[OpenCell]) -> frozenset[Place]:
        """Those of some cells of which the file has the right number, from the numbers that it has
        before them, and the engine computes another one of the same."""
        stored = self._by_cell(self._stored)
        own = self._judged(self._as_stored(), stored)
        right = [one for one in wrong if own.agrees(one)]
        if not right:
            return frozenset()
        with engine_file(self.book, own.isolated.typed) as path:
            now = self._by_cell(self.engine.first(path, self._ranges, self._computed))
        other = [one for one in right if not _is_stored(now[one.cell], stored[one.cell])]
        return frozenset(Place(BOARD, one.cell) for one in other)

    def _as_stored(self) -> IsolatedTrial:
        """The layers with the numbers before them that the file has."""
        values, typed = dict[str, Values](), Constants()
        for name in {name for layer in self.layers for name in sources(layer)}:
            values[name] = self.book.stored[name]
            if np.isfinite(self.book.stored[name]).all():
                maps = self.book.layout.tensors[name].maps
                typed |= typed_maps(BOARD, maps, self.book.stored[name])
        weights = {layer.name: self.book.model.layer_weights(layer) for layer in self.layers}
        return IsolatedTrial(self.layers, values, weights, typed)

    def _wrong_cells(self, trials: Sequence[Trial]) -> list[OpenCell]:
        """The cells with formulas that do not hold what belongs there."""
        return [
            one
            for cells in self.opened
            for one in cells
            if one.found.formula is not None and not one.is_expected
            if is_still(one, trials) or not all(trial.agrees(one) for trial in trials)
        ]

    def _given_steps(self, trials: Sequence[Trial]) -> list[OpenCell]:
        """The cells of steps that do not follow from what is before the layer: empty ones, numbers,
        and formulas that give one number whatever stands there, but not those that only read other
        such cells; none if no cell that reads them is wrong."""
        stepped = [one for one in self.opened if one.part.layer in self.book.layout.steps]
        given = {
            one.cell: one
            for cells in stepped
            for one in cells
            if one.found.formula is None or is_still(one, trials)
        }
        if not given:
            return []
        heads = [one for one in given.values() if not self._reads(one) & given.keys()]
        at_heads = {one.cell for one in heads}
        wrong = (one for one in self._wrong_cells(trials) if one.cell not in at_heads)
        return heads if any(self._reads(one) & given.keys() for one in wrong) else []

    def _reads(self, one: OpenCell) -> Cells:
        """The cells of the board that the formula of a cell reads."""
        if one.found.formula is None:
            return frozenset()
        begun = reads_of(one.found.formula.at(one.cell), self.book.ranges)
        return reads_in_the_end(begun, self.book.ranges, self.book.own_formula).cells

    def _with_right_steps(self, trial: Trial, number: int, given: Sequence[OpenCell]) -> Trial:
        """The trial with right numbers in cells that hold what follows from nothing: what reads
        them can be judged all the same. They themselves are what they were."""
        right = {Place(BOARD, one.cell): trial.expected[-1].at(one)[0] for one in given}
        made = self._trial(trial.isolated, number, Constants(cells=right))
        found = {**made.found, **{one.cell: trial.found[one.cell] for one in given}}
        return replace(made, found=found, doubted=trial.doubted)

    @property
    def _ranges(self) -> list[tuple[str, Range]]:
        return [(self._board, one.part.range) for one in self.opened]

    @property
    def _stored(self) -> list[Grid]:
        return [self.book.block(BOARD, [one.part.range]).values for one in self.opened]

    @property
    def _computed(self) -> int:
        return sum(rule.range.size for rule in self.book.rules)

    def _by_cell(self, grids: Sequence[Grid]) -> dict[Cell, Value]:
        return {
            cell: value
            for one, grid in zip(self.opened, grids, strict=True)
            for cell, value in zip(one.part.range.cells(), grid.reshape(-1).tolist(), strict=True)
        }


def is_still(one: OpenCell, trials: Sequence[Trial]) -> bool:
    """Whether a formula gives one number in all trials, where another belongs in each: it follows
    from none of the numbers that it should read."""
    if one.found.formula is None or one.is_expected or not trials:
        return False
    found = [trial.found[one.cell] for trial in trials]
    moves = not is_constant([trial.expected[-1].at(one)[0] for trial in trials])
    return moves and is_constant(found) and (found[0] != 0 or not _may_be_rectified(one, trials))


def _may_be_rectified(one: OpenCell, trials: Sequence[Trial]) -> bool:
    """Whether a 0 may be what ReLU, rightly there or not, makes of other numbers each time."""
    [layer] = (made for made in trials[0].isolated.layers if made.name == one.part.layer)
    return not isinstance(layer, Softmax)


def _is_stored(now: Value, stored: Value) -> bool:
    """Whether an engine computes what the file has. Of an error that may be the engine's own the
    second engine was asked before."""
    if not isinstance(now, float) or not isinstance(stored, float):
        return may_be_its_own(now)
    return abs(now - stored) <= _STORED_TOLERANCE * max(1.0, abs(stored))


def _expected(isolated: IsolatedTrial, steps: Mapping[str, Values]) -> Expected:
    """What NumPy computes from the random numbers, and from the steps of layers that are given."""
    expected, scale = dict[str, Array](), dict[str, Array]()
    with np.errstate(all="ignore"):  # NaN stands for what is not a number
        for layer in isolated.layers:
            values: dict[str, Values] = {**isolated.values, **steps}
            for step in layer_steps(layer, isolated.weights[layer.name], values):
                expected[step.name] = numbers(step.value)
                if step.scale is not None:
                    scale[step.name] = step.scale
                values.setdefault(step.name, step.value)
    return Expected(expected, scale)


def _steps(parts: Sequence[Part], found: Found) -> dict[str, Values]:
    """The columns of layers as they were found: softmax's steps build on each other."""
    columns = [part for part in parts if part.channel is None]
    return {p.key: np.array([_number(found[cell]) for cell in p.range.cells()]) for p in columns}


def _number(value: Value) -> float:
    return value if isinstance(value, float) else np.nan
