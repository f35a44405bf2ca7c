"""Missions on what happens between kernels: ReLU, the border, pools, normalisation, skips, dropout.

Must not know the other missions.
"""

from collections.abc import Collection

from xlconv.network.layers.activation import ReLU
from xlconv.network.layers.base import Windowed, source, sources
from xlconv.network.layers.dropout import Dropout
from xlconv.network.layers.merging import Add
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.layers.pooling import AvgPool2D, MaxPool2D
from xlconv.network.network import INPUT, Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.guide.mission import AnyOf, Differ, Follows, Mission, Negatives, link, short
from xlconv.sheets.guide.missions.cells import (
    control_differs,
    explains,
    panel_cell,
    to_explain,
    weights_differ,
)
from xlconv.sheets.guide.missions.sight import sight
from xlconv.state.sheet_names import BOARD


def relu(network: Network, layout: Layout) -> Mission | None:
    """What ReLU takes away: counted in the map that it reads."""
    for layer in network.layers:
        if isinstance(layer, ReLU) and len(network.shapes[layer.name]) == 3:
            read = source(layer)
            if not network.signed[read] or read == INPUT:
                continue
            options = ("negative numbers", "small numbers", "positive numbers")
            return Mission(
                key="relu",
                question="What does ReLU take away?",
                action=f"go to {short(layer.name)} and compare it with {short(read)} →",
                link=link(BOARD, layout.tensors[layer.name].maps[0]),
                see=Negatives(
                    read, f"{{}} of {{}} cells of {short(read)} map 1 are negative. What is gone?"
                ),
                options=options,
                right=options[0],
                why="max(0, x): a negative sum becomes 0, a positive one stays as it is. What did "
                "not match is forgotten, so that the next layer adds up matches alone.",
            )
    return None


def field(network: Network, layout: Layout, taken: Collection[str]) -> Mission | None:
    """Which pixels one cell sees: of the last layer that sees a part of the picture, but those
    that other missions take apart."""
    seen = {one.name: sight(network, one.name) for one in network.layers if one.name not in taken}
    deepest = next((name for name in reversed(seen) if seen[name] not in (None, (1, 1))), None)
    if deepest is None:
        return None
    rows, columns = seen[deepest] or (0, 0)
    layer = network.layer(deepest)
    size = layer.window.size if isinstance(layer, Windowed) else (1, 1)
    right = f"{rows} × {columns}"
    wrong = f"{size[0]} × {size[1]}"
    options = (wrong, right) if wrong != right else (right,)
    return Mission(
        key="field",
        question="Which pixels does one cell see?",
        action=f"take a cell in the middle of {short(deepest)} apart →",
        link=to_explain(layout),
        see="how many pixels does the blue frame on the picture hold?",
        options=(*options, "the whole picture"),
        right=right,
        done=explains(layer, network),
        why=f"Every window adds a ring to what is seen, and where maps are halved each ring counts "
        f"twice. So a cell of {short(deepest)} sees {right} pixels, and one at the border fewer.",
    )


def border(network: Network, layout: Layout) -> Mission | None:
    """What the cells outside of a picture do."""
    cell = panel_cell(layout, "outside")
    if cell is None:
        return None
    options = ("the rim", "the middle", "everything")
    return Mission(
        key="border",
        question="What happens at the border?",
        action="set “outside is” to 1 →",
        link=link(BOARD, cell),
        see="what changes in the first map behind the picture?",
        options=options,
        right=options[0],
        done=Differ("outside", BOARD, cell, 0.0),
        why="Beyond the edge there is nothing, which counts as 0: where a map is not 0 at its rim, "
        "a stripe of edges appears that no pen drew. Only windows that reach outside see it, and a "
        "ring more of them in each layer.",
    )


def pool(network: Network, layout: Layout) -> Mission | None:
    """What a pool keeps and loses."""
    for layer in network.layers:
        if isinstance(layer, MaxPool2D | AvgPool2D):
            largest = isinstance(layer, MaxPool2D)
            rows, columns = layer.window.size
            shift = panel_cell(layout, "shift_down"), panel_cell(layout, "shift_right")
            down, right = shift
            done = AnyOf(
                tuple(
                    Differ(key, BOARD, cell, 0.0)
                    for key, cell in (("shift_down", down), ("shift_right", right))
                    if cell is not None
                )
            )
            name, read = short(layer.name), short(source(layer))
            options = ("the largest", "the mean", "the first")
            here = link(BOARD, layout.tensors[layer.name].maps[0])
            return Mission(
                key="pool",
                question="What does pooling lose?",
                action=f"shift the picture by a pixel and look at {name} →"
                if down is not None
                else f"go to {name} and compare it with {read} →",
                link=here if down is None else link(BOARD, down),
                see=f"which of {rows} × {columns} cells of {read} stays in {name}?",
                options=options,
                right=options[0] if largest else options[1],
                done=done if done.conditions else None,
                why=f"It keeps one number of {rows * columns}: how strong, but no longer exactly "
                f"where. So a picture that moves by a pixel changes {name} less than {read}, and "
                "what comes behind has fewer numbers to read.",
            )
    return None


def norm(network: Network, layout: Layout) -> Mission | None:
    """What batch normalisation does."""
    layer = next((one for one in network.layers if isinstance(one, BatchNorm2D)), None)
    if layer is None:
        return None
    options = ("flat", "negative", "twice as strong")
    name = short(layer.name)
    return Mission(
        key="norm",
        question="What does batch normalisation do?",
        action=f"type 0 into the scale of {name}'s map 1 →",
        link=link(BOARD, layout.weights[layer.name].arrays["scale"][0]),
        see=f"{name} map 1 is now …",
        options=options,
        right=options[0],
        done=weights_differ(layer, network),
        why="It takes the mean of training away, divides by the spread, then scales and shifts by "
        "two numbers that were learned. So every map speaks equally loud, until its scale says "
        "otherwise.",
    )


def skip_layer(network: Network) -> Add | None:
    return next((one for one in network.layers if isinstance(one, Add)), None)


def skip(network: Network, layout: Layout) -> Mission | None:
    """What a skip connection adds."""
    layer = skip_layer(network)
    if layer is None:
        return None
    names = " + ".join(short(one, 12) for one in sources(layer)[:2])
    options = ("cell by cell", "window by window", "map by map")
    return Mission(
        key="skip",
        question="What does a skip connection do?",
        action=f"take a cell of {short(layer.name)} apart →",
        link=to_explain(layout),
        see=f"how is {names} added?",
        options=options,
        right=options[0],
        done=explains(layer, network),
        why="A block adds what it has computed to what it was given: follow the blue line above "
        "the maps. So it need only learn what to change, and while training the error finds a "
        "short way back.",
    )


def dropout(network: Network, layout: Layout) -> Mission | None:
    """What dropout does while a network is trained."""
    layer = next((one for one in network.layers if isinstance(one, Dropout)), None)
    if layer is None:
        return None
    options = ("grow", "stay", "shrink")
    return Mission(
        key="dropout",
        question="What does dropout do, and when?",
        action="switch dropout on or off; F9 draws again →",
        link=link(BOARD, layout.controls[layer.name]["active"]),
        see="with rescaling, the cells that are kept …",
        options=options,
        right=options[0],
        done=control_differs(layer, "active", layout),
        why="In training, cells are set to 0 at random, so that the network relies on none of them "
        "alone; those kept grow by 1/(1 − p), and the sum stays about the same. When it is used, "
        "dropout is off.",
    )


def pixel(network: Network, layout: Layout) -> Mission | None:
    """How far one pixel reaches."""
    first = next((one for one in network.layers if sources(one) == (INPUT,)), None)
    if not isinstance(first, Windowed) or first.window.stride != (1, 1):
        return None
    rows, columns = first.window.size
    right = f"{rows} × {columns}"
    if right == "1 × 1" or first.window.dilation != (1, 1):
        return None
    height, width = network.input_shape[1:]
    panel = layout.panel
    return Mission(
        key="pixel",
        question="How far does one pixel reach?",
        action=f"follow a pixel: type its row and column, as {height // 2} and {width // 2} →",
        link=link(BOARD, panel.pixel_row),
        see=f"how many cells of {short(first.name)} does the orange frame hold?",
        options=("1 × 1", right, "the whole map"),
        right=right,
        done=Follows(panel.pixel_row.first, panel.pixel_column.first),
        why=f"A pixel lies in {rows * columns} windows, so {rows * columns} cells of "
        f"{short(first.name)} read it, each at another place of the kernel. Behind each window "
        "the frame grows, and a dense layer reads everything.",
    )
