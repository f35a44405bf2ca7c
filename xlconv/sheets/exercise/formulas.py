"""The rules of an exercise: the checks on the sheet `Exercise`, and what they change on the board.

A part's state stands beside its title; what reads an open layer gives no error while the layer is
empty. Must not know any value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from xlconv.formulas.layers.base import Copies, Rule
from xlconv.formulas.text import number, one_of
from xlconv.network.network import Network
from xlconv.sheets.board.formulas import TITLES
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.parts import CELLS, FILLED, NOTE, STATE
from xlconv.sheets.exercise.places import ExercisePlaces, exercise_places
from xlconv.sheets.model.places import cell_of
from xlconv.sheets.on_board.counts.formulas import COUNTS
from xlconv.sheets.on_board.panel.places import CHART_TITLE, USED
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.exercise import CHECKS, CLOSE_WITHIN, RIGHT_WITHIN, WAITING, State
from xlconv.state.sheet_names import BOARD, EXERCISE, MODEL, WORKS

BLOCK = "exercise"


def _rules(places: ExercisePlaces, network: Network) -> list[Rule]:
    """The rules of the sheet."""
    rules = [rule for number in range(len(places.parts)) for rule in _part(places, number)]
    rules += [rule for layer, row in places.layers.items() for rule in _layer(places, layer, row)]
    rules += [_waiting(places, tensor) for tensor in places.needs]
    rules += [_explained(places, network), *_chart_head(places, network)]
    for tensor, row in places.given.items():
        sums = f"{cell_of(network, tensor, 'sum'):{MODEL}}"
        then, magnitude = (f"{cell:{WORKS}}" for cell in places.sums(tensor).cells())
        formula = unchanged(sums, then, magnitude)
        rules.append(_rule("given", tensor, Cell(row, STATE), formula))
    column = Range(min(places.given.values()), STATE, len(places.given), 1)
    return [*rules, _rule("given", None, places.inputs_state, f"MIN({column:$})")]


def _rule(role: str, of: str | int | None, cell: Cell, formula: str) -> Rule:
    """The rule of what is said of a tensor, of a part by its number from 1, or of all."""
    key = f"{BLOCK}:{role}" if of is None else f"{BLOCK}:{role}_{of}"
    tensor, place = of if isinstance(of, str) else "", Range.of(cell)
    return Rule(BLOCK, key, None, place, formula, sheet=EXERCISE, role=role, tensor=tensor)


def _waiting(places: ExercisePlaces, tensor: str) -> Rule:
    """For what a tensor waits."""
    rows = {name: places.layers[name] for name in places.needs[tensor]}
    counts = {
        name: (f"{Cell(row, FILLED):{EXERCISE}}", f"{Cell(row, CELLS):{EXERCISE}}")
        for name, row in rows.items()
    }
    rule = _rule("waiting", tensor, places.waiting(tensor), first_unfilled(counts))
    return replace(rule, sheet=WORKS)


def _explained(places: ExercisePlaces, network: Network) -> Rule:
    """For what the explained cell waits, by the number of its layer."""
    layers = [layer.name for layer in network.layers]
    waits = [f"{places.waiting(name):$}" if name in places.needs else '""' for name in layers]
    formula = one_of(f"{USED.first:$}", waits)
    return replace(_rule("explained", None, places.explained, formula), sheet=WORKS)


def _chart_head(places: ExercisePlaces, network: Network) -> Iterator[Rule]:
    """What the chart of the answer is called, if it may wait."""
    if network.output in places.needs:
        formula = when_ready(f"{places.waiting(network.output):$}", f'"{CHART_TITLE}"')
        yield replace(_rule("chart", None, places.chart_head, formula), sheet=WORKS)


def _part(places: ExercisePlaces, number: int) -> list[Rule]:
    part = places.parts[number]
    rules, checks = [], []
    for check in range(CHECKS):
        place = places.check(number, check)
        cell, right, measure = (f"{one:{WORKS}}" for one in place.cells())
        checks.append((f"{cell}-{right}", measure))
        formula = check_number(BOARD, part.open, places.key_of(part, check))
        rule = _rule("check", f"{number + 1}_{check + 1}", place.first, formula)
        rules.append(replace(rule, sheet=WORKS, tensor=""))
    state = state_of(
        filled_in=f"{part.open:{BOARD}}",
        given=places.inputs_state,
        count=part.cell(FILLED),
        cells=part.open.size,
        checks=checks,
    )
    return [
        _rule("filled", number + 1, part.cell(FILLED), f"COUNT({part.open:{BOARD}})"),
        *rules,
        _rule("state", number + 1, part.cell(STATE), state),
    ]


def _layer(places: ExercisePlaces, layer: str, row: int) -> list[Rule]:
    count = len(places.of_layer(layer))
    states = Range(row + 1, STATE, count, 1)
    state = f"{states.first:$}" if count == 1 else state_of_all(states)
    rules = [
        _rule("filled", layer, Cell(row, FILLED), f"SUM({Range(row + 1, FILLED, count, 1):$})"),
        _rule("state", layer, Cell(row, STATE), state),
    ]
    if places.before[layer]:
        before = {name: Cell(places.layers[name], STATE) for name in places.before[layer]}
        note = waiting_reason(Cell(row, STATE), Cell(row, FILLED), places.inputs_state, before)
        rules.append(_rule("note", layer, Cell(row, NOTE), note))
    return rules


def amended_rules(rules: Iterable[Rule], network: Network, layout: Layout) -> list[Rule]:
    """A workbook's other rules, as they are where some layers are left open, and those of this
    sheet."""
    places = exercise_places(network, layout)
    if places is None:
        return list(rules)
    rules = list(rules)
    changes = {
        **_titles(places, network),
        **_guards(places, network, layout),
        **_counts(places, rules),
        "explain:sentence": _explained_guard(places),
    }
    return [
        *(_change_rule(rule, changes[rule.key]) if rule.key in changes else rule for rule in rules),
        *_rules(places, network),
    ]


Change = Callable[[str], str]


def _change_rule(rule: Rule, change: Change) -> Rule:
    cellwise = rule.cellwise
    if cellwise is None:
        formula = change(rule.formula)
        # What reads another sheet is no shared formula.
        return replace(rule, formula=formula, cellwise=Copies(formula))
    return replace(
        rule,
        formula=change(rule.formula),
        cellwise=lambda row, column: change(cellwise(row, column)),
    )


def _titles(places: ExercisePlaces, network: Network) -> dict[str, Change]:
    """The state of each map and of each layer that is left open, behind its title; behind those of
    others for what they wait."""
    cells = {f"{TITLES}_{layer}": Cell(row, STATE) for layer, row in places.layers.items()}
    for part in places.parts:
        if part.channel is not None:
            cells[f"{TITLES}_{part.layer}_{part.channel + 1}"] = part.cell(STATE)

    def change(cell: Cell) -> Change:
        return lambda formula: with_state(formula, f"{cell:{EXERCISE}}")

    def wait(tensor: str, add: Callable[[str, str], str]) -> Change:
        return lambda formula: add(formula, f"{places.waiting(tensor):{WORKS}}")

    waiting: dict[str, Change] = {}
    for tensor in places.needs:
        waiting[f"{TITLES}_{tensor}"] = wait(tensor, when_not_waiting)
        shape = network.shapes[tensor]
        for channel in range(1, shape[0] + 1 if len(shape) == 3 else 1):
            waiting[f"{TITLES}_{tensor}_{channel}"] = wait(tensor, with_waiting)
    return waiting | {key: change(cell) for key, cell in cells.items()}


def _guards(places: ExercisePlaces, network: Network, layout: Layout) -> dict[str, Change]:
    """What would be a wrong answer as long as cells are empty from which it follows."""
    output = network.output
    if output not in places.needs or layout.answer is None:
        return {}
    cell = f"{places.waiting(output):{WORKS}}"

    def guard(before: str) -> Change:
        return lambda formula: when_ready(cell, formula, before)

    said = {"answer_value": cell, "shown:chart": "0", **UNANSWERED}
    for unit in range(1, len(layout.answer.values) + 1):
        said |= dict.fromkeys((f"{key}_{unit}" for key in OF_A_CLASS), '""')
    return {key: guard(before) for key, before in said.items()}


def _explained_guard(places: ExercisePlaces) -> Change:
    """What is said of the explained cell."""
    cell = f"{places.explained:{WORKS}}"
    return lambda formula: when_ready(cell, formula)


def _counts(places: ExercisePlaces, rules: Iterable[Rule]) -> dict[str, Change]:
    """What is counted under the maps of what waits."""

    def guard(tensor: str) -> Change:
        cell = f"{places.waiting(tensor):{WORKS}}"
        return lambda formula: when_ready(cell, formula, '""')

    counted = (rule for rule in rules if rule.block == COUNTS and rule.tensor in places.needs)
    return {rule.key: guard(rule.tensor) for rule in counted}


OF_A_CLASS = ("answer_value", "answer_tick")
# What stands in these cells as long as the answer waits.
UNANSWERED = {
    "answer_label": '"?"',
    "picture:right": '""',
    "loss:parts": "0",
    "loss:total": '""',
}


# ---- texts


BEFORE = "cannot be right before {} is"


def check_number(sheet: str, place: Range, key: Range) -> str:
    """The cells, each times a number of the key, added up.

    >>> check_number("Board", Range(1, 1, 2, 2), Range(3, 12, 2, 2))
    'SUMPRODUCT(Board!$A$1:$B$2,$L$3:$M$4)'

    A single empty cell is an error in SUMPRODUCT for some programs.

    >>> check_number("Board", Range(1, 1, 1, 1), Range(3, 12, 1, 1))
    'Board!$A$1*$L$3'
    """
    if place.size == 1:
        return f"{place:{sheet}}*{key.absolute}"
    return f"SUMPRODUCT({place:{sheet}},{key.absolute})"


def state_of(filled_in: str, given: Cell, count: Cell, cells: int, checks: Sequence[Check]) -> str:
    """What a part is called. `filled_in` is what is left open.

    >>> checks = (("H3-I3", "$J$3"), ("K3-L3", "$M$3"))
    >>> text = state_of("Board!$A$1:$B$2", Cell(9, 6), Cell(3, 5), 4, checks)
    >>> text[:81]
    'IF(COUNTA(Board!$A$1:$B$2)=0,"to do",IF($F$9=0,"other numbers",IF($E$3<4,"not yet'
    >>> text[81:152]
    '",IF(AND(ABS(H3-I3)<=0.000000001*$J$3,ABS(K3-L3)<=0.000000001*$M$3),"ri'
    >>> text[152:]
    'ght",IF(AND(ABS(H3-I3)<=0.01*$J$3,ABS(K3-L3)<=0.01*$M$3),"close","not yet")))))'
    """
    close = f'IF({_within(checks, CLOSE_WITHIN)},"{State.CLOSE}","{State.NOT_YET}")'
    right = f'IF({_within(checks, RIGHT_WITHIN)},"{State.RIGHT}",{close})'
    whole = f'IF({count.absolute}<{cells},"{State.NOT_YET}",{right})'
    begun = f'IF({given.absolute}=0,"{State.CHANGED}",{whole})'
    return f'IF(COUNTA({filled_in})=0,"{State.TO_DO}",{begun})'


# How far a check number is from the right one, and what that is measured by.
Check = tuple[str, str]


def _within(checks: Sequence[Check], share: float) -> str:
    """Whether all check numbers are that near."""
    near = (f"ABS({off})<={number(share)}*{measure}" for off, measure in checks)
    return f"AND({','.join(near)})"


def state_of_all(states: Range) -> str:
    """What a layer of several parts is called.

    >>> state_of_all(Range(3, 6, 2, 1))[:55]
    'IF(COUNTIF($F$3:$F$4,"right")=2,"right",IF(COUNTIF($F$3'
    """
    place, count = states.absolute, states.height
    some = f'COUNTIF({place},"{State.RIGHT}")&" of {count} {State.RIGHT}"'
    some = f'IF(COUNTIF({place},"{State.CHANGED}")>0,"{State.CHANGED}",{some})'
    rest = f'IF(COUNTIF({place},"{State.TO_DO}")={count},"{State.TO_DO}",{some})'
    return f'IF(COUNTIF({place},"{State.RIGHT}")={count},"{State.RIGHT}",{rest})'


def waiting_reason(state: Cell, filled_in: Cell, given: Cell, before: Mapping[str, Cell]) -> str:
    """Why a layer cannot be right yet: one before it is not. `before` has their states.

    >>> waiting_reason(Cell(9, 6), Cell(9, 5), Cell(2, 6), {"conv1": Cell(4, 6)})[:45]
    'IF(OR($F$9="right",$E$9=0,$F$2=0),"",IF($F$4='
    >>> waiting_reason(Cell(9, 6), Cell(9, 5), Cell(2, 6), {"conv1": Cell(4, 6)})[45:]
    '"right","","cannot be right before conv1 is"))'
    """
    words = '""'
    for name, other in reversed(list(before.items())):
        words = f'IF({other.absolute}="{State.RIGHT}",{words},"{BEFORE.format(name)}")'
    settled = f'{state.absolute}="{State.RIGHT}",{filled_in.absolute}=0,{given.absolute}=0'
    return f'IF(OR({settled}),"",{words})'


def unchanged(total: str, then: str, magnitude: str) -> str:
    """1 if a sum is what it was, else 0.

    >>> unchanged("Model!$V$7", "Works!$I$20", "Works!$J$20")
    'IF(ABS(Model!$V$7-Works!$I$20)<=0.000000001*Works!$J$20,1,0)'
    """
    return f"IF(ABS({total}-{then})<={number(RIGHT_WITHIN)}*{magnitude},1,0)"


def with_state(title: str, named: str) -> str:
    """A title with what its part is called.

    >>> with_state('"conv1"', "Exercise!$F$3")
    '"conv1"&" · "&Exercise!$F$3'
    """
    return f'{title}&" · "&{named}'


def with_waiting(title: str, named: str) -> str:
    """A title with for what its tensor waits, if it does.

    >>> with_waiting('"relu1"', "Works!$C$30")
    '"relu1"&IF(Works!$C$30="",""," · "&Works!$C$30)'
    """
    return f'{title}&IF({named}="",""," · "&{named})'


def when_not_waiting(title: str, named: str) -> str:
    """A title, or for what its tensor waits: where there is no room for both.

    >>> when_not_waiting('"2 × 9 × 9"', "Works!$C$30")
    'IF(Works!$C$30="","2 × 9 × 9",Works!$C$30)'
    """
    return f'IF({named}="",{title},{named})'


def when_ready(waiting: str, formula: str, before: str | None = None) -> str:
    """A formula that has its say when nothing is waited for any more; before that something else,
    or what it waits for.

    >>> when_ready("Works!$C$30", "A9", '"?"'), when_ready("Works!$C$30", "A9")
    ('IF(Works!$C$30<>"","?",A9)', 'IF(Works!$C$30<>"",Works!$C$30,A9)')
    """
    return f'IF({waiting}<>"",{waiting if before is None else before},{formula})'


def first_unfilled(counts: Mapping[str, tuple[str, str]]) -> str:
    """For the first layer of which fewer cells are filled than are open.

    >>> first_unfilled({"a": ("$E$4", "$D$4"), "b": ("$E$9", "$D$9")})
    'IF($E$4<$D$4,"waiting for a",IF($E$9<$D$9,"waiting for b",""))'
    """
    words = '""'
    for name, (filled, cells) in reversed(list(counts.items())):
        words = f'IF({filled}<{cells},"{WAITING} {name}",{words})'
    return words
