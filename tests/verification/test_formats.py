"""What number formats show of what cells hold, wherever a reader relies on it."""

import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from openpyxl.formatting.rule import Rule
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from support.books import random_image, random_model
from support.edits import BOARD_PART, edited_parts
from support.libreoffice import converted

import xlconv
from xlconv import Conv2D, Dense, Dropout, Gallery, Network, ReLU, Softmax
from xlconv.commands.findings import finding_words as words
from xlconv.network.network import INPUT
from xlconv.sheets.board.places import plan
from xlconv.sheets.model.places import cell_of
from xlconv.spreadsheet.cells import Cell

NETWORK = Network(
    "seen",
    (1, 6, 6),
    (
        Conv2D("conv", 2, 3, padding="same"),
        ReLU("relu"),
        Dropout("drop"),
        Dense("dense", 3),
        Softmax("softmax"),
    ),
    ("cat", "7", "dog"),
)
LAYOUT = plan(NETWORK, 2)
GALLERY = LAYOUT.gallery
assert GALLERY is not None
assert LAYOUT.panel.picture is not None
assert LAYOUT.answer is not None
KERNEL = LAYOUT.weights["conv"].arrays["weight"][0].first
LIES = (
    *('"7"', '0.00"9"', "0.0\\9", "0;0", "yyyy-mm-dd", '0"%"', "0,", '"yes";"no"', "[h]:mm"),
    *("[$9-409]0.00", '0"."00', "-0.00", "(0.00)", '0.00"-"', "0.00;[$-409]0.00", '0.00"½"'),
    *("0.0*1", "0.00‰", '[<1000]"9.0";0.0', "[$€-407]0.00", "0.00*-", "[Red]0.00;0.00"),
)
HONEST = (
    *(";;;", "General", "0.000", "0%", "0.00E+00", "0.00;[Red]-0.00", "# ?/?", '0.0 "ink"', "@"),
    *("0", "#,##0.00", "0.00;-0.00", "0.00;(0.00)", "0.00_);(0.00)", "0.00;-0.00;0;@", "[Blue]0.0"),
    *("# ##0.0", "[<1]0.0%;[<0]-0.0;0.0", '0.0;-0.0;"–"', "[$-407]0.00"),
)
# Cells of every kind that a reader relies on, each with a format that shows it as another one.
RELIED = {
    "a weight": ("Board", KERNEL, '0.00"½"'),
    "a bias": ("Board", LAYOUT.weights["conv"].array_range("bias").first, "0;0"),
    "a pixel": ("Board", LAYOUT.tensors[INPUT].maps[0].cell(2, 3), '"0.9"'),
    "an activation": ("Board", LAYOUT.tensors["relu"].maps[1].cell(2, 2), "[$9-409]0.00"),
    "a setting": ("Board", LAYOUT.controls["drop"]["rate"].first, '0.0"1"'),
    "a label": ("Board", LAYOUT.labels["softmax"].first, ';;;"dog"'),
    "a label that is a number": ("Board", LAYOUT.labels["softmax"].cell(1, 0), '"3"'),
    "the picture's number": ("Board", LAYOUT.panel.picture.first, '"5"'),
    "the scale's end": ("Board", LAYOUT.legends["conv"][0].first, '0.0"7"'),
    "a caption": ("Board", LAYOUT.labels["softmax"].first.shifted(-1, 0), ';;;"x"'),
    "a pixel in the gallery": ("Images", GALLERY.maps(1)[0].cell(3, 3), '"0.5"'),
    "a number in the gallery": ("Images", GALLERY.number(1).first, '"2"'),
    "a label in the gallery": ("Images", GALLERY.label(1).first, '@"s";@"s";@"s";@"s"'),
    "the chosen layer": ("Board", LAYOUT.panel.chosen[0], ';;;"pool"'),
    "the chosen row": ("Board", LAYOUT.panel.chosen[2], '"4"'),
    "up to where it is shown": ("Board", LAYOUT.panel.reveal.first, ';;;"pool"'),
    "how far it is moved": ("Board", LAYOUT.panel.shift_down.first, '"1"'),
    "a word on Model": ("Model", cell_of(NETWORK, "conv", "kind"), ';;;"Dense"'),
    "the network's text": ("Model", Cell(25, 2), ';;;"x"'),
    "a word on Works": ("Works", Cell(1, 2), '@"!"'),
    "the answer's label": ("Board", LAYOUT.answer.label.first, ';;;"dog"'),
    "a count on Model": ("Model", cell_of(NETWORK, "conv", "parameters"), '0"0"'),
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("formats") / "book.xlsx"
    pictures = np.stack([random_image(NETWORK, seed) for seed in range(2)])
    gallery = Gallery(pictures, ("cat", "7"), ("", ""))
    xlconv.build(path, random_model(NETWORK, 3), pictures[0], gallery=gallery)
    return path


def formatted(book: Path, target: Path, formats: dict[tuple[str, str], str]) -> Path:
    """The book as openpyxl saves it: without stored values, of which none is looked at here."""
    workbook = openpyxl.load_workbook(book)
    for (sheet, cell), number_format in formats.items():
        workbook[sheet][cell].number_format = number_format
    workbook.save(target)
    return target


def findings(path: Path) -> dict[str, object]:
    report = xlconv.verify(path, "none")
    assert {one.kind for one in report.findings} <= {"format"}
    return {one.cell: one.found for one in report.findings}


def kernels(formats: tuple[str, ...]) -> dict[tuple[str, str], str]:
    places = list(LAYOUT.weights["dense"].arrays["weight"])
    cells = [cell for place in places for cell in place.cells()]
    return {("Board", cell.a1): one for cell, one in zip(cells, formats, strict=False)}


def test_formats_that_show_another_number_are_found(book: Path, tmp_path: Path) -> None:
    planted = kernels(LIES)
    assert len(planted) == len(LIES)
    found = findings(formatted(book, tmp_path / "lies.xlsx", planted))
    assert found == {f"Board!{cell}": lie for (_, cell), lie in planted.items()}


def test_formats_that_show_the_number_in_other_ways_are_the_readers(
    book: Path, tmp_path: Path, libreoffice: str
) -> None:
    path = formatted(book, tmp_path / "honest.xlsx", kernels(HONEST))
    assert findings(path) == {}
    assert findings(converted(libreoffice, [path], tmp_path / "saved") / path.name) == {}


def test_every_cell_that_a_reader_relies_on_is_looked_at(book: Path, tmp_path: Path) -> None:
    planted = {(sheet, cell.a1): lie for sheet, cell, lie in RELIED.values()}
    found = findings(formatted(book, tmp_path / "lies.xlsx", planted))
    assert found == {f"{sheet}!{cell}": lie for (sheet, cell), lie in planted.items()}


def test_a_computed_cell_is_shown_as_it_is(book: Path, tmp_path: Path) -> None:
    """By a format that no part of the file spells, too."""
    cell = LAYOUT.tensors["relu"].maps[1].cell(2, 2).a1
    with zipfile.ZipFile(book) as archive:
        [number] = re.findall(rb'<cellXfs count="(\d+)"', archive.read("xl/styles.xml"))
    xf = '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    edits = {
        "xl/styles.xml": lambda xml: xml.replace("</cellXfs>", xf),
        BOARD_PART: lambda xml: re.sub(rf'(r="{cell}") s="\d+"', rf'\1 s="{int(number)}"', xml),
    }
    broken = edited_parts(book, tmp_path / "lie.xlsx", edits)
    [finding] = xlconv.verify(broken).findings
    assert (finding.kind, finding.cell, finding.tensor) == ("format", f"Board!{cell}", "relu")


def with_rule(book: Path, target: Path, cells: str, formula: str, number_format: str) -> Path:
    workbook = openpyxl.load_workbook(book)
    look = DifferentialStyle(numFmt=NumberFormat(999, number_format))
    workbook["Board"].conditional_formatting.add(
        cells, Rule(type="expression", dxf=look, formula=[formula])
    )
    workbook.save(target)
    return target


@pytest.mark.parametrize(
    ("formula", "number_format", "found"),
    [
        ("TRUE", '"0.99"', True),
        ("$A$1=5", "0.00;0.00", True),  # whether it holds now or not
        ("TRUE", "0.0", False),
        ("TRUE", ";;;", False),
        ("ABS({cell})<1E-9", '"0.99"', False),
        ("ABS({cell})<1E+9", '"0.99"', True),
        ("ABS({cell})<0.005", "0.00;0.00;0.00", False),
        ("ABS(A1)<0.005", "0.00;0.00;0.00", True),  # another cell's number
    ],
)
def test_a_conditional_format_shows_numbers_as_they_are(
    formula: str, number_format: str, found: bool, book: Path, tmp_path: Path
) -> None:
    bias = LAYOUT.weights["conv"].array_range("bias").first.a1
    workbook = openpyxl.load_workbook(book)
    workbook["Board"][bias].value = -0.25
    workbook.save(tmp_path / "typed.xlsx")
    rule = formula.format(cell=bias)
    path = with_rule(tmp_path / "typed.xlsx", tmp_path / "rule.xlsx", bias, rule, number_format)
    assert findings(path) == ({f"Board!{bias}": number_format} if found else {})


def test_excels_own_kind_of_conditional_format_is_read(book: Path, tmp_path: Path) -> None:
    """Excel writes rules that read another sheet behind the others."""
    extended = (
        '<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}" '
        'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
        "<x14:conditionalFormattings><x14:conditionalFormatting "
        'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
        '<x14:cfRule type="expression" priority="1" id="{0}"><xm:f>Model!$B$1=0</xm:f>'
        '<x14:dxf><numFmt numFmtId="999" formatCode="&quot;0.99&quot;"/></x14:dxf></x14:cfRule>'
        f"<xm:sqref>{KERNEL.a1}</xm:sqref></x14:conditionalFormatting>"
        "</x14:conditionalFormattings></ext></extLst></worksheet>"
    )
    edits = {BOARD_PART: lambda xml: xml.replace("</worksheet>", extended)}
    path = edited_parts(book, tmp_path / "extended.xlsx", edits)
    assert findings(path) == {f"Board!{KERNEL.a1}": '"0.99"'}


def test_a_finding_says_what_is_shown(book: Path, tmp_path: Path) -> None:
    workbook = openpyxl.load_workbook(book)
    cell = workbook["Board"][KERNEL.a1]
    cell.value, cell.number_format = 1.0, "[$9-409]0.00"
    workbook["Board"][KERNEL.shifted(0, 1).a1].value = 1.0
    workbook["Board"][KERNEL.shifted(0, 1).a1].number_format = "0;0"
    workbook.save(tmp_path / "one.xlsx")
    one, other = xlconv.verify(tmp_path / "one.xlsx", "none").findings
    assert words(one) == "its number format [$9-409]0.00 shows 1 as 91.00"
    assert words(other) == "its number format 0;0 would show -7.5 as 8"
