"""Cases computed by hand, as files in `cases/`: a network, weights, a picture, what they give."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from support.books import Array

from xlconv.network.description import network_of
from xlconv.network.model import Model

FOLDER = Path(__file__).resolve().parent.parent / "cases"

NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))

KEYS = {"input", "labels", "layers", "weights", "image", "expected"}


@dataclass(frozen=True)
class Case:
    """A model, a picture, and the tensors that they should give."""

    model: Model
    image: Array
    expected: dict[str, Array]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Those of the expected tensors."""
        return {tensor: self.model.network.shapes[tensor] for tensor in self.expected}

    def check(self, found: dict[str, Array]) -> None:
        for tensor, numbers in self.expected.items():
            assert found[tensor].shape == numbers.shape, tensor
            np.testing.assert_allclose(
                found[tensor], numbers, rtol=1e-12, atol=1e-15, err_msg=tensor
            )


def load_case(name: str) -> Case:
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    assert set(table) <= KEYS, f"{name}: unknown key {set(table) - KEYS}"
    network = network_of({**table, "name": name}, name)
    weights = {key: np.array(value, float) for key, value in table.get("weights", {}).items()}
    expected = {key: np.array(value, float) for key, value in table["expected"].items()}
    assert network.output in expected, f"{name}: say at least what {network.output!r} should be"
    return Case(Model(network, weights), np.array(table["image"], float), expected)
