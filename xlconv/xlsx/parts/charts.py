"""Charts as openpyxl makes them.

Must not know networks.
"""

from openpyxl.chart import BarChart as ColumnChart
from openpyxl.chart import Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.worksheet.worksheet import Worksheet

from xlconv.spreadsheet.blocks import BarChart
from xlconv.spreadsheet.cells import Range, quoted

_PIXELS_PER_CM = 96 / 2.54


def column_chart(worksheet: Worksheet, chart: BarChart) -> ColumnChart:
    columns = ColumnChart()
    columns.type, columns.style, columns.gapWidth = "col", 10, 40
    columns.title, columns.legend = chart.title, None
    columns.width, columns.height = chart.width / _PIXELS_PER_CM, chart.height / _PIXELS_PER_CM
    columns.add_data(_reference(*(chart.source or (worksheet.title, chart.values))))
    columns.set_categories(_reference(worksheet.title, chart.labels))
    series = columns.series[0]
    series.graphicalProperties.solidFill = chart.colour
    series.graphicalProperties.line.solidFill = chart.colour
    columns.dataLabels = DataLabelList(
        showVal=True, showSerName=False, showCatName=False, showLegendKey=False, numFmt="0%"
    )
    columns.y_axis.scaling.min, columns.y_axis.scaling.max = 0, 1
    columns.y_axis.number_format = chart.number_format
    columns.y_axis.majorGridlines = None
    columns.x_axis.delete = columns.y_axis.delete = False
    return columns


def _reference(sheet: str, place: Range) -> Reference:
    return Reference(range_string=f"{quoted(sheet)}!{place.absolute}")
