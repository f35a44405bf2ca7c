"""How long a formula may be, and how many arguments a function may have, in Excel.

Must not know what a formula computes.
"""

import re

from xlconv.errors import check_limit
from xlconv.formulas.layers.base import Rule
from xlconv.network.network import Network
from xlconv.spreadsheet.cells import MAX_FORMULA_LENGTH

MAX_ARGUMENTS = 255  # of a function, in Excel


def fitting(rules: list[Rule], network: Network) -> list[Rule]:
    """The rules, if all their formulas fit in a cell; else LimitError, naming the layer."""
    for rule in rules:
        length = rule.longest
        for needed, limit, what in (
            (length, MAX_FORMULA_LENGTH, "characters"),
            (_most_arguments(rule, length), MAX_ARGUMENTS, "arguments of one function"),
        ):
            place = f"a formula of {_owner_words(rule, network)} does not fit in a cell: it has"
            check_limit(place, needed, limit, what, "use fewer maps, classes or branches")
    return rules


def _owner_words(rule: Rule, network: Network) -> str:
    """Whose a formula is: a tensor's, or else what is said of the output."""
    if rule.owner in network.shapes:
        return network.tensor_words(rule.owner)
    return f"the {rule.owner} of layer {network.output!r}"


def _most_arguments(rule: Rule, length: int) -> int:
    """The arguments of the function that has most; 0 where the text is too short for too many."""
    if length <= 2 * MAX_ARGUMENTS:
        return 0
    most, counts = 0, [0]
    for sign in re.sub(r'"[^"]*"', "", rule.formula):
        if sign == "(":
            counts.append(1)
        elif sign == ",":
            counts[-1] += 1
        elif sign == ")":
            most = max(most, counts.pop())
    return most
