"""The course: the missions that fit a network, in their order. Must not know any of them."""

from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.guide.mission import Explains, Mission
from xlconv.sheets.guide.missions import answers, kernels, maps

_FIRST = (
    answers.exercise,
    kernels.kernel,
    kernels.ink,
    kernels.colour,
    maps.relu,
    kernels.depth,
)
_THEN = (
    maps.border,
    maps.pool,
    answers.dense,
    maps.norm,
    maps.skip,
    answers.softmax,
    answers.sigmoid,
    maps.dropout,
    answers.parameters,
    answers.mistake,
    maps.pixel,
)


def course(network: Network, layout: Layout) -> tuple[Mission, ...]:
    """The missions of a workbook."""
    first, then = (
        [one for make in makers if (one := make(network, layout)) is not None]
        for makers in (_FIRST, _THEN)
    )
    taken = {one.done.layer for one in (*first, *then) if isinstance(one.done, Explains)}
    field = maps.field(network, layout, taken)
    return (*first, *([field] if field else []), *then)
