"""Number formats: what a cell shows of its number or text ("0.0%", "0.00;-0.00", '0 "found"').

The format language of ECMA-376 Part 1, 18.8.30 and 18.8.31, as far as numbers and texts go; where
programs differ, as LibreOffice's. Must not know what a number means, nor where it is shown.
"""

import re
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from math import isfinite

GENERAL, AS_TEXT = "General", "@"

# The formats that every workbook has without spelling them (18.8.30); those of dates are others.
_BUILT_IN = {
    **dict(enumerate(("General", "0", "0.00", "#,##0", "#,##0.00"))),
    **dict.fromkeys((5, 6), '"$"#,##0_);("$"#,##0)'),
    **dict.fromkeys((7, 8), '"$"#,##0.00_);("$"#,##0.00)'),
    **dict(enumerate(("0%", "0.00%", "0.00E+00", "# ?/?", "# ??/??"), 9)),
    **dict.fromkeys((37, 38), "#,##0_);(#,##0)"),
    **dict.fromkeys((39, 40), "#,##0.00_);(#,##0.00)"),
    41: '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)',
    42: '_("$"* #,##0_);_("$"* (#,##0);_("$"* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)',
    44: '_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_);_(@_)',
    **{48: "##0.0E+0", 49: AS_TEXT},
}
_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}


def built_in(number: str) -> str:
    """The format of a number that needs no spelling; "General" for one that nobody knows.

    >>> built_in("2"), built_in("14"), built_in("49"), built_in("99")
    ('0.00', 'yyyy-mm-dd', '@', 'General')
    """
    known = int(number) if number.isascii() and number.isdecimal() else -1
    return "yyyy-mm-dd" if known in _DATES else _BUILT_IN.get(known, GENERAL)


@lru_cache(maxsize=8192)
def shown_number(value: float, number_format: str) -> str:
    """A number as a cell of a format shows it; one that is none, and a date, is shown as nothing. A
    minus is dropped where all digits are zeros.

    >>> shown_number(0.9871, "0.0%"), shown_number(3.0, '0 "found"'), shown_number(7.0, "General")
    ('98.7%', '3 found', '7')
    >>> shown_number(-0.04, "0.0"), shown_number(-1.25, "0.0"), shown_number(-5.0, "0.00;(0.00)")
    ('0.0', '-1.3', '(5.00)')
    >>> shown_number(1.0, '0"."00'), shown_number(1.0, "[$9-409]0.00"), shown_number(1.5, "# ?/?")
    ('0.01', '91.00', '1 1/2')
    >>> shown_number(12345.6, "#,##0,"), shown_number(0.5, "[<1]0.0%;0"), shown_number(1.0, "d/m")
    ('12', '50.0%', '')
    """
    sections = parse_format(number_format)
    if not isfinite(value):
        return ""
    own = _section(value, sections)
    if own is None:  # LibreOffice shows it as it is, but for its sign
        return _general(abs(value))
    if _has_dates(sections[own]):
        return ""
    with localcontext(_DIGITS):
        text = _number_text(abs(value), sections[own])
    dropped = _drops_the_minus(sections, own) or not re.search("[1-9]", text)
    return text if value >= 0 or dropped else f"-{text}"


def shows_date(value: float, number_format: str) -> bool:
    """Whether a format shows a number as a date or a time.

    >>> shows_date(1.0, "yyyy-mm-dd"), shows_date(1.0, "[h]:mm"), shows_date(1.0, '0 "days"')
    (True, True, False)
    """
    sections = parse_format(number_format)
    own = _section(value, sections)
    return own is not None and _has_dates(sections[own])


@lru_cache(maxsize=1024)
def shown_text(value: str, number_format: str) -> str:
    """A text as a cell of a format shows it.

    >>> shown_text("cat", "@"), shown_text("cat", "0.00"), shown_text("cat", ';;;"a"')
    ('cat', 'cat', 'a')
    >>> shown_text("cat", '"not a "@'), shown_text("cat", ";;;")
    ('not a cat', '')
    """
    sections = parse_format(number_format)
    # A last section with @ is the one for texts, whatever its number.
    own = sections[3] if len(sections) > 3 else sections[-1]
    if len(sections) < 4 and not any(token.kind == "at" for token in own.tokens):
        return value
    texts = (value if token.kind in ("at", "general") else token.literal for token in own.tokens)
    return "".join(texts)


def shows_zero(text: str) -> bool:
    """Whether a number is shown as zero.

    >>> shows_zero("0.0%"), shows_zero("0.05"), shows_zero("")
    (True, False, False)
    """
    return "0" in text and not re.search("[1-9]", text)


_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<pad>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]?'
    r"|(?P<general>general|standard)|(?P<exponent>e[+-])|(?P<date>am/pm|a/p|[ymdhsbeg]+)"
    r"|(?P<end>;)|(?P<place>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<slash>/)"
    r"|(?P<at>@)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(
    r"\s*(<=|>=|<>|<|>|=)\s*(-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,4})?)\s*", re.IGNORECASE | re.ASCII
)
# Digits that a number and a format can have together, and some more; rounded as programs do.
_DIGITS = Context(prec=2_000, Emax=MAX_EMAX, Emin=MIN_EMIN, rounding=ROUND_HALF_UP)
_SYMBOL = re.compile(r"\$(.*?)(-[0-9a-f]*)?", re.IGNORECASE | re.DOTALL)
_COLOUR = re.compile(
    r"black|blue|cyan|green|magenta|red|white|yellow|schwarz|blau|zyan|grün|rot|weiss|weiß|gelb"
    r"|(colou?r|farbe) ?\d+",
    re.IGNORECASE,
)
_DIGITS_OF = re.compile(r"(dbnum|natnum)\d+(\s.*)?", re.IGNORECASE)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)


@dataclass(frozen=True)
class Token:
    """A sign of a format, and the letters that it shows itself."""

    kind: str
    literal: str = ""


@dataclass(frozen=True)
class Section:
    """What a format does for some numbers: for those of its `condition`, if it names one."""

    tokens: tuple[Token, ...]
    condition: tuple[str, float] | None = None


@lru_cache(maxsize=1024)
def parse_format(number_format: str) -> tuple[Section, ...]:
    """The sections of a format, of which there are one to four."""
    sections: list[Section] = []
    tokens: list[Token] = []
    condition: tuple[str, float] | None = None
    for match in _TOKEN.finditer(number_format):
        kind, text = match.lastgroup or "other", match[match.lastgroup or 0] or ""
        if kind == "end":
            sections.append(Section(tuple(tokens), condition))
            tokens, condition = [], None
        elif kind == "bracket":
            told = _CONDITION.fullmatch(text)
            condition = (told[1], float(told[2])) if told else condition
            tokens += [] if told else [_bracket(text)]
        elif kind in ("quoted", "escaped", "other"):
            tokens.append(Token("text", text))
        elif kind == "pad":
            tokens.append(Token("text", " "))
        else:
            tokens.append(Token(kind, text))
    return (*sections, Section(tuple(tokens), condition))


def _bracket(text: str) -> Token:
    """What stands in brackets: a symbol with a language, a colour, or what a program does not
    know and so shows."""
    symbol = _SYMBOL.fullmatch(text)
    if symbol:
        return Token("text", symbol[1])
    if _ELAPSED.fullmatch(text):
        return Token("date", text)
    known = _COLOUR.fullmatch(text) or _DIGITS_OF.fullmatch(text)
    return Token("text", "" if known else f"[{text}]")


def _section(value: float, sections: tuple[Section, ...]) -> int | None:
    """Which section of a format says how a number is shown; None if none does."""
    numbers = sections[:3]
    for index in range(len(numbers)):
        told = _condition(numbers, index)
        if told is None or _holds(value, *told):
            return index
    return None


def _condition(numbers: tuple[Section, ...], index: int) -> tuple[str, float] | None:
    """For which numbers a section is, of those that no section before it takes."""
    said = numbers[index].condition
    if said is not None or index == len(numbers) - 1:
        return said
    if index == 0:
        return (">=" if len(numbers) == 2 else ">", 0.0)
    return ("<", 0.0)


def _holds(value: float, comparison: str, limit: float) -> bool:
    return {
        "<": value < limit,
        "<=": value <= limit,
        ">": value > limit,
        ">=": value >= limit,
        "=": value == limit,
        "<>": value != limit,
    }[comparison]


def _drops_the_minus(sections: tuple[Section, ...], own: int) -> bool:
    """Whether a section says itself how negative numbers are told from others: the first one does
    if it is for no others, and all behind it do, whatever they are for (LibreOffice)."""
    return own > 0 or sections[0].condition in (("<", 0.0), ("<=", 0.0))


def _has_dates(section: Section) -> bool:
    return any(token.kind == "date" for token in section.tokens)


def _number_text(value: float, section: Section) -> str:
    """A number without its sign as a section shows it."""
    tokens = section.tokens
    kinds = [token.kind for token in tokens]
    if "place" not in kinds:
        texts = (_general(value) if t.kind in ("general", "at") else _plain(t) for t in tokens)
        return "".join(texts)
    if "slash" in kinds and "point" not in kinds and "exponent" not in kinds:
        slash = kinds.index("slash")
        if "place" in kinds[:slash] and _denominator(tokens[slash + 1 :]):
            return _fraction_text(value, tokens, slash)
    return _decimal_text(value, tokens)


def _general(value: float) -> str:
    return f"{value:.10g}".upper() if value else "0"


def _plain(token: Token) -> str:
    """What a sign shows that stands for no digits: a star repeats its letter over the cell."""
    return token.literal * 3 if token.kind == "fill" and token.literal != " " else token.literal


def _decimal_text(value: float, tokens: tuple[Token, ...]) -> str:
    """Digits in their places, with whatever stands between them."""
    kinds = [token.kind for token in tokens]
    places = [index for index, kind in enumerate(kinds) if kind == "place"]
    exponent = kinds.index("exponent") if "exponent" in kinds else len(tokens)
    mantissa = [index for index in places if index < exponent]
    points = [i for i in range(exponent) if kinds[i] == "point"]
    point = points[0] if points else exponent
    whole = [index for index in mantissa if index < point]
    decimals = [index for index in mantissa if index > point]
    last = mantissa[-1] if mantissa else -1
    first = places[0]  # a comma before it is one
    commas = [i for i, kind in enumerate(kinds) if kind == "comma" and i > first]
    behind = [i for i in commas if i > (whole[-1] if whole else -1) and i < point]
    behind += [i for i in commas if i > last and i not in behind] if decimals else []
    grouped = any(whole and whole[0] < index < whole[-1] for index in commas)
    number = Decimal(repr(value)).scaleb(2 * kinds.count("percent") - 3 * len(behind))
    power = 0
    if exponent < len(tokens):
        number, power = _scientific(number, max(1, len(whole)), len(decimals))
    rounded = number.quantize(Decimal(1).scaleb(-len(decimals)))
    digits, _, after = f"{rounded:f}".partition(".")
    shown: dict[int, str] = {}
    shown |= _whole_digits("" if digits == "0" else digits, whole, tokens, grouped)
    shown |= _decimal_digits(after, decimals, tokens)
    shown |= _whole_digits(
        str(abs(power)) if power else "", [i for i in places if i > exponent], tokens, False
    )
    if exponent < len(tokens):
        plus = "+" if tokens[exponent].literal.endswith("+") else ""
        shown[exponent] = "E" + ("-" if power < 0 else plus)
    shown |= dict.fromkeys(commas, "")
    shown |= {i: _general(value) for i, kind in enumerate(kinds) if kind == "general"}
    return "".join(shown.get(i, _plain(token)) for i, token in enumerate(tokens))


def _scientific(number: Decimal, whole: int, decimals: int) -> tuple[Decimal, int]:
    """A number as a mantissa of so many digits and decimals, and a power of ten that is a multiple
    of the digits."""
    if not number:
        return number, 0
    power = number.adjusted() // whole * whole
    mantissa = number.scaleb(-power).quantize(Decimal(1).scaleb(-decimals))
    if mantissa >= Decimal(10) ** whole:
        power += whole
    return number.scaleb(-power), power


def _whole_digits(
    digits: str, places: list[int], tokens: tuple[Token, ...], grouped: bool
) -> dict[int, str]:
    """The digits of a whole number in their places, from the right; the first takes all that
    are left."""
    shown: dict[int, str] = {}
    for count, place in enumerate(reversed(places)):
        own = digits[:-1] if place == places[0] and len(digits) > 1 else ""
        digit = digits[-1:] or {"0": "0", "?": " "}.get(tokens[place].literal, "")
        run = own + digit
        if grouped:
            run = _with_commas(run, count)
        shown[place], digits = run, digits[: -len(own) - 1] if digits else ""
    return shown


def _with_commas(run: str, count: int) -> str:
    """Digits, before which `count` stand to the right, with a comma after each three."""
    text = ""
    for number, digit in enumerate(reversed(run), count):
        comma = "," if number and number % 3 == 0 and digit.isdigit() else ""
        text = digit + comma + text
    return text


def _decimal_digits(after: str, places: list[int], tokens: tuple[Token, ...]) -> dict[int, str]:
    """Decimals in their places; # shows no zeros at the end, ? blanks in their stead."""
    shown: dict[int, str] = {}
    ended = True
    for place, digit in reversed(list(zip(places, after, strict=True))):
        ended = ended and digit == "0" and tokens[place].literal != "0"
        shown[place] = digit if not ended else "" if tokens[place].literal == "#" else " "
    return shown


def _denominator(tokens: tuple[Token, ...]) -> str:
    """What says the denominator of a fraction: places, or a number."""
    run = ""
    for token in tokens:
        if token.kind == "place" or (token.kind == "text" and _is_digits(token.literal)):
            run += token.literal
        elif run or token.literal.strip():
            break
    return run


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _fraction_text(value: float, tokens: tuple[Token, ...], slash: int) -> str:
    """A whole number, if there are places for one, and the nearest fraction."""
    run = _denominator(tokens[slash + 1 :])
    before = "".join(t.literal if t.kind == "place" else " " for t in tokens[:slash])
    whole, _, above = before.strip().rpartition(" ")
    exact = Fraction(value)
    most = 10 ** min(len(run), 6) - 1
    fixed = run.replace("?", "").replace("#", "")
    if _is_digits(fixed) and int(fixed):
        near, below = round(exact * int(fixed)), int(fixed)
    else:
        nearest = exact.limit_denominator(most)
        near, below = nearest.numerator, nearest.denominator
    units, rest = divmod(near, below) if whole.strip() and above else (0, near)
    head = "".join(t.literal for t in tokens[:slash] if t.kind == "text" and t.literal.strip())
    tail = "".join(
        t.literal for t in tokens[slash + 1 :] if t.kind == "text" and not _is_digits(t.literal)
    )
    if not rest and (units or whole.strip()):
        return f"{head}{units}{tail}"
    return f"{head}{f'{units} ' if units else ''}{rest}/{below}{tail}"
