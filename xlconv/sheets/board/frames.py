"""Frames on the board as rules of conditional formats: what the explained cell reads outside of a
map, and what pools keep.

Must not know how a file spells a rule.
"""

from collections.abc import Iterator

from xlconv.network.layers.base import source
from xlconv.network.layers.pooling import MaxPool2D
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.panel.formulas import by_name
from xlconv.sheets.styles import INK, READS
from xlconv.spreadsheet.blocks import Highlight
from xlconv.spreadsheet.cells import Range


def reads_beyond(
    tensor: str, number: int, places: tuple[Range, ...], network: Network, layout: Layout
) -> Iterator[Highlight]:
    """Dashed lines around the cells of a map's padding that the explained cell reads, or that
    those read from which it follows."""
    panel, inside = layout.panel, layout.tensors[tensor].maps[number]
    chosen = ",".join(cell.absolute for cell in panel.chosen)
    own = [by_name(cell, panel.table) for cell in panel.lines[tensor].reads.cells()]
    for layer in network.readers(tensor):
        if layer.window is None:
            continue
        box = [by_name(cell, panel.table) for cell in panel.lines[layer.name].reads.cells()]
        margin, window = layer.margin(network.shapes[tensor]), layer.window
        parts = [f"{panel.outlined.first:$}=1", f"COUNTA({chosen})>0", f"{box[2]}<={box[3]}"]
        parts += [f"{own[0]}<={number + 1}", f"{own[1]}>={number + 1}"]
        for axis, first, before, stride, extent, (start, end) in (
            ("ROW", inside.row, margin.top, window.stride[0], window.extent[0], box[2:4]),
            ("COLUMN", inside.column, margin.left, window.stride[1], window.extent[1], box[4:6]),
        ):
            place = f"{axis}()-{first - before}"  # from 0, with the padding before the map
            parts += [f"{place}>=({start}-1)*{stride}", f"{place}<({end}-1)*{stride}+{extent}"]
        yield Highlight(places, f"AND({','.join(parts)})", border=READS, dashed=True)


def kept(
    tensor: str, number: int, places: tuple[Range, ...], network: Network, layout: Layout
) -> Iterator[Highlight]:
    """A line around each number of a map that a max pool keeps, while that is chosen."""
    chosen = layout.panel.winners
    for layer in network.readers(tensor):
        if chosen is not None and isinstance(layer, MaxPool2D):
            inside = layout.tensors[tensor].maps[number]
            pooled = layout.tensors[layer.name].maps[number]
            wins = ",".join(_windows(layer, inside, pooled, network))
            # Of numbers that are nothing but 0, none is kept rather than another.
            formula = f"AND({chosen.first:$}=1,ABS({inside.first.a1})>0.000001,OR({wins}))"
            yield Highlight(places, formula, border=INK)


def _windows(layer: MaxPool2D, inside: Range, pooled: Range, network: Network) -> Iterator[str]:
    """Whether a cell is the largest of a window, for each window that may hold it."""
    margin = layer.margin(network.shapes[source(layer)])
    window, cell = layer.window, inside.first.a1
    assert window is not None
    ways = [
        [
            (f"INT(({place})/{stride})-{back}", f"{place}", stride, extent, count)
            for back in range(-(-extent // stride))
        ]
        for place, stride, extent, count in (
            (f"ROW()-{inside.row - margin.top}", window.stride[0], window.extent[0], pooled.height),
            (
                f"COLUMN()-{inside.column - margin.left}",
                window.stride[1],
                window.extent[1],
                pooled.width,
            ),
        )
    ]
    for down in ways[0]:
        for across in ways[1]:
            there = ",".join(
                f"{at}>=0,{at}<{count},{place}-({at})*{stride}<{extent}"
                for at, place, stride, extent, count in (down, across)
            )
            largest = f"INDEX({pooled:$},{down[0]}+1,{across[0]}+1)"
            yield f"IF(AND({there}),{cell}={largest})"
