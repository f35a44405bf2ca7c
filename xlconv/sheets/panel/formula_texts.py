"""The text of the formulas of the desk: the chosen picture, what it shows, the loss, the ends of
the colour scales.

Pure functions from ranges to text, in the dialect of `formulas`. Must not know layers.
"""

from __future__ import annotations

from collections.abc import Iterable

from xlconv.formulas.text import largest_magnitude
from xlconv.spreadsheet.cells import Cell, Range


def line_of(picture: Cell, across: int, rows: int) -> str:
    """The rows of the gallery before a picture; the drawing, number 0, stands above the lines.

    >>> line_of(Cell(4, 10), 10, 31)
    'IF($J$4=0,0,1+INT(($J$4-1)/10))*31'
    """
    return f"IF({picture.absolute}=0,0,1+INT(({picture.absolute}-1)/{across}))*{rows}"


def place_of(picture: Cell, across: int, columns: int) -> str:
    """The columns of the gallery before a picture.

    >>> place_of(Cell(4, 10), 10, 30)
    'IF($J$4=0,0,MOD($J$4-1,10))*30'
    """
    return f"IF({picture.absolute}=0,0,MOD({picture.absolute}-1,{across}))*{columns}"


def looked_up(gallery: str, line: Cell, place: Cell, row: int, column: int) -> str:
    """A cell of the chosen picture, at a row and a column from 1 of its place in the gallery.

    >>> looked_up("Images!$B$7:$KN$350", Cell(70, 5), Cell(70, 9), 2, 1)
    'INDEX(Images!$B$7:$KN$350,$E$70+2,$I$70+1)'
    """
    return f"INDEX({gallery},{line.absolute}+{row},{place.absolute}+{column})"


def known_or(found: str, unknown: str) -> str:
    """What is found, or a mark if nothing stands there.

    >>> known_or("INDEX(A1:B9,3,1)", "?")
    'IF(INDEX(A1:B9,3,1)="","?",INDEX(A1:B9,3,1))'
    """
    return f'IF({found}="","{unknown}",{found})'


def judged(actual: Cell, answer: Cell, unknown: str, right: str, wrong: str) -> str:
    """Whether an answer is what is actually there.

    >>> judged(Cell(1, 1), Cell(2, 1), "?", "yes", "no")
    'IF(OR($A$1="?",$A$1=""),"",IF($A$1=$A$2,"yes","no"))'
    """
    here = actual.absolute
    nobody = f'OR({here}="{unknown}",{here}="")'
    return f'IF({nobody},"",IF({here}={answer.absolute},"{right}","{wrong}"))'


def one_hot(label: Cell, actual: Cell) -> str:
    """1 beside the actual class, 0 beside the others; an empty cell is no class 0.

    >>> one_hot(Cell(5, 1), Cell(1, 1))
    'IF(AND(A5=$A$1,$A$1<>""),1,0)'
    """
    return f'IF(AND({label.a1}={actual.absolute},{actual.absolute}<>""),1,0)'


def several_hot(label: Cell, actual: Cell) -> str:
    """1 beside every class that is named in a text such as "3, 7".

    >>> several_hot(Cell(5, 1), Cell(1, 1))
    'IF(ISNUMBER(FIND(", "&A5&",",", "&$A$1&",")),1,0)'
    """
    return f'IF(ISNUMBER(FIND(", "&{label.a1}&",",", "&{actual.absolute}&",")),1,0)'


def cross_entropy_part(truth: Cell, shifted: Cell, total: Cell) -> str:
    """-ln p of the actual class, 0 for the others: ln p is the logit minus the largest, minus the
    logarithm of the sum of exp, so that no p is too small for a logarithm.

    >>> cross_entropy_part(Cell(5, 6), Cell(5, 2), Cell(17, 3))
    'IF(F5=0,0,LN($C$17)-B5)'
    """
    return f"IF({truth.a1}=0,0,LN({total.absolute})-{shifted.a1})"


def binary_cross_entropy_part(truth: Cell, logit: Cell) -> str:
    """-ln p of a class that is there, -ln(1 - p) of one that is not, without an exp that could
    overflow.

    >>> binary_cross_entropy_part(Cell(5, 6), Cell(5, 2))
    'MAX(B5,0)-B5*F5+LN(1+EXP(-ABS(B5)))'
    """
    return f"MAX({logit.a1},0)-{logit.a1}*{truth.a1}+LN(1+EXP(-ABS({logit.a1})))"


def loss_of_one(truth: Range, parts: Range) -> str:
    """The sum of the parts, if a class is the actual one.

    >>> loss_of_one(Range(5, 6, 10, 1), Range(5, 7, 10, 1))
    'IF(SUM($F$5:$F$14)=0,"",SUM($G$5:$G$14))'
    """
    return f'IF(SUM({truth.absolute})=0,"",SUM({parts.absolute}))'


def loss_of_several(actual: Cell, parts: Range, unknown: str) -> str:
    """The mean of the parts, if it is known which classes are there.

    >>> loss_of_several(Cell(1, 1), Range(5, 7, 10, 1), "?")
    'IF(OR($A$1="?",$A$1=""),"",AVERAGE($G$5:$G$14))'
    """
    here = actual.absolute
    return f'IF(OR({here}="{unknown}",{here}=""),"",AVERAGE({parts.absolute}))'


def number_of(text: Cell, names: tuple[str, str]) -> str:
    """1 or 2 for a text that is one of two, else 3.

    >>> number_of(Cell(1, 1), ("map", "layer"))
    'IF($A$1="map",1,IF($A$1="layer",2,3))'
    """
    first, second = names
    return f'IF({text.absolute}="{first}",1,IF({text.absolute}="{second}",2,3))'


def largest_of(places: Iterable[Range]) -> str:
    """The largest number of several ranges, 0 if there are none.

    >>> largest_of([Range(1, 1, 3, 1), Range(6, 1, 1, 1)])
    'MAX(0,$A$1:$A$3,$A$6)'
    """
    return f"MAX({','.join(['0', *(place.absolute for place in places)])})"


def scale_end(number: Cell, inside: Range, layer: Cell, network: Cell) -> str:
    """The end of a map's colour scale: the map's own, its layer's or the network's.

    >>> scale_end(Cell(1, 1), Range(6, 3, 2, 2), Cell(2, 1), Cell(3, 1))
    'CHOOSE($A$1,MAX(MAX($C$6:$D$7),-MIN($C$6:$D$7)),$A$2,$A$3)'
    """
    own = largest_magnitude(inside)
    return f"CHOOSE({number.absolute},{own},{layer.absolute},{network.absolute})"


def scale_limit(shown: Cell, end: str) -> str:
    """The end of a colour scale; so far away that all is zero's colour while the layer is hidden.

    >>> scale_limit(Cell(5, 4), "$D$9"), scale_limit(Cell(5, 4), "MAX($A$1:$A$9)")
    ('IF($D$5=0,1E+300,$D$9)', 'IF($D$5=0,1E+300,MAX($A$1:$A$9))')
    """
    return f"IF({shown.absolute}=0,1E+300,{end})"


def hidden(shown: Cell) -> str:
    """Whether a layer is not revealed yet.

    >>> hidden(Cell(5, 4))
    '$D$5=0'
    """
    return f"{shown.absolute}=0"


def on_frame(box: Range, place: Range, number: int) -> str:
    """Whether a cell of the map of a number, which stands at a place, lies on the edge of a box,
    as the arguments of AND.

    >>> on_frame(Range(70, 2, 1, 6), Range(6, 3, 28, 28), 1)
    '$B$70<=1,$C$70>=1,ROW()-5>=$D$70,ROW()-5<=$E$70,COLUMN()-2>=$F$70,COLUMN()-2<=$G$70,\
OR(ROW()-5=$D$70,ROW()-5=$E$70,COLUMN()-2=$F$70,COLUMN()-2=$G$70)'
    """
    ends = [cell.absolute for cell in box.cells()]
    row, column = f"ROW()-{place.row - 1}", f"COLUMN()-{place.column - 1}"
    pairs = ((row, ends[2]), (row, ends[3]), (column, ends[4]), (column, ends[5]))
    edges = ",".join(f"{axis}={end}" for axis, end in pairs)
    return (
        f"{ends[0]}<={number},{ends[1]}>={number},"
        f"{row}>={ends[2]},{row}<={ends[3]},{column}>={ends[4]},{column}<={ends[5]},OR({edges})"
    )
