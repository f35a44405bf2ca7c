"""Networks of more layers than a program's CHOOSE takes: Explain finds its way in them, too."""

from pathlib import Path

import numpy as np
import pytest
from support.books import check_agrees, random_model
from support.edits import build_chosen

from xlconv import Add, Conv2D, Dense, Network, Softmax
from xlconv.state.choices import Explained

MANY = 33
PARTS = tuple(f"part{number}" for number in range(1, MANY + 1))
SUMMED = Network(
    "summed",
    (1, 2, 2),
    (*(Conv2D(part, 1, 1, inputs=("input",)) for part in PARTS), Add("sum", inputs=PARTS)),
)
CHAIN = Network(
    "chain",
    (1, 1, 2),
    (*(Dense(part, 2) for part in PARTS), Softmax("softmax")),
    ("cat", "dog"),
)
EXPLAINED = [
    (SUMMED, Explained("part2", 1, 1, 2)),
    (SUMMED, Explained("part32", 1, 2, 1)),
    (SUMMED, Explained("sum", 1, 2, 2)),
    (CHAIN, Explained("part33", 1, "dog", 1)),
    (CHAIN, Explained("softmax", 1, 2, 1)),
]


@pytest.mark.parametrize(("network", "explained"), EXPLAINED)
def test_a_cell_of_any_of_many_layers_is_explained(
    network: Network, explained: Explained, engine: str, tmp_path: Path
) -> None:
    """LibreOffice takes 30 values, and each cell that is explained is one of its own path."""
    image = np.random.default_rng(1).random(network.input_shape)
    path = tmp_path / "book.xlsx"
    build_chosen(path, random_model(network, 2, 0.3), image, explained=explained)
    check_agrees(path, engine, random=0)
