"""What a sheet is made from, as data.

Must not know any sheet.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from xlconv.formulas.layers.base import Rule
from xlconv.network.network import Network
from xlconv.reference.layers.base import Values
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.styles import Palette
from xlconv.spreadsheet.blocks import CellwiseBlock, FormulaBlock, Sheet, Style
from xlconv.state.choices import Display
from xlconv.state.manifest import Manifest


@dataclass(frozen=True)
class Shown:
    """All that a new workbook shows. `rules` are those of all its computed cells, `values` what
    they hold, by key; `before` are the sheets that are made already."""

    title: str
    description: str
    manifest: Manifest
    display: Display
    layout: Layout
    rules: tuple[Rule, ...]
    values: Mapping[str, Values]
    colours: Palette
    before: tuple[Sheet, ...] = ()

    @property
    def network(self) -> Network:
        return self.display.network

    def rules_of(self, sheet: str) -> list[Rule]:
        """The rules of a sheet's cells, by its name."""
        return [rule for rule in self.rules if rule.sheet == sheet]


def rule_block(rule: Rule, value: Values, style: Style) -> FormulaBlock | CellwiseBlock:
    """The cells of a rule, on whatever sheet."""
    shaped = value.reshape(rule.range.height, rule.range.width)
    if rule.cellwise is None:
        return FormulaBlock(rule.range, rule.formula, shaped, style)
    return CellwiseBlock(rule.range, tuple(rule.texts()), shaped, style)
