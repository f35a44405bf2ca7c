"""Networks that nobody thought of: each becomes a book that agrees with NumPy in every cell and
can be read back, or is refused as impossible in words.

The examples are the same on every run; XLCONV_EXAMPLES=20 looks for new ones (see conftest).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from building import EXAMPLES, filled_ring_cells, overlaps
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from learning import verifies

import xlconv
from xlconv.compiler import compile_book
from xlconv.errors import LimitError, NetworkError
from xlconv.network.description import network_of, network_text, read_toml
from xlconv.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from xlconv.network.layers.base import Layer, sources
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.dropout import Dropout
from xlconv.network.layers.merging import Add, Concat
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.network.layers.reshaping import Flatten
from xlconv.network.model import Array, Model
from xlconv.network.network import INPUT, Network
from xlconv.network.shapes import Shape

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


@pytest.mark.parametrize(("part", "kind"), EVERY_KIND)
@settings(max_examples=3 * EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_book_agrees_and_reads_back(part: str, kind: str, data: st.DataObject) -> None:
    model, image = data.draw(models(part, kind))
    with tempfile.TemporaryDirectory() as folder:
        path, again = Path(folder, "book.xlsx"), Path(folder, "again.xlsx")
        xlconv.build(path, model, image)
        if data.draw(one_of_four):
            xlconv.build(again, model, image)
            assert path.read_bytes() == again.read_bytes()
        verifies(path)
        found = xlconv.read_book(path)
    assert found.network == model.network
    assert np.array_equal(found.image, in_cells(image))
    assert set(found.model.weights) == set(model.weights)
    weights = {name: in_cells(array) for name, array in model.weights.items()}
    for name, array in weights.items():
        assert np.array_equal(found.model.weights[name], array), name
    for tensor, values in xlconv.forward(Model(model.network, weights), in_cells(image)).items():
        assert np.array_equal(found.stored[tensor], in_cells(values)), tensor


def in_cells(array: Array) -> Array:
    """A spreadsheet knows no numbers nearer to 0 than these."""
    return np.where(np.abs(array) < 2.0**-1022, 0.0, array)


@pytest.mark.parametrize(("part", "kind"), EVERY_KIND)
@settings(max_examples=4 * EXAMPLES)
@given(st.data())
def test_nothing_overlaps_on_any_sheet(part: str, kind: str, data: st.DataObject) -> None:
    network = data.draw(networks(part, kind))
    book = compile_book(Model(network, even_weights(network)), np.ones(network.input_shape))
    assert [line for sheet in book.sheets for line in overlaps(sheet)] == []
    assert filled_ring_cells(book, network) == []


@pytest.mark.parametrize(("part", "kind"), EVERY_KIND)
@settings(max_examples=9 * EXAMPLES)
@given(st.data())
def test_a_networks_text_spells_the_network(part: str, kind: str, data: st.DataObject) -> None:
    network = data.draw(networks(part, kind))
    table = read_toml(network_text(network), "here")
    assert network_of(table, "here") == network


@pytest.mark.parametrize("label", STRANGE_LABELS + HARD_LABELS, ids=ascii)
def test_a_strange_label_comes_back_as_it_was(label: str, tmp_path: Path) -> None:
    network = Network("n", (1, 1, 1), (Dense("dense", 2),), (label, "other"))
    model = Model(network, {"dense.weight": np.array([[2.0], [1.0]]), "dense.bias": np.zeros(2)})
    path = tmp_path / "book.xlsx"
    xlconv.build(path, model, np.ones((1, 1, 1)))
    report = xlconv.verify(path)
    assert (report.verdict, report.findings, report.prediction) == ("agrees", (), label)
    assert xlconv.read_book(path).network.labels == (label, "other")


@pytest.mark.parametrize("label", STRANGE_LABELS + HARD_LABELS, ids=ascii)
def test_a_strange_label_is_one_of_several(label: str, tmp_path: Path) -> None:
    """Behind a sigmoid the labels of all classes that are found are joined to one text."""
    layers = (Dense("dense", 3, bias=False), Sigmoid("sigmoid"))
    network = Network("n", (1, 1, 1), layers, (label, "no", "other"))
    path = tmp_path / "book.xlsx"
    weights = {"dense.weight": np.array([[2.0], [-1.0], [0.0]])}
    xlconv.build(path, Model(network, weights), np.ones((1, 1, 1)))
    report = xlconv.verify(path)
    assert (report.verdict, report.findings) == ("agrees", ())
    assert report.prediction == f"{label}, other"
    assert xlconv.read_book(path).network == network


@settings(max_examples=6 * EXAMPLES)
@given(st.lists(st.text(min_size=1, max_size=12), min_size=25, max_size=25, unique=True))
def test_any_labels_are_kept_or_refused(labels: list[str]) -> None:
    """A text that no cell can hold is refused in words, before there is a file."""
    kept: list[str] = []
    refusals = []
    for label in (*labels, "other"):
        try:
            Network("n", (1, 1, 1), (Dense("dense", len(kept) + 1),), (*kept, label))
            kept.append(label)
        except NetworkError as error:
            refusals.append(str(error))
    assert all("label" in refusal for refusal in refusals)
    assume(len(kept) > 9)
    network = Network("n", (1, 1, 1), (Dense("dense", len(kept)),), tuple(kept))
    weights = {"dense.weight": np.ones((len(kept), 1)), "dense.bias": np.arange(len(kept), 0.0, -1)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "book.xlsx")
        xlconv.build(path, Model(network, weights), np.ones((1, 1, 1)))
        report = xlconv.verify(path, random=0)
        assert (report.verdict, report.findings, report.prediction) == ("agrees", (), kept[0])
        assert xlconv.read_book(path).network.labels == tuple(kept)


@pytest.mark.parametrize(
    "label", ["\0", "\ud800", "\x1f", "\ufffe", "a" * 32_768], ids=lambda text: ascii(text)[:9]
)
def test_a_label_that_no_cell_can_hold_is_refused(label: str) -> None:
    with pytest.raises(NetworkError, match="label"):
        Network("n", (1, 1, 1), (Dense("dense", 2),), (label, "other"))


def check_refusal(names: tuple[str, ...]) -> None:
    with pytest.raises(NetworkError, match=r"\Alayer 'demo': .*kernels.*\Z"):  # a line
        KernelDemo("demo", names, names[1], 1)


def check_chosen(names: tuple[str, ...]) -> None:
    """The second of two kernels is found by its name."""
    demo = KernelDemo("demo", names, names[1], 1)
    model = Model(Network("n", (1, 1, 1), (demo,)), {"demo.presets": np.array([[[2.0]], [[3.0]]])})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "book.xlsx")
        xlconv.build(path, model, np.ones((1, 1, 1)))
        report = xlconv.verify(path)
        assert (report.verdict, report.findings) == ("agrees", ())
        found = xlconv.read_book(path)
    assert found.network == model.network
    assert found.stored["demo"] == 3


@pytest.mark.parametrize(
    "names", [*(("other", name) for name in (*KERNEL_NAMES, "R1C1")), ("i", "ı")], ids=ascii
)
def test_the_chosen_kernel_is_never_another_one(names: tuple[str, str]) -> None:
    check_chosen(names)


@pytest.mark.parametrize(
    "names", [*(("other", name) for name in STRANGE_KERNEL_NAMES), *HARD_KERNEL_NAMES], ids=ascii
)
def test_names_of_kernels_that_no_list_can_hold_are_refused(names: tuple[str, str]) -> None:
    check_refusal(names)


@settings(max_examples=60 * EXAMPLES)
@given(st.text(min_size=1, max_size=8))
def test_any_name_of_a_kernel_is_found_or_refused(name: str) -> None:
    try:
        KernelDemo("demo", ("other", name), name, 1)
    except NetworkError:
        check_refusal(("other", name))
    else:
        check_chosen(("other", name))


def long_labels(classes: int) -> Network:
    labels = tuple(f"{number}{'y' * 990}" for number in range(classes))
    layers = (Dense("dense", classes, bias=False), Sigmoid("sigmoid"))
    return Network("n", (1, 1, 1), layers, labels)


@pytest.mark.parametrize("classes", [14, 40])
def test_labels_of_several_classes_that_are_too_long_for_a_cell_are_refused(classes: int) -> None:
    """Behind a sigmoid their joined text may be too long for MID or for a cell."""
    with pytest.raises(NetworkError, match="may all stand in one cell") as caught:
        long_labels(classes)
    assert "\n" not in str(caught.value)


def test_long_labels_of_several_classes_fit_in_a_cell(tmp_path: Path) -> None:
    model = Model(long_labels(9), {"dense.weight": np.ones((9, 1))})
    xlconv.build(tmp_path / "book.xlsx", model, np.ones((1, 1, 1)))
    report = xlconv.verify(tmp_path / "book.xlsx")
    assert (report.verdict, report.findings) == ("agrees", ())


@pytest.mark.parametrize("below", [2**-53, 1e-15, 1e-14, 1e-13, 1e-12])
def test_outputs_that_are_nearly_equal_are_no_difference(below: float, tmp_path: Path) -> None:
    """Programs take numbers that differ in the last digits alone for one: either class will do."""
    network = Network("n", (1, 1, 1), (Dense("dense", 2, bias=False),), ("less", "more"))
    weights = {"dense.weight": np.array([[1 - below], [1.0]])}
    xlconv.build(tmp_path / "book.xlsx", Model(network, weights), np.ones((1, 1, 1)))
    report = xlconv.verify(tmp_path / "book.xlsx")
    assert (report.verdict, report.findings) == ("agrees", ())


# Whatever TOML can hold stands where a setting belongs.
small = st.integers(-1, 12)
odd_numbers = (0, -1, 1.5, 2.0, True, 10**9, 1e-5, float("inf"), float("nan"))
odd_texts = ("", "3", "same", "relu", "input", "chw", "edge", "two\nlines")
odd_lists = ([], [2], [2, 3], [0, 1], [1, 2, 3], [1.5, 2], ["a"], ["a", "A"], [[1, 2]], ["edge", 1])
odd_tables = ({}, {"rows": 2}, [{}])
odd: st.SearchStrategy[Any] = st.sampled_from([*odd_numbers, *odd_texts, *odd_lists, *odd_tables])
layer_names = st.sampled_from(
    ["conv_a", "pool_a", "dense_a", "input", "fc1", "w2", "", "a b", "Ä", "xlconv_a", "R1C1", 5, []]
)
# Of the first layers, of no layer, and of what a layer shows on its way.
tensors = st.sampled_from([INPUT, *(f"layer_{n}_of_all" for n in range(4)), "none", "a_mask"])
shares = st.sampled_from([0, 0.1, 0.5, 1, 1.0, -0.1, 2])
yes_or_no = st.booleans()
window = {"size": small, "padding": small | st.sampled_from(["same", "valid"])}
pool = {**window, "stride": small}
several = {"inputs": st.lists(tensors, max_size=3)}
usual: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Conv2D": {
        **pool,
        "kernels": small,
        "dilation": small | st.tuples(small, small).map(list),
        "groups": small,
        "activation": st.just("relu"),
    },
    "KernelDemo": {
        **window,
        "kernels": st.lists(st.sampled_from(["edge", "blur", "7", "a,b", "a\nb"]), max_size=4),
        "chosen": st.sampled_from(["edge", "blur", "Edge"]),
    },
    "BatchNorm2D": {"epsilon": st.sampled_from([1e-5, 0.25, 1e-15, 1e-16, 0.0, 1.0, 1])},
    "MaxPool2D": pool,
    "AvgPool2D": pool,
    "GlobalAvgPool2D": {},
    "ReLU": {},
    "LeakyReLU": {"slope": shares},
    "Tanh": {},
    "Sigmoid": {"threshold": shares},
    "Add": several,
    "Concat": several,
    "Dropout": {"rate": shares, "active": yes_or_no, "rescale": yes_or_no},
    "Flatten": {"order": st.sampled_from(["chw", "hwc", "whc"])},
    "Dense": {"units": small, "bias": yes_or_no},
    "Softmax": {},
}
every_setting = sorted({key for settings_of_kind in usual.values() for key in settings_of_kind})


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """Networks as TOML tables, some of them possible."""
    layers = []
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(list(usual)))
        layer: dict[str, Any] = {"kind": kind, "name": f"layer_{number}_of_all"}
        given_here = {key: value for key, value in usual[kind].items() if draw(st.integers(0, 3))}
        layer |= {key: draw(value) for key, value in given_here.items()}
        if draw(st.integers(0, 3)) == 0:
            layer["inputs"] = draw(st.lists(tensors, min_size=1, max_size=1))
        if draw(st.integers(0, 3)) == 0:
            keys = ("name", "kind", "inputs", "nonsense", *usual[kind], *every_setting)
            key = draw(st.sampled_from(keys))
            layer[key] = draw(layer_names if key == "name" else odd)
        layers.append(layer)
    table: dict[str, Any] = {"name": "n", "input": [*draw(st.tuples(small, small, small))]}
    table["layers"] = layers
    if draw(st.integers(0, 3)) == 0:
        table[draw(st.sampled_from(["name", "input", "labels", "layers"]))] = draw(odd)
    return table


def with_layer(**layer: Any) -> dict[str, Any]:
    return {"name": "n", "input": [1, 8, 8], "layers": [{"name": "first", **layer}]}


IMPOSSIBLE = (
    ("size is 1.5", with_layer(kind="MaxPool2D", size=1.5)),
    ("inputs is 5", with_layer(kind="ReLU", inputs=5)),
    ("inputs is", with_layer(kind="ReLU", inputs=[["input"]])),
    ("padding of", with_layer(kind="Conv2D", kernels=1, size=3, dilation=10**9, padding="same")),
    ("parted into 2 groups", with_layer(kind="Conv2D", kernels=2, size=1, groups=2)),
    ("cells up to here", with_layer(kind="Conv2D", kernels=1, size=1, padding=[10**9, 0])),
    ("which no list can hold", with_layer(kind="KernelDemo", kernels=["a\nb"], chosen="a")),
    ("kernels is", with_layer(kind="KernelDemo", kernels=[["a"]], chosen=["a"])),
    ("kernels is 'ab'", with_layer(kind="KernelDemo", kernels="ab", chosen="a")),
    ("epsilon is 0", with_layer(kind="BatchNorm2D", epsilon=0)),
    ("epsilon is nan", with_layer(kind="BatchNorm2D", epsilon=float("nan"))),
    ("padding of 2 and 2", with_layer(kind="AvgPool2D", size=2, padding=2)),
    ("takes 2 or more", with_layer(kind="Add")),
    ("inputs is 'input'", with_layer(kind="Add", inputs="input")),
    ("no earlier layer makes", with_layer(kind="Add", inputs=["input", "first"])),
    ("inputs is", with_layer(kind="Concat", inputs=["input", ["input"]])),
    ("rate is 1", with_layer(kind="Dropout", rate=1)),
    ("order is", with_layer(kind="Flatten", order=["chw"])),
    ("threshold is True", with_layer(kind="Sigmoid", threshold=True)),
)


@pytest.mark.parametrize(("words", "table"), IMPOSSIBLE)
def test_an_impossible_network_is_refused(words: str, table: dict[str, Any]) -> None:
    with pytest.raises((NetworkError, LimitError), match=rf"layer 'first'.*{words}.*\Z"):
        network_of(table, "template.toml")


def test_a_stride_may_be_larger_than_any_map() -> None:
    layer = {"kind": "Conv2D", "kernels": 1, "size": 3, "padding": "same", "stride": 10**9}
    assert network_of(with_layer(**layer), "here").shapes["first"] == (1, 1, 1)


@settings(max_examples=1000 * EXAMPLES)
@given(tables())
def test_any_table_is_a_network_or_a_network_error(table: dict[str, Any]) -> None:
    refused = ""
    try:
        network = network_of(table, "template.toml")
    except (NetworkError, LimitError) as error:
        refused = str(error)
    assert "\n" not in refused
    if not refused:
        assert all(length >= 1 for shape in network.shapes.values() for length in shape)
