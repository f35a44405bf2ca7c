"""How much of the picture the middle cell of a tensor sees, where that is only a part of it.

Arithmetic on the ends of windows, back to the picture. Must not know values.
"""

from xlconv.network import access
from xlconv.network.layers.base import sources
from xlconv.network.network import INPUT, Network

Interval = tuple[int, int]  # first and last, from 0
Box = tuple[Interval, Interval]  # rows and columns


def sight(network: Network, tensor: str) -> tuple[int, int] | None:
    """The rows and columns of the picture that the middle cell of a tensor of maps sees; None for
    a vector, where it sees beyond an edge, or all, and behind joined tensors, of which each map
    may see another part.

    >>> from xlconv.network.layers.convolution import Conv2D
    >>> from xlconv.network.layers.pooling import MaxPool2D
    >>> layers = (Conv2D("one", 1, 3, padding="same"), MaxPool2D("pool", 2), Conv2D("two", 1, 3))
    >>> network = Network("n", (1, 12, 12), layers)
    >>> [sight(network, name) for name in ("one", "pool", "two")]
    [(3, 3), (4, 4), (8, 8)]
    """
    shape = network.shapes[tensor]
    if len(shape) != 3:
        return None
    middle = (shape[1] // 2, shape[2] // 2)
    boxes: dict[str, Box] = {tensor: ((middle[0], middle[0]), (middle[1], middle[1]))}
    for layer in reversed(network.layers):
        box = boxes.get(layer.name)
        if box is None:
            continue
        if not _inside(box, network.shapes[layer.name]):
            return None
        for number, name in enumerate(sources(layer)):
            read = _read(network.access(layer, number), box)
            if read is None:
                return None
            boxes[name] = _around(boxes[name], read) if name in boxes else read
    rows, columns = (last - first + 1 for first, last in boxes[INPUT])
    whole = (rows, columns) == network.input_shape[1:]
    return None if whole or not _inside(boxes[INPUT], network.input_shape) else (rows, columns)


def _read(found: access.Access, box: Box) -> Box | None:
    """What the cells of a box read, as a box; None for what is no such box."""
    match found:
        case access.Windows() as windows:
            rows, columns = (
                (first * stride - before, last * stride - before + extent - 1)
                for (first, last), (stride, before, extent) in zip(box, windows.axes, strict=True)
            )
            return rows, columns
        case access.SameCell():
            return box
    return None


def _around(one: Box, other: Box) -> Box:
    rows, columns = ((min(a[0], b[0]), max(a[1], b[1])) for a, b in zip(one, other, strict=True))
    return rows, columns


def _inside(box: Box, shape: tuple[int, ...]) -> bool:
    return all(
        first >= 0 and last < size for (first, last), size in zip(box, shape[1:], strict=True)
    )
