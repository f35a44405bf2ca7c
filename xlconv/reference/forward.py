"""The reference: what a network computes, and what the board says beside it.

The plainest float64 NumPy, layer by layer (`operators`), and the answer, the titles, the sums
and the counts (`counts`). Must not know how a workbook computes the same: nothing here may import
`formulas`, `rules` or `lower`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from xlconv.errors import ImageError, NetworkError
from xlconv.network.model import Array, Model
from xlconv.network.names import label_cell
from xlconv.network.network import INPUT, NONE_FOUND, TICK, Network
from xlconv.network.shapes import shape_text
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.reference.layers.registry import layer_steps
from xlconv.sheets.model.numbers import count_steps

TICKS = "answer_tick_"  # begins the names of the marks beside the classes
LAST_DIGITS = 1e-14
LOOKED_UP = 1e-11  # the distance from which on all engines tell two numbers apart


def forward(
    model: Model, image: Array, drawn: Mapping[str, Array] | None = None
) -> dict[str, Array]:
    """Every tensor by name, in the order of computation, beginning with `input`.

    `image` has the network's input shape (C, H, W). Maps are float64 of shape (C, H, W),
    vectors of shape (n,). `drawn` holds a dropout layer's random numbers, as
    `read_book(path).drawn` gives them; left out, they are the same each time. Raises ImageError
    for another shape or for NaN and infinity.
    """
    values = forward_steps(model, image, _checked_drawn(model, drawn or {}))
    return {name: np.asarray(values[name], dtype=np.float64) for name in model.network.shapes}


def forward_steps(
    model: Model, image: Array, given: Mapping[str, Array] | None = None
) -> dict[str, Values]:
    """What `forward` gives, and besides the steps of layers, the answer, the titles, the sums and
    the counts. `given` holds what only a workbook knows: its random numbers, and how many cells
    of its picture and weights are not empty."""
    values: dict[str, Values] = {INPUT: checked_image(model, image), **(given or {})}
    return filled(values, steps(model, values))


def filled(values: dict[str, Values], made: Iterable[Step]) -> dict[str, Values]:
    """The values with those of steps that are computed from them, one after another."""
    with np.errstate(
        over="ignore", invalid="ignore", divide="ignore"
    ):  # what a cell cannot hold is refused later
        for step in made:
            values[step.name] = step.value
    return values


def _checked_drawn(model: Model, drawn: Mapping[str, Array]) -> dict[str, Array]:
    """Random numbers of the shapes that the network's dropout layers draw."""
    shapes, checked = model.network.drawn, {}
    for name, given in drawn.items():
        try:
            array = np.array(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise NetworkError(f"drawn {name!r} is no array of numbers") from error
        if name not in shapes or array.shape != shapes[name]:
            drawing = ", ".join(f"{key} {shape_text(shape)}" for key, shape in shapes.items())
            raise NetworkError(
                f"drawn {name!r} of shape {shape_text(array.shape) or 'scalar'} fits no dropout "
                f"layer of {model.network.name!r}, which draws {drawing or 'nothing'}"
            )
        if not ((array >= 0) & (array < 1)).all():
            raise NetworkError(f"drawn {name!r} holds numbers that are not from 0 to below 1")
        checked[name] = array
    return checked


def steps(model: Model, values: Mapping[str, Values]) -> Iterator[Step]:
    """Each result in the order of computation, computed from those before it as `values` has
    them when it is asked for: the reference's own, or those that were found in a workbook."""
    for layer in model.network.layers:
        yield from layer_steps(layer, model.layer_weights(layer), values)
    yield from answer_steps(model.network, values)
    yield from title_steps(model.network)
    yield from sum_steps(model, values)
    yield from count_steps(model.network, values)


def checked_image(model: Model, image: Array) -> Array:
    """The picture as float64, of the shape that the network reads."""
    array = np.array(image, dtype=np.float64)
    if array.shape != model.network.input_shape:
        raise ImageError(
            f"the picture has shape {shape_text(array.shape) or 'scalar'} but "
            f"{model.network.name!r} reads {shape_text(model.network.input_shape)} "
            "(channels, height, width)"
        )
    if not np.isfinite(array).all():
        raise ImageError("the picture holds NaN or infinity; give finite numbers")
    return array


def answer_steps(network: Network, values: Mapping[str, Values]) -> Iterator[Step]:
    """The answer beside the picture: the class of the largest output, or all that reach the
    threshold of a sigmoid, and each class's value."""
    if network.answers == "none":
        return
    output, several = numbers(values[network.output]), network.answers == "several"
    if several or len(output) > 1:
        for number, label in enumerate(network.labels, 1):
            value = output[[number - 1]]
            yield Step(f"answer_label_{number}", np.array([label_cell(label)]), np.zeros(1))
            yield Step(f"answer_value_{number}", value, np.abs(value))
    if several:
        yield from _several(network, output, network.threshold, values)
    else:
        yield from _largest(network, output)


UNKNOWN = np.array([np.nan])  # nothing can be said of what reads what is no number


def _largest(network: Network, output: Array) -> Iterator[Step]:
    if np.isnan(output).any():
        yield from (Step(key, UNKNOWN, np.zeros(1)) for key in ("answer_label", "answer_value"))
        return
    best = int(output.argmax())
    # Spreadsheets look a number up by its first digits, so that near ones are one to them.
    with np.errstate(invalid="ignore"):  # infinities, which no cell can hold
        near = output[best] - output <= LOOKED_UP * max(1.0, abs(output[best]))
    cells = [label_cell(network.labels[number]) for number in np.flatnonzero(near)]
    label = np.array([label_cell(network.labels[best])])
    yield Step("answer_label", label, np.zeros(1), also=frozenset(cells))
    yield Step("answer_value", output[[best]], np.abs(output[[best]]))


def _several(
    network: Network, output: Array, threshold: float, values: Mapping[str, Values]
) -> Iterator[Step]:
    """A tick for each class that is found, then the classes that have one."""
    marks = []
    for number, value in enumerate(output, 1):
        yield _tick(f"{TICKS}{number}", float(value), threshold)
        marks.append(str(values[f"{TICKS}{number}"][0]))
    if not {*marks} <= {TICK, ""}:
        yield from (Step(key, UNKNOWN, np.zeros(1)) for key in ("answer_label", "answer_value"))
        return
    found = [label for label, mark in zip(network.labels, marks, strict=True) if mark == TICK]
    yield Step("answer_label", np.array([", ".join(found) or NONE_FOUND]))
    yield Step("answer_value", np.array([float(len(found))]), np.zeros(1))


def _tick(key: str, value: float, threshold: float) -> Step:
    if np.isnan(value):
        return Step(key, UNKNOWN, np.zeros(1))
    mark = np.array([TICK if value >= threshold else ""])
    # LibreOffice takes numbers for equal that differ in their last digits.
    near = abs(value - threshold) <= LAST_DIGITS * threshold
    return Step(key, mark, also=frozenset((TICK, "") if near else ()))


def title_steps(network: Network) -> Iterator[Step]:
    """The texts of the board that say a tensor's shape, and a map's."""
    for tensor, shape in network.shapes.items():
        if len(shape) == 1:
            yield Step(f"titles_{tensor}", np.array([f"{shape[0]} values"]))
            continue
        yield Step(f"titles_{tensor}", np.array([" × ".join(map(str, shape))]))
        for number in range(1, shape[0] + 1):
            text = f"{tensor} map {number} · {shape[1]} × {shape[2]}"
            yield Step(f"titles_{tensor}_{number}", np.array([text]))


def sum_steps(model: Model, values: Mapping[str, Values]) -> Iterator[Step]:
    """The sums of the picture's numbers, and of each layer's weights and controls."""
    summed = {INPUT: numbers(values[INPUT]).reshape(-1)}
    for layer in model.network.layers:
        parts = [array.reshape(-1) for array in model.layer_weights(layer).values()]
        if layer.listed:
            parts.append(numbers(values[f"{layer.name}_number"]))
        controls = [getattr(layer, name) for name in model.network.controls(layer)]
        parts.append(np.array([float(c) for c in controls if not isinstance(c, str)]))
        if sum(map(len, parts)):
            summed[layer.name] = np.concatenate(parts)
    for name, array in summed.items():
        yield Step(f"sums_{name}", np.array([array.sum()]), np.array([np.abs(array).sum()]))
