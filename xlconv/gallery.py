"""Galleries: pictures that a workbook offers, with what they show."""

from __future__ import annotations

from dataclasses import dataclass

from xlconv.network import Array


@dataclass(frozen=True)
class Gallery:
    """Pictures to choose from.

    `pictures` has the shape (N, C, H, W). `labels` say what each shows, as the network's labels
    spell it, several joined by ", ", "" where nobody knows; `names` where each came from.
    `chosen`, from 1, is the one that the board shows first.
    """

    pictures: Array
    labels: tuple[str, ...]
    names: tuple[str, ...]
    chosen: int = 1
