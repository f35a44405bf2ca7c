"""What number formats show, as LibreOffice shows it, and what people read there."""

import html
import re
import subprocess
from pathlib import Path
from random import Random

import openpyxl
import pytest

from xlconv.spreadsheet.number_formats import shown_number, shown_text, shows_date
from xlconv.spreadsheet.readings import false_showing, reads_as

VALUES = (0.0, 1.0, -0.81, 12.345, -1234.5678, 123456.75, 0.000123)
SHOWN = {
    "0": ("0", "1", "-1", "12", "-1235", "123457", "0"),
    "0.00": ("0.00", "1.00", "-0.81", "12.35", "-1234.57", "123456.75", "0.00"),
    "#,##0.0": ("0.0", "1.0", "-0.8", "12.3", "-1,234.6", "123,456.8", "0.0"),
    "0.0%": ("0.0%", "100.0%", "-81.0%", "1234.5%", "-123456.8%", "12345675.0%", "0.0%"),
    "0.00E+00": (
        *("0.00E+00", "1.00E+00", "-8.10E-01", "1.23E+01"),
        *("-1.23E+03", "1.23E+05", "1.23E-04"),
    ),
    "##0.0E+0": ("0.0E+0", "1.0E+0", "-810.0E-3", "12.3E+0", "-1.2E+3", "123.5E+3", "123.0E-6"),
    "0.00;(0.00)": ("0.00", "1.00", "(0.81)", "12.35", "(1234.57)", "123456.75", "0.00"),
    "[Red]0.0;[Blue]-0.0": ("0.0", "1.0", "-0.8", "12.3", "-1234.6", "123456.8", "0.0"),
    '0;-0;"–"': ("–", "1", "-1", "12", "-1235", "123457", "0"),
    "0.0;;": ("", "1.0", "", "12.3", "", "123456.8", "0.0"),
    '0"."00': ("0.00", "0.01", "-0.01", "0.12", "-12.35", "1234.57", "0.00"),
    "[$9-409]0.00": ("90.00", "91.00", "-90.81", "912.35", "-91234.57", "9123456.75", "90.00"),
    "0.00;[$-409]0.00": ("0.00", "1.00", "0.81", "12.35", "1234.57", "123456.75", "0.00"),
    "(0.00)": ("(0.00)", "(1.00)", "-(0.81)", "(12.35)", "-(1234.57)", "(123456.75)", "(0.00)"),
    '0.00"-"': ("0.00-", "1.00-", "-0.81-", "12.35-", "-1234.57-", "123456.75-", "0.00-"),
    "[<5]0.0;0.00": ("0.0", "1.0", "-0.8", "12.35", "-1234.6", "123456.75", "0.0"),
    "[<1]0.0%;0": ("0.0%", "1", "-81.0%", "12", "-123456.8%", "123457", "0.0%"),
    '[=1]"one";0.0': ("0.0", "one", "0.8", "12.3", "1234.6", "123456.8", "0.0"),
    "0,": ("0", "0", "0", "0", "-1", "123", "0"),
    "00000": ("00000", "00001", "-00001", "00012", "-01235", "123457", "00000"),
    "0-00-0": ("0-00-0", "0-00-1", "-0-00-1", "0-01-2", "-1-23-5", "123-45-7", "0-00-0"),
    "# ?/8": ("0", "1", "- 6/8", "12 3/8", "-1234 5/8", "123456 6/8", "0"),
    'General" x"': (
        *("0 x", "1 x", "-0.81 x", "12.345 x"),
        *("-1234.5678 x", "123456.75 x", "0.000123 x"),
    ),
}


@pytest.mark.parametrize("number_format", SHOWN)
def test_numbers_are_shown_as_their_format_says(number_format: str) -> None:
    shown = [shown_number(value, number_format) for value in VALUES]
    assert [bare(one) for one in shown] == [bare(one) for one in SHOWN[number_format]]


def test_libreoffice_shows_the_same(libreoffice: str, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row, number_format in enumerate(SHOWN, 1):
        for column, value in enumerate(VALUES, 1):
            sheet.cell(row, column, value).number_format = number_format
            sheet.column_dimensions[sheet.cell(1, column).column_letter].width = 30
    workbook.save(tmp_path / "shown.xlsx")
    command = [libreoffice, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"]
    command += ["--headless", "--convert-to", "html", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(tmp_path / "shown.xlsx")], capture_output=True, timeout=120)
    page = (tmp_path / "shown.html").read_text(encoding="utf-8")
    rows = [re.findall(r"<td.*?>(.*?)</td>", row, re.DOTALL) for row in page.split("<tr>")[1:]]
    found = [[html.unescape(re.sub("<[^>]*>", "", cell)) for cell in row] for row in rows]
    told = {one: [bare(cell) for cell in row] for one, row in zip(SHOWN, found, strict=True)}
    assert told == {one: [bare(cell) for cell in row] for one, row in SHOWN.items()}


def bare(text: str) -> str:
    """Without the blanks that keep columns of fractions and signs in line."""
    return text.replace(" ", "").strip()


def test_texts_are_shown_by_the_last_section() -> None:
    assert shown_text("cat", "0.00") == shown_text("cat", '0;-0;"no"') == "cat"
    assert shown_text("cat", '0;-0;0;"a "@') == shown_text("cat", '"a "@') == "a cat"
    assert shown_text("cat", ";;;") == ""
    assert shown_text("cat", '0;@"s"') == "cats"


def test_dates_are_no_numbers() -> None:
    for number_format in ("yyyy-mm-dd", "d/m/yy", "[h]:mm", "[$-F800]dddd", "mm:ss.0", "h AM/PM"):
        assert shows_date(1.5, number_format)
        assert false_showing(1.5, number_format) == (1.5, "a date")
    for number_format in ('0.0 "days"', "0.0\\d", "[Red]0", "0.0E+0", "General"):
        assert not shows_date(1.5, number_format)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("1.00", 1.0), ("1", 1.2), ("-0.8", -0.81), ("−0.8", -0.81), ("(0.81)", -0.81)),
        *(("81%", 0.81), ("81.0 %", 0.81), ("1.23E+03", 1234.0), ("1,234", 1234.4)),
        *(("1 234", 1234.4), ("1 1/2", 1.5), ("1/3", 0.33), ("+1.0", 1.0), ("2 found", 2.0)),
        *(("p = 0.5", 0.5), ("pre-activation 0.5", 0.5), ("1.2k", 1234.0), ("3.", 3.0)),
        *(("", 5.0), ("–", 0.0), ("-", 0.0)),
    ],
)
def test_a_number_is_read_as_it_is(text: str, value: float) -> None:
    assert reads_as(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("1.00", -1.0), ("1.00-", 1.0), ("(1.00)", 1.0), ("--1.00", -1.0), ("1.00½", 1.0)),
        *(("1.00²", 1.0), ("1.00‰", 1.0), ("1.00%", 1.0), ("€1.00", 1.0), ("1.00 $", 1.0)),
        *(("1,00", 1.0), ("0,01", 1.0), ("1 23", 123.0), ("1.0.0", 1.0), ("1.00×10", 1.0)),
        *(("yes", 1.0), ("–", 1.0), ("1k", 1.0), ("1:00", 1.0), ("<1", 1.0), ("1 - 2", 1.0)),
        *(("1.00\u0338", 1.0), ("\u202e1.00", 1.0), ("Ⅷ", 8.0 + 1), ("1e5", 1.0)),
    ],
)
def test_what_reads_as_another_number_is_told(text: str, value: float) -> None:
    assert not reads_as(text, value)


@pytest.mark.parametrize(
    ("number_format", "value"),
    [
        *(("[<.]0.00", 1.0), ("[<1.2.3]0", 1.0), ("[<1e9999]0", 1.0), ("# ?/²", 0.5)),
        *((f"0.{'0' * 30};-0.{'0' * 30}", 0.5), ("[Red]0.00", 1e27), ("0.0;-0.0", 1.7e308)),
        *((f'"{"9" * 400}/1"', 1.0), (f'"1e{"9" * 5000}"', 1.0), (f'"1e9{"9" * 200}"', 1.0)),
        *(("0.00E+00;", 1e-300), ("# ?/?", 1e300), (f"{'0' * 255}.{'0' * 255}", 1e308)),
        *(
            ("0,,,,,,,,,", 1e5),
            ("*", 1.0),
            ("[", 1.0),
            ('"', 1.0),
            ("\\", 1.0),
            ("_", 1.0),
            ("", 1.0),
        ),
    ],
)
def test_whatever_stands_in_a_file_is_answered(number_format: str, value: float) -> None:
    assert isinstance(shown_number(value, number_format), str)
    told = false_showing(value, number_format)
    assert told is None or isinstance(told[1], str)


def test_a_format_that_no_program_writes_is_no_honest_one() -> None:
    assert false_showing(0.5, "0" * 1_000_000) == (0.5, "whatever it says")


def test_as_many_decimals_as_excel_has_are_shown() -> None:
    assert shown_number(0.5, f"0.{'0' * 30}") == f"0.5{'0' * 29}"
    assert false_showing(0.5, f"0.{'0' * 30};-0.{'0' * 30}") is None
    assert shown_number(1e27, "[Red]0.00") == f"1{'0' * 27}.00"


def test_random_signs_are_answered() -> None:
    random = Random(1)
    signs = [*'0#?.,%/E+-;"\\_*[]@()<>=$ abdhmsy19²½Ⅷ٣１e:', "General", "[Red]", "[>=1.5]", "E+"]
    for _ in range(3_000):
        number_format = "".join(random.choice(signs) for _ in range(random.randint(0, 9)))
        for value in (0.0, -1234.5, 1e300, -1e-300, "cat", ""):
            told = false_showing(value, number_format)
            assert told is None or isinstance(told[1], str)
