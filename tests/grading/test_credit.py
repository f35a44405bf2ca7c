"""Credit for ideas: what right cells, slips, steps and the border earn, in hand-worked numbers."""

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from xlconv.errors import BookError
from xlconv.grading.credit import Mask, PartCells, block_credit
from xlconv.grading.marks import (
    BlockMarks,
    Marks,
    decimals,
    gradescope,
    marks_csv,
    mean_mark,
    per_cent,
)
from xlconv.grading.rubric import SLIPS, Rubric, rubric_file

EMPTY, RIGHT, WRONG, UNJUDGED = range(4)
BIAS, TURNED = "bias forgotten", "kernel turned"


def part(
    states: list[int] | NDArray[np.int_],
    slips: Mapping[str, Mask] | None = None,
    border: int = 0,
    **facts: bool,
) -> PartCells:
    """Cells by what they are; so many at the beginning are on the border."""
    held = np.array(states)
    return PartCells(
        right=held == RIGHT,
        filled=held != EMPTY,
        unjudged=held == UNJUDGED,
        border=np.arange(len(held)) < border,
        slips=slips or {},
        **facts,
    )


def all_of(part_of: list[int]) -> Mask:
    return np.ones(len(part_of), dtype=bool)


def earned(*parts: PartCells, rubric: Rubric | None = None) -> tuple[float | None, str]:
    credit = block_credit(parts, rubric or Rubric())
    return credit.share, ", ".join(credit.slips)


def test_right_cells_earn_their_share_and_empty_ones_nothing() -> None:
    assert earned(part([RIGHT] * 8)) == (1.0, "")
    assert earned(part([EMPTY] * 8)) == (0.0, "")
    assert earned(part([RIGHT] * 6 + [EMPTY, WRONG])) == (0.75, "")


def test_a_slip_earns_its_share_of_what_is_filled() -> None:
    wrong = [WRONG] * 8
    assert earned(part(wrong, {BIAS: all_of(wrong)})) == (0.5, BIAS)
    half = [WRONG] * 4 + [EMPTY] * 4
    assert earned(part(half, {BIAS: all_of(half)})) == (0.25, BIAS)
    worth = Rubric(slips={BIAS: 0.8})
    assert earned(part(wrong, {BIAS: all_of(wrong)}), rubric=worth) == (0.8, BIAS)
    assert earned(part(wrong, {BIAS: all_of(wrong)}), rubric=Rubric(slip=0.0)) == (0.0, BIAS)


@pytest.mark.parametrize(("explained", "share"), [(95, 0.475), (94, 0.0), (100, 0.5)])
def test_a_slip_explains_nearly_all_cells_or_none(explained: int, share: float) -> None:
    cells = np.arange(100) < explained
    assert earned(part([WRONG] * 100, {BIAS: cells}))[0] == pytest.approx(share)


def test_a_cell_that_is_right_by_luck_earns_no_more_than_the_slip() -> None:
    """The first cell of a kernel that is not fixed; but a few wrong cells are no slip."""
    lucky = [RIGHT] * 3 + [WRONG] * 17
    assert earned(part(lucky, {BIAS: all_of(lucky)})) == (0.5, BIAS)
    typo = [RIGHT] * 19 + [WRONG]
    assert earned(part(typo, {BIAS: all_of(typo)})) == (0.95, "")
    others = np.array([True] * 19 + [False])  # and does not explain what is wrong
    assert earned(part([RIGHT] * 10 + [WRONG] * 10, {BIAS: others}))[0] == 0.5


def test_maps_share_a_slip_and_steps_have_their_own() -> None:
    cells = [WRONG] * 4
    one, other = part(cells, {BIAS: all_of(cells)}), part(cells, {TURNED: all_of(cells)})
    assert earned(one, one) == (0.5, BIAS)
    assert earned(part([RIGHT] * 4), one) == (0.75, BIAS)
    assert earned(one, other) == (0.25, BIAS)
    steps = [part(cells, {name: all_of(cells)}, step=True) for name in (BIAS, TURNED)]
    assert earned(*steps) == (0.5, f"{BIAS}, {TURNED}")


def test_steps_weigh_alike_and_those_that_are_covered_count() -> None:
    """Of 1, 10, 10, 1 and 10 cells: one wrong cell of the largest costs a fifth."""
    right = [part([RIGHT] * size, step=True) for size in (10, 10, 1, 10)]
    assert earned(part([WRONG], step=True), *right) == (0.8, "")
    hidden = [part([EMPTY] * size, step=True, covered=True) for size in (1, 10, 10, 1)]
    assert earned(*hidden, part([RIGHT] * 10, step=True)) == (1.0, "")


def test_the_border_costs_its_share_whatever_its_cells() -> None:
    inside = [RIGHT] * 86
    assert earned(part([EMPTY] * 14 + inside, border=14)) == (0.75, "")
    assert earned(part([WRONG] * 14 + inside, border=14)) == (0.75, "")
    assert earned(part([WRONG] * 7 + [RIGHT] * 7 + inside, border=14)) == (0.75, "")
    assert earned(part([RIGHT] * 14 + inside, border=14)) == (1.0, "")
    none = Rubric(border=0.1)
    assert earned(part([EMPTY] * 14 + inside, border=14), rubric=none)[0] == pytest.approx(0.9)
    # Who filled in the first half of all has half of the border, too.
    half = [RIGHT] * 7 + [EMPTY] * 7 + [RIGHT] * 43 + [EMPTY] * 43
    assert earned(part(half, border=14)) == (0.5, "")


def test_the_border_is_lost_only_where_the_inside_is_right() -> None:
    """Rows 2 to 15 of 28: of 676 cells inside 14 x 26, of the border's 108 14 x 2."""
    inside = [RIGHT] * 364 + [EMPTY] * (676 - 364)
    border = [RIGHT] * 28 + [EMPTY] * (108 - 28)
    share = 0.75 * 364 / 676 + 0.25 * 28 / 108
    assert share == pytest.approx(0.46866, abs=1e-5)
    assert earned(part(border + inside, border=108))[0] == pytest.approx(share)
    most = [RIGHT] * 95 + [WRONG] * 5  # nearly all: right
    assert earned(part([EMPTY] * 6 + [RIGHT] * 4 + most, border=10))[0] == 0.75 * 0.95
    fewer = [RIGHT] * 94 + [WRONG] * 6
    share = 0.75 * 0.94 + 0.25 * 0.4
    assert earned(part([EMPTY] * 6 + [RIGHT] * 4 + fewer, border=10))[0] == pytest.approx(share)


def test_a_slip_earns_half_of_what_right_cells_would_with_half_a_border() -> None:
    right = [EMPTY] * 7 + [RIGHT] * 93
    assert earned(part(right, border=14))[0] == 0.75
    slip = [EMPTY] * 7 + [WRONG] * 93
    assert earned(part(slip, {BIAS: all_of(slip)}, border=14)) == (0.375, BIAS)


def test_a_slip_with_an_empty_border() -> None:
    cells = [EMPTY] * 14 + [WRONG] * 86
    assert earned(part(cells, {BIAS: all_of(cells)}, border=14)) == (0.375, BIAS)


def test_what_is_unjudged_counts_in_no_mean() -> None:
    assert earned(part([RIGHT] * 3 + [UNJUDGED] * 5)) == (1.0, "")
    assert earned(part([RIGHT, WRONG] + [UNJUDGED] * 5)) == (0.5, "")
    assert earned(part([UNJUDGED] * 5)) == (None, "")
    assert earned(part([UNJUDGED] * 5), part([RIGHT] * 5)) == (1.0, "")


def block(name: str, mark: float | None, points: float = 10.0) -> BlockMarks:
    return BlockMarks(name, 4, 0, 0, 0, points=points, mark=mark)


def test_points_weigh_and_what_is_unjudged_is_no_0() -> None:
    marks = Marks("a.xlsx", "ada", (block("conv1", 0.5, 6.0), block("softmax", 1.0, 4.0)))
    assert (marks.points, marks.earned, marks.mark) == (10.0, 7.0, 0.7)
    some = Marks("b.xlsx", "ben", (block("conv1", None), block("softmax", 0.25)))
    assert (some.points, some.mark) == (10.0, 0.25)
    none = Marks("c.xlsx", "cy", (block("conv1", None),))
    assert (none.mark, none.as_json()["mark"]) == (None, None)
    assert mean_mark([marks, some, none, Marks("d.xlsx", "d", error="broken")]) == 0.475
    assert mean_mark([none]) is None
    assert "score" not in gradescope(none)["tests"][0]
    assert gradescope(marks)["tests"][0] | {"output": ""} == {
        **{"name": "conv1", "score": 3.0, "max_score": 6.0, "output": ""}
    }
    [_, line, whole] = marks_csv([none]).splitlines()
    assert line.startswith("c.xlsx,cy,conv1,4,0,0,0,0,0,10.0000,,,")
    assert whole.startswith("c.xlsx,cy,all,4,0,0,0,0,0,,,,")


def test_what_was_never_judged_earned_nothing_and_not_0() -> None:
    """A book of unjudged cells, one that was not reached, and one that is broken: its mark is 0."""
    hand = Marks("c.xlsx", "cy", (block("conv1", None), block("softmax", None)))
    late = Marks("d.xlsx", "d", error="not marked: it was stopped before", excused=True)
    broken = Marks("e.xlsx", "e", error="damaged")
    given = {"points": None, "earned": None, "mark": None}
    assert hand.as_json().items() >= given.items()
    assert late.as_json().items() >= given.items()
    assert broken.as_json().items() >= (given | {"mark": 0.0}).items()
    written = csv.DictReader(io.StringIO(marks_csv([hand, late, broken])))
    whole = [line for line in written if line["block"] == "all"]
    assert [(one["points"], one["earned"], one["mark"]) for one in whole] == [
        *(("", "", ""), ("", "", ""), ("", "", "0.0000"))
    ]
    assert [one["what"] for one in whole] == ["", late.error, "damaged"]
    nothing = Marks("f.xlsx", "f", (block("conv1", 0.0),))  # was judged: all wrong
    assert nothing.as_json().items() >= {"points": 10.0, "earned": 0.0, "mark": 0.0}.items()


def test_gradescope_gets_a_score_of_the_whole_where_a_block_has_none() -> None:
    """It wants one there unless each test has its own."""
    none = gradescope(Marks("c.xlsx", "cy", (block("conv1", None), block("softmax", None))))
    assert none["score"] == 0.0
    assert none["output"] == "cy: –; could not be judged, to be marked by hand: conv1, softmax"
    told = {"name": "conv1", "output": "could not be judged; it is marked by hand"}
    assert none["tests"][0] == told
    some = gradescope(Marks("b.xlsx", "ben", (block("conv1", None), block("softmax", 0.25))))
    assert (some["score"], some["tests"][1]["score"]) == (2.5, 2.5)
    assert some["output"] == "ben: 25%; could not be judged, to be marked by hand: conv1"
    assert "score" not in gradescope(Marks("a.xlsx", "ada", (block("conv1", 0.5),)))


def test_only_all_is_all() -> None:
    assert [per_cent(share) for share in (1567 / 1568, 1.0, 0.999999, 0.0, 1 / 3)] == [
        *("99%", "100%", "99%", "0%", "33%")
    ]
    assert [decimals(value) for value in (0.99999, 1.0, 0.7)] == ["0.9999", "1.0000", "0.7000"]
    nearly = BlockMarks("conv1", 1568, 1567, 0, 0, mark=0.99999)
    assert gradescope(Marks("a", "a", (nearly,)))["tests"][0]["score"] == 9.9999


def test_points_as_they_are_typed() -> None:
    rubric = Rubric().with_points("conv1=6, softmax=4,5")
    assert [rubric.points_of(name) for name in ("conv1", "softmax", "pool")] == [6.0, 4.0, 5.0]
    for wrong in (
        "conv1=",
        "=3",
        "conv1=0",
        "0",
        "-1",
        "conv1=x",
        "nan",
        "conv1=inf",
        "",
        "1e305",
        "conv1=1e7",
    ):
        with pytest.raises(BookError, match="--points"):
            Rubric().with_points(wrong)
    with pytest.raises(BookError, match="'conv9', which is no layer; did you mean 'conv1'"):
        Rubric().with_points("conv9=3").check_blocks(["conv1", "pool"])


def test_a_rubric_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rubric.toml"
    path.write_text(
        'border = 0.2\nslip = 1\n[points]\nconv1 = 6\n[slips]\n"bias forgotten" = 0.75\n'
    )
    assert rubric_file(path) == Rubric({"conv1": 6.0}, 10.0, 0.2, 1.0, {"bias forgotten": 0.75})
    path.write_text("")
    assert rubric_file(path) == Rubric()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("border = 2", "border is 2; give a share from 0 to 1"),
        ("boarder = 0.2", "'boarder' is no part of a rubric; did you mean 'border'?"),
        ('[slips]\n"bias forgoten" = 1', "did you mean 'bias forgotten'?"),
        ('[slips]\n"bias forgotten" = "half"', "'bias forgotten' is 'half'"),
        ("[points]\nconv1 = 0", "points of 'conv1': '0' is no number above 0"),
        ("points = 3", "'points' is 3; write a table"),
        ("border = ", "not a rubric in TOML"),
    ],
)
def test_what_is_wrong_with_a_rubric_is_one_line(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "rubric.toml"
    path.write_text(text)
    with pytest.raises(BookError) as error:
        rubric_file(path)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_the_most_points_can_be_written() -> None:
    rubric = Rubric().with_points("1e6")
    marks = Marks("a", "a", (block("conv1", 1 / 3, rubric.points_of("conv1")),))
    assert (
        marks_csv([marks]).splitlines()[-1].startswith("a,a,all,4,0,0,0,0,0,1000000.0000,333333.3")
    )


ODD_FILES = {
    "a folder": "cannot be read: Is a directory",
    "a pipe": "cannot be read: a pipe or device, not a file",
    "a device": "cannot be read: a pipe or device, not a file",
    "no UTF-8": "not a rubric in TOML: no UTF-8; save it as UTF-8",
    "too long": "cannot be read: File name too long",
    "a zero": "cannot be read: no name of a file",
    "too large": "more than 1,000,000 bytes",
    "too deep": "not a rubric in TOML",
    "digits": "border is a number of thousands of digits; give a share",
    "digits of points": "'a number of thousands of digits' is no number above 0",
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
@pytest.mark.parametrize("what", ODD_FILES)
def test_what_is_no_file_of_a_rubric_is_one_line(what: str, tmp_path: Path) -> None:
    """Neither read for ever, nor waited for."""
    path = tmp_path / "rubric.toml"
    data = {
        "no UTF-8": '"Größe" = 1'.encode("latin-1"),
        "too large": b"#" * 1_000_001,
        "too deep": b"a = " + b"[" * 100_000,
        "digits": b"border = 0x" + b"f" * 9_000,
        "digits of points": b"[points]\nconv1 = 0x" + b"f" * 9_000,
    }
    if what in data:
        path.write_bytes(data[what])
    elif what == "a folder":
        path.mkdir()
    elif what == "a pipe":
        os.mkfifo(path)
    path = {"a device": Path("/dev/zero"), "a zero": Path("a\0b")}.get(what, path)
    path = Path("x" * 300) if what == "too long" else path
    with pytest.raises(BookError) as error:
        rubric_file(path)
    assert ODD_FILES[what] in str(error.value)
    assert str(error.value).startswith(str(path))
    assert len(str(error.value).removeprefix(str(path)).splitlines()) == 1


def test_every_slip_is_in_the_table() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "exercises.md").read_text("utf-8")
    rows = [line.split("|")[1:3] for line in page.splitlines() if line.startswith("| ")]
    assert {name.strip(): words.strip() for name, words in rows if name.strip() in SLIPS} == SLIPS
