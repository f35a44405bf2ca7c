"""What a cell is said to read is what it depends on: each cell before a layer is nudged, and the
reference, which knows no access, tells which of the layer's cells change."""

from dataclasses import replace

import numpy as np
import pytest
from support.cases import NAMES, load_case

from xlconv import Dropout, Network
from xlconv.network.layers.base import Layer, sources
from xlconv.network.layers.kinds import KINDS
from xlconv.network.model import Array
from xlconv.network.shapes import as_maps
from xlconv.reference.layers.registry import layer_steps
from xlconv.sheets.on_board.receptive.numbers import reached_box, read_box

NOTHING = np.array([99999.0, 0.0] * 3)
NETWORKS = [load_case(name).model.network for name in NAMES]


def box(cells: Array) -> list[float]:
    """First and last map, row and column, from 1, of the cells that are true."""
    found = np.nonzero(cells.reshape(as_maps(cells.shape)))
    ends = ((axis.min() + 1, axis.max() + 1) for axis in found)
    return [float(end) for pair in ends for end in pair] if found[0].size else NOTHING.tolist()


def computed(layer: Layer, network: Network, values: dict[str, Array]) -> Array:
    """A layer's tensor with weights that are all positive: nothing cancels."""
    random = np.random.default_rng(5)
    shapes = layer.weights(*network.read_shapes(layer))
    weights = {key: random.uniform(0.05, 0.1, one.shape) for key, one in shapes.items()}
    found = dict(values)
    for step in layer_steps(layer, weights, found):
        found[step.name] = np.asarray(step.value, float)
    return found[layer.name]


def changes(layer: Layer, network: Network, tensor: str) -> Array:
    """Whether each cell of a layer changes with each cell of a tensor, as [read, made]."""
    if isinstance(layer, Dropout):
        layer = replace(layer, active=False)  # else the cells that it drops read nothing
    random = np.random.default_rng(6)
    values = {name: random.uniform(0.1, 1.0, network.shapes[name]) for name in sources(layer)}
    before, found = computed(layer, network, values), []
    for place in range(values[tensor].size):
        changed = np.zeros(before.shape, dtype=bool)
        # Up it wins in every pool, down it leaves where others are cut off.
        for nudge in (5.0, -5.0):
            nudged = values[tensor].copy()
            nudged.flat[place] += nudge
            changed |= computed(layer, network, values | {tensor: nudged}) != before
        found.append(changed.reshape(-1))
    return np.array(found)


def test_every_kind_is_among_the_networks() -> None:
    found = {type(layer).__name__ for network in NETWORKS for layer in network.layers}
    assert found == set(KINDS)


def check(layer: Layer, found: list[float], expected: list[float]) -> None:
    """Boxes are the same; one around a dilated window covers its gaps, too."""
    if min(found[1::2]) == 0.0:  # on one axis there is nothing
        found = NOTHING.tolist()
    gaps = layer.window is not None and layer.window.dilation != (1, 1)
    if not gaps:
        assert found == expected, layer
    elif expected != NOTHING.tolist():
        assert (np.array(found[::2]) <= expected[::2]).all(), layer
        assert (np.array(found[1::2]) >= expected[1::2]).all(), layer


@pytest.mark.parametrize("network", NETWORKS, ids=list(NAMES))
def test_a_cell_depends_on_what_it_is_said_to_read(network: Network) -> None:
    for layer in network.layers:
        shape = network.shapes[layer.name]
        for tensor in sources(layer):
            depends = changes(layer, network, tensor)
            read = network.shapes[tensor]
            boxes = dict.fromkeys(network.shapes, NOTHING)
            for number, cell in enumerate(np.ndindex(as_maps(shape))):
                chosen = np.repeat(np.array(cell) + 1.0, 2)
                found = read_box(network, tensor, "", (0, 0, 0), boxes | {layer.name: chosen})
                check(layer, found, box(depends[:, number].reshape(read)))
            for number, cell in enumerate(np.ndindex(as_maps(read))):
                pixel = np.repeat(np.array(cell) + 1.0, 2)
                found = reached_box(network, layer, boxes | {tensor: pixel})
                check(layer, found, box(depends[number].reshape(shape)))
