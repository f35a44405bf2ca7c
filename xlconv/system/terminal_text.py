"""Texts as a terminal can print them: names of files, labels and formulas are whatever somebody
made of them, and a terminal obeys some letters. Must not know what is printed.
"""

import re
import sys

_BREAKS = re.compile(r"\s*[^\S ]\s*")  # blanks with a line's end, a tab or the like among them
_UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


def one_line(text: str) -> str:
    """A text in one line, without letters that a terminal obeys.

    >>> one_line("a\\x1b[2J" + chr(10) + " b")
    'a\N{REPLACEMENT CHARACTER}[2J b'
    """
    return without_control_characters(_BREAKS.sub(" ", text.strip()))


def without_control_characters(text: str) -> str:
    """A text in its lines, without letters that a terminal obeys: colours, titles, directions."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter == "\n" else _UNPRINTABLE for letter in text
    )


def shell_word(text: object, is_path: bool = True) -> str:
    """A text as one word of a command, which can be copied into a shell: as little as possible is
    quoted; letters that a line cannot hold are spelled out as bash, zsh and ksh read them. A path
    is never taken for an option.

    >>> print(shell_word("out.xlsx"), shell_word("my book.xlsx"), shell_word("-x"))
    out.xlsx 'my book.xlsx' ./-x
    >>> print(shell_word("it's"), shell_word("a" + chr(10) + "b"), shell_word(""))
    'it'"'"'s' $'a\\x0ab' ''
    """
    import shlex

    word = str(text)
    if is_path and word.startswith("-"):
        word = f"./{word}"
    if not word.isprintable():
        return f"$'{''.join(map(_spelled, word))}'"
    if sys.platform == "win32":
        return f'"{word}"' if any(letter in word for letter in " &()^;,=%!'") else word
    return shlex.quote(word)


def _spelled(letter: str) -> str:
    """A letter between $' and '."""
    if letter.isprintable():
        return f"\\{letter}" if letter in "\\'" else letter
    code = ord(letter)
    return (
        f"\\x{code:02x}" if code < 128 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
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
