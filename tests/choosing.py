"""Books in whose yellow cells something else is chosen than in new ones."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Container
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from editing import without_stored_values

import xlconv
from xlconv import compiler
from xlconv.images.gallery import Gallery
from xlconv.network.model import Model
from xlconv.sheets.first_display import first_display
from xlconv.state.choices import Display


def build_chosen(
    path: Path, model: Model, image: np.ndarray, gallery: Gallery | None = None, **chosen: Any
) -> Path:
    """A book as `build` makes it, had its reader chosen so: fields of `Choices`."""

    def display(
        model: Model, image: np.ndarray, gallery: Gallery | None, unexplained: Container[str] = ()
    ) -> Display:
        first = first_display(model, image, gallery, unexplained)
        changed = replace(first, choices=replace(first.choices, **chosen))
        if gallery is None or "picture" not in chosen:
            return changed
        return replace(changed, image=changed.pictures[changed.choices.picture])

    with patch.object(compiler, "first_display", display):
        # `build` sets the scale itself, as people ask for it.
        scale = chosen.get("scale", "layer")
        xlconv.build(path, model, image, gallery=gallery, scale=scale)
    return path


def emptied(source: Path, target: Path) -> Path:
    """A copy of a book in which no formula has a stored value: engines have to compute them."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name):
                content = without_stored_values(content.decode()).encode()
            new.writestr(name, content)
    return target
