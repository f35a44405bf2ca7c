"""Colour rules as openpyxl spells conditional formats.

Must not know networks, nor which cells they are for.
"""

import zlib
from collections.abc import Iterator
from functools import cache, singledispatch

from openpyxl.formatting.rule import ColorScale, FormatObject, Rule
from openpyxl.styles import Border, Color, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat

from xlconv.spreadsheet.blocks import ColourRule, ColourScale, Highlight, Swatches

_FIRST_RULE_FORMAT, _RULE_FORMATS = 1000, 30_000  # above the numbers of the cells' own formats


class _Look(DifferentialStyle):  # type: ignore[misc]
    """The look of a rule. Equal ones are one object, so that openpyxl need not compare what they
    are made of, rule by rule."""

    __elements__ = DifferentialStyle.__elements__  # openpyxl lists a class's own alone
    __eq__, __ne__, __hash__ = object.__eq__, object.__ne__, object.__hash__


@singledispatch
def colour_rules(rule: ColourRule) -> Iterator[Rule]:
    """A colour rule as openpyxl spells it, in one or more."""
    raise NotImplementedError(f"no conditional format for {type(rule).__name__}")


@colour_rules.register
def _scale_rule(rule: ColourScale) -> Iterator[Rule]:
    points = [(FormatObject(type="num", val=0), rule.zero)]
    points.append((FormatObject(type="formula", val=rule.limit), rule.high))
    if rule.low is not None:
        points.insert(0, (FormatObject(type="formula", val=f"-{rule.limit}"), rule.low))
    values, colours = zip(*points, strict=True)
    scale = ColorScale(cfvo=values, color=[Color(rgb=f"FF{colour}") for colour in colours])
    yield Rule(type="colorScale", colorScale=scale)


@colour_rules.register
def _highlight_rule(rule: Highlight) -> Iterator[Rule]:
    line = "dashed" if rule.dashed else "thin"
    look = _look(
        border=rule.border,
        colour=rule.colour,
        fill=rule.fill,
        number_format=rule.number_format,
        line=line,
        bold=rule.bold,
        hatch=rule.hatch,
    )
    yield Rule(type="expression", dxf=look, formula=[rule.formula], stopIfTrue=rule.last or None)


@colour_rules.register
def _swatch_rules(rule: Swatches) -> Iterator[Rule]:
    for number, colour in rule.colours.items():
        look = _look(fill=colour)
        yield Rule(type="cellIs", operator="equal", dxf=look, formula=[f"{number}"])


@cache
def _look(
    *,
    border: str | None = None,
    colour: str | None = None,
    fill: str | None = None,
    number_format: str | None = None,
    line: str = "thin",
    bold: bool = False,
    hatch: str | None = None,
) -> _Look:
    side, number = Side(style=line, color=border), None
    if number_format:
        number = NumberFormat(_format_number(number_format), number_format)
    return _Look(
        border=Border(left=side, right=side, top=side, bottom=side) if border else None,
        font=Font(color=colour, b=bold or None) if colour or bold else None,
        fill=_ground(fill, hatch),
        numFmt=number,
    )


def _ground(fill: str | None, hatch: str | None) -> PatternFill | None:
    """A rule's ground: stripes, or one colour."""
    if hatch is not None:
        return PatternFill("lightUp", fgColor=hatch, bgColor="FFFFFF")
    return PatternFill("solid", fgColor=fill, bgColor=fill) if fill else None


def _format_number(code: str) -> int:
    """A number for a rule's number format that no other format has, in whatever book."""
    return _FIRST_RULE_FORMAT + zlib.crc32(code.encode()) % _RULE_FORMATS
