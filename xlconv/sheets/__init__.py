"""The sheets of a workbook, a folder a sheet, and their registry. What stands on another's sheet is
a folder in `on_board` or `on_model`.

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

    @property
    def name(self) -> str:
        """What layouts know it by."""
        return self.folder.rpartition(".")[2]


# In the order in which sheets are made: the last one says how large the others are.
ROOMS = (
    Room("guide", turn=3),  # what of all the others is done
    Room("board"),
    Room("on_board.border"),  # the padding around its maps
    Room("on_board.enlarged"),  # its small kernels
    Room("on_board.mosaic"),  # a colour picture in its colours
    Room("on_board.counts"),  # under its maps
    Room("on_board.originals"),  # what was typed over; as it was, on the last sheet
    Room("on_board.panel", turn=1),  # what follows from what is chosen
    Room("on_board.laboratory", turn=2),  # beside the output, of which it reads the loss
    Room("exercise"),
    Room("images"),
    Room("explain"),
    Room("on_model.beginnings"),  # the first kernels before training
    Room("on_model.heads"),  # what the last layers cost
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
    """The same, by the rooms' names."""
    found = {room.name: list(_functions((room,), module, name)) for room in ROOMS}
    return {name: functions[0] for name, functions in found.items() if functions}


def _functions(rooms: tuple[Room, ...], module: str, name: str) -> Iterator[Callable[..., Any]]:
    for room in rooms:
        place = f"{__name__}.{room.folder}.{module}"
        if find_spec(place) and hasattr(found := import_module(place), name):
            yield getattr(found, name)
