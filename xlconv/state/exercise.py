"""Exercises: which layers of a workbook are left for a learner to fill in, as data.

Must not know where cells stand, nor how what is filled in is checked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from xlconv.errors import NetworkError, meant
from xlconv.network.model import Array
from xlconv.network.names import check_disguised
from xlconv.network.network import INPUT, Network

MAX_NAME_LENGTH = 100  # characters of a student's name
MAX_SEED = 2**63 - 1
CHECKS = 2  # sums by which each part is checked
ROOTS = 3.0  # which sums of numbers of both signs hardly ever exceed
GOLDEN_RATIO = 0.6180339887498949  # the multiples of which are spread most evenly

WAITING = "waiting for"  # .. a layer: what follows from cells that are empty
RIGHT_WITHIN, CLOSE_WITHIN = 1e-9, 1e-2  # of what a check is measured by


class State:
    """What a part of an exercise is called."""

    TO_DO = "to do"
    NOT_YET = "not yet"
    CLOSE = "close"
    RIGHT = "right"
    CHANGED = "other numbers"  # the picture or weights are not the exercise's


@dataclass(frozen=True)
class Exercise:
    """The layers whose cells are left open: all of them, or only the `first` cells of each map
    and column, beside which the others hold plain numbers.

    `student` and `seed` say for whom picture and kernels were varied; None if they were not.
    """

    layers: tuple[str, ...]
    first: int | None = None
    seed: int | None = None
    student: str | None = None


@dataclass(frozen=True)
class Checks:
    """What the checks of an exercise know of the right answer, as it stands in cells.

    `parts`, of shape (n, CHECKS, 2), has for each part in their order, and for each key, the sum
    of its right cells, each times its number of the key, and of how much a hundredth is close;
    `given`, of shape (n, 2), for the picture and for the weights of each layer, their sum when
    the exercise was made, and that of magnitudes. NaN stands where a cell holds no number.
    """

    parts: Array = field(default_factory=lambda: np.empty((0, CHECKS, 2)))
    given: Array = field(default_factory=lambda: np.empty((0, 2)))


def check_key(check: int, height: int, width: int) -> Array:
    """The numbers by which the cells of a part are multiplied before they are added up.

    Those of the first check are between 0.5 and 1.5: each cell counts, and none can stand in for
    another. Those of the second are of both signs, as if drawn at random: a map that is shifted or
    turned has nearly the same sum by the first, but not by the second.

    >>> check_key(0, 1, 3).tolist(), check_key(1, 1, 3).tolist()
    ([[1.12, 0.74, 1.35]], [[0.35, -0.08, 0.19]])
    """
    places = np.arange(1, height * width + 1)
    numbers = places * GOLDEN_RATIO % 1 + 0.5 if check == 0 else places**2 * GOLDEN_RATIO % 1 * 3
    key: Array = np.round(numbers - (1.5 if check else 0.0), 2).reshape(height, width)
    return key


def check_sums(check: int, cells: Array) -> tuple[float, float]:
    """The sum of a part's cells by a key, and of how much a hundredth is close to it.

    By numbers of both signs the sum itself may be about 0 whatever the cells are: what differs by
    a share of them moves it by about that share of the root of their squares.

    >>> check_sums(0, np.array([[1.0, 3.0]]))
    (3.34, 3.34)
    """
    weighted = check_key(check, *cells.shape) * cells
    total = float(weighted.sum())
    if check == 0:
        return total, float(np.abs(weighted).sum())
    return total, max(abs(total), ROOTS * float(np.sqrt((weighted**2).sum())))


def exercise_of(
    network: Network,
    layers: Iterable[str],
    first: int | None = None,
    seed: int | None = None,
    student: str | None = None,
) -> Exercise:
    """An exercise on a network; NetworkError, naming what is wrong, if there can be none."""
    chosen = tuple(layers)
    if not chosen or not all(isinstance(name, str) for name in chosen):
        raise NetworkError("an exercise names no layer; give one or more, as in conv1,softmax")
    for number, name in enumerate(chosen):
        _check_layer(network, name)
        if name in chosen[:number]:
            raise NetworkError(f"the exercise names {name!r} twice; give each layer once")
    for what, value, least, most in (("first", first, 1, 10**6), ("seed", seed, 0, MAX_SEED)):
        if value is not None and (type(value) is not int or not least <= value <= most):
            raise NetworkError(f"{what} is {value!r}; give a whole number from {least}")
    if student is not None:
        _check_student(student)
    ordered = tuple(layer.name for layer in network.layers if layer.name in chosen)
    return Exercise(ordered, first, seed, student)


def _check_layer(network: Network, name: str) -> None:
    names = [layer.name for layer in network.layers]
    if name not in names:
        why = "is the picture, which is given" if name == INPUT else "is no layer of the network"
        raise NetworkError(f"{name!r} {why}; {meant(name, names)}")
    if network.layer(name).random:
        raise NetworkError(
            f"{name!r} draws random numbers, so that nothing could be checked; choose another layer"
        )


def _check_student(student: str) -> None:
    if not isinstance(student, str) or not student.strip() or not student.isprintable():
        raise NetworkError(f"a student is called {student!r}; give a name of printable letters")
    if student != student.strip():
        raise NetworkError(f"a student's name {student!r} begins or ends with a blank")
    if len(student) > MAX_NAME_LENGTH:
        raise NetworkError(
            f"a student's name has {len(student):,} characters; give at most {MAX_NAME_LENGTH}"
        )
    check_disguised("student's name", student)
