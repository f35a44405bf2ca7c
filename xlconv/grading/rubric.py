"""The rubric: what blocks, named slips and the border are worth, as data and as TOML.

A slip is a misunderstanding that has a name and explains all of a block. Must not know how one is
found, nor how marks are written.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from xlconv.errors import BookError, meant
from xlconv.system.files import open_stream

POINTS = 10.0  # of a block
SHARE = 0.5  # of a block's points, for a slip
BORDER = 0.25  # of a block's points, for the cells whose windows reach beyond the map
MOST_POINTS = 1e6  # of a block; what is rounded must stay a number
NEARLY_ALL = 0.95  # of the cells that a slip must explain
_MOST_BYTES = 1_000_000  # of a rubric's file
_MOST_TOLD, _MOST_ERROR = 40, 200  # letters of what is no number, and of a reason

# The slips that have a name, with what is meant, in the order of the table in docs/exercises.md.
SLIPS: Mapping[str, str] = {
    "bias forgotten": "the bias is not added",
    "bias added more than once": "as inside SUMPRODUCT, where it is added with each product",
    "bias subtracted": "or multiplied, instead of added",
    "bias typed": "a number stands where the bias should be read",
    "bias of another map": "the bias of another map, or of another value",
    "kernel typed": "numbers stand where kernel or weights should be read",
    "kernel not fixed": "$ is missing: kernel, weights or bias move with the cell",
    "kernel turned": "the kernel is turned by half a turn",
    "kernel transposed": "rows and columns of the kernel are swapped",
    "wrong map": "copied from another map, or kernels or maps mixed up",
    "map left out": "one of the maps is not read",
    "window off": "the window is off by one or two rows or columns",
    "window fixed": "superfluous $: the window does not move with the cell",
    "window size": "the window is a row or a column too small",
    "stride forgotten": "the window moves by one cell",
    "ReLU added": "negative numbers are cut off where no ReLU belongs",
    "ReLU forgotten": "negative numbers stay",
    "ReLU misplaced": "around each map's sum, or before the bias",
    "mean": "AVERAGE instead of MAX or SUM, or a sum that is divided",
    "minimum": "the smallest instead of the largest",
    "maximum": "the largest instead of a mean or a sum",
    "sum": "the sum instead of the largest or of a mean",
    "sum one short": "a sum or a maximum that leaves out a cell",
    "sign": "the sign is turned, dropped, or minus stands for plus",
    "rounded": "rounded, though a number format only rounds what is shown",
    "per cent": "100 times too large",
    "padding counted": "the empty padding counts as 0 or as cells of the mean",
    "range not fixed": "softmax: $ is missing at the logits, exp, the largest or the sum",
    "maximum not subtracted": "softmax: exp of the logit itself",
    "EXP forgotten": "softmax: the number itself instead of exp of it",
    "another base": "softmax, sigmoid: 10, 2 or 2.718 to the power, not EXP",
    "not divided": "softmax: multiplied, subtracted, or divided the other way round",
    "another function": "tanh for the sigmoid, TAN for TANH, a leak of another slope, ..",
    "normalization": "root, shift, scale or the small number in another place",
}


@dataclass(frozen=True)
class Rubric:
    """What is worth how much: the `points` of blocks by their layers' names, `usual` of all others;
    the share of a block's points that the `border` is worth, and that a slip earns, by its name,
    `slip` of all others."""

    points: Mapping[str, float] = field(default_factory=dict)
    usual: float = POINTS
    border: float = BORDER
    slip: float = SHARE
    slips: Mapping[str, float] = field(default_factory=dict)

    def points_of(self, block: str) -> float:
        """The full mark of a block."""
        return self.points.get(block, self.usual)

    def share_of(self, slip: str) -> float:
        """The share of a block's points that a slip earns."""
        return self.slips.get(slip, self.slip)

    def with_points(self, text: str) -> "Rubric":
        """The rubric with points as they are typed: for each block, or one number for all others.

        >>> Rubric().with_points("conv1=6,softmax=4").points
        {'conv1': 6.0, 'softmax': 4.0}
        >>> Rubric().with_points("5").points_of("pool")
        5.0
        """
        points, usual = dict(self.points), self.usual
        for part in text.split(","):
            name, equals, number = (piece.strip() for piece in part.rpartition("="))
            worth = _points(number, f"--points {text!r}")
            if equals and not name:
                raise BookError(f"--points {text!r}: {part!r} names no block; write conv1=6")
            if equals:
                points[name] = worth
            else:
                usual = worth
        return replace(self, points=points, usual=usual)

    def check_blocks(self, layers: Iterable[str]) -> None:
        """BookError if points are given for what is no layer of a network."""
        known = list(layers)
        for name in self.points:
            if name not in known:
                raise BookError(f"points for {name!r}, which is no layer; {meant(name, known)}")


def _points(number: str, where: str) -> float:
    try:
        worth = float(number)
    except ValueError:
        worth = math.nan
    if not 0 < worth <= MOST_POINTS:
        raise BookError(
            f"{where}: {number[:_MOST_TOLD]!r} is no number above 0 and up to {MOST_POINTS:,.0f}; "
            "write a number for all blocks, or conv1=6,softmax=4"
        )
    return worth


def rubric_file(path: Path) -> Rubric:
    """The rubric that a teacher wrote as TOML; BookError, naming what is wrong, if it is none."""
    table = _toml(path)
    known = ("border", "slip", "points", "slips")
    for key in table:
        if key not in known:
            raise BookError(f"{path}: {key!r} is no part of a rubric; {meant(key, known)}")
    slips = _table(table, "slips", path)
    for name in slips:
        if name not in SLIPS:
            raise BookError(f"{path}: {name!r} is no slip that has a name; {meant(name, SLIPS)}")
    points = {
        name: _points(_shown(worth), f"{path}, points of {name!r}")
        for name, worth in _table(table, "points", path).items()
    }
    return Rubric(
        points=points,
        border=_share(table.get("border", BORDER), f"{path}, border"),
        slip=_share(table.get("slip", SHARE), f"{path}, slip"),
        slips={name: _share(one, f"{path}, {name!r}") for name, one in slips.items()},
    )


def _toml(path: Path) -> Mapping[str, Any]:
    """What stands in a file of TOML; BookError, in a line, if that is no such file."""
    try:
        with open_stream(path) as stream:
            data = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise BookError(f"{path}: no such file; give a rubric as TOML") from None
    except OSError as error:
        told = error.strerror or str(error)
        raise BookError(f"{path}: cannot be read: {told}; give a rubric as TOML") from error
    if len(data) > _MOST_BYTES:
        raise BookError(f"{path}: more than {_MOST_BYTES:,} bytes, which is no rubric in TOML")
    try:
        return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError:
        raise BookError(f"{path}: not a rubric in TOML: no UTF-8; save it as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        told = str(error).partition("\n")[0][:_MOST_ERROR]
        raise BookError(f"{path}: not a rubric in TOML: {told}") from error


def _table(table: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    found = table.get(key, {})
    if not isinstance(found, dict):
        raise BookError(f"{path}: {key!r} is {found!r}; write a table, [{key}]")
    return found


def _share(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise BookError(f"{where} is {_shown(value)}; give a share from 0 to 1, as 0.5")
    return float(value)


def _shown(value: object) -> str:
    """A value of TOML; Python spells no number of thousands of digits, which it reads in hex."""
    try:
        return repr(value)
    except ValueError:
        return "a number of thousands of digits"
