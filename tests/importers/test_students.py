"""Lists of students, as teachers and learning platforms save them: nobody is lost, all differ."""

from pathlib import Path

import pytest

from xlconv.errors import RosterError
from xlconv.importers.students.file_names import file_stems
from xlconv.importers.students.roster import Student, read_students


def students(folder: Path, text: str | bytes) -> tuple[list[Student], list[str]]:
    """The students of a list, and what was told."""
    path = folder / "list.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    told: list[str] = []
    return list(read_students(path, told.append)), told


PLAIN = [("Ada Lovelace", "s1", "ada@x.org"), ("Jörg Müller", "s2", "jm@x.org")]
ROWS = {
    "plain": "name,id,email\nAda Lovelace,s1,ada@x.org\nJörg Müller,s2,jm@x.org\n",
    "another order and case": "EMAIL,Name,ID\nada@x.org,Ada Lovelace,s1\njm@x.org,Jörg Müller,s2\n",
    "semicolons": "name;id;email\nAda Lovelace;s1;ada@x.org\nJörg Müller;s2;jm@x.org\n",
    "tabs": "name\tid\temail\nAda Lovelace\ts1\tada@x.org\nJörg Müller\ts2\tjm@x.org\n",
    "as Excel is told": "sep=;\nname;id;email\n"
    "Ada Lovelace;s1;ada@x.org\nJörg Müller;s2;jm@x.org\n",
    "Moodle": "First name,Surname,ID number,Email address\n"
    "Ada,Lovelace,s1,ada@x.org\nJörg,Müller,s2,jm@x.org\n",
    "Moodle, German": "Vorname;Nachname;ID-Nummer;E-Mail-Adresse\n"
    "Ada;Lovelace;s1;ada@x.org\nJörg;Müller;s2;jm@x.org\n",
    "Moodle's grading worksheet": "Identifier,Full name,ID number,Email address,Status,Grade\n"
    "Participant 4711,Ada Lovelace,s1,ada@x.org,,\nParticipant 4712,Jörg Müller,s2,jm@x.org,,\n",
    "blanks that nobody sees": "name,id,email\n Ada\u00a0 Lovelace ,s1,ada@x.org\n,,\n"
    "\u200bJörg Müller, s2 ,jm@x.org\n\n",
    "short rows": "id,email,name\ns1,ada@x.org,Ada Lovelace,more\ns2,jm@x.org,Jörg Müller\n",
}
ROWS |= {
    "Name and Vorname": "Name;Vorname;Matrikelnummer;E-Mail\n"
    "Lovelace;Ada;s1;ada@x.org\nMüller;Jörg;s2;jm@x.org\n",
    "Vorname and Name": "Vorname;Name;Nummer;Mail\n"
    "Ada;Lovelace;s1;ada@x.org\nJörg;Müller;s2;jm@x.org\n",
    "a whole name beside the first one": "Name,First name,ID,Email\n"
    "Ada Lovelace,Ada,s1,ada@x.org\nJörg Müller,Jörg,s2,jm@x.org\n",
    "a full name beside the first one": "Full name,First name,ID,Email\n"
    "Ada Lovelace,Countess,s1,ada@x.org\nJörg Müller,,s2,jm@x.org\n",
}
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16")


@pytest.mark.parametrize("way", ROWS)
def test_lists_of_whatever_form_say_the_same(way: str, tmp_path: Path) -> None:
    found, told = students(tmp_path, ROWS[way])
    assert [(one.name, one.id, one.email) for one in found] == PLAIN
    assert told == []


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_lists_in_whatever_letters_say_the_same(
    encoding: str, line_end: str, tmp_path: Path
) -> None:
    data = ROWS["semicolons"].replace("\n", line_end).encode(encoding)
    found, _ = students(tmp_path, data)
    assert [(one.name, one.id, one.email) for one in found] == PLAIN


def test_two_with_one_last_name_keep_their_first_names(tmp_path: Path) -> None:
    text = "Name;Vorname;Matrikelnummer\nMüller;Anna;1\nMüller;Bernd;2\nAli;Ali;3\nCher;;4\n"
    found, told = students(tmp_path, text)
    assert [one.name for one in found] == ["Anna Müller", "Bernd Müller", "Ali Ali", "Cher"]
    assert found[1].listed == (("Name", "Müller"), ("Vorname", "Bernd"), ("Matrikelnummer", "2"))
    assert told == []


def test_canvas_names_what_it_needs_again_and_rows_about_points_are_nobody(tmp_path: Path) -> None:
    text = (
        "Student,ID,SIS User ID,SIS Login ID,Section,Sheet 1 (99),Final Score\n"
        "    Points Possible,,,,,10,(read only)\n"
        '"Lovelace, Ada",123,s1,ada@x.org,A,3,30\n'
    )
    [ada], _ = students(tmp_path, text)
    assert (ada.name, ada.id, ada.email) == ("Lovelace, Ada", "123", "ada@x.org")
    heads = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    fields = ("Lovelace, Ada", "123", "s1", "ada@x.org", "A")
    assert ada.listed == tuple(zip(heads, fields, strict=True))
    assert ada.keys == {"123"}


def test_participants_of_moodle_are_known_by_their_numbers(tmp_path: Path) -> None:
    found, _ = students(tmp_path, ROWS["Moodle's grading worksheet"])
    assert [one.keys for one in found] == [{"4711"}, {"4712"}]
    assert students(tmp_path, ROWS["plain"])[0][0].keys == set()


def test_nobody_is_lost_in_silence_and_no_two_are_called_the_same(tmp_path: Path) -> None:
    text = (
        "name,id,email\nAnna,1,\nanna,2,\nAnna,,a@x.org\nAnna,1,\n,7,\n,,cy@x.org\n,,\n"
        f"Dora,1,\n{'x' * 300},9,\ncat_x41_,10,\n"
    )
    found, told = students(tmp_path, text)
    assert [one.name for one in found] == [
        *("Anna (1)", "anna (2)", "Anna (a@x.org)", "7", "cy", "Dora", "x" * 80, "cat x41")
    ]
    assert len({one.name.casefold() for one in found}) == len(found)
    lines = {number: line for line in told for number in [line.partition(":")[0]]}
    assert sorted(lines) == [f"list.csv, line {n}" for n in (10, 11, 2, 3, 4, 5, 6, 7, 9)]
    assert "stands in line 2, too; once" in lines["list.csv, line 5"]
    assert "the id '1' stands in line 2, too" in lines["list.csv, line 9"]


def test_a_row_with_neither_name_nor_id_is_told(tmp_path: Path) -> None:
    found, told = students(tmp_path, "name,id,email,group\nAnna,1,,\n,,,B\n")
    assert [one.name for one in found] == ["Anna"]
    assert told == ["list.csv, line 3: neither name nor id; left out"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "holds nothing"),
        ("a,b\n1,2\n", "no column of names (a, b)"),
        ("name,id\n", "names no student"),
        (b"PK\3\4", "a workbook or an archive"),
        (b"\0\1\2", "not a table of text"),
        ('name\n"Ada\n' + "x" * 200_000, "holds nothing"),
    ],
)
def test_what_is_no_list_is_one_line(text: str | bytes, word: str, tmp_path: Path) -> None:
    with pytest.raises(RosterError) as error:
        students(tmp_path, text)
    assert word in str(error.value)
    assert "\n" not in str(error.value)


def test_file_names_are_safe_everywhere_and_each_like_no_other() -> None:
    names = {
        "Ada": "Ada",
        "A/B": "A_B 2",
        "a:b": "a_b 3",
        "Con": "_Con",
        "nul.x": "_nul.x",
        "..": "_",
        ".hidden": "_.hidden",
        "~$x": "_~$x",
        "-rf": "_-rf",
        "dot.": "dot",
        'q"<>|?*\\': "q_______",
        "é" * 200: "é" * 60,
    }
    listed = [Student(name, str(number)) for number, name in enumerate(names, 1)]
    assert file_stems(listed) == [*names.values()]


def test_files_of_the_same_name_without_ids_get_numbers() -> None:
    assert file_stems([Student("A/B"), Student("A:B"), Student("A?B")]) == [
        *("A_B (2)", "A_B (3)", "A_B (4)")
    ]
