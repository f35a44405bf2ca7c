"""Whose a file is by what it is called: nobody gets another's, and what is open is told."""

from pathlib import Path

import pytest

from xlconv.grading.classroom.class_marks import class_marks
from xlconv.grading.classroom.handed_in import HandedIn
from xlconv.grading.classroom.owners import Owners
from xlconv.grading.marks import Marks
from xlconv.importers.students.roster import Student

STUDENTS = [
    *(Student("Max", "7"), Student("Li", "8"), Student("Li Wei", "9"), Student("Ada Lovelace")),
    *(Student("Anna (1)", "1"), Student("Anna (12)", "12"), Student("Bo Ek", "s4711", "bo@x.org")),
    *(Student("Li Wei Chen"), Student("Zoë")),
]
OWNERS = Owners(STUDENTS)
FILES = {
    "Max": "Max",
    "MAX_2": "Max",
    "max (1)": "Max",
    "max2": "Max",
    "Max 2026-11-28": "Max",
    "max pool task": None,
    "task max": None,
    "maximum": None,
    "2 max": None,
    "Li": "Li",
    "li 3": "Li",
    "Li Wei": "Li Wei",
    "Wei, Li": "Li Wei",
    "li wei task": "Li Wei",
    "li wei chen": "Li Wei Chen",
    "li wei chen task": None,
    "lovelace-ada task 3": "Ada Lovelace",
    "ada task": None,
    "anna 1": "Anna (1)",
    "anna 12": "Anna (12)",
    "anna task 1": None,
    "anna": None,
    "zoe_1": "Zoë",
    "hw s4711": "Bo Ek",
    "hw 7": None,
    "bo": "Bo Ek",
    "7": "Max",
    "...": None,
}


@pytest.mark.parametrize("stem", FILES)
def test_whose_a_file_is_by_its_name(stem: str) -> None:
    found = OWNERS.by_file(stem)
    assert (found.name if found else None) == FILES[stem]


@pytest.mark.parametrize(
    ("stem", "words"),
    [
        ("max pool task", "may be Max's; call it by the student's name or id alone"),
        ("li wei chen task", "may be Li's or Li Wei's or Li Wei Chen's; call it"),
        ("ada task", "of somebody who is not on the list"),
    ],
)
def test_a_file_that_may_be_somebodys_is_told(stem: str, words: str) -> None:
    file = f"{stem}.xlsx"
    one = HandedIn(file, Path(file), Path(file), own_name=stem)
    found = class_marks(STUDENTS, [one], {file: Marks(file, stem)})
    assert not any(line.is_marked for line in found.lines)
    [told] = found.files
    assert told.startswith(f"{file}: {words}")
