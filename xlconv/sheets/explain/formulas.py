"""The rules of Explain's part of the sheet Works: which formula stands in which of its cells.

Everything follows from the four chosen cells and the table of layers; what is drawn from it is in
`screen_formulas`. Must not know any value.
"""

from collections.abc import Callable, Iterator, Mapping

from xlconv.formulas.layers.base import Copies, MixedCopies, Rule
from xlconv.formulas.layers.registry import cell_text
from xlconv.formulas.text import one_of
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.explain.canvas_formulas import canvas_rules, order_rules, strongest_rules
from xlconv.sheets.explain.list_formulas import (
    APART,
    COLUMN,
    MAP,
    NUMBER,
    ROW,
    column_of,
    first_of,
    keys_of,
    list_rule,
    magnitude,
    mark_rule,
    rule_by_cell,
    unless,
)
from xlconv.sheets.explain.places import (
    NOTHING,
    InspectorPlaces,
    inspector_places,
    operation_number,
)
from xlconv.sheets.explain.screen import FIRST_FACT, RESULT, THEN, TOTAL
from xlconv.sheets.explain.screen_formulas import screen_rules
from xlconv.sheets.explain.sentence.formulas import by_operation
from xlconv.sheets.explain.table import (
    EXPONENTS,
    NO_WEIGHTS,
    OPERATIONS,
    PLANES,
    WEIGHTS,
    LayerLine,
)
from xlconv.sheets.on_board.panel.places import USED, PanelPlaces
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import BOARD


def rules(network: Network, layout: Layout) -> list[Rule]:
    """The rules of both sheets, in the order of computation."""
    places, looked_up = inspector_places(network, layout), f"{layout.board:{BOARD}}"
    return [
        *_choice_rules(places, layout.panel),
        *_slot_rules(places),
        *_term_rules(places, looked_up),
        *order_rules(places),
        *_fact_rules(places, looked_up),
        *_result_rules(places, looked_up),
        *strongest_rules(places),
        *canvas_rules(places),
        *screen_rules(places, layout, looked_up),
    ]


def _choice_rules(places: InspectorPlaces, panel: PanelPlaces) -> Iterator[Rule]:
    """The number of the chosen layer and what the table says of it, then map, row and column."""
    names, (layer, *cell) = places.search_range("name"), panel.chosen
    number, *used = USED.cells()
    yield list_rule("layer", Range.of(number), f"MATCH({layer:{BOARD}},{names:$},0)")
    yield list_rule("chosen", places.chosen_column, of_layer(names, number))
    for key, chosen, place in zip(("maps", "rows", "columns"), cell, used, strict=True):
        text = f"MAX(1,MIN(INT({chosen:{BOARD}}),{places.of(key):$}))"
        if key == "rows" and places.labelled:
            text = _by_label(places, f"{chosen:{BOARD}}", text)
        yield list_rule(key, Range.of(place), text)


def _by_label(places: InspectorPlaces, chosen: str, number: str) -> str:
    """The row of a vector by its label, if it has such a one, else by its number."""
    found = [f"MATCH({chosen},{labels:{BOARD}},0)" for labels in places.labelled]
    one = one_of(f"{places.of('labels_list'):$}", found)
    return f"IF(ISNUMBER({one}),{one},{number})"


def _slot_rules(places: InspectorPlaces) -> Iterator[Rule]:
    """Where the first slot's window begins, and the list of slots."""
    p = {key: places.of(key).absolute for key in places.keys}
    window = [cell.absolute for cell in places.window.cells()]
    yield rule_by_cell("window", places.window, lambda row, _: _window(places, p, window)[row])
    origins = range(1, places.origins + 1)
    added = OPERATIONS.index("added") + 1
    slot = NUMBER

    def source(key: str) -> str:
        """What the table says of the tensor that a slot is read from."""
        number = f"IF({p['operation']}={added},{slot},{window[3]})"
        return one_of(number, [p[f"from{n}_{key}"] for n in origins])

    channel = places.slot_list(1)
    here = f"{column_of(channel)}{channel.row}"
    colours = '"red","green","blue"'
    output = f"IF({p['output_is_row']}=1,{ROW},{MAP})"
    named = (
        f"IF({source('tint')}={PLANES},CHOOSE({here},{colours}),"
        f'{source("name")}&IF({source("maps")}>1," map "&{here},""))'
    )
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
        source("labels"),
        f"IF({source('tint')}={PLANES},1+{here},{source('tint')})",
    )
    keys = ("caption", "map", "top", "left", "weights_top", "weights_left", "labels", "tint")
    for number, (key, text) in enumerate(zip(keys, texts, strict=True)):
        beyond = f"{slot}>{p['slots']}"
        yield list_rule(f"slot_{key}", places.slot_list(number), unless(beyond, text))


def _window(places: InspectorPlaces, p: dict[str, str], window: list[str]) -> list[str]:
    """Map, row and column, from 1, at which the first slot's window begins; its tensor."""
    maps, rows, columns = p["unravel_maps"], p["unravel_rows"], p["unravel_columns"]
    vector = f"{p['maps']}*{p['columns']}=1"
    befores = [p[f"from{n}_before"] for n in range(1, places.origins + 1)]
    # The last of the tensors that begin before the chosen map, or unit.
    number = "+".join(
        ["1", *(f"IF(AND({b}>0,{b}<IF({vector},{ROW},{MAP})),1,0)" for b in befores[1:])]
    )
    before = one_of(window[3], befores)
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


def _term_rules(places: InspectorPlaces, board: str) -> Iterator[Rule]:
    """The list of terms: every cell that is read, its weight and their product, whether it lies
    outside of the map, and by which they are ordered."""
    p, lists = keys_of(places), [places.term_list(number) for number in range(8)]
    slot, row, column, value, weight, _, outside, _ = map(first_of, lists)
    _, first_row, first_column, _ = (cell.absolute for cell in places.window.cells())
    term, size = NUMBER, f"{p['height']}*{p['width']}"

    def origin(number: int) -> str:
        return f"INDEX({places.slot_list(number):$},{slot})"

    def rule(number: int, key: str, text: str, beyond: str = f'{slot}=""') -> Rule:
        return list_rule(f"term_{key}", lists[number], unless(beyond, text))

    down, across = f"{row}-{first_row}", f"{column}-{first_column}"
    beyond = f"OR({row}<1,{row}>{p['read_rows']},{column}<1,{column}>{p['read_columns']})"
    # Equal formulas below each other are one listener to LibreOffice, which marks all of them
    # again for every run of changed cells on the board. Spelled in turn, each is marked once.
    spellings = (f"{origin(2)}+{down}", f"{down}+{origin(2)}")
    left_out = f"AND({p['skips']}=1,{outside}=1)"
    reads = [
        rule(3, "value", unless(left_out, f"INDEX({board},{one},{origin(3)}+{across})"))
        for one in spellings
    ]
    kernel = _kernel_cell(places, p, f"{origin(4)}+{down}", f"{origin(5)}+{across}")
    shifted = _shifted(p, value, _logits(lists[3], places), kernel)
    yield rule(0, "slot", f"INT(({term}-1)/({size}))+1", f"{term}>{p['slots']}*{size}")
    yield rule(1, "row", f"{first_row}+INT(MOD({term}-1,{size})/{p['width']})*{p['apart_rows']}")
    yield rule(2, "column", f"{first_column}+MOD({term}-1,{p['width']})*{p['apart_columns']}")
    yield rule(6, "outside", f"IF(AND({p['slides']}=1,{beyond}),1,0)")
    yield _either(reads[0], reads[1], lambda r, _: r % 2 == 1)
    own, soft = rule(4, "weight", kernel), rule(4, "weight", shifted)
    yield _either(own, soft, lambda r, _: r < places.exponents)
    yield rule(5, "product", _product(p, value, weight))
    yield mark_rule(places, "read_end", magnitude(lists[3]))
    yield mark_rule(places, "weight_end", magnitude(lists[4]))
    yield mark_rule(places, "product_end", magnitude(lists[5]))
    yield rule(7, "key", _key(places, p, lists))


def _key(places: InspectorPlaces, p: Mapping[str, str], lists: list[Range]) -> str:
    """By which a term is ordered: positive products above zero, negative ones below, each by its
    size; of equal ones the first goes before. No two are equal, which spreadsheets would compare
    by other digits here than there. Without weights, cells by what they hold."""
    _, _, _, value, _, product, _, _ = map(first_of, lists)
    share = f"{product}/{places.mark('product_end'):$}"
    one = f"{share}+SIGN({product})*(1-{NUMBER}*{APART})"
    held = f"{value}/{places.mark('read_end'):$}-{NUMBER}*{APART}"
    alone = unless(f'{value}=""', held)
    return f"IF({p['weights']}={NO_WEIGHTS},{alone},{one})"


def _either(usual: Rule, other: Rule, others: Callable[[int, int], bool]) -> Rule:
    """The formulas of one rule, but of the other in some cells; not as shared formulas, which may
    not refer to another sheet."""
    mixed = MixedCopies(Copies(usual.formula), Copies(other.formula), others)
    return rule_by_cell(usual.role, usual.range, mixed)


def _logits(listed: Range, places: InspectorPlaces) -> Range:
    """What a softmax may read, at the beginning of a list: only these have weights that follow
    from what is read, so that an edited pixel leaves all other weights calculated."""
    return Range(listed.row, listed.column, max(1, places.exponents), 1)


def _kernel_cell(places: InspectorPlaces, p: Mapping[str, str], row: str, column: str) -> str:
    """A cell of the chosen layer's weights, if it has any."""
    kernels = [f"INDEX({one:{BOARD}},{row},{column})" for one in places.kernels]
    chosen = one_of(p["kernels_number"], kernels) if kernels else '""'
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

    yield rule_by_cell("fact_names", places.fact_names, name)
    yield rule_by_cell("facts", places.facts, value)


def of_layer(values: Range, layer: Cell) -> str:
    """What a line of the table says of the chosen layer; Gnumeric wants the row, too.

    >>> of_layer(Range(12, 30, 1, 7), Cell(5, 4))
    'INDEX($AD12:$AJ12,1,$D$5)'
    """
    last = values.last.a1.rstrip("0123456789")
    return f"INDEX({column_of(values)}{values.row}:${last}{values.row},1,{layer:$})"


def name_in(cell: Cell) -> str:
    """A name of the table, or an empty text where there is none.

    >>> name_in(Cell(2, 2))
    'IF($B$2="-","",$B$2)'
    """
    return f'IF({cell.absolute}="{NOTHING}","",{cell.absolute})'


def _result_rules(places: InspectorPlaces, board: str) -> Iterator[Rule]:
    """The board's cell, what follows from the terms, whether they are equal, what follows it."""
    p = keys_of(places)
    products = f"{places.term_list(5):$}"
    total = unless(f"{p['totals']}=0", f"SUM({products})")
    yield mark_rule(places, "total", total)
    cell = f"INDEX({board},{p['top']}+({MAP}-1)*{p['pitch']}+{ROW}-1,{p['left']}+{COLUMN}-1)"
    yield mark_rule(places, "board", cell)
    formulas = {operation_number(line): result_of(line, places) for line in places.lines}
    yield mark_rule(places, "result", by_operation(p["operation"], formulas))
    here, there = places.mark("result").absolute, places.mark("board").absolute
    near = f"ABS({here}-{there})<=0.000000001*(1+ABS({there}))"
    yield mark_rule(places, "equal", f"IF({near},1,0)")
    then = (
        f"INDEX({board},{p['then_top']}+({MAP}-1)*{p['then_pitch']}+{ROW}-1,"
        f"{p['then_left']}+{COLUMN}-1)"
    )
    yield mark_rule(places, "then", unless(f"{p['then_kind']}=0", then))
    yield mark_rule(places, "bold", p["bold"])
    told, made = p["totals"], f"{p['totals']}+{p['fact_count']}+1"
    codes = (
        f"IF({NUMBER}<={told},{TOTAL},IF({NUMBER}<{made},{FIRST_FACT - 1}+{NUMBER}-{told},"
        f"IF({NUMBER}={made},{RESULT},"
        f"IF(AND({NUMBER}={made}+1,{p['then_kind']}>0),{THEN},0))))"
    )
    yield list_rule("results", places.results, codes)


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
