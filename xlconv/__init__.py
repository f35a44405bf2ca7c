"""xlconv: a small convolutional network as a live .xlsx workbook, and the proof that it is right.

    >>> import xlconv
    >>> template = xlconv.load_template("lesson3")
    >>> xlconv.build("out.xlsx", template, template.image)   # doctest: +SKIP
    >>> xlconv.verify("out.xlsx").verdict                    # doctest: +SKIP
    'agrees'

Names are imported when they are first used, so that `xlconv --help` answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xlconv._version import __version__

if TYPE_CHECKING:
    from xlconv.compiler import build
    from xlconv.errors import XlconvError
    from xlconv.grading.grade import grade
    from xlconv.grading.marks import Marks
    from xlconv.images.folder import load_gallery
    from xlconv.images.gallery import Gallery
    from xlconv.images.load import load_image
    from xlconv.importers.template import load_template
    from xlconv.network.layers.base import (
        Add,
        AvgPool2D,
        BatchNorm2D,
        Concat,
        Conv2D,
        Dense,
        Dropout,
        Flatten,
        GlobalAvgPool2D,
        KernelDemo,
        LeakyReLU,
        MaxPool2D,
        ReLU,
        Sigmoid,
        Softmax,
        Tanh,
    )
    from xlconv.network.network import Model, Network
    from xlconv.reference.forward import forward
    from xlconv.rendering.notebook import read_book
    from xlconv.rendering.render import render
    from xlconv.state.exercise import Exercise
    from xlconv.state.variation import varied
    from xlconv.verification.report import Report
    from xlconv.verification.verify import verify

_HOMES = {
    "build": "compiler",
    "verify": "verification.verify",
    "Exercise": "state.exercise",
    "varied": "state.variation",
    "grade": "grading.grade",
    "Marks": "grading.marks",
    "Report": "verification.report",
    "read_book": "rendering.notebook",
    "render": "rendering.render",
    "forward": "reference.forward",
    "load_template": "importers.template",
    "load_image": "images.load",
    "XlconvError": "errors",
    "Gallery": "images.gallery",
    "load_gallery": "images.folder",
    **dict.fromkeys(("Network", "Model"), "network.network"),
    **dict.fromkeys(
        (
            *("Conv2D", "KernelDemo", "BatchNorm2D", "ReLU", "LeakyReLU", "Tanh", "Sigmoid"),
            *("MaxPool2D", "AvgPool2D", "GlobalAvgPool2D", "Add", "Concat", "Dropout"),
            *("Flatten", "Dense", "Softmax"),
        ),
        "network.layers.base",
    ),
}

__all__ = [
    "Add",
    "AvgPool2D",
    "BatchNorm2D",
    "Concat",
    "Conv2D",
    "Dense",
    "Dropout",
    "Exercise",
    "Flatten",
    "Gallery",
    "GlobalAvgPool2D",
    "KernelDemo",
    "LeakyReLU",
    "Marks",
    "MaxPool2D",
    "Model",
    "Network",
    "ReLU",
    "Report",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "XlconvError",
    "__version__",
    "build",
    "forward",
    "grade",
    "load_gallery",
    "load_image",
    "load_template",
    "read_book",
    "render",
    "varied",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'xlconv' has no attribute {name!r}")
    value = getattr(import_module(f"xlconv.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
