"""The rules of the sheet Explain: which formula stands in which of its cells.

Everything follows from the four chosen cells and the table of layers; the sentence is in
`sentence_formulas`. Must not know any value.
"""

from collections.abc import Callable, Iterator, Mapping

from xlconv.formulas.layers.base import Copies, MixedCopies, Rule
from xlconv.formulas.layers.registry import cell_text
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.explain.places import (
    NOTHING,
    InspectorPlaces,
    inspector_places,
    operation_number,
)
from xlconv.sheets.explain.sentence_formulas import by_operation, sentence, term_words
from xlconv.sheets.explain.table import EXPONENTS, OPERATIONS, WEIGHTS, LayerLine
from xlconv.sheets.panel.places import USED, PanelPlaces
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import BOARD, EXPLAIN, WORKS

BLOCK = "explain"
_, MAP, ROW, COLUMN = (f"{cell:{WORKS}}" for cell in USED.cells())


def rules(network: Network, layout: Layout) -> list[Rule]:
    """The rules of the sheet, in the order of computation."""
    places, looked_up = inspector_places(network, layout), f"{layout.board:{BOARD}}"
    return [
        *_choice_rules(places, layout.panel),
        *_slot_rules(places),
        *_term_rules(places, looked_up),
        *_fact_rules(places, looked_up),
        *_result_rules(places, looked_up),
        *_strongest_rules(places),
        *_map_rules(places),
        _rule("sentence", Range.of(Cell(3, 2)), sentence(places)),
    ]


def _rule(
    key: str,
    place: Range,
    formula: str,
    cellwise: Callable[[int, int], str] | None = None,
    sheet: str = EXPLAIN,
) -> Rule:
    return Rule(BLOCK, f"{BLOCK}:{key}", None, place, formula, cellwise, sheet, role=key)


def _cellwise(key: str, place: Range, text: Callable[[int, int], str]) -> Rule:
    return _rule(key, place, text(0, 0), text)


def _choice_rules(places: InspectorPlaces, panel: PanelPlaces) -> Iterator[Rule]:
    """The number of the chosen layer and what the table says of it, then map, row and column."""
    names, (layer, *cell) = places.search_range("name"), panel.chosen
    number, *used = USED.cells()
    found = f"MATCH({layer:{BOARD}},{names:{EXPLAIN}},0)"
    yield _rule("layer", Range.of(number), found, sheet=WORKS)
    copies = Copies(of_layer(names, number))
    yield _rule("chosen", places.chosen_column, copies.formula, copies)
    for key, chosen, place in zip(("maps", "rows", "columns"), cell, used, strict=True):
        text = f"MAX(1,MIN(INT({chosen:{BOARD}}),{places.of(key):{EXPLAIN}}))"
        yield _rule(key, Range.of(place), text, sheet=WORKS)


def _slot_rules(places: InspectorPlaces) -> Iterator[Rule]:
    """Where the first slot's window begins, and the list of slots."""
    p = {key: places.of(key).absolute for key in places.keys}
    window = [cell.absolute for cell in places.window.cells()]
    yield _cellwise("window", places.window, lambda row, _: _window(places, p, window)[row])
    origins = range(1, places.origins + 1)
    added = OPERATIONS.index("added") + 1
    slot = f"ROWS({_growing(places.slot_list(0))})"

    def source(key: str) -> str:
        """What the table says of the tensor that a slot is read from."""
        number = f"IF({p['operation']}={added},{slot},{window[3]})"
        return f"CHOOSE({number},{','.join(p[f'from{n}_{key}'] for n in origins)})"

    channel = places.slot_list(1)
    here = f"{_column(channel)}{channel.row}"
    output = f"IF({p['output_is_row']}=1,{ROW},{MAP})"
    named = f'{source("name")}&IF({source("maps")}>1," map "&{here},"")'
    kernel_row = (
        f"{p['kernels_top']}+INT(({output}-1)/{p['outputs_across']})*{p['output_rows']}"
        f"+MOD({slot}-1,{p['slots_down']})*{p['slot_rows']}"
    )
    kernel_column = (
        f"{p['kernels_left']}+MOD({output}-1,{p['outputs_across']})*{p['output_columns']}"
        f"+INT(({slot}-1)/{p['slots_down']})*{p['slot_columns']}"
    )
    weighted = f"{p['weights']}={WEIGHTS}"
    texts = (
        named,
        f"{window[0]}+({slot}-1)*{p['maps_on']}",
        f"{source('top')}+({here}-1)*{source('pitch')}+{window[1]}-1",
        f"{source('left')}+{window[2]}-1",
        f'IF({weighted},{kernel_row},"")',
        f'IF({weighted},{kernel_column},"")',
    )
    keys = ("caption", "map", "top", "left", "weights_top", "weights_left")
    for number, (key, text) in enumerate(zip(keys, texts, strict=True)):
        beyond = f"{slot}>{p['slots']}"
        yield _rule(f"slot_{key}", places.slot_list(number), unless(beyond, text))


def _window(places: InspectorPlaces, p: dict[str, str], window: list[str]) -> list[str]:
    """Map, row and column, from 1, at which the first slot's window begins; its tensor."""
    maps, rows, columns = p["unravel_maps"], p["unravel_rows"], p["unravel_columns"]
    vector = f"{p['maps']}*{p['columns']}=1"
    befores = [p[f"from{n}_before"] for n in range(1, places.origins + 1)]
    # The last of the tensors that begin before the chosen map, or unit.
    number = "+".join(
        ["1", *(f"IF(AND({b}>0,{b}<IF({vector},{ROW},{MAP})),1,0)" for b in befores[1:])]
    )
    before = f"CHOOSE({window[3]},{','.join(befores)})"
    map_ = f"{p['maps_of']}*INT(({MAP}-1)/{p['maps_by']})+{p['by_row']}*({ROW}-1)+1"
    row = f"({ROW}-1)*{p['down']}-{p['before_rows']}+1"
    column = f"({COLUMN}-1)*{p['across']}-{p['before_columns']}+1"
    return [
        f"IF({maps}>0,MOD(INT(({ROW}-1)/MAX(1,{maps})),{p['read_maps']})+1,"
        f"{map_}-IF({vector},0,{before}))",
        f"IF({maps}>0,MOD(INT(({ROW}-1)/MAX(1,{rows})),{p['read_rows']})+1,"
        f"{row}-IF({vector},{before},0))",
        f"IF({maps}>0,MOD(INT(({ROW}-1)/MAX(1,{columns})),{p['read_columns']})+1,{column})",
        number,
    ]


def _column(place: Range) -> str:
    return "$" + place.first.a1.rstrip("0123456789")


def _growing(place: Range) -> str:
    """A range from a list's first row, which stays, to the formula's own: ROWS counts it. In the
    empty first column, so that no cell asks for itself."""
    return f"$A${place.row}:$A{place.row}"


def _term_rules(places: InspectorPlaces, board: str) -> Iterator[Rule]:
    """The list of terms: every cell that is read, its weight and their product."""
    p = {key: places.of(key).absolute for key in places.keys}
    lists = [places.term_list(number) for number in range(6)]
    slot, row, column, value, weight, _ = (f"{_column(one)}{one.row}" for one in lists)
    _, first_row, first_column, _ = (cell.absolute for cell in places.window.cells())
    term, size = f"ROWS({_growing(lists[0])})", f"{p['height']}*{p['width']}"

    def origin(number: int) -> str:
        return f"INDEX({places.slot_list(number):$},{slot})"

    def rule(number: int, key: str, text: str, beyond: str = f'{slot}=""') -> Rule:
        return _rule(f"term_{key}", lists[number], unless(beyond, text))

    down, across = f"{row}-{first_row}", f"{column}-{first_column}"
    outside = (
        f"IF({p['skips']}=1,OR({row}<1,{row}>{p['read_rows']},"
        f"{column}<1,{column}>{p['read_columns']}),0)"
    )
    # Equal formulas below each other are one listener to LibreOffice, which marks all of them
    # again for every run of changed cells on the board. Spelled in turn, each is marked once.
    spellings = (f"{origin(2)}+{down}", f"{down}+{origin(2)}")
    reads = [
        rule(3, "value", unless(outside, f"INDEX({board},{one},{origin(3)}+{across})"))
        for one in spellings
    ]
    kernel = _kernel_cell(places, p, f"{origin(4)}+{down}", f"{origin(5)}+{across}")
    shifted = _shifted(p, value, _logits(lists[3], places), kernel)
    yield rule(0, "slot", f"INT(({term}-1)/({size}))+1", f"{term}>{p['slots']}*{size}")
    yield rule(1, "row", f"{first_row}+INT(MOD({term}-1,{size})/{p['width']})*{p['apart_rows']}")
    yield rule(2, "column", f"{first_column}+MOD({term}-1,{p['width']})*{p['apart_columns']}")
    yield _either(reads[0], reads[1], lambda r, _: r % 2 == 1)
    own, soft = rule(4, "weight", kernel), rule(4, "weight", shifted)
    yield _either(own, soft, lambda r, _: r < places.exponents)
    yield rule(5, "product", _product(p, value, weight))


def _either(usual: Rule, other: Rule, others: Callable[[int, int], bool]) -> Rule:
    """The formulas of one rule, but of the other in some cells; not as shared formulas, which may
    not refer to another sheet."""
    mixed = MixedCopies(Copies(usual.formula), Copies(other.formula), others)
    return _cellwise(usual.role, usual.range, mixed)


def _logits(listed: Range, places: InspectorPlaces) -> Range:
    """What a softmax may read, at the beginning of a list: only these have weights that follow
    from what is read, so that an edited pixel leaves all other weights calculated."""
    return Range(listed.row, listed.column, max(1, places.exponents), 1)


def _kernel_cell(places: InspectorPlaces, p: Mapping[str, str], row: str, column: str) -> str:
    """A cell of the chosen layer's weights, if it has any."""
    kernels = [f"INDEX({one:{BOARD}},{row},{column})" for one in places.kernels]
    chosen = f"CHOOSE({p['kernels_number']},{','.join(kernels)})" if kernels else '""'
    return f'IF({p["weights"]}={WEIGHTS},{chosen},"")'


def _shifted(p: Mapping[str, str], value: str, logits: Range, otherwise: str) -> str:
    """The weight of a softmax's term: how far its logit is from the largest."""
    return f"IF({p['weights']}={EXPONENTS},{value}-MAX({logits:$}),{otherwise})"


def _product(p: Mapping[str, str], value: str, weight: str) -> str:
    """What becomes of a value and its weight; nothing, if it has none."""
    multiplied = f"IF({p['weights']}={EXPONENTS},EXP({weight}),{value}*{weight})"
    return unless(f'{weight}=""', multiplied)


def _fact_rules(places: InspectorPlaces, board: str) -> Iterator[Rule]:
    """The numbers beside a layer: a bias, a mean, a mask."""

    def name(row: int, _: int) -> str:
        return name_in(places.of(f"fact{row + 1}_name"))

    def value(row: int, _: int) -> str:
        top, left, by_map, by_row, by_column = (
            places.of(f"fact{row + 1}_{key}").absolute
            for key in ("top", "left", "by_map", "by_row", "by_column")
        )
        moved = f"{top}+({MAP}-1)*{by_map}+({ROW}-1)*{by_row}"
        return unless(f"{top}=0", f"INDEX({board},{moved},{left}+({COLUMN}-1)*{by_column})")

    yield _cellwise("fact_names", places.fact_names, name)
    yield _cellwise("facts", places.facts, value)


def of_layer(values: Range, layer: Cell) -> str:
    """What a line of the table says of the chosen layer; Gnumeric wants the row, too.

    >>> of_layer(Range(12, 30, 1, 7), Cell(5, 4))
    'INDEX($AD12:$AJ12,1,Works!$D$5)'
    """
    return f"INDEX({_column(values)}{values.row}:${values.last},1,{layer:{WORKS}})"


def unless(condition: str, value: str) -> str:
    """A value, or an empty text where a condition holds.

    >>> unless("A1>5", "B1")
    'IF(A1>5,"",B1)'
    """
    return f'IF({condition},"",{value})'


def name_in(cell: Cell) -> str:
    """A name of the table, or an empty text where there is none.

    >>> name_in(Cell(2, 2))
    'IF($B$2="-","",$B$2)'
    """
    return f'IF({cell.absolute}="{NOTHING}","",{cell.absolute})'


def _result_rules(places: InspectorPlaces, board: str) -> Iterator[Rule]:
    """The board's cell, what follows from the terms, whether they are equal, what follows it."""
    p = {key: places.of(key).absolute for key in places.keys}
    label = f"INDEX({board},{p['top']}+{ROW}-1,{p['labels']})"
    unit = f'"row "&{ROW}&" stands for "&{label}'
    yield _rule("unit", places.unit, unless(f"{p['labels']}=0", unit))
    cell = f"INDEX({board},{p['top']}+({MAP}-1)*{p['pitch']}+{ROW}-1,{p['left']}+{COLUMN}-1)"
    yield _rule("board", places.board, cell)
    formulas = {operation_number(line): result_of(line, places) for line in places.lines}
    yield _rule("result", places.result, by_operation(places.of("operation"), formulas))
    here, there = places.result.first.absolute, places.board.first.absolute
    near = f"ABS({here}-{there})<=0.000000001*(1+ABS({there}))"
    yield _rule("equal", places.equal, f'IF({near},"✓","✗")')
    then = (
        f"INDEX({board},{p['then_top']}+({MAP}-1)*{p['then_pitch']}+{ROW}-1,"
        f"{p['then_left']}+{COLUMN}-1)"
    )
    yield _rule("then_name", places.then_name, name_in(places.of("then_name")))
    yield _rule("then", places.then, unless(f"{p['then_kind']}=0", then))


def result_of(line: LayerLine, places: InspectorPlaces) -> str:
    """What an operation makes of the terms and the numbers beside them."""
    values, products = places.term_list(3).absolute, places.term_list(5).absolute
    x, total = places.term_list(3).first.absolute, f"SUM({products},{places.facts.first.absolute})"
    of_several = {
        "weighted": total,
        "rectified": f"MAX(0,{total})",
        "largest": f"MAX({values})",
        "mean": f"AVERAGE({values})",
        "added": f"SUM({values})",
        "same": x,
        "softmax": f"INDEX({products},{ROW})/SUM({products})",
    }
    if line.operation in of_several:
        return of_several[line.operation]
    return cell_text(line.layer, x, places.beside(line))


def _strongest_rules(places: InspectorPlaces) -> Iterator[Rule]:
    """The products that speak most for a large result, and those against it."""
    products = places.term_list(5)
    weighted = f"{places.of('weights').absolute}={WEIGHTS}"
    for key, place, function, sign in (
        ("for", places.favour, "LARGE", ">"),
        ("against", places.against, "SMALL", "<"),
    ):

        def number(row: int, _: int, function: str = function, sign: str = sign) -> str:
            one = f"{function}({products.absolute},{row + 1})"
            enough = f"AND({weighted},COUNT({products.absolute})>{row})"
            return f'IF({enough},IF({one}{sign}0,{one},""),"")'

        def term(row: int, _: int, place: Range = place) -> str:
            cell = place.cell(row, 0).absolute
            first = f"MATCH({cell},{products.absolute},0)"
            if row:  # of equal ones, the next
                above, at = place.cell(row - 1, 0), places.term_of(place).cell(row - 1, 0).absolute
                rest = f"INDEX({products:$},{at}+1):{products.last:$}"
                first = f"IF({cell}={above.absolute},{at}+MATCH({cell},{rest},0),{first})"
            return unless(f'{cell}=""', first)

        def words(row: int, _: int, place: Range = place) -> str:
            at = places.term_of(place).cell(row, 0).absolute
            return unless(f'{at}=""', term_words(places, at))

        yield _cellwise(f"strongest_{key}", place, number)
        yield _cellwise(f"strongest_{key}_term", places.term_of(place), term)
        yield _cellwise(f"strongest_{key}_words", places.words_of(place), words)


def _map_rules(places: InspectorPlaces) -> Iterator[Rule]:
    """The maps: windows, weights and products in their shapes, with captions and sums."""
    p = {key: places.of(key).absolute for key in places.keys}
    slots, lines, bases = (places.line_list(number) for number in range(3))
    slot, line, base = (f"{_column(one)}{one.row}" for one in (slots, lines, bases))
    number, high = f"ROWS({_growing(slots)})", f"{p['height']}+1"
    beyond = f"{number}>{p['slots']}*({high})"
    yield _rule("line_slot", slots, f"IF({beyond},0,INT(({number}-1)/({high}))+1)")
    yield _rule("line_row", lines, f"IF({beyond},0,MOD({number}-1,{high}))")
    before = f"(({slot}-1)*{p['height']}+{line}-1)*{p['width']}"
    yield _rule("line_base", bases, f"IF({line}=0,0,{before})")
    first_row, first_column = (cell.absolute for cell in list(places.window.cells())[1:3])
    row_words = f'"row "&{first_row}+({line}-1)*{p["apart_rows"]}'
    caption = f"INDEX({places.slot_list(0):$},{slot})"
    text = f"IF({line}=0,{caption},{row_words})"
    yield _rule("captions", places.captions, unless(f"{slot}=0", text))
    place = f"COLUMNS({_widening(places.heads)})"
    head = f"{first_column}+({place}-1)*{p['apart_columns']}"
    yield _rule("heads", places.heads, unless(f"{place}>{p['width']}", head))
    yield from _drawn_rules(places, slot, line, base)
    only = f"AND({slot}>0,{line}=0,{p['weights']}>0)"
    terms_of = f"SUMIF({places.term_list(0).absolute},{slot},{places.term_list(5).absolute})"
    yield _rule("sums", places.sums, f'IF({only},{terms_of},"")')


def _widening(place: Range) -> str:
    """A range from a row's first cell, whose column stays, to the formula's own column: COLUMNS
    counts it. In the first row, so that no cell asks for itself."""
    letters = _column(place)
    return f"{letters}$1:{letters[1:]}$1"


def _drawn_rules(places: InspectorPlaces, slot: str, line: str, base: str) -> Iterator[Rule]:
    """Windows, weights and products, in their shapes. Weights are looked up where they stand: by
    way of the list of terms, in which a softmax's follow from the board, every edited pixel would
    make all of them dirty."""
    p = {key: places.of(key).absolute for key in places.keys}
    reads, weights, head = places.reads.first, places.weights.first, places.heads.first
    values, first_column = places.term_list(3), list(places.window.cells())[2].absolute
    across = f"{head.a1.rstrip('0123456789')}${head.row}-{first_column}"
    top, left = (f"INDEX({places.slot_list(number):$},{slot})" for number in (4, 5))
    kernel = _kernel_cell(places, p, f"{top}+({line}-1)*{p['apart_rows']}", f"{left}+{across}")
    below = Range(reads.row + 1, reads.column, 1, 1)  # a softmax reads one column, with a caption
    shifted = _shifted(p, f"{reads}", _logits(below, places), kernel)

    def drawn(key: str, place: Range, text: str) -> Rule:
        column = f"COLUMNS({_widening(place)})"
        return _rule(key, place, unless(f"OR({line}=0,{column}>{p['width']})", text))

    column = f"COLUMNS({_widening(places.reads)})"
    yield drawn("reads", places.reads, f"INDEX({values:$},{base}+{column})")
    own, soft = (drawn("weights", places.weights, text) for text in (kernel, shifted))
    yield _either(own, soft, lambda r, c: c == 0 and 0 < r <= places.exponents)
    yield _rule("products", places.products, _product(p, f"{reads}", f"{weights}"))
