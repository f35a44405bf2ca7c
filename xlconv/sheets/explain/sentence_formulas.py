"""The sentence of the inspector: how a cell came about, in numbers, as a formula.

Fills references into the templates of `sentences`. Must not know any value.
"""

from collections.abc import Mapping

from xlconv.network.sentences import Either, Sentence, pieces
from xlconv.sheets.explain.places import InspectorPlaces, operation_number
from xlconv.sheets.explain.sentences import TERM, THEN
from xlconv.sheets.explain.table import LayerLine
from xlconv.sheets.panel.places import USED
from xlconv.spreadsheet.cells import Cell
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


def by_operation(number: Cell, texts: Mapping[int, str]) -> str:
    """The value of one of several numbers, from 1, of which not all occur.

    >>> by_operation(Cell(1, 1), {2: "B1", 4: "C1"})
    'CHOOSE($A$1,0,B1,0,C1)'
    """
    values = (texts.get(n, "0") for n in range(1, max(texts) + 1))
    return f"CHOOSE({number:$},{','.join(values)})"


def sentence(places: InspectorPlaces) -> str:
    """How the chosen cell came about: the operation's own words, then what follows it."""
    said = {operation_number(line): words_of(line, places) for line in places.lines}
    return f"{by_operation(places.of('operation'), said)}&{_then_words(places)}"


def _then_words(places: InspectorPlaces) -> str:
    """What the layer behind, an activation, makes of the cell."""
    kind, result = places.of("then_kind").absolute, places.result.first.absolute
    name, value = places.then_name.first.absolute, places.then.first.absolute
    tests = {
        "nothing behind": f"{kind}=0",
        "rectifies": f"{kind}=1",
        "positive result": f"{result}>0",
    }
    return sentence_text(THEN, {"then_name": name, "then": value}, tests)


def term_words(places: InspectorPlaces, at: str) -> str:
    """A term in words: its value, its weight, where it stands."""
    slot = f"INDEX({places.term_list(0):$},{at})"
    blanks = {"caption": f"INDEX({places.slot_list(0):$},{slot})", **_term(places, at)}
    return sentence_text(TERM, blanks, {"several columns": _several_columns(places)})


def _term(places: InspectorPlaces, at: str) -> dict[str, str]:
    lists = enumerate(("row", "column", "value", "weight"), 1)
    return {key: f"INDEX({places.term_list(number):$},{at})" for number, key in lists}


def _several_columns(places: InspectorPlaces) -> str:
    return f"{places.of('read_columns').absolute}>1"


def words_of(line: LayerLine, places: InspectorPlaces) -> str:
    """What an operation says of itself."""
    lists = [places.term_list(number) for number in range(6)]
    _, row, column, x, _, _ = (one.first.absolute for one in lists)
    values, products = lists[3].absolute, lists[5].absolute
    result, bias = places.result.first.absolute, places.facts.first.absolute
    most, least = f"MAX({products})", f"MIN({products})"
    strongest = f"MATCH(IF({most}>=-{least},{most},{least}),{products},0)"
    winner = f"MATCH(MAX({values}),{values},0)"
    beside = places.beside(line)
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
        "caption": places.slot_list(0).first.absolute,
        "bias": bias,
        **_term(places, strongest),
        "row": row,
        "column": column,
        "winner_row": f"INDEX({lists[1]:$},{winner})",
        "winner_column": f"INDEX({lists[2]:$},{winner})",
        **beside,
    }
    tests = {
        "positive": f"{x}>0",
        "positive result": f"{result}>0",
        "several products": f"COUNT({products})>1",
        "several columns": _several_columns(places),
        "more than two": f"COUNT({values})>2",
        "no bias": f'{bias}=""',
        **{key: f"{cell}=1" for key, cell in beside.items()},
    }
    return sentence_text(line.sentence, blanks, tests)
