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
    *("LARGE", "SMALL", "SUMIF", "ISNUMBER", "FIND", "LEFT", "LEN"),
}

_NOWHERE = [("K", 99999), ("L", 0), ("M", 99999), ("N", 0), ("O", 99999), ("P", 0)]


def _box(columns: str, row: int, other: int, ends: tuple[str, ...]) -> dict[str, str]:
    """The six cells of a box that follows from the one in another row: nowhere, if that is."""
    a, b, c, d, e, f = columns
    empty = f"${a}${other}>${b}${other},${c}${other}>${d}${other},${e}${other}>${f}${other}"
    cells = {}
    for number in (0, 2, 4):
        first, last = ends[number : number + 2]
        nothing = f"OR({empty},{first}>{last})"
        cells[f"{columns[number]}{row}"] = f"IF({nothing},99999,{first})"
        cells[f"{columns[number + 1]}{row}"] = f"IF({nothing},0,{last})"
    return cells


def _read(row: int, layer: int | None, *ends: str) -> dict[str, str]:
    """What the next row's box reads, or the explained cell itself."""
    cells = _box("KLMNOP", row, row + 1, ends)
    if layer is None:
        return cells
    used = zip(cells.items(), ("$D$6", "$D$6", "$D$7", "$D$7", "$D$8", "$D$8"), strict=True)
    return {cell: f"IF(Explain!$D$5={layer},Explain!{one},{f})" for (cell, f), one in used}


def _reached(row: int, *ends: str) -> dict[str, str]:
    return _box("RSTUVW", row, row - 1, ends)


BOARD_FORMULAS = {
    # titles count a tensor's rows and columns from the cells themselves
    "B2": '"1 × "&ROWS($B$6:$H$11)&" × "&COLUMNS($B$6:$H$11)',
    "AG2": '"2 × "&ROWS($AM$6:$AQ$9)&" × "&COLUMNS($AM$6:$AQ$9)',
    "AX2": '"2 × "&ROWS($AY$6:$BC$9)&" × "&COLUMNS($AY$6:$BC$9)',
    "BO2": '"1 × "&ROWS($BU$6:$BY$7)&" × "&COLUMNS($BU$6:$BY$7)',
    "CF2": '"1 × "&ROWS($CF$6:$CG$7)&" × "&COLUMNS($CF$6:$CG$7)',
    "CW2": 'ROWS($DF$6:$DF$8)&" values"',
    "DN2": 'ROWS($DQ$6:$DQ$8)&" values"',
    "B5": '"input map 1 · "&ROWS($B$6:$H$11)&" × "&COLUMNS($B$6:$H$11)',
    "AM5": '"edges map 1 · "&ROWS($AM$6:$AQ$9)&" × "&COLUMNS($AM$6:$AQ$9)',
    "AM13": '"edges map 2 · "&ROWS($AM$14:$AQ$17)&" × "&COLUMNS($AM$14:$AQ$17)',
    "AY5": '"relu map 1 · "&ROWS($AY$6:$BC$9)&" × "&COLUMNS($AY$6:$BC$9)',
    "AY13": '"relu map 2 · "&ROWS($AY$14:$BC$17)&" × "&COLUMNS($AY$14:$BC$17)',
    "BU5": '"fused map 1 · "&ROWS($BU$6:$BY$7)&" × "&COLUMNS($BU$6:$BY$7)',
    "CF5": '"pool map 1 · "&ROWS($CF$6:$CG$7)&" × "&COLUMNS($CF$6:$CG$7)',
    # edges: one text a map, its window moves with the cell, kernel and bias stay
    "AM6": "SUMPRODUCT(B6:D8,$AG$7:$AI$9)+$AG$11",
    "AM14": "SUMPRODUCT(B6:D8,$AG$15:$AI$17)+$AG$19",
    "AY6": "MAX(0,AM6)",
    "AY14": "MAX(0,AM14)",
    # fused: windows go two rows down a cell and begin in the ring's column AX; both maps summed
    "BU6": "MAX(0,SUMPRODUCT(AX6:AZ7,$BO$7:$BQ$8)+SUMPRODUCT(AX14:AZ15,$BO$10:$BQ$11)+$BO$13)",
    "BV6": "MAX(0,SUMPRODUCT(AY6:BA7,$BO$7:$BQ$8)+SUMPRODUCT(AY14:BA15,$BO$10:$BQ$11)+$BO$13)",
    "BW6": "MAX(0,SUMPRODUCT(AZ6:BB7,$BO$7:$BQ$8)+SUMPRODUCT(AZ14:BB15,$BO$10:$BQ$11)+$BO$13)",
    "BX6": "MAX(0,SUMPRODUCT(BA6:BC7,$BO$7:$BQ$8)+SUMPRODUCT(BA14:BC15,$BO$10:$BQ$11)+$BO$13)",
    "BY6": "MAX(0,SUMPRODUCT(BB6:BD7,$BO$7:$BQ$8)+SUMPRODUCT(BB14:BD15,$BO$10:$BQ$11)+$BO$13)",
    "BU7": "MAX(0,SUMPRODUCT(AX8:AZ9,$BO$7:$BQ$8)+SUMPRODUCT(AX16:AZ17,$BO$10:$BQ$11)+$BO$13)",
    "BV7": "MAX(0,SUMPRODUCT(AY8:BA9,$BO$7:$BQ$8)+SUMPRODUCT(AY16:BA17,$BO$10:$BQ$11)+$BO$13)",
    "BW7": "MAX(0,SUMPRODUCT(AZ8:BB9,$BO$7:$BQ$8)+SUMPRODUCT(AZ16:BB17,$BO$10:$BQ$11)+$BO$13)",
    "BX7": "MAX(0,SUMPRODUCT(BA8:BC9,$BO$7:$BQ$8)+SUMPRODUCT(BA16:BC17,$BO$10:$BQ$11)+$BO$13)",
    "BY7": "MAX(0,SUMPRODUCT(BB8:BD9,$BO$7:$BQ$8)+SUMPRODUCT(BB16:BD17,$BO$10:$BQ$11)+$BO$13)",
    # pool: windows of 1 x 2 that do not overlap; the fifth column fills none
    "CF6": "MAX(BU6:BV6)",
    "CG6": "MAX(BW6:BX6)",
    "CF7": "MAX(BU7:BV7)",
    "CG7": "MAX(BW7:BX7)",
    # dense: every unit has weights of its own for the whole map
    "DF6": "SUMPRODUCT($CF$6:$CG$7,$CW$6:$CX$7)+$DD$6",
    "DF7": "SUMPRODUCT($CF$6:$CG$7,$CZ$6:$DA$7)+$DD$7",
    "DF8": "SUMPRODUCT($CF$6:$CG$7,$CW$10:$CX$11)+$DD$8",
    # softmax, step by step
    "DO11": "MAX($DF$6:$DF$8)",
    "DO6": "DF6-$DO$11",
    "DP6": "EXP(DO6)",
    "DP11": "SUM($DP$6:$DP$8)",
    "DQ6": "DP6/$DP$11",
    # the answer under the picture: the class, its probability, a line a class
    "B16": "INDEX($DN$6:$DN$8,MATCH(MAX($DQ$6:$DQ$8),$DQ$6:$DQ$8,0))",
    "B26": "MAX($DQ$6:$DQ$8)",
    "L15": "$DN$6",
    "L17": "$DN$7",
    "L19": "$DN$8",
    "O15": "$DQ$6",
    "O17": "$DQ$7",
    "O19": "$DQ$8",
    # the verdict under it, and the loss beside softmax: -ln p of the actual class
    "B35": 'IF(OR($B$32="?",$B$32=""),"",IF($B$32=$B$16,"✓ right","✗ wrong"))',
    "DR6": 'IF(AND(DN6=$B$32,$B$32<>""),1,0)',
    "DS6": "IF(DR6=0,0,LN($DP$11)-DO6)",
    "DS11": 'IF(SUM($DR$6:$DR$8)=0,"",SUM($DS$6:$DS$8))',
    "DS14": 'IF($DS$11="","",$DS$11/LN(10))',
    # the end of each map's scale, below it: its own, its layer's (the picture's), the network's
    "C12": "CHOOSE($U$45,MAX(MAX($B$6:$H$11),-MIN($B$6:$H$11)),$I$51,$I$51)",
    "AO10": "CHOOSE($U$45,MAX(MAX($AM$6:$AQ$9),-MIN($AM$6:$AQ$9)),$I$52,$W$45)",
    "AO18": "CHOOSE($U$45,MAX(MAX($AM$14:$AQ$17),-MIN($AM$14:$AQ$17)),$I$52,$W$45)",
    "AZ10": "CHOOSE($U$45,MAX(MAX($AY$6:$BC$9),-MIN($AY$6:$BC$9)),$I$53,$W$45)",
    "AZ18": "CHOOSE($U$45,MAX(MAX($AY$14:$BC$17),-MIN($AY$14:$BC$17)),$I$53,$W$45)",
    "BV8": "CHOOSE($U$45,MAX(MAX($BU$6:$BY$7),-MIN($BU$6:$BY$7)),$I$54,$W$45)",
    "CG8": "CHOOSE($U$45,MAX(MAX($CF$6:$CG$7),-MIN($CF$6:$CG$7)),$I$55,$W$45)",
    **{"AM10": "-$AO$10", "AM18": "-$AO$18"},
    # the panel: the scale, the ends of the layers' and the network's, what the Guide reveals
    "U45": 'IF($O$45="map",1,IF($O$45="layer",2,3))',
    "W45": "MAX(0,$I$52:$I$55)",
    "I51": "MAX(MAX($B$6:$H$11),-MIN($B$6:$H$11))",
    "I52": "MAX(MAX($AM$6:$AQ$9,$AM$14:$AQ$17),-MIN($AM$6:$AQ$9,$AM$14:$AQ$17))",
    "I53": "MAX(MAX($AY$6:$BC$9,$AY$14:$BC$17),-MIN($AY$6:$BC$9,$AY$14:$BC$17))",
    "I54": "MAX(MAX($BU$6:$BY$7),-MIN($BU$6:$BY$7))",
    "I55": "MAX(MAX($CF$6:$CG$7),-MIN($CF$6:$CG$7))",
    "I56": "MAX(MAX($DF$6:$DF$8),-MIN($DF$6:$DF$8))",
    "I57": "MAX(MAX($DQ$6:$DQ$8),-MIN($DQ$6:$DQ$8))",
    **{f"H{51 + line}": f"Guide!$J${6 + line}" for line in range(7)},
    # what the explained cell reads, tensor by tensor: the first and last map, row and column
    **_read(51, None, "1", "1", "MAX(1,$M$52)", "MIN(6,$N$52+2)", "MAX(1,$O$52)", "MIN(7,$P$52+2)"),
    **_read(52, 1, "$K$53", "$L$53", "$M$53", "$N$53", "$O$53", "$P$53"),
    **_read(
        *(53, 2, "1", "2", "MAX(1,$M$54*2-1)", "MIN(4,$N$54*2)"),
        *("MAX(1,$O$54-1)", "MIN(5,$P$54+1)"),
    ),
    **_read(
        *(54, 3, "$K$55", "$L$55", "MAX(1,$M$55)", "MIN(2,$N$55)"),
        *("MAX(1,$O$55*2-1)", "MIN(5,$P$55*2)"),
    ),
    **_read(55, 4, "1", "1", "1", "2", "1", "2"),
    **_read(56, 5, "1", "1", "1", "3", "1", "1"),
    **{f"{column}57": f"IF(Explain!$D$5=6,Explain!$D$6,{n})" for column, n in _NOWHERE[:2]},
    **{f"{column}57": f"IF(Explain!$D$5=6,Explain!$D$7,{n})" for column, n in _NOWHERE[2:4]},
    **{f"{column}57": f"IF(Explain!$D$5=6,Explain!$D$8,{n})" for column, n in _NOWHERE[4:]},
    # what the followed pixel reaches
    **{"R51": "IF(COUNT($O$43,$U$43)=2,1,99999)", "S51": "IF(COUNT($O$43,$U$43)=2,1,0)"},
    "T51": "IF(COUNT($O$43,$U$43)=2,MAX(1,MIN(INT($O$43),6)),99999)",
    "U51": "IF(COUNT($O$43,$U$43)=2,MAX(1,MIN(INT($O$43),6)),0)",
    "V51": "IF(COUNT($O$43,$U$43)=2,MAX(1,MIN(INT($U$43),7)),99999)",
    "W51": "IF(COUNT($O$43,$U$43)=2,MAX(1,MIN(INT($U$43),7)),0)",
    **_reached(
        *(52, "1", "2", "MAX(1,$T$51-3+1)", "MIN(4,$U$51-1+1)"),
        *("MAX(1,$V$51-3+1)", "MIN(5,$W$51-1+1)"),
    ),
    **_reached(53, "$R$52", "$S$52", "$T$52", "$U$52", "$V$52", "$W$52"),
    **_reached(
        *(54, "1", "1", "MAX(1,INT(($T$53-1)/2)+1)", "MIN(2,INT(($U$53-1)/2)+1)"),
        *("MAX(1,$V$53-2+1)", "MIN(5,$W$53+1)"),
    ),
    **_reached(
        *(55, "$R$54", "$S$54", "MAX(1,$T$54-1+1)", "MIN(2,$U$54-1+1)"),
        *("MAX(1,INT(($V$54-1)/2)+1)", "MIN(2,INT(($W$54-1)/2)+1)"),
    ),
    **_reached(56, "1", "1", "1", "3", "1", "1"),
    **_reached(57, "1", "1", "1", "3", "1", "1"),
}
SHARED = {
    "AM6": "AM6:AQ9",
    "AM14": "AM14:AQ17",
    "AY6": "AY6:BC9",
    "AY14": "AY14:BC17",
    "DO6": "DO6:DO8",
    "DP6": "DP6:DP8",
    "DQ6": "DQ6:DQ8",
    "DR6": "DR6:DR8",
    "DS6": "DS6:DS8",
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
    assert sheet["AQ9"].value == "=SUMPRODUCT(F9:H11,$AG$7:$AI$9)+$AG$11"
    assert sheet["DQ8"].value == "=DP8/$DP$11"


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
    assert sheet["AM13"].value == "edges map 2 · 4 × 5"
    assert sheet["CW2"].value == "3 values"
    assert sheet["B16"].value == ("cat", 7, "dog")[int(truth.argmax())]
    assert sheet["B26"].value == truth.max()
    assert [sheet[place].value for place in ("L15", "L17", "L19")] == ["cat", 7, "dog"]
    assert [sheet[place].value for place in ("O15", "O17", "O19")] == truth.tolist()


WEIGHTS = {
    "edges": {"weight": ("AG7:AI9", "AG15:AI17"), "bias": ("AG11", "AG19")},
    "fused": {"weight": ("BO7:BQ8", "BO10:BQ11"), "bias": ("BO13",)},
    "dense": {"weight": ("CW6:CX7", "CZ6:DA7", "CW10:CX11"), "bias": ("DD6", "DD7", "DD8")},
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
def test_padding_rings_are_empty(book: books.BuiltBook, compiled: Book) -> None:
    assert books.filled_ring_cells(compiled, book.model.network) == []


def test_the_check_for_overlaps_sees_one(build_book: books.BuildBook) -> None:
    """A ring's cell and a map's cell are where they are looked for."""
    book = build_book(NETWORKS["answer beside a ring"])
    board = compile_book(book.model, book.image).sheets[1]
    doubled = type(board)(board.name, (*board.blocks, board.blocks[0]))
    assert any(board.blocks[0].range.a1 in line for line in books.overlaps(doubled))
