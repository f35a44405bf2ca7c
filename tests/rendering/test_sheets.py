"""Pictures of all sheets: the file's own texts, numbers and colours, and no paper beyond them."""

from pathlib import Path

import numpy as np
import pytest
from support.books import SMALL as NETWORK
from support.books import TINY, NetworkBook, TemplateBook, sheet_parts
from support.command_line import printed, refusal, run
from support.edits import edited_parts, with_constant, with_text
from support.learners import random_exercise

import xlconv
from xlconv.compiler import compile_book
from xlconv.errors import BookError, OutputError
from xlconv.rendering.font import lettering
from xlconv.rendering.stored import stored_sheet
from xlconv.spreadsheet.blocks import BlankBlock, Sheet, TextBlock
from xlconv.spreadsheet.cells import Cell


def held(sheet: Sheet) -> dict[Cell, float | str]:
    """What stands in a sheet's cells."""
    cells: dict[Cell, float | str] = {}
    for block in sheet.blocks:
        if isinstance(block, TextBlock):
            cells[block.range.first] = block.text
        elif not isinstance(block, BlankBlock):
            values = block.values.reshape(-1).tolist()
            cells |= dict(zip(block.range.cells(), values, strict=True))
    return {cell: value for cell, value in cells.items() if value == value and value != ""}


@pytest.mark.parametrize("template", ["lesson3", "edges"])
def test_every_sheet_is_read_back_as_it_was_built(
    template: str, template_book: TemplateBook
) -> None:
    """Also what no cell of the network holds: titles, words, and where highlights are on."""
    loaded = xlconv.load_template(template)
    built = compile_book(loaded, loaded.image)
    found = xlconv.read_book(template_book(template).path)
    for sheet in built.sheets:
        stored = stored_sheet(found, sheet.name)
        expected, cells = held(sheet), held(stored)
        assert cells.keys() == expected.keys(), sheet.name
        for cell, value in expected.items():
            same = cells[cell] == value or cells[cell] == pytest.approx(value, 1e-12, 1e-300)
            assert same, (sheet.name, cell, value, cells[cell])
        assert [rule.now for rule in stored.rules if hasattr(rule, "now")] == [
            rule.now for rule in sheet.rules if hasattr(rule, "now")
        ]


PAPER, TYPED = [255, 255, 255], [0xFF, 0xF3, 0xC4]


def pixel(book: Path, sheet: str, cell: str, share: float = 0.15) -> list[int]:
    """The colour of a sheet's picture in a corner of a cell, at 100 %."""
    stored = stored_sheet(xlconv.read_book(book), sheet)
    place = Cell.parse(cell)
    rows = [stored.heights.get(row, stored.row_height) for row in range(1, place.row + 1)]
    widths = [stored.widths.get(c, stored.column_width) for c in range(1, place.column + 1)]
    at = sum(widths[:-1]) + share * widths[-1], sum(rows[:-1]) + share * rows[-1]
    picture = xlconv.render(book, sheet=sheet, cell=stored.row_height)
    found = picture.getpixel((round(at[0]), round(at[1])))
    assert isinstance(found, tuple)
    return list(found)


def typed_at(book: Path, sheet: str, words: str) -> str:
    """The cell of a sheet that holds some words."""
    stored = held(stored_sheet(xlconv.read_book(book), sheet))
    return next(cell.a1 for cell, value in stored.items() if value == words)


def test_a_sheet_has_its_own_colours(network_book: NetworkBook) -> None:
    path = network_book(NETWORK).path
    chosen = xlconv.read_book(path).layout.panel.chosen[0].a1
    assert pixel(path, "Board", chosen) == TYPED
    assert pixel(path, "Model", typed_at(path, "Model", "kind")) not in (PAPER, TYPED)


def test_what_was_typed_is_drawn(network_book: NetworkBook, tmp_path: Path) -> None:
    """A title in other words, a note in an open cell, a number over a word: as the file has them,
    whatever the build wrote."""
    random_exercise(tmp_path / "task.xlsx", TINY, "conv")
    part = sheet_parts(tmp_path / "task.xlsx")
    title = typed_at(tmp_path / "task.xlsx", "Exercise", "Exercise")
    place = xlconv.read_book(tmp_path / "task.xlsx").layout.tensors["conv"].maps[0]
    edits = {part["Exercise"]: with_text(title, "Due on Monday")}
    edits[part["Board"]] = with_constant(place.first.a1, 0.25)
    typed = edited_parts(tmp_path / "task.xlsx", tmp_path / "typed.xlsx", edits)
    found = xlconv.read_book(typed)
    assert held(stored_sheet(found, "Exercise"))[Cell.parse(title)] == "Due on Monday"
    assert held(stored_sheet(found))[place.first] == 0.25
    before = np.asarray(xlconv.render(tmp_path / "task.xlsx", sheet="Exercise"))
    assert (np.asarray(xlconv.render(typed, sheet="Exercise")) != before).any()


@pytest.mark.parametrize("sheet", ["Board", "Explain", "Guide", "Model"])
def test_a_picture_ends_where_its_sheet_does(network_book: NetworkBook, sheet: str) -> None:
    """A row of a cell's height, and as much at the right, is paper; what is before it is not."""
    path = network_book(NETWORK).path
    for cell in (8, 20):
        inked = (np.asarray(xlconv.render(path, sheet=sheet, cell=cell)) < 255).any(axis=2)
        for axis in (0, 1):
            used = np.flatnonzero(inked.any(axis=axis))
            assert inked.shape[1 - axis] - 1 - used[-1] <= cell


def test_sheets_of_text_can_be_read(network_book: NetworkBook) -> None:
    """However large the sheet is, it is drawn as it opens; the board is made to fit."""
    path = network_book(NETWORK).path
    guide = stored_sheet(xlconv.read_book(path), "Guide")
    size = xlconv.render(path, sheet="Guide").size
    assert size == xlconv.render(path, sheet="Guide", cell=guide.row_height).size


@pytest.mark.parametrize("name", ["Model", "model", "the numbers", "THE NUMBERS"])
def test_a_sheet_has_its_first_name_and_the_one_it_has_now(
    network_book: NetworkBook, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "renamed.xlsx"
    edited_parts(
        network_book(NETWORK).path,
        path,
        {
            "xl/workbook.xml": lambda xml: xml.replace("Model!", "'the numbers'!").replace(
                'name="Model"', 'name="the numbers"'
            )
        },
    )
    assert stored_sheet(xlconv.read_book(path), name).name == "Model"


def test_what_cannot_be_drawn_of_sheets(network_book: NetworkBook, tmp_path: Path) -> None:
    path = network_book(NETWORK).path
    words = refusal(run("render", path, "a.png", "--sheet", "Modle", folder=tmp_path), tmp_path)
    assert "no sheet 'Modle' of xlconv's; did you mean 'Model'?" in words
    both = ("--sheet", "Guide", "--layer", "conv")
    words = refusal(run("render", path, "a.png", *both, folder=tmp_path), tmp_path)
    assert "the layer 'conv' is drawn on the Board, not on Guide" in words
    with pytest.raises(BookError, match="no sheet 'Exercise'"):
        xlconv.render(path, sheet="Exercise")
    with pytest.raises(OutputError, match="Board"):
        xlconv.render(path, sheet="Model", layer="conv")


def test_the_command_draws_a_sheet(network_book: NetworkBook, tmp_path: Path) -> None:
    path = network_book(NETWORK).path
    printed("render", path, "guide.png", "--sheet", "guide", folder=tmp_path)
    assert (tmp_path / "guide.png").stat().st_size > 10_000


@pytest.mark.parametrize("sign", "✓✗█▕⌊⌋–−×←→·")
def test_signs_of_the_sheets_are_no_empty_boxes(sign: str) -> None:
    """A letter that the font lacks is drawn as one box, whichever it is."""
    box = lettering("\u672c", 40).mask.tobytes()
    assert lettering(sign, 40).mask.tobytes() != box
    assert lettering("\u8a9e", 40).mask.tobytes() == box
