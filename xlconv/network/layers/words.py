"""What each kind of layer does, in a line for people.

Must not know where the words stand.
"""

from __future__ import annotations

from functools import singledispatch

from xlconv.network.layers.base import (
    Add,
    AvgPool2D,
    BatchNorm2D,
    Concat,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    KernelDemo,
    Layer,
    LeakyReLU,
    MaxPool2D,
    Pool,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    Windowed,
    pair,
    sources,
)

PICTURE_WORDS = "the picture: type over a pixel and watch"


@singledispatch
def layer_words(layer: Layer) -> str:
    """What a layer does, in a line."""
    raise NotImplementedError(f"no words for {type(layer).__name__}")


@layer_words.register
def _conv_words(layer: Conv2D) -> str:
    height, width = pair(layer.size)
    words = f"{height} × {width} window × kernel, summed"
    words += ", + bias" if layer.bias else ""
    words += ", then max(0, x)" if layer.activation == "relu" else ""
    if pair(layer.stride) != (1, 1):
        words += _moves(layer)
    if pair(layer.dilation) != (1, 1):
        words += f"; its cells {' and '.join(map(str, sorted(set(pair(layer.dilation)))))} apart"
    if layer.groups > 1:
        words += f"; in {layer.groups} groups of maps"
    return words


@layer_words.register
def _demo_words(layer: KernelDemo) -> str:
    height, width = pair(layer.size)
    return f"{height} × {width} window × the chosen kernel, summed"


@layer_words.register
def _norm_words(layer: BatchNorm2D) -> str:
    return "(x − mean) / √(variance + ε) × scale + shift"


@layer_words.register
def _leaky_relu_words(layer: LeakyReLU) -> str:
    return f"x, or {layer.slope:g} × x where it is negative"


@layer_words.register
def _tanh_words(layer: Tanh) -> str:
    return "tanh(x): between −1 and 1"


@layer_words.register
def _sigmoid_words(layer: Sigmoid) -> str:
    return "1 / (1 + exp(−x)): each by itself, no sum of 1"


@layer_words.register
def _relu_words(layer: ReLU) -> str:
    return "max(0, x): what is negative becomes 0"


@layer_words.register
def _pool_words(layer: MaxPool2D) -> str:
    return f"the largest of each {_window_words(layer)}"


@layer_words.register
def _average_words(layer: AvgPool2D) -> str:
    return f"the mean of each {_window_words(layer)}"


def _window_words(layer: Pool) -> str:
    height, width = pair(layer.size)
    moves = _moves(layer) if pair(layer.stride) != pair(layer.size) else ""
    return f"{height} × {width} window{moves}"


def _moves(layer: Windowed) -> str:
    steps = map(str, sorted(set(pair(layer.stride))))
    return f"; the window moves by {' and '.join(steps)}"


@layer_words.register
def _global_words(layer: GlobalAvgPool2D) -> str:
    return "the mean of each whole map"


@layer_words.register
def _add_words(layer: Add) -> str:
    return " + ".join(sources(layer)) + ", cell by cell"


@layer_words.register
def _concat_words(layer: Concat) -> str:
    return "the maps of " + ", then of ".join(sources(layer))


@layer_words.register
def _dropout_words(layer: Dropout) -> str:
    return "random cells become 0, while it is on"


@layer_words.register
def _flatten_words(layer: Flatten) -> str:
    order = "map after map, row by row" if layer.order == "chw" else "cell after cell, all maps"
    return f"as one column: {order}"


@layer_words.register
def _dense_words(layer: Dense) -> str:
    return f"every cell × its own weight, summed{', + bias' if layer.bias else ''}"


@layer_words.register
def _softmax_words(layer: Softmax) -> str:
    return "exp of each, divided by their sum: they add up to 1"
