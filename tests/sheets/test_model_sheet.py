"""The Model sheet: sizes, parameters, multiplications and memory, worked out by hand, as NumPy's
side has them, and as engines compute them from the file."""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from support.books import (
    LITERAL,
    BuildBook,
    BuiltBook,
    NetworkBook,
    TemplateBook,
    check_agrees,
    sheet_parts,
    smaller,
    xml_cells,
)
from support.edits import (
    cell_element,
    edited,
    with_constant,
    with_formula,
    with_value,
    without_stored_values,
)
from support.libreoffice import converted

import xlconv
from xlconv import Add, BatchNorm2D, Concat, Dense, Flatten, Network, ReLU, Softmax
from xlconv.compiler import compile_book
from xlconv.engines.registry import engine_named
from xlconv.importers.template import template_names
from xlconv.network.layers.base import Layer
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.kinds import KINDS
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.sheets.board.places import plan
from xlconv.sheets.model.formulas import rules as model_rules
from xlconv.sheets.model.numbers import value_of
from xlconv.sheets.model.places import COLUMNS, MOST_ROW, body, cell_of, column_of, total_cell
from xlconv.sheets.numbers import workbook_values
from xlconv.spreadsheet.cells import Cell, Range

# Every kind of layer whose size, parameters or multiplications come about in a way of its own.
MANY = Network(
    "many",
    (2, 9, 8),
    (
        Conv2D("wide", 4, 3, dilation=2, groups=2),
        BatchNorm2D("norm"),
        Add("twice", inputs=("norm", "wide")),
        Conv2D("step", 3, 2, stride=2, padding="same", bias=False),
        MaxPool2D("pool", 2, 1),
        ReLU("relu"),
        Concat("both", inputs=("pool", "relu")),
        Flatten("flat"),
        AvgPool2D("mean", 2, padding=1, inputs=("step",)),
        GlobalAvgPool2D("average"),
        Concat("joined", inputs=("flat", "average")),
        Dense("hidden", 4, bias=False),
        Dense("dense", 2),
        Softmax("softmax"),
    ),
    ("no", "yes"),
)
DEMO = Network("demo", (1, 5, 6), (KernelDemo("edge", ("a", "b"), "b"), ReLU("relu")))
POOLS = Network("pools", (1, 7, 4), (MaxPool2D("pool", (2, 3), 2),))
NETWORKS = {"many": MANY, "demo": DEMO, "pools": POOLS}

# Worked out by hand: the rows of the tables, by tensor and column; `None` where nothing stands.
BY_HAND: dict[str, dict[str, dict[str, object]]] = {
    "lesson3": {
        "input": {"size": "1 × 28 × 28", "kept": 784, "kept_bytes": 3136, "bytes": 3136},
        "conv1": {
            **{"rows": "(28 + 2·1 − 3)/1 + 1 = 28", "columns": "(28 + 2·1 − 3)/1 + 1 = 28"},
            **{"maps": "one a kernel: 2", "size": "2 × 28 × 28", "agrees": "✓"},
            **{"parameters_line": "2 × (1 × 3 × 3) + 2", "parameters": 20},
            "multiplications_line": "2 × 28 × 28 × (1 × 3 × 3)",
            **{"multiplications": 14_112, "share": 14_112 / 46_256, "kept": 1_568},
            **{"kept_bytes": 6_272, "parameter_bytes": 80, "bytes": 6_352},
            "bar": "▕█████ 14 %",  # 12 * 6,352 / 15,760 = 4.8; 100 * 6,352 / 45,824 = 13.9
        },
        "relu1": {"rows": "as conv1: 28", "parameters": None, "multiplications": None},
        "conv2": {
            **{"parameters_line": "2 × (2 × 3 × 3) + 2", "parameters": 38},
            **{"multiplications": 28_224, "kept": 1_568, "bytes": 6_424},
        },
        "pool": {"rows": "(28 + 2·0 − 2)/2 + 1 = 14", "size": "2 × 14 × 14", "kept": 392},
        "dense": {
            **{"rows": "one for each unit: 10", "columns": None, "size": "10 values"},
            **{"parameters_line": "10 × (2 × 14 × 14) + 10", "parameters": 3_930},
            **{"multiplications_line": "10 × (2 × 14 × 14)", "multiplications": 3_920},
            **{"kept": 10, "bytes": 15_760, "bar": "▕████████████ 34 %"},
        },
        "softmax": {"rows": "as dense: 10", "kept": 10, "bytes": 40, "bar": "▕ 0 %"},
        "all": {
            **{"parameters": 3_988, "multiplications": 46_256, "kept": 7_468},
            **{"kept_bytes": 29_872, "parameter_bytes": 15_952, "bytes": 45_824},
        },
        "most": {
            "layer": "Here dense has the most parameters (3930 of 3988), conv2 does the most "
            "multiplications (28224 of 46256), and dense takes the most memory (15760 of 45824 "
            "bytes)."
        },
    },
    "many": {
        "wide": {  # a window of 3 whose cells are 2 apart covers 5
            "rows": "(9 + 2·0 − (2·(3 − 1) + 1))/1 + 1 = 5",
            "columns": "(8 + 2·0 − (2·(3 − 1) + 1))/1 + 1 = 4",
            "size": "4 × 5 × 4",
            **{"parameters_line": "4 × (1 × 3 × 3) + 4", "parameters": 40},
            **{"multiplications_line": "4 × 5 × 4 × (1 × 3 × 3)", "multiplications": 720},
        },
        "norm": {
            **{"parameters_line": "4 × 4", "parameters": 16, "rows": "as wide: 5"},
            **{"multiplications_line": "4 × 5 × 4", "multiplications": 80},
        },
        "twice": {"maps": "as its inputs: 4", "rows": "as its inputs: 5", "multiplications": None},
        "step": {  # of 5 rows, 3 windows of 2 by steps of 2 want one row more, below
            **{"rows": "(5 + 0 + 1 − 2)/2 + 1 = 3", "columns": "(4 + 2·0 − 2)/2 + 1 = 2"},
            **{"parameters_line": "3 × (4 × 2 × 2)", "parameters": 48, "multiplications": 288},
        },
        "pool": {"rows": "(3 + 2·0 − 2)/1 + 1 = 2", "columns": "(2 + 2·0 − 2)/1 + 1 = 1"},
        "both": {"maps": "3 + 3 = 6", "rows": "as its inputs: 2", "columns": "as its inputs: 1"},
        "flat": {"rows": "6 × 2 × 1 = 12 in a column", "maps": None, "size": "12 values"},
        "mean": {
            **{"rows": "⌊(3 + 2·1 − 2)/2⌋ + 1 = 2", "columns": "(2 + 2·1 − 2)/2 + 1 = 2"},
            **{"size": "3 × 2 × 2", "parameters": None, "kept": 12},
        },
        "average": {"rows": "one for each map: 3", "size": "3 values", "agrees": "✓"},
        "joined": {"rows": "12 + 3 = 15", "size": "15 values"},
        "hidden": {
            **{"parameters_line": "4 × 15", "parameters": 60, "parameter_bytes": 240},
            **{"multiplications_line": "4 × 15", "multiplications": 60},
        },
        "dense": {"parameters_line": "2 × 4 + 2", "parameters": 10, "multiplications": 8},
        "all": {"parameters": 174, "multiplications": 1_156, "parameter_bytes": 696},
        # 144 + 80 + 80 + 80 + 18 + 6 + 6 + 12 + 12 + 12 + 3 + 15 + 4 + 2 + 2 = 476 numbers kept
        "most": {
            "layer": "Here hidden has the most parameters (60 of 174), wide does the most "
            "multiplications (720 of 1156), and input takes the most memory (576 of 2600 bytes)."
        },
    },
    "demo": {
        "edge": {
            **{"rows": "(5 + 2·1 − 3)/1 + 1 = 5", "columns": "(6 + 2·1 − 3)/1 + 1 = 6"},
            **{"parameters_line": "2 × (3 × 3)", "parameters": 18, "maps": "as input: 1"},
            **{"multiplications_line": "1 × 5 × 6 × (3 × 3)", "multiplications": 270},
        }
    },
    "pools": {
        "pool": {"rows": "⌊(7 + 2·0 − 2)/2⌋ + 1 = 3", "columns": "⌊(4 + 2·0 − 3)/2⌋ + 1 = 1"},
        "all": {"parameters": None, "multiplications": None, "kept": 31, "bytes": 124},
        "most": {
            "layer": "Here no layer has parameters, no layer does multiplications, and input takes "
            "the most memory (112 of 124 bytes)."
        },
    },
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_every_layers_arithmetic_gives_its_shape_and_its_parameters(network: Network) -> None:
    """Where a kind says nothing, it makes what it reads, and has no weights."""
    assert {type(layer) for net in NETWORKS.values() for layer in net.layers} >= SAYING
    for layer in network.layers:
        read, shapes = network.read_shapes(layer), network.shapes | network.weight_shapes(layer)
        lengths = [value_of(one.value, shapes) for one in layer.lengths(*read)]
        assert tuple(lengths) == network.shapes[layer.name]
        parameters = layer.parameters(*read)
        counted = 0 if parameters is None else value_of(parameters.value, shapes)
        assert counted == network.parameters(layer)


# The kinds that say anything of their own.
SAYING = {
    kind
    for kind in KINDS.values()
    if kind.lengths is not Layer.lengths or kind.parameters is not Layer.parameters
}


def place_of(network: Network, tensor: str, column: str) -> Cell:
    """The cell of a tensor, of the totals ("all") or of the sentence ("most") in a column."""
    if tensor == "most":
        return Cell(MOST_ROW, column_of(column))
    return total_cell(network, column) if tensor == "all" else cell_of(network, tensor, column)


@pytest.fixture(scope="module")
def book(
    request: pytest.FixtureRequest, template_book: TemplateBook, network_book: NetworkBook
) -> BuiltBook:
    """The book of one of the networks above, or of a template."""
    name = request.param
    return network_book(NETWORKS[name], 1) if name in NETWORKS else template_book(name)


def on_model(source: Path, target: Path, edit: Callable[[str], str]) -> Path:
    """A copy of a workbook with its Model sheet changed."""
    return edited(source, target, edit, sheet_parts(source)["Model"])


each_table = pytest.mark.parametrize("book", BY_HAND, indirect=True)


def expected(book: BuiltBook) -> dict[str, object]:
    """What was worked out by hand, by cell."""
    network = book.model.network
    return {
        place_of(network, tensor, column).a1: value
        for tensor, row in BY_HAND[network.name].items()
        for column, value in row.items()
    }


def differing(found: dict[str, object], by_hand: dict[str, object]) -> dict[str, object]:
    same = {cell for cell, value in by_hand.items() if found[cell] == pytest.approx(value)}
    return {cell: (found[cell], value) for cell, value in by_hand.items() if cell not in same}


@each_table
def test_the_file_says_what_was_worked_out_by_hand(book: BuiltBook) -> None:
    """Its stored values are those of NumPy's side."""
    sheet = openpyxl.load_workbook(book.path, data_only=True)["Model"]
    by_hand = expected(book)
    assert differing({cell: sheet[cell].value for cell in by_hand}, by_hand) == {}


@each_table
def test_numpys_side_has_the_rules_cells_and_no_others(book: BuiltBook) -> None:
    read = xlconv.read_book(book.path)
    steps = workbook_values(read.display, read.layout)
    rules = [rule.key for rule in model_rules(book.model.network, plan(book.model.network))]
    assert len(set(rules)) == len(rules)
    counted = {key for key in steps if key.startswith(("shapes:", "counts:", "sums_"))}
    assert counted == set(rules)


@each_table
def test_engines_compute_it_from_the_file(book: BuiltBook, engine: str, tmp_path: Path) -> None:
    """From formulas alone: what was stored beside them on this sheet is gone."""
    blank = on_model(book.path, tmp_path / "blank.xlsx", without_stored_values)
    by_hand = {cell: value for cell, value in expected(book).items() if value is not None}
    places = [("Model", Range.of(Cell.parse(cell))) for cell in by_hand]
    grids = engine_named(engine).evaluate(blank, places)
    found = {cell: grid[0][0] for cell, grid in zip(by_hand, grids, strict=True)}
    assert differing(found, by_hand) == {}


@each_table
def test_it_verifies(book: BuiltBook, engine: str) -> None:
    # Other numbers are tried in LibreOffice by the tests of its sessions.
    trials = 1 if engine == "formualizer" else 0
    report = check_agrees(book.path, engine, stored="present", random=trials)
    cells = {block.tensor: block.cells for block in report.blocks}
    assert cells["shapes"] > 2 * len(book.model.network.layers)
    assert cells["counts"] > 4 * len(book.model.network.layers)


# The ranges of the board of LITERAL: maps, then kernels, then all of a layer's weights.
IN, EDGES, RELU = "Board!$C$8:$I$13", "Board!$AU$8:$AY$11", "Board!$BE$8:$BI$11"
FUSED, POOL = "Board!$CG$8:$CK$9", "Board!$CP$8:$CQ$9"
DENSE, SOFTMAX = "Board!$DL$8:$DL$10", "Board!$DZ$8:$DZ$10"
KERNEL, FUSED_KERNEL = "Board!$AH$9:$AJ$11", "Board!$BT$9:$BV$10"
EDGE_WEIGHTS, FUSED_WEIGHTS = "Board!$AH$9:$AJ$25", "Board!$BT$9:$BV$13,Board!$BT$15"
DENSE_WEIGHTS = "Board!$DF$8:$DG$17,Board!$DJ$8:$DJ$10"
NAMES = ",".join(f"$B${row}" for row in range(7, 14))
MOST = f"CHOOSE(MATCH(MAX({{0}}$7:{{0}}$13),{{0}}$7:{{0}}$13,0),{NAMES})"


def most(column: str, words: str, unit: str = "") -> str:
    """A part of the sentence, between its texts."""
    name = MOST.format(column)
    return f'{name}&" {words} ("&MAX({column}$7:{column}$13)&" of "&{column}$14&"{unit})'


def bar(row: int) -> str:
    marks = f'REPT("█",INT(12*S{row}/MAX($S$7:$S$13)+0.5))'
    return f'"▕"&{marks}&" "&INT(100*S{row}/$S$14+0.5)&" %"'


def shape(lead: str, place: str) -> str:
    return f'"{lead} × "&ROWS({place})&" × "&COLUMNS({place})'


FORMULAS = {
    "B3": f'"Here "&{most("$L", "has the most parameters")}, "&'
    f'{most("$N", "does the most multiplications")}, and "&'
    f'{most("$S", "takes the most memory", " bytes")}."',
    # the picture
    **{"I7": shape("1", IN), "P7": f"COUNT({IN})", "Q7": "P7*4", "S7": "Q7", "T7": bar(7)},
    "U7": f"SUM({IN})",
    # edges: (H + 2p − k)/s + 1, twice as a text and once more for the mark
    "G8": f'"("&ROWS({IN})&" + 2·0 − 3)/1 + 1 = "&INT((ROWS({IN})+2*0-3)/1)+1',
    "H8": f'"("&COLUMNS({IN})&" + 2·0 − 3)/1 + 1 = "&INT((COLUMNS({IN})+2*0-3)/1)+1',
    "I8": shape("2", EDGES),
    "J8": f"IF(AND(INT((ROWS({IN})+2*0-3)/1)+1=ROWS({EDGES}),"
    f'INT((COLUMNS({IN})+2*0-3)/1)+1=COLUMNS({EDGES})),"✓","✗")',
    "K8": f'"2 × (1 × "&ROWS({KERNEL})&" × "&COLUMNS({KERNEL})&") + 2"',
    "L8": f"COUNT({EDGE_WEIGHTS})",
    "M8": f'{shape("2", EDGES)}&" × (1 × "&ROWS({KERNEL})&" × "&COLUMNS({KERNEL})&")"',
    "N8": f"2*ROWS({EDGES})*COLUMNS({EDGES})*1*ROWS({KERNEL})*COLUMNS({KERNEL})",
    **{"O8": "N8/$N$14", "P8": f"COUNT({EDGES},Board!$AU$20:$AY$23)", "Q8": "P8*4", "R8": "L8*4"},
    **{"S8": "Q8+R8", "T8": bar(8), "U8": f"SUM({EDGE_WEIGHTS})"},
    # relu: as many as it reads
    **{"G9": f'"as edges: "&ROWS({EDGES})', "H9": f'"as edges: "&COLUMNS({EDGES})'},
    "I9": shape("2", RELU),
    "J9": f'IF(AND(ROWS({EDGES})=ROWS({RELU}),COLUMNS({EDGES})=COLUMNS({RELU})),"✓","✗")',
    **{"P9": f"COUNT({RELU},Board!$BE$20:$BI$23)", "Q9": "P9*4", "S9": "Q9", "T9": bar(9)},
    # fused: a stride of 2 down, padding of 1 on both sides across
    "G10": f'"("&ROWS({RELU})&" + 2·0 − 2)/2 + 1 = "&INT((ROWS({RELU})+2*0-2)/2)+1',
    "H10": f'"("&COLUMNS({RELU})&" + 2·1 − 3)/1 + 1 = "&INT((COLUMNS({RELU})+2*1-3)/1)+1',
    "I10": shape("1", FUSED),
    "J10": f"IF(AND(INT((ROWS({RELU})+2*0-2)/2)+1=ROWS({FUSED}),"
    f'INT((COLUMNS({RELU})+2*1-3)/1)+1=COLUMNS({FUSED})),"✓","✗")',
    "K10": f'"1 × (2 × "&ROWS({FUSED_KERNEL})&" × "&COLUMNS({FUSED_KERNEL})&") + 1"',
    "L10": f"COUNT({FUSED_WEIGHTS})",
    "M10": f'{shape("1", FUSED)}&" × (2 × "&ROWS({FUSED_KERNEL})&" × "&COLUMNS({FUSED_KERNEL})&")"',
    "N10": f"1*ROWS({FUSED})*COLUMNS({FUSED})*2*ROWS({FUSED_KERNEL})*COLUMNS({FUSED_KERNEL})",
    **{"O10": "N10/$N$14", "P10": f"COUNT({FUSED})", "Q10": "P10*4", "R10": "L10*4"},
    **{"S10": "Q10+R10", "T10": bar(10), "U10": f"SUM({FUSED_WEIGHTS})"},
    # pool: the fifth column fills no window
    "G11": f'"("&ROWS({FUSED})&" + 2·0 − 1)/1 + 1 = "&INT((ROWS({FUSED})+2*0-1)/1)+1',
    "H11": f'"⌊("&COLUMNS({FUSED})&" + 2·0 − 2)/2⌋ + 1 = "&INT((COLUMNS({FUSED})+2*0-2)/2)+1',
    "I11": shape("1", POOL),
    "J11": f"IF(AND(INT((ROWS({FUSED})+2*0-1)/1)+1=ROWS({POOL}),"
    f'INT((COLUMNS({FUSED})+2*0-2)/2)+1=COLUMNS({POOL})),"✓","✗")',
    **{"P11": f"COUNT({POOL})", "Q11": "P11*4", "S11": "Q11", "T11": bar(11)},
    # dense: the number of units is a setting, and the mark compares with it
    **{"I12": f'ROWS({DENSE})&" values"', "J12": f'IF(AND(3=ROWS({DENSE})),"✓","✗")'},
    "K12": f'"3 × (1 × "&ROWS({POOL})&" × "&COLUMNS({POOL})&") + 3"',
    "L12": f"COUNT({DENSE_WEIGHTS})",
    "M12": f'ROWS({DENSE})&" × (1 × "&ROWS({POOL})&" × "&COLUMNS({POOL})&")"',
    "N12": f"ROWS({DENSE})*1*ROWS({POOL})*COLUMNS({POOL})",
    **{"O12": "N12/$N$14", "P12": f"COUNT({DENSE})", "Q12": "P12*4", "R12": "L12*4"},
    **{"S12": "Q12+R12", "T12": bar(12), "U12": f"SUM({DENSE_WEIGHTS})"},
    # softmax
    **{"G13": f'"as dense: "&ROWS({DENSE})', "I13": f'ROWS({SOFTMAX})&" values"'},
    "J13": f'IF(AND(ROWS({DENSE})=ROWS({SOFTMAX})),"✓","✗")',
    **{"P13": f"COUNT({SOFTMAX})", "Q13": "P13*4", "S13": "Q13", "T13": bar(13)},
    **{f"{column}14": f"SUM(${column}$7:${column}$13)" for column in "LNPQRS"},
}


def test_every_formula_as_the_file_spells_it(build_book: BuildBook) -> None:
    cells = xml_cells(build_book(LITERAL, 1).path, "Model")
    spelled = {place: cell.formula for place, cell in cells.items() if cell.formula is not None}
    assert spelled == FORMULAS
    assert all(cell.attributes == {} for cell in cells.values())


NETWORK = smaller("lesson3", (1, 12, 10)).network


@pytest.fixture
def lesson3(network_book: NetworkBook) -> Path:
    """The layers of the template, on a small picture."""
    return network_book(NETWORK, 1).path


TAMPERING = {
    "its own value, typed": ("conv1", "parameters", lambda c: with_constant(c, 20), "typed"),
    "a count of another range": (
        *("conv1", "kept", lambda c: with_formula(c, "COUNT(Board!$B$6:$C$7)"), "formula"),
    ),
    "another stride": (
        *("pool", "agrees", lambda c: with_formula(c, 'IF(AND(1=1),"✓","✗")'), "formula"),
    ),
    "a wrong stored number": ("conv2", "multiplications", lambda c: with_value(c, 1), "stored"),
    "a wrong stored count": ("conv2", "parameters", lambda c: with_value(c, 37), "stored"),
    "a wrong stored text": ("conv2", "rows", lambda c: with_value(c, "12"), "stored"),
    "a cross stored for a tick": ("conv2", "agrees", lambda c: with_value(c, "✗"), "stored"),
    "another sentence": ("most", "layer", lambda c: with_value(c, "Here all is well."), "stored"),
}


@pytest.mark.parametrize("engine", ["formualizer", "none"])
@pytest.mark.parametrize("what", TAMPERING)
def test_one_fault_is_one_finding_at_its_cell(
    what: str, engine: str, lesson3: Path, tmp_path: Path
) -> None:
    tensor, column, edit, kind = TAMPERING[what]
    cell = place_of(NETWORK, tensor, column).a1
    broken = on_model(lesson3, tmp_path / "broken.xlsx", edit(cell))
    report = xlconv.verify(broken, engine)
    assert [(f.kind, f.cell) for f in report.findings] == [(kind, f"Model!{cell}")]
    assert report.verdict == "differs"
    block = next(b for b in report.blocks if report.findings[0].tensor.startswith(b.tensor))
    assert block.tensor in ("shapes", "counts")


# Sheet and cell, the edit there, and the kind of the one finding, if it is one.
Fault = tuple[str, str, Callable[[str], str], str | None]


def faults() -> dict[str, Fault]:
    """What is made of a book before LibreOffice calculates it."""
    made: dict[str, Fault] = {
        f"{column} {value}": ("Model", cell, with_constant(cell, value), "typed")
        for column in ("parameters", "multiplications", "bytes")
        for cell in (total_cell(NETWORK, column).a1,)
        for value in (4000, 0, -7.5)  # what reads it follows from it, even a share of nothing
    }
    for what in EMPTIED:
        cell = emptied_cell(what)
        made[what] = ("Board", cell, cell_element(cell, lambda old: ""), None)
    # COUNT leaves out the cells behind it, which are errors, too: that is no fault of its own.
    cell = plan(NETWORK).tensors["conv1"].maps[0].cell(4, 4).a1
    made["an error"] = ("Board", cell, with_formula(cell, "1/0"), "formula")
    return made


def test_a_fault_is_one_finding_after_it_was_calculated(
    libreoffice: str, lesson3: Path, tmp_path: Path
) -> None:
    """A typed total or an error; an emptied cell is none."""
    made = faults()
    for name, (sheet, _, edit, _) in made.items():
        edited(lesson3, tmp_path / f"{name}.xlsx", edit, sheet_parts(lesson3)[sheet])
    books = [tmp_path / f"{name}.xlsx" for name in made]
    saved = converted(libreoffice, books, tmp_path, anew=True)
    for name, (sheet, cell, _, kind) in made.items():
        # An engine is asked about the error: whatever reads it is one there, too.
        engine = "formualizer" if kind == "formula" else "none"
        report = xlconv.verify(saved / f"{name}.xlsx", engine, random=0)
        findings = [(f.kind, f.cell) for f in report.findings]
        assert findings == ([(kind, f"{sheet}!{cell}")] if kind else []), name
        assert report.stored_state == "present", name
        if kind == "typed":
            assert report.findings[0].found == float(name.split()[1]), name


def test_a_block_of_another_size_has_a_cross(engine: str, lesson3: Path, tmp_path: Path) -> None:
    """As after somebody has inserted a row into a map: its range is one row longer."""
    cell = cell_of(NETWORK, "pool", "agrees")
    formula = xml_cells(lesson3, "Model")[cell.a1].formula
    place = plan(NETWORK).tensors["pool"].maps[0]
    longer = Range(place.row, place.column, place.height + 1, place.width)
    assert formula is not None
    changed = formula.replace(f"!{place.absolute})", f"!{longer.absolute})", 1)
    assert changed != formula
    grown = on_model(lesson3, tmp_path / "grown.xlsx", with_formula(cell.a1, changed))
    [[[mark]]] = engine_named(engine).evaluate(grown, [("Model", Range.of(cell))])
    assert mark == "✗"


EMPTIED = {"a weight": ("conv1", "parameters", 19), "a pixel": ("input", "kept", 119)}


def emptied_cell(what: str) -> str:
    layout = plan(NETWORK)
    kernel, picture = layout.weights["conv1"].kernels(1)[0], layout.tensors["input"].maps[0]
    return (kernel if what == "a weight" else picture).cell(1, 1).a1


@pytest.mark.parametrize("what", EMPTIED)
def test_a_cell_that_was_emptied_is_not_counted(what: str, lesson3: Path, tmp_path: Path) -> None:
    """It counts as 0 and agrees, whether the file was calculated since or not."""
    (tensor, column, expected_count), cell = EMPTIED[what], emptied_cell(what)
    emptied = edited(lesson3, tmp_path / "emptied.xlsx", cell_element(cell, lambda old: ""))
    counted = Range.of(cell_of(NETWORK, tensor, column))
    [[[count]]] = engine_named("formualizer").evaluate(emptied, [("Model", counted)])
    assert count == expected_count
    assert xlconv.verify(emptied).findings == ()
    assert xlconv.verify(emptied, "none").findings == ()


def test_a_changed_pixel_leaves_the_counts_as_they_are(lesson3: Path, tmp_path: Path) -> None:
    cell = plan(NETWORK).tensors["input"].maps[0].cell(4, 4).a1
    report = xlconv.verify(edited(lesson3, tmp_path / "stale.xlsx", with_value(cell, 0.123)))
    states = {block.tensor: block.stored.state for block in report.blocks}
    assert (report.findings, states["conv1"]) == ((), "stale")
    assert states["shapes"] == states["counts"] == "present"


def test_a_wrong_count_does_not_make_a_wrong_sum_stale(lesson3: Path, tmp_path: Path) -> None:
    """Counts say nothing of whether the file was calculated since somebody changed a weight."""
    places = [cell_of(NETWORK, "conv1", column).a1 for column in ("parameters", "sum")]
    broken = lesson3
    for place in places:
        target = tmp_path / f"{place}.xlsx"
        broken = on_model(broken, target, with_value(place, 77))
    findings = xlconv.verify(broken).findings
    assert {(f.kind, f.cell) for f in findings} == {("stored", f"Model!{p}") for p in places}


def test_long_sums_of_vectors_are_not_written_out(build_book: BuildBook) -> None:
    vectors = tuple(Dense(f"dense_{number}", 2, inputs=("input",)) for number in range(14))
    names = tuple(layer.name for layer in vectors)
    maps = tuple(ReLU(f"relu_{number}", inputs=("input",)) for number in range(14))
    network = Network(
        "long",
        (1, 2, 2),
        (
            *(*vectors, *maps),
            Concat("maps", inputs=tuple(layer.name for layer in maps)),
            Dense("read", 2),
            Concat("all", inputs=(*names, "read")),
            Dense("dense", 2),
        ),
    )
    book = build_book(network)
    sheet = openpyxl.load_workbook(book.path, data_only=True)["Model"]
    assert sheet[cell_of(network, "all", "rows").a1].value == "15 vectors: 30"
    assert sheet[cell_of(network, "maps", "maps").a1].value == "14 tensors: 14"
    assert sheet[cell_of(network, "all", "agrees").a1].value == "✓"
    assert xlconv.verify(book.path).verdict == "agrees"


@pytest.mark.parametrize("name", template_names())
def test_the_table_can_be_read(name: str) -> None:
    """Columns are as wide as their texts, and heads and names stay in view."""
    template = xlconv.load_template(name)
    sheet = next(s for s in compile_book(template, template.image).sheets if s.name == "Model")
    first = body(template.network, "layer")
    assert sheet.freeze == Cell(first.row, first.column + 1)
    inside = Range(first.row, first.column, first.height, len(COLUMNS))
    texts = 0
    for block in sheet.blocks:
        text = getattr(block, "text", None) or getattr(block, "values", [[""]])[0][0]
        if block.range.first in inside and isinstance(text, str) and text:
            narrow = sum(letter in " .:|()·" for letter in text)
            pixels = 6.4 * (len(text) - narrow) + 3.2 * narrow + 4.0 * text.count("█")
            assert pixels < sheet.widths[block.range.column], text
            texts += 1
    assert texts > 6 * len(template.network.layers)
