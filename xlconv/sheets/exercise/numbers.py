"""What an exercise's checks say, in plain NumPy, and what is said elsewhere while cells are empty.

Must not know the formulas that say the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from xlconv.network.model import Array
from xlconv.network.network import Network
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.board.numbers import TICKS
from xlconv.sheets.exercise.parts import Part
from xlconv.sheets.exercise.places import ExercisePlaces, exercise_places
from xlconv.sheets.model.numbers import HELD
from xlconv.sheets.on_board.panel.places import CHART_TITLE
from xlconv.state.choices import Display
from xlconv.state.exercise import (
    CHECKS,
    CLOSE_WITHIN,
    RIGHT_WITHIN,
    WAITING,
    Checks,
    State,
    check_key,
    check_sums,
)

EMPTY_CELLS = f"{HELD}empty_"  # begins the names of which cells of a part are empty: 1, else 0
GIVEN = "given"  # whether picture and weights are the exercise's


def part_values(part: Part, values: Mapping[str, Values]) -> Array:
    """The open cells of a part, (rows, columns)."""
    found = numbers(values[part.key])
    whole = found if part.channel is None else found[part.channel]
    return whole.reshape(part.range.height, part.range.width)[: part.open.height, : part.open.width]


def made_checks(places: ExercisePlaces, values: Mapping[str, Values], given: Array) -> Checks:
    """What the checks must know, from the right values of all cells and the sums as given."""
    known = []
    for part in places.parts:
        cells = part_values(part, values)
        known.append([check_sums(check, cells) for check in range(CHECKS)])
    return Checks(np.array(known), given)


def given_sums(places: ExercisePlaces, summed: Iterable[Step]) -> Array:
    """The sums of picture and weights as they are now, and those of magnitudes: (n, 2)."""
    steps = {step.name: step for step in summed}
    rows = []
    for tensor in places.given:
        step = steps[f"sums_{tensor}"]
        assert step.scale is not None
        rows.append([float(numbers(step.value)[0]), float(step.scale[0])])
    return np.array(rows)


def empty_open(step: Step, places: ExercisePlaces, right: Mapping[str, Values]) -> Step:
    """A step with its open cells empty, as a spreadsheet reads them: 0. The others of a layer that
    is left open hold what is `right`, whatever the cells before them hold."""
    parts = [part for part in places.parts if part.key == step.name]
    if not parts:
        return step
    value = numbers(right[step.name]).copy()
    for part in parts:
        whole = value if part.channel is None else value[part.channel]
        cells = whole.reshape(part.range.height, part.range.width)
        cells[: part.open.height, : part.open.width] = 0.0
    return replace(step, value=value)


def amended_steps(
    display: Display, layout: Layout, values: Mapping[str, Values], made: Iterable[Step]
) -> Iterator[Step]:
    """A workbook's other steps with those of its exercise, and changed where it changes them."""
    places = exercise_places(display.network, layout)
    if places is None:
        yield from made
        return
    titles = {f"titles_{layer}": f"exercise:state_{layer}" for layer in places.layers}
    for number, part in enumerate(places.parts, 1):
        if part.channel is not None:
            titles[f"titles_{part.layer}_{part.channel + 1}"] = f"exercise:state_{number}"
    whole = {f"titles_{tensor}" for tensor in places.needs} - titles.keys()
    for tensor in places.needs:
        for name in _titles(tensor, display.network):
            titles.setdefault(name, f"exercise:waiting_{tensor}")
    kept = {f"counts:kept:{tensor}": tensor for tensor in display.network.shapes}
    waiting = []
    for step in made:
        if step.name in titles:
            waiting.append(step)  # their states follow from the sums, which come later
        elif step.name in kept:
            yield _sizes(step, kept[step.name], places, values)
        else:
            yield _unanswered(step, display, layout, places, values)
    yield from _steps(display, places, values)
    for step in waiting:
        [state], [title] = values[titles[step.name]].tolist(), step.value.tolist()
        known = isinstance(state, str)
        told = f"{title} · {state}" if state else title
        if state and step.name in whole:
            told = str(state)
        text: Values = np.array([told]) if known else np.array([np.nan])
        yield Step(step.name, text, None if known else np.zeros(1))


def _sizes(step: Step, tensor: str, places: ExercisePlaces, values: Mapping[str, Values]) -> Step:
    """How many numbers a tensor holds, without the zeros that stand for empty cells."""
    zeros = 0
    for number, part in enumerate(places.parts, 1):
        if part.key == tensor:
            there = int(np.isfinite(part_values(part, values)).sum())
            zeros += there - filled_cells(part, number, values)
    return replace(step, value=numbers(step.value) - zeros)


UNANSWERED: Mapping[str, str | float] = {
    "answer_label": "?",
    "picture:right": "",
    "loss:parts": 0.0,
    "loss:total": "",
    "shown:chart": 0.0,
}


def _unanswered(
    step: Step,
    display: Display,
    layout: Layout,
    places: ExercisePlaces,
    values: Mapping[str, Values],
) -> Step:
    """What is said of an answer that waits for cells to be filled in."""
    answers = layout.answer is not None
    tensor, said = _silent(step.name, display, answers)
    waits = _waiting_for(tensor, places, values) if tensor in places.needs else ""
    if not waits:
        return step
    said = waits if said is None else said
    if isinstance(said, str):
        return Step.text(step.name, said)
    return Step(step.name, np.full(step.value.shape, said), np.zeros(step.value.shape))


def _silent(name: str, display: Display, answers: bool) -> tuple[str, str | float | None]:
    """The tensor that what is said by a name follows from, and what is said while it waits, None
    for what it waits for."""
    network, (block, _, rest) = display.network, name.partition(":")
    if block == "counted":
        return rest.rpartition("_")[0], ""
    if name == "explain:sentence":
        return display.choices.explained.layer, None
    if not answers:
        return "", None
    if name == "answer_value":
        return network.output, None
    if name.startswith(OF_A_CLASS):
        return network.output, ""
    return (network.output, UNANSWERED[name]) if name in UNANSWERED else ("", None)


OF_A_CLASS = ("answer_value_", TICKS)


def _waiting_for(tensor: str, places: ExercisePlaces, values: Mapping[str, Values]) -> str:
    """For which layer a tensor waits, in words: the first of which open cells are empty."""
    for layer in places.needs[tensor]:
        for number, part in enumerate(places.parts, 1):
            if part.layer == layer and filled_cells(part, number, values) < part.open.size:
                return f"{WAITING} {layer}"
    return ""


def _titles(tensor: str, network: Network) -> list[str]:
    """The names of a tensor's titles, and of those of its maps."""
    shape = network.shapes[tensor]
    maps = range(1, shape[0] + 1 if len(shape) == 3 else 1)
    return [f"titles_{tensor}", *(f"titles_{tensor}_{number}" for number in maps)]


def filled_cells(part: Part, number: int, values: Mapping[str, Values]) -> int:
    """How many of a part's open cells hold a number."""
    there = np.isfinite(part_values(part, values)).reshape(-1)
    empty = values.get(f"{EMPTY_CELLS}{number}")
    if empty is not None:
        there &= numbers(empty).reshape(-1) == 0
    return int(there.sum())


def _steps(
    display: Display, places: ExercisePlaces, values: Mapping[str, Values]
) -> Iterator[Step]:
    checks = display.checks
    for (tensor, _), (then, magnitude) in zip(places.given.items(), checks.given, strict=True):
        now = numbers(values[f"sums_{tensor}"])[0]
        same = 1.0 if abs(now - then) <= RIGHT_WITHIN * magnitude else 0.0
        yield Step.exact(f"exercise:given_{tensor}", same if np.isfinite(now) else np.nan)
    unchanged = min(_number(values, f"given_{tensor}") for tensor in places.given)
    yield Step.exact(f"exercise:{GIVEN}", unchanged)
    for number, part in enumerate(places.parts, 1):
        filled = float(filled_cells(part, number, values))
        yield Step.exact(f"exercise:filled_{number}", filled)
        cells = part_values(part, values)
        for check in range(CHECKS):
            weighted = check_key(check, *cells.shape) * cells
            total, magnitude = np.array([weighted.sum()]), np.array([np.abs(weighted).sum()])
            yield Step(f"exercise:check_{number}_{check + 1}", total, magnitude)
        yield Step.text(f"exercise:state_{number}", *_part_state(number, part, checks, values))
    for layer in places.layers:
        mine = [n for n, part in enumerate(places.parts, 1) if part.layer == layer]
        counts = [_number(values, f"filled_{number}") for number in mine]
        yield Step.exact(f"exercise:filled_{layer}", float(np.sum(counts)))
        states = [values[f"exercise:state_{number}"].tolist()[0] for number in mine]
        yield Step.text(f"exercise:state_{layer}", _layer_state(states))
    for layer, before in places.before.items():
        if before:
            yield _note(layer, before, values)
    for tensor, needed in places.needs.items():
        filled_in = {name: _number(values, f"filled_{name}") for name in needed}
        opened = {name: sum(p.open.size for p in places.of_layer(name)) for name in needed}
        empty = [name for name in needed if filled_in[name] < opened[name]]
        words = f"{WAITING} {empty[0]}" if empty else ""
        yield Step.text(f"exercise:waiting_{tensor}", words)
    explained = values.get(f"exercise:waiting_{display.choices.explained.layer}")
    yield Step.text("exercise:explained", "" if explained is None else str(explained.tolist()[0]))
    if display.network.output in places.needs:
        waits = values[f"exercise:waiting_{display.network.output}"].tolist()[0]
        yield Step.text("exercise:chart", str(waits or CHART_TITLE))


def _part_state(
    number: int, part: Part, checks: Checks, values: Mapping[str, Values]
) -> tuple[str, ...]:
    """What a part is called, and what it may be called as well: nothing tells cells that are
    empty from those of which all are errors."""
    filled = _number(values, f"filled_{number}")
    if filled == 0:
        some = values.get(f"{EMPTY_CELLS}{number}")
        everything = some is not None and bool((numbers(some) == 1).all())
        return (State.TO_DO,) if everything else (State.TO_DO, State.NOT_YET, State.CHANGED)
    if _number(values, GIVEN) == 0:
        return (State.CHANGED,)
    if filled < part.open.size:
        return (State.NOT_YET,)
    found = np.array([_number(values, f"check_{number}_{check + 1}") for check in range(CHECKS)])
    right, measure = checks.parts[number - 1].T
    off = np.abs(found - right)
    if (off <= RIGHT_WITHIN * measure).all():
        return (State.RIGHT,)
    return (State.CLOSE if (off <= CLOSE_WITHIN * measure).all() else State.NOT_YET,)


def _note(layer: str, before: tuple[str, ...], values: Mapping[str, Values]) -> Step:
    """The first layer before one that keeps it from being right."""
    states = {name: values[f"exercise:state_{name}"].tolist()[0] for name in (layer, *before)}
    counts = (_number(values, f"filled_{layer}"), _number(values, GIVEN))
    settled = states[layer] == State.RIGHT or 0 in counts
    wrong = [name for name in before if states[name] != State.RIGHT]
    words = f"cannot be right before {wrong[0]} is" if wrong and not settled else ""
    return Step.text(f"exercise:note_{layer}", words)


def _layer_state(states: list[object]) -> str:
    if len(states) == 1:
        return str(states[0])
    for word in (State.RIGHT, State.TO_DO):
        if all(state == word for state in states):
            return word
    right = f"{states.count(State.RIGHT)} of {len(states)} right"
    return State.CHANGED if State.CHANGED in states else right


def _number(values: Mapping[str, Values], key: str) -> float:
    return float(numbers(values[f"exercise:{key}"])[0])
