"""Texts as a terminal can print them: names of files, labels and formulas are whatever somebody
made of them, and a terminal obeys some letters. Must not know what is printed.
"""

_UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


def one_line(text: str) -> str:
    """A text in one line, without letters that a terminal obeys.

    >>> one_line("a\\x1b[2J" + chr(10) + " b")
    'a\N{REPLACEMENT CHARACTER}[2J b'
    """
    return without_control_characters(" ".join(text.split()))


def without_control_characters(text: str) -> str:
    """A text in its lines, without letters that a terminal obeys: colours, titles, directions."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter == "\n" else _UNPRINTABLE for letter in text
    )


def as_json(data: object) -> str:
    """Data as JSON for people and programs: letters as they are, but for those that a terminal
    obeys, which are spelled out."""
    import json  # who prints none need not wait for it

    text = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=2)
    return "".join(
        letter if letter.isprintable() or letter == "\n" else json.dumps(letter)[1:-1]
        for letter in text
    )
