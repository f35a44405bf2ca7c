"""Names: what layers, classes and networks may be called, so that every spreadsheet keeps it.

Must not know networks.
"""

import re

from xlconv.errors import NetworkError
from xlconv.spreadsheet.cells import looks_like_reference

MAX_LABEL_LENGTH = 1_000
_NO_TEXT = re.compile(r"[\x00\ud800-\udfff\ufffe\uffff]")


# What spreadsheets take for a letter in disguise (ST_Xstring): after a save it is another text. Of
# four digits it can be escaped in a text; of fewer, which LibreOffice alone reads so, its second
# save loses the escape. Names have no escape.
_DISGUISED = re.compile(r"_x([0-9A-Fa-f]{1,3})(?=_)")
_DISGUISED_NAME = re.compile(r"_x([0-9A-Fa-f]{1,4})(?=_)")


def undisguised(text: str) -> str:
    """A text as every spreadsheet keeps it.

    >>> undisguised("up_x2_conv"), undisguised("a_x1_x2_"), undisguised("max_x_2")
    ('up_X2_conv', 'a_X1_X2_', 'max_x_2')
    """
    return _DISGUISED.sub(r"_X\1", text)


def check_disguised(what: str, text: str, name: bool = False) -> None:
    """NetworkError for a text, or a `name` that goes on with "_" in names of ranges, of which a
    spreadsheet would make another one."""
    pattern, end = (_DISGUISED_NAME, "_") if name else (_DISGUISED, "")
    found = pattern.search(text + end)
    if found is not None:
        kept = pattern.sub(r"_X\1", text + end).removesuffix(end)
        raise NetworkError(
            f"{what} {text[:80]!r} cannot be used: LibreOffice and Excel read {found[0] + '_'!r} "
            f"in it as one letter; call it {kept[:80]!r}, for example"
        )


def check_name(name: object) -> None:
    """NetworkError for what no layer may be called, with a name that it may."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,99}", name):
        raise NetworkError(
            f"layer name {name!r} cannot be used; names are letters, digits and _ and start with "
            'a letter, as in "conv1"'
        )
    check_disguised("layer name", name, name=True)
    if looks_like_reference(name) or name.lower() in ("true", "false"):
        raise NetworkError(
            f"layer name {name!r} cannot be used: a spreadsheet reads it as a cell; "
            f'call it "{suggested_name(name)}", for example'
        )


def suggested_name(name: str) -> str:
    """What to call a layer whose name a spreadsheet would read as a cell.

    >>> suggested_name("fc1"), suggested_name("up2")
    ('dense1', 'up_layer2')
    """
    stem = name.rstrip("0123456789")
    words = {"fc": "dense", "w": "weights", "c": "conv", "bn": "norm"}
    return words.get(stem.lower(), f"{stem}_layer") + name[len(stem) :]


def check_title(name: str) -> None:
    """NetworkError for a network's name that no file's properties can hold."""
    wrong = next((c for c in name if not c.isprintable() and not c.isspace()), None)
    if wrong is not None:
        raise NetworkError(f"network {name[:80]!r} holds {wrong!r}, which is no letter; rename it")
    check_disguised("network", name)


def check_label(label: str) -> None:
    """NetworkError, saying why, for a label that no class can have."""
    if _NO_TEXT.search(label):
        raise NetworkError(f"label {label!r} holds what is no character; leave it out")
    if label != label.strip():
        raise NetworkError(
            f"label {label!r} begins or ends with a blank, which spreadsheets lose; leave it out"
        )
    if len(label) > MAX_LABEL_LENGTH:
        raise NetworkError(
            f"label {label[:20]!r}... has {len(label):,} characters; give at most "
            f"{MAX_LABEL_LENGTH:,}"
        )
    check_disguised("label", label)


def label_cell(label: str) -> float | str:
    """What stands in a cell for a class label: a number where it is a whole number, so that
    no spreadsheet marks it as a number stored as text.

    >>> label_cell("7"), label_cell("007"), label_cell("cat")
    (7.0, '007', 'cat')
    """
    plain = label.isascii() and label.isdigit() and str(int(label)) == label and len(label) < 16
    return float(label) if plain else label


def as_compared(held: object) -> object:
    """What a cell holds as spreadsheets compare it: capitals say nothing.

    >>> as_compared("Cat"), as_compared(7.0)
    ('cat', 7.0)
    """
    return held.casefold() if isinstance(held, str) else held
