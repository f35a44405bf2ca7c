"""Every file survived: one clear line, exit code 2, nothing executed, fetched or overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
from building import random_image, random_model
from hostile_books import CELLS, FILES, OUTSIDE, XML

import xlconv
from xlconv.errors import BookError
from xlconv.layers import Conv2D, Dense, Softmax
from xlconv.network import Network

NETWORK = Network(
    "small", (1, 6, 6), (Conv2D("conv", 1, 3), Dense("dense", 2), Softmax("softmax")), ("a", "b")
)
ALL = {**FILES, **XML, **CELLS, **OUTSIDE}
MEMORY = 700 << 20  # of addresses, of which far fewer are touched


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("books") / "book.xlsx"
    xlconv.build(path, random_model(NETWORK, 1), random_image(NETWORK, 1))
    return path.read_bytes()


@pytest.mark.parametrize("name", ALL)
def test_it_is_refused_in_one_line(name: str, good: bytes, tmp_path: Path) -> None:
    make, words = ALL[name]
    path = tmp_path / "book.xlsx"
    path.write_bytes(make(good))
    with pytest.raises(BookError, match=words) as caught:
        xlconv.verify(path, "none")
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
