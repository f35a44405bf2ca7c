"""The rules of an exercise: the checks on the sheet `Exercise`, and what they change on the board.

A part's state stands beside its title; what reads an open layer gives no error while the layer is
empty. Must not know any value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from xlconv.formulas.layers.base import Rule
from xlconv.network.network import Network
from xlconv.sheets.board.formulas import TITLES
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise import formula_texts as text
from xlconv.sheets.exercise.places import (
    CHECK,
    FILLED,
    MAGNITUDE,
    NOTE,
    RIGHT,
    STATE,
    ExercisePlaces,
    exercise_places,
)
from xlconv.sheets.model.places import cell_of
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.exercise import CHECKS
from xlconv.state.sheet_names import BOARD, EXERCISE, MODEL

BLOCK = "exercise"


def _rules(places: ExercisePlaces, network: Network) -> list[Rule]:
    """The rules of the sheet."""
    rules = [rule for number in range(len(places.parts)) for rule in _part(places, number)]
    rules += [rule for layer, row in places.layers.items() for rule in _layer(places, layer, row)]
    for tensor, row in places.given.items():
        sums = f"{cell_of(network, tensor, 'sum'):{MODEL}}"
        formula = text.unchanged(sums, Cell(row, RIGHT), Cell(row, MAGNITUDE))
        rules.append(_rule(f"given_{tensor}", Cell(row, STATE), formula))
    column = Range(min(places.given.values()), STATE, len(places.given), 1)
    return [*rules, _rule("given", places.all_given, f"MIN({column:$})")]


def _rule(key: str, cell: Cell, formula: str) -> Rule:
    return Rule(BLOCK, f"{BLOCK}:{key}", None, Range.of(cell), formula, sheet=EXERCISE)


def _part(places: ExercisePlaces, number: int) -> list[Rule]:
    part = places.parts[number]
    rules, checks = [], []
    for check in range(CHECKS):
        cell, right, measure = (part.of_check(check, one) for one in (CHECK, RIGHT, MAGNITUDE))
        checks.append((f"{cell:$}-{right:$}", measure))
        formula = text.check_number(BOARD, part.open, places.key_of(part, check))
        rules.append(_rule(f"check_{number + 1}_{check + 1}", cell, formula))
    state = text.state(
        *(f"{part.open:{BOARD}}", places.all_given, part.cell(FILLED), part.open.size), checks
    )
    return [
        _rule(f"filled_{number + 1}", part.cell(FILLED), f"COUNT({part.open:{BOARD}})"),
        *rules,
        _rule(f"state_{number + 1}", part.cell(STATE), state),
    ]


def _layer(places: ExercisePlaces, layer: str, row: int) -> list[Rule]:
    count = len(places.of_layer(layer))
    states = Range(row + 1, STATE, count, 1)
    state = f"{states.first:$}" if count == 1 else text.state_of_all(states)
    rules = [
        _rule(f"filled_{layer}", Cell(row, FILLED), f"SUM({Range(row + 1, FILLED, count, 1):$})"),
        _rule(f"state_{layer}", Cell(row, STATE), state),
    ]
    if places.before[layer]:
        before = {name: Cell(places.layers[name], STATE) for name in places.before[layer]}
        note = text.waits(Cell(row, STATE), Cell(row, FILLED), places.all_given, before)
        rules.append(_rule(f"note_{layer}", Cell(row, NOTE), note))
    return rules


def amended_rules(rules: Iterable[Rule], network: Network, layout: Layout) -> list[Rule]:
    """A workbook's other rules, as they are where some layers are left open, and those of this
    sheet."""
    places = exercise_places(network, layout)
    if places is None:
        return list(rules)
    changes = {**_titles(places), **_guards(network, layout)}
    return [
        *(_changed(rule, changes[rule.key]) if rule.key in changes else rule for rule in rules),
        *_rules(places, network),
    ]


Change = Callable[[str], str]


def _changed(rule: Rule, change: Change) -> Rule:
    cellwise = rule.cellwise
    if cellwise is None:
        return replace(rule, formula=change(rule.formula))
    return replace(
        rule,
        formula=change(rule.formula),
        cellwise=lambda row, column: change(cellwise(row, column)),
    )


def _titles(places: ExercisePlaces) -> dict[str, Change]:
    """The state of each map and of each layer, behind its title."""
    cells = {f"{TITLES}_{layer}": Cell(row, STATE) for layer, row in places.layers.items()}
    for part in places.parts:
        if part.channel is not None:
            cells[f"{TITLES}_{part.layer}_{part.channel + 1}"] = part.cell(STATE)

    def with_state(cell: Cell) -> Change:
        return lambda formula: text.with_state(formula, f"{cell:{EXERCISE}}")

    return {key: with_state(cell) for key, cell in cells.items()}


def _guards(network: Network, layout: Layout) -> dict[str, Change]:
    """What would be a wrong answer as long as the output's cells are empty."""
    output = network.output
    if output not in layout.open or network.answers == "several" or layout.answer is None:
        return {}
    place = layout.tensors[output].maps[0]

    def guard(before: str) -> Change:
        return lambda formula: text.once_filled(place, formula, before)

    return {key: guard(before) for key, before in UNANSWERED.items()}


# What stands in these cells as long as the output is not filled in.
UNANSWERED = {
    "answer_label": '"?"',
    "answer_value": '""',
    "picture:right": '""',
    "loss:parts": "0",
    "loss:total": '""',
}
