"""What the board says besides the network's tensors: the answer, the titles, and the sums by which
changes are told.

NumPy's side. Must not know how a workbook computes the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.model import Array, Model
from xlconv.network.names import label_cell
from xlconv.network.network import INPUT, NONE_FOUND, TICK, Network
from xlconv.network.shapes import values_word
from xlconv.reference.forward import network_steps
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.panel.numbers import picture_steps
from xlconv.state.choices import Display

TICKS = "answer_tick_"  # begins the names of the marks beside the classes
LAST_DIGITS = 1e-14
LOOKED_UP = 1e-11  # the distance from which on all engines tell two numbers apart


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """The picture, the network's own, the answer, the titles and the sums."""
    yield from picture_steps(display, layout, values)
    yield from network_steps(display.model, values)
    yield from answer_steps(display.network, values)
    yield from title_steps(display.network)
    yield from sum_steps(display.model, values)


def answer_steps(network: Network, values: Mapping[str, Values]) -> Iterator[Step]:
    """The answer beside the picture: the class of the largest output, or all that reach the
    threshold of a sigmoid, and each class's value."""
    if network.answers == "none":
        return
    output, several = numbers(values[network.output]), network.answers == "several"
    if several or len(output) > 1:
        for number, label in enumerate(network.labels, 1):
            value = output[[number - 1]]
            yield Step.exact(f"answer_label_{number}", label_cell(label))
            yield Step.measured(f"answer_value_{number}", value)
    if several:
        yield from _several(network, output, network.threshold, values)
    else:
        yield from _largest(network, output)


def _largest(network: Network, output: Array) -> Iterator[Step]:
    if np.isnan(output).any():
        yield from (Step.unknown(key) for key in ("answer_label", "answer_value"))
        return
    best = int(output.argmax())
    # Spreadsheets look a number up by its first digits, so that near ones are one to them.
    with np.errstate(invalid="ignore"):  # infinities, which no cell can hold
        near = output[best] - output <= LOOKED_UP * max(1.0, abs(output[best]))
    cells = [label_cell(network.labels[number]) for number in np.flatnonzero(near)]
    label = np.array([label_cell(network.labels[best])])
    yield Step("answer_label", label, np.zeros(1), also=frozenset(cells))
    yield Step.measured("answer_value", output[[best]])


def _several(
    network: Network, output: Array, threshold: float, values: Mapping[str, Values]
) -> Iterator[Step]:
    """A tick for each class that is found, then the classes that have one."""
    marks = []
    for number, value in enumerate(output, 1):
        yield _tick(f"{TICKS}{number}", float(value), threshold)
        marks.append(str(values[f"{TICKS}{number}"][0]))
    if not {*marks} <= {TICK, ""}:
        yield from (Step.unknown(key) for key in ("answer_label", "answer_value"))
        return
    found = [label for label, mark in zip(network.labels, marks, strict=True) if mark == TICK]
    yield Step.text("answer_label", ", ".join(found) or NONE_FOUND)
    yield Step.exact("answer_value", float(len(found)))


def _tick(key: str, value: float, threshold: float) -> Step:
    if np.isnan(value):
        return Step.unknown(key)
    # LibreOffice takes numbers for equal that differ in their last digits.
    near = abs(value - threshold) <= LAST_DIGITS * threshold
    mark = TICK if value >= threshold else ""
    return Step.text(key, mark, *((TICK, "") if near else ()))


def title_steps(network: Network) -> Iterator[Step]:
    """The texts of the board that say a tensor's shape, and a map's."""
    for tensor, shape in network.shapes.items():
        if len(shape) == 1:
            yield Step.text(f"titles_{tensor}", f"{shape[0]} {values_word(shape[0])}")
            continue
        yield Step.text(f"titles_{tensor}", " × ".join(map(str, shape)))
        for number in range(1, shape[0] + 1):
            text = f"{tensor} map {number} · {shape[1]} × {shape[2]}"
            yield Step.text(f"titles_{tensor}_{number}", text)


def sum_steps(model: Model, values: Mapping[str, Values]) -> Iterator[Step]:
    """The sums of the picture's numbers, and of each layer's weights and controls."""
    summed = {INPUT: numbers(values[INPUT]).reshape(-1)}
    for layer in model.network.layers:
        parts = [array.reshape(-1) for array in model.layer_weights(layer).values()]
        if layer.control_options:
            parts.append(numbers(values[f"{layer.name}_number"]))
        controls = [getattr(layer, name) for name in model.network.controls(layer)]
        parts.append(np.array([float(c) for c in controls if not isinstance(c, str)]))
        if sum(map(len, parts)):
            summed[layer.name] = np.concatenate(parts)
    for name, array in summed.items():
        yield Step(f"sums_{name}", np.array([array.sum()]), np.array([np.abs(array).sum()]))
