"""What number formats show of the cells that a reader relies on: each number and text as it is,
with more or fewer digits, or nothing of it.

Asks what the format makes of the cell's own value, and of others that it could hold; where a rule
brings the format, of its own alone. Must not know engines, nor judge values.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import inf, isfinite

import numpy as np

from xlconv.book.book import FoundBook
from xlconv.network.network import INPUT
from xlconv.reference.layers.base import Values
from xlconv.sheets.explain.places import inspector_places
from xlconv.sheets.guide.places import ANSWER, guide_places
from xlconv.sheets.model.places import head_places
from xlconv.sheets.on_model.beginnings.places import beginnings
from xlconv.spreadsheet.cells import Place, Range
from xlconv.spreadsheet.readings import false_showing, shows_all_as_they_are
from xlconv.state.sheet_names import BOARD, GUIDE, IMAGES, MODEL, WORKS
from xlconv.verification.comparison import Mask, plain_value
from xlconv.verification.report import Finding
from xlconv.verification.structure import ComputedBlock, ComputedCells
from xlconv.xlsx.format_rules import FormatRule
from xlconv.xlsx.sheet import FoundBlock, NoText, Value

# Values for which marks may stand: they are asked for no other number than their own.
_MARKED = ("looks", "exercise")
_EXPLAIN, _GUIDE = "explain", "guide"  # whose cells are chosen, not computed


@dataclass(frozen=True)
class _Relied:
    """Cells that a reader relies on, with what they belong to. Of computed ones the formulas' side
    and NumPy's values are known. With `alone`, only what they hold is asked for."""

    sheet: str
    owner: str
    found: FoundBlock
    computed: ComputedBlock | None = None
    truth: Values | None = None
    alone: bool = False

    def value(self, index: int) -> Value:
        """What a cell holds: the stored value, or NumPy's if none is."""
        held = self.found.cell(index).value
        if held is None and self.truth is not None:
            return plain_value(self.truth.flat[index])
        return held

    def finding(self, index: int, number_format: str) -> Finding:
        value = self.value(index)
        if self.computed is not None:
            return self.computed[index].finding("format", value, number_format)
        cell = self.found.sheet.place(int(self.found.positions[index]))
        start = self.found.sheet.place(int(self.found.positions[self.found.positions >= 0][0]))
        spot = Place(self.sheet, cell)
        return Finding.of_constant("format", spot, start, self.owner, value, number_format)


def format_findings(
    book: FoundBook, cells: ComputedCells, truth: Mapping[str, Values]
) -> Iterator[Finding]:
    """The numbers and texts that are shown as others than they are; `truth` are NumPy's values, for
    cells with which the file stores none."""
    unusual = np.array([not shows_all_as_they_are(text) for text in book.formats], dtype=bool)
    every = list(_relied_cells(book, cells, truth))
    known = set[Place]()
    looks = (_by_look(book, relied, unusual) for relied in every)
    rules = (_by_rule(book, sheet, every) for sheet in book.sheets)
    for finding in chain.from_iterable(chain(looks, rules)):
        if finding.place not in known:
            known.add(finding.place)
            yield finding


def _relied_cells(
    book: FoundBook, cells: ComputedCells, truth: Mapping[str, Values]
) -> Iterator[_Relied]:
    for key, members in cells.items():
        yield _Relied(
            sheet=members.rules[0].sheet,
            owner=key,
            found=members.found,
            computed=members,
            truth=truth.get(key),
            alone=members.block in _MARKED,
        )
    for owner, sheet, ranges in _constants(book):
        # Of a check cell, and of what is chosen to be explained, no other number is thought.
        yield _Relied(sheet, owner, book.block(sheet, ranges), alone=owner in (_EXPLAIN, _GUIDE))
    for sheet, found in book.sheets.items():
        texts = [
            position
            for position, value in found.others.items()
            if isinstance(value, str) and found.held[position] < 0
        ]
        yield _Relied(sheet, sheet.lower(), FoundBlock(found, np.array(texts, dtype=np.int64)))


def _constants(book: FoundBook) -> Iterator[tuple[str, str, list[Range]]]:
    """What people type and choose, and the numbers of captions, with what it belongs to."""
    layout = book.layout
    yield INPUT, BOARD, [*layout.tensors[INPUT].maps]
    for layer, places in layout.weights.items():
        yield layer, BOARD, [place for ranges in places.arrays.values() for place in ranges]
    for layer, controls in layout.controls.items():
        yield layer, BOARD, [*controls.values()]
    for tensor, place in layout.labels.items():
        yield tensor, BOARD, [place]
    panel, verdict = layout.panel, layout.verdict
    chosen = [place for place in panel.controls if place not in panel.explained]
    chosen += [verdict.actual] if verdict is not None else []
    chosen += layout.laboratory.choices if layout.laboratory is not None else []
    yield "board", BOARD, chosen
    for tensor, legends in layout.legends.items():
        yield tensor, BOARD, [*legends]
    if layout.gallery is not None:
        for number in range(layout.gallery.count + 1):
            words = [layout.gallery.number(number), layout.gallery.label(number)]
            yield f"picture {number}", IMAGES, [*words, *layout.gallery.maps(number)]
    yield _EXPLAIN, BOARD, [*map(Range.of, panel.chosen)]
    yield _EXPLAIN, WORKS, [inspector_places(book.network, layout).table]
    guide = guide_places(book.network, layout)
    yield _GUIDE, GUIDE, [Range.of(card.cell(ANSWER)) for card in guide.cards]
    yield "beginnings", MODEL, [one.start for one in beginnings(book.network, layout)]
    if (head := head_places(book.network)) is not None:
        yield "heads", MODEL, [head.sizes(0), head.sizes(1)]
    yield _GUIDE, WORKS, [Range.of(cell) for cell in guide.built.values()]


def _by_look(book: FoundBook, relied: _Relied, unusual: Mask) -> Iterator[Finding]:
    """The findings on the cells' own formats."""
    known = np.minimum(relied.found.styles, len(unusual))
    doubted = np.append(unusual, False)[known] & (relied.found.positions >= 0)
    for index in np.flatnonzero(doubted).tolist():
        number_format = book.formats[relied.found.cell(index).style]
        if _is_false(relied.value(index), number_format, relied.alone):
            yield relied.finding(index, number_format)


def _is_false(value: Value, number_format: str, alone: bool) -> bool:
    """Whether a format shows a value as another one."""
    if value is None or isinstance(value, bool | NoText):
        return False
    return false_showing(value, number_format, alone) is not None


@dataclass(frozen=True)
class _Brought:
    """A number format that a conditional format brings to the cells of some ranges, if they hold
    less than a `limit` in magnitude."""

    ranges: tuple[Range, ...]
    number_format: str
    limit: float

    def is_harmless(self) -> bool:
        """Whether it shows all numbers below its limit as they are: as zeros, without a sign."""
        ends = (self.limit * (1 - 1e-9), -self.limit * (1 - 1e-9), 0.0)
        return isfinite(self.limit) and not any(
            _is_false(end, self.number_format, alone=True) for end in ends
        )


def _brought_formats(book: FoundBook, sheet: str) -> Iterator[_Brought]:
    """What the rules of a sheet bring, but for what shows all as it is."""
    looks = book.parcel.rule_formats
    for rule in book.sheets[sheet].rules:
        code = rule.number_format
        if code is None and rule.look is not None and rule.look < len(looks):
            code = looks[rule.look]
        if code is not None and not shows_all_as_they_are(code):
            brought = _Brought(rule.ranges, code, _limit(rule))
            if not brought.is_harmless():
                yield brought


def _by_rule(book: FoundBook, sheet: str, every: Sequence[_Relied]) -> Iterator[Finding]:
    """The findings on the formats that rules bring, whether they hold now or not."""
    rules = dict.fromkeys(_brought_formats(book, sheet))  # a rule that was copied is one
    if not rules:
        return
    cells = book.sheets[sheet]
    owner, place = np.full(len(cells), -1), np.zeros(len(cells), np.int64)
    for number, relied in reversed(list(enumerate(every))):
        filled = np.flatnonzero(relied.found.positions >= 0)
        if relied.sheet == sheet:
            there = relied.found.positions[filled]
            owner[there], place[there] = number, filled
    for rule in rules:
        for position in (one for part in rule.ranges for one in cells.filled(part).tolist()):
            if owner[position] < 0:
                continue
            relied, index = every[owner[position]], int(place[position])
            value = relied.value(index)
            if isinstance(value, float) and abs(value) >= rule.limit:
                continue
            if _is_false(value, rule.number_format, alone=True):
                yield relied.finding(index, rule.number_format)


_SMALL = re.compile(
    r"(?:AND\(ISNUMBER\((?P<number>[A-Z]+\d+)\),)?ABS\((?P<cell>[A-Z]+\d+)\)"
    r"<(?P<limit>\d+(?:\.\d+)?(?:E[+-]?\d+)?)(?(number)\))",
    re.IGNORECASE,
)


def _limit(rule: FormatRule) -> float:
    """The magnitude below which a rule holds for its own cells, if it says no more than one; else
    infinity."""
    if rule.kind != "expression" or len(rule.formulas) != 1:
        return inf
    small = _SMALL.fullmatch(rule.formulas[0].replace(" ", ""))
    own = {rule.ranges[0].first.a1, Range.around(rule.ranges).first.a1}
    if small is None or not {small["cell"], small["number"] or small["cell"]} <= own:
        return inf
    return float(small["limit"])
