"""What a new workbook shows: the picture, and what is chosen in its yellow cells at first.

Must not know where these cells stand.
"""

from collections.abc import Container, Mapping
from pathlib import PurePath

import numpy as np

from xlconv.images.gallery import Gallery
from xlconv.network.layers.base import Layer, Windowed
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.model import Array, Model
from xlconv.network.names import label_cell, undisguised
from xlconv.network.network import Network
from xlconv.state.choices import UNKNOWN, Choices, Display, Explained


def first_display(
    model: Model,
    image: Array,
    tensors: Mapping[str, Array],
    gallery: Gallery | None,
    unexplained: Container[str] = (),
) -> Display:
    """What a new workbook shows of a picture that the network makes `tensors` of. Of the layers
    that stay `unexplained` none is taken apart, unless there is no other."""
    choices = first_choices(model.network, tensors, gallery, unexplained)
    if gallery is None:
        return Display(model, image, choices)
    pictures = np.concatenate([np.zeros((1, *model.network.input_shape)), gallery.pictures])
    shown = gallery.labels
    if len(model.network.labels) < 2:  # there are no classes: a picture is called by its name
        shown = tuple(undisguised(PurePath(name).stem) for name in gallery.names)
    labels = (UNKNOWN, *(label_cell(label) if label else UNKNOWN for label in shown))
    return Display(model, gallery.pictures[gallery.chosen - 1], choices, pictures, labels)


def first_layer_to_explain(network: Network, unexplained: Container[str] = ()) -> Layer:
    """The layer in which there is most to see: the second convolution, else the first layer with
    windows, else the first of all."""
    layers = [layer for layer in network.layers if layer.name not in unexplained]
    convolutions = [layer for layer in layers if isinstance(layer, Conv2D)]
    windowed = [layer for layer in layers if isinstance(layer, Windowed)]
    return (convolutions[1:2] or windowed[:1] or layers or list(network.layers))[0]


def first_choices(
    network: Network,
    tensors: Mapping[str, Array],
    gallery: Gallery | None,
    unexplained: Container[str] = (),
) -> Choices:
    """The first choices: the strongest cell in the middle of a layer's maps is explained."""
    layer = first_layer_to_explain(network, unexplained).name
    values = tensors[layer]
    margins = [0, *(size // 4 for size in values.shape[1:])]
    ends = zip(margins, values.shape, strict=True)
    middle = values[tuple(slice(margin, size - margin) for margin, size in ends)]
    strongest = np.unravel_index(int(np.argmax(middle)), middle.shape)
    place = [float(number + margin) + 1 for number, margin in zip(strongest, margins, strict=True)]
    explained = Explained(layer, *(place if len(place) == 3 else (1.0, place[0], 1.0)))
    return Choices(explained, picture=gallery.chosen if gallery else 0)
