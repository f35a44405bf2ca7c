"""Activation: what is made of each cell by itself, or of a vector's numbers together.

Must not know how it is computed, drawn or written.
"""

from dataclasses import dataclass
from typing import ClassVar

from xlconv.errors import NetworkError
from xlconv.network.access import Access, Everything
from xlconv.network.layers.base import Layer
from xlconv.network.layers.settings import check_share, is_number
from xlconv.network.sentences import Either, Sentence
from xlconv.network.shapes import Shape, shape_text
from xlconv.spreadsheet.cells import SMALLEST_NUMBER

MAX_BOUND = 1e15  # of a Clip: beyond, spreadsheets lose digits of what they spell


@dataclass(frozen=True)
class _CellByCell(Layer):
    """A layer that makes of each cell one."""

    activates: ClassVar[bool] = True

    def output_shape(self, *shapes: Shape) -> Shape:
        [shape] = shapes
        return shape


@dataclass(frozen=True)
class ReLU(_CellByCell):
    """max(0, x), cell by cell."""

    inputs: tuple[str, ...] = ()

    sentence: ClassVar[Sentence] = (
        "max(0, {x:2}) = {result:2}",
        Either("positive", ": positive, it stays", ": not positive, it becomes 0"),
    )

    @property
    def rectifies(self) -> bool:
        return True

    def signed(self, *read: bool) -> bool:
        return False

    def words(self) -> str:
        return "max(0, x): what is negative becomes 0"


@dataclass(frozen=True)
class LeakyReLU(_CellByCell):
    """x where it is positive, else slope * x."""

    slope: float = 0.01
    inputs: tuple[str, ...] = ()

    sentence: ClassVar[Sentence] = "max({slope:4} × {x:2}, {x:2}) = {result:2}"

    def __post_init__(self) -> None:
        check_share(self.name, "slope", self.slope)
        object.__setattr__(self, "slope", float(self.slope))

    def signed(self, *read: bool) -> bool:
        return any(read)

    def words(self) -> str:
        return f"x, or {self.slope:g} × x where it is negative"


@dataclass(frozen=True)
class Clip(_CellByCell):
    """x, but no less than `least` and no more than `most`, cell by cell; ReLU6 is `Clip(0, 6)`."""

    least: float
    most: float
    inputs: tuple[str, ...] = ()

    sentence: ClassVar[Sentence] = "min({most:4}, max({least:4}, {x:2})) = {result:2}"

    def __post_init__(self) -> None:
        for setting in ("least", "most"):
            object.__setattr__(self, setting, _bound(self.name, setting, getattr(self, setting)))
        if self.least >= self.most:
            raise NetworkError(
                f"layer {self.name!r}: least is {self.least:g} and most {self.most:g}; give a "
                "least that is smaller"
            )

    def signed(self, *read: bool) -> bool:
        return self.least < 0 and (any(read) or self.most < 0)

    def words(self) -> str:
        return f"x, but no less than {self.least:g} and no more than {self.most:g}"


def _bound(layer: str, setting: str, value: float) -> float:
    """A number that a formula can spell; NetworkError for anything else."""
    if not is_number(value) or not (value == 0 or SMALLEST_NUMBER <= abs(value) <= MAX_BOUND):
        raise NetworkError(
            f"layer {layer!r}: {setting} is {value!r}; give a number from -{MAX_BOUND:g} to "
            f"{MAX_BOUND:g}"
        )
    return float(value) + 0.0  # never -0


@dataclass(frozen=True)
class Tanh(_CellByCell):
    """The hyperbolic tangent, cell by cell: from -1 to 1."""

    inputs: tuple[str, ...] = ()

    sentence: ClassVar[Sentence] = "tanh({x:2}) = {result:4}"

    def signed(self, *read: bool) -> bool:
        return any(read)

    def words(self) -> str:
        return "tanh(x): between −1 and 1"


@dataclass(frozen=True)
class Sigmoid(_CellByCell):
    """1 / (1 + exp(-x)), cell by cell: from 0 to 1, each by itself.

    Where it ends a network, every class from `threshold` on counts as found.
    """

    threshold: float = 0.5
    inputs: tuple[str, ...] = ()

    controls: ClassVar[tuple[str, ...]] = ("threshold",)
    shares: ClassVar[bool] = True
    several: ClassVar[bool] = True
    sentence: ClassVar[Sentence] = "1 / (1 + exp(−({x:2}))) = {result:4}"

    def __post_init__(self) -> None:
        check_share(self.name, "threshold", self.threshold, one=True)
        object.__setattr__(self, "threshold", float(self.threshold))

    def signed(self, *read: bool) -> bool:
        return False

    def words(self) -> str:
        return "1 / (1 + exp(−x)): each by itself, no sum of 1"


@dataclass(frozen=True)
class Softmax(Layer):
    """exp(x - max x), divided by its sum: logits to probabilities."""

    inputs: tuple[str, ...] = ()

    steps: ClassVar[tuple[str, ...]] = ("steps", "max", "shifted", "exp", "sum")
    shares: ClassVar[bool] = True
    operation: ClassVar[str] = "softmax"

    def output_shape(self, *shapes: Shape) -> Shape:
        [shape] = shapes
        if len(shape) != 1:
            raise NetworkError(
                f"layer {self.name!r} (Softmax) needs a vector but reads maps of "
                f"{shape_text(shape)}; put a Dense layer before it"
            )
        return shape

    def access(self, number: int, *shapes: Shape) -> Access:
        return Everything()

    def signed(self, *read: bool) -> bool:
        return False

    def words(self) -> str:
        return "exp of each, divided by their sum: they add up to 1"


KINDS = (ReLU, LeakyReLU, Clip, Tanh, Sigmoid, Softmax)
