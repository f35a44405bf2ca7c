"""A class: its students, as a list says who they are; each of them can be told from all others.

Whatever the list leaves open is made up for and said: nobody is lost in silence. Must not know
what the students are given.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from xlconv.errors import NetworkError, RosterError
from xlconv.importers.students.table import Row, one_blank, read_table
from xlconv.network.names import check_disguised
from xlconv.state.exercise import MAX_NAME_LENGTH

Say = Callable[[str], None]

MOST_STUDENTS = 5_000
# The columns of lists, by what stands in their heads without blanks and signs, the best one first:
# plain ones, Moodle's and Canvas's, in the languages in which teachers asked for them.
HEADS: Mapping[str, tuple[str, ...]] = {
    "name": (
        *("name", "fullname", "student", "studentname", "displayname", "vollständigername"),
        *("nomcomplet", "nombrecompleto", "studierende", "schüler", "schülerin"),
    ),
    "first": ("firstname", "givenname", "forename", "vorname", "prénom", "nombre"),
    "last": (
        *("surname", "lastname", "familyname", "nachname", "familienname", "nomdefamille"),
        *("nom", "apellidos", "apellido"),
    ),
    "id": (
        *("idnumber", "studentid", "studentnumber", "matriculationnumber", "matrikelnummer"),
        *("idnummer", "numérodidentification", "númerodeid", "id", "sisuserid", "username"),
        *("anmeldename", "sisloginid", "number", "nummer"),
    ),
    "email": (
        *("emailaddress", "email", "mail", "emailadresse", "courriel", "adressedecourriel"),
        *("correo", "correoelectrónico", "direccióndecorreo"),
    ),
    "login": ("sisloginid",),
    "key": ("identifier",),  # Moodle's, of a participant of one assignment
}
_SECTION = "section"
_NOBODY = re.compile(r"points possible|^(?:muted|manual posting.*)$", re.IGNORECASE)


@dataclass(frozen=True)
class Student:
    """A student of a class. `name` is like no other's; `listed` are the columns of the list that
    say who it is, as they stand there; `keys` are the numbers by which a learning platform calls
    what the student hands in."""

    name: str
    id: str = ""
    email: str = ""
    listed: tuple[tuple[str, str], ...] = ()
    keys: frozenset[str] = field(default_factory=frozenset)


def read_students(path: str | Path, say: Say | None = None) -> tuple[Student, ...]:
    """The students of a list as CSV, in its order; `say` is told, in a line, whatever had to be
    made up for. RosterError if there are none."""
    place = Path(path)
    rows = read_table(place, lambda head: len(_columns(head)))
    tell = say or (lambda line: None)
    if not rows:
        raise RosterError(f"{place}: holds nothing; give a list with the columns name, id, email")
    head = rows[0].fields
    columns = _columns(head)
    if not columns.keys() & {"name", "first", "last"}:
        found = ", ".join(name for name in head[:8] if name) or "nothing"
        raise RosterError(
            f"{place}: its first line names no column of names ({found}); begin with the line "
            "name,id,email"
        )
    listed = [_student(row, head, columns) for row in rows[1:] if not _is_nobody(row)]
    students = _each_once(listed, place.name, tell)
    if not students:
        raise RosterError(f"{place}: names no student below its first line")
    if len(students) > MOST_STUDENTS:
        raise RosterError(
            f"{place}: more than {MOST_STUDENTS:,} students; give a list of one class"
        )
    return tuple(_with_own_names(students, place.name, tell))


def _plain(head: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFC", head).casefold() if c.isalnum())


def _columns(head: Sequence[str]) -> dict[str, int]:
    """Which column is which."""
    plain = [_plain(text) for text in head]
    found = {}
    for role, names in HEADS.items():
        known = next((name for name in names if name in plain), None)
        if known is not None:
            found[role] = plain.index(known)
    if "first" in found and "last" in found and plain[found.get("name", 0)] != "fullname":
        found.pop("name", None)
    if "first" in found and "last" not in found and plain[found.get("name", 0)] == "name":
        found["last"] = found["name"]  # as in German lists: Name, Vorname
    return found


def _is_nobody(row: Row) -> bool:
    """Whether a row of a gradebook is about points instead of a student."""
    return bool(_NOBODY.search(row.fields[0])) or all(
        _NOBODY.search(text) for text in row.fields if text
    )


Listed = tuple[int, Student]  # with its line


def _student(row: Row, head: Sequence[str], columns: Mapping[str, int]) -> Listed:
    def held(role: str) -> str:
        at = columns.get(role, len(row.fields))
        return row.fields[at] if at < len(row.fields) else ""

    name = held("name")
    if not name or (columns.get("last") == columns.get("name") and not _holds(name, held("first"))):
        name = " ".join(part for part in (held("first"), held("last")) if part)
    email = held("email") or (held("login") if "@" in held("login") else "")
    who = {*columns.values()} | {
        at for at, text in enumerate(head) if _plain(text) in _IDENTITY or _plain(text) == _SECTION
    }
    listed = tuple(
        (head[at], row.fields[at] if at < len(row.fields) else "")
        for at in sorted(who)
        if at < len(head) and at != columns.get("key")
    )
    number = re.search(r"\d+$", held("key"))
    platform = {_plain(text) for text in head} & {"sisuserid", "sisloginid", _SECTION}
    keys = {held("id")} if platform and held("id").isdecimal() else set()
    if number is not None:
        keys.add(number[0])
    return row.line, Student(name, held("id"), email, listed, frozenset(keys))


def _holds(name: str, first: str) -> bool:
    """Whether a name is whole: the first name stands in it, among more."""
    words, own = (set(re.findall(r"\w+", text.casefold())) for text in (name, first))
    return own < words


_IDENTITY = {name for role in ("id", "email", "login") for name in HEADS[role]} | {
    *("integrationid", "rootaccount")
}


def _each_once(listed: Iterable[Listed], called: str, tell: Say) -> list[Listed]:
    """The students without those that the list names again, and all with a name."""
    lines: dict[tuple[str, str, str], int] = {}
    ids: dict[str, int] = {}
    found = []
    for line, student in listed:
        if not student.name:
            name = student.id or student.email.partition("@")[0]
            if not name:
                tell(f"{called}, line {line}: neither name nor id; left out")
                continue
            tell(f"{called}, line {line}: no name; called {name!r}")
            student = replace(student, name=name)
        key = (student.name, student.id, student.email)
        if key in lines:
            tell(f"{called}, line {line}: {student.name!r} stands in line {lines[key]}, too; once")
            continue
        if student.id and student.id in ids:
            before = ids[student.id]
            tell(f"{called}, line {line}: the id {student.id!r} stands in line {before}, too")
        lines[key] = line
        ids.setdefault(student.id, line)
        found.append((line, student))
    return found


def _with_own_names(listed: Sequence[Listed], called: str, tell: Say) -> Iterator[Student]:
    """The students with names that are like no other's, and that a workbook can hold."""
    names = Counter(same_name(student.name) for _, student in listed)
    taken = {same_name(student.name) for _, student in listed}
    for line, student in listed:
        name = _fitting(student.name, called, line, tell)
        if names[same_name(student.name)] > 1:
            marks = [mark for mark in (student.id, student.email) if mark]
            wanted = [f"{name} ({mark})" for mark in marks]
            name = next(own_names(wanted, name, taken))
            taken.add(same_name(name))
            tell(f"{called}, line {line}: another {student.name!r}; called {name!r}")
        yield replace(student, name=name)


def own_names(wanted: Iterable[str], name: str, taken: set[str]) -> Iterator[str]:
    """Names that are not taken: those wanted, else with numbers."""
    number = 1
    yield from (one for one in wanted if same_name(one) not in taken)
    while True:
        number += 1
        if same_name(f"{name} ({number})") not in taken:
            yield f"{name} ({number})"


def same_name(name: str) -> str:
    """A name as it is compared: the same for names that differ in case only."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _fitting(name: str, called: str, line: int, tell: Say) -> str:
    """A name as a workbook can hold it."""
    if len(name) > MAX_NAME_LENGTH - 20:
        short = name[: MAX_NAME_LENGTH - 20].strip()
        tell(f"{called}, line {line}: a name of {len(name):,} characters; called {short!r}")
        name = short
    try:
        check_disguised("student's name", name)
    except NetworkError:
        plain = name.replace("_", " ")
        tell(f"{called}, line {line}: no spreadsheet keeps {name!r}; called {plain!r}")
        name = one_blank(plain)
    return name
