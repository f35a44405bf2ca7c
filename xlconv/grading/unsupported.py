"""Whether a formula that gives an error may well be right, and no engine here can evaluate it.

Must not know layers, nor what is right.
"""

from __future__ import annotations

from collections.abc import Sequence

from xlconv.engines.second_opinion import EMBEDDED, SECOND
from xlconv.spreadsheet.formula import tokens
from xlconv.xlsx.reader import Value

_NOT_EVALUATED = ("#NAME?", "#ERROR!", "#VALUE!", '#"')  # the last one is Gnumeric's
_OF_MATRICES = ("MMULT", "MINVERSE", "MDETERM")  # which Excel has always known, and engines may not


def beyond_engines(formula: str, found: Value, stored: Value, engines: Sequence[str]) -> str:
    """What keeps the engines that were asked from evaluating a formula, in words; "" if they are
    not to blame. `found` is what they say, `stored` what the program computed that saved the file.

    >>> beyond_engines("=_xlfn.MAP(A1:A3,mine)", "#NAME?", 0.5, ["formualizer", "libreoffice"])
    'formualizer and libreoffice cannot evaluate it (MAP): mark it by hand'
    >>> beyond_engines("=NOTHING(A1)", "#NAME?", "#NAME?", ["formualizer"])
    ''
    """
    functions = [one.name.upper() for one in tokens(formula) if one.kind == "function"]
    if any("XLUDF.DUMMYFUNCTION" in name for name in functions):
        return "is computed by Google Sheets alone: mark it by hand"
    newer = [name.rpartition(".")[2] for name in functions if name.startswith("_XLFN.")]
    unknown = [*newer, *(name for name in functions if name in _OF_MATRICES)]
    failed = isinstance(found, str) and found.startswith(_NOT_EVALUATED)
    computed = isinstance(stored, float)
    if not failed or not (computed or (unknown and found != "#VALUE!")):
        return ""
    told = f" ({', '.join(dict.fromkeys(unknown))})" if unknown else ""
    return f"{' and '.join(engines)} cannot evaluate it{told}: mark it by hand{_other(engines)}"


def _other(engines: Sequence[str]) -> str:
    """What else could be tried."""
    if list(engines) == [EMBEDDED]:
        return ", or install LibreOffice"
    return f", or try --engine {EMBEDDED}" if list(engines) == [SECOND] else ""
