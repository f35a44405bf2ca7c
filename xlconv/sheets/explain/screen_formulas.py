"""The rules of the sheet Explain: what is drawn of a cell, looked up in the lists on Works.

Must not know any value.
"""

from collections.abc import Callable, Iterator

from xlconv.formulas.layers.base import Rule
from xlconv.network.network import INPUT
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.board.places import MOST_LEGENDS
from xlconv.sheets.explain.list_formulas import BLOCK, unless
from xlconv.sheets.explain.places import NOTHING, InspectorPlaces
from xlconv.sheets.explain.screen import FIRST_FACT, READS, RESULT, THEN, TOTAL, Screen
from xlconv.sheets.explain.sentence.formulas import sentence
from xlconv.sheets.explain.table import EXPONENTS, FACTS, PLANES, WEIGHTS
from xlconv.sheets.on_board.panel.places import USED
from xlconv.spreadsheet.cells import Cell, Range, column_letters
from xlconv.state.sheet_names import BOARD, EXPLAIN, WORKS

THUMBNAIL = "thumbnail"
OUTSIDE = "outside"  # instead of a 0 that is not there
RIGHT, WRONG = "✓ on the board", "✗ not on the board"
KEPT, CUT_OFF = "kept", "cut off"
_, MAP, ROW, COLUMN = (f"{cell:{WORKS}}" for cell in USED.cells())


def screen_rules(places: InspectorPlaces, layout: Layout, board: str) -> Iterator[Rule]:
    """The rules of the sheet, in the order of computation."""
    screen = places.screen
    yield _rule("title", screen.title.first, _title(places, board))
    yield _rule("sentence", screen.sentence.first, sentence(places))
    yield _rule("more", screen.more, _more(places))
    for key, made in (
        ("captions", _captions(places)),
        ("rulers", _rulers(places, board)),
        ("heads", _heads(places)),
        ("canvas", _canvas(places)),
        ("labels", _labels(places)),
        ("values", _values(places)),
        ("told", _told(places)),
    ):
        yield _rule_by_cell(key, getattr(screen, key), made)
    yield from _strongest_rules(places, board)
    yield _thumbnail(screen, layout)


def _rule(key: str, cell: Cell, formula: str) -> Rule:
    return Rule(BLOCK, f"{BLOCK}:{key}", None, Range.of(cell), formula, None, EXPLAIN, role=key)


def _rule_by_cell(key: str, place: Range, text: Callable[[int, int], str]) -> Rule:
    return Rule(BLOCK, f"{BLOCK}:{key}", None, place, text(0, 0), text, EXPLAIN, role=key)


def works_keys(places: InspectorPlaces) -> dict[str, str]:
    """The chosen layer's cells of the table, by its lines, as other sheets refer to them."""
    return {key: f"{places.of(key):{WORKS}}" for key in places.keys}


def _in(listed: Range, row: int) -> str:
    """A line of a list, from 0; it moves down with the formula: LibreOffice takes formulas below
    each other for one, and marks it once, if they are the same but for that."""
    letters = column_letters(listed.column)
    return f"{WORKS}!${letters}{listed.row + row}"


def _at(listed: Range, row: int) -> str:
    """The same, which stays where it is."""
    return f"{listed.cell(row, 0):{WORKS}}"


def _title(places: InspectorPlaces, board: str) -> str:
    """Which cell it is: by map, row and column, or by a vector's label."""
    p = works_keys(places)
    label = f"INDEX({board},{p['top']}+{ROW}-1,{p['labels']})"
    maps = f'{p["name"]}&", map "&{MAP}&", row "&{ROW}&", column "&{COLUMN}'
    vector = f'{p["name"]}&", "&{p["unit"]}&" "&{label}'
    return f"IF({p['labels']}>0,{vector},{maps})"


def _more(places: InspectorPlaces) -> str:
    p = works_keys(places)
    slots, shown = p["slots"], p["blocks"]
    told = f'"the strongest "&{shown}&" of "&{slots}&", and "&({slots}-{shown})&" more"'
    return unless(f"{slots}<={shown}", told)


def _captions(places: InspectorPlaces) -> Callable[[int, int], str]:
    """The names of the maps that are read, and which part of them is shown."""
    p, names = works_keys(places), f"{places.slot_list(0):{WORKS}}"
    part = f'"part of "&{p["height"]}&" × "&{p["width"]}'

    def text(row: int, _: int) -> str:
        slot, line = (_in(places.line_list(number), row) for number in (0, 1))
        cut = f"{p['is_cut']}=1"
        name = f'INDEX({names},{slot})&IF(AND({cut},{p["shown_height"]}=1),": "&{part},"")'
        below = f'IF(AND({line}=2,{p["shown_height"]}>1,{cut}),{part},"")'
        return unless(f"{line}=0", f"IF({line}=1,{name},{below})")

    return text


def _rulers(places: InspectorPlaces, board: str) -> Callable[[int, int], str]:
    """The numbers of the rows, or a vector's labels."""
    p, first = works_keys(places), f"{places.window.cell(1, 0):{WORKS}}"
    cut = f"{places.mark('cut_rows'):{WORKS}}"
    tops, labels = (f"{places.slot_list(number):{WORKS}}" for number in (2, 6))

    def text(row: int, _: int) -> str:
        slot, line = (_in(places.line_list(number), row) for number in (0, 1))
        down = f"({cut}+{line}-1)*{p['apart_rows']}"
        column = f"INDEX({labels},{slot})"
        label = f"INDEX({board},INDEX({tops},{slot})+{down},{column})"
        none = f"OR({line}=0,{line}>{p['shown_height']})"
        return unless(none, f"IF({column}>0,{label},{first}+{down})")

    return text


def _heads(places: InspectorPlaces) -> Callable[[int, int], str]:
    """What the columns of the canvas show, above the first of each."""
    p = works_keys(places)
    word = f'IF({p["weights"]}={EXPONENTS},"exp","product")'
    outcome = f'IF({p["slots"]}=1,"result","")'
    weights = f'IF({p["weights_head"]}="{NOTHING}","",{p["weights_head"]})'

    def text(_: int, column: int) -> str:
        shows, place = (_at(places.column_list(number), column) for number in (0, 1))
        words = f'CHOOSE({shows},"reads","",{weights},"",{word},"","sum",{outcome})'
        return f'IF(OR({shows}=0,{place}>1),"",{words})'

    return text


def _canvas(places: InspectorPlaces) -> Callable[[int, int], str]:
    """Windows, weights, products and their sums."""
    p = works_keys(places)
    values, weights, products, outside = (
        f"{places.term_list(number):{WORKS}}" for number in (3, 4, 5, 6)
    )
    sums, first = f"{places.slot_list(8):{WORKS}}", f"{places.window.cell(2, 0):{WORKS}}"
    cut = f"{places.mark('cut_columns'):{WORKS}}"
    soft, result = f"{p['weights']}={EXPONENTS}", f"{places.mark('result'):{WORKS}}"
    leads = f'IF({p["slots"]}=1,"→","")'

    def text(row: int, column: int) -> str:
        slot, line, base = (_in(places.line_list(number), row) for number in range(3))
        shows, place = (_at(places.column_list(number), column) for number in (0, 1))
        at, beside = f"{base}+{place}", f"{line}={p['middle']}"
        value = f"INDEX({values},{at})"
        read = (
            f'IF(INDEX({outside},{at})=1,IF(OR({value}="",{value}=0),"{OUTSIDE}",{value}),{value})'
        )
        number = f'({first}+({cut}+{place}-1)*{p["apart_columns"]})&""'
        ruler = unless(f"OR({shows}<>{READS},{p['read_columns']}=1)", number)
        cells = (
            read,
            f'IF({beside},IF({soft},"→","×"),"")',
            f"INDEX({weights},{at})",
            f'IF({beside},IF({p["weights"]}={WEIGHTS},"=",IF({soft},"→",{leads})),"")',
            f"INDEX({products},{at})",
            f'IF({beside},"Σ","")',
            f'IF({beside},INDEX({sums},{slot}),"")',
            f'IF(AND({beside},{p["slots"]}=1),{result},"")',
        )
        drawn = f"IF({line}>{p['shown_height']},{ruler},CHOOSE({shows},{','.join(cells)}))"
        return unless(f"OR({line}=0,{shows}=0)", drawn)

    return text


def _labels(places: InspectorPlaces) -> Callable[[int, int], str]:
    """What the lines beside the canvas tell of."""
    p = works_keys(places)
    names = (f"{cell:{WORKS}}" for cell in places.fact_names.cells())
    facts = [f'IF({name}="bias","plus bias",{name})' for name in names]
    total = f'IF({p["weights"]}={EXPONENTS},"sum of exp","sum")'
    words = (total, *facts, f'{p["name"]}&" ="', f'"then "&{p["then_name"]}')
    return _by_code(places, words)


def _values(places: InspectorPlaces) -> Callable[[int, int], str]:
    facts = [f"{cell:{WORKS}}" for cell in places.facts.cells()]
    total, result, then = (f"{places.mark(key):{WORKS}}" for key in ("total", "result", "then"))
    return _by_code(places, (total, *facts, result, then))


def _told(places: InspectorPlaces) -> Callable[[int, int], str]:
    """Whether the board has the same, and whether a ReLU keeps it."""
    p = works_keys(places)
    equal, result = (f"{places.mark(key):{WORKS}}" for key in ("equal", "result"))
    right = f'IF({equal}=1,"{RIGHT}","{WRONG}")'
    kept = f'IF({p["then_kind"]}=1,IF({result}>0,"{KEPT}","{CUT_OFF}"),"")'
    return _by_code(places, ('""', *['""'] * FACTS, right, kept))


def _by_code(places: InspectorPlaces, texts: tuple[str, ...]) -> Callable[[int, int], str]:
    """One of several texts for each line beside the canvas."""
    assert (len(texts), TOTAL, FIRST_FACT, RESULT) == (THEN, 1, 2, THEN - 1)

    def text(row: int, _: int) -> str:
        code = _in(places.results, row)
        return unless(f"{code}=0", f"CHOOSE({code},{','.join(texts)})")

    return text


def _strongest_rules(places: InspectorPlaces, board: str) -> Iterator[Rule]:
    """The strongest products in words: what they are made of and where that stands."""
    p, screen = works_keys(places), places.screen
    weighted = f"{p['weights']}={WEIGHTS}"
    for number, (key, place, words) in enumerate(
        (
            ("favour", screen.favour, "what speaks for it"),
            ("against", screen.against, "what speaks against it"),
        )
    ):
        head = place.first.shifted(-1, 0)
        yield _rule(f"{key}_head", head, f'IF({weighted},"{words}","")')
        terms = places.strongest(number)

        def listed(list_number: int, terms: Range = terms) -> Callable[[int, int], str]:
            values = f"{places.term_list(list_number):{WORKS}}"
            return lambda row, _: unless(
                f'{_in(terms, row)}=""', f"INDEX({values},{_in(terms, row)})"
            )

        def sign(row: int, _: int, terms: Range = terms) -> str:
            return unless(f'{_in(terms, row)}=""', '"×"')

        def where(row: int, _: int, terms: Range = terms) -> str:
            at = _in(terms, row)
            return unless(f'{at}=""', _place_words(places, p, board, at))

        columns = (("", listed(5)), ("_value", listed(3)), ("_sign", sign), ("_weight", listed(4)))
        for part, (what, text) in enumerate((*columns, ("_place", where))):
            yield _rule_by_cell(f"{key}{what}", screen.part(place, part), text)


def _place_words(places: InspectorPlaces, p: dict[str, str], board: str, at: str) -> str:
    """Where a term stands: its map, row and column, or a vector's label."""
    slot, row, column = (f"INDEX({places.term_list(n):{WORKS}},{at})" for n in range(3))
    caption, number = (f"INDEX({places.slot_list(n):{WORKS}},{slot})" for n in (0, 1))
    map_ = f'IF({p["from1_maps"]}>1,"map "&{number}&", ","")'
    lead = f'IF({p["from1_tint"]}={PLANES},{caption}&", ",{map_})'
    label = f"INDEX({board},{p['from1_top']}+{row}-1,{p['from1_labels']})"
    vector = f'{p["read_unit"]}&" "&{label}'
    return f'IF({p["from1_labels"]}>0,{vector},{lead}&"row "&{row}&", col "&{column})'


def _thumbnail(screen: Screen, layout: Layout) -> Rule:
    """The picture in the small: in its colours, if it has such, else of several planes the mean."""
    maps, grid = layout.tensors[INPUT].maps, screen.grid
    maps = maps if layout.mosaic is None else (layout.mosaic,)

    def text(row: int, column: int) -> str:
        cells = [f"{one.cell(grid.row(row), grid.column(column)):{BOARD}}" for one in maps]
        plain = [cell.replace("$", "") for cell in cells]
        if len(plain) > MOST_LEGENDS:  # a crowd of addends is too deep for some programs
            groups = (plain[at : at + MOST_LEGENDS] for at in range(0, len(plain), MOST_LEGENDS))
            plain_sum = "+".join(f"SUM({','.join(group)})" for group in groups)
            return f"({plain_sum})/{len(plain)}"
        return plain[0] if len(plain) == 1 else f"({'+'.join(plain)})/{len(plain)}"

    key = f"{THUMBNAIL}:picture"
    return Rule(THUMBNAIL, key, None, screen.picture, text(0, 0), text, EXPLAIN, role=THUMBNAIL)
