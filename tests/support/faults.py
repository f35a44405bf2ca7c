"""Faults, planted one at a time in finished workbooks, and what `verify` makes of them.

Edits are made on the XML of the file, as programs and people would leave it: from a book that
xlconv built, one that LibreOffice saved (each formula for itself) or openpyxl (no stored values).
"""

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random
from typing import TypeVar
from xml.sax.saxutils import quoteattr, unescape

import openpyxl
from support.books import sheet_parts
from support.edits import (
    Edit,
    all_of,
    cell_pattern,
    constant_in,
    edited_parts,
    new_constant,
    whole_cell,
    with_formula,
    with_text,
    with_value,
)
from support.hostile_books import OFFICE, sheet_of
from support.libreoffice import converted

import xlconv
from xlconv import Conv2D, Dense, Gallery, MaxPool2D, Model, ReLU, Softmax
from xlconv.book.book import FoundBook, read_book
from xlconv.errors import BookError
from xlconv.importers.gallery import template_gallery
from xlconv.network.network import INPUT
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.spreadsheet.formula import moved_formula
from xlconv.state.sheet_names import BOARD
from xlconv.verification.structure import ComputedCell, computed_cells

Edits = Mapping[str, Edit]  # of parts of the package
Source = tuple[Model, Gallery]  # what a book is built from
Place = TypeVar("Place")
_RELATIVE = re.compile(r"(?<![A-Z$!])[A-Z]{1,3}\d+(?::[A-Z]{1,3}\d+)?")


class NoPlaceError(Exception):
    """A book has no place for a fault of this kind."""


@dataclass(frozen=True)
class Specimen:
    """An untouched book: its template, who saved it, and where it is."""

    template: str
    saved_by: str
    path: Path

    @cached_property
    def book(self) -> FoundBook:
        return read_book(self.path)

    @cached_property
    def cells(self) -> Mapping[str, list[ComputedCell]]:
        return computed_cells(self.book)

    @cached_property
    def parts(self) -> dict[str, str]:
        return sheet_parts(self.path)

    @cached_property
    def contents(self) -> dict[str, str]:
        with zipfile.ZipFile(self.path) as archive:
            return {
                name: archive.read(name).decode()
                for name in archive.namelist()
                if name.endswith((".xml", ".rels"))
            }

    def element(self, sheet: str, cell: str) -> re.Match[str]:
        found = cell_pattern(cell).search(self.contents[self.parts[sheet]])
        assert found is not None, (self.path, sheet, cell)
        return found

    def plain(self, cell: ComputedCell) -> bool:
        """Whether no other cell shares the formula that this one spells."""
        sheet, place = cell.place
        return " ref=" not in self.element(sheet, place.a1)[0]


@dataclass(frozen=True)
class Planted:
    """A fault: the edits that plant it, and the cells that a report must name, all of them and no
    other. No cells: the book has to be refused, or to differ wherever it shows."""

    edits: Edits
    cells: frozenset[str]
    what: str = ""
    added: Mapping[str, str] = field(default_factory=dict)

    def write(self, source: Path, target: Path) -> Path:
        return edited_parts(source, target, self.edits, self.added)


# ----- planting -----


def _candidates(specimen: Specimen, *kinds: type) -> list[ComputedCell]:
    layers = [layer for layer in specimen.book.network.layers if isinstance(layer, kinds)]
    return [cell for layer in layers for cell in specimen.cells[layer.name]]


def _pick(
    specimen: Specimen,
    random: Random,
    cells: list[ComputedCell],
    fits: Callable[[ComputedCell], bool],
) -> ComputedCell:
    for _ in range(400):
        cell = _any(random, cells)
        if specimen.plain(cell) and fits(cell):
            return cell
    raise NoPlaceError


def _any(random: Random, places: Sequence[Place]) -> Place:
    if not places:
        raise NoPlaceError
    return random.choice(places)


def _in_cell(specimen: Specimen, cell: str, edit: Edit, what: str, sheet: str = BOARD) -> Planted:
    """A fault of one cell, planted there."""
    return Planted({specimen.parts[sheet]: edit}, frozenset([f"{sheet}!{cell}"]), what)


def _always(_: ComputedCell) -> bool:
    return True


def _changed(specimen: Specimen, cell: ComputedCell, text: str) -> Planted:
    sheet, place = cell.place
    assert f"={text}" != cell.formula
    what = f"{sheet}!{place.a1}: {cell.formula} -> ={text}"[:200]
    return _in_cell(specimen, place.a1, with_formula(place.a1, text), what, sheet)


def _text(cell: ComputedCell) -> str:
    return cell.formula[1:]


def reformed(
    kinds: tuple[type, ...], reform: Callable[[str, Random], str | None]
) -> Callable[[Specimen, Random], Planted]:
    """A cell of a layer of some kind whose formula is written otherwise."""

    def plant(specimen: Specimen, random: Random) -> Planted:
        def fits(cell: ComputedCell) -> bool:
            return reform(_text(cell), random) not in (None, _text(cell))

        cell = _pick(specimen, random, _candidates(specimen, *kinds), fits)
        text = reform(_text(cell), random)
        while text in (None, _text(cell)):  # by chance
            text = reform(_text(cell), random)
        return _changed(specimen, cell, str(text))

    return plant


def _moved(text: str, down: int, across: int) -> str | None:
    """The first relative window moved."""
    match = _RELATIVE.search(text)
    if match is None:
        return None
    ends = [Cell.parse(one).shifted(down, across).a1 for one in match[0].split(":")]
    return text[: match.start()] + ":".join(ends) + text[match.end() :]


def shifted(down: int, across: int) -> Callable[[Specimen, Random], Planted]:
    """A cell whose window is moved so far, or as far the other way."""

    def plant(specimen: Specimen, random: Random) -> Planted:
        way = random.choice([-1, 1])
        move = reformed(WINDOWED, lambda text, _: _moved(text, way * down, way * across))
        return move(specimen, random)

    return plant


def _without_a_dollar(text: str, random: Random) -> str | None:
    """The kernel is the same in this cell, and another one when the formula is copied on."""
    spots = [match.start() for match in re.finditer(r"\$", text)]
    spot = random.choice(spots) if spots else None
    return None if spot is None else text[:spot] + text[spot + 1 :]


def other_kernel(specimen: Specimen, random: Random) -> Planted:
    layout, network = specimen.book.layout, specimen.book.network
    kernels = {
        place.absolute: [other.absolute for other in layout.weights[layer.name].arrays["weight"]]
        for layer in network.layers
        if isinstance(layer, Conv2D | Dense)
        for place in layout.weights[layer.name].arrays["weight"]
    }

    def reform(text: str, random: Random) -> str | None:
        own = [
            place for place in re.findall(r"\$[A-Z]+\$\d+:\$[A-Z]+\$\d+", text) if place in kernels
        ]
        if not own:
            return None
        place = random.choice(own)
        others = [other for other in kernels[place] if other != place]
        return text.replace(place, random.choice(others)) if others else None

    return reformed((Conv2D, Dense), reform)(specimen, random)


def _sign_flipped(text: str, _: Random) -> str:
    if "+" in text:
        return "-".join(text.rsplit("+", 1))
    if "SUMPRODUCT(" in text:
        return text.replace("SUMPRODUCT(", "-SUMPRODUCT(", 1)
    return f"-{text}"


def _without_relu(text: str, _: Random) -> str | None:
    return text[len("MAX(0,") : -1] if text.startswith("MAX(0,") else None


def _of_2x3(text: str, _: Random) -> str | None:
    match = re.fullmatch(r"MAX\(([A-Z]+\d+):([A-Z]+\d+)\)", text)
    return match and f"MAX({match[1]}:{Cell.parse(match[2]).shifted(0, 1).a1})"


def _number(value: object) -> bool:
    return isinstance(value, float) and value != 0


def _stored(specimen: Specimen, cell: ComputedCell) -> object:
    """NumPy's value, which an untouched book stores, too."""
    name = cell.rule.key
    if name not in specimen.book.network.shapes:
        return cell.found.value
    tensors = xlconv.forward(specimen.book.model, specimen.book.image, specimen.book.drawn)
    index = (cell.row, cell.column)
    tensor = tensors[name]
    at = tensor[cell.row] if tensor.ndim == 1 else tensor[cell.rule.channel or 0][index]
    return float(at)


def own_value(specimen: Specimen, random: Random) -> Planted:
    cells = _candidates(specimen, Conv2D, ReLU, MaxPool2D, Dense, Softmax)
    cell = _pick(specimen, random, cells, _always)
    value = _stored(specimen, cell)
    assert isinstance(value, float)
    place = cell.place[1].a1
    return _in_cell(specimen, place, constant_in(place, value), f"{place} is {value!r}")


def right_number(specimen: Specimen, random: Random) -> Planted:
    """A formula that is nothing but the right number, for this picture."""
    cells = _candidates(specimen, Conv2D, ReLU, MaxPool2D, Dense, Softmax)
    cell = _pick(specimen, random, cells, _always)
    return _changed(specimen, cell, repr(_stored(specimen, cell)))


def right_today(specimen: Specimen, random: Random) -> Planted:
    """A formula that is right as long as what it reads is 0, as a kernel's part left out where the
    picture is empty: its value is NumPy's own."""
    book = specimen.book
    tensors = xlconv.forward(book.model, book.image, book.drawn)
    cells = []
    for layer in book.network.layers:
        if not isinstance(layer, Conv2D):
            continue
        for cell in specimen.cells[layer.name]:
            channel = cell.rule.channel or 0
            bias = book.model.weights[f"{layer.name}.bias"][channel] if layer.bias else 0.0
            value = max(bias, 0.0) if layer.activation else bias
            if tensors[layer.name][channel, cell.row, cell.column] == value:
                cells.append(cell)
    cell = _pick(specimen, random, cells, _always)
    text = re.sub(
        r"SUMPRODUCT\(([A-Z]+\d+):[A-Z]+\d+,(\$[A-Z]+\$\d+)[^)]*\)", r"\1*\2", _text(cell)
    )
    return _changed(specimen, cell, text)


def tenth_digit(specimen: Specimen, random: Random) -> Planted:
    if specimen.saved_by == "openpyxl":
        raise NoPlaceError
    cells = _candidates(specimen, Conv2D, MaxPool2D, Dense, Softmax)
    cell = _pick(specimen, random, cells, lambda one: _number(one.found.value))
    assert isinstance(cell.found.value, float)
    place, value = cell.place[1].a1, cell.found.value * (1 + 2e-10)
    return _in_cell(specimen, place, with_value(place, repr(value)), f"{place} stores {value!r}")


def in_a_ring(specimen: Specimen, random: Random) -> Planted:
    ring = [
        cell
        for placement in specimen.book.layout.tensors.values()
        for number, inside in enumerate(placement.maps)
        for cell in placement.with_ring(number).cells()
        if cell not in inside
    ]
    cell = _any(random, ring)
    edit = new_constant(cell, random.choice([1.0, 0.0, -2.5]))
    return _in_cell(specimen, cell.a1, edit, f"a number in {cell.a1}")


def maps_swapped(specimen: Specimen, random: Random) -> Planted:
    """Two maps of a convolution change their formulas, each with the other's kernels."""
    layers = [
        layer.name
        for layer in specimen.book.network.layers
        if isinstance(layer, Conv2D) and layer.kernels > 1
    ]
    cells = specimen.cells[_any(random, layers)]
    numbers = sorted({cell.rule.channel or 0 for cell in cells})
    one, other = random.sample(numbers, 2)
    firsts = {cell.rule.channel: cell for cell in cells if (cell.row, cell.column) == (0, 0)}
    twins = {one: _text(firsts[other]), other: _text(firsts[one])}
    texts = {
        cell.place.cell.a1: moved_formula(twins[cell.rule.channel or 0], cell.row, cell.column)
        for cell in cells
        if (cell.rule.channel or 0) in twins
    }
    pattern = cell_pattern("([A-Z]+[0-9]+)")

    def edit(xml: str) -> str:
        def replaced(match: re.Match[str]) -> str:
            if match[1] not in texts:
                return match[0]
            return with_formula(match[1], texts[match[1]])(match[0])

        return pattern.sub(replaced, xml)

    spots = frozenset(f"{BOARD}!{place}" for place in texts)
    return Planted({specimen.parts[BOARD]: edit}, spots, f"maps {one + 1} and {other + 1}")


def labels_swapped(specimen: Specimen, random: Random) -> Planted:
    labels = specimen.book.layout.labels
    places = [(tensor, place) for tensor, place in labels.items() if place.height > 1]
    tensor, place = _any(random, places)
    one, other = random.sample(range(place.height), 2)
    held = {unit: specimen.book.cell(BOARD, place, unit).value for unit in (one, other)}
    spots = {unit: place.cell(unit, 0).a1 for unit in (one, other)}
    if not all(isinstance(value, float | str) for value in held.values()):
        raise NoPlaceError
    edits = [constant_in(spots[one], held[other]), constant_in(spots[other], held[one])]  # type: ignore[arg-type]
    cells = frozenset(f"{BOARD}!{spot}" for spot in spots.values())
    return Planted({specimen.parts[BOARD]: all_of(edits)}, cells, f"labels of {tensor}")


def stray_number(specimen: Specimen, random: Random) -> Planted:
    """A number between kernels, or between maps, where nothing belongs."""
    layout, board = specimen.book.layout, specimen.book.sheets[BOARD]
    spots = set()
    for weights in layout.weights.values():
        ranges = [place for one in weights.arrays.values() for place in one]
        own = {cell for place in ranges for cell in place.cells()}
        spots |= {cell for place in weights.ranges for cell in place.cells()} - own
    empty = sorted(cell for cell in spots if (cell.row, cell.column) not in board)
    cell = _any(random, empty)
    edit = new_constant(cell, random.choice([1.0, -0.25]))
    return _in_cell(specimen, cell.a1, edit, f"a number in {cell.a1}")


def _in_block(
    specimen: Specimen, random: Random, keys: Callable[[str], bool], reform: Callable[[str], str]
) -> Planted:
    cells = specimen.cells[_any(random, [key for key in specimen.cells if keys(key)])]
    cell = _pick(specimen, random, cells, lambda one: reform(_text(one)) != _text(one))
    return _changed(specimen, cell, reform(_text(cell)))


def no_maximum(specimen: Specimen, random: Random) -> Planted:
    return _in_block(
        *(specimen, random, lambda key: key.endswith("_shifted")),
        lambda text: re.sub(r"-\$[A-Z]+\$\d+$", "", text),
    )


def _another(text: str) -> str:
    """A formula with the same value, but for other numbers perhaps another one."""
    return f"IF(1=1,{text},0)"


AROUND = {
    "the answer": "answer",
    "the loss": "loss:",
    "a title": "titles_",
    "a scale": "scales:",
    "a frame": "looks:",
    "a reveal": "shown:",
    "Explain": "explain:",
    "the Model sheet's counts": "counts:",
    "the Model sheet's shapes": "shapes:",
    "the Model sheet's sums": "sums_",
    "the chosen picture": "picture:",
    "a pixel's look-up": INPUT,
}


def around(begin: str) -> Callable[[Specimen, Random], Planted]:
    def plant(specimen: Specimen, random: Random) -> Planted:
        return _in_block(specimen, random, lambda key: key.startswith(begin), _another)

    return plant


def typed_around(specimen: Specimen, random: Random) -> Planted:
    """A constant in place of a formula on another sheet, or on the board's panel: its own value."""
    keys = [
        key
        for key, cells in specimen.cells.items()
        if key.startswith(("explain:", "counts:", "shapes:", "sums_", "loss:", "answer", "titles_"))
        and any(isinstance(cell.found.value, float | str) and cell.found.value for cell in cells)
    ]
    cells = [cell for cell in specimen.cells[_any(random, keys)] if cell.found.value]
    cell = _pick(specimen, random, cells, lambda one: isinstance(one.found.value, float | str))
    sheet, place = cell.place
    value = cell.found.value
    assert isinstance(value, float | str)
    return _in_cell(specimen, place.a1, constant_in(place.a1, value), place.a1, sheet)


def explain_table(specimen: Specimen, random: Random) -> Planted:
    """A number in the table by which Explain finds its way."""
    from xlconv.sheets.explain.places import inspector_places

    table = inspector_places(specimen.book.network, specimen.book.layout).table
    held = {
        table.cell(row, column).a1: specimen.book.cell("Works", table, row, column).value
        for row, column in table.offsets()
    }
    numbers = [(cell, value + 1) for cell, value in held.items() if isinstance(value, float)]
    cell, value = random.choice(numbers)
    edit = constant_in(cell, value)
    return _in_cell(specimen, cell, edit, f"Works!{cell} is {value}", "Works")


def name_redirected(specimen: Specimen, random: Random) -> Planted:
    names = specimen.book.layout.names(specimen.book.network)
    name = random.choice(sorted(names))
    place = names[name]
    other = Range(place.row + random.choice([1, 2]), place.column, place.height, place.width)

    def edit(xml: str) -> str:
        pattern = re.compile(
            rf'(<definedName[^>]* name="{name}"[^>]*>|<definedName name="{name}"[^>]*>)[^<]*'
        )
        return pattern.sub(rf"\g<1>{BOARD}!{other.absolute}".replace("$", "$"), xml, count=1)

    return Planted({"xl/workbook.xml": edit}, frozenset(), f"{name} at {other.a1}")


def hidden_sheet(specimen: Specimen, random: Random) -> Planted:
    """A cell that takes its right value from a sheet that nobody sees."""
    cells = _candidates(specimen, Conv2D, ReLU, MaxPool2D, Dense)
    cell = _pick(specimen, random, cells, _always)
    value = _stored(specimen, cell)
    place = cell.place[1].a1
    sheet = sheet_of(f'<row r="1"><c r="A1"><v>{value!r}</v></c></row>')
    entry = f'<sheet xmlns:r="{OFFICE}" name="Hidden" sheetId="99" state="hidden" r:id="rId999"/>'
    target = "/xl/worksheets/hidden.xml"
    relation = f'<Relationship Id="rId999" Type="{OFFICE}/worksheet" Target="{target}"/>'
    content = (
        '<Override PartName="/xl/worksheets/hidden.xml" ContentType="application/vnd.'
        'openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    )
    edits = {
        specimen.parts[BOARD]: with_formula(place, "Hidden!$A$1"),
        "xl/workbook.xml": lambda xml: xml.replace("</sheets>", f"{entry}</sheets>"),
        "xl/_rels/workbook.xml.rels": lambda xml: xml.replace(
            "</Relationships>", f"{relation}</Relationships>"
        ),
        "[Content_Types].xml": lambda xml: xml.replace("</Types>", content),
    }
    return Planted(
        *(edits, frozenset([f"{BOARD}!{place}"]), f"{place} reads a hidden sheet"),
        {"xl/worksheets/hidden.xml": sheet},
    )


def hidden_weight(specimen: Specimen, random: Random) -> Planted:
    """A weight that is a formula: it is no number that could be read as one."""
    weights = specimen.book.layout.weights.values()
    ranges = [place for one in weights for places in one.arrays.values() for place in places]
    cell = _any(random, ranges).first.a1
    edit = {specimen.parts[BOARD]: with_formula(cell, "0.5*2")}
    return Planted(edit, frozenset(), f"the weight {cell} is a formula")


def manifest_changed(specimen: Specimen, random: Random) -> Planted:
    """The network's text says another kernel size, stride, activation, order of layers."""
    changes = [
        (r"size = \[?(\d)", lambda m: m[0].replace(m[1], str(int(m[1]) + 1))),
        (r"size = (\d)", lambda m: f"size = {int(m[1]) + 1}"),
        (r"stride = \[?(\d)", lambda m: m[0].replace(m[1], str(int(m[1]) + 1))),
        (r"stride = (\d)", lambda m: f"stride = {int(m[1]) + 1}"),
        (r"padding = (&quot;|\")same", lambda m: m[0].replace("same", "valid")),
        (r"bias = true", lambda m: "bias = false"),
        (r"bias = false", lambda m: "bias = true"),
        (r"activation = (&quot;|\")relu(&quot;|\")", lambda m: ""),
        (r"kind = (&quot;|\")ReLU", lambda m: m[0].replace("ReLU", "Tanh")),
        (r"kind = (&quot;|\")MaxPool2D", lambda m: m[0].replace("Max", "Avg")),
        (r"epsilon = 0.00001|epsilon = 1e-05", lambda m: "epsilon = 0.1"),
        (r"kernels = (\d+)", lambda m: f"kernels = {int(m[1]) + 1}"),
        (r"units = (\d+)", lambda m: f"units = {int(m[1]) + 1}"),
    ]
    parts = ["xl/sharedStrings.xml", specimen.parts["Model"]]
    random.shuffle(changes)
    for pattern, change in changes:
        for part in parts:
            text = specimen.contents.get(part, "")
            spots = list(re.finditer(rf"(?<=>){pattern}", text))
            spots = [m for m in spots if m[0] != change(m)]
            if spots:
                spot = random.choice(spots)
                new = text[: spot.start()] + change(spot) + text[spot.end() :]
                return Planted(
                    {part: lambda _, new=new: new},  # type: ignore[misc]
                    *(frozenset(), f"{unescape(spot[0])} -> {change(spot)}"),
                )
    raise NoPlaceError


def name_hidden(specimen: Specimen, random: Random) -> Planted:
    """The board alone has a name that is defined for the whole book, too, for another place."""
    name = random.choice(sorted(specimen.book.layout.names(specimen.book.network)))
    sheets = re.findall(r'<sheet [^>]*?name="([^"]*)"', specimen.contents["xl/workbook.xml"])
    own = (
        f'<definedName name="{name}" localSheetId="{sheets.index(BOARD)}">Board!$A$1</definedName>'
    )
    edit = {
        "xl/workbook.xml": lambda xml: xml.replace("</definedNames>", f"{own}</definedNames>", 1)
    }
    return Planted(edit, frozenset(), f"{name} once more, for the board alone")


# Formats that show no number, whatever it is, as it is.
LIES = (
    *("d/m/yyyy", '"0.5"', "[$9-409]0.00", '0"."00', '0.00"½"', "0.00‰"),
    *('(0.00);0.00"9";"1"', "0.0*1", '[<1E9]"7"', '0.00"-";"9"0.00;"-1"'),
)
_NUMBER = 999  # of a number format: no book has so many


def _shown_cell(specimen: Specimen, random: Random) -> ComputedCell:
    """A cell of a map that shows a number."""
    tensor = random.choice(specimen.book.network.layers).name
    cell = random.choice([one for one in specimen.cells[tensor] if one.found.value != ""])
    if not isinstance(cell.found.value, float) or not cell.found.value:
        raise NoPlaceError  # openpyxl saved it: nothing is shown
    return cell


def lying_format(specimen: Specimen, random: Random) -> Planted:
    """A cell of a map is shown as another number."""
    styles = specimen.contents["xl/styles.xml"]
    looks = re.search(r"<cellXfs[^>]*>(.*?)</cellXfs>", styles, re.DOTALL)
    assert looks is not None
    number, lie = len(re.findall(r"<xf[ >]", looks[1])), random.choice(LIES)
    look = f'<xf numFmtId="{_NUMBER}" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    named = f'<numFmt numFmtId="{_NUMBER}" formatCode={quoteattr(lie)}/></numFmts>'
    sheet, place = _shown_cell(specimen, random).place

    def shown(attributes: str, old: str) -> tuple[str, str]:
        return re.sub(r' s="\d+"', "", attributes) + f' s="{number}"', old

    edits = {
        "xl/styles.xml": lambda xml: xml.replace("</cellXfs>", look, 1).replace(
            "</numFmts>", named, 1
        ),
        specimen.parts[sheet]: whole_cell(place.a1, shown),
    }
    cells = frozenset({f"{sheet}!{place.a1}"})
    return Planted(edits, cells, f"{place.a1} has the format {lie}")


def lying_rule(specimen: Specimen, random: Random) -> Planted:
    """A conditional format shows a cell of a map as another number."""
    styles, lie = specimen.contents["xl/styles.xml"], random.choice(LIES)
    looks = re.search(r"<dxfs[^>]*>(.*?)</dxfs>", styles, re.DOTALL)
    assert looks is not None
    number = len(re.findall(r"<dxf[ >]", looks[1]))
    look = f'<dxf><numFmt numFmtId="{_NUMBER}" formatCode={quoteattr(lie)}/></dxf></dxfs>'
    sheet, place = _shown_cell(specimen, random).place
    rule = (
        f'<conditionalFormatting sqref="{place.a1}"><cfRule type="expression" priority="1" '
        f'dxfId="{number}"><formula>TRUE</formula></cfRule></conditionalFormatting>'
    )
    edits = {
        "xl/styles.xml": lambda xml: xml.replace("</dxfs>", look, 1),
        specimen.parts[sheet]: lambda xml: xml.replace(
            "<conditionalFormatting ", f"{rule}<conditionalFormatting ", 1
        ),
    }
    cells = frozenset({f"{sheet}!{place.a1}"})
    return Planted(edits, cells, f"a rule gives {place.a1} the format {lie}")


def caption_of_another(specimen: Specimen, random: Random) -> Planted:
    """The title of a layer is that of another one."""
    names = list(specimen.book.network.shapes)
    band = random.choice(specimen.book.layout.bands)
    other = random.choice([name for name in names if name != band.tensor])
    cell = Cell(1, band.first).a1
    return _in_cell(specimen, cell, with_text(cell, other), f"{band.tensor} is called {other}")


WINDOWED = (Conv2D, MaxPool2D)
Mutation = Callable[[Specimen, Random], Planted]
KINDS: dict[str, Mutation] = {
    "a window shifted by a row": shifted(1, 0),
    "a window shifted by a column": shifted(0, 1),
    "a $ dropped": reformed((Conv2D, Dense), _without_a_dollar),
    "another channel's kernel": other_kernel,
    "a sign flipped": reformed((Conv2D, Dense, ReLU), _sign_flipped),
    "MAX turned MIN": reformed(
        (ReLU, MaxPool2D, Conv2D), lambda text, _: text.replace("MAX(", "MIN(", 1)
    ),
    "a bias forgotten": reformed(
        (Conv2D, Dense), lambda text, _: re.sub(r"\+\$[A-Z]+\$\d+$", "", text)
    ),
    "a ReLU forgotten": reformed((ReLU, Conv2D), _without_relu),
    "a pool window of 2 x 3": reformed((MaxPool2D,), _of_2x3),
    "a formula replaced by its value": own_value,
    "a formula that is the right number": right_number,
    "right only while inputs are 0": right_today,
    "a stored value's tenth digit": tenth_digit,
    "a number in a padding ring": in_a_ring,
    "a number between kernels": stray_number,
    "two maps swapped": maps_swapped,
    "two class labels swapped": labels_swapped,
    "softmax without its maximum": no_maximum,
    "a defined name redirected": name_redirected,
    "a defined name hidden": name_hidden,
    "a number format that lies": lying_format,
    "a conditional format that lies": lying_rule,
    "a caption of another layer": caption_of_another,
    "a hidden sheet feeds a cell": hidden_sheet,
    "a weight that is a formula": hidden_weight,
    "the network's text changed": manifest_changed,
    "Explain's table": explain_table,
    "a constant around the board": typed_around,
    **{f"around the board: {what}": around(begin) for what, begin in AROUND.items()},
}


# ----- judging -----


@dataclass(frozen=True)
class Outcome:
    """What became of a fault: "found", "missed" or "blamed" (on wrong cells), with details."""

    kind: str
    verdict: str
    detail: str = ""


def judged(
    kind: str, planted: Planted, path: Path, engine: str = "formualizer", random: int = 1
) -> Outcome:
    """What `verify` says of a book with a fault."""
    try:
        report = xlconv.verify(path, engine, random)
    except BookError as error:
        refused = not planted.cells
        return Outcome(kind, "found" if refused else "blamed", str(error))
    cells = {finding.cell for finding in report.findings}
    if report.verdict == "agrees" or not cells:
        return Outcome(kind, "missed", f"{planted.what}: {report.verdict}")
    if planted.cells and cells != planted.cells:
        wrong = sorted(cells - planted.cells)[:5], sorted(planted.cells - cells)[:5]
        return Outcome(kind, "blamed", f"{planted.what}: superfluous {wrong[0]}, not {wrong[1]}")
    return Outcome(kind, "found")


def template_sources(names: Sequence[str], pictures: int = 100) -> list[Source]:
    """Templates, with so many pictures to choose from."""
    found = []
    for name in names:
        template = xlconv.load_template(name)
        whole = template_gallery(template.about, template.network, template.image)
        some = slice(whole.chosen - 1, whole.chosen - 1 + pictures)
        gallery = Gallery(whole.pictures[some], whole.labels[some], whole.names[some])
        found.append((template, gallery))
    return found


def specimens(folder: Path, sources: Sequence[Source], program: str | None) -> list[Specimen]:
    """The book of each model and gallery, as xlconv builds it, as openpyxl saves it and, with a
    program, as LibreOffice does."""
    built = []
    for model, gallery in sources:
        name = model.network.name
        path = folder / f"{name}.xlsx"
        xlconv.build(path, model, gallery.image, gallery=gallery)
        built.append(Specimen(name, "xlconv", path))
    (folder / "openpyxl").mkdir()
    found = list(built)
    for one in built:
        saved = folder / "openpyxl" / one.path.name
        openpyxl.load_workbook(one.path).save(saved)
        found.append(Specimen(one.template, "openpyxl", saved))
    if program is not None:
        out = converted(program, [one.path for one in built], folder)
        found += [Specimen(one.template, "LibreOffice", out / one.path.name) for one in built]
    return found


def without_formula_check() -> AbstractContextManager[None]:
    """As if `verify` took any formula for the right one: what values alone tell."""
    return _patched("formula_findings", lambda cells, truth, left: [])


@contextmanager
def _patched(name: str, value: object) -> Iterator[None]:
    from xlconv.verification import verify as verification

    before = getattr(verification, name)
    setattr(verification, name, value)
    try:
        yield
    finally:
        setattr(verification, name, before)
