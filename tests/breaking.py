"""Workbooks broken at random: the bytes of the file, its members, and the XML inside of them.

All that is drawn comes from the `random` that is given, so that a seed, or hypothesis, repeats it.
Must not know xlconv.
"""

from __future__ import annotations

import re
from random import Random

from hostile_books import FORMULAS, members, packed

NUMBERS = (
    *("0", "-1", "1", "2", "65536", "1048576", "1048577", "4294967296", "99999999999999999999"),
    *("1e308", "1e999", "-1e-320", "nan", "inf", "", " ", "١", "0x10", "1_0", "true", "#N/A"),
)
TEXTS = (
    *("A1", "XFD1048576", "XFE1", "ZZZ9999999", "$A$1", "A1:XFD1048576", "#REF!", "Board!A1"),
    *("'Board'!A1", "&amp;", "&lt;", "\U0001f408", "_x0000_", "_xD800_", "x" * 40_000, "../../x"),
    *("shared", "array", "str", "s", "b", "e", "d", "inlineStr", "http://a.b", "preserve"),
    *("[[[[", "kernels = 1000000000", "input = [1, 99999, 99999]", 'kind = "Dense"', "size = 0"),
)
ELEMENTS = (
    *("<f>1</f>", "<v>1</v>", "<c/>", "<row/>", "<is><t>x</t></is>", "<t>x</t>", "<si/>", "<x/>"),
    *('<c r="A1"><v>1</v></c>', "<sheetData/>", "<a><b><c/></b></a>", "<!--x-->", "<?x y?>", "]]>"),
    *("<![CDATA[x]]>", "&x;", "&#0;", "&#55296;", '<f t="shared" si="0"/>', "<definedName/>"),
)


def mutated(book: bytes, random: Random) -> bytes:
    """A workbook with one to four things broken."""
    if random.random() < 0.1:
        return _bytes(book, random)
    parts = members(book)
    for _ in range(random.randint(1, 4)):
        _break_member(parts, random)
    data = packed(parts)
    return _bytes(data, random) if random.random() < 0.05 else data


def _bytes(data: bytes, random: Random) -> bytes:
    """Bytes changed, cut out, doubled or cut off."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 8)):
        if not changed:
            break
        # The directory at the end says where all else is.
        low = max(0, len(changed) - 3000) if random.random() < 0.5 else 0
        at = random.randint(low, len(changed) - 1)
        kind = random.randint(0, 3)
        if kind == 0:
            changed[at] = random.randint(0, 255)
        elif kind == 1:
            del changed[at : at + random.randint(1, 100)]
        elif kind == 2:
            changed[at:at] = changed[at : at + random.randint(1, 100)]
        elif random.random() < 0.2:
            del changed[at:]
    return bytes(changed)


def _break_member(parts: dict[str, bytes], random: Random) -> None:
    name = random.choice(sorted(parts))
    kind = random.randint(0, 11)
    if kind == 0:
        del parts[name]
    elif kind == 1:
        parts[name] = parts[random.choice(sorted(parts))]
    elif kind == 2:
        parts[name] = _bytes(parts[name], random)
    elif kind == 3:
        parts[random.choice(("xl/new.xml", "xl/x.bin", "a/b.rels", name.upper()))] = parts[name]
    elif kind == 4 and len(parts) > 5:
        parts[name] = b""
    else:
        parts[name] = _xml(parts[name].decode("utf-8", "replace"), random).encode(
            "utf-8", "replace"
        )


def _spot(text: str, pattern: str, random: Random) -> tuple[int, int] | None:
    """Where one of the matches of a pattern is, near a place drawn at random."""
    start = random.randint(0, max(0, len(text) - 1))
    match = re.compile(pattern).search(text, start) or re.compile(pattern).search(text)
    return match.span() if match else None


def _xml(text: str, random: Random) -> str:
    """An attribute, a text, an element or a number changed."""
    pattern, choices = random.choice(
        (
            (r'(?<==")[^"]*(?=")', (*NUMBERS, *TEXTS)),
            (r"(?<=>)[^<>]+(?=<)", (*NUMBERS, *TEXTS, *FORMULAS.values())),
            (r"(?<=<f>)[^<]*(?=</f>)", (*FORMULAS.values(), *NUMBERS, *TEXTS)),
            (r"(?<=<v>)[^<]*(?=</v>)", NUMBERS),
            (r"<[a-zA-Z][^<>]*/>", ELEMENTS),
            (r"<c [^<>]*>.*?</c>", (*ELEMENTS, "")),
            (r"</?[a-zA-Z]+", ("<", "</x", "<f", "<v", "</c", "<row", "<c", "<sheet")),
            (r' [\w:]+="[^"]*"', ("", ' r="A1"', ' t="s"', ' t="shared" si="0"', ' xml:a="b"')),
            (r"\d+", NUMBERS),
            (r"\$?[A-Z]{1,3}\$?\d+", TEXTS[:7]),
            (r"[,:!()+*]", (",", ":", "!", "(", ")", "-", "|", "'", '"', "[", "]")),
        )
    )
    spot = _spot(text, pattern, random)
    if spot is None:
        return text
    start, end = spot
    kind = random.randint(0, 4)
    if kind == 0:  # doubled
        return text[:end] + text[start:end] * random.choice((1, 1, 3, 50)) + text[end:]
    if kind == 1:  # swapped with another one
        other = _spot(text, pattern, random)
        if other is not None and other[0] >= end:
            middle, later = text[end : other[0]], text[other[0] : other[1]]
            return text[:start] + later + middle + text[start:end] + text[other[1] :]
    return text[:start] + random.choice(choices) + text[end:]
