"""Run by a Python that has `uno`, not by the tests' own: drives one workbook in LibreOffice.

Reads a job as JSON from the standard input, writes the answers of its steps as JSON.
"""

import contextlib
import json
import os
import re
import sys
import tempfile
import time
import zlib
from pathlib import Path

FILLED = re.compile(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG)\b")  # a colour, in a page of a PDF
# Edits a cell again and again inside of LibreOffice, where no time is lost on the way to it.
EDITING = """
Sub Edit(document, cell, values, count, watched, everything)
  Dim n As Long, k As Long
  For n = 0 To count - 1
    cell.Value = values(n Mod (UBound(values) + 1))
    If everything Then document.calculate()
    For k = 0 To UBound(watched)
      x = watched(k).getDataArray()
    Next k
  Next n
End Sub
"""


def main():
    import uno
    from com.sun.star.beans import PropertyValue
    from com.sun.star.connection import NoConnectException

    def connected(pipe, seconds):
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext(
            "com.sun.star.bridge.UnoUrlResolver", local
        )
        deadline = time.monotonic() + seconds
        while True:
            try:
                return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            except NoConnectException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def setting(name, value):
        return PropertyValue(Name=name, Value=value)

    def cell_value(cell):
        """A number, a text, or ["error", code]."""
        if cell.getError():
            return ["error", cell.getError()]
        kind = cell.FormulaResultType2 if cell.Type.value == "FORMULA" else None
        text = cell.Type.value == "TEXT" or kind == 2  # com.sun.star.sheet.FormulaResult.STRING
        return cell.String if text else cell.Value

    def cells_at(place):
        """The cells of "Explain!C5", or of a range or a name of the board."""
        sheet, _, there = place.rpartition("!")
        return document.Sheets.getByName(sheet or "Board").getCellRangeByName(there)

    def read(place):
        """The values of a range, many at once; an empty cell is 0, and an error has a code."""
        cells = cells_at(place)
        values, formulas = cells.getDataArray(), cells.getFormulaArray()
        return [
            [value_of(cells, r, c, values[r][c], formulas[r][c]) for c in range(len(values[r]))]
            for r in range(len(values))
        ]

    def value_of(cells, row, column, value, formula):
        if value == "" and formula == "":
            return 0.0
        return cell_value(cells.getCellByPosition(column, row)) if value is None else value

    def put(cell, value):
        if value is None:
            cell.Formula = ""
        elif isinstance(value, str):
            cell.String = value
        else:
            cell.Value = value

    def formulas(sheet, held):
        """Formulas for cells of a sheet, in English with commas; {=..} is an array formula."""
        there = document.Sheets.getByName(sheet)
        for place, formula in held.items():
            spelled = formula.replace(",", ";")
            if spelled.startswith("{="):
                there.getCellRangeByName(place).setArrayFormula(spelled[1:-1])
            else:
                there.getCellRangeByName(place).getCellByPosition(0, 0).setFormula(spelled)

    def circled(cell):
        """Whether a cell breaks its own rule for what may be typed, as LibreOffice shows it."""
        sheet = cell.Spreadsheet
        sheet.clearArrows()
        there = sheet.DrawPage.Count  # charts
        sheet.showInvalid()
        shapes = [sheet.DrawPage.getByIndex(n) for n in range(there, sheet.DrawPage.Count)]
        boxes = [shape.BoundRect for shape in shapes]
        sheet.clearArrows()
        at, size = cell.Position, cell.Size
        x, y = at.X + size.Width // 2, at.Y + size.Height // 2
        return any(b.X <= x <= b.X + b.Width and b.Y <= y <= b.Y + b.Height for b in boxes)

    def refused(place, values):
        """Those of several values that a cell does not take; it keeps the one it has."""
        cell = cells_at(place).getCellByPosition(0, 0)
        before, found = cell.Formula, []
        for value in values:
            put(cell, value)
            if circled(cell):
                found.append(value)
        cell.Formula = before
        return found

    def painted(place):
        """The colours in which a range is printed, as RRGGBB, without white."""
        cells = cells_at(place)
        style = document.StyleFamilies.getByName("PageStyles").getByName(
            cells.Spreadsheet.PageStyle
        )
        style.HeaderIsOn = style.FooterIsOn = False
        cells.Spreadsheet.setPrintTitleRows(False)
        wanted = uno.Any("[]com.sun.star.beans.PropertyValue", (setting("Selection", cells),))
        filters = (setting("FilterName", "calc_pdf_Export"), setting("FilterData", wanted))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "page.pdf"
            document.storeToURL(path.as_uri(), filters)
            return sorted(colours_of(path.read_bytes()) - {"FFFFFF"})

    def colours_of(pdf):
        colours = set()
        for start in re.finditer(rb"stream\r?\n", pdf):
            with contextlib.suppress(zlib.error):  # a font, say, that is packed otherwise
                page = zlib.decompressobj().decompress(pdf[start.end() :])
                for match in FILLED.finditer(page):
                    colours.add(
                        "".join(f"{round(255 * float(part)):02X}" for part in match.groups())
                    )
        return colours

    def editing():
        """The macro, which the document forgets again."""
        libraries = document.BasicLibraries
        if not libraries.hasByName("Standard"):
            libraries.createLibrary("Standard")
        if not libraries.getByName("Standard").hasByName("Editing"):
            libraries.getByName("Standard").insertByName("Editing", EDITING)
        name = "vnd.sun.star.script:Standard.Editing.Edit?language=Basic&location=document"
        return document.getScriptProvider().getScript(name)

    def edited(place, values, count, watched, everything):
        """Seconds that an edit takes, with reading what is watched."""
        cell, ranges = cells_at(place).getCellByPosition(0, 0), tuple(map(cells_at, watched))
        macro, start = editing(), time.perf_counter()
        macro.invoke((document, cell, tuple(values), count, ranges, everything), (), ())
        return (time.perf_counter() - start) / count

    def lines(kind, sheet, first, count):
        """Insert or delete rows or columns of a sheet; `first` counts from 1."""
        what, _, line = kind.partition(" ")
        there = document.Sheets.getByName(sheet)
        every = there.Rows if line == "rows" else there.Columns
        (every.insertByIndex if what == "insert" else every.removeByIndex)(first - 1, count)

    def moved(place, target):
        """Cut a range and paste it at a cell, of the same sheet or of another."""
        cells, cell = cells_at(place), cells_at(target).getCellByPosition(0, 0)
        cells.Spreadsheet.moveRange(cell.CellAddress, cells.RangeAddress)

    def arrange(kind, sheet, rest):
        """Rename, add, move or remove a sheet."""
        if kind == "rename":
            document.Sheets.getByName(sheet).Name = rest[0]
        elif kind == "add":
            document.Sheets.insertNewByName(sheet, rest[0])
        elif kind == "remove":
            document.Sheets.removeByName(sheet)
        else:
            document.Sheets.moveByName(sheet, rest[0])

    def shown_rows(place):
        """Whether each row of a range is seen."""
        cells = cells_at(place)
        rows = cells.Rows
        return [rows.getByIndex(n).IsVisible for n in range(rows.Count)]

    def take(step):
        kind, place, *rest = step
        if kind in ("insert rows", "insert columns", "delete rows", "delete columns"):
            return lines(kind, place, *rest)
        if kind == "move":
            return moved(place, rest[0])
        if kind in ("rename", "add", "remove", "order"):
            return arrange(kind, place, rest)
        if kind == "set":
            return put(cells_at(place).getCellByPosition(0, 0), rest[0])
        if kind == "formulas":
            return formulas(place, rest[0])
        if kind == "insert":
            rows = cells_at(place).Spreadsheet.Rows
            return rows.insertByIndex(cells_at(place).RangeAddress.StartRow, rest[0])
        if kind == "read":
            return read(place)
        if kind == "refused":
            return refused(place, rest[0])
        if kind == "edited":
            return edited(place, *rest)
        if kind == "painted":
            return painted(place)
        if kind == "shown rows":
            return shown_rows(place)
        if kind == "unfold":
            rows = uno.Enum("com.sun.star.table.TableOrientation", "ROWS")
            return cells_at(place).Spreadsheet.showLevel(rest[0], rows)
        if kind == "precision as shown":
            document.CalcAsShown = True
            return document.calculateAll()
        if kind == "save":
            return document.storeToURL(place, (setting("FilterName", "Calc MS Excel 2007 XML"),))
        raise ValueError(f"no step {kind!r}")

    job = json.load(sys.stdin)
    context = connected(job["pipe"], job["wait"])
    desktop = context.ServiceManager.createInstanceWithContext(
        "com.sun.star.frame.Desktop", context
    )
    # Always: com.sun.star.document.MacroExecMode.ALWAYS_EXECUTE_NO_WARN. Books have no macros.
    how = (setting("Hidden", True), setting("MacroExecutionMode", 4))
    document = desktop.loadComponentFromURL(job["book"], "_blank", 0, how)
    if document is None:
        sys.exit(f"LibreOffice did not open {job['book']}")
    try:
        json.dump([take(step) for step in job["steps"]], sys.stdout)
    finally:
        document.close(True)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # Python's own way out may crash in the bridge's threads, after all is done
