"""Where a cell looks, in LibreOffice: the boxes on the panel against a network that is nudged cell
by cell, what drop-down lists offer, and layers that are hidden and revealed, as they are printed.
"""

import numpy as np
import pytest
from support.books import Array
from support.libreoffice import UnoSession
from support.sessions import Grid, LearningBook, Step, cell, explain, learning_book, random_book

import xlconv
from xlconv import Add, BatchNorm2D, Concat, Conv2D, Dense, Flatten, Model, ReLU, Softmax
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.network.names import label_cell
from xlconv.network.network import INPUT, Network, vector_labels
from xlconv.reference.layers.registry import layer_steps
from xlconv.sheets.on_board.panel.places import EXPLAINED_NAMES
from xlconv.sheets.styles import REACHES, READS
from xlconv.spreadsheet.cells import Range
from xlconv.state.sheet_names import WORKS

FIELDS = Network(
    "fields",
    (2, 11, 9),
    (
        Conv2D("conv", 4, (3, 2), padding="same", groups=2),
        BatchNorm2D("norm"),
        ReLU("relu"),
        MaxPool2D("pool", (2, 3), (2, 1)),
        Conv2D("second", 4, 3, padding="same"),
        Add("sum", inputs=("pool", "second")),
        AvgPool2D("average", 3, 1, padding="same"),
        Concat("stack", inputs=("sum", "average")),
        Conv2D("dilated", 2, 2, dilation=2),
        GlobalAvgPool2D("means"),
        Conv2D("strided", 2, 3, stride=(2, 1), padding=(1, 0), bias=False, inputs=("sum",)),
        Flatten("flat", "hwc"),
        Concat("both", inputs=("means", "flat")),
        Dense("dense", 3),
        Softmax("softmax"),
    ),
    ("a", "b", "c"),
)
LOOSE = ("flat", "both")  # of several cells of a map, all units are taken
EMPTY = None

Box = tuple[int, ...] | None
Changed = dict[tuple[str, int], dict[str, Array]]


def positive(network: Network) -> Model:
    """Weights that are all positive: whatever is nudged, nothing cancels and no ReLU is shut."""
    random = np.random.default_rng(5)
    shapes = [network.weight_shapes(layer) for layer in network.layers]
    drawn = {name: random.uniform(0.05, 0.1, s) for one in shapes for name, s in one.items()}
    return Model(network, drawn)


def computed(model: Model, known: dict[str, Array], after: int) -> dict[str, Array]:
    """Every tensor, from those that are known on; the layers before a number are left as they
    are."""
    values = dict(known)
    for layer in model.network.layers[after:]:
        for step in layer_steps(layer, model.layer_weights(layer), values):
            values[step.name] = np.asarray(step.value, float)
    return {name: values[name] for name in model.network.shapes}


def nudged(model: Model, image: Array) -> Changed:
    """For each cell of each tensor, by its flat number, which cells change where it does."""
    truth, found = computed(model, {INPUT: image}, 0), {}
    for number, (tensor, array) in enumerate(truth.items()):
        for place in range(array.size):
            changed = array.copy()
            changed.flat[place] += 50.0  # more than any other, so that it wins in every pool
            values = computed(model, truth | {tensor: changed}, number)
            found[tensor, place] = {name: values[name] != truth[name] for name in truth}
    return found


def box_of(mask: Array) -> Box:
    """First and last map, row and column, from 1, of the cells that are true."""
    mask = mask if mask.ndim == 3 else mask[None, :, None]
    if not mask.any():
        return EMPTY
    return tuple(int(n) + 1 for axis in np.nonzero(mask) for n in (axis.min(), axis.max()))


def read_boxes(changed: Changed, network: Network, layer: str, place: int) -> dict[str, Box]:
    """The boxes of the cells of each tensor on which a layer's cell depends."""
    boxes = {}
    for tensor, shape in network.shapes.items():
        size = int(np.prod(shape))
        depends = [changed[tensor, n][layer].flat[place] for n in range(size)]
        boxes[tensor] = box_of(np.array(depends).reshape(shape))
    return boxes


def reached_boxes(changed: Changed, network: Network, row: int, column: int) -> dict[str, Box]:
    """The boxes of what changes with a pixel, in any of its channels."""
    channels, height, width = network.input_shape
    numbers = [(c * height + row) * width + column for c in range(channels)]
    ways = [changed[INPUT, number] for number in numbers]
    return {t: box_of(np.any([way[t] for way in ways], axis=0)) for t in network.shapes}


@pytest.fixture(scope="module")
def fields(tmp_path_factory: pytest.TempPathFactory) -> LearningBook:
    image = np.random.default_rng(6).uniform(0.5, 1.0, FIELDS.input_shape)
    path = tmp_path_factory.mktemp("fields") / "book.xlsx"
    return learning_book(path, positive(FIELDS), image)


@pytest.fixture(scope="module")
def changed(fields: LearningBook) -> Changed:
    return nudged(fields.model, fields.image)


def table(book: LearningBook, key: str) -> Step:
    """The step that reads one side of the panel's table: `reads` or `reaches`."""
    lines = book.layout.panel.lines.values()
    return ["read", f"{WORKS}!{Range.around(getattr(line, key) for line in lines).a1}"]


def boxes_in(grid: Grid, network: Network) -> dict[str, Box]:
    boxes = {}
    for tensor, six in zip(network.shapes, grid, strict=True):
        first, last = six[::2], six[1::2]
        empty = any(a > b for a, b in zip(first, last, strict=True))
        boxes[tensor] = EMPTY if empty else tuple(int(n) for n in six)
    return boxes


def test_boxes_of_what_a_cell_reads(
    session: UnoSession, fields: LearningBook, changed: Changed
) -> None:
    """The first cell of each layer, the last one and two between."""
    steps: list[Step] = []
    expected = []
    for layer in FIELDS.layers:
        shape = FIELDS.shapes[layer.name]
        size = int(np.prod(shape))
        for place in {0, size // 3, size // 2, size - 1}:
            where = np.unravel_index(place, shape if len(shape) == 3 else (1, shape[0], 1))
            steps += [*explain(layer.name, *(int(n) + 1 for n in where)), table(fields, "reads")]
            expected.append((layer.name, place))
    answers = session.run(fields.path, *steps)[4::5]
    for (layer_name, place), grid in zip(expected, answers, strict=True):
        wanted = read_boxes(changed, FIELDS, layer_name, place)
        assert boxes_in(grid, FIELDS) == wanted, f"{layer_name}, cell {place}"
    assert len(expected) > 50


def test_boxes_of_what_a_pixel_reaches(
    session: UnoSession, fields: LearningBook, changed: Changed
) -> None:
    """Pixels in corners, at edges and inside, and numbers beyond the picture."""
    panel = fields.layout.panel
    pixels = {(1, 1): (0, 0), (11, 9): (10, 8), (5, 4): (4, 3), (8, 1): (7, 0), (0, 99): (0, 8)}
    steps: list[Step] = []
    for row, column in pixels:
        steps += [["set", cell(panel.pixel_row), row], ["set", cell(panel.pixel_column), column]]
        steps.append(table(fields, "reaches"))
    steps += [["set", cell(panel.pixel_row), None], table(fields, "reaches")]
    *answers, _, nothing = session.run(fields.path, *steps)
    for pixel, grid in zip(pixels.values(), answers[2::3], strict=True):
        found, wanted = boxes_in(grid, FIELDS), reached_boxes(changed, FIELDS, *pixel)
        for tensor in FIELDS.shapes:
            units = (1, 1, 1, FIELDS.shapes[tensor][0], 1, 1)
            if tensor in LOOSE and found[tensor] != wanted[tensor]:
                assert found[tensor] == units or tensor == "both", tensor
                assert covers(found[tensor], wanted[tensor]), f"{tensor} {pixel}"
            else:
                assert found[tensor] == wanted[tensor], f"{tensor} {pixel}"
    assert set(boxes_in(nothing, FIELDS).values()) == {EMPTY}


def covers(outer: Box, inner: Box) -> bool:
    assert outer
    assert inner
    return all(a <= b for a, b in zip(outer[::2], inner[::2], strict=True)) and all(
        a >= b for a, b in zip(outer[1::2], inner[1::2], strict=True)
    )


def painted(book: LearningBook, tensor: str) -> Step:
    """The step that prints a tensor's maps with their legends and its layer's weights."""
    layout = book.layout
    places = [*layout.tensors[tensor].maps, *layout.legends.get(tensor, ())]
    places += [*layout.weights[tensor].ranges] if tensor in layout.weights else []
    return ["painted", Range.around(places).a1]


def test_outlines_are_drawn_where_the_boxes_are(session: UnoSession, fields: LearningBook) -> None:
    """What cell `second` reads, and what a pixel reaches: lines in their colours, that vanish."""
    panel, answer = (
        fields.layout.panel,
        [painted(fields, t) for t in ("input", "second", "strided")],
    )
    pixel = [["set", cell(panel.pixel_row), 6], ["set", cell(panel.pixel_column), 5]]
    answers = session.run(
        fields.path,
        *(explain("second", 2, 3, 3) + answer),
        *(["set", cell(panel.outlined), 0], *answer),
        *(*pixel, *answer),
    )
    outlined, off, reached = answers[4:7], answers[8:11], answers[13:16]
    assert [READS in colours for colours in outlined] == [True, True, False]
    assert [READS in colours for colours in off] == [False, False, False]
    assert [REACHES in colours for colours in off] == [False, False, False]
    assert [REACHES in colours for colours in reached] == [True, True, True]


def test_layers_are_hidden_and_revealed(session: UnoSession, fields: LearningBook) -> None:
    """One after the other from the last: blank in print, then as they were."""
    tensors, layout = list(FIELDS.shapes), fields.layout
    assert layout.answer
    label = ["painted", layout.answer.label.a1]
    prints = [label, *(painted(fields, tensor) for tensor in tensors)]
    lines = Range.around(Range.of(line.shown) for line in layout.panel.lines.values())
    shown = ["read", f"{WORKS}!{lines.a1}"]
    stages = (len(tensors) // 2, 1, len(tensors))
    answers = session.run(
        fields.path,
        *prints,
        *(step for n in stages for step in (["set", "reveal", tensors[n - 1]], shown, *prints)),
    )
    count = len(prints)
    before, rest = answers[:count], answers[count:]
    for last in stages:
        flags, colours = rest[1], rest[2 : 2 + count]
        rest = rest[2 + count :]
        assert [row[0] for row in flags] == [float(n < last) for n in range(len(tensors))]
        wanted = [found if n < last else [] for n, found in enumerate(before[1:])]
        assert colours == [before[0] if last == len(tensors) else [], *wanted]
    assert all(before)
    assert not rest


def test_lists_offer_what_there_is(session: UnoSession, fields: LearningBook) -> None:
    """For every layer, the numbers of maps, rows and columns end where it does; the rows of a
    vector are called by their labels."""
    names = [layer.name for layer in FIELDS.layers]
    asked = [*names, "input", "nothing", 3]
    steps: list[Step] = [["refused", "explained_layer", asked]]
    wanted: list[list[object]] = [["input", "nothing", 3]]
    for name in names:
        shape = FIELDS.shapes[name]
        steps.append(["set", "explained_layer", name])
        sizes = shape if len(shape) == 3 else (1, shape[0], 1)
        for row, size in enumerate(sizes):
            offered: list[object] = [1, size]
            if (row, len(shape)) == (1, 1):
                labels = vector_labels(FIELDS, name)
                offered = [label_cell(labels[0]), label_cell(labels[-1])]
            strange = [0, size + 1, 1.5, "x"]
            steps.append(["refused", EXPLAINED_NAMES[1 + row], [*strange, *offered]])
            wanted.append(strange)
    answers = [found for found in session.run(fields.path, *steps) if found is not None]
    assert answers == wanted


def test_lists_of_the_panel(session: UnoSession, fields: LearningBook) -> None:
    panel = fields.layout.panel
    answers = session.run(
        fields.path,
        ["refused", cell(panel.scale), ["map", "layer", "network", "none", 1]],
        ["refused", cell(panel.outlined), [0, 1, 2, -1, "yes"]],
        ["refused", "reveal", ["input", list(FIELDS.shapes)[-1], "nothing", 3]],
        ["refused", "numbers", ["on", "off", "maybe", 1]],
    )
    assert answers == [["none", 1], [2, -1, "yes"], ["nothing", 3], ["maybe", 1]]


@pytest.mark.parametrize("count", [1, 7, 23])
def test_the_list_of_pictures_ends_with_the_last(
    session: UnoSession, count: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Fewer and more pictures than a map has rows."""
    network = Network("few", (1, 4, 3), (Dense("dense", 2),), ("a", "b"))
    pictures = np.random.default_rng(count).random((count, 1, 4, 3))
    gallery = xlconv.Gallery(pictures, ("a",) * count, ("",) * count)
    path = tmp_path_factory.mktemp("few") / "book.xlsx"
    random_book(path, network, gallery=gallery)
    asked = ["refused", "picture", [0, 1, count, count + 1, -1, 0.5, "a"]]
    assert session.run(path, asked) == [[count + 1, -1, 0.5, "a"]]
