"""The softmax laboratory: hand-worked shares, sums and words, in LibreOffice and in NumPy."""

from pathlib import Path

import numpy as np
import pytest
from support.books import BuiltBook, NetworkBook, check_agrees
from support.edits import edited, typed_by_script, with_value
from support.libreoffice import UnoSession
from support.sessions import Step, verifies

import xlconv
from xlconv import Conv2D, Dense, Model, Network, ReLU, Sigmoid, Softmax
from xlconv.errors import BookError
from xlconv.importers.template import template_names
from xlconv.sheets.board.places import plan
from xlconv.sheets.on_board.laboratory.places import sum_below
from xlconv.state.exercise import exercise_of

THREE = Network("three", (1, 1, 1), (Dense("logits", 3), Softmax("shares")), ("cat", "7", "dog"))
SEVERAL = Network("several", (1, 1, 1), (Dense("logits", 3), Sigmoid("found")), ("a", "b", "3"))
WEIGHTS = {"logits.weight": np.zeros((3, 1)), "logits.bias": np.array([1.0, 2.0, 3.0])}
NAMES = ("logits", "exp", "plain", "softmax", "sigmoid")

# What is typed: temperature, times, minus max. What must stand in the columns and below them.
E = np.e
WORKED = {
    # exp(-2), exp(-1), 1; sum 1.503214724; 1/6, 2/6, 3/6; 1/(1 + exp(-x))
    (1, 1, 1): {
        "logits": [1, 2, 3, 6],
        "exp": [0.1353352832, 0.3678794412, 1, 1.5032147244],
        "plain": [1 / 6, 1 / 3, 1 / 2, 1],
        "softmax": [0.0900305732, 0.2447284711, 0.6652409558, 1],
        "sigmoid": [0.7310585786, 0.8807970780, 0.9525741268, 2.5644297834],
        "loss": [0.4076059644],  # -ln 0.6652409558
    },
    # the shares are the same where exp is of the logits themselves
    (1, 1, 0): {
        "exp": [E, E**2, E**3, 30.1928748506],
        "softmax": [0.0900305732, 0.2447284711, 0.6652409558, 1],
        "loss": [0.4076059644],
    },
    # half of each: exp(-1), exp(-0.5), 1
    (2, 1, 1): {
        "logits": [0.5, 1, 1.5, 3],
        "softmax": [0.1863237232, 0.3071958857, 0.5064803911, 1],
        "plain": [1 / 6, 1 / 3, 1 / 2, 1],
    },
    # 400, 800, 1200: exp of 800 is larger than any number of a cell
    (1, 400, 0): {
        "exp": [5.2214696897e173, "overflow", "overflow", "overflow"],
        "softmax": ["overflow", "overflow", "overflow", "–"],
        "sigmoid": [1, 1, 1, 3],
        "loss": ["overflow"],
    },
    # exp(-800), exp(-400), exp(0)
    (1, 400, 1): {
        "exp": [0, 1.9151695967e-174, 1, 1],
        "softmax": [0, 1.9151695967e-174, 1, 1],
        "loss": [0],
    },
    # -1000, -2000, -3000: every exp is 0
    (1, -1000, 0): {
        "exp": [0, 0, 0, 0],
        "softmax": ["0 ÷ 0", "0 ÷ 0", "0 ÷ 0", "–"],
        "sigmoid": [0, 0, 0, 0],
        "loss": ["0 ÷ 0"],
    },
    (1, 0, 1): {
        "logits": [0, 0, 0, 0],
        "plain": ["÷ 0", "÷ 0", "÷ 0", "÷ 0"],
        "softmax": [1 / 3, 1 / 3, 1 / 3, 1],
        "sigmoid": [0.5, 0.5, 0.5, 1.5],
        "loss": [1.0986122887],  # ln 3
    },
}


def close(found: object, expected: object) -> bool:
    if isinstance(expected, str) or isinstance(found, str):
        return found == expected
    return bool(np.isclose(float(found), float(expected), rtol=1e-9, atol=1e-300))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("laboratory") / "three.xlsx"
    xlconv.build(path, Model(THREE, WEIGHTS), np.zeros((1, 1, 1)))
    return path


def test_shares_sums_and_words_that_are_worked_by_hand(
    session: UnoSession, three: Path, tmp_path: Path
) -> None:
    layout = plan(THREE)
    places, verdict = layout.laboratory, layout.verdict
    assert places is not None
    assert places.loss is not None
    assert verdict is not None
    columns = {name: getattr(places, name) for name in NAMES}
    reads = [["read", f"{one.first.a1}:{sum_below(one).a1}"] for one in columns.values()]
    reads.append(["read", places.loss.first.a1])
    answer = ["read", layout.tensors["shares"].maps[0].a1]
    steps: list[Step] = [["set", verdict.actual.first.a1, "dog"]]
    for typed in WORKED:
        cells = (place.first.a1 for place in places.choices)
        steps += [["set", cell, float(one)] for cell, one in zip(cells, typed, strict=True)]
        steps += [*reads, answer]
    for number, typed in enumerate(((1, 400, 0), (1, -1000, 0))):
        cells = (place.first.a1 for place in places.choices)
        steps += [["set", cell, float(one)] for cell, one in zip(cells, typed, strict=True)]
        steps.append(["save", (tmp_path / f"{number}.xlsx").as_uri()])
    answers = [one for one in session.run(three, *steps) if one is not None]
    for number, (typed, expected) in enumerate(WORKED.items()):
        *grids, shares = answers[(len(reads) + 1) * number : (len(reads) + 1) * (number + 1)]
        found = dict(zip((*NAMES, "loss"), ([row[0] for row in one] for one in grids), strict=True))
        for name, column in expected.items():
            pairs = zip(found[name], column, strict=True)
            assert all(close(*pair) for pair in pairs), (typed, name, found[name])
        # The network's own answer is as it always is.
        own = [0.0900305732, 0.2447284711, 0.6652409558]
        assert all(map(close, (row[0] for row in shares), own))
    verifies(tmp_path / "0.xlsx", ("formualizer", "libreoffice"), random=1)
    verifies(tmp_path / "1.xlsx", random=1)


def test_several_classes_have_no_cross_entropy_there_and_softmax_beside_sigmoid(
    network_book: NetworkBook,
) -> None:
    layout = plan(SEVERAL)
    assert layout.laboratory is not None
    assert layout.laboratory.loss is None
    made: BuiltBook = network_book(SEVERAL, 1)
    assert xlconv.verify(made.path, random=4).verdict == "agrees"


HAS_NONE = [
    Network("one", (1, 2, 2), (Dense("dense", 1), Sigmoid("yes")), ("yes",)),
    Network("maps", (1, 4, 4), (Conv2D("conv", 2, 3), ReLU("relu"))),
    Network("plain", (1, 2, 2), (Dense("dense", 3),)),
]


@pytest.mark.parametrize("network", HAS_NONE, ids=lambda one: one.name)
def test_networks_without_classes_to_share_have_none(network: Network) -> None:
    assert plan(network).laboratory is None


def test_an_open_softmax_is_not_told_by_a_laboratory() -> None:
    assert plan(THREE, None, exercise_of(THREE, ["shares"])).laboratory is None
    assert plan(THREE, None, exercise_of(THREE, ["logits"])).laboratory is not None


@pytest.mark.parametrize("name", template_names())
def test_every_template_of_classes_has_one(name: str) -> None:
    network = xlconv.load_template(name).network
    layout = plan(network)
    assert (layout.laboratory is not None) == (len(network.labels) > 1)
    if layout.laboratory is not None:
        area = layout.laboratory.area
        others = [place for one in layout.weights.values() for place in one.ranges]
        others += [one.range for one in layout.tensors.values()]
        assert not any(area.overlaps(other) for other in others)


BAD = {
    "temperature": (0.0, "temperature", "type a number above 0"),
    "a negative temperature": (-1.0, "temperature", "type a number above 0"),
    "a word": ("hot", "temperature", "type a number above 0"),
    "half of a switch": (0.5, "minus_max", "type 1 for on or 0 for off"),
    "a text to multiply with": ("x", "times", "type a number"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_makes_no_sense_is_refused_in_a_line(what: str, three: Path, tmp_path: Path) -> None:
    value, key, told = BAD[what]
    place = getattr(plan(THREE).laboratory, key).first
    path = typed_by_script(three, tmp_path / "bad.xlsx", {("Board", place.a1): value})
    with pytest.raises(BookError, match=told) as error:
        xlconv.read_book(path)
    assert f"Board!{place.a1}" in str(error.value)


def test_a_choice_without_a_calculation_is_stale_and_a_wrong_share_is_found(
    three: Path, tmp_path: Path
) -> None:
    places = plan(THREE).laboratory
    assert places is not None
    path = edited(three, tmp_path / "stale.xlsx", with_value(places.times.first.a1, 50))
    check_agrees(path, stored="stale")
    wrong = with_value(places.softmax.first.a1, 0.5)
    report = xlconv.verify(edited(three, tmp_path / "wrong.xlsx", wrong), "none")
    assert [(one.kind, one.cell) for one in report.findings] == [
        ("stored", f"Board!{places.softmax.first.a1}")
    ]
