"""Networks that nobody thought of: each becomes a book that agrees with NumPy in every cell and
can be read back; any cell of it, explained, is what is on the board, whatever else is chosen.

The examples are the same on every run; XLCONV_EXAMPLES=20 looks for new ones (see conftest).
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.books import EXAMPLES, Array, check_agrees, xml_cells
from support.edits import build_chosen
from support.networks import EVERY_KIND, models, one_of_four

import xlconv
from xlconv import Model
from xlconv.book.book import FoundBook
from xlconv.network.names import label_cell
from xlconv.network.network import Network, vector_labels
from xlconv.sheets.board.places import plan
from xlconv.sheets.explain.places import inspector_places
from xlconv.state.choices import SCALES, Choices, Explained

# Mostly numbers that there are, at times what lies beyond.
beyond = st.sampled_from([-1.0, 0.0, 0.5, 1e9])


def number(most: int) -> st.SearchStrategy[float]:
    inside = st.integers(1, most).map(float)
    return st.one_of(inside, inside, inside, st.floats(1, most), beyond)


@st.composite
def choices(draw: st.DrawFn, network: Network) -> Choices:
    """Anything that can be chosen in a book without a gallery."""
    layer = draw(st.sampled_from(network.layers)).name
    shape = network.shapes[layer]
    cell = [draw(number(size)) for size in (shape if len(shape) == 3 else (1, shape[0], 1))]
    _, height, width = network.input_shape
    if len(shape) == 1 and draw(st.booleans()):  # a vector's row by its label
        cell[1] = label_cell(draw(st.sampled_from(vector_labels(network, layer))))
    pixel = draw(st.none() | st.tuples(number(height), number(width)))
    known = ["?", 7.0, "no such class", *network.labels]
    tensors = list(network.shapes)
    shown = draw(st.integers(1, len(tensors)))
    return Choices(
        Explained(layer, *cell),
        actual=draw(st.sampled_from(known)) if plan(network).verdict else "?",
        scale=draw(st.sampled_from(SCALES)),
        pixel=pixel,
        outlined=draw(st.booleans()),
        hidden=frozenset(tensors[shown:]),
        numbers=draw(st.booleans()),
    )


@pytest.mark.parametrize(("part", "kind"), EVERY_KIND)
@settings(max_examples=2 * EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_cell_of_any_network(part: str, kind: str, data: st.DataObject) -> None:
    """A book as it is built, or had its reader chosen something."""
    model, image = data.draw(models(part, kind))
    network = model.network
    chosen = None if data.draw(one_of_four) else data.draw(choices(network))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "book.xlsx")
        if chosen is None:
            xlconv.build(path, model, image)
            check_built_again(path, model, image)
        else:
            build_chosen(path, model, image, **vars(chosen))
        check_agrees(path, stored="present")
        found = xlconv.read_book(path)
        check_read_back(found, model, image)
        read = found.display.choices
        assert chosen in (None, replace(read, head=chosen.head if chosen else ()))
        check_inspector(path, network, found.display.choices)


def check_built_again(path: Path, model: Model, image: Array) -> None:
    again = path.with_name("again.xlsx")
    xlconv.build(again, model, image)
    assert path.read_bytes() == again.read_bytes()


def check_read_back(found: FoundBook, model: Model, image: Array) -> None:
    """The network, its numbers, and NumPy's values for them."""
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


def check_inspector(path: Path, network: Network, chosen: Choices) -> None:
    """The result of the explained cell is what the board holds there."""
    layout, layer = plan(network), chosen.explained.layer
    places, works = inspector_places(network, layout), xml_cells(path, "Works")
    channel, row, column = chosen.explained.within(network)
    cell = layout.tensors[layer].maps[channel - 1].cell(row - 1, column - 1)
    board = float(xml_cells(path)[cell.a1].value or "nan")
    result = float(works[places.mark("result").a1].value or "nan")
    assert result == pytest.approx(board, rel=1e-9, abs=1e-9)
    assert float(works[places.mark("equal").a1].value or "nan") == 1
