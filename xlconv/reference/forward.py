"""The reference: what a network computes, in the plainest float64 NumPy, layer by layer.

Must not know how a workbook computes the same: nothing here may import `formulas` or a sheet.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from xlconv.errors import ImageError, NetworkError
from xlconv.network.model import Array, Model
from xlconv.network.network import INPUT
from xlconv.network.shapes import shape_text
from xlconv.reference.layers.base import Step, Values
from xlconv.reference.layers.registry import layer_steps


def forward(
    model: Model, image: Array, drawn: Mapping[str, Array] | None = None
) -> dict[str, Array]:
    """Every tensor by name, in the order of computation, beginning with `input`.

    `image` has the network's input shape (C, H, W). Maps are float64 of shape (C, H, W),
    vectors of shape (n,). `drawn` holds a dropout layer's random numbers, as
    `read_book(path).drawn` gives them; left out, they are the same each time. Raises ImageError
    for another shape or for NaN and infinity.
    """
    values = forward_steps(model, image, _checked_drawn(model, drawn or {}))
    return {name: np.asarray(values[name], dtype=np.float64) for name in model.network.shapes}


def forward_steps(
    model: Model, image: Array, given: Mapping[str, Array] | None = None
) -> dict[str, Values]:
    """What `forward` gives, and besides the steps of layers. `given` holds what only a workbook
    knows, such as its random numbers."""
    values: dict[str, Values] = {INPUT: checked_image(model, image), **(given or {})}
    return compute_steps(values, network_steps(model, values))


def compute_steps(values: dict[str, Values], made: Iterable[Step]) -> dict[str, Values]:
    """The values with those of steps that are computed from them, one after another."""
    with np.errstate(
        over="ignore", invalid="ignore", divide="ignore"
    ):  # what a cell cannot hold is refused later
        for step in made:
            values[step.name] = step.value
    return values


def _checked_drawn(model: Model, drawn: Mapping[str, Array]) -> dict[str, Array]:
    """Random numbers of the shapes that the network's dropout layers draw."""
    shapes, checked = model.network.random_shapes, {}
    for name, given in drawn.items():
        try:
            array = np.array(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise NetworkError(f"drawn {name!r} is no array of numbers") from error
        if name not in shapes or array.shape != shapes[name]:
            drawing = ", ".join(f"{key} {shape_text(shape)}" for key, shape in shapes.items())
            raise NetworkError(
                f"drawn {name!r} of shape {shape_text(array.shape) or 'scalar'} fits no dropout "
                f"layer of {model.network.name!r}, which draws {drawing or 'nothing'}"
            )
        if not ((array >= 0) & (array < 1)).all():
            raise NetworkError(f"drawn {name!r} holds numbers that are not from 0 to below 1")
        checked[name] = array
    return checked


def network_steps(model: Model, values: Mapping[str, Values]) -> Iterator[Step]:
    """Each result in the order of computation, computed from those before it as `values` has
    them when it is asked for: the reference's own, or those that were found in a workbook."""
    for layer in model.network.layers:
        yield from layer_steps(layer, model.layer_weights(layer), values)


def checked_image(model: Model, image: Array) -> Array:
    """The picture as float64, of the shape that the network reads."""
    array = np.array(image, dtype=np.float64)
    if array.shape != model.network.input_shape:
        raise ImageError(
            f"the picture has shape {shape_text(array.shape) or 'scalar'} but "
            f"{model.network.name!r} reads {shape_text(model.network.input_shape)} "
            "(channels, height, width)"
        )
    if not np.isfinite(array).all():
        raise ImageError("the picture holds NaN or infinity; give finite numbers")
    return array
