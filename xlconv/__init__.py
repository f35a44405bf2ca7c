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
    from xlconv.collecting import load_gallery
    from xlconv.compiler import build
    from xlconv.errors import XlconvError
    from xlconv.exercise import Exercise
    from xlconv.gallery import Gallery
    from xlconv.grading import grade
    from xlconv.images import load_image
    from xlconv.layers import (
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
    from xlconv.marks import Marks
    from xlconv.network import Model, Network
    from xlconv.notebooks import read_book
    from xlconv.reference import forward
    from xlconv.rendering import render
    from xlconv.report import Report
    from xlconv.templates import load_template
    from xlconv.variation import varied
    from xlconv.verification import verify

_HOMES = {
    "build": "compiler",
    "verify": "verification",
    "Exercise": "exercise",
    "varied": "variation",
    "grade": "grading",
    "Marks": "marks",
    "Report": "report",
    "read_book": "notebooks",
    "render": "rendering",
    "forward": "reference",
    "load_template": "templates",
    "load_image": "images",
    "XlconvError": "errors",
    "Gallery": "gallery",
    "load_gallery": "collecting",
    **dict.fromkeys(("Network", "Model"), "network"),
    **dict.fromkeys(
        (
            *("Conv2D", "KernelDemo", "BatchNorm2D", "ReLU", "LeakyReLU", "Tanh", "Sigmoid"),
            *("MaxPool2D", "AvgPool2D", "GlobalAvgPool2D", "Add", "Concat", "Dropout"),
            *("Flatten", "Dense", "Softmax"),
        ),
        "layers",
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
