"""Pictures in a terminal: maps of half blocks in colour, or of signs where there is no colour.

Owns how large a map is drawn and which sign stands for which number. Must not know files,
nor compute anything.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from math import ceil

import numpy as np
from rich.console import Console
from rich.style import Style
from rich.text import Text

from xlconv.images.pixels import luminance
from xlconv.network.model import Array
from xlconv.network.network import INPUT, PICTURE_WORDS, TICK, Network, found_labels
from xlconv.rendering.paint import Colours, scale_colours
from xlconv.sheets.styles import Palette

SHADES = " .:-=+*#%@"  # of numbers that cannot be negative, from zero up
POSITIVE, NEGATIVE = ".:+#@", "'-=oO"  # of numbers of both signs
_GAP = 2  # columns between maps
_LINES = 26  # that the maps of one layer may take where all are shown
_BAR = 50  # the longest bar, in columns
_MOST_BARS = 20
_SCALES = (3.0, 2.0, 1.0, 1 / 2, 1 / 3, 1 / 4, 1 / 6, 1 / 8)
_ENLARGED = 16  # columns up to which a small map is enlarged
_SMALLEST = 5  # columns below which no map is reduced


@dataclass(frozen=True)
class Pictures:
    """What is drawn, and how: `coloured` in half blocks, else in signs, on `width` columns."""

    network: Network
    tensors: Mapping[str, Array]
    colours: Palette
    coloured: bool
    width: int


def in_colour(console: Console) -> bool:
    """Whether a terminal shows enough colours, and half blocks."""
    enough = console.color_system in ("256", "truecolor") and not console.no_color
    return console.is_terminal and enough and console.encoding.startswith("utf")


def print_legend(console: Console, shown: Pictures) -> None:
    """What the colours, or the signs, stand for."""
    _print_lines(console, _legend(shown))


def print_pictures(
    console: Console, shown: Pictures, tensors: Iterable[str], detail: bool = False
) -> None:
    """The maps, or the bars, of some tensors; in `detail` larger, and of vectors each value."""
    _print_lines(console, pictures(shown, tensors, detail))


def _print_lines(console: Console, lines: Iterable[Text]) -> None:
    for line in lines:
        console.print(line, no_wrap=True, overflow="ellipsis", crop=True)


def pictures(shown: Pictures, tensors: Iterable[str], detail: bool = False) -> Iterator[Text]:
    """The lines of all pictures."""
    for tensor in tensors:
        yield Text()
        yield from _heading(shown, tensor)
        array = shown.tensors[tensor]
        if array.ndim == 3:
            yield from _maps(shown, tensor, detail)
        elif detail or tensor == shown.network.output:
            yield from _bars(shown, tensor)
        else:
            yield from _strip(shown, tensor)


def _legend(shown: Pictures) -> Iterator[Text]:
    """What the colours, or the signs, stand for: in one line if there is room."""
    look = shown.colours
    parts = [
        Text(f"{POSITIVE} positive"),
        Text(f"{NEGATIVE} negative"),
        Text(f"{SHADES.strip()} never negative"),
    ]
    if shown.coloured:
        words = {"negative": look.negative, "0": look.zero, "positive": look.positive}
        parts = [Text.assemble(("██", f"#{colour}"), f" {word}") for word, colour in words.items()]
    line = Text("   ").join(parts)
    yield from [line] if line.cell_len <= shown.width else parts


def _heading(shown: Pictures, tensor: str) -> Iterator[Text]:
    """A layer's name, its shape, the range of its numbers and what it does."""
    array, network = shown.tensors[tensor], shown.network
    shape = " × ".join(map(str, array.shape)) if array.ndim == 3 else f"{len(array)} values"
    head = Text.assemble((tensor, "bold"), f"  {shape}")
    if not np.isnan(array).all():
        head.append(f"  {np.nanmin(array):.3g} to {np.nanmax(array):.3g}")
    words = Text(PICTURE if tensor == INPUT else network.layer(tensor).words(), style="dim")
    together = Text("  ").join([head, words])
    yield from [together] if together.cell_len <= shown.width else [head, words]


PICTURE = PICTURE_WORDS.partition(":")[0]


def _maps(shown: Pictures, tensor: str, detail: bool) -> Iterator[Text]:
    """The maps of a tensor side by side, in as many rows as they need."""
    planes = shown.tensors[tensor]
    if _in_true_colours(tensor, planes):
        planes = np.moveaxis(planes, 0, -1)[np.newaxis]  # one picture of three channels
    scale = _scale(planes.shape, shown.width, detail)
    maps = [_lines(shown, tensor, _scaled(plane, scale)) for plane in planes]
    wide = maps[0][0].cell_len
    abreast = max(1, (shown.width + _GAP) // (wide + _GAP))
    for start in range(0, len(maps), abreast):
        row = maps[start : start + abreast]
        if len(maps) > 1:
            names = (str(start + number).ljust(wide) for number in range(1, len(row) + 1))
            yield Text((" " * _GAP).join(names).rstrip(), style="dim")
        for lines in zip(*row, strict=True):
            yield Text(" " * _GAP).join(lines)


def _in_true_colours(tensor: str, array: Array) -> bool:
    return tensor == INPUT and len(array) == 3


def _scale(shape: tuple[int, ...], width: int, detail: bool) -> float:
    """How much larger, or smaller, each of some maps is drawn: as large as there is room."""
    count, high, wide = shape[:3]
    largest = width // 2 if detail else _ENLARGED
    fitting = [
        scale
        for scale in _SCALES
        if ceil(wide * scale) <= width
        and (scale <= 1 or wide * scale <= largest)
        and (scale >= 1 or wide * scale >= _SMALLEST)
    ] or [1 / ceil(wide / width)]
    for scale in fitting:
        abreast = max(1, (width + _GAP) // (ceil(wide * scale) + _GAP))
        if detail or ceil(count / abreast) * (ceil(high * scale / 2) + 1) <= _LINES:
            return scale
    return fitting[-1]


def _scaled(plane: Array, scale: float) -> Array:
    """A map enlarged; or reduced, with the strongest number of each square."""
    if scale >= 1:
        return plane.repeat(round(scale), axis=0).repeat(round(scale), axis=1)
    side = round(1 / scale)
    high, wide = (ceil(length / side) for length in plane.shape[:2])
    missing = ((0, high * side - plane.shape[0]), (0, wide * side - plane.shape[1]))
    margins = (*missing, *((0, 0) for _ in plane.shape[2:]))
    padded = np.pad(plane, margins, constant_values=np.nan)
    squares = padded.reshape(high, side, wide, side, *plane.shape[2:]).swapaxes(1, 2)
    return _strongest(squares.reshape(high, wide, side * side, *plane.shape[2:]))


def _strongest(squares: Array) -> Array:
    """The number furthest from zero along the third axis."""
    best = np.nan_to_num(np.abs(squares), nan=-1.0).argmax(axis=2, keepdims=True)
    return np.asarray(np.take_along_axis(squares, best, axis=2).squeeze(axis=2))


def _lines(shown: Pictures, tensor: str, plane: Array) -> list[Text]:
    """A map as lines of a terminal, two rows in each."""
    if len(plane) % 2:
        plane = np.pad(plane, ((0, 1), *((0, 0),) * (plane.ndim - 1)), constant_values=np.nan)
    if not shown.coloured:
        grey = luminance(plane) if plane.ndim == 3 else plane
        pairs = grey.reshape(len(grey) // 2, 2, grey.shape[1]).swapaxes(1, 2)
        return [Text(signs) for signs in _signs(shown, tensor, _strongest(pairs))]
    colours = _colours(shown, tensor, plane)
    empty = np.asarray(np.isnan(plane.reshape(*plane.shape[:2], -1)).any(axis=2))
    cells = [
        [None if gone else f"#{bytes(rgb).hex()}" for rgb, gone in zip(line, no, strict=True)]
        for line, no in zip(colours.tolist(), list(empty), strict=True)
    ]
    return list(map(_half_blocks, cells[::2], cells[1::2]))


def _half_blocks(above: list[str | None], below: list[str | None]) -> Text:
    """Two rows of colours as one line; None is no colour."""
    text = Text()
    for (upper, lower), run in groupby(zip(above, below, strict=True)):
        block = "▀" if upper else "▄" if lower else " "
        colour, ground = (upper, lower) if upper else (lower, None)
        text.append(block * len(list(run)), Style(color=colour, bgcolor=ground))
    return text


def _limit(shown: Pictures, tensor: str) -> float:
    """The largest magnitude of a tensor, which has the strongest colour."""
    array = np.abs(shown.tensors[tensor])
    return float(np.nanmax(array)) if not np.isnan(array).all() else 0.0


def _colours(shown: Pictures, tensor: str, plane: Array) -> Colours:
    """The colours of numbers, as on the board; a picture of three channels in its own."""
    limit, look = _limit(shown, tensor), shown.colours
    if plane.ndim == 3:
        return np.asarray(255 * np.clip(np.nan_to_num(plane) / (limit or 1.0), 0, 1), np.uint8)
    if shown.network.signed[tensor]:
        return scale_colours(plane, limit, look.negative, look.zero, look.positive)
    high = look.ink if tensor == INPUT else look.rectified
    return scale_colours(plane, limit, None, look.paper, high)


def _signs(shown: Pictures, tensor: str, plane: Array) -> list[str]:
    """The signs of numbers, row by row; a blank where there is no number."""
    both = shown.network.signed[tensor]
    shares = np.nan_to_num(plane / (_limit(shown, tensor) or 1.0))
    return ["".join(_sign(share, both) for share in row) for row in shares.tolist()]


def _sign(share: float, both: bool) -> str:
    """The sign of a number as a share of the largest magnitude.

    >>> _sign(0.0, True), _sign(0.01, True), _sign(1.0, True), _sign(-1.0, True), _sign(1.0, False)
    (' ', ' ', '@', 'O', '@')
    """
    shades = (" " + (NEGATIVE if share < 0 else POSITIVE)) if both else SHADES
    return shades[min(len(shades) - 1, round(min(1.0, abs(share)) * (len(shades) - 1)))]


def _strip(shown: Pictures, tensor: str) -> Iterator[Text]:
    """A vector as strips, a few columns for each unit."""
    values = shown.tensors[tensor]
    each = 3 if 3 * len(values) <= shown.width else 1
    for start in range(0, len(values), shown.width // each):
        part = values[np.newaxis, start : start + shown.width // each].repeat(each, axis=1)
        yield from _lines(shown, tensor, part.repeat(2, axis=0))


def _bars(shown: Pictures, tensor: str) -> Iterator[Text]:
    """A line for each class or unit: its label, a bar, its value."""
    network, values = shown.network, shown.tensors[tensor]
    labels = network.labels if len(network.labels) == len(values) else None
    names = labels or tuple(str(unit) for unit in range(1, len(values) + 1))
    heads = [_head(name, max(4, shown.width // 4)) for name in names]
    answers = tensor == network.output and not np.isnan(values).any()
    found = set(found_labels(network, values)) if answers else set()
    order = list(range(len(values)))
    if len(order) > _MOST_BARS:
        order = sorted(order, key=lambda unit: -np.nan_to_num(abs(values[unit])))[:_MOST_BARS]
    longest = max(heads[unit].cell_len for unit in order)
    for unit in order:
        line = Text(" " * (longest - heads[unit].cell_len)).append(heads[unit]).append(" ")
        if names[unit] in found:
            line.stylize("bold")
        line.append(_bar(shown, tensor, float(values[unit]), longest))
        if names[unit] in found and network.answers == "several":
            line.append(f" {TICK}" if shown.coloured else " *", Style(bold=True))
        yield line
    if network.answers == "several" and tensor == network.output:
        mark, tick = "│✓" if shown.coloured else "|*"
        yield Text(f"{mark} the threshold, {network.threshold:g}; {tick} found", style="dim")
    if len(order) < len(values):
        yield Text(f"... and {len(values) - len(order):,} smaller", style="dim")


def _head(label: str, most: int) -> Text:
    """A label on so many columns at most, without what a terminal would not print."""
    head = Text("".join(letter if letter.isprintable() else " " for letter in label))
    head.truncate(most, overflow="ellipsis")
    return head


def _bar(shown: Pictures, tensor: str, value: float, before: int) -> Text:
    """A bar as long as a share of the largest, with its value; with a mark where a threshold is."""
    if np.isnan(value):
        return Text("no value stored", style="dim")
    layer = shown.network.layers[-1] if tensor == shown.network.output else None
    share = layer is not None and layer.shares
    number = f"{value:6.1%}" if share else f"{value:9.3g}"
    room = max(4, min(_BAR, shown.width - before - len(number) - 4))
    limit = 1.0 if share else _limit(shown, tensor) or 1.0
    length = round(min(1.0, abs(value) / limit) * room)
    signs = ["█" if shown.coloured else "-" if value < 0 else "#"] * length
    signs += [" " if shown.coloured else "."] * (room - length)
    if layer is not None and layer.several:
        signs[min(room - 1, round(shown.network.threshold * room))] = "│" if shown.coloured else "|"
    colour = shown.colours.negative if value < 0 else shown.colours.positive
    text = Text("".join(signs), Style(color=f"#{colour}") if shown.coloured else "")
    text.append(f" {number}", Style(color="default"))
    return text
