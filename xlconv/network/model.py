"""Models: networks with their weights.

Must not know how weights are read, learned or written.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import WeightsError, meant
from xlconv.network.layers.base import Layer, Weight
from xlconv.network.network import Network
from xlconv.network.shapes import Shape, shape_text

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """A network and its weights, as read-only float64 arrays.

    Keys are `<layer>.weight` and `<layer>.bias`, of shapes (kernels, channels / groups, kh, kw),
    (units, C*H*W) and (kernels,) or (units,); `<layer>.mean`, `.variance`, `.scale` and `.shift`
    of shape (C,) for batch normalisation; `<layer>.presets` of shape (n, kh, kw) for a kernel
    demo. Raises WeightsError where they do not fit.
    """

    network: Network
    weights: Mapping[str, Array]

    def __post_init__(self) -> None:
        arrays = {name: _numbers(name, array) for name, array in self.weights.items()}
        check_weight_shapes(self.network, {name: a.shape for name, a in arrays.items()})
        checked = {
            name: _check_array(name, arrays[name], weight)
            for name, weight in self.network.all_weights.items()
        }
        object.__setattr__(self, "weights", checked)

    def layer_weights(self, layer: Layer) -> dict[str, Array]:
        """A layer's weights by their short names, as `weight` and `bias`."""
        return self.network.of_layer(layer, self.weights)


def check_weight_shapes(network: Network, shapes: Mapping[str, Shape]) -> None:
    """WeightsError where the shapes of arrays are not those of the network's weights."""
    expected = {name: weight.shape for name, weight in network.all_weights.items()}
    for name in shapes:
        if name not in expected:
            raise WeightsError(
                f"weights {name!r} belong to no layer of {network.name!r}; "
                f"{meant(name, expected) if expected else 'it takes none'}"
            )
    for name, shape in expected.items():
        layer = name.partition(".")[0]
        if name not in shapes:
            raise WeightsError(
                f"layer {layer!r}: {name!r} is missing; give an array of {shape_text(shape)}"
            )
        if shapes[name] != shape:
            raise WeightsError(
                f"layer {layer!r}: {name!r} has shape {shape_text(shapes[name]) or 'scalar'} but "
                f"the network needs {shape_text(shape)}; train them for this network or change "
                "the layer's settings"
            )


def _numbers(name: str, given: object) -> Array:
    try:
        array = np.asarray(given)
    except (TypeError, ValueError):
        array = np.array(None)
    if array.dtype.kind not in "fiu":
        raise WeightsError(
            f"layer {name.partition('.')[0]!r}: {name!r} is not an array of numbers "
            f"({array.dtype}); give floats or whole numbers"
        )
    with np.errstate(over="ignore"):  # what is too large for float64 is found to be infinite
        return np.array(array, dtype=np.float64)


def _check_array(name: str, array: Array, weight: Weight) -> Array:
    layer = name.partition(".")[0]
    if not np.isfinite(array).all():
        raise WeightsError(
            f"layer {layer!r}: {name!r} holds NaN or infinity, which no cell can hold; "
            "train again with a smaller learning rate"
        )
    if weight.least is not None and (array < weight.least).any():
        raise WeightsError(
            f"layer {layer!r}: {name!r} holds {array.min():g}, but a {name.partition('.')[2]} is "
            f"never {below(weight.least)}; train again"
        )
    array.flags.writeable = False
    return array


def below(least: float) -> str:
    """What is smaller than a weight may be, in words."""
    return "negative" if least == 0 else f"below {least:g}"
