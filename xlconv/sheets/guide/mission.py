"""Missions as data: a question, what to do, what to look at, when it is done, and why.

Must not know which missions there are, where cards stand, nor how a condition is computed.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlconv.spreadsheet.cells import Cell, Range

DONE = "✓"
AGAIN = "look again"  # beside an answer that is not the right one
WAITING = "why: appears when it is done"


@dataclass(frozen=True)
class Remembered:
    """A number or text of the workbook by its key, and its cell; what the build left there stands
    in a constant. A sum is `near` it where only rounding tells them apart."""

    key: str
    sheet: str
    cell: Cell
    near: bool = False


@dataclass(frozen=True)
class Differs:
    """What is remembered is another one now."""

    of: Remembered


@dataclass(frozen=True)
class Differ:
    """A setting is another than it is at first, whatever was built."""

    choice: str  # an attribute of the choices, or of a part of them: "laboratory.times"
    sheet: str
    cell: Cell
    start: float | str


@dataclass(frozen=True)
class Explains:
    """The inspector takes a layer's cell apart, and another one than at the build."""

    layer: str
    number: int
    first: tuple[Remembered, ...]  # number of the layer, map, row and column


@dataclass(frozen=True)
class Follows:
    """A pixel is followed."""

    row: Cell
    column: Cell


@dataclass(frozen=True)
class Solved:
    """All layers of an exercise are right: their states say so."""

    layers: tuple[str, ...]
    states: tuple[Cell, ...]


@dataclass(frozen=True)
class AnyOf:
    """One of several conditions holds."""

    conditions: tuple[Condition, ...]


Condition = Differs | Differ | Explains | Follows | Solved | AnyOf


@dataclass(frozen=True)
class Negatives:
    """How many of a map's numbers are below zero, and how many there are, in a pattern."""

    tensor: str
    pattern: str


@dataclass(frozen=True)
class Told:
    """What the network answers and what it really is, in a pattern."""

    pattern: str


Live = Negatives | Told


@dataclass(frozen=True)
class Mission:
    """A card. `action` are words that lead to the cell `link`; `see` is what to look at, in words
    or with live numbers; `options` are the answers of its list, if there is one, and `right` the
    right one; `done` is what the workbook itself can see of it; `why` are two sentences."""

    key: str
    question: str
    action: str
    link: str
    see: str | Live
    why: str
    options: tuple[str, ...] = ()
    right: str = ""
    done: Condition | None = None


def remembered(condition: Condition | None) -> tuple[Remembered, ...]:
    """What the build must leave for a condition."""
    match condition:
        case Differs(of):
            return (of,)
        case Explains(first=first):
            return first
        case AnyOf(conditions):
            return tuple(one for part in conditions for one in remembered(part))
    return ()


def link(sheet: str, place: Range | Cell) -> str:
    """Where a card leads."""
    cell = place.first if isinstance(place, Range) else place
    return f"{sheet}!{cell.a1}"


def short(name: str, most: int = 14) -> str:
    """A name in a line that has little room."""
    return name if len(name) <= most else f"{name[: most - 1]}…"
