"""Random networks of every kind of layer, and books of them in which nothing is wrong.

Strategies of Hypothesis: each kind of layer has its own, in the order of a network.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import openpyxl
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from support.books import sheet_parts
from support.cases import NAMES as CASES
from support.cases import load_case
from support.edits import Edit, all_of, constant_in, edited_parts
from support.libreoffice import converted

import xlconv
from xlconv import Add, BatchNorm2D, Concat, Conv2D, Dense, Dropout, Flatten, KernelDemo
from xlconv.book.book import read_book
from xlconv.errors import NetworkError
from xlconv.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from xlconv.network.layers.base import Layer, sources
from xlconv.network.layers.kinds import KINDS
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.network.model import Array, Model
from xlconv.network.network import INPUT, Network
from xlconv.network.shapes import Shape
from xlconv.verification.trials import trial
from xlconv.xlsx.sheet import EMPTY

SIDE = 9

STRANGE_LABELS = (
    *("=1+1", "<b>", "a & b", 'say "so"', "'7", "7", "007", "-1", "1e3", "TRUE", "#N/A", "@x"),
    *("🐈", "é", "日本語", "tab\tin", "two\nlines", "\\n", "%s %d", "{c}", "]]>", "&amp;"),
    *("x" * 300, "0.1", "1/2", "A1", "conv1", "R1C1", "__", "_x", "a\u200bb"),
)

# What XML, TOML or Excel's own escapes (_x0041_ stands for A) would change on the way.
HARD_LABELS = ("_x0041_", "a\rb", "a\x7fb", "a\x85b", "a\u2028b", "\ufeffa", "a\x1cb")

KERNEL_NAMES = ("edge", "Blur", "as it is", "é", "日本語", "A1", "x-y_2", "x" * 60)

# What spreadsheets or files could take for something else: not a name that a list can hold.
STRANGE_KERNEL_NAMES = (
    *("1e3", "TRUE", "=1+1", "<b>", "a & b", "it's", "'x", "-", "1/2", "_x0041_", "{c}", "{1}"),
    *("#N/A", "<>1", ">0", " blank ", "a,b", 'say "so"', "x" * 300, "7", "-1", "two\nlines"),
    *("\0", "\ud800", "a\rb"),
)

# The second one is meant: patterns that a search takes for the first one, too.
HARD_KERNEL_NAMES = (
    *(("ab", "a*"), ("ab", "a?"), ("abc", "*"), ("a", "?"), ("a*", "a~*"), ("~", "~~")),
    *(("a", "a "), ("ss", "ß"), ("ab", "a.")),
)

numbers = st.floats(-4, 4, allow_nan=False) | st.sampled_from([0.0, -0.0, 1.0, 1e-9, -1e6, 1 / 3])


def sizes(most: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(1, most), st.integers(1, most))


def divisors(number: int) -> list[int]:
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]


# Every maker is given the new layer's name, the shapes of all tensors before it and the one that
# it is to read, and draws one layer, or two of which the first makes an input of the second fit.
Shapes = dict[str, Shape]

Maker = Callable[[str, Shapes, str], st.SearchStrategy[list[Layer]]]


def paddings(shape: Shape) -> st.SearchStrategy[Any]:
    """Large ones only around small maps, or else maps would grow from layer to layer."""
    large = (2, 5, (2, 0), (0, 3)) if max(shape[1:]) <= SIDE else ()
    return st.sampled_from(["same", "valid", 0, 1, (1, 0), (0, 1), *large])


@st.composite
def convolutions(draw: st.DrawFn, name: str, shapes: Shapes, read: str) -> list[Layer]:
    groups = draw(st.just(1) | st.sampled_from(divisors(shapes[read][0])))
    conv = Conv2D(
        name,
        kernels=groups * draw(st.integers(1, max(1, 4 // groups))),
        size=draw(sizes(4)),
        stride=draw(st.just(1) | sizes(3)),
        padding=draw(paddings(shapes[read])),
        bias=draw(st.booleans()),
        activation=draw(st.sampled_from([None, "relu"])),
        dilation=draw(st.just(1) | sizes(3)),
        groups=groups,
        inputs=(read,),
    )
    return [conv]


def pools(kind: type[MaxPool2D | AvgPool2D]) -> Maker:
    @st.composite
    def layers(draw: st.DrawFn, name: str, shapes: Shapes, read: str) -> list[Layer]:
        size, padding = draw(sizes(3)), draw(paddings(shapes[read]))
        return [kind(name, size, draw(st.none() | sizes(3)), padding, (read,))]

    return layers


@st.composite
def demos(draw: st.DrawFn, name: str, shapes: Shapes, read: str) -> list[Layer]:
    texts = st.sampled_from(KERNEL_NAMES)
    names = draw(st.lists(texts, min_size=1, max_size=5, unique_by=str.lower))
    chosen, padding = draw(st.sampled_from(names)), draw(paddings(shapes[read]))
    return [KernelDemo(name, tuple(names), chosen, draw(sizes(4)), padding, (read,))]


def simple(kind: Callable[..., Layer], **drawn: st.SearchStrategy[Any]) -> Maker:
    """Layers whose settings do not depend on what they read."""

    def layers(name: str, shapes: Shapes, read: str) -> st.SearchStrategy[list[Layer]]:
        made = st.builds(kind, st.just(name), inputs=st.just((read,)), **drawn)
        return made.map(lambda layer: [layer])

    return layers


@st.composite
def sums(draw: st.DrawFn, name: str, shapes: Shapes, read: str) -> list[Layer]:
    """Add: of tensors of one shape, or of one that a 1x1 convolution makes fit."""
    shape = shapes[read]
    alike = [tensor for tensor, other in shapes.items() if other == shape]
    unlike = [tensor for tensor, other in shapes.items() if len(other) == 3 and other != shape]
    if len(shape) == 3 and unlike and draw(st.booleans()):
        tensor = draw(st.sampled_from(unlike))
        stride = [-(-a // b) for a, b in zip(shapes[tensor][1:], shape[1:], strict=True)]
        fit = f"{name}_fit"
        skip = Conv2D(fit, shape[0], 1, (stride[0], stride[1]), bias=False, inputs=(tensor,))
        return [skip, Add(name, draw(st.permutations([read, fit]).map(tuple)))]
    return [Add(name, (read, *draw(st.lists(st.sampled_from(alike), min_size=1, max_size=2))))]


@st.composite
def joints(draw: st.DrawFn, name: str, shapes: Shapes, read: str) -> list[Layer]:
    """Concat of maps of one size, or of vectors."""
    fitting = [tensor for tensor, other in shapes.items() if other[1:] == shapes[read][1:]]
    fitting = [tensor for tensor in fitting if len(shapes[tensor]) == len(shapes[read])]
    more = draw(st.lists(st.sampled_from(fitting), min_size=1, max_size=2))
    return [Concat(name, tuple(draw(st.permutations([read, *more]))))]


slopes = st.sampled_from([0.0, 0.01, 1e-9]) | st.floats(0, 0.9)

rates = st.sampled_from([0.0, 0.1, 1 / 3, 0.5, 0.999, 1 - 2**-40]) | st.floats(0, 0.9)

CELLWISE: dict[str, Maker] = {
    "ReLU": simple(ReLU),
    "LeakyReLU": simple(LeakyReLU, slope=slopes),
    "Tanh": simple(Tanh),
    "Sigmoid": simple(Sigmoid, threshold=st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1)),
    "Dropout off": simple(Dropout, rate=rates, rescale=st.booleans()),
    "Dropout": simple(Dropout, rate=rates, active=st.just(True), rescale=st.booleans()),
    "Add": sums,
    "Concat": joints,
}


def as_in_its_case(kind: str) -> Maker:
    """A kind of which nothing is said here, with the settings that it has in a case by hand."""
    layers = (layer for name in CASES for layer in load_case(name).model.network.layers)
    like = next(layer for layer in layers if type(layer).__name__ == kind)
    return lambda name, shapes, read: st.just([replace(like, name=name, inputs=(read,))])  # type: ignore[call-arg]


OF_MAPS: dict[str, Maker] = {
    "Conv2D": convolutions,
    "MaxPool2D": pools(MaxPool2D),
    "AvgPool2D": pools(AvgPool2D),
    "KernelDemo": demos,
    "BatchNorm2D": simple(BatchNorm2D, epsilon=st.sampled_from([1e-5, 0.25, 1e-12, 0.1])),
    **CELLWISE,
}

DENSE = simple(Dense, units=st.integers(1, 14), bias=st.booleans())

FLATTEN = simple(Flatten, order=st.sampled_from(["chw", "hwc"]))

TO_VECTORS: dict[str, Maker] = {
    "Dense": DENSE,
    "Flatten": FLATTEN,
    "GlobalAvgPool2D": simple(GlobalAvgPool2D),
}

OF_VECTORS: dict[str, Maker] = {
    "Dense": DENSE,
    "Flatten": FLATTEN,
    "Softmax": simple(Softmax),
    **CELLWISE,
}

ENDS = {kind: OF_VECTORS[kind] for kind in ("Softmax", "Sigmoid", "Dense")}

PARTS = {"of maps": OF_MAPS, "to vectors": TO_VECTORS, "of vectors": OF_VECTORS, "end": ENDS}

SAID = {kind for makers in PARTS.values() for kind in makers} | {"Softmax"}
OF_MAPS |= {kind: as_in_its_case(kind) for kind in KINDS if kind not in SAID}
EVERY_KIND = [(part, kind) for part, makers in PARTS.items() for kind in makers]

MOST_MAPS, MOST_VALUES = 9, 120


class Draft:
    """A network while it is drawn: layers, and the shapes of their tensors."""

    def __init__(self, draw: st.DrawFn, shape: Shape) -> None:
        self.draw, self.layers, self.shapes = draw, list[Layer](), {INPUT: shape}
        self.last = INPUT

    def add(self, name: str, makers: Iterable[Maker], read: str) -> None:
        """A layer of one of these kinds, unless it cannot be made of what it is to read."""
        maker = self.draw(st.sampled_from(tuple(makers)))
        shapes = dict(self.shapes)
        try:
            layers = self.draw(maker(name, shapes, read))
            for layer in layers:
                shapes[layer.name] = layer.output_shape(*(shapes[n] for n in sources(layer)))
        except NetworkError:
            return
        shape = shapes[name]
        if shape[0] > (MOST_MAPS if len(shape) == 3 else MOST_VALUES):
            return  # large rather than new
        self.shapes, self.last = shapes, name
        self.layers += layers

    def source(self, dimensions: int) -> str:
        """What the next layer is to read: the tensor before it, at times an earlier one."""
        fitting = [name for name, shape in self.shapes.items() if len(shape) == dimensions]
        return self.draw(st.sampled_from(fitting)) if self.draw(one_of_four) else fitting[-1]


one_of_four = st.sampled_from([False, False, False, True])


@st.composite
def networks(draw: st.DrawFn, part: str = "", kind: str = "") -> Network:
    """Layers that fit together: maps, then perhaps vectors, with branches that join again.
    With `part` and `kind`, a layer of that kind is among those of that part, if it fits."""
    first = (draw(st.integers(1, 3)), *draw(sizes(SIDE)))
    assume(first != (1, 1, 1))  # Hypothesis begins with the least of all, one of few examples
    draft = Draft(draw, first)

    def several(name: str, here: str, least: int, most: int, dimensions: int) -> None:
        count = draw(st.integers(max(least, int(part == here)), most))
        wanted = draw(st.integers(0, count - 1)) if part == here else -1
        for number in range(count):
            makers = PARTS[here]
            some = [makers[kind]] if number == wanted else makers.values()
            draft.add(f"{name}_{number}_layer", some, draft.source(dimensions))

    several("maps", "of maps", 0, 4, 3)
    if part != "of maps" or draw(st.booleans()):
        several("vector", "to vectors", 1, 2, 3)
    if len(draft.shapes[draft.last]) == 1:
        several("then", "of vectors", 0, 3, 1)
        if part == "end" or draw(st.booleans()):
            draft.add("end", [ENDS[kind]] if part == "end" else ENDS.values(), draft.last)
    if not draft.layers:
        draft.add("dense", [DENSE], INPUT)
    labels: tuple[str, ...] = ()
    output = draft.shapes[draft.last]
    if len(output) == 1 and output[0] <= 14 and draw(st.booleans()):
        texts = st.sampled_from(STRANGE_LABELS)
        size = output[0]
        labels = tuple(draw(st.lists(texts, min_size=size, max_size=size, unique=True)))
    name = draw(st.sampled_from(["net", "Ünet 'a'", "<n>"]))
    return Network(name, first, tuple(draft.layers), labels)


def even_weights(network: Network) -> dict[str, np.ndarray]:
    return {
        name: np.ones(shape)
        for layer in network.layers
        for name, shape in network.weight_shapes(layer).items()
    }


@st.composite
def models(draw: st.DrawFn, part: str, kind: str) -> tuple[Model, np.ndarray]:
    """A network with weights and a picture; some numbers are drawn, the rest are random."""
    network = draw(networks(part, kind))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def array(shape: Shape) -> np.ndarray:
        flat = random.normal(0.0, 1.0, shape).reshape(-1)
        own = draw(st.lists(numbers, max_size=min(6, len(flat))))
        flat[: len(own)] = own
        return random.permutation(flat).reshape(shape)

    weights = {
        name: np.abs(array(shape)) if name.endswith(".variance") else array(shape)
        for layer in network.layers
        for name, shape in network.weight_shapes(layer).items()
    }
    return Model(network, weights), array(network.input_shape)


BATCH = 25  # books that LibreOffice converts at once


@dataclass(frozen=True)
class Untouched:
    """A book, and in words what was done to it."""

    path: Path
    history: str


def random_models(count: int, number: int) -> list[tuple[Model, Array]]:
    """Networks of every kind of layer in turn, with weights and pictures."""
    each = -(-count // len(EVERY_KIND))
    drawn = [_of_kind(part, kind, each, number) for part, kind in EVERY_KIND]
    return [some[turn] for turn in range(each) for some in drawn if turn < len(some)][:count]


def _of_kind(part: str, kind: str, count: int, number: int) -> list[tuple[Model, Array]]:
    found: list[tuple[Model, Array]] = []

    @seed(number)
    @settings(
        max_examples=count,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(models(part, kind))
    def collect(drawn: tuple[Model, Array]) -> None:
        found.append(drawn)

    collect()
    return found


def untouched_books(
    folder: Path, count: int, number: int, program: str | None
) -> Iterator[Untouched]:
    """So many books; a number gives the same ones each time. Without a program, LibreOffice's
    share is openpyxl's."""
    random = Random(number)
    waiting: dict[bool, list[Path]] = {False: [], True: []}  # those to calculate anew apart
    for which, (model, image) in enumerate(random_models(count, number)):
        path, edits = folder / f"book{which}.xlsx", which % 2
        xlconv.build(path, model, image, scale=random.choice(["map", "layer", "network"]))
        history = "built"
        if edits:
            history, path = "edited", _edited(path, random, which)
        turn = which // 2 % 3
        if turn == 1 and program is not None:
            waiting[bool(edits)].append(path)
            continue
        if turn:
            saved = folder / f"openpyxl{which}.xlsx"
            openpyxl.load_workbook(path).save(saved)
            history, path = f"{history}, saved by openpyxl", saved
        yield Untouched(path, history)
    for edited, paths in waiting.items():
        for start in range(0, len(paths), BATCH):
            batch = folder / f"batch{edited}{start}"
            batch.mkdir()
            assert program is not None
            some = paths[start : start + BATCH]
            out = converted(program, some, batch, anew=edited)
            history = "edited and calculated by LibreOffice" if edited else "saved by LibreOffice"
            yield from (Untouched(out / path.name, history) for path in some)


def _edited(path: Path, random: Random, number: int) -> Path:
    """Some pixels, weights and choices are others, as a program that calculates nothing saves."""
    book = read_book(path)
    typed = [
        (spot, value)
        for spot, value in sorted(trial(book, number).typed.places.items())
        if book.sheets[spot.sheet].get(spot.cell, EMPTY).value != value
    ]
    parts, edits = sheet_parts(path), dict[str, list[Edit]]()
    for spot, value in random.sample(typed, max(1, len(typed) // random.choice([1, 2, 8, 50]))):
        edits.setdefault(parts[spot.sheet], []).append(constant_in(spot.cell.a1, value))
    changes = {part: all_of(some) for part, some in edits.items()}
    return edited_parts(path, path.with_stem(f"{path.stem}_edited"), changes)
