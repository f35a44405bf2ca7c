"""Small books to test with, the file format as a reader of its own sees it, and what must never
stand on top of another thing.

Files are read with the standard library and openpyxl alone, never with xlconv's own reader.
"""

import os
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pytest

import xlconv
from xlconv import Conv2D, Dense, MaxPool2D, Model, Network, ReLU, Sigmoid, Softmax
from xlconv.errors import BookError
from xlconv.network.borders import bordered
from xlconv.sheets.board.places import plan
from xlconv.spreadsheet.blocks import BlankBlock, Book, Sheet
from xlconv.spreadsheet.cells import Range
from xlconv.training.dataset import Dataset

Array = np.ndarray
Grid = list[list[object]]

# How many times as many random examples as usual; see conftest.
EXAMPLES = int(os.environ.get("XLCONV_EXAMPLES", "1"))

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_FORMULA, _VALUE = f"{MAIN}f", f"{MAIN}v"
RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# The sheets of every book, in their order; a book with a gallery has Images behind the Board.
SHEETS = ["Guide", "Board", "Explain", "Model", "Works"]
WITH_GALLERY = ["Guide", "Board", "Images", "Explain", "Model", "Works"]


@dataclass(frozen=True)
class BuiltBook:
    """A workbook beside what it was built from."""

    path: Path
    model: Model
    image: Array

    @property
    def truth(self) -> dict[str, Array]:
        return xlconv.forward(self.model, self.image)


BuildBook = Callable[..., BuiltBook]
# By the network, or by the template's name; see conftest.
NetworkBook = TemplateBook = Callable[..., BuiltBook]


def random_model(network: Network, seed: int, mean: float = 0.1, spread: float = 0.6) -> Model:
    """A model with weights of both signs that no two cells share."""
    random = np.random.default_rng(seed)
    drawn = {
        name: random.normal(mean, spread, shape)
        for layer in network.layers
        for name, shape in network.weight_shapes(layer).items()
    }
    return Model(
        network,
        {k: np.abs(array) if k.endswith(".variance") else array for k, array in drawn.items()},
    )


def smaller(template: str, shape: tuple[int, ...], seed: int = 1) -> Model:
    """The layers of a template on a smaller picture, with random weights: for what does not follow
    from its size, but takes as long as it is large."""
    whole = xlconv.load_template(template).network
    return random_model(Network(template, shape, whole.layers, whole.labels), seed)


def with_setting(model: Model, layer: str, **settings: object) -> Model:
    """The model with other settings of one layer."""
    layers = tuple(
        replace(one, **settings) if one.name == layer else one  # type: ignore[arg-type]
        for one in model.network.layers
    )
    return Model(replace(model.network, layers=layers), model.weights)


def random_image(network: Network, seed: int) -> Array:
    return np.random.default_rng(seed + 1000).random(network.input_shape)


@dataclass(frozen=True)
class XmlCell:
    """A cell as the file spells it. `formula` is None if it has no <f>, "" for the members of
    a shared formula that do not spell it; `attributes` are those of <f>; `value` is the text of
    <v>, None if there is none."""

    kind: str
    formula: str | None
    attributes: dict[str, str]
    value: str | None


def sheet_parts(path: Path) -> dict[str, str]:
    """The part of each sheet, in the order of the sheets, by the file's own relationships."""
    with zipfile.ZipFile(path) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        related = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {one.get("Id"): one.get("Target", "") for one in related}
    return {
        sheet.get("name", ""): f"xl/{targets[sheet.get(RELATED)].removeprefix('/xl/')}"
        for sheet in book.iter(f"{MAIN}sheet")
    }


def xml_cells(path: Path, sheet: str = "Board") -> dict[str, XmlCell]:
    """Every cell of a sheet by its A1 text."""
    return dict(written_cells(path, sheet))


def written_cells(path: Path, sheet: str) -> list[tuple[str, XmlCell]]:
    """Every <c> of a sheet in the order of the file, with its A1 text."""
    return _written_cells(path, sheet, path.stat().st_mtime_ns)


@lru_cache(maxsize=12)  # many tests look at the same files
def _written_cells(path: Path, sheet: str, saved: int) -> list[tuple[str, XmlCell]]:
    root = sheet_root(path, sheet)
    return [(element.get("r", ""), _xml_cell(element)) for element in root.iter(f"{MAIN}c")]


def sheet_root(path: Path, sheet: str) -> ElementTree.Element:
    """A sheet's part."""
    return ElementTree.fromstring(sheet_text(path, sheet))


def sheet_text(path: Path, sheet: str) -> str:
    """A sheet's part, as it is spelled."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(sheet_parts(path)[sheet]).decode()


def _xml_cell(element: ElementTree.Element) -> XmlCell:
    formula = value = None
    for child in element:
        if child.tag == _FORMULA:
            formula = child
        elif child.tag == _VALUE:
            value = child
    return XmlCell(
        element.get("t", "n"),
        None if formula is None else formula.text or "",
        {} if formula is None else dict(formula.attrib),
        None if value is None else value.text or "",
    )


def named_ranges(path: Path) -> dict[str, tuple[str, str]]:
    """The sheet and the A1 range of every defined name."""
    book = openpyxl.load_workbook(path, read_only=True)  # the sheets' cells are left alone
    names = book.defined_names
    book.close()
    ranges = {name: next(iter(names[name].destinations), None) for name in names}
    return {name: place for name, place in ranges.items() if place is not None}


def tensor_names(tensor: str, shape: tuple[int, ...]) -> list[str]:
    """The defined names of a tensor's maps, or of the vector itself."""
    return [f"{tensor}_{n}" for n in range(1, shape[0] + 1)] if len(shape) == 3 else [tensor]


def shown_tensors(path: Path, shapes: dict[str, tuple[int, ...]]) -> dict[str, Array]:
    """The stored numbers of tensors, found by their defined names, as openpyxl reads them when it
    streams (as pandas.read_excel does): a fifth of the time of a workbook with all its looks."""
    names = named_ranges(path)
    reader = openpyxl.load_workbook(path, read_only=True, data_only=True)
    rows = [list(row) for row in reader["Board"].iter_rows(values_only=True)]
    reader.close()

    def numbers(name: str) -> list[object]:
        sheet, place = names[name]
        assert sheet == "Board"
        left, top, right, bottom = openpyxl.utils.cell.range_boundaries(place)
        return [number for row in rows[top - 1 : bottom] for number in row[left - 1 : right]]

    return {
        tensor: np.array(
            [n for name in tensor_names(tensor, shape) for n in numbers(name)], dtype=np.float64
        ).reshape(shape)
        for tensor, shape in shapes.items()
    }


_REFERENCE = re.compile(r"(\$?)([A-Z]{1,3})(\$?)(\d+)(?![\d(])")


def cells_of(place: str) -> Iterator[str]:
    """The A1 text of every cell of a range, row by row."""
    for row in openpyxl.utils.cell.rows_from_range(place.replace("$", "")):
        yield from row


def copied(formula: str, source: str, target: str) -> str:
    """A formula without quoted texts as it reads after it was copied from one cell to another."""
    number = openpyxl.utils.cell.column_index_from_string
    (from_column, from_row), (to_column, to_row) = (
        openpyxl.utils.cell.coordinate_from_string(place) for place in (source, target)
    )
    across, down = number(to_column) - number(from_column), to_row - from_row

    def move(match: re.Match[str]) -> str:
        column = (
            match[2] if match[1] else openpyxl.utils.get_column_letter(number(match[2]) + across)
        )
        return f"{match[1]}{column}{match[3]}{match[4] if match[3] else int(match[4]) + down}"

    return _REFERENCE.sub(move, formula)


def drawn_ranges(sheet: Sheet) -> list[tuple[Range, str]]:
    """Every rectangle that a sheet uses, with what stands there: blocks and merged cells."""
    merged = {place.first: place for place in sheet.merges}
    ranges = []
    for block in sheet.blocks:
        if isinstance(block, BlankBlock) and any(_within(block.range, m) for m in sheet.merges):
            continue  # the border of a merged range
        place = merged.pop(block.range.first, block.range)
        text = getattr(block, "text", getattr(block, "formula", ""))
        ranges.append((place, f"{sheet.name}!{place.a1} {type(block).__name__} {text}".strip()))
    return ranges + [(place, f"{sheet.name}!{place.a1} merged") for place in merged.values()]


def _within(place: Range, whole: Range) -> bool:
    return place.first in whole and place.last in whole


def overlaps(sheet: Sheet) -> list[str]:
    """What stands on the same cells of a sheet, pair by pair."""
    drawn = list(drawn_ranges(sheet))
    bottom, right = (max(getattr(p, side) for p, _ in drawn) for side in ("bottom", "right"))
    owners = np.full((bottom + 1, right + 1), -1)
    found: dict[str, None] = {}
    for number, (place, what) in enumerate(drawn):
        here = owners[place.row : place.bottom + 1, place.column : place.right + 1]
        found |= {f"{drawn[owner][1]} | {what}": None for owner in {*here[here >= 0].tolist()}}
        here[...] = number
    return list(found)


def filled_ring_cells(book: Book, network: Network) -> list[str]:
    """What stands inside the padding rings of a board that hold no numbers, where only looks may
    be."""
    board, layout = book.sheets[1], plan(network)
    inside = {cell for place in layout.tensors.values() for m in place.maps for cell in m.cells()}
    rings = {
        (cell.row, cell.column)
        for tensor, placement in layout.tensors.items()
        if tensor not in bordered(network)
        for number in range(len(placement.maps))
        for cell in placement.with_ring(number).cells()
        if cell not in placement.maps[number]
    }
    assert not any((cell.row, cell.column) in rings for cell in inside)
    blank = {block.range for block in board.blocks if isinstance(block, BlankBlock)}
    in_ring = np.zeros(np.max([(0, 0), *rings], axis=0) + 1, bool)
    in_ring[tuple(np.array([*rings], int).reshape(-1, 2).T)] = True
    return [
        what
        for place, what in drawn_ranges(board)
        if place not in blank
        and in_ring[place.row : place.bottom + 1, place.column : place.right + 1].any()
    ]


LITERAL = Network(
    "literal",
    (1, 6, 7),
    (
        Conv2D("edges", 2, 3),
        ReLU("relu"),
        Conv2D("fused", 1, (2, 3), stride=(2, 1), padding="same", activation="relu"),
        MaxPool2D("pool", (1, 2)),
        Dense("dense", 3),
        Softmax("softmax"),
    ),
    ("cat", "7", "dog"),
)

_HEAD = (Conv2D("conv", 2, 3, padding="same"), ReLU("relu"), MaxPool2D("pool"), Dense("dense", 3))

# The least of a classifier.
TINY = Network(
    "small", (1, 6, 6), (Conv2D("conv", 1, 3), Dense("dense", 2), Softmax("softmax")), ("a", "b")
)
SMALL = Network("small", (1, 10, 10), (*_HEAD, Softmax("softmax")), ("ant", "<b>bee</b>", "7"))

SMALL_SEVERAL = Network("several", (1, 10, 10), (*_HEAD, Sigmoid("sigmoid")), ("ant", "bee", "cat"))


def built(path: Path, network: Network, seed: int = 0) -> BuiltBook:
    """The book of a network with random weights and a random picture."""
    model, image = random_model(network, seed), random_image(network, seed)
    xlconv.build(path, model, image)
    return BuiltBook(path, model, image)


def noise(network: Network, count: int = 24, seed: int = 3) -> Dataset:
    """Pictures to train a network of one class each with, of which nothing can be learned."""
    random = np.random.default_rng(seed)
    images = random.random((count, *network.input_shape), dtype=np.float32)
    return Dataset(images, random.integers(0, len(network.labels), count))


def stored_cells(path: Path, name: str) -> dict[str, float]:
    """The numbers of a name's cells, by A1 text, as openpyxl reads them."""
    sheet = openpyxl.load_workbook(path, data_only=True)["Board"]
    place = named_ranges(path)[name][1].replace("$", "")
    cells = sheet[place] if ":" in place else ((sheet[place],),)
    numbers = (cell for row in cells for cell in row)
    return {c.coordinate: float(c.value) for c in numbers if isinstance(c.value, int | float)}


def found(path: Path, engine: str = "formualizer", random: int = 1) -> list[tuple[str, str]]:
    """The kind and the cell of each finding."""
    return [(one.kind, one.cell) for one in xlconv.verify(path, engine, random).findings]


def check_agrees(
    path: Path, engine: str = "formualizer", stored: str | None = None, random: int = 1
) -> Any:
    """The report of a book in which nothing is wrong, with stored values in such a state."""
    report = xlconv.verify(path, engine, random)
    assert (report.verdict, report.findings) == ("agrees", ()), engine
    assert stored in (None, report.stored_state), engine
    return report


def check_refused(path: Path, words: str | None = None, engine: str = "formualizer") -> str:
    """The one line with which a book is refused, in which the words are found, if there are any."""
    with pytest.raises(BookError, match=words) as caught:
        xlconv.verify(path, engine)
    assert "\n" not in str(caught.value)
    return str(caught.value)
