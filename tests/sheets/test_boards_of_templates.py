"""The boards and Guides of the larger templates: skip connections as lines, many kernels in a
grid, titles that stay in view."""

from functools import cache

import pytest

import xlconv
from xlconv import Add, Conv2D, Dense, Network
from xlconv.compiler import compile_book
from xlconv.importers.template import Template, template_names
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.board.places import plan
from xlconv.spreadsheet.blocks import Book, Sheet, TextBlock
from xlconv.spreadsheet.cells import MAX_COLUMNS, MAX_ROWS, Cell, Range


@cache
def template(name: str) -> Template:
    return xlconv.load_template(name)


@cache
def layout(name: str) -> Layout:
    return plan(template(name).network)


@cache
def book(name: str) -> Book:
    return compile_book(template(name), template(name).image)


def sheet(name: str, called: str) -> Sheet:
    return next(sheet for sheet in book(name).sheets if sheet.name == called)


def texts(name: str, called: str = "Board") -> dict[Cell, TextBlock]:
    blocks = sheet(name, called).blocks
    return {block.range.first: block for block in blocks if isinstance(block, TextBlock)}


def linked(block: TextBlock) -> Cell:
    assert block.link is not None
    return Cell.parse(block.link.partition("!")[2])


@pytest.mark.parametrize("name", template_names())
def test_every_template_is_well_within_a_worksheet(name: str) -> None:
    last = Range.around(block.range for block in sheet(name, "Board").blocks).last
    assert last.column < MAX_COLUMNS / 4
    assert last.row < MAX_ROWS / 100


@pytest.mark.parametrize("name", template_names())
def test_every_link_leads_to_something(name: str) -> None:
    """Links of the Guide and of the Model sheet lead to where a map, a weight or a setting is."""
    filled = {cell for block in sheet(name, "Board").blocks for cell in block.range.cells()}
    links = [b for s in ("Guide", "Model", "Board") for b in texts(name, s).values() if b.link]
    assert len(links) > len(template(name).network.layers)
    for block in links:
        if str(block.link).startswith("Board!"):
            assert linked(block) in filled, block


def test_each_skip_connection_is_a_line_from_its_source_to_its_reader() -> None:
    board, places = texts("resnet"), layout("resnet")
    lanes = {(lane.source, lane.reader): lane.range for lane in places.lanes}
    assert lanes.keys() == {
        ("stem_relu", "added1"),
        ("relu1", "skip2"),
        ("norm2b", "added2"),
        ("relu2", "added3"),
    }
    bands = {band.tensor: band for band in places.bands}
    for (source, reader), line in lanes.items():
        assert line.column == places.tensors[source].maps[0].column
        assert line.right + 1 == bands[reader].first
        assert board[line.first].text == f"{source} → {reader}"
        assert linked(board[line.first]) == places.tensors[reader].maps[0].first
        assert line.bottom < places.tensors[source].maps[0].row
    ranges = list(lanes.values())
    for number, line in enumerate(ranges):
        assert not any(line.overlaps(other) for other in ranges[number + 1 :])


def test_lines_that_would_overlap_stand_below_each_other() -> None:
    network = Network(
        "nested",
        (1, 4, 4),
        (
            Conv2D("outer", 1, 3, padding="same"),
            Conv2D("inner", 1, 3, padding="same"),
            Conv2D("third", 1, 3, padding="same"),
            Add("near", inputs=("third", "inner")),
            Add("far", inputs=("near", "outer")),
        ),
    )
    places = plan(network)
    rows = {(lane.source, lane.reader): lane.range.row for lane in places.lanes}
    assert rows == {("outer", "far"): 4, ("inner", "near"): 5}
    assert all(place.maps[0].row > 8 for place in places.tensors.values())
    assert plan(Network("n", (1, 4, 4), network.layers[:2])).tensors["outer"].maps[0].row == 9


def test_beside_each_sum_stand_the_maps_that_are_added() -> None:
    board, places = texts("resnet"), layout("resnet")
    band = next(band for band in places.bands if band.tensor == "added2")
    for number, place in enumerate(places.tensors["added2"].maps):
        first, second = (board[Cell(place.row + down, band.first)] for down in (0, 2))
        assert first.text == f"norm2b map {number + 1}"
        assert second.text == f"+ skip2 map {number + 1}"
        assert linked(first) == places.tensors["norm2b"].maps[number].first
        assert linked(second) == places.tensors["skip2"].maps[number].first


def test_dense_weights_of_many_classes_stand_behind_the_head() -> None:
    """Under a title of their own, so that the answer is beside the maps."""
    board, places = texts("lenet5"), layout("lenet5")
    head = max(band.last for band in places.bands)
    assert [wing.tensor for wing in places.wings] == ["dense1", "dense2", "dense3"]
    assert all(wing.first > head for wing in places.wings)
    for wing in places.wings:
        [title] = [b.text for c, b in board.items() if c.row == 1 and c.column == wing.first]
        assert title == f"{wing.tensor}: weights"
        weights = Range.around(places.weights[wing.tensor].arrays["weight"])
        assert wing.first <= weights.column
        assert weights.right <= wing.last
    [title] = [c for c, b in board.items() if c.row == 1 and b.text == "dense1"]
    assert title.column == next(b.first for b in places.bands if b.tensor == "dense1")


def test_many_kernels_stand_in_a_grid_with_the_maps_they_read() -> None:
    board, places = texts("lenet5"), layout("lenet5")
    kernels = places.weights["conv2"].kernels(3)
    assert len({place.column for place in kernels}) == 3
    for number, place in enumerate(kernels, 1):
        assert board[place.first.shifted(-1, 0)].text == f"map {number}"
    title = places.titles["conv2"][3]
    assert board[Cell(title.row, kernels[0].column)].text == "kernel 4 × pool1"
    assert places.weights["conv2"].bias(3) == kernels[1].first.shifted(6, 0)


def test_a_dense_layer_behind_a_vector_is_a_matrix() -> None:
    """Its columns are the units, its rows the vector's: both stand in line."""
    board, places = texts("lenet5"), layout("lenet5")
    [vector] = places.tensors["relu3"].maps
    columns = [places.weights["dense2"].kernels(unit) for unit in range(84)]
    for unit, [column] in enumerate(columns):
        assert (column.row, column.height, column.width) == (vector.row, 120, 1)
        assert column.column == columns[0][0].column + unit
        assert board[column.first.shifted(-1, 0)].text == str(unit + 1)


def test_colour_pictures_name_their_maps() -> None:
    board, rulers = texts("rgb"), layout("rgb").rulers["input"]
    names = [board[ruler.rows.first.shifted(-1, 0)].text for ruler in rulers]
    assert names == ["red", "green", "blue"]


def test_dense_layers_take_most_of_lenets_numbers() -> None:
    network = template("lenet5").network
    dense = sum(network.parameters(one) for one in network.layers if isinstance(one, Dense))
    assert (dense, sum(map(network.parameters, network.layers))) == (59_134, 61_706)
