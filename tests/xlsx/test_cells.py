"""Cells as a sheet's XML spells their places."""

import pytest

from xlconv.xlsx.cells import read_cells
from xlconv.xlsx.markup import MAIN
from xlconv.xlsx.sheet import CellError, FoundCell


def read(rows: str) -> dict[tuple[int, int], FoundCell]:
    text = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    return dict(read_cells([text.encode()], []))


def row(number: int, *places: str) -> str:
    cells = "".join(f'<c r="{place}"><v>{place[-1]}</v></c>' for place in places)
    return f'<row r="{number}">{cells}</row>'


def test_columns_are_the_same_in_every_row() -> None:
    found = read(row(1, "A1", "$C$1", "AA1") + row(11, "A11", "c11", "AA11") + row(21, "B21"))
    assert list(found) == [(1, 1), (1, 3), (1, 27), (11, 1), (11, 3), (11, 27), (21, 2)]


@pytest.mark.parametrize(
    "rows",
    [
        row(1, "A1") + row(2, "A1"),
        row(1, "A1", "A11"),
        row(1, "A1", "A01"),
        row(1, "A1") + row(11, "A1"),
        row(1, "A1", "B1") + row(2, "B2", "A2"),
        row(1, "A1") + row(2, "A2", "A2"),
        row(1, "A1", "XFE1"),
        row(1, "A1") + row(2, "2"),
        '<c r="A1"><v>1</v></c>',
        '<row r="1"><c r="A1"><c r="B1"/></c></row>',
    ],
)
def test_places_of_other_rows_or_out_of_order_are_refused(rows: str) -> None:
    with pytest.raises(CellError, match=r"out of order|is not a cell"):
        read(rows)


def test_cells_without_places_follow_those_with_them() -> None:
    found = read('<row><c><v>1</v></c><c r="C1"><v>2</v></c><c><v>3</v></c></row>')
    assert found == {(1, 1): FoundCell(1.0), (1, 3): FoundCell(2.0), (1, 4): FoundCell(3.0)}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="A1" t="b"><v>1</v></c>', True),
        ('<c r="A1" t="b"><v>true</v></c>', True),
        ('<c r="A1" t="b"><v>0</v></c>', False),
        ('<c r="A1" t="b"><v>false</v></c>', False),
        (
            '<c r="A1" t="inlineStr"><is><r><t>日</t></r><r><t>本</t></r>'
            '<rPh sb="0" eb="1"><t>にほん</t></rPh></is></c>',
            "日本",
        ),
    ],
)
def test_values_as_other_programs_spell_them(cell: str, value: bool | str) -> None:
    """A phonetic guide is no part of a text."""
    assert read(f'<row r="1">{cell}</row>') == {(1, 1): FoundCell(value)}
