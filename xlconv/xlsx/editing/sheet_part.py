"""The part of a sheet with other looks and texts in some of its cells.

Must not know styles, nor what the texts say.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xlconv.spreadsheet.cells import Cell
from xlconv.xlsx.editing.tags import Cut, Tag, plain, start_tag, tags, with_cuts
from xlconv.xlsx.markup import RELATIONS, MarkupError

# What may stand behind <legacyDrawing> in a sheet.
_BEHIND = {
    *("legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems"),
    *("tableParts", "extLst", "AlternateContent"),
}


@dataclass
class _Row:
    tag: Tag
    number: int
    cells: dict[int, Tag] = field(default_factory=dict)


class SheetPart:
    """A sheet's part in UTF-8, its rows and cells found. Raises MarkupError."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        found = tags(data)
        self.root = found[0]
        data_tags = [tag for tag in found if tag.local == "sheetData" and tag.depth == 1]
        if self.root.local != "worksheet" or len(data_tags) != 1:
            raise MarkupError("no sheet of cells")
        self.sheet_data = data_tags[0]
        self.tops = [tag for tag in found if tag.depth == 1]
        self.rows: dict[int, _Row] = {}
        self._read(found)

    def _read(self, found: Iterable[Tag]) -> None:
        row = None
        number = column = 0
        for tag in found:
            if not self.sheet_data.start < tag.start < self.sheet_data.after:
                continue
            if tag.local == "row" and tag.depth == 2:
                number, column = int(tag.attributes.get("r", number + 1)), 0
                row = self.rows.setdefault(number, _Row(tag, number))
            elif tag.local == "c" and tag.depth == 3 and row is not None:
                place = tag.attributes.get("r")
                column = Cell.parse(place).column if place else column + 1
                row.cells[column] = tag

    def style(self, cell: Cell) -> int:
        """The number of a cell's style."""
        row = self.rows.get(cell.row)
        tag = row.cells.get(cell.column) if row else None
        holder = tag or (row.tag if row and row.tag.attributes.get("customFormat") == "1" else None)
        return int(holder.attributes.get("s", 0)) if holder else 0

    def last_row(self, columns: range) -> int:
        """The last row in which one of some columns holds something, 0 if there is none."""
        held = (
            number
            for number, row in self.rows.items()
            for column, tag in row.cells.items()
            if tag.content and column in columns
        )
        return max(held, default=0)

    def is_empty(self, cell: Cell) -> bool:
        """Whether a cell holds nothing."""
        row = self.rows.get(cell.row)
        tag = row.cells.get(cell.column) if row else None
        return tag is None or not tag.content

    @property
    def drawing_id(self) -> str | None:
        """The relationship of the drawing that its notes are shown by."""
        tag = next((tag for tag in self.tops if tag.local == "legacyDrawing"), None)
        if tag is None:
            return None
        return next((v for k, v in tag.attributes.items() if k.rpartition(":")[2] == "id"), None)

    def with_cells(
        self,
        styles: Mapping[Cell, int],
        texts: Mapping[Cell, tuple[str, int]],
        drawing: str | None = None,
    ) -> bytes:
        """The part with other styles in some cells, texts in others, and the relationship of a
        drawing for notes that had none."""
        new = defaultdict[int, dict[int, str]](dict)
        cuts: list[Cut] = []
        for cell in sorted({*styles, *texts}):
            row = self.rows.get(cell.row)
            tag = row.cells.get(cell.column) if row else None
            if tag is None:
                new[cell.row][cell.column] = self._cell(cell, styles, texts)
            elif cell in texts:
                cuts.append((tag.start, tag.after, self._cell(cell, styles, texts)))
            else:
                style = start_tag(tag, {"s": str(styles[cell])}, closed=tag.is_closed)
                cuts.append((tag.start, tag.inner, style))
        cuts += self._new_cells(new)
        if drawing is not None:
            cuts.append(self._drawing(drawing))
        return with_cuts(self.data, cuts)

    def _cell(
        self, cell: Cell, styles: Mapping[Cell, int], texts: Mapping[Cell, tuple[str, int]]
    ) -> str:
        p = self.root.prefix
        if cell not in texts:
            return f'<{p}c r="{cell.a1}" s="{styles[cell]}"/>'
        text, style = texts[cell]
        inside = f'<{p}is><{p}t xml:space="preserve">{plain(text)}</{p}t></{p}is>'
        return f'<{p}c r="{cell.a1}" s="{style}" t="inlineStr">{inside}</{p}c>'

    def _new_cells(self, new: Mapping[int, Mapping[int, str]]) -> Iterable[Cut]:
        p, rows = self.root.prefix, dict[int, str]()
        for number, cells in sorted(new.items()):
            row = self.rows.get(number)
            if row is None:
                inside = "".join(text for _, text in sorted(cells.items()))
                rows[number] = f'<{p}row r="{number}">{inside}</{p}row>'
            elif row.tag.is_closed:
                inside = "".join(text for _, text in sorted(cells.items()))
                begin = start_tag(row.tag, {"spans": None})
                yield row.tag.start, row.tag.after, f"{begin}{inside}</{row.tag.name}>"
            else:
                yield row.tag.start, row.tag.inner, start_tag(row.tag, {"spans": None})
                for column, text in sorted(cells.items()):
                    behind = [tag.start for at, tag in row.cells.items() if at > column]
                    at = min(behind, default=row.tag.end)
                    yield at, at, text
        if self.sheet_data.is_closed and rows:
            inside = "".join(rows.values())
            begin = start_tag(self.sheet_data, {})
            yield (
                *(self.sheet_data.start, self.sheet_data.after),
                f"{begin}{inside}</{self.sheet_data.name}>",
            )
            return
        for number, text in rows.items():
            behind = [row.tag.start for at, row in self.rows.items() if at > number]
            at = min(behind, default=self.sheet_data.end)
            yield at, at, text

    def _drawing(self, relation: str) -> Cut:
        """The link to a drawing, where the order of a sheet's elements has it."""
        later = [
            tag.start
            for tag in self.tops
            if tag.local in _BEHIND and tag.start > self.sheet_data.after
        ]
        at = min(later, default=self.root.end)
        p = self.root.prefix
        return at, at, f'<{p}legacyDrawing xmlns:r="{RELATIONS}" r:id="{relation}"/>'
