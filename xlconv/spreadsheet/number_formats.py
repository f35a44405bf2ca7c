"""Numbers as spreadsheets show them: "0.0%", "0.00;0.00;0.00", '0 "found"'.

Owns the few signs of number formats that sheets of xlconv's use, and which formats show another
number than a cell holds. Must not know what a number means, nor where it is shown.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from math import isfinite

_PARTS = re.compile(r'"([^"]*)"|([#0,]*0(?:\.0+)?)|(.)')


@lru_cache(maxsize=8192)
def shown_number(value: float, number_format: str) -> str:
    """A number as a cell of a format shows it; one that is none is shown as nothing.

    >>> shown_number(0.9871, "0.0%"), shown_number(3.0, '0 "found"'), shown_number(7.0, "General")
    ('98.7%', '3 found', '7')
    >>> shown_number(-0.04, "0.0"), shown_number(-0.04, "0;0;0"), shown_number(-1.25, "0.0")
    ('0.0', '0', '-1.3')
    """
    if not isfinite(value):
        return ""
    if number_format in ("General", "@"):
        return f"{value:.10g}" if value else "0"
    sections = number_format.split(";")
    own = _section(value, len(sections))
    text = _section_text(abs(value), sections[own])
    # A section of its own for negative numbers says itself how they are told from others.
    sign = "-" if value < 0 and own == 0 and not shows_zero(text) else ""
    return sign + text


def _section(value: float, count: int) -> int:
    """Which section of a format says how a number is shown: positive; negative; zero."""
    if value < 0 and count > 1:
        return 1
    return 2 if value == 0 and count > 2 else 0


def _section_text(value: float, section: str) -> str:
    percent = "%" in re.sub(r'"[^"]*"', "", section)

    def part(match: re.Match[str]) -> str:
        if match[2] is None:
            return match[1] if match[1] is not None else match[3]
        decimals = len(match[2].partition(".")[2])
        number = Decimal(repr(value)) * (100 if percent else 1)
        rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        return f"{rounded:,f}" if "," in match[2] else f"{rounded:f}"

    return _PARTS.sub(part, section)


def shows_zero(text: str) -> bool:
    """Whether a number is shown as zero.

    >>> shows_zero("0.0%"), shows_zero("0.05"), shows_zero("")
    (True, False, False)
    """
    return "0" in text and not re.search("[1-9]", text)


_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}


def built_in(number: str) -> str:
    """A format that every workbook has without spelling it (ECMA-376 Part 1, 18.8.30), as far as
    it matters: those of dates are others than those of numbers."""
    return "d" if number.isdecimal() and int(number) in _DATES else "General"


_LITERAL = re.compile(r'"[^"]*"?|\\.')
_ASIDE = re.compile(r"\[[^\]]*\]|[_*].")
_PLACE = re.compile("[0#?]")
_DATE_OR_DIGIT = re.compile(r"[ymdhsg]|a/p|(?<![/\d])[1-9]")  # 8 in # ?/8 is part of a fraction
_THOUSANDS = re.compile(r"[0#?],+(?![0#?,.])")  # a comma behind the last digit divides


@lru_cache(maxsize=1024)
def is_honest(number_format: str) -> bool:
    """Whether a format shows no other number than a cell holds: no digits or % of its own, no date,
    no word in place of a number, positive and negative ones not alike. It may hide numbers, as
    where colours alone are to be seen.

    >>> [is_honest(one) for one in ("0.00", "#,##0_);(#,##0)", "0.0%", '0 "found"', '0;-0;"–"')]
    [True, True, True, True, True]
    >>> [is_honest(one) for one in ('"7"', '0.00"9"', "0;0", "yyyy", "0,", "7", '0"%"', '"✓"')]
    [False, False, False, False, False, False, False, False]
    """
    lower = re.sub("general|standard|@", "0", number_format.lower())
    whole = _LITERAL.sub(lambda match: match[0].replace(";", " "), lower)
    sections = whole.split(";")[:3]
    if not all(map(_shows_no_other, sections)):
        return False
    if any(
        _ASIDE.sub("", one).strip(' "') and not _PLACE.search(_bare(one)) for one in sections[:2]
    ):
        return False
    alike = len(sections) > 1 and _PLACE.search(_bare(sections[1])) and "[" not in sections[1]
    signs = [re.search(r"-|\(|minus", _ASIDE.sub("", section)) for section in sections]
    return not (alike and not signs[1]) and not (len(sections) > 1 and signs[0])


def _bare(section: str) -> str:
    """A section without its literal texts, colours, conditions and blanks."""
    return _ASIDE.sub("", _LITERAL.sub("", section))


def _shows_no_other(section: str) -> bool:
    """Whether a section of a format shows no digits but those of the number, however scaled."""
    literal = "".join(_LITERAL.findall(section))
    bare = re.sub(r"e[+-]", "", _bare(section))
    elapsed = re.search(r"\[[hms]+\]", section)
    scaled = _THOUSANDS.search(bare) and not re.search(r"[^\W\d_]", literal)
    return not (re.search(r"[\d%]", literal) or _DATE_OR_DIGIT.search(bare) or elapsed or scaled)
