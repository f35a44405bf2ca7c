"""Somebody inverts the picture of a list of kernels: what was a top edge is a bottom edge."""

from pathlib import Path

import numpy as np
import pytest
from support.libreoffice import UnoSession
from support.sessions import LearningBook, learning_book, verifies

import xlconv
from xlconv import KernelDemo, Model, Network
from xlconv.sheets.board.places import plan

LOOKING = Network(
    "looking", (1, 6, 3), (KernelDemo("conv", ("down", "flat"), "down", padding="valid"),)
)
# A stroke in rows 3 and 4 of six, dark (1) on a light ground (0).
STROKE = np.repeat([0.0, 0, 1, 1, 0, 0], 3).reshape(1, 6, 3)
DOWN = [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory) -> LearningBook:
    model = Model(LOOKING, {"conv.presets": np.array([DOWN, np.ones((3, 3))], float)})
    gallery = xlconv.Gallery(STROKE[None], ("",), ("stroke",), chosen=1)
    return learning_book(tmp_path_factory.mktemp("looking") / "book.xlsx", model, STROKE, gallery)


def test_dark_and_light_change_places(
    session: UnoSession, looking: LearningBook, tmp_path: Path
) -> None:
    layout = looking.layout
    assert layout.panel.invert is not None
    invert = layout.panel.invert.first.a1
    reads = [["read", layout.tensors[name].maps[0].a1] for name in ("input", "conv")]
    answers = session.run(
        looking.path,
        *reads,
        ["set", invert, 1.0],
        *reads,
        ["save", (tmp_path / "saved.xlsx").as_uri()],
    )
    picture, found, other, opposite = (np.array(grid) for grid in answers if grid is not None)
    # Rows 2 to 5 of the stroke: inkier downwards at its top edge, the opposite at its bottom edge.
    assert picture[:, 0].tolist() == [0, 0, 1, 1, 0, 0]
    assert found[:, 0].tolist() == [3, 3, -3, -3]
    # Its light is 1 now, and the same kernel is green at the stroke's bottom edge.
    assert other[:, 0].tolist() == [1, 1, 0, 0, 1, 1]
    assert opposite[:, 0].tolist() == [-3, -3, 3, 3]
    verifies(tmp_path / "saved.xlsx", ("formualizer", "libreoffice"), random=1)


def test_only_lists_of_kernels_with_a_gallery_can_be_inverted() -> None:
    assert plan(LOOKING).panel.invert is None
    assert plan(xlconv.load_template("lesson3").network, 3).panel.invert is None
