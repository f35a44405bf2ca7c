"""What stands in a finished file: the text of its formulas, the values stored beside them, and
that nothing stands on anything else."""

import re
import zipfile
from collections import Counter
from html import unescape
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from support import books
from support.command_line import python

from xlconv import Conv2D, Dense, GlobalAvgPool2D, MaxPool2D, Network, ReLU, Softmax
from xlconv.compiler import compile_book
from xlconv.importers.template import Template, template_names
from xlconv.sheets.board.places import plan
from xlconv.spreadsheet.blocks import Book

# Excel 2007's documentation lists these; nothing volatile, nothing of later years.
EXCEL_2007 = {
    *("SUM", "SUMPRODUCT", "MAX", "MIN", "AVERAGE", "EXP", "LN", "ABS", "IF"),
    *("INDEX", "MATCH", "ROWS", "COLUMNS", "ROW", "COLUMN", "SQRT", "TANH", "CHOOSE"),
    *("COUNT", "COUNTIF", "MID", "RAND", "INT", "AND", "REPT", "OR", "MOD", "ROUND"),
    *("LARGE", "SMALL", "SUMIF", "ISNUMBER", "FIND", "LEFT", "RIGHT", "LEN", "SIGN", "N", "COUNTA"),
}

BOARD_FORMULAS = {
    # titles count a tensor's rows and columns from the cells themselves
    "B2": '"1 × "&ROWS($C$8:$I$13)&" × "&COLUMNS($C$8:$I$13)',
    "C5": '"input map 1 · "&ROWS($C$8:$I$13)&" × "&COLUMNS($C$8:$I$13)',
    "AH2": '"2 × "&ROWS($AU$8:$AY$11)&" × "&COLUMNS($AU$8:$AY$11)',
    "AU5": '"edges map 1 · "&ROWS($AU$8:$AY$11)&" × "&COLUMNS($AU$8:$AY$11)',
    "AU17": '"edges map 2 · "&ROWS($AU$20:$AY$23)&" × "&COLUMNS($AU$20:$AY$23)',
    "BC2": '"2 × "&ROWS($BE$8:$BI$11)&" × "&COLUMNS($BE$8:$BI$11)',
    "BE5": '"relu map 1 · "&ROWS($BE$8:$BI$11)&" × "&COLUMNS($BE$8:$BI$11)',
    "BE17": '"relu map 2 · "&ROWS($BE$20:$BI$23)&" × "&COLUMNS($BE$20:$BI$23)',
    "BT2": '"1 × "&ROWS($CG$8:$CK$9)&" × "&COLUMNS($CG$8:$CK$9)',
    "CG5": '"fused map 1 · "&ROWS($CG$8:$CK$9)&" × "&COLUMNS($CG$8:$CK$9)',
    "CO2": '"1 × "&ROWS($CP$8:$CQ$9)&" × "&COLUMNS($CP$8:$CQ$9)',
    "CP5": '"pool map 1 · "&ROWS($CP$8:$CQ$9)&" × "&COLUMNS($CP$8:$CQ$9)',
    "DF2": 'ROWS($DL$8:$DL$10)&" values"',
    "DW2": 'ROWS($DZ$8:$DZ$10)&" values"',
    # edges: one text a map, its window moves with the cell, kernel and bias stay
    "AU8": "SUMPRODUCT(C8:E10,$AH$9:$AJ$11)+$AH$13",
    "AU20": "SUMPRODUCT(C8:E10,$AH$21:$AJ$23)+$AH$25",
    # relu
    "BE8": "MAX(0,AU8)",
    "BE20": "MAX(0,AU20)",
    # fused: windows go two rows down a cell and begin in the ring's column BD; both maps summed
    "CG8": "MAX(0,SUMPRODUCT(BD8:BF9,$BT$9:$BV$10)+SUMPRODUCT(BD20:BF21,$BT$12:$BV$13)+$BT$15)",
    "CG9": "MAX(0,SUMPRODUCT(BD10:BF11,$BT$9:$BV$10)+SUMPRODUCT(BD22:BF23,$BT$12:$BV$13)+$BT$15)",
    "CH8": "MAX(0,SUMPRODUCT(BE8:BG9,$BT$9:$BV$10)+SUMPRODUCT(BE20:BG21,$BT$12:$BV$13)+$BT$15)",
    "CH9": "MAX(0,SUMPRODUCT(BE10:BG11,$BT$9:$BV$10)+SUMPRODUCT(BE22:BG23,$BT$12:$BV$13)+$BT$15)",
    "CI8": "MAX(0,SUMPRODUCT(BF8:BH9,$BT$9:$BV$10)+SUMPRODUCT(BF20:BH21,$BT$12:$BV$13)+$BT$15)",
    "CI9": "MAX(0,SUMPRODUCT(BF10:BH11,$BT$9:$BV$10)+SUMPRODUCT(BF22:BH23,$BT$12:$BV$13)+$BT$15)",
    "CJ8": "MAX(0,SUMPRODUCT(BG8:BI9,$BT$9:$BV$10)+SUMPRODUCT(BG20:BI21,$BT$12:$BV$13)+$BT$15)",
    "CJ9": "MAX(0,SUMPRODUCT(BG10:BI11,$BT$9:$BV$10)+SUMPRODUCT(BG22:BI23,$BT$12:$BV$13)+$BT$15)",
    "CK8": "MAX(0,SUMPRODUCT(BH8:BJ9,$BT$9:$BV$10)+SUMPRODUCT(BH20:BJ21,$BT$12:$BV$13)+$BT$15)",
    "CK9": "MAX(0,SUMPRODUCT(BH10:BJ11,$BT$9:$BV$10)+SUMPRODUCT(BH22:BJ23,$BT$12:$BV$13)+$BT$15)",
    # pool: windows of 1 x 2 that do not overlap; the fifth column fills none
    "CP8": "MAX(CG8:CH8)",
    "CP9": "MAX(CG9:CH9)",
    "CQ8": "MAX(CI8:CJ8)",
    "CQ9": "MAX(CI9:CJ9)",
    # dense: every unit has weights of its own for the whole map
    "DL8": "SUMPRODUCT($CP$8:$CQ$9,$DF$8:$DG$9)+$DJ$8",
    "DL9": "SUMPRODUCT($CP$8:$CQ$9,$DF$12:$DG$13)+$DJ$9",
    "DL10": "SUMPRODUCT($CP$8:$CQ$9,$DF$16:$DG$17)+$DJ$10",
    # softmax, step by step
    "DX8": "DL8-$DX$13",
    "DX13": "MAX($DL$8:$DL$10)",
    "DY8": "EXP(DX8)",
    "DY13": "SUM($DY$8:$DY$10)",
    "DZ8": "DY8/$DY$13",
    # the answer under the picture: the class, its probability, a line a class
    "C20": "CHOOSE(MATCH(MAX($DZ$8:$DZ$10),$DZ$8:$DZ$10,0),$DW$8,$DW$9,$DW$10)",
    "C30": "MAX($DZ$8:$DZ$10)",
    "M19": "$DW$8",
    "M21": "$DW$9",
    "M23": "$DW$10",
    "P19": "$DZ$8",
    "P21": "$DZ$9",
    "P23": "$DZ$10",
    # the verdict under it, and the loss beside softmax: -ln p of the actual class
    "C39": 'IF(OR($C$36="?",$C$36=""),"",IF($C$36=$C$20,"✓ right","✗ wrong"))',
    "EA8": 'IF(AND(DW8=$C$36,$C$36<>""),1,0)',
    "EB8": "IF(EA8=0,0,LN($DY$13)-DX8)",
    "EB13": 'IF(SUM($EA$8:$EA$10)=0,"",SUM($EB$8:$EB$10))',
    "EB16": 'IF($EB$13="","",$EB$13/LN(10))',
    # the laboratory: the logits times a number, by a temperature, and what becomes of them
    "EE8": "DW8",
    "EF8": "DL8*$EV$10/$EV$8",
    "EF11": "SUM($EF$8:$EF$10)",
    "EF12": "IF($EV$12=0,0,MAX($EF$8:$EF$10))",
    "EG8": 'IF(EF8-$EF$12>700,"overflow",EXP(EF8-$EF$12))',
    "EG11": 'IF(COUNTIF($EG$8:$EG$10,"overflow")>0,"overflow",SUM($EG$8:$EG$10))',
    "EH8": 'IF($EF$11=0,"÷ 0",EF8/$EF$11)',
    "EH11": 'IF(COUNTIF($EH$8:$EH$10,"÷ 0")>0,"÷ 0",SUM($EH$8:$EH$10))',
    "EI8": 'IF($EG$11="overflow","overflow",IF($EG$11=0,"0 ÷ 0",EG8/$EG$11))',
    "EI11": 'IF(ISNUMBER($EI$8),SUM($EI$8:$EI$10),"–")',
    "EJ8": "IF(EF8<-700,0,1/(1+EXP(-EF8)))",
    "EJ11": "SUM($EJ$8:$EJ$10)",
    "EV14": 'IF(SUM($EA$8:$EA$10)=0,"",IF($EG$11="overflow","overflow",IF($EG$11=0,"0 ÷ 0",'
    "LN($EG$11)+$EF$12-SUMPRODUCT($EA$8:$EA$10,$EF$8:$EF$10))))",
    # outside of the maps that fused reads over their edge: the nearest cell, or what is chosen
    "BD8": 'IF($P$55="edge",$BE8,$P$55)',
    "BD20": 'IF($P$55="edge",$BE20,$P$55)',
    "BJ8": 'IF($P$55="edge",$BI8,$P$55)',
    "BJ20": 'IF($P$55="edge",$BI20,$P$55)',
    # kernels once more, enlarged
    "AL9": "AH9",
    "AL11": "AH10",
    "AL13": "AH11",
    "AL21": "AH21",
    "AL23": "AH22",
    "AL25": "AH23",
    "AN9": "AI9",
    "AN11": "AI10",
    "AN13": "AI11",
    "AN21": "AI21",
    "AN23": "AI22",
    "AN25": "AI23",
    "AP9": "AJ9",
    "AP11": "AJ10",
    "AP13": "AJ11",
    "AP21": "AJ21",
    "AP23": "AJ22",
    "AP25": "AJ23",
    "BX9": "BT9",
    "BX11": "BT10",
    "BX14": "BT12",
    "BX16": "BT13",
    "BZ9": "BU9",
    "BZ11": "BU10",
    "BZ14": "BU12",
    "BZ16": "BU13",
    "CB9": "BV9",
    "CB11": "BV10",
    "CB14": "BV12",
    "CB16": "BV13",
    # what was thrown away
    "BI12": 'COUNTIF($AU$8:$AY$11,"<-1E-9")&" of "&ROWS($AU$8:$AY$11)*COLUMNS($AU$8:$AY$11)&" were negative"',  # noqa: E501
    "BI24": 'COUNTIF($AU$20:$AY$23,"<-1E-9")&" of "&ROWS($AU$20:$AY$23)*COLUMNS($AU$20:$AY$23)&" were negative"',  # noqa: E501
    "CK10": 'COUNTIF($CG$8:$CK$9,"<=1E-9")&" of "&ROWS($CG$8:$CK$9)*COLUMNS($CG$8:$CK$9)&" became 0"',  # noqa: E501
    "CT10": '"keeps "&ROWS($CP$8:$CQ$9)*COLUMNS($CP$8:$CQ$9)&" of "&ROWS($CG$8:$CK$9)*COLUMNS($CG$8:$CK$9)',  # noqa: E501
    # the end of each map's scale, below it: its own, its layer's (the picture's), the network's
    "D14": "CHOOSE(Works!$C$12,MAX(MAX($C$8:$I$13),-MIN($C$8:$I$13)),Works!$G$6,Works!$G$6)",
    "AU12": "-$AW$12",
    "AU24": "-$AW$24",
    "AW12": "CHOOSE(Works!$C$12,MAX(MAX($AU$8:$AY$11),-MIN($AU$8:$AY$11)),Works!$G$7,Works!$C$13)",
    "AW24": "CHOOSE(Works!$C$12,MAX(MAX($AU$20:$AY$23),-MIN($AU$20:$AY$23)),Works!$G$7,Works!$C$13)",  # noqa: E501
    "BF12": "CHOOSE(Works!$C$12,MAX(MAX($BE$8:$BI$11),-MIN($BE$8:$BI$11)),Works!$G$8,Works!$C$13)",
    "BF24": "CHOOSE(Works!$C$12,MAX(MAX($BE$20:$BI$23),-MIN($BE$20:$BI$23)),Works!$G$8,Works!$C$13)",  # noqa: E501
    "CH10": "CHOOSE(Works!$C$12,MAX(MAX($CG$8:$CK$9),-MIN($CG$8:$CK$9)),Works!$G$9,Works!$C$13)",
    "CQ10": "CHOOSE(Works!$C$12,MAX(MAX($CP$8:$CQ$9),-MIN($CP$8:$CQ$9)),Works!$G$10,Works!$C$13)",
    # what was typed over
    "P61": "SUM(Works!$AL$7:$AR$12)",
    "V61": "SUM(Works!$AY$6:$BA$49)",
}
SHARED = {
    "AU8": "AU8:AY11",
    "BD8": "BD8:BD11",
    "BE8": "BE8:BI11",
    "BJ8": "BJ8:BJ11",
    "DX8": "DX8:DX10",
    "DY8": "DY8:DY10",
    "DZ8": "DZ8:DZ10",
    "EA8": "EA8:EA10",
    "EB8": "EB8:EB10",
    "EE8": "EE8:EE10",
    "EF8": "EF8:EF10",
    "EG8": "EG8:EG10",
    "EH8": "EH8:EH10",
    "EI8": "EI8:EI10",
    "EJ8": "EJ8:EJ10",
    "AU20": "AU20:AY23",
    "BD20": "BD20:BD23",
    "BE20": "BE20:BI23",
    "BJ20": "BJ20:BJ23",
}

# Networks whose boards have little room, or none of something.
NETWORKS = {
    "literal": books.LITERAL,
    "answer beside a ring": Network(
        "n",
        (1, 4, 5),
        (
            Conv2D("edge", 2, 3, padding="same"),
            MaxPool2D("pool"),
            Dense("dense", 3),
            Softmax("softmax"),
        ),
    ),
    "wide rings": Network(
        "n",
        (1, 5, 4),
        (
            Conv2D("a", 4, 3, padding=5),
            Conv2D("b", 3, (1, 4), padding="same"),
            Dense("dense", 4),
            Softmax("softmax"),
        ),
    ),
    "one cell": Network("n", (1, 1, 1), (Dense("dense", 1, bias=False),)),
    "maps to the end": Network("n", (2, 6, 5), (Conv2D("edge", 1, 2, bias=False), ReLU("relu"))),
    "many classes": Network(
        "n", (1, 3, 3), (Conv2D("edge", 4, 1), Dense("dense", 13), Softmax("softmax"))
    ),
    "dense alone": Network(
        "n", (1, 2, 2), (Dense("first", 12), ReLU("relu"), Dense("second", 12), Softmax("softmax"))
    ),
    "more maps than rows": Network(
        "n",
        (1, 2, 9),
        (Conv2D("a", 6, (1, 3), padding="same"), Conv2D("b", 2, 2), Dense("dense", 2)),
    ),
}
ALL = [*NETWORKS, *template_names()]


@pytest.fixture
def literal(network_book: books.NetworkBook) -> books.BuiltBook:
    return network_book(books.LITERAL, 1)


@pytest.fixture(scope="module")
def book(
    request: pytest.FixtureRequest,
    template_book: books.TemplateBook,
    network_book: books.NetworkBook,
) -> books.BuiltBook:
    """The book of a network or a template by name; the tests of one book come one after another."""
    name = request.param
    return network_book(NETWORKS[name], 1) if name in NETWORKS else template_book(name)


each_book = pytest.mark.parametrize("book", ALL, indirect=True)


def spelled(path: Path, sheet: str) -> dict[str, str]:
    """The formulas that are spelled out, by cell."""
    return {
        place: cell.formula for place, cell in books.xml_cells(path, sheet).items() if cell.formula
    }


def test_every_formula_of_the_board_as_the_file_spells_it(literal: books.BuiltBook) -> None:
    assert spelled(literal.path, "Board") == BOARD_FORMULAS


def test_a_map_is_one_shared_formula(literal: books.BuiltBook) -> None:
    cells = books.xml_cells(literal.path)
    heads = {p: cell for p, cell in cells.items() if "ref" in cell.attributes}
    assert {place: cell.attributes["ref"] for place, cell in heads.items()} == SHARED
    assert {cell.attributes["t"] for cell in heads.values()} == {"shared"}
    numbers = [cell.attributes["si"] for cell in heads.values()]
    assert sorted(numbers, key=int) == [str(number) for number in range(len(SHARED))]
    for head, ref in SHARED.items():
        for place in list(books.cells_of(ref))[1:]:
            assert cells[place].formula == "", place
            assert cells[place].attributes == {"t": "shared", "si": cells[head].attributes["si"]}


def test_every_other_formula_stands_alone(literal: books.BuiltBook) -> None:
    shared = {place for ref in SHARED.values() for place in books.cells_of(ref)}
    for place, cell in books.xml_cells(literal.path).items():
        if cell.formula is not None and place not in shared:
            assert cell.attributes == {}, place


def test_openpyxl_spells_every_shared_formula_out(literal: books.BuiltBook) -> None:
    sheet = openpyxl.load_workbook(literal.path)["Board"]
    for head, ref in SHARED.items():
        for place in books.cells_of(ref):
            assert sheet[place].value == f"={books.copied(BOARD_FORMULAS[head], head, place)}"
    assert sheet["AY11"].value == "=SUMPRODUCT(G11:I13,$AH$9:$AJ$11)+$AH$13"
    assert sheet["DZ10"].value == "=DY10/$DY$13"


# The elements of cells, colour rules, names and charts that hold formulas, and colour scales.
HOLDING = re.compile(
    r"<(?:\w+:)?(?:f|formula|formula[12]|definedName)(?: [^<>]*)?(?<!/)>([^<]*)<"
    r'|<cfvo (?=[^<>]*type="formula")[^<>]*val="([^"]*)"'
)


def all_formulas(path: Path) -> set[str]:
    """The formulas of every cell, colour rule, name and chart of a file."""
    with zipfile.ZipFile(path) as archive:
        parts = [archive.read(name).decode() for name in archive.namelist() if ".xml" in name]
    found = {one or other for part in parts for one, other in HOLDING.findall(part)}
    return {unescape(formula) for formula in found}


@each_book
def test_only_excel_2007s_functions(book: books.BuiltBook) -> None:
    formulas = all_formulas(book.path)
    used = {
        name
        for formula in formulas
        for name in re.findall(r"([A-Za-z_][\w.]*)\(", re.sub(r'"[^"]*"', '""', formula))
    }
    assert used <= EXCEL_2007
    assert used >= {"SUMPRODUCT", "SUM", "ROWS", "COLUMNS"}
    for formula in formulas:
        assert not formula.startswith("="), formula
        assert not re.search(r"[\[\]{}@#]|_xl", formula), formula


# What IronCalc or HyperFormula, the engines of web spreadsheets, read otherwise than Excel.
MISREAD = {
    "a range that ends at INDEX": re.compile(r":INDEX\(|\):"),
    "a number with an exponent": re.compile(r"(?<![\w.$])[\d.]+E[+-]?\d", re.IGNORECASE),
}
CORNERS = re.compile(r"(\$?)[A-Z]+(\$?)\d+:(\$?)[A-Z]+(\$?)\d+")


@each_book
def test_web_spreadsheets_read_the_formulas_of_all_sheets(book: books.BuiltBook) -> None:
    for sheet in books.sheet_parts(book.path):
        for place, formula in spelled(book.path, sheet).items():
            plain = re.sub(r'"[^"]*"', '""', formula)
            assert not [what for what, found in MISREAD.items() if found.search(plain)], place
            for left, top, right, bottom in CORNERS.findall(plain):
                assert (left, top) == (right, bottom), f"{sheet}!{place} fixes half a range"


@each_book
def test_a_pixel_of_the_gallery_is_a_number_where_it_is_empty(book: books.BuiltBook) -> None:
    """HyperFormula hands an empty cell on, where Excel makes it 0."""
    for place, formula in spelled(book.path, "Works").items():
        assert len(re.findall(r"INDEX\(Images!", formula)) == formula.count("SUM(INDEX("), place


@each_book
def test_excel_shows_no_at_sign_in_pixels_and_the_answer(book: books.BuiltBook) -> None:
    """As it does before INDEX in a file of old formulas; the actual label alone may be a text or
    a number, or nothing, which no function but INDEX hands on."""
    names, formulas = books.named_ranges(book.path), spelled(book.path, "Board")
    maps = [names[name][1] for name in books.tensor_names("input", book.truth["input"].shape)]
    actual = {place for place, one in formulas.items() if one.startswith("IF(INDEX(Images!")}
    assert len(actual) <= 1
    assert not [one for place, one in formulas.items() if "INDEX(" in one and place not in actual]
    pixels = {formulas.get(place, "") for one in maps for place in books.cells_of(one)}
    assert all(re.fullmatch(r"(Works!\$?[A-Z]+\$?\d+)?", pixel) for pixel in pixels)


@each_book
def test_sumproduct_has_two_ranges_of_one_shape(book: books.BuiltBook) -> None:
    """More dialects agree on this than on anything else; a product inside would need an array."""
    products = re.compile(r"SUMPRODUCT\(([^()]*)\)")
    every = {one for f in spelled(book.path, "Board").values() for one in products.findall(f)}
    assert every
    for arguments in every:
        shapes = {_shape(part) for part in arguments.split(",")}
        assert (len(arguments.split(",")), len(shapes)) == (2, 1), arguments


def _shape(place: str) -> tuple[int, int]:
    left, top, right, bottom = openpyxl.utils.cell.range_boundaries(place)
    return bottom - top, right - left


@each_book
def test_no_arrays_and_no_shared_formulas_across_sheets(book: books.BuiltBook) -> None:
    for sheet in books.sheet_parts(book.path):
        for place, cell in books.xml_cells(book.path, sheet).items():
            assert cell.attributes.get("t", "shared") == "shared", place
            if "!" in (cell.formula or ""):
                assert cell.attributes == {}, f"{sheet}!{place}"


@each_book
def test_every_formula_has_a_stored_value_of_its_kind(book: books.BuiltBook) -> None:
    for sheet in books.sheet_parts(book.path):
        for place, cell in books.xml_cells(book.path, sheet).items():
            if cell.formula is None:
                continue
            empty_text = cell.kind == "str" and cell.value == ""  # no tick beside a class
            assert cell.value or empty_text, f"{sheet}!{place} is blank where nothing calculates"
            assert cell.kind in ("n", "str"), f"{sheet}!{place}"
            if cell.kind == "n":
                assert np.isfinite(float(cell.value))


@each_book
def test_stored_values_are_numpys_to_the_last_digit(book: books.BuiltBook) -> None:
    cells, names = books.xml_cells(book.path), books.named_ranges(book.path)
    for tensor, numbers in book.truth.items():
        stored = [
            float(cells[place].value or "nan")
            for name in books.tensor_names(tensor, numbers.shape)
            for place in books.cells_of(names[name][1])
        ]
        assert stored == numbers.reshape(-1).tolist(), tensor


@each_book
def test_readers_that_stream_see_the_numbers(book: books.BuiltBook) -> None:
    """As pandas.read_excel reads: openpyxl's read-only mode, all rows one after the other."""
    shapes = {tensor: numbers.shape for tensor, numbers in book.truth.items()}
    for tensor, numbers in books.shown_tensors(book.path, shapes).items():
        assert np.array_equal(numbers, book.truth[tensor]), tensor


@pytest.mark.parametrize("book", [*NETWORKS, "lesson3"], indirect=True)
def test_readers_that_do_not_calculate_see_the_numbers(book: books.BuiltBook) -> None:
    """With all that openpyxl knows of a workbook, which takes it long in a large one."""
    sheet = openpyxl.load_workbook(book.path, data_only=True)["Board"]
    names = books.named_ranges(book.path)
    for tensor, numbers in book.truth.items():
        places = [names[name][1] for name in books.tensor_names(tensor, numbers.shape)]
        found = [sheet[cell].value for place in places for cell in books.cells_of(place)]
        assert found == numbers.reshape(-1).tolist(), tensor


def test_texts_of_titles_and_answer_are_stored(literal: books.BuiltBook) -> None:
    sheet = openpyxl.load_workbook(literal.path, data_only=True)["Board"]
    truth = literal.truth["softmax"]
    assert sheet["B2"].value == "1 × 6 × 7"
    assert sheet["AU17"].value == "edges map 2 · 4 × 5"
    assert sheet["DF2"].value == "3 values"
    assert sheet["C20"].value == ("cat", 7, "dog")[int(truth.argmax())]
    assert sheet["C30"].value == truth.max()
    assert [sheet[place].value for place in ("M19", "M21", "M23")] == ["cat", 7, "dog"]
    assert [sheet[place].value for place in ("P19", "P21", "P23")] == truth.tolist()


WEIGHTS = {
    "edges": {"weight": ("AH9:AJ11", "AH21:AJ23"), "bias": ("AH13", "AH25")},
    "fused": {"weight": ("BT9:BV10", "BT12:BV13"), "bias": ("BT15",)},
    "dense": {"weight": ("DF8:DG9", "DF12:DG13", "DF16:DG17"), "bias": ("DJ8", "DJ9", "DJ10")},
}


def test_weights_stand_where_the_literal_formulas_read_them() -> None:
    found = {
        layer: {key: tuple(one.a1 for one in ranges) for key, ranges in places.arrays.items()}
        for layer, places in plan(books.LITERAL).weights.items()
    }
    assert found == WEIGHTS


def test_the_mean_of_a_map_reads_that_map_from_everywhere(build_book: books.BuildBook) -> None:
    path = build_book(Network("n", (3, 2, 4), (GlobalAvgPool2D("means"),))).path
    cells, names = books.xml_cells(path), books.named_ranges(path)
    found = [cells[place].formula for place in books.cells_of(names["means"][1])]
    assert found == [f"AVERAGE({names[f'input_{number}'][1]})" for number in (1, 2, 3)]
    assert "$" in str(found[0])


@each_book
def test_weights_stand_where_their_names_say(book: books.BuiltBook) -> None:
    """Each at its place: a kernel's numbers row by row, and kernel after kernel."""
    cells, names = books.xml_cells(book.path), books.named_ranges(book.path)
    places = plan(book.model.network).weights
    for name, array in book.model.weights.items():
        layer, _, key = name.rpartition(".")
        spots = [cell.a1 for one in places[layer].arrays[key] for cell in places[layer].cells(one)]
        sheet, whole = names[f"{layer}_{key}"]
        assert (sheet, {*spots} <= {*books.cells_of(whole)}) == ("Board", True)
        assert [float(cells[spot].value or "nan") for spot in spots] == array.reshape(-1).tolist()


BUILD_A_TEMPLATE = """
import sys, time
time.time = lambda: 1.7e9
import xlconv
template = xlconv.load_template(sys.argv[1])
xlconv.build(sys.argv[2], template, template.image)
"""


def test_another_process_at_another_time_writes_the_same_bytes(
    template_book: books.TemplateBook, tmp_path: Path
) -> None:
    """Nothing of the clock, of the order of sets or of the place goes into a file."""
    name = template_names()[0]
    for seed, zone in (("1", "UTC"), ("2", "Pacific/Auckland")):
        path = tmp_path / f"{seed}.xlsx"
        python(BUILD_A_TEMPLATE, name, path, PYTHONHASHSEED=seed, TZ=zone).check_returncode()
        assert path.read_bytes() == template_book(name).path.read_bytes()


def test_no_date_stands_in_a_file(literal: books.BuiltBook) -> None:
    with zipfile.ZipFile(literal.path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in archive.namelist():
            assert not re.search(rb"20[2-9]\d-[01]\d-[0-3]\d", archive.read(name)), name


@each_book
def test_every_cell_is_written_once_and_in_order(book: books.BuiltBook) -> None:
    """Excel repairs a file whose cells come twice or out of order, and LibreOffice drops some."""
    for sheet in books.sheet_parts(book.path):
        places = [
            openpyxl.utils.cell.coordinate_to_tuple(place)
            for place, _ in books.written_cells(book.path, sheet)
        ]
        twice = [place for place, count in Counter(places).items() if count > 1]
        assert not twice, f"{sheet} writes cells (row, column) twice: {twice}"
        assert places == sorted(places), sheet


@each_book
def test_merged_cells_do_not_overlap(book: books.BuiltBook) -> None:
    found = 0
    for sheet in books.sheet_parts(book.path):
        seen: dict[str, str] = {}
        for place in re.findall(
            r'<mergeCell ref="([A-Z0-9:]+)"', books.sheet_text(book.path, sheet)
        ):
            for cell in books.cells_of(place):
                assert cell not in seen, f"{sheet}: {place} and {seen[cell]}"
                seen[cell] = place
        found += len(seen)
    assert found


@pytest.fixture(scope="module")
def compiled(book: books.BuiltBook) -> Book:
    return compile_book(book.model, book.image)


@each_book
def test_nothing_stands_on_anything_else(book: books.BuiltBook, compiled: Book) -> None:
    expected = books.WITH_GALLERY if isinstance(book.model, Template) else books.SHEETS
    assert [sheet.name for sheet in compiled.sheets] == expected
    for sheet in compiled.sheets:
        assert books.overlaps(sheet) == []


@each_book
def test_padding_that_pools_read_is_empty(book: books.BuiltBook, compiled: Book) -> None:
    assert books.filled_ring_cells(compiled, book.model.network) == []


def test_the_check_for_overlaps_sees_one(build_book: books.BuildBook) -> None:
    """A ring's cell and a map's cell are where they are looked for."""
    book = build_book(NETWORKS["answer beside a ring"])
    board = compile_book(book.model, book.image).sheets[1]
    doubled = type(board)(board.name, (*board.blocks, board.blocks[0]))
    assert any(board.blocks[0].range.a1 in line for line in books.overlaps(doubled))
