"""Charts as openpyxl makes them, with the values that their cells hold: what is not calculated is
drawn from these.

Must not know networks.
"""

from openpyxl.chart import BarChart as ColumnChart
from openpyxl.chart.data_source import (
    AxDataSource,
    NumData,
    NumDataSource,
    NumRef,
    NumVal,
    StrData,
    StrRef,
    StrVal,
)
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.legend import Legend
from openpyxl.chart.series import Series, SeriesLabel
from openpyxl.chart.title import title_maker

from xlconv.spreadsheet.blocks import BarChart
from xlconv.spreadsheet.cells import Range, quoted

_PIXELS_PER_CM = 96 / 2.54


def column_chart(sheet: str, chart: BarChart) -> ColumnChart:
    """A chart of a sheet."""
    columns = ColumnChart()
    columns.type, columns.style, columns.gapWidth = "col", 10, 40
    columns.title, columns.legend, columns.roundedCorners = None, None, False
    if chart.head is None:
        columns.title = title_maker(chart.title)
        columns.title.overlay = False  # it has room of its own above the bars
    else:  # as the name of the bars: LibreOffice forgets that a title stands in a cell
        columns.legend = Legend()
        columns.legend.position, columns.legend.overlay = "t", False
    columns.width, columns.height = chart.width / _PIXELS_PER_CM, chart.height / _PIXELS_PER_CM
    columns.series.append(_series(sheet, chart))
    columns.dataLabels = DataLabelList(
        showVal=True, showSerName=False, showCatName=False, showLegendKey=False, numFmt="0%"
    )
    columns.y_axis.scaling.min, columns.y_axis.scaling.max = 0, 1
    columns.y_axis.number_format = chart.number_format
    columns.y_axis.majorGridlines = None
    columns.x_axis.delete = columns.y_axis.delete = False
    return columns


def _series(sheet: str, chart: BarChart) -> Series:
    texts = [StrVal(idx=number, v=label) for number, (label, _) in enumerate(chart.shown)]
    values = [NumVal(idx=number, v=value) for number, (_, value) in enumerate(chart.shown)]
    labels = StrRef(f=_place(sheet, chart.labels), strCache=StrData(ptCount=len(texts), pt=texts))
    numbers = NumRef(
        f=_place(*(chart.source or (sheet, chart.values))),
        numCache=NumData(formatCode=chart.number_format, ptCount=len(values), pt=values),
    )
    series = Series(
        idx=0,
        order=0,
        tx=_name(chart),
        cat=AxDataSource(strRef=labels),
        val=NumDataSource(numRef=numbers),
    )
    series.graphicalProperties.solidFill = chart.colour
    series.graphicalProperties.line.solidFill = chart.colour
    return series


def _name(chart: BarChart) -> SeriesLabel:
    """What the bars are called."""
    if chart.head is None:
        return SeriesLabel(v=chart.title)
    sheet, cell = chart.head
    held = StrData(ptCount=1, pt=[StrVal(idx=0, v=chart.title)])
    return SeriesLabel(strRef=StrRef(f=_place(sheet, Range.of(cell)), strCache=held))


def _place(sheet: str, place: Range) -> str:
    return f"{quoted(sheet)}!{place.absolute}"
