"""What the panel says, in plain NumPy: the chosen picture, the loss, the ends of the colour scales,
the boxes of what is read and reached.

Must not know the formulas that say the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.layers.base import source, sources
from xlconv.network.model import Array
from xlconv.network.names import as_compared, label_cell
from xlconv.network.network import INPUT, Network
from xlconv.network.shapes import as_maps
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.images.numbers import drawing_steps
from xlconv.sheets.on_board.panel.places import KERNELS
from xlconv.sheets.on_board.receptive.numbers import pixel_box, reached_box, read_box
from xlconv.state.choices import SCALES, UNKNOWN, Display, shown_picture


def picture_steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """Where the chosen picture stands in the gallery, and the picture on the board."""
    if layout.gallery is None:
        return
    yield from drawing_steps(display, layout)
    offset = layout.gallery.offset(display.choices.picture)
    for key, count in zip(("line", "place"), offset, strict=True):
        yield Step.exact(f"picture:{key}", float(count))
    choices = display.choices
    base = shown_picture(_chosen(display, layout, values), choices)
    for name, places in _gallery_places(display, layout):
        yield Step.exact(name, *places)
    there = _is_chosen(display, layout, values) and all(
        numbers(values[name]).tolist() == places
        for name, places in _gallery_places(display, layout)
    )
    names = [f"picture:original_{number}" for number in range(1, len(base) + 1)]
    for name, pixels in zip(names, base, strict=True):
        yield Step.measured(name, pixels if there else np.full_like(pixels, np.nan))
    found = np.array([numbers(values[name]).reshape(base.shape[1:]) for name in names])
    yield Step.measured(INPUT, np.where(display.image == base, found, display.image))


def _gallery_places(display: Display, layout: Layout) -> Iterator[tuple[str, list[float]]]:
    """The rows and columns of the gallery at which the pixels of the board are looked up."""
    assert layout.gallery is not None
    channels, height, width = layout.gallery.shape
    down, across = layout.gallery.offset(display.choices.picture)
    by_rows, by_columns = display.choices.shift
    yield "picture:columns", _moved(across, width, by_columns)
    for channel in range(channels):
        before = down + layout.gallery.before_map(channel)
        yield f"picture:rows_{channel + 1}", _moved(before, height, by_rows)


def _moved(before: int, count: int, by: int) -> list[float]:
    """The numbers behind those before, moved: 0 where nothing comes from."""
    return [
        float(before + one - by) if 1 <= one - by <= count else 0.0 for one in range(1, count + 1)
    ]


def _chosen(display: Display, layout: Layout, values: Mapping[str, Values]) -> Array:
    """The chosen picture; picture 0 as it was found."""
    picture: Array = display.pictures[display.choices.picture]
    if display.choices.picture:
        return picture
    found = [numbers(values[f"drawing:{number}"]) for number in range(1, len(picture) + 1)]
    return np.array(found).reshape(picture.shape)


def _is_chosen(display: Display, layout: Layout, values: Mapping[str, Values]) -> bool:
    """Whether the picture that is looked up is the chosen one: of others nothing is said."""
    found = [numbers(values[f"picture:{key}"])[0] for key in ("line", "place")]
    return layout.gallery is not None and found == [*layout.gallery.offset(display.choices.picture)]


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """All others, each from the found values that it reads."""
    yield from _verdict_steps(display, layout, values)
    yield from _loss_steps(display, layout, values)
    yield from _scale_steps(display, layout, values)
    yield from _looks_steps(display, layout, values)
    yield from _shown_steps(display, layout, values)


def _shown_steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """What is revealed, and what a chart may show of the output."""
    network, hidden = display.network, display.choices.hidden
    yield Step.exact("shown:revealed", float(len(network.shapes) - len(hidden)))
    for tensor in network.shapes:
        yield Step.exact(f"shown:{tensor}", 0.0 if tensor in hidden else 1.0)
    if layout.panel.charted is not None:
        output = numbers(values[network.output])
        there = network.output not in hidden
        yield Step.measured("shown:chart", output if there else np.zeros_like(output))


def _verdict_steps(
    display: Display, layout: Layout, values: Mapping[str, Values]
) -> Iterator[Step]:
    if layout.verdict is None:
        return
    actual: object = display.choices.actual
    if layout.gallery is not None:
        label = display.labels[display.choices.picture]
        there = _is_chosen(display, layout, values)
        yield Step.exact("picture:actual", label if there else np.nan)
        actual = _cell(values["picture:actual"])
    if actual == UNKNOWN:
        yield Step.exact("picture:right", "")
        return
    answer = _cell(values["answer_label"])
    if actual is None or answer is None:  # an error, which what reads it repeats
        yield Step.unknown("picture:right")
        return
    right = as_compared(answer) == as_compared(actual)
    yield Step.exact("picture:right", "✓ right" if right else "✗ wrong")


def _cell(found: Values) -> object:
    """What one cell holds: a number, a text, None for nothing."""
    [value] = found.reshape(-1).tolist()
    return value


def _loss_steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """Cross-entropy with the natural logarithm; behind a sigmoid the mean of the classes' binary
    ones (Goodfellow et al., Deep Learning, 5.5 and 6.2)."""
    if layout.loss is None:
        return
    network = display.network
    actual: object = display.choices.actual
    if layout.gallery is not None:
        actual = _cell(values["picture:actual"])
    labels, several = network.labels, network.answers == "several"
    there = [np.nan if actual is None else _is_there(one, actual, several) for one in labels]
    yield Step.exact("loss:truth", *map(float, there))
    truth = numbers(values["loss:truth"])
    parts, scale = _parts(network, truth, values)
    yield Step("loss:parts", parts, scale)
    found = numbers(values["loss:parts"])
    if actual == UNKNOWN if several else truth.sum() == 0:
        yield Step.exact("loss:total", "")
    else:
        total = found.mean() if several else found.sum()
        yield Step("loss:total", np.array([total]), np.array([np.abs(found).sum()]))
    if _cell(values["loss:total"]) == "":
        yield Step.exact("loss:decimal", "")
        return
    loss = numbers(values["loss:total"])
    yield Step("loss:decimal", loss / np.log(10), np.abs(loss))


def _is_there(label: str, actual: object, several: bool) -> bool:
    if not several:
        return as_compared(label_cell(label)) == as_compared(actual)
    text = f"{actual:.15g}" if isinstance(actual, float) else str(actual or "")
    return f", {label}," in f", {text},"


def _parts(network: Network, truth: Array, values: Mapping[str, Values]) -> tuple[Array, Array]:
    """Each class's part of the loss, and what its rounding errors are relative to."""
    last = network.layers[-1]
    if network.answers == "one":
        shifted = numbers(values[f"{last.name}_shifted"])
        logarithm = np.log(numbers(values[f"{last.name}_sum"]))
        parts = np.where(truth == 0, 0.0, logarithm - shifted + 0.0 * truth)
        return parts, np.where(truth == 0, 0.0, np.abs(logarithm) + np.abs(shifted) + 1.0)
    logits = numbers(values[source(last)])
    parts = np.logaddexp(0.0, logits) - logits * truth
    return parts, 1.0 + np.abs(logits)


def _scale_steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    network = display.network
    number = SCALES.index(display.choices.scale) + 1.0
    yield Step.exact("scales:number", number)
    for tensor in network.shapes:
        magnitudes = np.abs(numbers(values[tensor])).reshape(-1)
        yield Step.measured(f"scales:end_{tensor}", magnitudes.max(keepdims=True))
    for layer in network.layers:
        arrays = display.model.layer_weights(layer)
        for key in KERNELS & arrays.keys():
            places = layout.weights[layer.name]
            beside = places.beside(key)[0]  # a bias between kernels counts, too
            near = [one for one in arrays if any(map(beside.overlaps, places.arrays[one]))]
            largest = max(float(np.abs(arrays[one]).max()) for one in near)
            yield Step.measured(f"scales:weights_{layer.name}", np.array([largest]))
    maps = [t for t, shape in network.shapes.items() if len(shape) == 3 and t != INPUT]
    found = {one: float(numbers(values[f"scales:end_{one}"])[0]) for one in network.shapes}
    # An end that is no number is one of the network, too: Python's own max would lose it.
    ends = [0.0, *(found[one] for one in maps)]
    yield Step.measured("scales:network", np.max(ends, keepdims=True))
    widest = float(numbers(values["scales:network"])[0])
    chosen = numbers(values["scales:number"])[0]
    for tensor, legends in layout.legends.items():
        for channel, legend in enumerate(legends, 1):
            own = float(np.abs(numbers(values[tensor])[channel - 1]).max())
            network_end = widest if tensor in maps else found[tensor]
            end = {1.0: own, 2.0: found[tensor], 3.0: network_end}.get(chosen, np.nan)
            yield Step.measured(f"scales:high_{tensor}_{channel}", np.array([end]))
            if legend.width == 3:
                high = numbers(values[f"scales:high_{tensor}_{channel}"])
                yield Step.measured(f"scales:low_{tensor}_{channel}", -high)


def _looks_steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    network, pixel = display.network, display.choices.pixel
    found = [_explained_number(key, values) for key in ("layer", "maps", "rows", "columns")]
    layer = _found_layer(network, found[0])
    cell = None
    if layer is not None and np.isfinite(found).all():
        sizes = as_maps(network.shapes[layer])
        used = [min(max(1, int(n)), size) for n, size in zip(found[1:], sizes, strict=True)]
        cell = used[0], used[1], used[2]
    for tensor in reversed(list(network.shapes)):
        boxes = {
            one.name: numbers(values[f"looks:reads_{one.name}"]) for one in network.readers(tensor)
        }
        six = [np.nan] * 6
        if layer is not None and cell is not None:
            six = read_box(network, tensor, layer, cell, boxes)
        yield Step.exact(f"looks:reads_{tensor}", *six)
    yield Step.exact(f"looks:reaches_{INPUT}", *pixel_box(network, _inside(pixel, network)))
    for one in network.layers:
        boxes = {name: numbers(values[f"looks:reaches_{name}"]) for name in sources(one)}
        yield Step.exact(f"looks:reaches_{one.name}", *reached_box(network, one, boxes))


def _explained_number(key: str, values: Mapping[str, Values]) -> float:
    """The layer's number, map, row or column that is explained, NaN if it is none."""
    held = values.get(f"explain:{key}")
    return np.nan if held is None else float(numbers(held)[0])


def _inside(pixel: tuple[float, float] | None, network: Network) -> tuple[int, int] | None:
    """The typed row and column as those of a pixel that there is."""
    if pixel is None:
        return None
    sizes = network.input_shape[1:]
    row, column = (min(max(1, int(np.floor(n))), s) for n, s in zip(pixel, sizes, strict=True))
    return row, column


def _found_layer(network: Network, number: float) -> str | None:
    names = [layer.name for layer in network.layers]
    return names[int(number) - 1] if number in range(1, len(names) + 1) else None
