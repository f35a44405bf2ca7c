"""xlconv: a small convolutional network as a live .xlsx workbook, and the proof that it is right.

    >>> import xlconv
    >>> template = xlconv.load_template("lesson3")
    >>> xlconv.build("out.xlsx", template, template.image)   # doctest: +SKIP
    >>> xlconv.verify("out.xlsx").verdict                    # doctest: +SKIP
    'agrees'

Names are imported when they are first used, so that `xlconv --help` answers at once.
"""

from importlib import import_module

__version__ = "0.8.0"

TYPE_CHECKING = False  # as typing says, which takes longer to import than this

if TYPE_CHECKING:
    from typing import Any

    from xlconv.compiler import build as build
    from xlconv.errors import XlconvError as XlconvError
    from xlconv.grading.classroom.handout import Handout as Handout
    from xlconv.grading.classroom.handout import build_class as build_class
    from xlconv.grading.grade import grade as grade
    from xlconv.grading.marks import Marks as Marks
    from xlconv.grading.rubric import Rubric as Rubric
    from xlconv.images.folder import load_gallery as load_gallery
    from xlconv.images.gallery import Gallery as Gallery
    from xlconv.images.load import load_image as load_image
    from xlconv.importers.students.roster import Student as Student
    from xlconv.importers.students.roster import read_students as read_students
    from xlconv.importers.template import load_template as load_template
    from xlconv.network.layers.activation import Clip as Clip
    from xlconv.network.layers.activation import LeakyReLU as LeakyReLU
    from xlconv.network.layers.activation import ReLU as ReLU
    from xlconv.network.layers.activation import Sigmoid as Sigmoid
    from xlconv.network.layers.activation import Softmax as Softmax
    from xlconv.network.layers.activation import Tanh as Tanh
    from xlconv.network.layers.convolution import Conv2D as Conv2D
    from xlconv.network.layers.convolution import KernelDemo as KernelDemo
    from xlconv.network.layers.dense import Dense as Dense
    from xlconv.network.layers.dropout import Dropout as Dropout
    from xlconv.network.layers.merging import Add as Add
    from xlconv.network.layers.merging import Concat as Concat
    from xlconv.network.layers.normalization import BatchNorm2D as BatchNorm2D
    from xlconv.network.layers.pooling import AvgPool2D as AvgPool2D
    from xlconv.network.layers.pooling import GlobalAvgPool2D as GlobalAvgPool2D
    from xlconv.network.layers.pooling import MaxPool2D as MaxPool2D
    from xlconv.network.layers.reshaping import Flatten as Flatten
    from xlconv.network.model import Model as Model
    from xlconv.network.network import Network as Network
    from xlconv.reference.forward import forward as forward
    from xlconv.rendering.notebook import read_book as read_book
    from xlconv.rendering.render import render as render
    from xlconv.state.exercise import Exercise as Exercise
    from xlconv.state.variation import varied as varied
    from xlconv.verification.report import Report as Report
    from xlconv.verification.verify import verify as verify

# Where each public name is at home.
_HOMES = {
    "build": "compiler",
    "verify": "verification.verify",
    "Exercise": "state.exercise",
    "varied": "state.variation",
    "grade": "grading.grade",
    "build_class": "grading.classroom.handout",
    "Handout": "grading.classroom.handout",
    "read_students": "importers.students.roster",
    "Student": "importers.students.roster",
    "Marks": "grading.marks",
    "Rubric": "grading.rubric",
    "Report": "verification.report",
    "read_book": "rendering.notebook",
    "render": "rendering.render",
    "forward": "reference.forward",
    "load_template": "importers.template",
    "load_image": "images.load",
    "XlconvError": "errors",
    "Gallery": "images.gallery",
    "load_gallery": "images.folder",
    "Network": "network.network",
    "Model": "network.model",
    "Conv2D": "network.layers.convolution",
    "KernelDemo": "network.layers.convolution",
    "BatchNorm2D": "network.layers.normalization",
    "ReLU": "network.layers.activation",
    "LeakyReLU": "network.layers.activation",
    "Clip": "network.layers.activation",
    "Tanh": "network.layers.activation",
    "Sigmoid": "network.layers.activation",
    "Softmax": "network.layers.activation",
    "MaxPool2D": "network.layers.pooling",
    "AvgPool2D": "network.layers.pooling",
    "GlobalAvgPool2D": "network.layers.pooling",
    "Add": "network.layers.merging",
    "Concat": "network.layers.merging",
    "Dropout": "network.layers.dropout",
    "Flatten": "network.layers.reshaping",
    "Dense": "network.layers.dense",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> "Any":
    if name not in _HOMES:
        raise AttributeError(f"module 'xlconv' has no attribute {name!r}")
    value = getattr(import_module(f"xlconv.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
