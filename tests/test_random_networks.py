"""Networks that nobody thought of: each becomes a book that agrees with NumPy in every cell and
can be read back, or is refused as impossible in words.

The examples are the same on every run; XLCONV_EXAMPLES=20 looks for new ones (see conftest).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from building import EXAMPLES, filled_ring_cells, overlaps
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import xlconv
from xlconv.compiler import compile_book
from xlconv.errors import NetworkError
from xlconv.layers import Conv2D, Dense, Layer, MaxPool2D, ReLU, Softmax
from xlconv.network import Model, Network
from xlconv.notation import network_of, network_text, read_toml
from xlconv.shapes import Shape, output_shape

SIDE = 9
STRANGE_LABELS = (
    *("=1+1", "<b>", "a & b", 'say "so"', "'7", "7", "007", "-1", "1e3", "TRUE", "#N/A", "@x"),
    *(
        "🐈",
        "é",
        "日本語",
        " blank ",
        "tab\tin",
        "two\nlines",
        "\\n",
        "%s %d",
        "{c}",
        "]]>",
        "&amp;",
    ),
    *("x" * 300, "0.1", "1/2", "A1", "conv1", "R1C1", "__", "_x", "a\u200bb"),
)
# What XML, TOML or Excel's own escapes (_x0041_ stands for A) would change on the way.
HARD_LABELS = ("_x0041_", "a\rb", "a\x7fb", "a\x85b", "a\u2028b", "\ufeffa", "a\x1cb")

numbers = st.floats(-4, 4, allow_nan=False) | st.sampled_from([0.0, -0.0, 1.0, 1e-9, -1e6, 1 / 3])


def sizes(most: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(1, most), st.integers(1, most))


def convolutions(name: str) -> st.SearchStrategy[Layer]:
    return st.builds(
        Conv2D,
        st.just(name),
        kernels=st.integers(1, 3),
        size=sizes(4),
        stride=sizes(3),
        padding=st.sampled_from(["same", "valid", 0, 1, 2, 5]),
        bias=st.booleans(),
        activation=st.sampled_from([None, "relu"]),
    )


def pools(name: str) -> st.SearchStrategy[Layer]:
    return st.builds(MaxPool2D, st.just(name), sizes(3), st.none() | sizes(3))


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Chains that fit together: maps, then perhaps vectors."""
    shape: Shape = (draw(st.integers(1, 3)), *draw(sizes(SIDE)))
    first, layers = shape, []

    def add(layer: Layer) -> None:
        nonlocal shape
        shape = output_shape(layer, shape)
        layers.append(layer)

    for number in range(draw(st.integers(0, 4))):
        makers = (convolutions, pools, lambda name: st.just(ReLU(name)))
        try:
            add(draw(draw(st.sampled_from(makers))(f"maps_{number}_layer")))
        except NetworkError:
            continue
    ends = draw(st.integers(0 if layers else 1, 4))
    if ends:
        add(Dense("dense", draw(st.integers(1, 14)), draw(st.booleans())))
    if ends >= 3:
        add(ReLU("rectified"))
        add(Dense("dense_two", draw(st.integers(1, 5)), draw(st.booleans())))
    if ends in (2, 4):
        add(Softmax("softmax"))
    labels: tuple[str, ...] = ()
    if ends and draw(st.booleans()):
        count = shape[0]
        texts = st.sampled_from(STRANGE_LABELS)
        labels = tuple(draw(st.lists(texts, min_size=count, max_size=count, unique=True)))
    return Network(draw(st.sampled_from(["net", "Ünet 'a'", "<n>"])), first, tuple(layers), labels)


@st.composite
def models(draw: st.DrawFn) -> tuple[Model, np.ndarray]:
    """A network with weights and a picture; some numbers are drawn, the rest are random."""
    network = draw(networks())
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def array(shape: Shape) -> np.ndarray:
        flat = random.normal(0.0, 1.0, shape).reshape(-1)
        own = draw(st.lists(numbers, max_size=min(6, len(flat))))
        flat[: len(own)] = own
        return random.permutation(flat).reshape(shape)

    weights = {
        name: array(shape)
        for layer in network.layers
        for name, shape in network.weight_shapes(layer).items()
    }
    return Model(network, weights), array(network.input_shape)


@settings(max_examples=60 * EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(models())
def test_a_book_agrees_and_reads_back(drawn: tuple[Model, np.ndarray]) -> None:
    model, image = drawn
    with tempfile.TemporaryDirectory() as folder:
        path, again = Path(folder, "book.xlsx"), Path(folder, "again.xlsx")
        xlconv.build(path, model, image)
        xlconv.build(again, model, image)
        assert path.read_bytes() == again.read_bytes()
        for engine in ("formualizer", "none"):
            report = xlconv.verify(path, engine)
            assert (report.verdict, report.findings) == ("agrees", ()), engine
            assert report.stored_state == "present"
        found = xlconv.read_book(path)
    assert found.network == model.network
    assert np.array_equal(found.image, image)
    assert set(found.model.weights) == set(model.weights)
    for name, array in model.weights.items():
        assert np.array_equal(found.model.weights[name], array), name
    for tensor, values in xlconv.forward(model, image).items():
        assert np.array_equal(found.stored[tensor], values), tensor


@settings(max_examples=100 * EXAMPLES)
@given(networks())
def test_nothing_overlaps_on_any_sheet(network: Network) -> None:
    weights = {
        name: np.ones(shape)
        for layer in network.layers
        for name, shape in network.weight_shapes(layer).items()
    }
    book = compile_book(Model(network, weights), np.ones(network.input_shape))
    assert [line for sheet in book.sheets for line in overlaps(sheet)] == []
    assert filled_ring_cells(book, network) == []


@settings(max_examples=200 * EXAMPLES)
@given(networks())
def test_a_networks_text_spells_the_network(network: Network) -> None:
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


@settings(max_examples=150 * EXAMPLES)
@given(st.text(min_size=1, max_size=12))
@example("\0")
@example("\ud800")
@example("\x1f")
@example("\ufffe")
def test_any_label_is_kept_or_refused(label: str) -> None:
    """A text that no cell can hold is refused in words, before there is a file."""
    assume(label != "other")
    refused = ""
    try:
        network = Network("n", (1, 1, 1), (Dense("dense", 2),), (label, "other"))
    except NetworkError as error:
        refused = str(error)
    if refused:
        assert "label" in refused
        return
    weights = {"dense.weight": np.array([[2.0], [1.0]]), "dense.bias": np.zeros(2)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "book.xlsx")
        xlconv.build(path, Model(network, weights), np.ones((1, 1, 1)))
        report = xlconv.verify(path)
        assert (report.verdict, report.findings, report.prediction) == ("agrees", (), label)
        assert xlconv.read_book(path).network.labels == (label, "other")


# Whatever TOML can hold stands where a setting belongs.
small = st.integers(-1, 12)
odd_numbers = (0, -1, 1.5, 2.0, True, 10**9, float("inf"), float("nan"))
odd_texts = ("", "3", "same", "relu", "input")
odd_tables = ([], [2], [2, 3], [1, 2, 3], [1.5, 2], ["a"], [[1, 2]], {}, {"rows": 2})
odd: st.SearchStrategy[Any] = st.sampled_from([*odd_numbers, *odd_texts, *odd_tables])
layer_names = st.sampled_from(
    ["conv_a", "pool_a", "dense_a", "input", "fc1", "w2", "", "a b", "Ä", "xlconv_a", "R1C1", 5, []]
)
usual = {
    "Conv2D": {"kernels": small, "size": small, "stride": small, "padding": small},
    "MaxPool2D": {"size": small, "stride": small},
    "ReLU": {},
    "Dense": {"units": small},
    "Softmax": {},
}


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """Networks as TOML tables, some of them possible."""
    layers = []
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(list(usual)))
        layer: dict[str, Any] = {"kind": kind, "name": f"layer_{number}_of_all"}
        layer |= {key: draw(value) for key, value in usual[kind].items() if draw(st.booleans())}
        if draw(st.integers(0, 3)) == 0:
            keys = ("name", "kind", "kernels", "size", "stride", "padding", "bias", "activation")
            key = draw(st.sampled_from((*keys, "units", "inputs", "nonsense")))
            layer[key] = draw(layer_names if key == "name" else odd)
        layers.append(layer)
    table: dict[str, Any] = {"name": "n", "input": [*draw(st.tuples(small, small, small))]}
    table["layers"] = layers
    if draw(st.integers(0, 3)) == 0:
        table[draw(st.sampled_from(["name", "input", "labels", "layers"]))] = draw(odd)
    return table


def with_layer(**layer: Any) -> dict[str, Any]:
    return {"name": "n", "input": [1, 8, 8], "layers": [{"name": "first", **layer}]}


@settings(max_examples=1000 * EXAMPLES)
@given(tables())
@example(with_layer(kind="MaxPool2D", size=1.5))
@example(with_layer(kind="ReLU", inputs=5))
@example(with_layer(kind="ReLU", inputs=[["input"]]))
@example(with_layer(kind="Conv2D", kernels=1, size=3, padding="same", stride=10**9))
def test_an_impossible_network_is_a_network_error(table: dict[str, Any]) -> None:
    refused = ""
    try:
        network = network_of(table, "template.toml")
    except NetworkError as error:
        refused = str(error)
    assert "\n" not in refused
    if not refused:
        assert all(length >= 1 for shape in network.shapes.values() for length in shape)
