"""The rules of the softmax laboratory.

What no cell can hold is a word by formula, never an error: an error would spread. Must not know
any value.
"""

from collections.abc import Iterator

from xlconv.formulas.layers.base import Rule
from xlconv.network.layers.base import source
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.laboratory.places import LaboratoryPlaces, sum_below
from xlconv.spreadsheet.cells import Cell, Range

LABORATORY = "laboratory"
MOST = 700  # exp of more, or the sum of some of them, is beyond the largest number of a cell
OVERFLOW, NOTHING, NO_SHARE = "overflow", "0 ÷ 0", "÷ 0"


def rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """The rules of all of its cells."""
    places = layout.laboratory
    if places is None:
        return
    last = network.layer(network.output)
    yield _rule("label", places.labels, f"{layout.labels[last.name].first.a1}")
    read = layout.tensors[source(last)].maps[0].first
    changed = f"{read.a1}*{places.times.first:$}/{places.temperature.first:$}"
    yield _rule("logit", places.logits, changed)
    yield from _sums(places)
    yield _rule("exp", places.exp, exp_text(places.logits.first, places.taken))
    share = share_text(places.logits.first, sum_below(places.logits))
    yield _rule("plain", places.plain, share)
    yield _rule("softmax", places.softmax, softmax_text(places.exp.first, sum_below(places.exp)))
    yield _rule("sigmoid", places.sigmoid, sigmoid_text(places.logits.first))
    if places.loss is not None and layout.loss is not None:
        text = loss_text(layout.loss.truth, places.logits, sum_below(places.exp), places.taken)
        yield _rule("loss", Range.of(places.loss.first), text)


def _rule(role: str, place: Range, formula: str) -> Rule:
    key = f"{LABORATORY}:{role}"
    return Rule(LABORATORY, key, None, place, formula, role=f"{LABORATORY} {role}")


def _sums(places: LaboratoryPlaces) -> Iterator[Rule]:
    """The sums below the columns, and what is taken away."""
    off = f"{places.minus_max.first:$}=0"
    for role, column, word in (
        ("logit_sum", places.logits, None),
        ("exp_sum", places.exp, OVERFLOW),
        ("plain_sum", places.plain, NO_SHARE),
        ("softmax_sum", places.softmax, ""),
        ("sigmoid_sum", places.sigmoid, None),
    ):
        place, total = Range.of(sum_below(column)), f"SUM({column:$})"
        if role == "softmax_sum":
            total = f'IF(ISNUMBER({column.first:$}),{total},"–")'
        elif word is not None:
            total = f'IF(COUNTIF({column:$},"{word}")>0,"{word}",{total})'
        yield _rule(role, place, total)
    yield _rule("taken", Range.of(places.taken), f"IF({off},0,MAX({places.logits:$}))")


def exp_text(logit: Cell, taken: Cell) -> str:
    """exp of a logit without what is taken away; a word for what is too large.

    >>> exp_text(Cell(5, 2), Cell(17, 2))
    'IF(B5-$B$17>700,"overflow",EXP(B5-$B$17))'
    """
    power = f"{logit.a1}-{taken:$}"
    return f'IF({power}>{MOST},"{OVERFLOW}",EXP({power}))'


def share_text(logit: Cell, total: Cell) -> str:
    """A logit's share of their sum, without exp.

    >>> share_text(Cell(5, 2), Cell(16, 2))
    'IF($B$16=0,"÷ 0",B5/$B$16)'
    """
    return f'IF({total:$}=0,"{NO_SHARE}",{logit.a1}/{total:$})'


def softmax_text(exp: Cell, total: Cell) -> str:
    """An exp's share of their sum; a word where one of them, or all, are beyond what cells hold.

    >>> softmax_text(Cell(5, 3), Cell(16, 3))
    'IF($C$16="overflow","overflow",IF($C$16=0,"0 ÷ 0",C5/$C$16))'
    """
    share = f'IF({total:$}=0,"{NOTHING}",{exp.a1}/{total:$})'
    return f'IF({total:$}="{OVERFLOW}","{OVERFLOW}",{share})'


def sigmoid_text(logit: Cell) -> str:
    """The sigmoid of a logit.

    >>> sigmoid_text(Cell(5, 2))
    'IF(B5<-700,0,1/(1+EXP(-B5)))'
    """
    return f"IF({logit.a1}<-{MOST},0,1/(1+EXP(-{logit.a1})))"


def loss_text(truth: Range, logits: Range, total: Cell, taken: Cell) -> str:
    """The cross-entropy: ln of the sum of exp, minus the actual class's logit.

    >>> loss_text(Range(5, 9, 3, 1), Range(5, 2, 3, 1), Cell(8, 3), Cell(9, 2))
    'IF(SUM($I$5:$I$7)=0,"",IF($C$8="overflow","overflow",IF($C$8=0,"0 ÷ 0",LN($C$8)+$B$9\
-SUMPRODUCT($I$5:$I$7,$B$5:$B$7))))'
    """
    loss = f"LN({total:$})+{taken:$}-SUMPRODUCT({truth:$},{logits:$})"
    loss = f'IF({total:$}=0,"{NOTHING}",{loss})'
    loss = f'IF({total:$}="{OVERFLOW}","{OVERFLOW}",{loss})'
    return f'IF(SUM({truth:$})=0,"",{loss})'
