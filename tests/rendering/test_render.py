"""Pictures of boards: colours and texts against the values that the file stores, pixel by pixel;
sheets made by hand for what texts may cover."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from PIL import Image
from support import books
from support.books import SMALL as NETWORK
from support.books import SMALL_SEVERAL as SEVERAL
from support.command_line import printed, refusal, run, started
from support.edits import edited, with_constant, with_value, without_stored_values
from support.libreoffice import converted

import xlconv
from xlconv.errors import BookError, OutputError
from xlconv.network.network import Network
from xlconv.rendering.font import lettering
from xlconv.rendering.paint import paint
from xlconv.rendering.stored import stored_sheet
from xlconv.sheets.board.zoom import CORNER_PIXELS, TITLE_HEIGHTS
from xlconv.sheets.styles import PALETTES
from xlconv.spreadsheet.blocks import (
    BlankBlock,
    ColourScale,
    ConstantBlock,
    Highlight,
    Sheet,
    Style,
    TextBlock,
)
from xlconv.spreadsheet.cells import Cell, Place, Range
from xlconv.spreadsheet.number_formats import shown_number
from xlconv.verification.report import Finding

Pixels = np.ndarray
MIXED = 7  # a seed with which some classes reach the threshold and some do not
CELL = 12  # pixels: without numbers


@pytest.fixture(scope="module")
def book(network_book: books.NetworkBook) -> books.BuiltBook:
    return network_book(NETWORK)


def opened(path: Path) -> Pixels:
    with Image.open(path) as picture:
        return np.asarray(picture)


def pixels(path: Path, cell: int = CELL, layer: str | None = None) -> Pixels:
    return np.asarray(xlconv.render(path, cell=cell, layer=layer))


def middle(cell: str, size: int = CELL) -> tuple[int, int]:
    """The pixel in the middle of a cell of the whole board: row, column. The first column is wider
    than the others, the title rows are as high as their letters need."""
    row, column = openpyxl.utils.cell.coordinate_to_tuple(cell)
    titles = sum(height * max(0.42, size / 24) for height in TITLE_HEIGHTS.values())
    top = titles + size * (row - 1 - len(TITLE_HEIGHTS))
    left = CORNER_PIXELS * size / 24
    return round(top + size / 2), round(left + size * (column - 2) + size / 2)


def mixed(zero: str, end: str, share: float) -> np.ndarray:
    """A colour between two."""
    first, last = (np.array(list(bytes.fromhex(colour)), dtype=float) for colour in (zero, end))
    return first + (last - first) * min(1.0, share)


def check_colours(
    picture: Pixels, path: Path, name: str, whole: str, low: str | None, zero: str, high: str
) -> None:
    """Every cell of a name has the colour of its stored value on the scale of the whole tensor."""
    shown = books.stored_cells(path, name)
    values = xlconv.read_book(path).stored[whole]
    limit = float(np.abs(values).max() if low else values.max())
    assert len(shown) > 8
    for cell, value in shown.items():
        expected = mixed(zero, (low or zero) if value < 0 else high, abs(value) / limit)
        found = picture[middle(cell)]
        assert np.abs(found - expected).max() <= 1, (cell, value, found, expected)


@pytest.mark.parametrize("palette", PALETTES)
def test_colours_are_those_of_the_stored_values(tmp_path: Path, palette: str) -> None:
    path = tmp_path / "book.xlsx"
    model, image = books.random_model(NETWORK, 3), books.random_image(NETWORK, 3)
    xlconv.build(path, model, image, palette=palette)
    look, picture = PALETTES[palette], pixels(path)
    signed = (look.negative, look.zero, look.positive)
    for name in ("conv_1", "conv_2"):
        check_colours(picture, path, name, "conv", *signed)
    check_colours(picture, path, "relu_1", "relu", None, look.paper, look.rectified)
    check_colours(picture, path, "input", "input", None, look.paper, look.ink)
    assert min(books.stored_cells(path, "conv").values()) < 0


def test_what_is_drawn_is_what_the_file_stores(book: books.BuiltBook, tmp_path: Path) -> None:
    """A stored value that is not what its formula computes is drawn as it is stored."""
    cells = list(books.stored_cells(book.path, "conv_1"))
    limit = np.abs(xlconv.read_book(book.path).stored["conv"]).max()
    path = tmp_path / "edited.xlsx"
    edited(book.path, path, with_value(cells[37], -limit / 2))
    look = PALETTES["lesson"]
    found = pixels(path)[middle(cells[37])]
    assert np.abs(found - mixed(look.zero, look.negative, 0.5)).max() <= 1
    differences = np.argwhere((pixels(path) != pixels(book.path)).any(axis=2))
    row, column = middle(cells[37])
    assert np.abs(differences - (row, column)).max() <= CELL / 2


def test_a_pixel_that_was_typed_is_drawn(book: books.BuiltBook, tmp_path: Path) -> None:
    cell = next(iter(books.stored_cells(book.path, "input")))
    path = tmp_path / "typed.xlsx"
    edited(book.path, path, with_constant(cell, 0))
    assert pixels(path)[middle(cell)].tolist() == [255, 255, 255]
    assert pixels(book.path)[middle(cell)].tolist() != [255, 255, 255]


def test_a_book_that_libreoffice_saved_looks_the_same(
    book: books.BuiltBook, tmp_path: Path, libreoffice: str
) -> None:
    saved = converted(libreoffice, [book.path], tmp_path) / book.path.name
    ours, theirs = pixels(book.path, 24).astype(int), pixels(saved, 24).astype(int)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1


def test_a_missing_value_is_an_empty_cell(book: books.BuiltBook, tmp_path: Path) -> None:
    cells = list(books.stored_cells(book.path, "conv_1"))
    path = tmp_path / "gap.xlsx"
    edited(book.path, path, lambda xml: with_value(cells[5], "")(xml).replace("<v></v>", ""))
    assert pixels(path)[middle(cells[5])].tolist() == [255, 255, 255]
    assert pixels(path)[middle(cells[6])].tolist() != [255, 255, 255]


def test_the_bars_are_as_long_as_the_probabilities(book: books.BuiltBook) -> None:
    layout = xlconv.read_book(book.path).layout
    assert layout.answer is not None
    green = list(bytes.fromhex(PALETTES["lesson"].positive))
    picture, lengths = pixels(book.path), []
    for bar, share in zip(layout.answer.bars, book.truth["softmax"], strict=True):
        filled = [picture[middle(cell.a1)].tolist() == green for cell in bar.cells()]
        length = sum(filled) // bar.height
        assert filled == ([True] * length + [False] * (bar.width - length)) * bar.height
        assert abs(length - share * bar.width) <= 0.5
        lengths.append(length)
    assert max(lengths) > min(lengths)


def cell_pixels(picture: Pixels, cell: str, size: int) -> Pixels:
    """The pixels of a cell, without those at its edge."""
    (row, column), reach = middle(cell, size), size // 2 - 2
    return picture[row - reach : row + reach, column - reach : column + reach]


def test_numbers_are_written_where_there_is_room(book: books.BuiltBook) -> None:
    cells = list(books.stored_cells(book.path, "conv_1"))
    for size, written in ((12, False), (16, False), (20, True), (24, True)):
        picture = pixels(book.path, size)
        inked = [np.ptp(cell_pixels(picture, c, size), axis=(0, 1)).max() > 40 for c in cells]
        assert inked == [written] * len(cells), size


def test_digits_are_white_on_dark_ink(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    image = np.where(np.arange(100).reshape(1, 10, 10) % 2, 1.0, 0.3)
    xlconv.build(path, books.random_model(NETWORK, 0), image)
    picture = pixels(path, 24)
    for cell, value in books.stored_cells(path, "input").items():
        inside = cell_pixels(picture, cell, 24).astype(int).sum(axis=2)
        ground, darkest, brightest = np.median(inside), inside.min(), inside.max()
        if value == 1.0:
            assert brightest - ground > 300 > ground - darkest
        else:
            assert ground - darkest > 300 > brightest - ground


def test_padding_is_hatched(book: books.BuiltBook) -> None:
    layout = xlconv.read_book(book.path).layout
    corner = layout.tensors["input"].with_ring(0).first
    picture = pixels(book.path)
    colours = {tuple(c) for c in cell_pixels(picture, corner.a1, CELL).reshape(-1, 3).tolist()}
    assert colours == {(255, 255, 255), (0xD5, 0xDA, 0xDF)}


def test_a_layer_is_its_columns_of_the_board(book: books.BuiltBook) -> None:
    whole, part = pixels(book.path), pixels(book.path, layer="relu")
    assert part.shape[1] < whole.shape[1] / 3
    places = list(books.stored_cells(book.path, "relu"))
    first = xlconv.read_book(book.path).layout.bands[2].first - 1
    shift = middle(Cell(1, first).a1)[1] - CELL // 2
    for cell in places:
        row, column = middle(cell)
        assert part[row, column - shift].tolist() == whole[row, column].tolist()


def test_titles_stay_legible_in_small_pictures(book: books.BuiltBook) -> None:
    picture = pixels(book.path, 3)
    look = PALETTES["lesson"]
    values = {
        cell: value
        for number in (1, 2)
        for cell, value in books.stored_cells(book.path, f"conv_{number}").items()
    }
    limit = max(map(abs, values.values()))
    for cell, value in values.items():
        end = look.positive if value > 0 else look.negative
        found = picture[middle(cell, 3)]
        assert np.abs(found - mixed(look.zero, end, abs(value) / limit)).max() <= 1
    dark = np.flatnonzero((picture[:18] < 100).all(axis=2).any(axis=1))
    assert np.ptp(dark) >= 7  # the height of the layers' names


@pytest.mark.parametrize("template", ["resnet", "rgb", "dropout", "edges", "conv-example"])
def test_templates_at_their_usual_size(
    template: str, template_book: books.TemplateBook, tmp_path: Path
) -> None:
    built = template_book(template)
    book = xlconv.read_book(built.path)
    picture = xlconv.render(book, tmp_path / "board.png")
    assert 1600 <= max(picture.size) <= 3600
    assert opened(tmp_path / "board.png").shape[1::-1] == picture.size
    first_of_kind = {type(layer): layer.name for layer in reversed(built.model.network.layers)}
    for layer in ("input", *first_of_kind.values()):
        width, height = xlconv.render(book, layer=layer, cell=4).size
        assert width > 40
        assert height > 60


def test_the_same_book_gives_the_same_bytes(book: books.BuiltBook, tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        xlconv.render(book.path, tmp_path / name, cell=20)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_the_command_writes_a_png(book: books.BuiltBook, tmp_path: Path) -> None:
    arguments = ("render", book.path, "out.png", "--cell", "8", "--layer", "conv")
    result = started(*arguments, folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    picture = opened(tmp_path / "out.png")
    assert picture.tolist() == pixels(book.path, 8, "conv").tolist()
    assert f"{picture.shape[1]:,} × {picture.shape[0]:,} pixels" in result.stdout
    printed("render", book.path, "out.png", "--force", folder=tmp_path)
    assert opened(tmp_path / "out.png").shape != picture.shape


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("out.png", "--layer", "conv3"), "no layer 'conv3'; did you mean 'conv'?"),
        (("out.jpg",), "call it out.png"),
        (("out",), "call it out.png"),
        (("out.png", "--cell", "1"), "give 2 to 64"),
        (("out.png", "--cell", "65"), "give 2 to 64"),
        (("nowhere/out.png",), "nowhere/out.png cannot be written"),
    ],
)
def test_what_cannot_be_drawn(
    book: books.BuiltBook, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    assert words in refusal(run("render", book.path, *arguments, folder=tmp_path), tmp_path)


def test_a_missing_book_and_one_without_values(book: books.BuiltBook, tmp_path: Path) -> None:
    assert "no such file" in refusal(run("render", "no.xlsx", "a.png", folder=tmp_path), tmp_path)
    edited(book.path, tmp_path / "absent.xlsx", without_stored_values)
    result = run("render", "absent.xlsx", "a.png", folder=tmp_path)
    words = refusal(result, tmp_path, "absent.xlsx")
    assert "absent.xlsx: no values are stored" in words
    assert "save it once in Excel or LibreOffice" in words


def test_an_existing_picture_is_kept(book: books.BuiltBook, tmp_path: Path) -> None:
    (tmp_path / "out.png").write_bytes(b"mine")
    result = run("render", book.path, "out.png", folder=tmp_path)
    assert "--force" in refusal(result, tmp_path, "out.png")
    assert (tmp_path / "out.png").read_bytes() == b"mine"
    with pytest.raises(OutputError, match="exists"):
        xlconv.render(book.path, tmp_path / "out.png", overwrite=False)


def test_a_picture_too_large_is_refused(template_book: books.TemplateBook) -> None:
    with pytest.raises(OutputError, match="smaller --cell"):
        xlconv.render(template_book("lenet5").path, cell=64)


def test_an_unknown_palette_names_the_book(book: books.BuiltBook) -> None:
    found = xlconv.read_book(book.path)
    other = replace(found, manifest=replace(found.manifest, palette="pink"))
    with pytest.raises(BookError, match=r"book\.xlsx: no palette 'pink'"):
        stored_sheet(other)


# Sheets made by hand.

PLAIN = Style(size=12, horizontal="left")
LONG = "a text that is much longer than its own cell"


def sheet(*blocks: object, **settings: object) -> Sheet:
    return Sheet("Hand", blocks, column_width=40, row_height=20, **settings)  # type: ignore[arg-type]


def painted(*blocks: object, cell: int = 20, **settings: object) -> Pixels:
    return np.asarray(paint(sheet(*blocks, **settings), cell, Range(1, 1, 3, 6)))


def text(row: int, column: int, words: str, style: Style = PLAIN, **settings: bool) -> TextBlock:
    return TextBlock(Range(row, column, 1, 1), words, style, **settings)


def inked(picture: Pixels, row: int, column: int) -> bool:
    """Whether anything is drawn in a cell of 40 x 20 pixels."""
    part = picture[20 * row - 20 : 20 * row, 40 * column - 40 : 40 * column]
    return bool((part != 255).any())


def test_a_text_runs_over_empty_cells_and_no_others() -> None:
    alone = painted(text(2, 2, LONG))
    assert [inked(alone, 2, column) for column in range(1, 7)] == [False, *[True] * 5]
    number = ConstantBlock(Range(2, 4, 1, 1), np.array([[7.0]]), PLAIN)
    for neighbour in (number, text(2, 4, "x")):
        both, other = painted(text(2, 2, LONG), neighbour), painted(neighbour)
        assert inked(both, 2, 3)
        assert (both[:, 118:] == other[:, 118:]).all()  # cut between letters, with a gap
    blank = BlankBlock(Range(2, 4, 1, 1), Style(fill="DDEEFF"))
    assert (painted(text(2, 2, LONG), blank)[20:40, 120:160] == (0, 0, 0)).any() or inked(
        painted(text(2, 2, LONG), blank), 2, 5
    )


def test_a_text_stays_in_its_row_and_in_the_picture() -> None:
    picture = painted(text(2, 5, LONG), text(1, 1, "Qgjp|", replace(PLAIN, size=11)))
    assert not any(inked(picture, 3, column) for column in range(1, 7))
    assert not any(inked(picture, 1, column) for column in range(3, 7))
    assert inked(picture, 2, 6)


@pytest.mark.parametrize(
    "block",
    [
        TextBlock(Range(2, 2, 1, 2), LONG, Style(size=12)),
        TextBlock(Range(2, 2, 1, 1), LONG, Style(size=12, shrink=True)),
        ConstantBlock(Range(2, 2, 1, 1), np.array([[-1234567.89]]), Style(size=12, shrink=True)),
        TextBlock(Range(2, 2, 1, 1), "two words", Style(size=12, wrap=True)),
        TextBlock(Range(2, 2, 1, 1), "incomprehensible", Style(size=12, wrap=True)),
    ],
    ids=["merged", "shrunk", "number", "wrapped", "one word"],
)
def test_what_shall_fit_fits(block: TextBlock) -> None:
    picture = painted(block, cell=20)
    columns = {column for column in range(1, 7) if inked(picture, 2, column)}
    assert columns
    assert columns <= set(range(2, 2 + block.range.width))
    assert not any(inked(picture, row, column) for row in (1, 3) for column in range(1, 7))
    edges = [40, 40 + 40 * block.range.width - 1]  # smaller, not cut
    assert (picture[:, edges] == 255).all()


def test_what_is_shown_as_zero_has_no_sign_and_steps_back() -> None:
    style = Style(size=12, number_format="0.0")
    place = Range(2, 2, 1, 1)

    def shown(value: float, *rules: Highlight) -> Pixels:
        return painted(ConstantBlock(place, np.array([[value]]), style), rules=rules)

    faint = Highlight((place,), "ABS(B2)<0.05", colour="FF0000", number_format="0;0;0", zeros=True)
    assert (shown(-0.04) == shown(0.0)).all()
    assert (shown(-0.04, faint) == shown(0.04, faint)).all()
    assert (shown(-0.04, faint) != shown(-0.04)).any()
    assert (shown(-0.06, faint) == shown(-0.06)).all()
    red = shown(0.01, faint)[20:40, 40:80].reshape(-1, 3)
    assert (red[:, 0] == 255).all()
    assert (red[:, 1] < 128).any()


def test_highlights_show_where_they_are_true_now() -> None:
    values = ConstantBlock(Range(1, 1, 1, 4), np.ones((1, 4)), Style(size=4))
    rule = Highlight(
        (Range(1, 1, 1, 4),), "TRUE", fill="00FF00", border="FF0000", now=(Range(1, 2, 1, 2),)
    )
    picture = painted(values, cell=10, rules=(rule,))
    assert [picture[5, 10 + 20 * n].tolist() for n in range(4)] == [
        *([255, 255, 255], [0, 255, 0], [0, 255, 0], [255, 255, 255])
    ]
    assert picture[0, 30].tolist() == picture[5, 40].tolist() == [255, 0, 0]
    first = replace(rule, fill="0000FF", border=None, now=(Range(1, 2, 1, 1),))
    assert painted(values, cell=10, rules=(first, rule))[5, 30].tolist() == [0, 0, 255]


def test_what_a_rule_hides_is_not_seen() -> None:
    """White on white, in front of every other rule: fills, hatches, borders, texts, numbers."""
    whole = Range(1, 1, 3, 6)
    blocks = (
        ConstantBlock(Range(1, 1, 1, 2), np.array([[2.0, -4.0]]), Style(size=12, border="000000")),
        BlankBlock(Range(2, 1, 1, 3), Style(hatch="123456")),
        text(3, 1, LONG),
    )
    scale = ColourScale((Range(1, 1, 1, 2),), "MAX($A$1:$B$1)", "FF0000", "FFFFFF", "0000FF")
    box = Highlight((whole,), "TRUE", border="FF0000", now=(Range(1, 1, 2, 2),))
    hiding = Highlight((whole,), "TRUE", *("FFFFFF", "FFFFFF", ";;;", "FFFFFF"), now=(whole,))
    assert (painted(*blocks, rules=(hiding, box, scale)) == 255).all()
    seen = painted(*blocks, rules=(replace(hiding, now=()), box, scale))
    assert all(inked(seen, row, 1) for row in (1, 2, 3))
    text_alone = replace(hiding, fill=None, border=None, colour=None)
    assert (painted(text(3, 1, LONG), rules=(text_alone,)) == 255).all()


@pytest.mark.parametrize(
    ("end", "hidden", "low", "expected"),
    [
        ("E3", False, "FF0000", (0.2, 0.4)),
        ("A1:B1", False, "FF0000", (0.5, 1.0)),
        ("A1:B1", False, None, (1.0, 0.0)),
        ("F3", False, "FF0000", (0.5, 1.0)),  # an empty cell: the scale's own
        ("E3", True, "FF0000", (0.0, 0.0)),
    ],
)
def test_scales_end_where_their_limit_says(
    end: str, hidden: bool, low: str | None, expected: tuple[float, float]
) -> None:
    blocks = (
        ConstantBlock(Range(1, 1, 1, 2), np.array([[2.0, -4.0]]), Style(size=4)),
        ConstantBlock(Range(3, 5, 1, 1), np.array([[10.0]]), Style(size=4)),
    )
    colours, ends = (low, "FFFFFF", "0000FF"), (Range.parse(end),)
    rule = ColourScale((Range(1, 1, 1, 2),), "", *colours, ends, endless=hidden)
    picture = painted(*blocks, cell=10, rules=(rule,))
    assert np.abs(picture[5, 10] - mixed("FFFFFF", "0000FF", expected[0])).max() <= 1
    assert np.abs(picture[5, 30] - mixed("FFFFFF", low or "FFFFFF", expected[1])).max() <= 1


def test_an_empty_cell_has_no_colour_of_a_scale() -> None:
    rule = ColourScale((Range(1, 1, 1, 2),), "MAX($A$1:$B$1)", "FF0000", "EEEEEE", "0000FF")
    block = ConstantBlock(Range(1, 1, 1, 2), np.array([[np.nan, 1.0]]), Style(size=4))
    picture = painted(block, cell=10, rules=(rule,))
    assert picture[5, 10].tolist() == [255] * 3
    assert picture[5, 30].tolist() == [0, 0, 255]


def test_a_scale_of_zeros_has_the_colour_of_zero() -> None:
    rule = ColourScale((Range(1, 1, 1, 2),), "MAX($A$1:$B$1)", "FF0000", "EEEEEE", "0000FF")
    block = ConstantBlock(Range(1, 1, 1, 2), np.zeros((1, 2)), Style(size=4))
    picture = painted(block, cell=10, rules=(rule,))
    assert picture[5, 10].tolist() == [0xEE] * 3


@pytest.mark.parametrize("sign", "→←×·−–—✓√ε²≤≥éÄñçøß…’")
def test_signs_of_boards_have_a_shape_of_their_own(sign: str) -> None:
    box = lettering("\ue000", 24.0).mask
    mask = lettering(sign, 24.0).mask
    assert np.asarray(mask).any()
    assert mask.size != box.size or mask.tobytes() != box.tobytes()


def test_what_no_font_has_is_drawn_somehow() -> None:
    for text_ in ("a\nb", "\x1b[0m", "日本", "👍", "e\u0301\u0302", "", " "):
        assert lettering(text_, 12.0, bold=True, italic=True).mask.width > 0


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        *((0.05, "0.0", "0.1"), (-0.05, "0.0", "-0.1"), (0.15, "0.00", "0.15")),
        *((1e-9, "0.0000", "0.0000"), (0.99951, "0.0%", "100.0%"), (2.0, '0 "found"', "2 found")),
        *((-3.0, "0;0;0", "3"), (12345.6, "#,##0", "12,346"), (float("nan"), "0.0", "")),
        *((-0.0, "General", "0"), (0.5, "General", "0.5"), (1.0, "@", "1")),
    ],
)
def test_numbers_are_written_as_their_format_says(
    value: float, number_format: str, expected: str
) -> None:
    assert shown_number(value, number_format) == expected


# In notebooks.


def test_a_book_in_a_notebook_is_its_picture(book: books.BuiltBook, tmp_path: Path) -> None:
    html = xlconv.read_book(book.path)._repr_html_()
    assert 'src="data:image/png;base64,iVBOR' in html
    best = NETWORK.labels[int(book.truth["softmax"].argmax())]
    assert best.replace("<", "&lt;").replace(">", "&gt;") in html
    edited(book.path, tmp_path / "absent.xlsx", without_stored_values)
    html = xlconv.read_book(tmp_path / "absent.xlsx")._repr_html_()
    assert "no values are stored" in html
    assert "<img" not in html


def test_labels_are_escaped_in_notebooks(build_book: books.BuildBook) -> None:
    labels = ("<b>one</b>", "<i>two</i>", "<u>three</u>")
    built = build_book(Network("marked", (1, 10, 10), NETWORK.layers, labels))
    for html in (
        xlconv.read_book(built.path)._repr_html_(),
        xlconv.verify(built.path, "none")._repr_html_(),
    ):
        assert "&lt;/" in html
        assert not any(label in html for label in labels)


def test_a_report_in_a_notebook_is_a_table(book: books.BuiltBook, tmp_path: Path) -> None:
    html = xlconv.verify(book.path, "none")._repr_html_()
    assert "agrees" in html
    assert html.count("<tr>") == 1 + len(xlconv.verify(book.path, "none").blocks)
    cell = next(iter(books.stored_cells(book.path, "relu_1")))
    edited(book.path, tmp_path / "typed.xlsx", with_constant(cell, 3))
    html = xlconv.verify(tmp_path / "typed.xlsx", "none")._repr_html_()
    assert f"<td>Board!{cell}</td>" in html
    assert "differs" in html


def test_what_was_found_is_escaped_in_notebooks(book: books.BuiltBook) -> None:
    report = xlconv.verify(book.path, "none")
    where = ("label", Place("Board", Cell(1, 1)), "softmax", None, 1, 1)
    findings = (Finding(*where, "<b>bee</b>", "<script>", None),) * 30
    html = replace(report, findings=findings, workbook="<u>.xlsx")._repr_html_()
    assert html.count("<td>&lt;script&gt;</td><td>&lt;b&gt;bee&lt;/b&gt;</td>") == 20
    assert "... and 10 more" in html
    assert not any(text in html for text in ("<script>", "<b>bee", "<u>"))


def test_ticks_are_drawn(build_book: books.BuildBook) -> None:
    """Only classes that reach the threshold have one."""
    built = build_book(SEVERAL, seed=MIXED)
    found = xlconv.read_book(built.path)
    assert found.layout.answer is not None
    picture, ticks = pixels(built.path, 24), []
    for place in found.layout.answer.ticks:
        (top, left), (bottom, right) = (middle(cell.a1, 24) for cell in (place.first, place.last))
        part = picture[top - 10 : bottom + 10, left - 10 : right + 10]
        ticks.append(bool((part != 255).any()))
    assert ticks == (built.truth["sigmoid"] >= 0.5).tolist()
    assert set(ticks) == {True, False}
