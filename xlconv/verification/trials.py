"""Random trials: the network of a found workbook with other weights, another picture and other
choices, for NumPy and, as constants to type, for an engine.

What is 0 or never chosen in the workbook as it stands no longer hides anything. Must not know
engines, nor compare anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from xlconv.book.book import FoundBook
from xlconv.book.typing import Constants, TypedNumbers, typed_explained, typed_maps, typed_weights
from xlconv.network.borders import outside_cell, outside_of, with_outside
from xlconv.network.layers.base import Layer, Weight
from xlconv.network.layers.convolution import OUTSIDES, Conv2D
from xlconv.network.layers.settings import setting_cell
from xlconv.network.model import Array, Model
from xlconv.network.names import label_cell
from xlconv.network.network import INPUT, Network
from xlconv.network.shapes import as_maps
from xlconv.reference.forward import compute_steps
from xlconv.reference.layers.base import Values, numbers
from xlconv.reference.layers.registry import layer_steps
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.guide.places import ANSWER, guide_places
from xlconv.sheets.images.numbers import drawn
from xlconv.sheets.images.places import GalleryPlaces
from xlconv.sheets.model.numbers import HELD
from xlconv.sheets.model.places import head_places
from xlconv.spreadsheet.cells import Place
from xlconv.spreadsheet.keys import range_keys
from xlconv.state.choices import SCALES, Choices, Display, Explained, Laboratory, Pen, shown_picture
from xlconv.state.sheet_names import BOARD, GUIDE, IMAGES, MODEL
from xlconv.verification.comparison import Mask

SEED = 20160913
# The largest value that a layer may have: beyond it, sigmoids and softmax would be 0 or 1.
MOST = 6.0
# Between these sizes no product of a pixel and a weight is too large or too small for a number.
SIZES = (1e-100, 1e100)

Random = np.random.Generator


@dataclass(frozen=True)
class Trial:
    """A display for NumPy; the constants that make the workbook show the same; and how many cells
    of the picture and of each layer's weights are filled then."""

    display: Display
    typed: Constants
    held: Mapping[str, Array]


def trial(book: FoundBook, number: int) -> Trial:
    """The trial of a number: the same for the same workbook, every time."""
    random = np.random.default_rng([SEED, number])
    layout, shown = book.layout, book.display
    network = _random_settings(book.network, random)
    pen, pictures = _random_pictures(book, random)
    choices = _random_choices(network, layout, shown, random)
    if number == 0:  # an empty drawing, and paper that comes in, would hide a wrong kernel
        picture = max(choices.picture, min(1, layout.gallery.count if layout.gallery else 0))
        choices = replace(choices, shift=(0, 0), picture=picture)
    image = _random_picture(book, pictures, choices, random)
    model = Model(network, _random_weights(shown.model, network, image, random))
    display = replace(
        shown,
        model=model,
        image=image,
        choices=choices,
        pictures=pictures,
        pen=pen,
        given=book.drawn,
    )
    return Trial(display, _constants(book, display), _filled_counts(display, layout))


def _random_pictures(book: FoundBook, random: Random) -> tuple[Pen, Array]:
    """Other pictures, and another pen, which draws the first of them but for typed pixels."""
    shown, gallery = book.display, book.layout.gallery
    pictures = _random_like(shown.pictures, random)
    if gallery is None or not len(pictures):
        return shown.pen, pictures
    pen = Pen(_random_like(shown.pen.cells, random), bool(random.integers(4)))
    own = _own_drawing(book).reshape(gallery.shape)
    pictures[0] = np.where(own, pictures[0], drawn(pen, gallery))
    return pen, pictures


def _own_drawing(book: FoundBook) -> Mask:
    """Which pixels of picture 0 hold no formula."""
    assert book.layout.gallery is not None
    own: Mask = book.block(IMAGES, book.layout.gallery.maps(0)).formulas < 0
    return own


def _random_settings(network: Network, random: Random) -> Network:
    """The network with its dropout at work, and any kernel of a list chosen."""
    layers: list[Layer] = []
    for layer in network.layers:
        layers.append(layer.for_trial(random))
    outside = OUTSIDES[int(random.integers(len(OUTSIDES)))]
    return with_outside(replace(network, layers=tuple(layers)), outside)


def _random_like(array: Array, random: Random) -> Array:
    """Random numbers of both signs and of the size of those found; of size 1 where all are 0."""
    largest = float(np.abs(array).max(initial=0.0)) or 1.0
    size = largest * float(np.sqrt(np.mean((array / largest) ** 2))) if array.size else 0.0
    drawn: Array = random.normal(0.0, float(np.clip(size or 1.0, *SIZES)), array.shape)
    return drawn


def _random_choices(network: Network, layout: Layout, shown: Display, random: Random) -> Choices:
    """Other choices: any cell to explain, any picture, any pixel to follow."""

    def one(size: int) -> float:
        return float(random.integers(1, size + 1))

    layer = network.layers[random.integers(len(network.layers))].name
    _, height, width = network.input_shape
    actual = shown.choices.actual
    # Engines differ in how they read a typed text that holds a control character.
    plain = [label for label in network.labels if label.isprintable()]
    if layout.gallery is None and layout.verdict is not None and plain:
        actual = label_cell(plain[random.integers(len(plain))])
    return Choices(
        explained=Explained(layer, *map(one, as_maps(network.shapes[layer]))),
        picture=int(random.integers(layout.gallery.count + 1)) if layout.gallery else 0,
        actual=actual,
        scale=SCALES[random.integers(len(SCALES))],
        pixel=(one(height), one(width)),
        outlined=shown.choices.outlined,
        hidden=frozenset(list(network.shapes)[random.integers(1, len(network.shapes) + 1) :]),
        numbers=bool(random.integers(2)),
        shift=_random_shift(layout, random),
        winners=layout.panel.winners is not None and bool(random.integers(2)),
        invert=layout.panel.invert is not None and bool(random.integers(2)),
        laboratory=_random_laboratory(random),
        head=tuple(float(n) for n in random.integers(1, 600, len(shown.choices.head))),
        answers=_random_answers(network, layout, random),
    )


def _random_shift(layout: Layout, random: Random) -> tuple[int, int]:
    if layout.panel.shift_down is None:
        return 0, 0
    return int(random.integers(-2, 3)), int(random.integers(-2, 3))


def _random_laboratory(random: Random) -> Laboratory:
    """Another temperature, and now and then logits whose exp is too large or too small."""
    temperature, times = random.choice([0.5, 1.0, 2.0]), random.choice([1.0, -3.0, 300.0])
    return Laboratory(float(temperature), float(times), bool(random.integers(2)))


def _random_answers(network: Network, layout: Layout, random: Random) -> dict[str, str]:
    """An answer to each of the Guide's questions, right or wrong."""
    missions = [card.mission for card in guide_places(network, layout).cards]
    return {
        one.key: one.options[random.integers(len(one.options))] for one in missions if one.options
    }


def _random_picture(book: FoundBook, pictures: Array, choices: Choices, random: Random) -> Array:
    """The picture on the board: the chosen one, but for the pixels that are typed over it."""
    if book.layout.gallery is None:
        return _random_like(book.image, random)
    drawn = _random_like(book.image, random)
    base = shown_picture(pictures[choices.picture], choices)
    return np.where(_own_pixels(book).reshape(drawn.shape), drawn, base)


def _own_pixels(book: FoundBook) -> Mask:
    """Which pixels on the board hold no formula."""
    own: Mask = book.block(BOARD, book.layout.tensors[INPUT].maps).formulas < 0
    return own


def _random_weights(
    found: Model, network: Network, image: Array, random: Random
) -> dict[str, Array]:
    """Random weights of the size of those found; a layer whose values would be too large to tell
    anything apart gets smaller ones, and the biases are such that about half its values are
    positive: behind a ReLU that is 0 everywhere, nothing would be seen."""
    weights: dict[str, Array] = {}
    values: dict[str, Values] = {INPUT: image}
    values |= {name: random.random(shape) for name, shape in network.random_shapes.items()}
    for layer in network.layers:
        drawn = {
            key: _random_like(array, random) for key, array in found.layer_weights(layer).items()
        }
        described = layer.weights(*network.read_shapes(layer))
        for key, weight in described.items():
            if weight.least is not None:
                size = np.abs(drawn[key])
                drawn[key] = weight.least + size + 0.1 * size.mean()
        if drawn:
            _balance(layer, described, drawn, values)
        weights |= {f"{layer.name}.{key}": array for key, array in drawn.items()}
        compute_steps(values, layer_steps(layer, drawn, values))
    return weights


def _balance(
    layer: Layer,
    described: Mapping[str, Weight],
    drawn: dict[str, Array],
    values: Mapping[str, Values],
) -> None:
    """Make a layer's values neither too large nor all of one sign."""
    made = _layer_values(layer, drawn, values)
    if "bias" in drawn:
        across = tuple(range(1, made.ndim))
        middle = np.median(made, axis=across) if across else 0.5 * made
        drawn["bias"] = drawn["bias"] - middle
        made = _layer_values(layer, drawn, values)
    largest = float(np.abs(made).max(initial=0.0))
    if largest > MOST:
        for key, weight in described.items():
            if weight.origin != "statistic":
                drawn[key] = drawn[key] * (MOST / largest)


def _layer_values(layer: Layer, drawn: Mapping[str, Array], values: Mapping[str, Values]) -> Array:
    """A layer's values, before the activation that may be fused into it."""
    if isinstance(layer, Conv2D):
        layer = replace(layer, activation=None)
    own = dict(values)
    return numbers(compute_steps(own, layer_steps(layer, drawn, own))[layer.name])


def _constants(book: FoundBook, display: Display) -> Constants:
    """The constants by which a workbook shows what a display does."""
    layout, network, choices = book.layout, display.network, display.choices
    typed = typed_explained(layout, choices.explained) | _typed_pixels(book, display)
    cells: dict[Place, float | str] = {}
    if layout.gallery is not None and layout.panel.picture is not None:
        cells[Place(BOARD, layout.panel.picture.first)] = float(choices.picture)
        typed |= _typed_gallery(book, layout.gallery, display)
        cells[Place(IMAGES, layout.gallery.pen.switch.first)] = "on" if display.pen.on else "off"
    elif layout.verdict is not None:
        cells[Place(BOARD, layout.verdict.actual.first)] = choices.actual
    for layer in network.layers:
        typed |= typed_weights(layout, layer.name, display.model.layer_weights(layer))
        for key, place in layout.controls.get(layer.name, {}).items():
            cells[Place(BOARD, place.first)] = setting_cell(getattr(layer, key))
    return typed | Constants(cells=cells | _typed_choices(layout, network, choices))


def _typed_gallery(book: FoundBook, gallery: GalleryPlaces, display: Display) -> Constants:
    """The chosen picture, the pen, and the pixels of picture 0 that hold no formula."""
    chosen, maps = display.choices.picture, range_keys(gallery.maps(0))
    own = _own_drawing(book)
    typed = typed_maps(IMAGES, gallery.pen.grids, display.pen.cells)
    typed |= Constants((TypedNumbers(IMAGES, maps[own], display.pictures[0].reshape(-1)[own]),))
    if chosen:
        typed |= typed_maps(IMAGES, gallery.maps(chosen), display.pictures[chosen])
    return typed


def _typed_pixels(book: FoundBook, display: Display) -> Constants:
    """The pixels of the board that hold no formula."""
    own, keys = _own_pixels(book), range_keys(book.layout.tensors[INPUT].maps)
    return Constants((TypedNumbers(BOARD, keys[own], display.image.reshape(-1)[own]),))


def _typed_choices(layout: Layout, network: Network, choices: Choices) -> dict[Place, float | str]:
    panel = layout.panel
    typed: dict[Place, float | str] = {Place(BOARD, panel.scale.first): choices.scale}
    if choices.pixel is not None:
        cells = (Place(BOARD, place.first) for place in (panel.pixel_row, panel.pixel_column))
        typed |= dict(zip(cells, choices.pixel, strict=True))
    if panel.outside is not None:
        typed[Place(BOARD, panel.outside.first)] = outside_cell(outside_of(network))
    typed[Place(BOARD, panel.reveal.first)] = choices.last_shown(network)
    typed[Place(BOARD, panel.numbers.first)] = "on" if choices.numbers else "off"
    if panel.invert is not None:
        typed[Place(BOARD, panel.invert.first)] = float(choices.invert)
    if panel.winners is not None:
        typed[Place(BOARD, panel.winners.first)] = float(choices.winners)
    if panel.shift_down is not None and panel.shift_right is not None:
        for place, by in zip((panel.shift_down, panel.shift_right), choices.shift, strict=True):
            typed[Place(BOARD, place.first)] = float(by)
    if (head := head_places(network)) is not None:
        sizes = [cell for number in range(2) for cell in head.sizes(number).cells()]
        typed |= {Place(MODEL, cell): n for cell, n in zip(sizes, choices.head, strict=True)}
    if layout.laboratory is not None:
        one = choices.laboratory
        held = (one.temperature, one.times, float(one.minus_max))
        for place, value in zip(layout.laboratory.choices, held, strict=True):
            typed[Place(BOARD, place.first)] = value
    for card in guide_places(network, layout).cards:
        if card.mission.key in choices.answers:
            typed[Place(GUIDE, card.cell(ANSWER))] = choices.answers[card.mission.key]
    return typed


def _filled_counts(display: Display, layout: Layout) -> dict[str, Array]:
    """How many cells are filled once all numbers are typed: all of them."""
    counts: dict[str, int] = {INPUT: display.image.size}
    for name in layout.weights:
        layer = display.network.layer(name)
        counts[name] = sum(array.size for array in display.model.layer_weights(layer).values())
    return {f"{HELD}{name}": np.array([float(count)]) for name, count in counts.items()}
