"""The sheets of a workbook, a folder a sheet, and their registry.

A new sheet is a folder and a line here. Must not know the file format. Of each folder's modules
the registry asks, where they have it: `numbers.steps` (display, layout, values), `formulas.rules`
(network, layout), and of `looks` `sheet` (shown), `names` (shown) and `captions` (display,
layout). Where a sheet changes what the others hold, `numbers.amended_steps` and
`formulas.amended_rules` are given all of it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any


@dataclass(frozen=True)
class Room:
    """A sheet's folder; `last` where its numbers follow from those of all others."""

    folder: str
    last: bool = False


# In the order of the workbook.
ROOMS = (
    Room("board"),
    Room("border"),  # on the board, too: the padding around its maps
    Room("enlarged"),  # on the board, too: its small kernels
    Room("mosaic"),  # on the board, too: a colour picture in its colours
    Room("counts"),  # on the board, too: under its maps
    Room("panel", last=True),  # on the board, too: what follows from what is chosen
    Room("exercise"),
    Room("images"),
    Room("explain"),
    Room("guide"),
    Room("model"),
)


@cache
def parts(module: str, name: str) -> tuple[Callable[..., Any], ...]:
    """What the rooms call by a name in their modules of another, in the order of the workbook."""
    return tuple(_functions(ROOMS, module, name))


@cache
def computed_parts(module: str, name: str) -> tuple[Callable[..., Any], ...]:
    """The same, in the order of computation."""
    return tuple(_functions(tuple(sorted(ROOMS, key=lambda room: room.last)), module, name))


def _functions(rooms: tuple[Room, ...], module: str, name: str) -> Iterator[Callable[..., Any]]:
    for room in rooms:
        place = f"{__name__}.{room.folder}.{module}"
        if find_spec(place) and hasattr(found := import_module(place), name):
            yield getattr(found, name)
