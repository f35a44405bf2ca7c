"""The sentence of the inspector: how a cell came about, in numbers, as a formula.

Fills references into the templates of `sentences`. Must not know any value.
"""

from collections.abc import Mapping

from xlconv.formulas.text import one_of
from xlconv.network.sentences import Either, Sentence, pieces
from xlconv.sheets.explain.places import InspectorPlaces, operation_number
from xlconv.sheets.explain.sentence.templates import THEN
from xlconv.sheets.explain.table import LayerLine
from xlconv.sheets.on_board.panel.places import USED
from xlconv.state.sheet_names import WORKS


def sentence_text(sentence: Sentence, blanks: Mapping[str, str], tests: Mapping[str, str]) -> str:
    """A sentence with its blanks filled in, as a formula's text.

    >>> template = ("{x:2} in ", Either("far", "{row}"))
    >>> sentence_text(template, {"x": "A1", "row": "B1"}, {"far": "B1>9"})
    'ROUND(A1,2)+0&" in "&IF(B1>9,B1,"")'
    """
    parts = []
    for piece in pieces(sentence):
        if isinstance(piece, str):
            parts.append(f'"{piece}"')
        elif isinstance(piece, Either):
            chosen = (sentence_text(one, blanks, tests) for one in (piece.yes, piece.no))
            parts.append(f"IF({tests[piece.condition]},{','.join(chosen)})")
        else:
            held = blanks[piece.name]
            parts.append(held if piece.digits is None else short(held, piece.digits))
    return "&".join(parts) or '""'


def short(value: str, digits: int) -> str:
    """A number to be joined to texts, rounded; "+0" takes the sign from a zero. In no brackets:
    "&" joins last, and IronCalc saves formulas without those that change nothing.

    >>> short("$A$1", 2)
    'ROUND($A$1,2)+0'
    """
    return f"ROUND({value},{digits})+0"


def by_operation(number: str, texts: Mapping[int, str]) -> str:
    """The value of one of several numbers, from 1, of which not all occur.

    >>> by_operation("$A$1", {2: "B1", 4: "C1"})
    'CHOOSE($A$1,0,B1,0,C1)'
    """
    return one_of(number, [texts.get(n, "0") for n in range(1, max(texts) + 1)])


def sentence(places: InspectorPlaces) -> str:
    """How the chosen cell came about: the operation's own words, then what follows it."""
    said = {operation_number(line): words_of(line, places) for line in places.lines}
    operation = f"{places.of('operation'):{WORKS}}"
    return f"{by_operation(operation, said)}&{_then_words(places)}"


def _then_words(places: InspectorPlaces) -> str:
    """What the layer behind, an activation, makes of the cell."""
    kind, name = (f"{places.of(key):{WORKS}}" for key in ("then_kind", "then_name"))
    result, value = (f"{places.mark(key):{WORKS}}" for key in ("result", "then"))
    tests = {
        "nothing behind": f"{kind}=0",
        "rectifies": f"{kind}=1",
        "positive result": f"{result}>0",
    }
    return sentence_text(THEN, {"then_name": name, "then": value}, tests)


def words_of(line: LayerLine, places: InspectorPlaces) -> str:
    """What an operation says of itself."""
    lists = [f"{places.term_list(number):{WORKS}}" for number in range(6)]
    firsts = [f"{places.term_list(number).first:{WORKS}}" for number in range(4)]
    _, row, column, x = firsts
    values, products = lists[3], lists[5]
    result, strongest = (f"{places.mark(key):{WORKS}}" for key in ("result", "strongest"))
    bias = f"{places.facts.first:{WORKS}}"
    beside = {
        key: text if text[0] != "$" else f"{WORKS}!{text}"
        for key, text in places.beside(line).items()
    }
    blanks = {
        "x": x,
        "second": f"INDEX({values},2)",
        "result": result,
        "cells": f"COUNT({values})",
        "products": f"COUNT({products})",
        "total": f"SUM({products},{bias})",
        "sum": f"SUM({products})",
        "largest": f"MAX({values})",
        "logit": f"INDEX({values},{USED.cell(2, 0):{WORKS}})",
        "caption": f"{places.slot_list(0).first:{WORKS}}",
        "bias": bias,
        "value": f"INDEX({values},{strongest})",
        "weight": f"INDEX({lists[4]},{strongest})",
        "row": row,
        "column": column,
        "winner_row": f"INDEX({lists[1]},{strongest})",
        "winner_column": f"INDEX({lists[2]},{strongest})",
        **beside,
    }
    tests = {
        "positive": f"{x}>0",
        "positive result": f"{result}>0",
        "several products": f"COUNT({products})>1",
        "several columns": f"{places.of('read_columns'):{WORKS}}>1",
        "more than two": f"COUNT({values})>2",
        "no bias": f'{bias}=""',
        **{key: f"{cell}=1" for key, cell in beside.items()},
    }
    return sentence_text(line.sentence, blanks, tests)
