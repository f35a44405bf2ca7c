"""The rules of what is drawn of a cell: which part of its windows, in which order, and what stands
in each row and each column of the canvas.

Must not know any value.
"""

from collections.abc import Iterator

from xlconv.formulas.layers.base import Rule
from xlconv.sheets.explain.list_formulas import (
    APART,
    NUMBER,
    ROW,
    first_of,
    keys_of,
    list_rule,
    magnitude,
    mark_rule,
    unless,
)
from xlconv.sheets.explain.places import InspectorPlaces
from xlconv.sheets.explain.screen import EQUALS, OUTCOME, PRODUCT, READS, SIGMA, SUM, TIMES, WEIGHT
from xlconv.sheets.explain.table import EXPONENTS, NO_WEIGHTS, WEIGHTS


def order_rules(places: InspectorPlaces) -> Iterator[Rule]:
    """The strongest term, which part of windows is shown, the slots' sums and their order."""
    p, keys = keys_of(places), f"{places.term_list(7):$}"
    most, least, size = f"MAX({keys})", f"MIN({keys})", f"{p['height']}*{p['width']}"
    largest = f"MATCH({most},{keys},0)"
    either = f"IF({most}>=-{least},{largest},MATCH({least},{keys},0))"
    text = f"IF({p['weights']}={WEIGHTS},{either},IF({p['weights']}={EXPONENTS},{ROW},{largest}))"
    # Of an exercise's open cell, which is a text to LibreOffice, there is no key.
    yield mark_rule(places, "strongest", f"IF(COUNT({keys})=0,1,{text})")
    before = f"{places.mark('strongest'):$}-1"
    down = f"INT(MOD({before},{size})/{p['width']})"
    yield mark_rule(places, "cut_rows", _cut(p["height"], p["shown_height"], down))
    across = f"MOD({before},{p['width']})"
    yield mark_rule(places, "cut_columns", _cut(p["width"], p["shown_width"], across))
    sums, slots = places.slot_list(8), places.term_list(0)
    none = f"OR({NUMBER}>{p['slots']},{p['weights']}={NO_WEIGHTS})"
    own = f"SUMIF({slots:$},{NUMBER},{places.term_list(5):$})"
    yield list_rule("slot_sum", sums, unless(none, own))
    yield mark_rule(places, "sum_end", magnitude(sums))
    size_of = f"ABS({first_of(sums)})/{places.mark('sum_end'):$}-{NUMBER}*{APART}"
    key = f"IF({p['weights']}={NO_WEIGHTS},-{NUMBER},{size_of})"
    yield list_rule("slot_key", places.slot_list(9), unless(f"{NUMBER}>{p['slots']}", key))
    keys = f"{places.slot_list(9):$}"
    text = f"MATCH(LARGE({keys},{NUMBER}),{keys},0)"
    yield list_rule("order", places.order, unless(f"{NUMBER}>{p['blocks']}", text))


def _cut(whole: str, shown: str, strongest: str) -> str:
    """How much is left out before what is shown of a side, with the strongest in its middle."""
    start = f"{strongest}-INT(({shown}-1)/2)"
    return f"MAX(0,MIN({whole}-{shown},{start}))"


def strongest_rules(places: InspectorPlaces) -> Iterator[Rule]:
    """The products that speak most for a large result, and those against it."""
    p, keys = keys_of(places), f"{places.term_list(7):$}"
    for number, (key, function, sign) in enumerate(
        (("favour", "LARGE", ">"), ("against", "SMALL", "<"))
    ):
        one = f"{function}({keys},{NUMBER})"
        enough = f"AND({p['weights']}={WEIGHTS},COUNT({keys})>={NUMBER})"
        text = f'IF({enough},IF({one}{sign}0,MATCH({one},{keys},0),""),"")'
        yield list_rule(f"strongest_{key}", places.strongest(number), text)


def canvas_rules(places: InspectorPlaces) -> Iterator[Rule]:
    """What stands in each row and each column of the canvas."""
    p, lists = keys_of(places), [places.line_list(number) for number in range(4)]
    slot, line, _, _ = map(first_of, lists)
    before, high = f"({NUMBER}-1)", f"({p['shown_height']}+1)"
    beyond = f"{NUMBER}>{p['blocks']}*{high}"
    yield list_rule(
        "line_slot", lists[0], f"IF({beyond},0,INDEX({places.order:$},INT({before}/{high})+1))"
    )
    yield list_rule("line_row", lists[1], f"IF({beyond},0,MOD({before},{high})+1)")
    rows = f"{places.mark('cut_rows'):$}+{line}-1"
    base = f"(({slot}-1)*{p['height']}+{rows})*{p['width']}+{places.mark('cut_columns'):$}"
    yield list_rule("line_base", lists[2], f"IF(OR({line}=0,{line}>{p['shown_height']}),0,{base})")
    yield list_rule("line_tint", lists[3], f"IF({slot}=0,0,INDEX({places.slot_list(7):$},{slot}))")
    shows, place = places.column_list(0), places.column_list(1)
    wide = p["shown_width"]
    shown = "0"
    for what, end in reversed(
        (
            (READS, wide),
            (TIMES, f"{wide}+1"),
            (WEIGHT, f"2*{wide}+1"),
            (EQUALS, f"2*{wide}+2"),
            (PRODUCT, f"3*{wide}+2"),
            (SIGMA, f"3*{wide}+3"),
            (SUM, f"3*{wide}+4"),
        )
    ):
        shown = f"IF({NUMBER}<={end},{what},{shown})"
    behind = f"IF({NUMBER}={wide}+1,{EQUALS},IF({NUMBER}={wide}+2,{OUTCOME},0))"
    alone = f"IF({NUMBER}<={wide},{READS},{behind})"
    weighted = shown
    yield list_rule("column_shows", shows, f"IF({p['weights']}={NO_WEIGHTS},{alone},{weighted})")
    shown = first_of(shows)
    yield list_rule(
        "column_place",
        place,
        f"IF({shown}={READS},{NUMBER},IF({shown}={WEIGHT},{NUMBER}-{wide}-1,"
        f"IF({shown}={PRODUCT},{NUMBER}-2*{wide}-2,0)))",
    )
