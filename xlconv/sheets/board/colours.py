"""The colour rules of the board: one for a map or a layer's weights, never one a cell.

Must not know how a file spells a rule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from xlconv.formulas import text as formulas
from xlconv.formulas.places import Placement
from xlconv.network.borders import bordered
from xlconv.network.layers.dropout import Dropout
from xlconv.network.network import INPUT, Network
from xlconv.sheets.board.frames import kept, reads_beyond
from xlconv.sheets.board.furniture import GAP
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.border.places import border_parts
from xlconv.sheets.on_board.enlarged.colours import enlarged_rules
from xlconv.sheets.on_board.originals.places import original_name, original_places
from xlconv.sheets.on_board.panel.formulas import WRONG, by_name, on_frame, scale_limit
from xlconv.sheets.on_board.panel.places import KERNELS, PanelPlaces
from xlconv.sheets.styles import CHANGED, CHANNEL_COLOURS, FAINT, REACHES, READS, Palette
from xlconv.spreadsheet.blocks import ColourScale, Highlight, Values
from xlconv.spreadsheet.cells import Range
from xlconv.state.choices import Display

ColourRule = ColourScale | Highlight


def colour_rules(
    display: Display, values: Mapping[str, Values], layout: Layout, colours: Palette
) -> Iterator[ColourRule]:
    """The rules of every tensor, kernel and bar. Those that come first go before the others.

    All rules of a map have the very same cells: LibreOffice forgets a colour scale where another
    conditional format, of other cells, gives a cell its look.
    """
    network = display.network
    yield from _hidden(display, layout)
    for tensor in network.shapes:
        yield from _tensor(display, tensor, values, layout, colours)
    for layer in network.layers:
        if isinstance(layer, Dropout):
            yield from _dropped(layer, display, layout, colours)
        for key in layer.inner_shapes(network.read_shapes(layer)[0]):
            yield from _inner(
                key,
                layout.inner[f"{layer.name}_{key}"],
                _visibility(display, layout, layer.name),
                colours,
            )
    regions = original_places(network, layout).regions
    for name, weights in layout.weights.items():
        for key in KERNELS & weights.arrays.keys():
            places = weights.arrays[key]
            for number, region in enumerate(regions, 1):
                if region.layer == name and any(map(region.board.overlaps, places)):
                    yield _typed_over(number, region.board, places, places)
            yield from _numbers_off(places, None, display, layout, colours)
            yield _faint(places, 0.005, "0;0;0")
            visible = _visibility(display, layout, name)
            limit = by_name(layout.panel.lines[name].weights, layout.panel.table)
            whole = weights.array_range(key)
            yield _around_zero(places, limit, (whole,), visible, colours)
    yield from enlarged_rules(display, values, layout, colours)
    yield from _bars(network, values, layout, colours)
    yield from _verdict(layout, values)


@dataclass(frozen=True)
class _Visibility:
    """Whether a tensor is shown: as a formula, and now."""

    formula: str
    hidden: bool

    def limit(self, end: str) -> str:
        """The end of a colour scale, while it is shown."""
        return scale_limit(self.formula, end)


def _visibility(display: Display, layout: Layout, tensor: str) -> _Visibility:
    panel = layout.panel
    shown = by_name(panel.lines[tensor].shown, panel.table)
    return _Visibility(shown, tensor in display.choices.hidden)


def _dropped(
    layer: Dropout, display: Display, layout: Layout, colours: Palette
) -> Iterator[ColourRule]:
    """Random numbers and the mask made of them, which say nothing while dropout is off."""
    active = layout.controls[layer.name]["active"].first
    mask = layout.inner[f"{layer.name}_mask"]
    for places in (layout.inner[f"{layer.name}_random"].maps, mask.maps):
        now = () if layer.active else places
        yield Highlight(places, f"{active:$}<>1", WHITE, WHITE, ";;;", WHITE, last=True, now=now)
    yield _faint(mask.maps, 0.5, "0;0;0")
    visible = _visibility(display, layout, layer.name)
    yield ColourScale(
        ranges=mask.maps,
        limit=visible.limit(f"IF({active:$}<>1,1E+300,MAX({mask.range:$}))"),
        low=None,
        zero=colours.paper,
        high=colours.rectified,
        ends=(mask.range,),
        endless=visible.hidden or not layer.active,
    )


def _inner(
    key: str, placement: Placement, visible: _Visibility, colours: Palette
) -> Iterator[ColourRule]:
    """The colours of what a layer shows on its way, by its short name: of some steps none."""
    if key == "kernel":
        largest = formulas.largest_magnitude(placement.range)
        yield _around_zero(placement.maps, largest, (placement.range,), visible, colours)


WHITE = "FFFFFF"


def _hidden(display: Display, layout: Layout) -> Iterator[Highlight]:
    """Layers that are not revealed yet: white on white, with everything that stands beside them."""
    bottom = max(
        layout.panel.area.bottom, *(place.range.bottom for place in layout.tensors.values())
    )
    first = layout.tensors[INPUT]
    for band in layout.bands:
        left, last = band.first - GAP, bottom + 2
        if band.tensor == INPUT:
            lowest = layout.legends[INPUT] or [first.with_ring(-1)]
            left, last = band.first, max(place.bottom for place in lowest)
        areas = [Range(1, left, last, band.last - left + 1)]
        areas += [
            Range(1, wing.first, last, wing.last - wing.first + 1)
            for wing in layout.wings
            if wing.tensor == band.tensor
        ]
        if band == layout.bands[-1] and layout.answer is not None:
            title = layout.answer.title
            below = layout.panel.area.row - 1
            areas.append(Range(title.row, first.range.column, below - title.row, 28))
        now = tuple(areas) if band.tensor in display.choices.hidden else ()
        # Named by its cell, too: what is named by a name alone is not drawn anew everywhere.
        chosen = layout.panel.reveal.first
        hides = _visibility(display, layout, band.tensor).formula
        formula = f'AND({chosen:$}<>"",{hides}=0)'
        yield Highlight(tuple(areas), formula, WHITE, WHITE, ";;;", WHITE, last=True, now=now)


def _tensor(
    display: Display,
    tensor: str,
    values: Mapping[str, Values],
    layout: Layout,
    colours: Palette,
) -> Iterator[ColourRule]:
    """For each map, with its legend: lines around what is read and reached, what is nearly zero,
    digits on dark ink, and the scale."""
    network, legends = display.network, layout.legends[tensor]
    maps, visible = layout.tensors[tensor].maps, _visibility(display, layout, tensor)
    vector, there = len(network.shapes[tensor]) == 1, bordered(network)
    for number, place in enumerate(maps):
        places = (place, *legends[number : number + 1])
        inked = tensor == INPUT and len(maps) != len(CHANNEL_COLOURS)
        dark = _dark(place, legends[number]) if inked and legends else None
        if tensor in there:
            parts = border_parts(layout.tensors[tensor], number)
            beyond = tuple(part.place for part in parts)
            yield from reads_beyond(tensor, number, beyond, network, layout)
            yield from _numbers_off(beyond, None, display, layout, colours)
        if tensor == INPUT:
            yield _typed_over(0, _as_kept(place, number), (place,), places)
        yield from _outlines(display, tensor, number, values, layout, dark)
        yield from kept(tensor, number, places, network, layout)
        if not vector:
            yield from _numbers_off(places, dark, display, layout, colours)
        if not vector:
            yield _faint(places, 0.05, "0;0;0")
        elif not network.layer(tensor).shares:
            yield _faint(places, 0.005, "0.00;0.00;0.00", colour=None)
        if dark is not None:
            # Digits turn white where the ink is too dark for black ones.
            yield Highlight(
                places, dark, colour=WHITE, now=_dark_pixels(values[INPUT], number, place)
            )
        end, ends = _end(tensor, number, vector, layout)
        signed = network.signed[tensor]
        yield ColourScale(
            ranges=places,
            limit=visible.limit(end),
            low=colours.negative if signed else None,
            zero=colours.zero if signed else colours.paper,
            high=colours.positive if signed else _ink(tensor, number, len(maps), colours),
            ends=ends,
            endless=visible.hidden,
        )


def _end(tensor: str, number: int, vector: bool, layout: Layout) -> tuple[str, tuple[Range, ...]]:
    """The end of the scale of a map: its legend's, a vector's own, or, of a crowd of maps without
    legends, their tensor's; and where a painter finds it."""
    legends, panel = layout.legends[tensor], layout.panel
    if legends:
        end = legends[number].last
        return end.absolute, (Range.of(end),)
    if vector:
        place = layout.tensors[tensor].maps[number]
        return formulas.largest_magnitude(place), (place,)
    return by_name(panel.lines[tensor].limit, panel.table), layout.number_ranges(tensor)


def _as_kept(place: Range, number: int) -> Range:
    """A map's place as if its original stood there: the originals of maps are a row apart."""
    return Range(place.row - number * (place.height + 1), place.column, place.height, place.width)


def _typed_over(
    number: int, board: Range, typed: tuple[Range, ...], places: tuple[Range, ...]
) -> Highlight:
    """What differs from its original, which a name of a number stands for."""
    first = places[0].first
    original = f"INDEX({original_name(number)},ROW()-{board.row - 1},COLUMN()-{board.column - 1})"
    # Legends have the same rules, and no originals.
    differs = f"AND(ROW()<={max(one.bottom for one in typed)},{first.a1}<>{original})"
    return Highlight(places, differs, colour=CHANGED, border=CHANGED)


def _numbers_off(
    places: tuple[Range, ...], dark: str | None, display: Display, layout: Layout, colours: Palette
) -> Iterator[Highlight]:
    """Where numbers are switched off: no digits, or, in a program that does not hide them so,
    letters in the paper's colour."""
    chosen = layout.panel.numbers.first
    off, now = f'{chosen:$}="off"', () if display.choices.numbers else places
    if dark is not None:
        yield Highlight(places, f"AND({off},{dark})", colour=colours.ink, number_format=";;;")
    yield Highlight(places, off, colour=colours.paper, number_format=";;;", now=now)


def _ink(tensor: str, number: int, count: int, colours: Palette) -> str:
    """The colour of the largest value of a map that has no negative ones."""
    if tensor != INPUT:
        return colours.rectified
    return CHANNEL_COLOURS[number] if count == len(CHANNEL_COLOURS) else colours.ink


def _outlines(
    display: Display,
    tensor: str,
    number: int,
    values: Mapping[str, Values],
    layout: Layout,
    dark: str | None,
) -> Iterator[Highlight]:
    """A frame of cells around what the followed pixel reaches in a map, and around what the
    explained cell reads there."""
    panel, place = layout.panel, layout.tensors[tensor].maps[number]
    places = (place, *layout.legends[tensor][number : number + 1])
    line = panel.lines[tensor]
    for key, box, colour in (("reaches", line.reaches, REACHES), ("reads", line.reads, READS)):
        ends = [by_name(cell, panel.table) for cell in box.cells()]
        covered = f"{_chosen(panel, key)},{on_frame(ends, place, number + 1)}"
        drawn = key == "reaches" or display.choices.outlined
        now = _frame(values[f"looks:{key}_{tensor}"], place, number + 1) if drawn else ()
        if dark is not None:
            # One rule with both: some programs apply the first that holds, and no other.
            yield Highlight(places, f"AND({covered},{dark})", colour=WHITE, border=colour)
        yield Highlight(places, f"AND({covered})", border=colour, now=now)


def _chosen(panel: PanelPlaces, key: str) -> str:
    """Whether there is a frame of a kind at all. It names the cells in which that is chosen: a
    spreadsheet that draws frames anew only where something changes that their rule names by its
    cell, and not by a name, draws these, too."""
    if key == "reads":
        cells = ",".join(cell.absolute for cell in panel.chosen)
        return f"{panel.outlined.first:$}=1,COUNTA({cells})>0"
    return f"COUNT({panel.pixel_row.first:$},{panel.pixel_column.first:$})=2"


def _frame(six: Values, place: Range, number: int) -> tuple[Range, ...]:
    """The cells of the map of a number that are on the edge of a box of six numbers."""
    if not all(isinstance(one, float) and np.isfinite(one) for one in six.tolist()):
        return ()
    first, last, top, bottom, left, right = (int(one) for one in six)
    if not first <= number <= last or top > bottom or left > right:
        return ()
    row, column = place.row + top - 1, place.column + left - 1
    height, width = bottom - top + 1, right - left + 1
    return (
        Range(row, column, 1, width),
        Range(row + height - 1, column, 1, width),
        Range(row, column, height, 1),
        Range(row, column + width - 1, height, 1),
    )


def _dark(place: Range, legend: Range) -> str:
    """Whether the ink under a pixel is too dark for black digits."""
    return f"{place.first.a1}>0.45*{legend.last.absolute}"


def _dark_pixels(pixels: Values, number: int, place: Range) -> tuple[Range, ...]:
    """The dark pixels of one map, beside the darkest of all."""
    numbers = np.asarray(pixels, dtype=np.float64)
    dark = np.argwhere(numbers[number] > 0.45 * np.nanmax(numbers))
    return tuple(Range.of(place.cell(row, column)) for row, column in dark)


def _around_zero(
    places: tuple[Range, ...],
    limit: str,
    ends: tuple[Range, ...],
    visible: _Visibility,
    colours: Palette,
) -> ColourScale:
    return ColourScale(
        ranges=places,
        limit=visible.limit(limit),
        low=colours.negative,
        zero=colours.zero,
        high=colours.positive,
        ends=ends,
        endless=visible.hidden,
    )


def _faint(
    places: tuple[Range, ...], below: float, number_format: str, colour: str | None = FAINT
) -> Highlight:
    """What is shown as zero steps back, and loses its sign: there is no "-0.0"."""
    formula = f"ABS({places[0].first})<{below:g}"
    return Highlight(places, formula, colour=colour, number_format=number_format, zeros=True)


def _bars(
    network: Network, values: Mapping[str, Values], layout: Layout, colours: Palette
) -> Iterator[Highlight]:
    """A bar for each class, of cells that are filled as far as the probability goes."""
    answer = layout.answer
    if answer is None or not answer.bars or not network.layer(network.output).shares:
        return
    shares = np.asarray(values[network.output], dtype=np.float64).tolist()
    for line in range(answer.bars[0].height):
        places = tuple(Range(bar.row + line, bar.column, 1, bar.width) for bar in answer.bars)
        formula = formulas.bar_reaches(answer.values[0].first, places[0])
        filled = zip(places, shares, strict=True)
        now = tuple(Range(p.row, p.column, 1, _bar_cells(share, p.width)) for p, share in filled)
        now = tuple(place for place in now if place.width)
        yield Highlight(places, formula, fill=colours.positive, now=now)


def _bar_cells(share: float, width: int) -> int:
    """The cells of a bar that a share between 0 and 1 fills."""
    return sum(share > (cell + 0.5) / width for cell in range(width))


def _verdict(layout: Layout, values: Mapping[str, Values]) -> Iterator[Highlight]:
    """A wrong answer, in red."""
    if layout.verdict is not None:
        place = layout.verdict.right
        formula = f'LEFT({place.first.absolute},1)="{WRONG[0]}"'
        wrong = str(values["picture:right"].reshape(-1)[0]).startswith(WRONG[0])
        yield Highlight((place,), formula, colour="C0392B", now=(place,) if wrong else ())
