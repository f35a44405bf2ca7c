"""The rules of a board: which formula stands in which cells.

`compiler` writes cells by these rules and `verification` reads them by the same; that the rules
are right mathematics is not assumed anywhere, it is what the engines and the reference prove
together. The layers' own are in `formulas`; here are the answer, the titles and the
padding. Must not know any value.
"""

from collections.abc import Iterator

from xlconv.formulas import text as formulas
from xlconv.formulas.layers.base import Rule
from xlconv.formulas.layers.registry import layer_rules
from xlconv.formulas.limits import fitting
from xlconv.network.network import NONE_FOUND, TICK, Network
from xlconv.network.shapes import values_word
from xlconv.sheets.board.layout import Answer, Layout
from xlconv.sheets.on_board.panel.picture import picture_rules
from xlconv.spreadsheet.cells import Cell, Range

ANSWER = "answer"
TITLES = "titles"


def rules(network: Network, layout: Layout) -> list[Rule]:
    """The rules of the picture and of all that follows from it."""
    return [*picture_rules(network, layout), *board_rules(network, layout)]


def board_rules(network: Network, layout: Layout) -> list[Rule]:
    """The rules of all computed cells, in the order of computation.

    Raises LimitError, naming the layer, if a formula is longer than Excel allows.
    """
    rules = [rule for layer in network.layers for rule in layer_rules(layer, network, layout)]
    rules += _answer_rules(network, layout)
    return [*fitting(rules, network), *_title_rules(network, layout)]


def _answer_rules(network: Network, layout: Layout) -> list[Rule]:
    answer = layout.answer
    if answer is None:
        return []
    values = layout.tensors[network.output].maps[0]
    labels = layout.labels[network.output]
    rules = []
    for unit, (label, value) in enumerate(zip(answer.labels, answer.values, strict=True)):
        rules.append(_answer("label", label, f"{labels.cell(unit, 0):$}", unit + 1))
        rules.append(_answer("value", value, f"{values.cell(unit, 0):$}", unit + 1))
    if answer.threshold is not None:
        return rules + _ticks(answer, values, labels)
    return [
        _answer("label", answer.label, formulas.label_of_largest(values, labels)),
        _answer("value", answer.value, f"MAX({values:$})"),
        *rules,
    ]


def _ticks(answer: Answer, values: Range, labels: Range) -> list[Rule]:
    """A tick for each class that reaches the threshold, and the answer made of them."""
    assert answer.threshold is not None
    threshold, marks = answer.threshold.first, [place.first for place in answer.ticks]
    rules = [
        _answer("tick", place, f'IF({value:$}>={threshold:$},"{TICK}","")', unit)
        for unit, (place, value) in enumerate(zip(answer.ticks, values.cells(), strict=True), 1)
    ]
    text = formulas.marked_labels(marks, labels.cells(), NONE_FOUND)
    count = f'COUNTIF({Range.around(answer.ticks):$},"{TICK}")'
    return [
        *rules,
        _answer("label", answer.label, text),
        _answer("value", answer.value, count),
    ]


def _answer(role: str, place: Range, formula: str, unit: int | None = None) -> Rule:
    """What is answered, or with a `unit`, what is said of one class."""
    key = f"{ANSWER}_{role}" if unit is None else f"{ANSWER}_{role}_{unit}"
    role = role if unit is None else f"class {role}"
    return Rule(ANSWER, key, None, Range.of(place.first), formula, role=role)


def _title_rules(network: Network, layout: Layout) -> Iterator[Rule]:
    def title(tensor: str, cell: Cell, formula: str, number: int | None = None) -> Rule:
        key, role = f"{TITLES}_{tensor}", "shape"
        if number is not None:
            key, role = f"{key}_{number}", "title"
        return Rule(TITLES, key, None, Range.of(cell), formula, role=role, tensor=tensor)

    for band in layout.bands:
        tensor, placement = band.tensor, layout.tensors[band.tensor]
        shape, first, under = network.shapes[tensor], placement.maps[0], Cell(2, band.first)
        if len(shape) == 1:
            yield title(tensor, under, f'ROWS({first:$})&" {values_word(shape[0])}"')
            continue
        yield title(tensor, under, _shape_line(f"{shape[0]} × ", first))
        for number, place in enumerate(placement.maps, 1):
            text = _shape_line(f"{tensor} map {number} · ", place)
            yield title(tensor, layout.titles[tensor][number - 1].first, text, number)


def _shape_line(lead: str, values: Range) -> str:
    """A text and the shape of a map, its rows and columns counted from the map itself."""
    return f'"{lead}"&ROWS({values:$})&" × "&COLUMNS({values:$})'
