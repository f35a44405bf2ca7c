"""Networks that nobody thought of: nothing overlaps, each has a text that spells it, strange names
come back as they were; or they are refused as impossible in words. That their books agree with
NumPy in every cell is asked by `tests/sheets/test_inspector_random.py`.

The examples are the same on every run; XLCONV_EXAMPLES=20 looks for new ones (see conftest).
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import networks as drawn
from support.books import EXAMPLES, check_agrees, filled_ring_cells, overlaps

import xlconv
from xlconv import Dense, KernelDemo, Model, Network, Sigmoid
from xlconv.book.book import FoundBook
from xlconv.compiler import compile_book
from xlconv.errors import NetworkError
from xlconv.network.description import network_of, network_text, read_toml
from xlconv.network.network import INPUT


@pytest.mark.parametrize(("part", "kind"), drawn.EVERY_KIND)
@settings(max_examples=4 * EXAMPLES)
@given(st.data())
def test_nothing_overlaps_on_any_sheet(part: str, kind: str, data: st.DataObject) -> None:
    network = data.draw(drawn.networks(part, kind))
    book = compile_book(Model(network, drawn.even_weights(network)), np.ones(network.input_shape))
    assert [line for sheet in book.sheets for line in overlaps(sheet)] == []
    assert filled_ring_cells(book, network) == []


@pytest.mark.parametrize(("part", "kind"), drawn.EVERY_KIND)
@settings(max_examples=9 * EXAMPLES)
@given(st.data())
def test_a_networks_text_spells_the_network(part: str, kind: str, data: st.DataObject) -> None:
    network = data.draw(drawn.networks(part, kind))
    table = read_toml(network_text(network), "here")
    assert network_of(table, "here") == network


def agreeing(model: Model, folder: Path, random: int = 1) -> tuple[Any, FoundBook]:
    """The report of a model's book, of a picture of one pixel, and the book as it is read."""
    path = folder / "book.xlsx"
    xlconv.build(path, model, np.ones((1, 1, 1)))
    return check_agrees(path, random=random), xlconv.read_book(path)


LABELS = drawn.STRANGE_LABELS + drawn.HARD_LABELS


@pytest.mark.parametrize("label", LABELS, ids=ascii)
def test_a_strange_label_comes_back_as_it_was(label: str, tmp_path: Path) -> None:
    network = Network("n", (1, 1, 1), (Dense("dense", 2),), (label, "other"))
    model = Model(network, {"dense.weight": np.array([[2.0], [1.0]]), "dense.bias": np.zeros(2)})
    report, book = agreeing(model, tmp_path, random=0)  # no number makes another text
    assert report.prediction == label
    assert book.network.labels == (label, "other")


@pytest.mark.parametrize("first", range(0, len(LABELS), 4))
def test_strange_labels_are_several_of_several(first: int, tmp_path: Path) -> None:
    """Behind a sigmoid the labels of all classes that are found are joined to one text."""
    found = LABELS[first : first + 4]
    layers = (Dense("dense", len(found) + 2, bias=False), Sigmoid("sigmoid"))
    network = Network("n", (1, 1, 1), layers, (*found[:1], "no", *found[1:], "other"))
    weights = np.array([[2.0], [-1.0], *([1.0] for _ in found[1:]), [0.0]])
    report, book = agreeing(Model(network, {"dense.weight": weights}), tmp_path)
    assert report.prediction == ", ".join((*found, "other"))
    assert book.network == network


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
        report, book = agreeing(Model(network, weights), Path(folder), random=0)
    assert report.prediction == kept[0]
    assert book.network.labels == tuple(kept)


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
        _, found = agreeing(model, Path(folder))
    assert found.network == model.network
    assert found.stored["demo"] == 3


@pytest.mark.parametrize(
    "names", [*(("other", name) for name in (*drawn.KERNEL_NAMES, "R1C1")), ("i", "ı")], ids=ascii
)
def test_the_chosen_kernel_is_never_another_one(names: tuple[str, str]) -> None:
    check_chosen(names)


@pytest.mark.parametrize(
    "names",
    [*(("other", name) for name in drawn.STRANGE_KERNEL_NAMES), *drawn.HARD_KERNEL_NAMES],
    ids=ascii,
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
    agreeing(model, tmp_path)


@pytest.mark.parametrize("below", [2**-53, 1e-15, 1e-14, 1e-13, 1e-12])
def test_outputs_that_are_nearly_equal_are_no_difference(below: float, tmp_path: Path) -> None:
    """Programs take numbers that differ in the last digits alone for one: either class will do."""
    network = Network("n", (1, 1, 1), (Dense("dense", 2, bias=False),), ("less", "more"))
    weights = {"dense.weight": np.array([[1 - below], [1.0]])}
    agreeing(Model(network, weights), tmp_path)


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
    with pytest.raises(NetworkError, match=rf"layer 'first'.*{words}.*\Z"):
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
    except NetworkError as error:
        refused = str(error)
    assert "\n" not in refused
    if not refused:
        assert all(length >= 1 for shape in network.shapes.values() for length in shape)
