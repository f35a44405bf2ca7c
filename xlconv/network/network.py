"""Networks: layers linked by the names of the tensors they make, and models.

Owns the links, the names that a workbook will define, and `Model`, a network with its
weights. Must not know how anything is computed, drawn, read or written. The picture is
the tensor `input`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import NetworkError, WeightsError, meant
from xlconv.network.bounds import check_layers, check_padding, check_tensors
from xlconv.network.labels import check_label, check_title
from xlconv.network.layers.base import Dropout, KernelDemo, Layer, Sigmoid, Softmax, sources
from xlconv.network.shapes import Shape, inner_shapes, output_shape, shape_text, weight_shapes
from xlconv.spreadsheet.cells import looks_like_reference

Array = NDArray[np.float64]

INPUT = "input"
TICK = "✓"  # beside a class that is found
NONE_FOUND = "none"  # instead of a class, where none is found
MAX_JOINED_LENGTH = 9_999  # of the labels that a network with a sigmoid may answer together


@dataclass(frozen=True)
class Network:
    """Layers in the order of computation, from the tensor `input` of shape (C, H, W).

    `labels` names the outputs, class by class; left out, they are "0", "1", ...
    Raises NetworkError where names or shapes do not fit.
    """

    name: str
    input_shape: tuple[int, int, int]
    layers: tuple[Layer, ...]
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        given = self.input_shape
        shape = tuple(given) if isinstance(given, tuple | list) else ()
        if len(shape) != 3 or not all(type(n) is int and n >= 1 for n in shape):
            raise NetworkError(
                f"input shape is {self.input_shape!r}; give three whole numbers from 1: "
                "channels, height, width"
            )
        object.__setattr__(self, "input_shape", shape)
        check_title(self.name)
        if not self.layers:
            raise NetworkError(f"network {self.name!r} has no layers; give it at least one")
        check_layers(self.layers)
        object.__setattr__(self, "layers", tuple(_linked(self.layers)))
        check_tensors(self.shapes)
        check_tensors(all_weight_shapes(self), "weights")
        _check_names(self)
        self._check_labels()

    def _check_labels(self) -> None:
        output = self.shapes[self.output]
        labels = tuple(self.labels)
        if not all(isinstance(label, str) and label.strip() for label in labels):
            raise NetworkError("labels are texts that are not empty; one of them is not")
        for label in labels:
            check_label(label)
        if not labels and len(output) == 1:
            labels = tuple(str(number) for number in range(output[0]))
        if len(output) != 1 and labels:
            raise NetworkError(
                f"network {self.name!r} has {len(labels)} labels but its output "
                f"{self.output!r} is maps of {shape_text(output)}; leave the labels out"
            )
        if labels and len(labels) != output[0]:
            raise NetworkError(
                f"network {self.name!r} has {len(labels)} labels but its output "
                f"{self.output!r} has {output[0]} values; give one label for each"
            )
        length = sum(map(len, labels)) + 2 * len(labels)
        if isinstance(self.layers[-1], Sigmoid) and length > MAX_JOINED_LENGTH:
            raise NetworkError(
                f"network {self.name!r} has labels of {length:,} characters together, which may "
                f"all stand in one cell; give at most {MAX_JOINED_LENGTH:,}"
            )
        if len(set(labels)) != len(labels):
            twice = next(label for label in labels if labels.count(label) > 1)
            raise NetworkError(f"label {twice!r} is given twice; every class needs its own")
        object.__setattr__(self, "labels", labels)

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """The shape of every tensor, in the order of computation, `input` first."""
        shapes: dict[str, Shape] = {INPUT: self.input_shape}
        for layer in self.layers:
            for name in sources(layer):
                if name not in shapes:
                    raise NetworkError(
                        f"layer {layer.name!r} reads {name!r}, which no earlier layer makes; "
                        f"{meant(name, shapes)}"
                    )
                check_padding(layer, shapes[name])
            shapes[layer.name] = output_shape(layer, *(shapes[name] for name in sources(layer)))
        return shapes

    @cached_property
    def inner(self) -> dict[str, Shape]:
        """The shapes of what layers show on their way, such as `dropout_mask`."""
        return {
            f"{layer.name}_{key}": shape
            for layer in self.layers
            for key, shape in inner_shapes(layer, self.read_shapes(layer)[0]).items()
        }

    @property
    def drawn(self) -> dict[str, Shape]:
        """The shapes of the random numbers that dropout layers draw, such as `dropout_random`."""
        names = {f"{layer.name}_random" for layer in self.layers if isinstance(layer, Dropout)}
        return {name: shape for name, shape in self.inner.items() if name in names}

    @property
    def learning(self) -> list[Layer]:
        """The layers that have something to learn: a kernel demo's kernels are given."""
        kinds = (layer for layer in self.layers if not isinstance(layer, KernelDemo))
        return [layer for layer in kinds if self.weight_shapes(layer)]

    def read_shapes(self, layer: Layer) -> list[Shape]:
        """The shapes of the tensors that a layer reads."""
        return [self.shapes[name] for name in sources(layer)]

    @property
    def output(self) -> str:
        """The name of the last tensor."""
        return self.layers[-1].name

    def layer(self, name: str) -> Layer:
        return next(layer for layer in self.layers if layer.name == name)

    def readers(self, tensor: str) -> list[Layer]:
        """The layers that read a tensor."""
        return [layer for layer in self.layers if tensor in sources(layer)]

    def weight_shapes(self, layer: Layer) -> dict[str, Shape]:
        """The shapes of a layer's weights by their full names, such as `conv1.weight`."""
        shapes = weight_shapes(layer, *self.read_shapes(layer))
        return {f"{layer.name}.{key}": shape for key, shape in shapes.items()}

    def controls(self, layer: Layer) -> tuple[str, ...]:
        """The settings of a layer that stand in cells: a threshold only where it decides."""
        decides = layer.name == self.output and len(self.shapes[self.output]) == 1
        return () if isinstance(layer, Sigmoid) and not decides else layer.controls

    def parameters(self, layer: Layer) -> int:
        """How many numbers a layer's weights are."""
        return sum(prod(shape) for shape in self.weight_shapes(layer).values())


def vector_labels(network: Network, tensor: str) -> tuple[str, ...]:
    """The labels beside a vector: the classes where it has as many, else its numbers. Beside a
    kernel demo stand the names of its kernels."""
    layer = network.layer(tensor)
    if isinstance(layer, KernelDemo):
        return layer.kernels
    units = network.shapes[tensor][0]
    if len(network.labels) == units:
        return network.labels
    return tuple(str(unit + 1) for unit in range(units))


def found_labels(network: Network, output: Array) -> tuple[str, ...]:
    """The classes that a network answers: the one of the largest output, or, behind a sigmoid,
    all that reach its threshold."""
    last = network.layers[-1]
    if not isinstance(last, Sigmoid):
        return (network.labels[int(np.argmax(output))],)
    reached = np.asarray(output) >= last.threshold
    return tuple(label for label, yes in zip(network.labels, reached, strict=True) if yes)


def label_cell(label: str) -> float | str:
    """What stands in a cell for a class label: a number where it is a whole number, so that
    no spreadsheet marks it as a number stored as text.

    >>> label_cell("7"), label_cell("007"), label_cell("cat")
    (7.0, '007', 'cat')
    """
    plain = label.isascii() and label.isdigit() and str(int(label)) == label and len(label) < 16
    return float(label) if plain else label


def _linked(layers: Iterable[Layer]) -> Iterable[Layer]:
    before = INPUT
    for layer in layers:
        _check_name(layer.name)
        if not sources(layer):
            layer = replace(layer, inputs=(before,))  # type: ignore[call-arg]
        inputs = sources(layer)
        if isinstance(inputs, list):
            layer = replace(layer, inputs=tuple(inputs))
            inputs = sources(layer)
        if not isinstance(inputs, tuple) or not all(isinstance(name, str) for name in inputs):
            raise NetworkError(
                f"layer {layer.name!r}: inputs is {inputs!r}; give a list of tensors' names"
            )
        least, most = layer.reads
        if not least <= len(inputs) <= most:
            takes = "one" if most == 1 else f"{least} or more: name them in inputs"
            raise NetworkError(
                f"layer {layer.name!r} ({type(layer).__name__}) reads {len(inputs)} "
                f"tensor{'s' if len(inputs) != 1 else ''}; it takes {takes}"
            )
        yield layer
        before = layer.name


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,99}", name):
        raise NetworkError(
            f"layer name {name!r} cannot be used; names are letters, digits and _ and start with "
            'a letter, as in "conv1"'
        )
    if looks_like_reference(name) or name.lower() in ("true", "false"):
        digits = re.search(r"\d*$", name)
        stem, number = name[: len(name) - len(digits[0])] if digits else name, digits[0]  # type: ignore[index]
        suggestion = {"fc": "dense", "w": "weights", "c": "conv", "bn": "norm"}.get(
            stem.lower(), f"{stem}_layer"
        )
        raise NetworkError(
            f"layer name {name!r} cannot be used: a spreadsheet reads it as a cell; "
            f'call it "{suggestion}{number}", for example'
        )


# What layers show on their way, besides what has a defined name; blocks of a report.
STEPS: dict[type[Layer], tuple[str, ...]] = {
    Softmax: ("steps", "max", "shifted", "exp", "sum"),
    Dropout: ("steps", "share", "factor"),
    KernelDemo: ("steps", "number"),
}


def defined_names(network: Network) -> dict[str, str]:
    """Every name that a workbook of the network defines, with what it names.

    >>> from xlconv.network.layers.base import Conv2D
    >>> list(defined_names(Network("n", (1, 4, 4), (Conv2D("edge", 1, 3, bias=False),))))
    ['input', 'input_1', 'edge', 'edge_1', 'edge_weight']
    """
    named: dict[str, str] = {}
    taken: dict[str, str] = {}

    def define(name: str, what: str) -> None:
        # Names of a workbook are one whether written in capitals or not.
        if name.lower() in taken:
            raise NetworkError(
                f"the name {name!r} would stand for both {taken[name.lower()]} and {what}; "
                "rename one of the layers"
            )
        named[name] = taken[name.lower()] = what

    for name in ("answer", "titles", "sums", "scales", "looks", "explain", "shapes", "counts"):
        taken[name] = f"the {name} of the board"
    taken["exercise"] = "the sheet of an exercise"
    for name in ("picture", "loss"):
        taken[name] = f"the {name} that stands on the board"
    for layer in network.layers:
        for step in STEPS.get(type(layer), ()):
            taken[f"{layer.name}_{step}".lower()] = f"a step of layer {layer.name!r}"
    for tensor, shape in network.shapes.items():
        if tensor.lower().startswith(("answer_", "titles_", "sums_")):
            raise NetworkError(
                f"layer name {tensor!r} cannot be used: names that begin so are the board's own; "
                "give the layer another name"
            )
        define(tensor, f"the tensor {tensor!r}")
        if len(shape) == 3:
            for number in range(1, shape[0] + 1):
                define(f"{tensor}_{number}", f"map {number} of {tensor!r}")
    for layer in network.layers:
        for key in weight_shapes(layer, *network.read_shapes(layer)):
            define(f"{layer.name}_{key}", f"the {key} of layer {layer.name!r}")
        for key in network.controls(layer):
            define(f"{layer.name}_{key}", f"the {key} of layer {layer.name!r}")
    for name in network.inner:
        define(name, f"the step {name!r}")
    return named


def _check_names(network: Network) -> None:
    for layer in network.layers:
        if layer.name.lower() == INPUT or layer.name.lower().startswith("xlconv"):
            raise NetworkError(
                f"layer name {layer.name!r} cannot be used: it is xlconv's own; "
                "give the layer another name"
            )
    names = [layer.name for layer in network.layers]
    for name, count in Counter(names).items():
        if count > 1:
            raise NetworkError(f"two layers are called {name!r}; every layer needs its own name")
    defined_names(network)


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
        checked = {name: _checked(name, arrays[name]) for name in all_weight_shapes(self.network)}
        object.__setattr__(self, "weights", checked)

    def layer_weights(self, layer: Layer) -> dict[str, Array]:
        """A layer's weights by their short names, as `weight` and `bias`."""
        return {
            name.partition(".")[2]: self.weights[name] for name in self.network.weight_shapes(layer)
        }


def all_weight_shapes(network: Network) -> dict[str, Shape]:
    """The shapes of all weights of a network, layer by layer."""
    return {n: shape for one in network.layers for n, shape in network.weight_shapes(one).items()}


def check_weight_shapes(network: Network, shapes: Mapping[str, Shape]) -> None:
    """WeightsError where the shapes of arrays are not those of the network's weights."""
    expected = all_weight_shapes(network)
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


def _checked(name: str, array: Array) -> Array:
    layer = name.partition(".")[0]
    if not np.isfinite(array).all():
        raise WeightsError(
            f"layer {layer!r}: {name!r} holds NaN or infinity, which no cell can hold; "
            "train again with a smaller learning rate"
        )
    if name.endswith(".variance") and (array < 0).any():
        raise WeightsError(
            f"layer {layer!r}: {name!r} holds {array.min():g}, but a variance is never "
            "negative; train again"
        )
    array.flags.writeable = False
    return array
