"""Steps of the inspector's cells, which hold numbers, texts or nothing.

Must not know what is explained.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from xlconv.reference.layers.base import Step
from xlconv.sheets.explain.terms import CellValue


def number_step(key: str, found: list[float], scale: list[float] | None = None) -> Step:
    """Numbers that rounding does not change, or what their rounding errors are relative to."""
    sizes = np.zeros(len(found)) if scale is None else np.array(scale)
    return Step(f"explain:{key}", np.array(found, dtype=np.float64), sizes)


def mixed_step(
    key: str,
    found: Sequence[CellValue],
    scale: list[float] | None = None,
    also: Iterable[float | str] = (),
) -> Step:
    """A step of cells that hold numbers or texts."""
    sizes = [abs(one) if isinstance(one, float) else 0.0 for one in found]
    sizes[: len(scale or ())] = (scale or ())[: len(sizes)]
    return replace(Step.mixed(f"explain:{key}", found, sizes), also=frozenset(also))


def text_step(key: str, texts: tuple[str, ...] | None) -> Step:
    """A step of one text, of which there are several where rounding errors decide."""
    if texts is None:
        return mixed_step(key, [None])
    also = {one for text in texts for one in (text, text.replace(".", ","))}
    return Step.text(f"explain:{key}", texts[0], *also)


def padded(found: Sequence[CellValue], count: int) -> list[CellValue]:
    """A list with empty texts behind it."""
    return [*found, *[""] * (count - len(found))]
