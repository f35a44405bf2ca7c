"""Numbers as spreadsheets show them: "0.0%", "0.00;0.00;0.00", '0 "found"'.

Owns the few signs of number formats that sheets of xlconv's use. Must not know what a number
means, nor where it is shown.
"""

from __future__ import annotations

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
    text = _spelled(abs(value), sections[own])
    # A section of its own for negative numbers says itself how they are told from others.
    sign = "-" if value < 0 and own == 0 and not shows_zero(text) else ""
    return sign + text


def _section(value: float, count: int) -> int:
    """Which section of a format says how a number is shown: positive; negative; zero."""
    if value < 0 and count > 1:
        return 1
    return 2 if value == 0 and count > 2 else 0


def _spelled(value: float, section: str) -> str:
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
