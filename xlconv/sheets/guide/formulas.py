"""The rules of the Guide: what is done, what is not right yet, the reasons, the progress.

Must not know any value.
"""

from collections.abc import Iterator

from xlconv.formulas.layers.base import Rule
from xlconv.network.network import Network
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
    Negatives,
    Remembered,
    Solved,
    Told,
)
from xlconv.sheets.guide.places import ANSWER, SEE, TICK, Card, GuidePlaces, guide_places
from xlconv.sheets.model.formulas import spelled
from xlconv.sheets.on_board.counts.formulas import cells_of, negatives_of
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.exercise import State
from xlconv.state.sheet_names import BOARD, EXERCISE, GUIDE, WORKS

BLOCK = "guide"
LONGEST_TEXT = 250  # characters of a text in a formula; Excel's most are 255
NEAR = "0.000000001"  # within which rounding decides; HyperFormula reads no 1E-9


def rules(network: Network, layout: Layout) -> list[Rule]:
    """The rules of this sheet."""
    places = guide_places(network, layout)
    made = [rule for card in places.cards for rule in _card_rules(card, places, layout)]
    if places.ticks is not None:
        count = f'COUNTIF({places.ticks:$},"{DONE}")&" of {len(places.cards)} done"'
        made.append(_rule("progress", "", places.progress, count))
    return made


def _rule(role: str, mission: str, cell: Cell, formula: str) -> Rule:
    key = f"{BLOCK}:{role}_{mission}" if mission else f"{BLOCK}:{role}"
    return Rule(BLOCK, key, None, Range.of(cell), formula, sheet=GUIDE, role=f"guide {role}")


def _card_rules(card: Card, places: GuidePlaces, layout: Layout) -> Iterator[Rule]:
    mission, tick, answer = card.mission, card.cell(TICK), card.cell(ANSWER)
    if not isinstance(mission.see, str):
        yield _rule("see", mission.key, card.cell(SEE), live_text(mission.see, layout))
    state = None if mission.done is None else condition_text(mission.done, places)
    right = f"{answer:$}={texts(mission.right)}" if mission.options else None
    both = [one for one in (state, right) if one is not None]
    held = both[0] if len(both) == 1 else f"OR({','.join(both)})"
    yield _rule("tick", mission.key, tick, f'IF({held},"{DONE}","")')
    if right is not None:
        formula = f'IF(OR({answer:$}="",{right}),"","{AGAIN}")'
        yield _rule("again", mission.key, card.again, formula)
    why = f'IF({tick:$}="{DONE}",{texts(mission.why)},"{WAITING}")'
    yield _rule("why", mission.key, card.why, why)


def condition_text(condition: Condition, places: GuidePlaces) -> str:
    """A condition as a formula that is true where it holds."""
    match condition:
        case Differs(of):
            return differs_text(of, places.built[of.key])
        case Differ(sheet=sheet, cell=cell, start=start):
            first = f"{start:g}" if isinstance(start, float) else texts(start)
            return f"{cell:{sheet}}<>{first}"
        case Explains(number=number, first=first):
            others = ",".join(differs_text(one, places.built[one.key]) for one in first)
            layer = first[0]
            return f"AND({layer.cell:{layer.sheet}}={number},OR({others}))"
        case Follows(row, column):
            return f"COUNT({row:{BOARD}},{column:{BOARD}})=2"
        case Solved(states=states):
            right = ",".join(f'{cell:{EXERCISE}}="{State.RIGHT}"' for cell in states)
            return right if len(states) == 1 else f"AND({right})"
        case AnyOf(conditions):
            held = ",".join(condition_text(one, places) for one in conditions)
            return held if len(conditions) == 1 else f"OR({held})"


def differs_text(of: Remembered, built: Cell) -> str:
    """Whether a cell holds another number or text than at the build.

    >>> differs_text(Remembered("picture", "Board", Cell(4, 10)), Cell(8, 4))
    'Board!$J$4<>Works!$D$8'
    >>> differs_text(Remembered("sums_conv", "Model", Cell(8, 20), near=True), Cell(8, 4))
    'ABS(Model!$T$8-Works!$D$8)>0.000000001*(1+ABS(Works!$D$8))'
    """
    now, then = f"{of.cell:{of.sheet}}", f"{built:{WORKS}}"
    return f"ABS({now}-{then})>{NEAR}*(1+ABS({then}))" if of.near else f"{now}<>{then}"


def live_text(live: Live, layout: Layout) -> str:
    """What to look at, with its live numbers."""
    match live:
        case Negatives(tensor, pattern):
            inside = f"{layout.tensors[tensor].maps[0]:{BOARD}}"
            return spelled(pattern, negatives_of(inside), cells_of(inside))
        case Told(pattern):
            assert layout.answer is not None
            assert layout.verdict is not None
            said = (layout.answer.label.first, layout.verdict.actual.first)
            return spelled(pattern, *(f"{cell:{BOARD}}" for cell in said))


def texts(text: str) -> str:
    """A text in a formula, in parts that are not too long for Excel.

    >>> texts("a word"), texts("a" * 251)[-6:]
    ('"a word"', 'a"&"a"')
    """
    parts = [text[at : at + LONGEST_TEXT] for at in range(0, len(text), LONGEST_TEXT)]
    return "&".join('"' + part.replace('"', '""') + '"' for part in parts) or '""'
