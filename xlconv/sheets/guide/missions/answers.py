"""Missions on the network's end: evidence, softmax, sigmoid, parameters, mistakes, exercises.

Must not know the other missions.
"""

from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.base import source
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.reshaping import Flatten
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.parts import STATE
from xlconv.sheets.exercise.places import exercise_places
from xlconv.sheets.guide.mission import AnyOf, Condition, Differ, Mission, Solved, Told, link, short
from xlconv.sheets.guide.missions.cells import (
    control_differs,
    explains,
    picture_differs,
    to_explain,
)
from xlconv.sheets.model.places import cell_of, head_places
from xlconv.sheets.on_board.laboratory.places import CHOICES, sum_below
from xlconv.spreadsheet.cells import Cell
from xlconv.state.sheet_names import BOARD, EXERCISE, MODEL

_CHOICES = 4  # layers in a list


def exercise(network: Network, layout: Layout) -> Mission | None:
    """What is left for the learner to fill in: the first card of an exercise."""
    places = exercise_places(network, layout)
    if places is None:
        return None
    states = tuple(Cell(row, STATE) for row in places.layers.values())
    names = ", ".join(short(name) for name in places.layers)
    return Mission(
        key="exercise",
        question="What is left for you to fill in?",
        action=f"go to {EXERCISE}; the violet cells of {names} are yours →",
        link=link(EXERCISE, Cell(1, 1)),
        see="are all of its lines right?",
        done=Solved(tuple(places.layers), states),
        why="You wrote the formulas that make the network: the same one in every cell of a map, "
        "moved by one. Undo what else you changed before you hand it in.",
    )


def dense(network: Network, layout: Layout) -> Mission | None:
    """Which parts of the maps speak for a class."""
    layer = evidence_layer(network)
    if layer is None or len(network.labels) < 2:
        return None
    classes = network.labels
    label = short(classes[min(7, len(classes) - 1)], 12)
    read = short(_maps_read(layer, network) or "")
    options = ("for the class", "against the class", "for no class")
    name = short(layer.name)
    return Mission(
        key="dense",
        question=f"Which strokes speak for “{label}”?",
        action=f"take {name} apart, in the row of “{label}” →",
        link=to_explain(layout),
        see=f"a positive weight under a bright cell of {read} speaks …",
        options=options,
        right=options[0],
        done=explains(layer, network),
        why=f"Each class has a weight for every cell of {read}, drawn in its shape: what is bright "
        "under a positive weight speaks for the class, under a negative one against it. All of it "
        "is added up to one number, the logit.",
    )


def evidence_layer(network: Network) -> Dense | None:
    """The dense layer that reads maps and makes the classes' logits."""
    for layer in network.layers:
        if not isinstance(layer, Dense) or network.shapes[layer.name] != (len(network.labels),):
            continue
        if _maps_read(layer, network):
            return layer
    return None


def _maps_read(layer: Dense, network: Network) -> str | None:
    """The maps that a dense layer reads, flattened or not; None if it reads another vector."""
    before = source(layer)
    flat = next((one for one in network.layers if one.name == before), None)
    if isinstance(flat, Flatten):
        before = source(flat)
    return before if len(network.shapes[before]) == 3 else None


def softmax(network: Network, layout: Layout) -> Mission | None:
    """Why exp, why the largest logit is taken away first."""
    last = network.layers[-1]
    if not isinstance(last, Softmax) or len(network.labels) < 2:
        return None
    place, options = layout.laboratory, ("they add up to 1", "one of them is 1", "they are equal")
    action = f"go to {short(last.name)}; follow a row from its logit to its share →"
    to, see, done = layout.tensors[last.name].maps[0], "what is always true of the shares?", None
    if place is not None:
        action = "set “logits ×” to 1000, and “minus the largest” to 0 →"
        to, see = place.times, "what becomes of exp and of the shares?"
        options = ("an overflow", "they add up to 1", "they become 0")
        done = AnyOf(
            tuple(
                Differ(f"laboratory.{key}", BOARD, one.first, 1.0)
                for key, one in zip(CHOICES, place.choices, strict=True)
            )
        )
    return Mission(
        key="softmax",
        question="Why exp, and why minus the largest?",
        action=action,
        link=link(BOARD, to),
        see=see,
        options=options,
        right=options[0],
        done=done,
        why="exp makes every logit positive, and a logit larger by 1 counts e ≈ 2.7 times: divided "
        "by their sum, the shares add up to 1. With the largest taken away first no exp is too "
        "large for a cell, and the shares stay the same.",
    )


def sigmoid(network: Network, layout: Layout) -> Mission | None:
    """When each class is asked by itself."""
    last = network.layers[-1]
    threshold = layout.controls.get(last.name, {}).get("threshold")
    if network.answers == "several" and threshold is not None:
        action, to = "type another threshold under the picture, as 0.05 →", threshold.first
        done: Condition | None = control_differs(last, "threshold", layout)
    elif isinstance(last, Softmax) and layout.laboratory is not None:
        action, done = "compare the sums below softmax and sigmoid →", None
        to = sum_below(layout.laboratory.softmax)
    else:
        return None
    options = ("no: each by itself", "yes: to 1", "yes: to 0")
    return Mission(
        key="sigmoid",
        question="When sigmoid instead of softmax?",
        action=action,
        link=link(BOARD, to),
        see="must the sigmoids of the classes add up to anything?",
        options=options,
        right=options[0],
        done=done,
        why="A sigmoid asks of each class by itself whether it is there, so several may be, or "
        "none. Softmax shares 1 among the classes: it answers which one, and always names one.",
    )


def parameters(network: Network, layout: Layout) -> Mission | None:
    """Where the parameters are: what the last layers cost, or which layer has the most."""
    return _head(network) or _most_parameters(network)


def _head(network: Network) -> Mission | None:
    """What is saved by averaging the last maps, where they are averaged."""
    places = head_places(network)
    if places is None:
        return None
    options = ("in its dense layers", "in its kernels", "in its pools")
    return Mission(
        key="parameters",
        question="Where are VGG's parameters?",
        action="type another number of classes, as 100 →",
        link=link(MODEL, places.classes),
        see="where do most of VGG-16's 138 million stand?",
        options=options,
        right=options[0],
        done=Differ("classes", MODEL, places.classes, float(network.shapes[network.output][0])),
        why="A dense layer on all cells has a number for each pair of a cell and a unit, and most "
        "of VGG stands there. The mean of each last map leaves one number a map to read, and the "
        "kernels before it are used again in every place.",
    )


def _most_parameters(network: Network) -> Mission | None:
    """Which layer has the most parameters."""
    counts = {one.name: network.parameters(one) for one in network.layers}
    counts = {name: count for name, count in counts.items() if count}
    most = max(counts.values(), default=0)
    largest = [name for name, count in counts.items() if count == most]
    if len(counts) < 2 or len(largest) > 1:
        return None
    others = sorted((name for name in counts if name != largest[0]), key=counts.__getitem__)
    listed = {largest[0], *others[-(_CHOICES - 1) :]}
    options = tuple(name for name in counts if name in listed)
    return Mission(
        key="parameters",
        question="Where are the parameters?",
        action=f"go to {MODEL} and compare the counts →",
        link=link(MODEL, cell_of(network, largest[0], "parameters")),
        see="which layer has the most?",
        options=tuple(short(name, 40) for name in options),
        right=short(largest[0], 40),
        why="A kernel is used again in every place of a map, so a convolution needs few numbers; a "
        "dense layer has one for each pair of a cell and a unit. That is why most parameters of a "
        "VGG stand in its dense layers, and why ResNets average their last maps first.",
    )


def mistake(network: Network, layout: Layout) -> Mission | None:
    """When the network is wrong: other pictures."""
    panel = layout.panel
    if panel.picture is None or layout.gallery is None or layout.gallery.count < 2:
        return None
    told = layout.verdict is not None and layout.answer is not None
    return Mission(
        key="mistake",
        question="When is it wrong?" if told else "And in another picture?",
        action="choose another picture, until it is wrong →" if told else "choose another →",
        link=link(BOARD, panel.picture),
        see=Told("it says {}, and it is {}") if told else "look at the same cells again",
        done=picture_differs(panel.picture.first),
        why="A network says what its sums say, and it is sure of some mistakes. Look at the "
        "strokes that speak for the wrong class: mostly you see why."
        if told
        else "The kernels stay, the picture changes. What you have seen is true of every picture.",
    )
