"""The functions of spreadsheets that all engines know, for those that learners misspell.

Must not know what a function computes.
"""

from collections.abc import Iterable
from difflib import get_close_matches

_NAMES = (
    "ABS ACOS ACOSH ADDRESS AND AREAS ASIN ASINH ATAN ATAN2 ATANH AVEDEV AVERAGE AVERAGEA "
    "AVERAGEIF AVERAGEIFS CEILING CHOOSE COLUMN COLUMNS COMBIN CONCATENATE CORREL COS COSH "
    "COUNT COUNTA COUNTBLANK COUNTIF COUNTIFS COVAR DEGREES DEVSQ EVEN EXACT EXP FACT FALSE "
    "FIND FLOOR FREQUENCY GEOMEAN GCD HARMEAN HLOOKUP IF IFERROR INDEX INDIRECT INT ISBLANK "
    "ISERROR ISEVEN ISNA ISNUMBER ISODD ISTEXT LARGE LCM LEFT LEN LN LOG LOG10 LOOKUP LOWER "
    "MATCH MAX MAXA MDETERM MEDIAN MID MIN MINA MINVERSE MMULT MOD MODE N NA NOT ODD OFFSET OR "
    "PERCENTILE PERCENTRANK PERMUT PI POWER PRODUCT QUARTILE QUOTIENT RADIANS RAND RANDBETWEEN "
    "RANK REPT RIGHT ROUND ROUNDDOWN ROUNDUP ROW ROWS SIGN SIN SINH SMALL SQRT STDEV STDEVP "
    "SUBSTITUTE SUBTOTAL SUM SUMIF SUMIFS SUMPRODUCT SUMSQ SUMX2MY2 SUMX2PY2 SUMXMY2 T TAN TANH "
    "TEXT TRANSPOSE TRIM TRUE TRUNC UPPER VALUE VAR VARP VLOOKUP"
)
FUNCTIONS = frozenset(_NAMES.split(" "))
# Beginnings and ends that are common to many say little: what is half alike is not meant.
_ALIKE = 0.7


def likely_function(name: str) -> str:
    """The function that somebody meant; "" if the name is one, or is like none.

    >>> likely_function("SUMPROD"), likely_function("AVRAGE"), likely_function("SUMMENPRODUKT")
    ('SUMPRODUCT', 'AVERAGE', 'SUMPRODUCT')
    >>> likely_function("SUM"), likely_function("XYZZY"), likely_function("MAXX")
    ('', '', 'MAX')
    """
    return "" if name.upper() in FUNCTIONS else likely_name(name.upper(), FUNCTIONS)


def likely_name(name: str, known: Iterable[str]) -> str:
    """The name among those that are known that is most like one; "" if none is."""
    return next(iter(get_close_matches(name, sorted(known), n=1, cutoff=_ALIKE)), "")
