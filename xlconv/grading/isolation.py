"""Isolated layers: random numbers before a layer and in its weights, to see what its cells make
of them.

A learner's formula is right if it gives what NumPy computes from any numbers, whatever the
layers before it hold. Must not know engines.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xlconv.book.book import FoundBook
from xlconv.book.typing import Constants, typed_explained, typed_maps, typed_weights
from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.base import Layer, Weight, sources
from xlconv.network.model import Array
from xlconv.network.network import Network
from xlconv.reference.layers.base import Values
from xlconv.state.choices import Explained
from xlconv.state.sheet_names import BOARD

Random = np.random.Generator

SEED = 20121
TURNED = 1  # the trial in which signs are turned: ReLU keeps now what it dropped before
LARGER = 1.25  # by how much: what has lost its sign changes, too, unless it was typed
TRIALS = (0, TURNED)


@dataclass(frozen=True)
class IsolatedTrial:
    """Some layers of a network, none of which reads another: `values` are the random tensors that
    they read and `weights` theirs, by short names; `typed` puts them on the board."""

    layers: tuple[Layer, ...]
    values: Mapping[str, Values]
    weights: Mapping[str, Mapping[str, Array]]
    typed: Constants


def unlinked_groups(network: Network, names: tuple[str, ...]) -> list[tuple[Layer, ...]]:
    """The layers in groups in which none reads another."""
    groups: list[list[Layer]] = []
    for name in names:
        layer = network.layer(name)
        free = next((group for group in groups if not _reads_or_is_read(layer, group)), None)
        if free is None:
            groups.append([layer])
        else:
            free.append(layer)
    return [tuple(group) for group in groups]


def _reads_or_is_read(layer: Layer, group: list[Layer]) -> bool:
    return any(layer.name in sources(one) or one.name in sources(layer) for one in group)


def isolated_trial(book: FoundBook, layers: tuple[Layer, ...], number: int) -> IsolatedTrial:
    """The trial of a number: the same for the same workbook, every time."""
    random = np.random.default_rng(SEED)
    network, layout = book.network, book.layout
    values: dict[str, Values] = {}
    weights: dict[str, dict[str, Array]] = {}
    least: dict[str, set[str]] = {}
    for layer in layers:
        for name in sources(layer):
            if name not in values:
                values[name] = _random_tensor(layer, name, network, random)
        described = layer.weights(*network.read_shapes(layer))
        weights[layer.name] = {key: _random_weight(described[key], random) for key in described}
        least[layer.name] = {key for key, weight in described.items() if weight.least is not None}
    if number == TURNED:
        plain = [layer for layer in layers if not weights[layer.name]]
        turned = {name for layer in plain for name in sources(layer)}
        for name, array in values.items():  # all of them change: what stays the same reads none
            smaller = np.asarray(array, dtype=np.float64) / LARGER
            values[name] = _with_other_signs(name, array, network) if name in turned else smaller
        weights = {
            name: {key: _turned(array, key in least[name]) for key, array in one.items()}
            for name, one in weights.items()
        }
    typed = typed_explained(layout, _other_explained(network, number))
    for name, array in values.items():
        typed |= typed_maps(BOARD, layout.tensors[name].maps, np.asarray(array, dtype=np.float64))
    for name, arrays in weights.items():
        typed |= typed_weights(layout, name, arrays)
    return IsolatedTrial(layers=layers, values=values, weights=weights, typed=typed)


def _random_tensor(layer: Layer, name: str, network: Network, random: Random) -> Array:
    """Random values of a tensor, of both signs only if it can have them. Maps rise towards their
    last cell: a largest cell that is looked for one too far is another one, always."""
    shape = network.shapes[name]
    if len(shape) == 1:
        drawn: Array = random.normal(0.0, 2.0 if isinstance(layer, Softmax) else 1.0, shape)
        return drawn if network.signed[name] else np.abs(drawn)
    rows, columns = np.arange(shape[1])[:, None], np.arange(shape[2])[None, :]
    maps: Array = 0.1 * (rows + columns) + random.uniform(0.0, 0.09, shape)
    return maps - maps.mean() if network.signed[name] else maps


def _with_other_signs(name: str, array: Values, network: Network) -> Values:
    values = np.asarray(array, dtype=np.float64)
    # Where nothing is negative, the smallest becomes the largest instead.
    return -LARGER * values if network.signed[name] else values.max() + values.min() - values


def _turned(array: Array, positive: bool) -> Array:
    """Weights of which the sums of products, of numbers that became smaller, and what is added to
    them are all as many times larger, with the other sign where they may have it."""
    times = LARGER**2 if array.ndim > 1 else LARGER
    return array * (times if positive else -times)


def _random_weight(weight: Weight, random: Random) -> Array:
    drawn: Array = random.normal(0.0, 1.0, weight.shape)
    return drawn if weight.least is None else weight.least + np.abs(drawn) + 0.5


def _other_explained(network: Network, number: int) -> Explained:
    """Another cell for Explain to take apart in each trial: what copies its result is right in one
    of them at the most."""
    if number == TRIALS[0]:
        return Explained(network.layers[0].name, 1.0, 1.0, 1.0)
    return Explained(network.layers[-1].name, 1e6, 1e6, 1e6)  # beyond the last cell: the last one
