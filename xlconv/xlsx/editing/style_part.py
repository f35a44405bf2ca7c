"""The part of styles with more of them: looks of cells, framed and filled.

Must not know cells.
"""

from collections.abc import Iterable

from xlconv.xlsx.editing.tags import Cut, Tag, additions, start_tag, tags, with_cuts
from xlconv.xlsx.markup import MarkupError

FILL, FRAME, LETTERS = "FFFFD9D2", "FFC0392B", "FF7A1F12"


def with_marks(data: bytes, numbers: Iterable[int]) -> tuple[bytes, dict[int, int], int]:
    """Styles with a filled and framed one for each of some, by their numbers, and the number of one
    for words. Raises MarkupError."""
    found = tags(data)
    p = found[0].prefix
    groups = {tag.local: tag for tag in found if tag.depth == 1}
    missing = [name for name in ("fonts", "fills", "borders", "cellXfs") if name not in groups]
    if missing:
        raise MarkupError(f"its styles have no {missing[0]}")
    looks = _children(found, groups["cellXfs"])
    fill, border, font = (
        len(_children(found, groups[name])) for name in ("fills", "borders", "fonts")
    )
    new = {
        number: len(looks) + 1 + at
        for at, number in enumerate(sorted({n for n in numbers if n < len(looks)}))
    }
    words = f'<{p}xf numFmtId="0" fontId="{font}" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    marked = [_marked(data, looks[number], fill, border) for number in new]
    side = f'style="medium"><{p}color rgb="{FRAME}"/>'
    sides = "".join(f"<{p}{s} {side}</{p}{s}>" for s in ("left", "right", "top", "bottom"))
    pattern = f'<{p}patternFill patternType="solid"><{p}fgColor rgb="{FILL}"/></{p}patternFill>'
    letters = f'<{p}sz val="12"/><{p}color rgb="{LETTERS}"/><{p}name val="Calibri"/>'
    cuts: list[Cut] = [
        *_more(groups["fonts"], font, [f"<{p}font>{letters}</{p}font>"]),
        *_more(groups["fills"], fill, [f"<{p}fill>{pattern}</{p}fill>"]),
        *_more(groups["borders"], border, [f"<{p}border>{sides}<{p}diagonal/></{p}border>"]),
        *_more(groups["cellXfs"], len(looks), [words, *marked]),
    ]
    return with_cuts(data, cuts), new, len(looks)


def _children(found: Iterable[Tag], group: Tag) -> list[Tag]:
    return [tag for tag in found if tag.depth == 2 and group.start < tag.start < group.after]


def _more(group: Tag, count: int, texts: list[str]) -> list[Cut]:
    return additions(group, "".join(texts), {"count": str(count + len(texts))})


def _marked(data: bytes, look: Tag, fill: int, border: int) -> str:
    """A look of cells as it is, but for fill and frame."""
    changes = {"fillId": str(fill), "borderId": str(border), "applyFill": "1", "applyBorder": "1"}
    begin = start_tag(look, changes, closed=look.is_closed)
    return begin + data[look.inner : look.after].decode()
