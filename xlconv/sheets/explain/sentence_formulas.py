"""The sentence of the inspector: how a cell came about, in numbers, as a formula.

Must not know any value.
"""

from __future__ import annotations

from xlconv.sheets.explain.formula_texts import by_operation, nth, short, unless
from xlconv.sheets.explain.places import InspectorPlaces, operation_number
from xlconv.sheets.panel.places import USED

FINE = 4  # digits of probabilities; other numbers are shown with two


def sentence(places: InspectorPlaces) -> str:
    """How the chosen cell came about: the operation's own words, then what follows it."""
    number = places.of("operation")
    said = {operation_number(line): words_of(line.operation, places) for line in places.lines}
    return f"{by_operation(number, said)}&{then_words(places)}"


def then_words(places: InspectorPlaces) -> str:
    """What the layer behind, an activation, makes of the cell."""
    kind, result = places.of("then_kind").absolute, places.result.first.absolute
    name, value = places.then_name.first.absolute, places.then.first.absolute
    kept = f'IF({result}>0," keeps it"," makes it 0")'
    made = f'" makes it "&{short(value)}'
    return unless(f"{kind}=0", f'"; "&{name}&IF({kind}=1,{kept},{made})')


def words_of(operation: str, places: InspectorPlaces) -> str:
    """What an operation says of itself."""
    x = short(places.term_list(3).first.absolute)
    result = short(places.result.first.absolute)
    fine = short(places.result.first.absolute, FINE)
    number = short(places.of("number").absolute, FINE)
    facts = [short(cell.absolute) for cell in places.facts.cells()]
    return {
        "weighted": _weighted(places),
        "rectified": _weighted(places) + _rectified(places),
        "largest": _largest(places),
        "mean": f'"the mean of "&COUNT({places.term_list(3).absolute})&" cells is "&{result}',
        "relu": f'"max(0, "&{x}&") = "&{result}'
        f'&IF({places.term_list(3).first.absolute}>0,": positive, it stays",'
        '": not positive, it becomes 0")',
        "leaky": f'"max("&{number}&" × "&{x}&", "&{x}&") = "&{result}',
        "tanh": f'"tanh("&{x}&") = "&{fine}',
        "sigmoid": f'"1 / (1 + exp(−("&{x}&"))) = "&{fine}',
        "normalised": f'"("&{x}&" − "&{facts[0]}&") / √("&{facts[1]}&" + ε) × "&{facts[2]}'
        f'&" + "&{facts[3]}&" = "&{result}',
        "added": _added(places),
        "same": _same(places),
        "dropped": f'IF({places.facts.cell(2, 0).absolute}=1,{x}&" × mask "&{facts[0]}'
        f'&" × factor "&{facts[1]}&" = "&{result},"dropout is off: "&{x}&" stays")',
        "softmax": _softmax(places),
    }[operation]


def _weighted(places: InspectorPlaces) -> str:
    """The strongest product, how many more there are, the bias, the sum."""
    value, weight, product = (places.term_list(number) for number in (3, 4, 5))
    most, least = f"MAX({product.absolute})", f"MIN({product.absolute})"
    strongest = f"MATCH(IF({most}>=-{least},{most},{least}),{product.absolute},0)"
    count = f"COUNT({product.absolute})"
    bias = places.facts.first.absolute
    total = short(f"SUM({product.absolute},{bias})")
    return (
        f'{short(nth(value, strongest))}&" × "&{short(nth(weight, strongest))}'
        f'&IF({count}>1," + … ("&{count}&" products)","")'
        f'&IF({bias}="",""," + bias "&{short(bias)})&" = "&{total}'
    )


def _rectified(places: InspectorPlaces) -> str:
    """What the fused ReLU does with the sum."""
    result = places.result.first.absolute
    return f'&IF({result}>0,"; ReLU keeps it","; ReLU makes it 0")'


def _largest(places: InspectorPlaces) -> str:
    """The window, and which of its cells won."""
    row, column, value = (places.term_list(number) for number in (1, 2, 3))
    most = f"MATCH(MAX({value.absolute}),{value.absolute},0)"
    return (
        f'"the largest of "&COUNT({value.absolute})&" cells is "'
        f'&{short(places.result.first.absolute)}&", in row "&{nth(row, most)}'
        f'&", column "&{nth(column, most)}&"; the others are forgotten"'
    )


def _added(places: InspectorPlaces) -> str:
    value = places.term_list(3)
    second = short(nth(value, "2"))
    return (
        f'{short(value.first.absolute)}&" + "&{second}&IF(COUNT({value.absolute})>2," + …","")'
        f'&" = "&{short(places.result.first.absolute)}'
    )


def _same(places: InspectorPlaces) -> str:
    """Where the number comes from."""
    row, column = (places.term_list(number).first.absolute for number in (1, 2))
    return (
        f'"the same number as "&{places.slot_list(0).first.absolute}&", row "&{row}'
        f'&IF({places.of("read_columns").absolute}>1,", column "&{column},"")'
        f'&": "&{short(places.term_list(3).first.absolute)}'
    )


def _softmax(places: InspectorPlaces) -> str:
    value, product = places.term_list(3), places.term_list(5)
    logit = nth(value, USED.cell(2, 0).absolute)
    return (
        f'"exp("&{short(logit)}&" − "&{short(f"MAX({value.absolute})")}&") / "'
        f'&{short(f"SUM({product.absolute})")}&" = "'
        f"&{short(places.result.first.absolute, FINE)}"
        '&": the logit minus the largest, exp, divided by the sum"'
    )
