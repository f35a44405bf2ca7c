"""Missions on kernels: what one looks for, why it has parts, what changes with colours.

Must not know the other missions.
"""

from xlconv.network.layers.base import source, sources
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.network import INPUT, Network
from xlconv.network.shapes import shape_text
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.guide.mission import Differ, Mission, link, short
from xlconv.sheets.guide.missions.cells import (
    control_differs,
    explains,
    panel_cell,
    to_explain,
    weights_differ,
)
from xlconv.state.sheet_names import BOARD

_ALIKE = ("look alike", "are opposites", "are both empty")
COLOURS = 3


def kernel(network: Network, layout: Layout) -> Mission | None:
    """What a kernel looks for: another one is chosen, or a number of one is changed."""
    layer = first_with_kernels(network)
    if layer is None:
        return None
    name = short(layer.name)
    if isinstance(layer, KernelDemo):
        words, place = (
            "choose another kernel from its list →",
            layout.controls[layer.name]["chosen"],
        )
        done = control_differs(layer, "chosen", layout)
    else:
        place = layout.weights[layer.name].arrays["weight"][0]
        words = f"type 5 into the corner of {name}'s kernel 1 →"
        done = weights_differ(layer, network)
    return Mission(
        key="kernel",
        question="What does this kernel look for?",
        action=words,
        link=link(BOARD, place),
        see=f"{name} is positive where window and kernel …",
        options=_ALIKE,
        right=_ALIKE[0],
        done=done,
        why="Each cell adds up window × kernel: a large sum where ink lies under the positive "
        "numbers and paper under the negative ones. So a kernel is a small picture of what it "
        "finds, and for the opposite the sum is negative.",
    )


def first_with_kernels(network: Network) -> Conv2D | KernelDemo | None:
    """The first layer whose kernels are larger than one cell."""
    for layer in network.layers:
        if isinstance(layer, Conv2D | KernelDemo) and max(layer.window.size) > 1:
            return layer
    return None


def ink(network: Network, layout: Layout) -> Mission | None:
    """Which edge a kernel finds depends on what is dark: the picture is inverted."""
    cell = panel_cell(layout, "invert")
    demo = next((one for one in network.layers if isinstance(one, KernelDemo)), None)
    if cell is None or demo is None:
        return None
    options = ("the opposite edge", "the same edge", "no edge")
    return Mission(
        key="ink",
        question="Top edge or bottom edge?",
        action="set “invert” to 1: dark and light change places →",
        link=link(BOARD, cell),
        see="the kernel of an edge is positive now at …",
        options=options,
        right=options[0],
        done=Differ("invert", BOARD, cell, 0.0),
        why="−1 −1 −1 / 0 0 0 / 1 1 1 is positive where it gets inkier downwards: the top edge of "
        "a stroke. With dark things on a light ground whose light is 1, as in the lesson's video, "
        "that is their bottom edge.",
    )


def depth(network: Network, layout: Layout) -> Mission | None:
    """Why a kernel has a part for each map that it reads."""
    layer = deep_convolution(network)
    if layer is None:
        return None
    read = network.shapes[source(layer)][0] // layer.groups
    size = shape_text((read, *layer.window.size)).replace("x", " × ")
    name = short(layer.name)
    counts = dict.fromkeys((1, read, layer.window.size[0] * layer.window.size[1]))
    options = tuple(f"{n} window{'s' if n > 1 else ''}" for n in sorted(counts))
    each = "relu" if source(layer) == INPUT else short(source(layer))
    return Mission(
        key="depth",
        question=f"Why is a kernel of {short(name, 9)} {size}?",
        action=f"take another cell of {name} apart →",
        link=to_explain(layout),
        see=f"how many windows does one cell of {name} read?",
        options=options,
        right=f"{read} windows",
        done=explains(layer, network),
        why=f"It has one {shape_text(layer.window.size).replace('x', ' × ')} part for each map of "
        f"{each} that it reads, and the sums of all parts are added up. So {name} looks at all of "
        "them at once: it finds corners where two edges meet.",
    )


def deep_convolution(network: Network) -> Conv2D | None:
    """The first convolution that reads several maps which are no colours of the picture."""
    for layer in network.layers:
        if (
            isinstance(layer, Conv2D)
            and source(layer) != INPUT
            and max(layer.window.size) > 1
            and network.shapes[source(layer)][0] // layer.groups > 1
        ):
            return layer
    return None


def colour(network: Network, layout: Layout) -> Mission | None:
    """What changes with a picture of three colours."""
    layer = colour_convolution(network)
    if layer is None:
        return None
    options = ("one for all colours", "one for each colour", "one for each pixel")
    name = short(layer.name)
    size = shape_text(layer.window.size).replace("x", " × ")
    return Mission(
        key="colour",
        question="What changes with colours?",
        action=f"take a cell of {name} apart →",
        link=to_explain(layout),
        see="which parts has one kernel?",
        options=options,
        right=options[1],
        done=explains(layer, network),
        why=f"The picture is three maps, red, green and blue, and a kernel has a {size} part for "
        "each: their sums are added up. What is positive for red and negative for green finds red "
        "things, whatever their shape.",
    )


def colour_convolution(network: Network) -> Conv2D | None:
    """The first convolution that reads all three colours of a picture."""
    for layer in network.layers:
        if isinstance(layer, Conv2D) and sources(layer) == (INPUT,) and layer.groups == 1:
            return layer if network.input_shape[0] == COLOURS else None
    return None
