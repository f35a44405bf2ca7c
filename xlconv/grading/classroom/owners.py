"""Whose a file is: what a learning platform says, else the student whom the workbook names, else
what the file is called.

A platform knows who handed a file in; a workbook says for whom it was made, which may be somebody
else. Must not know files, nor marks.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from xlconv.importers.students.file_names import file_stems
from xlconv.importers.students.roster import Student, same_name

Key = TypeVar("Key", bound=Hashable)
_LONG_ID = 4
_DIGITS = "0123456789"


def words(text: str) -> tuple[str, ...]:
    """A text's words as names are compared: without accents, signs and case.

    >>> words("Lovelace, Ada-Zoë")
    ('lovelace', 'ada', 'zoe')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = ("" if unicodedata.combining(c) else c if c.isalnum() else " " for c in plain)
    return tuple("".join(letters).split())


@dataclass(frozen=True)
class Owners:
    """The students of a class, found by whatever tells who they are; None where it is nobody, or
    may be several of them."""

    students: Sequence[Student]

    def by_platform(self, key: str, who: str) -> Student | None:
        """By the number, or the name, that Moodle or Canvas puts before a file's own."""
        by_key = self._keys.get(key)
        return (
            by_key or self._names.get(frozenset(words(who))) or self._runs.get("".join(words(who)))
        )

    def by_name(self, name: str) -> Student | None:
        """By the name that a workbook says it was made for."""
        exact = next((one for one in self.students if one.name == name), None)
        return exact or self._alike.get(same_name(name)) or self._names.get(frozenset(words(name)))

    def by_file(self, stem: str) -> Student | None:
        """By what a file is called: the name, id or email, or a text with one of them. A name of
        one word may be any word, as in "max pool": only digits may be beside it."""
        plain = same_name(stem)
        for known in (self._stems, self._ids, self._emails):
            if plain in known:
                return known[plain]
        found = words(stem)
        if (exact := self._names.get(frozenset(found))) is not None:
            return exact
        sure = [one for one, own in self._named_in(found) if own is None or _leads(own, found)]
        return sure[0] if len({*sure}) == 1 else None

    def candidates(self, stem: str) -> list[Student]:
        """All whose a file may be by what it is called."""
        return list(dict.fromkeys(one for one, _ in self._named_in(words(stem))))

    def _named_in(self, found: Sequence[str]) -> Iterator[tuple[Student, tuple[str, ...] | None]]:
        """The students whose names or ids stand in a text, in their order; with the words of those
        whose name is one word."""
        held = {*found, *(word.rstrip(_DIGITS) for word in found[:1])}  # "max2", too
        known = (each for word in held for each in self._by_word.get(word, ()))
        for at, own, lone in sorted(known):
            if held.issuperset(own):
                yield self.students[at], own if lone else None

    @cached_property
    def _by_word(self) -> dict[str, list[tuple[int, tuple[str, ...], bool]]]:
        """The places, words, and whether that is a name of one word, by one of the words."""
        found = defaultdict[str, list[tuple[int, tuple[str, ...], bool]]](list)
        for at, one in enumerate(self.students):
            name, number = words(one.name), words(one.id)
            if name:
                found[name[0]].append((at, name, len(words(_listed_name(one))) == 1))
            if number and len(one.id) >= _LONG_ID:  # "task 3" is not the third student's
                found[number[0]].append((at, number, False))
        return dict(found)

    @cached_property
    def _keys(self) -> dict[str, Student]:
        return _unique((key, one) for one in self.students for key in one.keys)

    @cached_property
    def _names(self) -> dict[frozenset[str], Student]:
        listed = {one.name: _listed_name(one) for one in self.students}
        return _unique(
            (frozenset(words(name)), one)
            for one in self.students
            for name in {one.name, listed[one.name]}
        )

    @cached_property
    def _runs(self) -> dict[str, Student]:
        """The names without blanks, whichever of their words comes first."""
        return _unique(
            ("".join((*parts[at:], *parts[:at])), one)
            for one in self.students
            for parts in [words(_listed_name(one))]
            for at in range(len(parts))
        )

    @cached_property
    def _alike(self) -> dict[str, Student]:
        return _unique((same_name(one.name), one) for one in self.students)

    @cached_property
    def _stems(self) -> dict[str, Student]:
        return _unique(
            (same_name(stem), one)
            for stem, one in zip(file_stems(self.students), self.students, strict=True)
        )

    @cached_property
    def _ids(self) -> dict[str, Student]:
        return _unique((same_name(one.id), one) for one in self.students if one.id)

    @cached_property
    def _emails(self) -> dict[str, Student]:
        return _unique(
            (same_name(text), one)
            for one in self.students
            if one.email
            for text in (one.email, one.email.partition("@")[0])
        )


def _leads(own: tuple[str, ...], found: Sequence[str]) -> bool:
    """Whether a text begins with some words, and goes on with nothing but digits."""
    head, rest = tuple(found[: len(own)]), found[len(own) :]
    joined = len(own) == 1 and head[0].rstrip(_DIGITS) == own[0]
    return (head == own or joined) and all(word.isdecimal() for word in rest)


def _listed_name(student: Student) -> str:
    """A name without what was put behind it, so that no other is called so."""
    for mark in (student.id, student.email):
        if mark:
            student_name = student.name.removesuffix(f" ({mark})")
            if student_name != student.name:
                return student_name
    return student.name


def _unique(pairs: Iterable[tuple[Key, Student]]) -> dict[Key, Student]:
    """The students by their keys, without keys of several."""
    found: dict[Key, Student] = {}
    several = set()
    for key, student in pairs:
        if found.setdefault(key, student) != student:
            several.add(key)
    return {key: student for key, student in found.items() if key and key not in several}
