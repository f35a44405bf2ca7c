"""Where a book's sheets and cells are now, and whether each is where it was built.

Defined names follow what people rename, insert and move: they tell. Refuses, in a line that says
what moved, what is not where its network's layout has it. Must not know pixels, weights or values.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from xlconv import __version__
from xlconv.book.insertions import shifts
from xlconv.book.lost import (
    lost_range_error,
    missing_name_error,
    missing_sheet_error,
    no_names_error,
)
from xlconv.book.sheet_names import SheetNames
from xlconv.errors import BookError
from xlconv.formulas.layers.base import Rule
from xlconv.network.network import INPUT, Network
from xlconv.sheets import parts
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.places import exercise_places
from xlconv.spreadsheet.cells import Range, quoted
from xlconv.state.manifest import NAME as MANIFEST_NAME
from xlconv.state.manifest import Manifest, parse_manifest, range_name
from xlconv.state.sheet_names import BOARD, EXERCISE, EXPLAIN, GUIDE, IMAGES, MODEL, SHEETS, WORKS
from xlconv.xlsx.reader import Package
from xlconv.xlsx.sheet import EMPTY, FoundSheet

_CELL_BYTES = 150  # of a cell's place, look and value in XML, without its formula
_CELLS_EACH = 3  # beside a cell that is computed may stand texts and cells that only have a look


def sheet_names(package: Package, needless: Collection[str] = ()) -> SheetNames:
    """What the book's own sheets are called now: the names of their ranges follow them. Sheets
    that are `needless` may be gone."""
    if MANIFEST_NAME not in package.names:
        raise no_names_error(package)
    now = {MODEL: package.names[MANIFEST_NAME][0]}
    for sheet in SHEETS:
        name, _ = package.names.get(range_name(sheet), (None, None))
        if name is not None and (name in package.parts or sheet not in needless):
            now[sheet] = name
    for sheet, name in now.items():
        if name not in package.parts:
            raise missing_sheet_error(package, sheet, name)
        if list(now.values()).count(name) > 1:
            raise BookError(
                f"{package.path}: the name {range_name(sheet)!r} is on the sheet {name!r}, where "
                "another sheet's name is, too; undo the change to the names"
            )
    return SheetNames.of(now, package.parts)


def found_manifest(
    package: Package, names: SheetNames, cells: FoundSheet, needless: Collection[str] = ()
) -> Manifest:
    """The manifest that the sheet Model holds, if it says how large the book's sheets are."""
    place = package.names[MANIFEST_NAME][1]
    lines = [
        str(cells.get((row, place.column), EMPTY).value or "")
        for row in range(place.row, place.bottom + 1)
    ]
    where = f"{package.path}, {names.place(MODEL, place)}"
    if not any(line.strip() for line in lines):
        raise BookError(
            f"{where}: these cells were cleared, in which the network stands as text; undo that, "
            "take a copy from before, or build the workbook again"
        )
    manifest = parse_manifest(lines, where)
    for sheet in _own_sheets(manifest):
        if sheet not in names.now and sheet in needless:
            continue
        if sheet not in names.now or range_name(sheet) not in package.names:
            check_version(package.path, manifest)
            raise missing_name_error(package, sheet)
        if sheet not in manifest.sizes:
            check_version(package.path, manifest)
            raise BookError(
                f"{where}: the size of the sheet {sheet!r} is missing; undo the change to it or "
                "build the workbook again"
            )
    return manifest


def _own_sheets(manifest: Manifest) -> tuple[str, ...]:
    """The sheets of a book."""
    gallery = () if manifest.pictures is None else (IMAGES,)
    exercise = () if manifest.exercise is None else (EXERCISE,)
    return GUIDE, BOARD, *gallery, *exercise, EXPLAIN, MODEL, WORKS


def check_version(
    path: Path, manifest: Manifest, differ: str = "boards are laid out otherwise than"
) -> None:
    """BookError if a version that makes other books built it: that explains all that is not in its
    place. Versions that differ in their last number only make the same books."""
    if manifest.version.split(".")[:2] != __version__.split(".")[:2]:
        raise BookError(
            f"{path}: built by xlconv {manifest.version[:20]}, whose {differ} those of "
            f"{__version__}; use that version, or build it again"
        )


def own_sheets(
    package: Package,
    names: SheetNames,
    manifest: Manifest,
    layout: Layout,
    rules: Sequence[Rule],
) -> dict[str, FoundSheet]:
    """The cells of the book's sheets but Model, of which none is larger than its network needs."""
    sheets: dict[str, FoundSheet] = {}
    for sheet in (one for one in _own_sheets(manifest) if one != MODEL and one in names.now):
        own = [rule for rule in rules if rule.sheet == sheet]
        computed = sum(rule.range.size for rule in own)
        formulas = sum((len(rule.text(0, 0)) + 60) * rule.range.size for rule in own)
        cells = _CELLS_EACH * (computed + _constants(sheet, manifest.network, layout))
        unpacked = 2 * formulas + _CELL_BYTES * cells
        sheets[sheet] = package.sheet(names.now[sheet], cells, unpacked, names.first)
        if computed > 100_000 + 4 * len(sheets[sheet]):
            raise BookError(
                f"{package.path}: the network's text calls for {computed:,} formulas on "
                f"{quoted(names.now[sheet])}, which holds {len(sheets[sheet]):,} cells; build the "
                "workbook again"
            )
    return sheets


def _constants(sheet: str, network: Network, layout: Layout) -> int:
    """How many numbers stand on a sheet that no formula computes."""
    if sheet == IMAGES and layout.gallery is not None:
        return layout.gallery.range.size
    if sheet == WORKS:
        return sum(count(network, layout) for count in parts("places", "works_constants"))
    if sheet == BOARD:
        weights = sum(one.size for places in layout.weights.values() for one in places.ranges)
        return weights + layout.tensors[INPUT].range.size
    places = exercise_places(network, layout)
    if sheet == EXERCISE and places is not None:
        return 10 * len(places.parts)
    return 0


def check_places(
    package: Package,
    names: SheetNames,
    manifest: Manifest,
    layout: Layout,
    rules: Sequence[Rule],
    sheets: Mapping[str, FoundSheet],
) -> None:
    """A book is read where it was built: BookError, saying what, if something moved."""
    told = []
    for sheet in (one for one in _own_sheets(manifest) if one in names.now):
        found, expected = package.names[range_name(sheet)][1], Range(1, 1, *manifest.sizes[sheet])
        own = [rule for rule in rules if rule.sheet == sheet]
        name = quoted(names.now[sheet])
        told += [shift.words(name) for shift in shifts(expected, found, own, sheets[sheet])]
    if told:
        check_version(package.path, manifest)
        raise BookError(
            f"{package.path}: {' and '.join(told)}; undo that, or build the workbook again"
        )
    board = names.now[BOARD]
    _check_hidden(package, names, layout.names(manifest.network))
    for name, place in layout.names(manifest.network).items():
        if package.names.get(name.lower()) != (board, place):
            check_version(package.path, manifest)
            raise lost_range_error(package, board, name, place)


def _check_hidden(package: Package, names: SheetNames, own: Mapping[str, Range]) -> None:
    """BookError if one of the book's sheets has a name of its own that hides the board's."""
    for name, place in own.items():
        for sheet in names.now.values():
            there = package.own_names.get((sheet, name.lower()), (names.now[BOARD], place))
            if there != (names.now[BOARD], place):
                raise BookError(
                    f"{package.path}: the sheet {sheet!r} has a name {name!r} of its own, which "
                    "hides the board's there; delete it in the list of names"
                )
