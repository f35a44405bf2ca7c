"""Formulas taken apart: every text, right or not, in parts that make it up again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlconv.grading.precedents import reads_of
from xlconv.spreadsheet.cells import Cell, Place, Range
from xlconv.spreadsheet.formula import (
    moved_formula,
    moved_formulas,
    moved_references,
    references,
    tokens,
)

PIECES = [
    *("SUM(", "LOG10(", ")", ",", ":", "+", "A1", "$B$12", "AB3:AC4", "A:A", "$1:2", "name", "x1y"),
    *(
        "'",
        '"',
        "''",
        '""',
        "Board!",
        "'My board'!",
        "[1]",
        "{1,2}",
        "{",
        "}",
        "#REF!",
        "#",
        "1.5E-3",
    ),
    *(" ", "\n", "@", "Ä", "_xlfn.", ".", "!", "\\", "1"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_the_parts_of_a_formula_make_it_up(formula: str) -> None:
    assert "".join(token.text for token in tokens(formula)) == formula


OPERANDS = [
    *("A1", "$B$12", "AB3:AC4", "'My A1'!C3", "Board!D4:D5", '"E5"', "LOG10(F6)", "name_G7", "H8#"),
    *("I9:INDEX(J10,1)", "'K11'", "1E12", "-L12%", "'Ada''s'!M13", "#REF!N14"),
]


@given(st.lists(st.sampled_from(OPERANDS), max_size=8).map("+".join))
def test_a_look_for_references_finds_those_among_the_parts(formula: str) -> None:
    """Two readings of one grammar: part by part, and past all that is no reference."""
    parts = [(one.sheet, Range.parse(one.name)) for one in tokens(formula) if one.kind == "range"]
    assert references(formula) == parts


KINDS = [
    ("SUM(A1:B2)", ["function", "range", "other"]),
    ("LOG10(A1)", ["function", "range", "other"]),
    ("A1+R1C1", ["range", "other", "name"]),
    ("A:A", ["lines"]),
    ("$3:4", ["lines"]),
    ("$H$1:I$1", ["range"]),
    ("1.5E-3%", ["number", "other"]),
    ('"a""A1"&"open', ["string", "other", "string"]),
    ("{=SUM({1,2})}", ["other", "other", "function", "brackets", "other", "other"]),
    ("'My A1'!$B$2", ["range"]),
    ("#REF!A1", ["other", "range"]),
    ("A1:INDEX(B1:B3,2)", ["range", "other", "function", "range", "other", "number", "other"]),
]


@pytest.mark.parametrize(("formula", "kinds"), KINDS)
def test_parts_are_of_the_kinds_that_a_spreadsheet_sees(formula: str, kinds: list[str]) -> None:
    assert [token.kind for token in tokens(formula)] == kinds


def test_a_reference_bears_the_sheet_that_stands_before_it() -> None:
    formula = "SUM('Ada''s A1:B2'!C3:D4,Board!$E$5,F6)&\"G7\""
    read = [(sheet, place.a1) for sheet, place in references(formula)]
    assert read == [("Ada's A1:B2", "C3:D4"), ("Board", "E5"), ("", "F6")]
    assert str(Place("Ada's A1:B2", Cell(3, 3))) == "'Ada''s A1:B2'!C3"


def test_a_range_with_mixed_dollars_is_no_range_of_whole_rows() -> None:
    reads = reads_of("=SUM($H$1:I$1)", {})
    assert (reads.cells, reads.unsure) == ({Cell(1, 8), Cell(1, 9)}, False)
    assert reads_of("=SUM($1:1)", {}).unsure


@pytest.mark.parametrize(
    "formula",
    [
        "SUMPRODUCT(A2:C4,$E$2:$G$4)+LOG10(B$1)-$C3",
        'IF(A1="100% of A1, ""B2""",B2*50%,Board!A1&\'A1 %s\'!B2)',
        "MAX(XFC1:XFD2)",
        "SUM(A1048575:$B$1048576)",
        "1+1",
    ],
)
def test_many_texts_are_made_at_once_as_one_by_one(formula: str) -> None:
    for rows, columns in ((range(3), range(4)), (range(0, 9, 3), range(0, 4, 2)), ((), (1,))):
        moved = [moved_formula(formula, row, column) for row in rows for column in columns]
        assert moved_formulas(formula, rows, columns) == moved


def test_references_move_as_the_text_does() -> None:
    """Relative, fixed, growing with the first or the last corner, on the last row of a sheet."""
    for formula in (
        "SUMPRODUCT(A2:C4,$E$2:$G$4)+LOG10(B$1)",
        "ROWS($A$7:$A7)+MAX($H$1:I$1,Board!$B3)",
        "SUM(A1048570:B1048572)&\"A1\"&'My board'!C5",
        "A1048576+XFD1",
    ):
        for rows, columns in ((0, 0), (1, 0), (0, 2), (3, 3)):
            moved = references(moved_formula(formula, rows, columns))
            assert moved_references(formula, rows, columns) == moved, (formula, rows, columns)
