"""How large a network may be that somebody's text describes, before anything is made of it.

A text of a few lines can call for thousands of millions of cells. Must not know where the text
stands, nor what is laid out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import prod
from typing import Any

from xlconv.errors import NetworkError
from xlconv.network.layers.base import Layer, sources
from xlconv.network.network import INPUT
from xlconv.network.shapes import Shape, map_count

MOST_LAYERS = 1_000
MOST_NUMBER = 10**15  # from which on numbers are not looked at one by one
MOST_CELLS = 20_000_000  # on a board; the million formulas of a large book are a twentieth
MOST_PIECES = 200_000  # maps and kernels, each of which has its place
MOST_TEXT = 2_000_000  # characters of a network's text
_LONGEST_NAME = 2_000
_MOST_PARTS = 100  # of a dotted key: its time grows with the square of their number
_LIKE_KEYS = re.compile(r"[^\w.\"' \t-]")
_DOTTED = re.compile(r"\.[ \t]*[\"'A-Za-z_-]")


def check_text(text: str, where: str) -> None:
    """NetworkError if a network's text is longer, or its keys deeper, than any network's."""
    if len(text) > MOST_TEXT:
        raise NetworkError(
            f"{where}: a network's text of {len(text):,} characters; give at most {MOST_TEXT:,}"
        )
    if any(piece.count(".") > _MOST_PARTS for piece in _LIKE_KEYS.split(text)) or any(
        len(_DOTTED.findall(line)) > _MOST_PARTS for line in text.splitlines()
    ):
        raise NetworkError(f"{where}: nested too deeply; give a simpler text")


def check_table(table: Mapping[str, Any], where: str) -> None:
    """NetworkError, naming it, for a number or a text that no network has."""
    layers = table.get("layers")
    if isinstance(layers, list) and len(layers) > MOST_LAYERS:
        raise NetworkError(f"{where}: {len(layers):,} layers; give at most {MOST_LAYERS:,}")
    for name, value in _settings(table):
        if isinstance(value, int) and abs(value) > MOST_NUMBER:
            raise NetworkError(
                f"{where}: {name} is {_short(value)}, more than a worksheet holds; make it smaller"
            )
        if isinstance(value, str) and len(value) > _LONGEST_NAME:
            raise NetworkError(
                f"{where}: {name} is a text of {len(value):,} characters; shorten it"
            )


def _settings(table: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Every number and text of a table, with the name of what it sets."""
    waiting: list[tuple[str, Any]] = list(table.items())
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [(name, one) for one in value]
        else:
            yield name, value


def _short(value: int) -> str:
    return f"{value:,}" if abs(value) < 10**15 else f"a number of {value.bit_length():,} bits"


def check_sizes(input_shape: Shape, layers: Iterable[Layer], where: str) -> None:
    """NetworkError, naming the layer, where a network grows beyond all boards.

    What does not fit together is left to `Network`, which says so.
    """
    shapes: dict[str, Shape] = {INPUT: input_shape}
    before, cells, pieces = INPUT, 0, 0
    if len(input_shape) != 3 or not all(type(n) is int and n >= 1 for n in input_shape):
        return
    _check(prod(input_shape), input_shape[0], INPUT, where)
    for layer in layers:
        names = sources(layer) or (before,)
        if not isinstance(names, tuple) or not isinstance(layer.name, str):
            return
        read = [shapes.get(str(name)) for name in names]
        known = [shape for shape in read if shape is not None]
        if len(known) != len(read):
            return
        shape = layer.output_shape(*known)
        weights = [weight.shape for weight in layer.weights(*known).values()]
        inner = layer.inner_shapes(known[0]).values()
        cells += sum(map(prod, (shape, *weights, *inner)))
        maps = sum(map(map_count, known))
        pieces += sum(map(map_count, (shape, *inner))) + sum(
            prod(one[:2]) if len(one) == 4 else one[0] * (maps if len(one) == 2 else 1)
            for one in weights
        )
        _check(cells, pieces, layer.name, where)
        shapes[layer.name] = shape
        before = layer.name


def _check(cells: int, pieces: int, name: str, where: str) -> None:
    for number, most, what in (
        (cells, MOST_CELLS, "cells"),
        (pieces, MOST_PIECES, "maps and kernels"),
    ):
        if number > most:
            raise NetworkError(
                f"{where}: layer {str(name)[:40]!r}: {number:,} {what} up to here, more than the "
                f"{most:,} of the largest board; make it smaller"
            )
