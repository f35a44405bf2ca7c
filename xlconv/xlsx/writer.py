"""Blocks to an .xlsx file.

openpyxl writes everything around the cells: styles, names, colour rules, charts. The
cells themselves are rendered here, a row of a block at a time, because openpyxl writes
neither a formula's stored value nor shared formulas. What it writes, `plain` writes for engines
alone. Must not know networks.

The same book gives the same bytes: nothing of the clock or of the machine goes in.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO

from xlconv.spreadsheet.blocks import Book, Sheet
from xlconv.system.files import check_target, replacing
from xlconv.system.progress import tell
from xlconv.xlsx.parts.mended import STRINGS_PART, mended_part
from xlconv.xlsx.parts.skeleton import skeleton
from xlconv.xlsx.rows import SharedStrings, StyleNumbers, sheet_rows

_EPOCH = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 18
_ROWS_TOLD = 100
_MOST_DEFLATED = 200_000  # cells of a sheet that is made as small as can be


def write_book(path: Path, book: Book, overwrite: bool = False) -> None:
    """Write a book beside its target, then rename it: there is a whole file or none.

    Raises OutputError if the target exists and `overwrite` is false, or cannot be written.
    """
    check_target(path, overwrite, "out.xlsx")
    with replacing(path) as stream:
        _write(stream, book)


def _write(stream: IO[bytes], book: Book) -> None:
    frame = skeleton(book)
    strings = SharedStrings()
    with (
        zipfile.ZipFile(io.BytesIO(frame.package)) as parts,
        zipfile.ZipFile(stream, "w") as out,
        ThreadPoolExecutor(1) as deflating,
    ):
        sheets = dict(zip(frame.sheet_parts, book.sheets, strict=True))
        for name in parts.namelist():
            xml = parts.read(name).decode()
            if name in sheets:
                sheet = sheets[name]
                texts = _sheet_xml(xml, sheet, frame.styles, strings)
                _add(out, name, _level(sheet), texts, deflating)
            else:
                out.writestr(_entry(name), mended_part(name, xml))
        out.writestr(_entry(STRINGS_PART), strings.xml())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _level(sheet: Sheet) -> int:
    """How hard a sheet is deflated: with 5 a lesson's is a fifth smaller than with 1, in hardly
    more time; a large one, of other numbers in every cell, takes three times as long."""
    cells = sum(block.range.size for block in sheet.blocks)
    return 5 if cells <= _MOST_DEFLATED else 1


def _add(
    out: zipfile.ZipFile, name: str, level: int, texts: Iterable[str], deflating: Executor
) -> None:
    """Write a part. Deflating runs beside the rendering: zlib leaves Python's lock alone."""
    entry = _entry(name)
    entry._compresslevel = level  # type: ignore[attr-defined]  # there is no public name for it
    with out.open(entry, "w", force_zip64=False) as part:
        writing: Future[int] | None = None
        try:
            for chunk in _chunks(texts):
                if writing is not None:
                    writing.result()
                writing = deflating.submit(part.write, chunk)
        finally:
            if writing is not None:
                writing.result()


def _chunks(texts: Iterable[str]) -> Iterator[bytes]:
    pending: list[str] = []
    size = 0
    for text in texts:
        pending.append(text)
        size += len(text)
        if size >= _CHUNK:
            yield "".join(pending).encode()
            pending, size = [], 0
    yield "".join(pending).encode()


def _sheet_xml(
    frame: str, sheet: Sheet, styles: StyleNumbers, strings: SharedStrings
) -> Iterator[str]:
    head, tail = re.split(r"<sheetData\s*/>|<sheetData>.*?</sheetData>", frame, maxsplit=1)
    used = sheet.used_range
    yield re.sub(r'<dimension ref="[^"]*"', f'<dimension ref="{used.a1}"', head) + "<sheetData>"
    for number, row in enumerate(sheet_rows(sheet, styles, strings)):
        if number % _ROWS_TOLD == 0:
            tell(f"writing {sheet.name}, row {number:,} of {used.height:,}")
        yield row
    # Excel would mark windows that end beside other numbers, pixels that are formulas and may be
    # changed, and names of classes that are digits, with a green corner, cell by cell.
    kinds = 'numberStoredAsText="1" formula="1" formulaRange="1" unlockedFormula="1" '
    kinds += 'emptyCellReference="1"'
    quiet = f'<ignoredError sqref="{used.a1}" {kinds}/>'
    behind = re.search(r"<(?:drawing|legacyDrawing|tableParts|extLst)\b|</worksheet>", tail)
    at = behind.start() if behind else len(tail)
    yield f"</sheetData>{tail[:at]}<ignoredErrors>{quiet}</ignoredErrors>{tail[at:]}"
