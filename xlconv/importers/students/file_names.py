"""File names for students: safe on every system, Windows included, and each like no other.

Must not know what is in the files.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from xlconv.importers.students.roster import Student, own_names, same_name

_LONGEST = 120  # bytes: folders and endings need some of the 255 there are
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_DEVICES = re.compile(
    r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE
)
_NOT_FIRST = (".", "~$", "-", " ")  # hidden files, lock files, options


def safe_name(name: str) -> str:
    """A name as a file can be called anywhere.

    >>> safe_name("A/B: x?"), safe_name("con"), safe_name("Con.x"), safe_name("-- ..")
    ('A_B_ x_', '_con', '_Con.x', '_--')
    """
    plain = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", name))
    # What is cut off a name of many bytes leaves whole letters.
    plain = plain.encode(errors="replace")[:_LONGEST].decode(errors="ignore").rstrip(". ")
    if (
        not plain
        or plain.startswith(_NOT_FIRST)
        or _DEVICES.fullmatch(plain.partition(".")[0].strip())
    ):
        plain = f"_{plain}"
    return plain


def file_stems(students: Sequence[Student]) -> list[str]:
    """What the files of students are called, without an ending: like the student, with the id where
    another is called so, too."""
    plain = [safe_name(student.name) for student in students]
    counts = Counter(map(same_name, plain))
    taken = {same_name(name) for name in plain}
    stems = []
    for name, student in zip(plain, students, strict=True):
        if counts[same_name(name)] > 1:
            name = next(own_names(_with_id(name, student), name, taken))
            taken.add(same_name(name))
        stems.append(name)
    return stems


def _with_id(name: str, student: Student) -> Iterable[str]:
    return [safe_name(f"{name} {student.id}")] if student.id else []
