"""What a reader of the workbook meets: views, names, links, texts, colours, properties."""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet
from support.books import WITH_GALLERY, TemplateBook

import xlconv
from xlconv.compiler import compile_book
from xlconv.importers.gallery import template_gallery
from xlconv.sheets.board.places import plan
from xlconv.sheets.on_board.laboratory.places import NAMES as LABORATORY_NAMES
from xlconv.sheets.on_board.panel.places import CHOICE_NAMES, EXPLAINED_NAMES
from xlconv.sheets.styles import INK, PALETTES
from xlconv.spreadsheet.blocks import Book, ColourScale, Sheet, Style, TextBlock
from xlconv.spreadsheet.cells import Range
from xlconv.xlsx.writer import write_book


def template_gallery_of(name: str) -> xlconv.Gallery:
    """The pictures that come with a template."""
    template = xlconv.load_template(name)
    return template_gallery(template.about, template.network, template.image)


TEMPLATE = xlconv.load_template("lesson3")


@pytest.fixture(scope="module")
def workbook(template_book: TemplateBook) -> Workbook:
    return openpyxl.load_workbook(template_book("lesson3").path)


@pytest.fixture(scope="module")
def shown(template_book: TemplateBook) -> Workbook:
    """With the values that the file stores."""
    return openpyxl.load_workbook(template_book("lesson3").path, data_only=True)


def test_sheets_and_their_views(workbook: Workbook) -> None:
    assert workbook.sheetnames == WITH_GALLERY
    board = workbook["Board"]
    assert board.freeze_panes == "B4"
    assert 20 <= board.sheet_view.zoomScale <= 100
    for sheet in workbook:
        assert not sheet.sheet_view.showGridLines
        assert sheet.page_setup.orientation == "landscape"


def test_start_zoom_shows_the_picture_the_answer_and_all_maps(workbook: Workbook) -> None:
    board, layout = workbook["Board"], plan(TEMPLATE.network)
    answer = layout.answer
    assert answer is not None
    scale = board.sheet_view.zoomScale / 100
    assert answer.bars[-1].bottom * 24 * scale <= 660
    pool = next(band for band in layout.bands if band.tensor == "pool")
    assert pool.last * 24 * scale <= 1366


def test_every_tensor_map_and_weight_has_a_name(workbook: Workbook) -> None:
    shapes = TEMPLATE.network.shapes
    expected = {*shapes, *EXPLAINED_NAMES, "xlconv_network", "loss"}
    expected |= {*CHOICE_NAMES, *LABORATORY_NAMES}
    expected -= {"invert"}  # for kernels to choose from
    for tensor, shape in shapes.items():
        if len(shape) == 3:
            expected |= {f"{tensor}_{number}" for number in range(1, shape[0] + 1)}
    expected |= {name.replace(".", "_") for name in TEMPLATE.weights}
    names = workbook.defined_names
    assert {name for name, one in names.items() if not one.hidden} == expected
    hidden = {name for name, one in names.items() if one.hidden}
    assert all(name.startswith("xlconv_") for name in hidden)
    assert hidden >= {f"xlconv_{sheet.lower()}" for sheet in workbook.sheetnames}


def test_names_of_maps_have_the_maps_shapes(workbook: Workbook) -> None:
    for tensor, shape in TEMPLATE.network.shapes.items():
        if len(shape) != 3:
            continue
        for number in range(1, shape[0] + 1):
            sheet, _, place = workbook.defined_names[f"{tensor}_{number}"].attr_text.partition("!")
            left, top, right, bottom = range_boundaries(place)
            assert sheet == "Board"
            assert (bottom - top + 1, right - left + 1) == shape[1:]


def links_of(sheet: Worksheet) -> list[Hyperlink]:
    return [cell.hyperlink for row in sheet.iter_rows() for cell in row if cell.hyperlink]


def test_links_lead_to_cells_of_the_workbook(workbook: Workbook) -> None:
    links = [link for sheet in workbook for link in links_of(sheet)]
    assert len(links) > 20
    for link in links:
        sheet, _, cell = link.location.partition("!")
        row, column = coordinate_to_tuple(cell)
        assert row <= workbook[sheet].max_row
        assert column <= workbook[sheet].max_column
        assert link.target is None


def test_guide_leads_to_every_layer(workbook: Workbook) -> None:
    layout = plan(TEMPLATE.network)
    targets = {link.location for link in links_of(workbook["Guide"])}
    for placement in layout.tensors.values():
        assert f"Board!{placement.maps[0].first.a1}" in targets


def test_document_properties(workbook: Workbook) -> None:
    properties = workbook.properties
    assert properties.title == TEMPLATE.about.title
    assert properties.creator == f"xlconv {xlconv.__version__}"
    assert properties.version == xlconv.__version__


def test_chart_shows_the_probabilities_with_their_labels(
    workbook: Workbook, template_book: TemplateBook
) -> None:
    """By their cells and, for viewers that do not calculate, by their values."""
    [chart] = workbook["Board"]._charts
    layout = plan(TEMPLATE.network, len(template_gallery_of("lesson3")))
    [series] = chart.series
    sheet, _, place = series.val.numRef.f.partition("!")
    cells = [cell for [cell] in workbook[sheet][place.replace("$", "")]]
    probabilities = layout.tensors["softmax"].maps[0]
    for cell, probability in zip(cells, probabilities.cells(), strict=True):
        assert f"Board!{probability.a1}" in cell.value
    truth = xlconv.forward(TEMPLATE.model, TEMPLATE.image)["softmax"]
    held = series.val.numRef.numCache
    assert held.ptCount == len(truth)
    assert [float(point.v) for point in held.pt] == pytest.approx(truth.tolist(), 1e-12, 1e-300)
    assert series.cat.strRef.f == f"Board!{layout.labels['softmax'].absolute}"
    labels = series.cat.strRef.strCache
    assert [point.v for point in labels.pt] == list(TEMPLATE.network.labels)
    with zipfile.ZipFile(template_book("lesson3").path) as archive:
        xml = archive.read("xl/charts/chart1.xml").decode()
    assert '<roundedCorners val="0"' in xml
    assert re.search(r"</tx><overlay val=\"0\"", xml)
    assert '<autoTitleDeleted val="0"' in xml


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", PALETTES)
def test_digits_can_be_read_on_every_end_of_a_scale(name: str) -> None:
    colours = PALETTES[name]
    for end in (colours.negative, colours.zero, colours.positive, colours.rectified):
        assert (luminance(end) + 0.05) / (luminance(INK) + 0.05) >= 4.5


def test_scales_around_zero_are_symmetric_and_one_a_map() -> None:
    """Each ends at the number below its map; those of a vector and of weights compute their own."""
    [_, board, *_] = compile_book(TEMPLATE, TEMPLATE.image).sheets
    scales = [rule for rule in board.rules if isinstance(rule, ColourScale)]
    maps = sum(shape[0] if len(shape) == 3 else 1 for shape in TEMPLATE.network.shapes.values())
    assert len(scales) == maps + len(plan(TEMPLATE.network).weights)
    end = r"(\$[A-Z]+\$\d+|MAX\(.+\)|INDEX\(xlconv_weight_ends,\d+,1\))"
    for scale in scales:
        shown = r"IF\(INDEX\(xlconv_shown,\d+,1\)=0,1E\+300,"
        assert re.fullmatch(rf"{shown}IF\({end}=0,1,{end}\)\)", scale.limit), scale.limit


def test_the_maps_of_a_layer_share_the_end_of_their_scales(shown: Workbook) -> None:
    board = shown["Board"]
    truth = xlconv.forward(TEMPLATE.model, TEMPLATE.image)
    for tensor, legends in plan(TEMPLATE.network, 100).legends.items():
        ends = {board[place.last.a1].value for place in legends}
        assert ends == ({abs(truth[tensor]).max()} if legends else set())


def test_texts_cannot_become_formulas() -> None:
    for sheet in compile_book(TEMPLATE, TEMPLATE.image).sheets:
        texts = [block.text for block in sheet.blocks if isinstance(block, TextBlock)]
        assert texts
        assert all(isinstance(text, str) for text in texts)


def test_words_tell_what_each_layer_does(workbook: Workbook, shown: Workbook) -> None:
    board, layout = workbook["Board"], plan(TEMPLATE.network)
    for band in layout.bands:
        shape = TEMPLATE.network.shapes[band.tensor]
        assert board.cell(1, band.first).value == band.tensor
        line = " × ".join(map(str, shape)) if len(shape) == 3 else f"{shape[0]} values"
        assert shown["Board"].cell(2, band.first).value == line
        assert board.cell(3, band.first).value


def test_every_number_format_has_a_number_of_its_own(template_book: TemplateBook) -> None:
    """Those of conditional formats, too: programs may keep one list of all."""
    with zipfile.ZipFile(template_book("lesson3").path) as archive:
        styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
    codes: dict[str, set[str]] = {}
    for element in styles.iter():
        if element.tag.endswith("}numFmt"):
            codes.setdefault(element.get("numFmtId", ""), set()).add(element.get("formatCode", ""))
    assert len(codes) > 5
    assert [number for number, texts in codes.items() if len(texts) > 1] == []


@pytest.mark.parametrize(("used", "last"), [(3, 4), (16_383, 16_384), (16_384, 16_384)])
def test_widths_reach_one_column_beyond_the_used_ones_but_none_that_no_sheet_has(
    used: int, last: int, tmp_path: Path
) -> None:
    text = TextBlock(Range(1, used, 1, 1), "the last one", Style())
    write_book(tmp_path / "book.xlsx", Book("", "", "1", (Sheet("Board", (text,)),), {}))
    with zipfile.ZipFile(tmp_path / "book.xlsx") as archive:
        board = archive.read("xl/worksheets/sheet1.xml").decode()
    assert re.findall(r'<col [^>]*max="(\d+)"', board)[-1] == str(last)
