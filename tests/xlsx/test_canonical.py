"""Rows taken apart without a parser give what the parser gives, however they are spelled."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlconv.spreadsheet.cells import Cell
from xlconv.xlsx import cells
from xlconv.xlsx.cells import read_cells
from xlconv.xlsx.markup import MAIN, MarkupError
from xlconv.xlsx.sheet import CellError, FoundSheet

HEAD = f'<worksheet xmlns="{MAIN}"><sheetData>'
TAIL = "</sheetData></worksheet>"
STRINGS = ["zero", "one"]


def told(sheet: FoundSheet) -> list[tuple[object, ...]]:
    """All that is known of a sheet's cells."""
    found: list[tuple[object, ...]] = []
    for (row, column), cell in sheet.items():
        formula, place = cell.formula, Cell(row, column)
        spelled = formula and (formula.spelled, formula.block, formula.anchor, formula.at(place))
        found.append((place.a1, cell.value, type(cell.value), cell.style, spelled))
    return found


def read(text: str, head: str = HEAD, tail: str = TAIL, encoding: str = "utf-8") -> object:
    """What stands in rows, or why they cannot be read."""
    try:
        return told(read_cells([f"{head}{text}{tail}".encode(encoding)], STRINGS))
    except (MarkupError, CellError) as error:
        return type(error).__name__


def by_parser(text: str, **around: str) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "canonical_rows", lambda piece: None)
        return read(text, **around)


VALUES = st.sampled_from(
    [
        *("<v>1</v>", "<v>-0.5e-3</v>", "<v>1e-310</v>", "<v></v>", "<v>1_0</v>", "<v>inf</v>"),
        *("<v>1e999</v>", "<v> 2</v>", "<v>x</v>", "", "<v>a &lt; b</v>", "<v>&#65;</v>"),
        *("<v>_x0041_</v>", "<v>TRUE</v>", "<v>9</v>", "<v>é</v>", "<v>a]]>b</v>", "<v>&no;</v>"),
        *("<v>\r</v>", "<v>#N/A</v>", "<v>2024-01-02</v>", "<is><t>in</t></is>", "<v>\t</v>"),
        *("<v/>", "<v />", "<is><t></t></is>", "<is/>", "<is><t>&#8722;&#xe9;</t></is>"),
        *('<is><t xml:space="preserve"> a_x0041_ </t></is>', "<is><t>&#13;&#x3;</t></is>"),
    ]
)
FORMULAS = st.sampled_from(
    [
        *("", "<f>A1+1</f>", "<f>SUM(A1:B2)&amp;&quot;x&quot;</f>", '<f t="shared" si="0"/>'),
        *('<f t="shared" ref="A1:C9" si="0">A1*2</f>', '<f t="shared" si="0"></f>', "<f/>"),
        *('<f aca="false">A1</f>', '<f t="array" ref="B2">{1}</f>', '<f ca="1">RAND()</f>'),
        *('<f t="array" ref="A1:B2">A1</f>', '<f t="dataTable" ref="A1:B2"/>', "<f>1]]>2</f>"),
        *(
            "<f>MEDIAN(A1:B2)</f>",
            '<f t="shared" ref="A1:C9" si="1">B$1</f>',
            '<f t="shared" si="1" />',
            "<f>\r1</f>",
        ),
    ]
)
KINDS = st.sampled_from(
    ["", "", "", *(f' t="{kind}"' for kind in ("n", "s", "str", "b", "e", "d", "inlineStr", "zz"))]
)
STYLES = st.sampled_from(["", ' s="3"', ' s="12"', ' s="99999999999"', ' cm="1"'])


@st.composite
def rows(draw: st.DrawFn) -> str:
    """Rows of cells as programs, careless ones and strange ones spell them."""
    texts = []
    for row in range(1, draw(st.integers(1, 3)) + 1):
        made = []
        for column in "ABC":
            value, formula = draw(VALUES), draw(FORMULAS)
            place = draw(st.sampled_from([f' r="{column}{row}"'] * 9 + ["", f' r="{column}9"']))
            inside = formula + value
            cell = f"<c{place}{draw(STYLES)}{draw(KINDS)}"
            made.append(f"{cell}>{inside}</c>" if inside else f"{cell}/>")
        between = draw(st.sampled_from([""] * 9 + ["<!-- a -->", "\n", "<x/>"]))
        number = draw(st.sampled_from([f' r="{row}"'] * 9 + ["", ' r="1" spans="1:3"']))
        texts.append(f"<row{number}>{between.join(made)}</row>")
    return "".join(texts)


@settings(max_examples=400, deadline=None)
@given(rows())
def test_rows_are_read_as_a_parser_reads_them(text: str) -> None:
    assert read(text) == by_parser(text)


CELL = '<c r="A{0}"><v>{0}</v></c>'
USUAL = f'<row r="1">{CELL.format(1)}</row>'
LATER = f'<row r="3">{CELL.format(3)}</row>'


def values(found: object) -> dict[object, object]:
    assert isinstance(found, list), found
    return {place: value for place, value, *_ in found}


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ("<!-- </row>" + '<row r="2"><c r="A2"><v>2</v></c></row> -->', {}),
        ("<?x </row>" + '<row r="2"><c r="A2"><v>2</v></c></row> ?>', {}),
        ('<row r="2"><c r="A2" t="str"><v><![CDATA[</row>]]></v></c></row>', {"A2": "</row>"}),
        ('<row r="2"/>', {}),
        ('<row r="2"><c r="A2" t="inlineStr"><is><t>in</t></is></c></row>', {"A2": "in"}),
        ('<row r="2"><c r="A2" t="str"><v>a &amp;lt; b</v></c></row>', {"A2": "a &lt; b"}),
        ('<row r="2"><c r="A2" s="1"/><c r="B2"><v>1e-310</v></c></row>', {"B2": 0.0}),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_what_stands_between_usual_rows(
    between: str, expected: dict[str, object], size: int
) -> None:
    """Wherever the pieces of a part end."""
    whole = f"{HEAD}{USUAL}{between}{LATER}{TAIL}".encode()
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    found = read_cells(pieces, STRINGS)
    assert values(told(found)) == {"A1": 1.0, **expected, "A3": 3.0}


def test_rows_of_another_namespace_are_none() -> None:
    head = f'<m:worksheet xmlns="urn:other" xmlns:m="{MAIN}">'
    tail = "</m:worksheet>"
    assert read(f"<m:sheetData>{USUAL}</m:sheetData>", head=head, tail=tail) == []
    hidden = f"<x><![CDATA[<sheetData>]]></x><m:sheetData>{USUAL}</m:sheetData>"
    assert read(hidden, head=head, tail=tail) == []


def test_another_encoding_is_the_parsers() -> None:
    text = '<row r="1"><c r="A1" t="str"><v>é</v></c></row>'
    head = f'<?xml version="1.0" encoding="ISO-8859-1"?>{HEAD}'
    assert values(read(text, head=head, encoding="latin-1")) == {"A1": "é"}
    assert read(text, encoding="latin-1") == "MarkupError"


def test_a_shared_formula_is_that_of_the_head_before_it() -> None:
    """Its number may be used again."""
    first, again = (f'<f t="shared" ref="A{n}:B{n}" si="0">{n + 4}</f>' for n in (1, 2))
    member = '<f t="shared" si="0"/>'
    text = "".join(
        f'<row r="{row}"><c r="A{row}">{formula}<v>1</v></c><c r="B{row}">{member}</c></row>'
        for row, formula in ((1, first), (2, again))
    )
    found = read_cells([f"{HEAD}{text}{TAIL}".encode()], STRINGS)
    formulas = [found[place].formula for place in ((1, 1), (1, 2), (2, 1), (2, 2))]
    assert [formula and formula.text for formula in formulas] == ["5", "5", "6", "6"]
