"""Any cell of any network, explained: the book agrees, and the inspector computes what is on the
board, whatever else is chosen on the panel."""

import tempfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.books import EXAMPLES, check_agrees
from support.edits import build_chosen
from support.networks import EVERY_KIND, models

import xlconv
from xlconv.network.network import Network
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
    pixel = draw(st.none() | st.tuples(number(height), number(width)))
    known = ["?", 7.0, "no such class", *network.labels]
    return Choices(
        Explained(layer, *cell),
        actual=draw(st.sampled_from(known)) if plan(network).verdict else "?",
        scale=draw(st.sampled_from(SCALES)),
        pixel=pixel,
        outlined=draw(st.booleans()),
        hidden=draw(st.frozensets(st.sampled_from(list(network.shapes)), max_size=3)),
    )


@pytest.mark.parametrize(("part", "kind"), EVERY_KIND)
@settings(max_examples=3 * EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_cell_of_any_network(part: str, kind: str, data: st.DataObject) -> None:
    model, image = data.draw(models(part, kind))
    network, chosen = model.network, data.draw(choices(model.network))
    with tempfile.TemporaryDirectory() as folder:
        path = build_chosen(Path(folder, "book.xlsx"), model, image, **vars(chosen))
        check_agrees(path, stored="present", random=0)  # trials are test_random_networks' own
        found = xlconv.read_book(path)
        sheets = openpyxl.load_workbook(path, data_only=True)
    assert found.display.choices == chosen
    layout, layer = plan(network), chosen.explained.layer
    places = inspector_places(network, layout)
    result, equal = (sheets["Explain"][p.first.a1].value for p in (places.result, places.equal))
    channel, row, column = chosen.explained.within(network)
    cell = layout.tensors[layer].maps[channel - 1].cell(row - 1, column - 1)
    board = sheets["Board"][cell.a1].value
    assert result == pytest.approx(board, rel=1e-9, abs=1e-9)
    assert equal == "✓"
