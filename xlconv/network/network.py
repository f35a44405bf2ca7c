"""Networks: layers linked by the names of the tensors they make.

Owns the links, what follows from them for each tensor, and the names that a workbook will define.
Must not know how anything is computed, drawn, read or written. The picture is the tensor `input`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from xlconv.errors import NetworkError, meant
from xlconv.network.access import Access
from xlconv.network.layers.base import Layer, Weight, sources
from xlconv.network.limits import check_board, check_layers, check_sizes
from xlconv.network.names import check_label, check_name, check_title
from xlconv.network.shapes import Shape, shape_text

INPUT = "input"
TICK = "✓"  # beside a class that is found
NONE_FOUND = "none"  # instead of a class, where none is found
PICTURE_WORDS = "the picture: type over a pixel and watch"
MAX_JOINED_LENGTH = 9_999  # of the labels that a network with a sigmoid may answer together

ArrayKind = TypeVar("ArrayKind")

# How a network answers: with the one class of the largest output, with several classes, each of
# which reaches a threshold, or with maps, which are no classes.
Answers = Literal["one", "several", "none"]


@dataclass(frozen=True)
class Network:
    """Layers in the order of computation, from the tensor `input` of shape (C, H, W).

    `labels` names the outputs, class by class; left out, they are "0", "1", ...
    Raises NetworkError where names or shapes do not fit, LimitError where no board holds them.
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
        check_board(INPUT, prod(shape), shape[0])
        check_title(self.name)
        if not self.layers:
            raise NetworkError(f"network {self.name!r} has no layers; give it at least one")
        check_layers(self.layers)
        object.__setattr__(self, "layers", tuple(_link_layers(self.layers)))
        check_sizes(self.layers, self.shapes)
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
        if self.answers == "several" and length > MAX_JOINED_LENGTH:
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
            shapes[layer.name] = layer.output_shape(*(shapes[name] for name in sources(layer)))
        return shapes

    @cached_property
    def inner(self) -> dict[str, Shape]:
        """The shapes of what layers show on their way, such as `dropout_mask`."""
        return {
            f"{layer.name}_{key}": shape
            for layer in self.layers
            for key, shape in layer.inner_shapes(self.read_shapes(layer)[0]).items()
        }

    @property
    def random_shapes(self) -> dict[str, Shape]:
        """The shapes of the random numbers that dropout layers draw, such as `dropout_random`."""
        names = {f"{layer.name}_random" for layer in self.layers if layer.random}
        return {name: shape for name, shape in self.inner.items() if name in names}

    @property
    def learning(self) -> list[Layer]:
        """The layers that have something to learn: a kernel demo's kernels are given."""
        return [
            layer
            for layer in self.layers
            if any(weight.origin != "given" for weight in self.weights(layer).values())
        ]

    def read_shapes(self, layer: Layer) -> list[Shape]:
        """The shapes of the tensors that a layer reads."""
        return [self.shapes[name] for name in sources(layer)]

    def access(self, layer: Layer, number: int = 0) -> Access:
        """Which cells of its source of a number, from 0, a layer's cell reads."""
        return layer.access(number, *self.read_shapes(layer))

    @property
    def output(self) -> str:
        """The name of the last tensor."""
        return self.layers[-1].name

    def layer(self, name: str) -> Layer:
        return next(layer for layer in self.layers if layer.name == name)

    def readers(self, tensor: str) -> list[Layer]:
        """The layers that read a tensor."""
        return [layer for layer in self.layers if tensor in sources(layer)]

    def tensor_words(self, tensor: str) -> str:
        """A tensor in a message: the picture is no layer."""
        return "the picture" if tensor == INPUT else f"layer {tensor!r}"

    def weights(self, layer: Layer) -> dict[str, Weight]:
        """A layer's weights by their full names, such as `conv1.weight`."""
        weights = layer.weights(*self.read_shapes(layer))
        return {f"{layer.name}.{key}": weight for key, weight in weights.items()}

    @property
    def all_weights(self) -> dict[str, Weight]:
        """The weights of all layers by their full names, layer by layer."""
        return {name: one for layer in self.layers for name, one in self.weights(layer).items()}

    def weight_shapes(self, layer: Layer) -> dict[str, Shape]:
        """The shapes of a layer's weights by their full names."""
        return {name: weight.shape for name, weight in self.weights(layer).items()}

    def of_layer(self, layer: Layer, arrays: Mapping[str, ArrayKind]) -> dict[str, ArrayKind]:
        """A layer's part of weights by their full names, by short names, as `weight` and `bias`."""
        return {name.partition(".")[2]: arrays[name] for name in self.weight_shapes(layer)}

    @property
    def in_colour(self) -> bool:
        """Whether its picture has a red, a green and a blue map."""
        return self.input_shape[0] == 3

    @property
    def answers(self) -> Answers:
        """How it answers: with one class, with several, or with none, as its output is maps."""
        if len(self.shapes[self.output]) != 1:
            return "none"
        return "several" if self.layers[-1].several else "one"

    @property
    def tells_one(self) -> bool:
        """Whether it ends in parts of a whole, one for each class."""
        return self.answers == "one" and self.layers[-1].shares

    @property
    def threshold(self) -> float:
        """From which value on a class counts as found, where it answers with several."""
        return float(getattr(self.layers[-1], "threshold", 0.0))

    @cached_property
    def signed(self) -> dict[str, bool]:
        """Whether each tensor can be negative, which decides the colours of its maps."""
        signed = {INPUT: False}
        for layer in self.layers:
            signed[layer.name] = layer.signed(*(signed[name] for name in sources(layer)))
        return signed

    def words(self, tensor: str) -> str:
        """What a layer does, or the picture is, in a line for people."""
        return PICTURE_WORDS if tensor == INPUT else self.layer(tensor).words()

    def controls(self, layer: Layer) -> tuple[str, ...]:
        """The settings of a layer that stand in cells: a threshold only where it decides."""
        decides = layer.name == self.output and self.answers == "several"
        return () if layer.several and not decides else layer.controls

    def parameters(self, layer: Layer) -> int:
        """How many numbers a layer's weights are."""
        return sum(prod(shape) for shape in self.weight_shapes(layer).values())


def vector_labels(network: Network, tensor: str) -> tuple[str, ...]:
    """The labels beside a vector: the classes where it has as many, else its numbers. Beside a
    kernel demo stand the names of its kernels."""
    layer = network.layer(tensor)
    if layer.control_options:
        return layer.control_options
    units = network.shapes[tensor][0]
    if len(network.labels) == units:
        return network.labels
    return tuple(str(unit + 1) for unit in range(units))


def found_labels(network: Network, output: ArrayLike) -> tuple[str, ...]:
    """The classes that a network answers: the one of the largest output, or, behind a sigmoid,
    all that reach its threshold."""
    if network.answers != "several":
        return (network.labels[int(np.argmax(output))],)
    reached = np.asarray(output) >= network.threshold
    return tuple(label for label, yes in zip(network.labels, reached, strict=True) if yes)


def found_words(network: Network, output: ArrayLike) -> str:
    """The classes that a network answers, in words."""
    return ", ".join(found_labels(network, output)) or NONE_FOUND


def _link_layers(layers: Iterable[Layer]) -> Iterable[Layer]:
    before = INPUT
    for layer in layers:
        check_name(layer.name)
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


def defined_names(network: Network) -> dict[str, str]:
    """Every name that a workbook of the network defines, with what it names.

    >>> from xlconv.network.layers.convolution import Conv2D
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

    for name in _OWN:
        taken[name] = f"the {name} of the board"
    taken["exercise"] = "the sheet of an exercise"
    explained = (f"explained_{what}" for what in ("layer", "map", "row", "column"))
    for name in ("picture", "loss", *explained, *_CHOICES):
        taken[name] = f"the {name} that stands on the board"
    for layer in network.layers:
        for step in layer.steps:
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
        for key in layer.weights(*network.read_shapes(layer)):
            define(f"{layer.name}_{key}", f"the {key} of layer {layer.name!r}")
        for key in network.controls(layer):
            define(f"{layer.name}_{key}", f"the {key} of layer {layer.name!r}")
    for name in network.inner:
        define(name, f"the step {name!r}")
    return named


_OWN = (
    *("answer", "titles", "sums", "scales", "looks", "explain", "shapes", "counts", "thumbnail"),
    *("changed", "shown", "enlarged", "counted", "guide", "heads", "beginnings", "laboratory"),
    *("mosaic", "drawing"),
)
_CHOICES = (
    *("outside", "reveal", "numbers", "shift_down", "shift_right", "winners", "invert"),
    *("changed_pixels", "changed_weights"),
    *(f"laboratory_{one}" for one in ("temperature", "times", "minus_max")),
)


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
