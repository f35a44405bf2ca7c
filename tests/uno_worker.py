"""Run by a Python that has `uno`, not by the tests' own: drives one workbook in LibreOffice.

Reads a job as JSON from the standard input, writes the answers of its steps as JSON.
"""

import json
import os
import sys
import time


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

    def read(place):
        cells = board.getCellRangeByName(place)
        rows, columns = cells.Rows.Count, cells.Columns.Count
        return [
            [cell_value(cells.getCellByPosition(c, r)) for c in range(columns)] for r in range(rows)
        ]

    def take(step):
        if step[0] == "set":
            cell = board.getCellRangeByName(step[1]).getCellByPosition(0, 0)
            if isinstance(step[2], str):
                cell.String = step[2]
            else:
                cell.Value = step[2]
            return None
        if step[0] == "read":
            return read(step[1])
        if step[0] == "save":
            document.storeToURL(step[1], (setting("FilterName", "Calc MS Excel 2007 XML"),))
            return None
        raise ValueError(f"no step {step[0]!r}")

    job = json.load(sys.stdin)
    context = connected(job["pipe"], job["wait"])
    desktop = context.ServiceManager.createInstanceWithContext(
        "com.sun.star.frame.Desktop", context
    )
    document = desktop.loadComponentFromURL(job["book"], "_blank", 0, (setting("Hidden", True),))
    try:
        board = document.Sheets.getByName("Board")
        json.dump([take(step) for step in job["steps"]], sys.stdout)
    finally:
        document.close(True)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # Python's own way out may crash in the bridge's threads, after all is done
