"""Sequence: arrays that no layer's name is part of, as `0.weight` or `conv2d_1/kernel:0`, but whose
shapes, in the order in which they stand, are those of the network's layers.

That is a likeness and no proof, so nothing is taken: a line of Python is suggested that gives them
their names. Must not know files beyond the path that it names.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from xlconv.importers.weights.layout import Form
from xlconv.importers.weights.names import WORDS, word_of
from xlconv.network.layers.base import Layer
from xlconv.network.network import Network
from xlconv.network.shapes import Shape

Arrays = dict[str, Shape]  # by the word that a name ends in


def names_in_order(
    path: Path,
    network: Network,
    shapes: Mapping[str, Shape],
    forms: Mapping[str, tuple[Form, ...]],
    known: Mapping[str, str],
) -> str | None:
    """Python that gives the arrays of `shapes` the names of the layers of which none are `known`,
    by the network's names and the file's; None if they are not alike."""
    separator = "/" if any("/" in name for name in shapes) else "."
    groups = _groups(shapes, separator)
    weights = {layer: network.weights(layer) for layer in network.layers}
    layers = [layer for layer, own in weights.items() if own and not own.keys() & known.keys()]
    named_otherwise = any(separator not in name for name in (*shapes, *known.values()))
    if named_otherwise or len(groups) != len(layers):
        return None
    pairs = zip(layers, groups.values(), strict=True)
    if not all(_alike(network, layer, arrays, forms) for layer, arrays in pairs):
        return None
    named = {group: layer.name for group, layer in zip(groups, layers, strict=True)}
    target = str(path.with_name(f"{path.stem}-named.npz"))
    before = f"k[:k.rfind({separator!r})]"
    return (
        f"d = {named!r}; np.savez({target!r}, **{{d.get({before}, {before}) + "
        f"k[k.rfind({separator!r}):]: v for k, v in np.load({str(path)!r}).items()}})"
    )


def _groups(shapes: Mapping[str, Shape], separator: str) -> dict[str, Arrays]:
    """Arrays by what stands before the last part of their names, in the order of the file."""
    groups: dict[str, Arrays] = {}
    for name, shape in shapes.items():
        groups.setdefault(name.rpartition(separator)[0], {})[word_of(name)] = shape
    return groups


def _alike(
    network: Network, layer: Layer, arrays: Arrays, forms: Mapping[str, tuple[Form, ...]]
) -> bool:
    """Whether arrays may be a layer's, all of them and no others."""
    expected = network.weights(layer)
    found = {own: _shape(arrays, WORDS.get(own.partition(".")[2], ())) for own in expected}
    return len(arrays) == len(expected) and all(
        found[own] in (weight.shape, *(form.shape for form in forms.get(own, ())))
        for own, weight in expected.items()
    )


def _shape(arrays: Arrays, words: Iterable[str]) -> Shape | None:
    return next((arrays[word] for word in words if word in arrays), None)
