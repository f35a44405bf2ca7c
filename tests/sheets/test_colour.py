"""Colour pictures: the mosaic in their real colours, and colours around zero that are none of
theirs."""

from pathlib import Path

import numpy as np
import pytest
from support.books import check_agrees, random_model, xml_cells
from support.edits import edited, with_value
from support.libreoffice import UnoSession

import xlconv
from xlconv import Conv2D, Dense, Network, ReLU
from xlconv.rendering.stored import stored_sheet
from xlconv.rendering.view import View
from xlconv.sheets.on_board.mosaic.numbers import colour_numbers
from xlconv.sheets.on_board.mosaic.places import rule_levels
from xlconv.sheets.styles import CHANNEL_COLOURS, INK, PALETTES, palette_named
from xlconv.spreadsheet.blocks import ColourScale
from xlconv.spreadsheet.cells import Range

NETWORK = Network(
    "colours", (3, 4, 5), (Conv2D("conv", 2, 3, padding="same"), ReLU("relu"), Dense("dense", 2))
)
IMAGE = np.zeros((3, 4, 5))
IMAGE[:, 0, 0] = (1.0, 0.0, 0.0)
IMAGE[:, 0, 1] = (0.0, 1.0, 0.2)
IMAGE[:, 1, 0] = (0.5, 0.1, 0.09)  # halves go up, as in spreadsheets: 3, 1, 0
IMAGE[:, 1, 1] = (-2.0, 7.0, 0.41)
WRITTEN = {(0, 0): 180, (0, 1): 31, (1, 0): 114, (1, 1): 32, (3, 4): 0}  # 36 red + 6 green + blue


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("colours") / "book.xlsx"
    xlconv.build(path, random_model(NETWORK, 1), IMAGE)
    return path


def test_each_cell_holds_the_number_of_its_colour(book: Path) -> None:
    place = xlconv.read_book(book).layout.mosaic
    assert place is not None
    cells = xml_cells(book)
    for (row, column), number in WRITTEN.items():
        assert cells[place.cell(row, column).a1].value == f"{number}.0"
    assert (place.height, place.width) == (4, 5)
    first = xlconv.read_book(book).layout.tensors["input"].maps[0]
    assert place.column == first.column
    assert place.bottom < first.row


def test_the_mosaic_is_proved_like_every_other_block(book: Path, tmp_path: Path) -> None:
    check_agrees(book, random=2)
    place = xlconv.read_book(book).layout.mosaic
    assert place is not None
    stale = edited(book, tmp_path / "stale.xlsx", with_value(place.cell(0, 0).a1, 181))
    [finding] = xlconv.verify(stale).findings
    assert str(finding.place).endswith(place.cell(0, 0).a1)


def test_a_typed_pixel_has_its_colour_at_once(book: Path, session: UnoSession) -> None:
    """In LibreOffice, which prints it: green of 3/5."""
    layout = xlconv.read_book(book).layout
    assert layout.mosaic is not None
    mosaic, pixel = layout.mosaic.cell(0, 1).a1, layout.tensors["input"].maps[1].cell(0, 1).a1
    steps = [["read", mosaic], ["painted", mosaic]]
    before, bright, _, after, dark = session.run(book, *steps, ["set", pixel, 0.62], *steps)
    assert (before, after) == ([[31.0]], [[19.0]])
    assert (bright, dark) == (["00FF33"], ["009933"])


def test_the_picture_is_drawn_in_its_colours(book: Path) -> None:
    """Each channel is off by half a level at the most."""
    found = xlconv.read_book(book)
    sheet, place = stored_sheet(found), found.layout.mosaic
    assert place is not None
    view = View(sheet, sheet.used_range, 24)
    picture = np.asarray(xlconv.render(book, cell=24))
    for row, column in WRITTEN:
        left, top, right, bottom = view.box(Range.of(place.cell(row, column)))
        colour = picture[(top + bottom) // 2, (left + right) // 2] / 255
        assert np.abs(colour - np.clip(IMAGE[:, row, column], 0, 1)).max() <= 0.1 + 1 / 255


def test_rules_are_as_many_as_can_be_asked() -> None:
    assert [rule_levels(side * side) for side in (1, 32, 64, 100, 224, 1000)] == [6, 6, 5, 3, 2, 2]


@pytest.mark.parametrize("levels", [2, 3, 6, 16])
def test_numbers_count_all_colours(levels: int) -> None:
    shades = np.arange(levels) / (levels - 1)
    red, green, blue = np.meshgrid(shades, shades, shades, indexing="ij")
    picture = np.stack(
        [red.reshape(levels, -1), green.reshape(levels, -1), blue.reshape(levels, -1)]
    )
    assert colour_numbers(picture, levels).reshape(-1).tolist() == list(range(levels**3))


# ---- around zero


def linear(colour: str) -> np.ndarray:
    shares = np.array(list(bytes.fromhex(colour))) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
# How linear red, green and blue are seen by people who lack a kind of cones (Machado, Oliveira and
# Fernandes 2009, severity 1).
SIGHTS = {
    "full": np.eye(3),
    "protanopia": np.array(
        [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]
    ),
    "deuteranopia": np.array(
        [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]
    ),
    "tritanopia": np.array(
        [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]
    ),
}


def lab(colour: str, sight: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of a colour, as it is seen."""
    x, y, z = TO_XYZ @ np.clip(sight @ linear(colour), 0, 1) / (0.9505, 1.0, 1.089)
    x, y, z = (np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def apart(one: str, other: str, sight: str = "full") -> float:
    """How different two colours look; from about 10 on nobody takes one for the other."""
    return float(np.linalg.norm(lab(one, SIGHTS[sight]) - lab(other, SIGHTS[sight])))


@pytest.mark.parametrize("name", ["lesson", "colourblind"])
def test_the_ends_around_zero_are_none_of_the_pictures_colours(name: str) -> None:
    colours = palette_named(name, in_colour=True)
    for end in (colours.negative, colours.positive, colours.rectified):
        assert min(apart(end, channel) for channel in CHANNEL_COLOURS) > 30
    for sight in SIGHTS:
        assert apart(colours.negative, colours.positive, sight) > 30
    assert min(apart(PALETTES["lesson"].positive, one) for one in CHANNEL_COLOURS) < 10


@pytest.mark.parametrize("name", PALETTES)
def test_digits_can_be_read_on_them(name: str) -> None:
    colours = palette_named(name, in_colour=True)
    for end in (colours.negative, colours.zero, colours.positive, colours.rectified):
        ground, ink = (float(TO_XYZ[1] @ linear(one)) + 0.05 for one in (end, INK))
        assert ground / ink >= 4.5


def test_they_stay_choosable_and_are_those_of_colour_pictures_alone(tmp_path: Path) -> None:
    """What a book is built with is what is drawn of it."""
    grey = Network("grey", (1, 4, 5), NETWORK.layers[:2])
    for network, name in ((NETWORK, "lesson"), (NETWORK, "grey"), (grey, "lesson")):
        path, image = tmp_path / "book.xlsx", np.zeros(network.input_shape)
        xlconv.build(path, random_model(network, 1), image, palette=name)
        ends = palette_named(name, network.in_colour)
        scale = next(
            rule
            for rule in stored_sheet(xlconv.read_book(path)).rules
            if isinstance(rule, ColourScale) and rule.low is not None
        )
        assert (scale.low, scale.high) == (ends.negative, ends.positive)
    assert palette_named("grey", in_colour=True) == PALETTES["grey"]
    assert palette_named("lesson") == PALETTES["lesson"]
