"""The sheets of a workbook, a folder a sheet, and their registry.

A new sheet is a folder and a line here. Must not know the file format. Of each folder's modules
the registry asks, where they have it: `numbers.steps` (display, layout, values), `formulas.rules`
(network, layout), and of `looks` `sheet` (shown), `names` and `hidden_names` (shown), `captions`
(display, layout) and `works` (shown), its part of the sheet Works; of that, `places` say in
`works_columns` (network, layout) how wide it is and in `works_constants` (network, layout) how many
numbers it holds that nothing computes. Where a sheet changes what the others hold,
`numbers.amended_steps` and `formulas.amended_rules` are given all of it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any


@dataclass(frozen=True)
class Room:
    """A sheet's folder; its numbers follow from those of rooms whose `turn` comes before."""

    folder: str
    turn: int = 0


# In the order in which sheets are made: the last one says how large the others are.
ROOMS = (
    Room("guide", turn=3),  # what of all the others is done
    Room("board"),
    Room("border"),  # on the board, too: the padding around its maps
    Room("enlarged"),  # on the board, too: its small kernels
    Room("mosaic"),  # on the board, too: a colour picture in its colours
    Room("counts"),  # on the board, too: under its maps
    Room("originals"),  # of the picture and of weights, on the last sheet
    Room("panel", turn=1),  # on the board, too: what follows from what is chosen
    Room("laboratory", turn=2),  # on the board, too: beside the output, of which it reads the loss
    Room("exercise"),
    Room("images"),
    Room("explain"),
    Room("beginnings"),  # there, too: the first kernels before training
    Room("heads"),  # on the last but one: what the last layers cost
    Room("works"),
    Room("model"),
)


@cache
def parts(module: str, name: str) -> tuple[Callable[..., Any], ...]:
    """What the rooms call by a name in their modules of another, in their order."""
    return tuple(_functions(ROOMS, module, name))


@cache
def computed_parts(module: str, name: str) -> tuple[Callable[..., Any], ...]:
    """The same, in the order of computation."""
    return tuple(_functions(tuple(sorted(ROOMS, key=lambda room: room.turn)), module, name))


@cache
def by_room(module: str, name: str) -> dict[str, Callable[..., Any]]:
    """The same, by the rooms' folders."""
    found = {room.folder: list(_functions((room,), module, name)) for room in ROOMS}
    return {folder: functions[0] for folder, functions in found.items() if functions}


def _functions(rooms: tuple[Room, ...], module: str, name: str) -> Iterator[Callable[..., Any]]:
    for room in rooms:
        place = f"{__name__}.{room.folder}.{module}"
        if find_spec(place) and hasattr(found := import_module(place), name):
            yield getattr(found, name)
