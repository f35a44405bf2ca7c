"""What people read in a cell, against what it holds: numbers, and signs that make others of them.

Reads what `number_formats` shows, whatever made it so. Must not know sheets or networks.
"""

import re
import unicodedata
from functools import lru_cache

from xlconv.spreadsheet.number_formats import AS_TEXT, GENERAL, shown_number, shown_text, shows_date

# A format must be honest for what follows an edit, too; a label stands for all texts.
_OTHER_NUMBERS = (0.25, -0.25, 7.5, -7.5, 123456.75, -123456.75)
_LABEL = "x"
_USUAL = re.compile(r"(#,##)?0(\.0+)?(E\+00|%)?(_\))?|;;;", re.ASCII)

_NUMBER = re.compile(
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ '\u00a0\u2009\u202f’]\d{3})+|\d*)"
    r"(?:\.(?P<decimals>\d*))?(?:[eE](?P<power>[+-]?\d+))?",
    re.ASCII,
)
_FRACTION = re.compile(r"(?:(?P<units>\d+) +)?(?P<above>\d+) */ *(?P<below>[1-9]\d*)", re.ASCII)
_THOUSANDS = {
    **dict.fromkeys(("k", "K", "tsd", "Tsd", "Tsd.", "thousand"), 1e3),
    **dict.fromkeys(("M", "Mio", "Mio.", "million"), 1e6),
}
_LONGEST_FORMAT = 1_000  # characters; Excel's have 255
_LONGEST = 500  # characters that somebody reads as a number
_TICKS = {"✓": (1.0,), "✗": (0.0, -1.0)}
_DASHES = "-−–—‐‑‒―﹣－"


def shows_all_as_they_are(number_format: str) -> bool:
    """Whether a format is one of the usual ones, that show every number and text as it is."""
    return number_format in (GENERAL, AS_TEXT) or _USUAL.fullmatch(number_format) is not None


@lru_cache(maxsize=65536)
def false_showing(
    value: float | str, number_format: str, alone: bool = False
) -> tuple[float | str, str] | None:
    """The number or text that a format shows as another one, and as what; None if it shows all as
    they are, or nothing. It is asked for the cell's own `value`, and, unless `alone`, for others
    that the cell could hold.

    >>> false_showing(1.0, "0.00"), false_showing(1.0, ";;;"), false_showing(-0.5, "0.0;(0.0)")
    (None, None, None)
    >>> false_showing(1.0, "[$9-409]0.00"), false_showing(1.0, "(0.00)"), false_showing(1.0, "0;0")
    ((1.0, '91.00'), (1.0, '(1.00)'), (-7.5, '8'))
    """
    if shows_all_as_they_are(number_format):
        return None
    if len(number_format) > _LONGEST_FORMAT:
        return value, "whatever it says"
    others: tuple[float | str, ...] = (_LABEL,) if isinstance(value, str) else _OTHER_NUMBERS
    for one in (value, *(() if alone else others)):
        if isinstance(one, str):
            told = shown_text(one, number_format)
            honest = not told.strip() or told.strip() == one.strip()
        elif shows_date(one, number_format):
            told, honest = "a date", False
        else:
            told = shown_number(one, number_format)
            honest = reads_as(told, one)
        if not honest:
            return one, told
    return None


def reads_as(text: str, value: float) -> bool:
    """Whether a text tells of a number as far as its digits go, or of nothing.

    >>> [reads_as(text, -1.0) for text in ("-1.00", "(1)", "−1 cat", "1.00", "1.00-", "-1½", "no")]
    [True, True, True, False, False, False, False]
    >>> [reads_as(text, 1234.5) for text in ("1,235", "1 234.5", "1.2345E+03", "1.2k", "1 2345")]
    [True, True, True, True, False]
    >>> reads_as("", 1.0), reads_as("–", 0.0), reads_as("–", 1.0), reads_as("1.00€", 1.0)
    (True, True, False, False)
    >>> reads_as("✓", 1.0), reads_as("✓", 0.25), reads_as("✗", -1.0), reads_as("✗", 1.0)
    (True, False, True, False)
    """
    if not text.strip():
        return True
    if len(text) > _LONGEST:
        return False
    if text.strip() in _TICKS:
        return value in _TICKS[text.strip()]
    if not any(map(_is_digit, text)):
        return abs(value) < 0.5 and not text.strip(f" .{_DASHES}")
    found = _FRACTION.search(text) or next(
        (match for match in _NUMBER.finditer(text) if any(map(str.isdigit, match[0]))), None
    )
    if found is None:
        return False
    before, after = text[: found.start()], text[found.end() :]
    size, step = _fraction(found) if found.re is _FRACTION else _decimal(found)
    before, after, sign, factor = _signs(before, after)
    if _tells_of_another(before) or _tells_of_another(after):
        return False
    read = sign * size * factor
    slack = 0.5 * step * factor * (1 + 1e-6) + 1e-12 * abs(value)
    return abs(read - value) <= slack


def _decimal(found: re.Match[str]) -> tuple[float, float]:
    """The number of digits as they are usually written, and what its last digit counts."""
    whole = re.sub(r"\D", "", found["whole"])
    decimals, power = found["decimals"] or "", int(found["power"] or 0)
    if abs(power) > 400:
        return float("inf"), 0.0
    return float(f"{whole or 0}.{decimals}e{power}"), float(f"1e{power - len(decimals)}")


def _fraction(found: re.Match[str]) -> tuple[float, float]:
    below = float(found["below"])
    return float(found["units"] or 0) + float(found["above"]) / below, 1 / below


def _signs(before: str, after: str) -> tuple[str, str, int, float]:
    """What stands around digits without the signs that belong to them, and what these make of the
    number: its sign and its factor."""
    sign, factor = 1, 1.0
    before, after = before.rstrip(), after.lstrip()
    if after.startswith("%"):
        after, factor = after[1:], 0.01
    elif before.endswith("%"):
        before, factor = before[:-1].rstrip(), 0.01
    if before.endswith("(") and after.startswith(")"):
        before, after, sign = before[:-1].rstrip(), after[1:], -1
    if before.endswith(tuple(_DASHES)):
        before, sign = before[:-1].rstrip(), -1
    elif before.endswith("+") and sign > 0:
        before = before[:-1]
    if after.strip() in _THOUSANDS:
        after, factor = "", factor * _THOUSANDS[after.strip()]
    if after.startswith((".", ",")) and (len(after) == 1 or after[1] == " "):
        after = after[1:]  # the end of a sentence
    return before, after, sign, factor


def _is_digit(letter: str) -> bool:
    return unicodedata.numeric(letter, None) is not None


def _tells_of_another(words: str) -> bool:
    """Whether there is something in words that belongs to a number: digits, signs, currencies,
    marks that are written over others or turn the line around."""
    bare = re.sub(rf"(?<=[^\W\d_])[{_DASHES}](?=[^\W\d_])", "", words)  # the hyphen in a word
    return any(
        _is_digit(letter)
        or letter in f"{_DASHES}%‰‱/*^.,()+"
        or (unicodedata.category(letter) in _OF_NUMBERS and letter not in "=≈~✓")
        for letter in bare
    )


_OF_NUMBERS = ("Sc", "Sm", "Mn", "Me", "Cf", "Cc", "Co")


def is_number_text(text: str) -> bool:
    """Whether a text reads like a number: only its kind tells that it is none.

    >>> is_number_text("0.5"), is_number_text(" 0,5"), is_number_text("ink")
    (True, True, False)
    """
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
