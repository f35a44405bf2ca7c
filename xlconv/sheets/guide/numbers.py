"""What the Guide says is done, in plain Python, from what was found and chosen.

Must not know the formulas that say the same.
"""

from collections.abc import Iterator, Mapping
from operator import attrgetter

import numpy as np

from xlconv.network.borders import outside_cell, outside_of
from xlconv.network.layers.settings import setting_cell
from xlconv.network.names import as_compared
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.guide.mission import (
    AGAIN,
    DONE,
    WAITING,
    AnyOf,
    Condition,
    Differ,
    Differs,
    Explains,
    Follows,
    Live,
    Mission,
    Negatives,
    Remembered,
    Solved,
    Told,
)
from xlconv.sheets.guide.places import guide_places
from xlconv.sheets.on_board.counts.numbers import negatives_of
from xlconv.sheets.on_model.heads.numbers import head_sizes
from xlconv.sheets.on_model.heads.places import SIZES
from xlconv.state.choices import Display
from xlconv.state.exercise import State

Held = float | str
NEAR = 1e-9  # within which rounding decides


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """Everything that is computed on the sheet, each from the found values that it reads."""
    places = guide_places(display.network, layout)
    keys = []
    for card in places.cards:
        mission = card.mission
        tick = f"guide:tick_{mission.key}"
        keys.append(tick)
        if not isinstance(mission.see, str):
            yield _text(f"guide:see_{mission.key}", _seen(mission.see, display, values))
        yield _text(tick, _tick(mission, display, values))
        answer = display.choices.answers.get(mission.key, "")
        if mission.options:
            wrong = answer != "" and as_compared(answer) != as_compared(mission.right)
            yield Step.text(f"guide:again_{mission.key}", AGAIN if wrong else "")
        found = _single(tick, values)
        why = None if found is None else mission.why if found == DONE else WAITING
        yield _text(f"guide:why_{mission.key}", why)
    if places.cards:
        count = sum(_single(tick, values) == DONE for tick in keys)
        yield Step.text("guide:progress", f"{count} of {len(places.cards)} done")


def built(display: Display, layout: Layout, values: Mapping[str, Values]) -> dict[str, Held]:
    """What a build leaves for the ticks to compare with."""
    places = guide_places(display.network, layout)
    found = {one.key: _now(one, display, values) for one in places.remembered}
    return {key: held for key, held in found.items() if held is not None}


def _text(name: str, text: str | None) -> Step:
    return Step.unknown(name) if text is None else Step.text(name, text)


def _tick(mission: Mission, display: Display, values: Mapping[str, Values]) -> str | None:
    answer = display.choices.answers.get(mission.key, "")
    right = bool(mission.options) and as_compared(answer) == as_compared(mission.right)
    state = False if mission.done is None else _holds(mission.done, display, values)
    if state is None:  # an error, which a tick repeats
        return None
    return DONE if right or state else ""


def _holds(condition: Condition, display: Display, values: Mapping[str, Values]) -> bool | None:
    """Whether a condition holds now; None where what it reads is no number."""
    match condition:
        case Differs(of):
            return _differs(of, display, values)
        case Differ(choice=choice, start=start):
            return as_compared(_choice(display, choice)) != as_compared(start)
        case Explains(number=number, first=first):
            others = [_differs(one, display, values) for one in first]
            layer = _now(first[0], display, values)
            return None if None in others or layer is None else layer == number and any(others)
        case Follows():
            return display.choices.pixel is not None
        case Solved(layers=layers):
            states = [_single(f"exercise:state_{layer}", values) for layer in layers]
            return None if None in states else all(one == State.RIGHT for one in states)
        case AnyOf(conditions):
            held = [_holds(one, display, values) for one in conditions]
            return None if None in held else any(held)


def _differs(of: Remembered, display: Display, values: Mapping[str, Values]) -> bool | None:
    now, then = _now(of, display, values), display.built.get(of.key)
    if now is None or then is None:
        return None
    if of.near and isinstance(now, float) and isinstance(then, float):
        return abs(now - then) > NEAR * (1 + abs(then))
    return as_compared(now) != as_compared(then)


def _now(of: Remembered, display: Display, values: Mapping[str, Values]) -> Held | None:
    """What a cell holds now, None for what is neither number nor text."""
    kind, _, name = of.key.partition(":")
    if of.key == "picture":
        return float(display.choices.picture)
    if kind == "control":
        layer, _, setting = name.partition(".")
        held = setting_cell(getattr(display.network.layer(layer), setting))
        return held if isinstance(held, str) else float(held)
    return _single(of.key, values)


def _single(key: str, values: Mapping[str, Values]) -> Held | None:
    """What a cell that is computed holds; None for an error or nothing."""
    if key not in values:
        return None
    [held] = values[key].reshape(-1).tolist()
    if isinstance(held, float) and np.isnan(held):
        return None
    return held if isinstance(held, float | str) else None


def _choice(display: Display, name: str) -> Held:
    """What is chosen; what padding holds is a setting of the layers, and sizes stand in a list."""
    if name == "outside":
        return outside_cell(outside_of(display.network))
    if name == "classes":
        return head_sizes(display)[SIZES.index("classes")]
    held = attrgetter(name)(display.choices)
    return held if isinstance(held, str) else float(held)


def _seen(live: Live, display: Display, values: Mapping[str, Values]) -> str | None:
    match live:
        case Negatives(tensor, pattern):
            cells = numbers(values[tensor])[0]
            return pattern.format(negatives_of(cells), cells.size)
        case Told(pattern):
            actual = display.choices.actual
            really = actual if display.count is None else _single("picture:actual", values)
            answer = _single("answer_label", values)
            if answer is None or really is None:
                return None
            return pattern.format(_joined(answer), _joined(really))


def _joined(held: Held) -> str:
    """A value as it is joined to a text."""
    return held if isinstance(held, str) else f"{held:.15g}"
