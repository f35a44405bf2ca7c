"""The fit: which array of a file is which of a network's weights, and in which order of axes.

Decides from names, shapes and types alone, before any number is read: nothing is taken that may
mean something else without a word. Must not know files beyond the path that messages name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from xlconv.errors import WeightsError, meant
from xlconv.importers.npz import Head
from xlconv.importers.weights.layout import KERAS, LAYOUTS, Form, keras_forms
from xlconv.importers.weights.names import Naming, naming_of, says_kernel
from xlconv.importers.weights.sequence import names_in_order
from xlconv.importers.weights.types import check_floats
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.model import Array, check_weight_shapes
from xlconv.network.network import Network
from xlconv.network.shapes import Shape, shape_text

KERAS_EPSILON = 0.001  # of Keras's batch normalisation, where nobody says otherwise


@dataclass(frozen=True)
class Fit:
    """The file's name of each array that is taken, by the network's name of it (its own, where
    the network has none), those that are turned, and what of this people should know."""

    theirs: Mapping[str, str]
    forms: Mapping[str, Form]
    notes: tuple[str, ...]

    def weights(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """The arrays of the file by the network's names, in its order of axes."""
        return {
            own: self.forms[own].turn(arrays[name]) if own in self.forms else arrays[name]
            for own, name in self.theirs.items()
        }


@dataclass(frozen=True)
class _Shapes:
    """The shapes of the arrays of a file that a network knows, beside its own and Keras's."""

    path: Path
    naming: Naming
    found: Mapping[str, Shape]
    own: Mapping[str, Shape]
    forms: Mapping[str, tuple[Form, ...]]

    @property
    def turnable(self) -> list[str]:
        """The arrays that Keras has in another order of axes."""
        return [name for name in self.found if name in self.forms]

    def form(self, name: str) -> Form | None:
        """The way in which an array, as it is, would be one of Keras's."""
        forms = self.forms.get(name, ())
        return next((form for form in forms if form.shape == self.found[name]), None)

    def fits(self, name: str) -> bool:
        """Whether an array has the network's own order of axes."""
        return self.found[name] == self.own[name]

    def either(self, name: str) -> bool:
        """Whether shapes do not tell in which order an array is, and it matters."""
        return self.fits(name) and self.form(name) is not None and max(self.own[name]) > 1


def fit(
    path: Path,
    network: Network,
    heads: Mapping[str, Head],
    layout: str | None = None,
    whole: bool = True,
) -> Fit:
    """How the arrays of a file are a network's weights. With `whole` all of them must be there
    and nothing else may. Raises WeightsError for what does not fit, or may be meant otherwise."""
    if layout is not None and layout not in LAYOUTS:
        raise WeightsError(f"no layout {layout!r}; {meant(layout, LAYOUTS)}")
    naming = naming_of(network, heads)
    weights = {name: weight.shape for name, weight in network.all_weights.items()}
    found = {own: heads[name].shape for own, name in naming.theirs.items()}
    shapes = _Shapes(path, naming, found, weights, keras_forms(network))
    others = {name: name for name in naming.unknown}
    _check_names(shapes, network, {name: heads[name].shape for name in others}, whole)
    forms, notes = _turnings(shapes, layout, whole)
    if whole:
        check_weight_shapes(
            network, {own: forms[own].own if own in forms else found[own] for own in found}
        )
    theirs = {**naming.theirs, **others}
    for name in theirs.values():
        check_floats(path, name, heads[name])
    if layout == KERAS:
        notes += _epsilons(network)
    return Fit(theirs, forms, (*_lines(shapes, forms), *notes))


def _check_names(
    shapes: _Shapes, network: Network, others: Mapping[str, Shape], whole: bool
) -> None:
    """WeightsError for arrays that no layer has, with the way out if there is one."""
    known, code = shapes.naming.theirs, None
    if others and (whole or not known):
        code = names_in_order(shapes.path, network, others, shapes.forms, known)
    if code is not None:
        raise WeightsError(
            f"{shapes.path}: {', '.join(map(repr, list(others)[:2]))}, .. have no names of layers "
            f"of {network.name!r}, but their shapes fit in this order; if it is right, name them: "
            f"`{code}`"
        )
    if whole and others:
        check_weight_shapes(network, others)


def _turnings(
    shapes: _Shapes, layout: str | None, whole: bool
) -> tuple[dict[str, Form], list[str]]:
    """How arrays are turned, and what is doubtful about it."""
    if layout == KERAS:
        kerases = shapes.turnable
        if not whole:  # other shapes are no mistake, as after a change of the network
            kerases = [one for one in kerases if shapes.form(one) or shapes.fits(one)]
        return {name: _keras_form(shapes, name) for name in kerases}, []
    if layout is None:
        _check_turned(shapes)
        return {}, _doubts(shapes)
    return {}, []


def _keras_form(shapes: _Shapes, name: str) -> Form:
    form = shapes.form(name)
    if form is not None:
        return form
    given, own = shape_text(shapes.found[name]) or "scalar", shapes.own[name]
    where = f"{shapes.path}: {shapes.naming.theirs[name]!r}"
    if shapes.fits(name):
        others = [other for other in shapes.turnable if shapes.form(other) is not None]
        remedy = "leave --layout keras out"
        if others:
            remedy += f", and turn {', '.join(map(repr, others[:5]))} yourself"
        raise WeightsError(
            f"{where} is {given} already, the order of axes that the network has, not Keras's; "
            f"{remedy}"
        )
    forms = shapes.forms[name]
    wanted = " or ".join(f"{shape_text(form.shape)} ({form.words})" for form in forms)
    raise WeightsError(
        f"{where} has shape {given}, but of Keras's it should be {wanted or 'none'}, for the "
        f"{shape_text(own)} that the network needs; give weights of this network"
    )


def _check_turned(shapes: _Shapes) -> None:
    """WeightsError, with the way out, where arrays fit if they are turned."""
    unfit = [name for name in shapes.turnable if not shapes.fits(name)]
    turned = {name: form for name in unfit if (form := shapes.form(name)) is not None}
    sure = [name for name in shapes.turnable if shapes.fits(name) and shapes.form(name) is None]
    if turned and not sure:
        name, form = next(iter(turned.items()))
        raise WeightsError(
            f"{shapes.path}: {shapes.naming.theirs[name]!r} has shape {shape_text(form.shape)}; "
            f"turned, it is the {shape_text(form.own)} that {name!r} needs: Keras keeps it so "
            f"({form.words}); if these are Keras's, give --layout keras"
        )
    for name in unfit:
        axes = (1, 0) if name in turned else _axes(shapes.found[name], shapes.own[name])
        if axes is not None:
            theirs = shapes.naming.theirs[name]
            raise WeightsError(
                f"{shapes.path}: {theirs!r} has shape {shape_text(shapes.found[name])}; turned, "
                f"it is the {shape_text(shapes.own[name])} that {name!r} needs, but no --layout "
                f"fits all of the file: where it is loaded, turn it yourself, as in "
                f"`w[{theirs!r}] = w[{theirs!r}].transpose{axes}`"
            )


def _axes(found: Shape, own: Shape) -> tuple[int, ...] | None:
    """An order of axes, of those that programs have, in which a shape is another."""
    orders = ((0, 3, 1, 2), (3, 2, 0, 1), (2, 3, 0, 1), (3, 0, 1, 2), (1, 0, 2, 3), (1, 0))
    fitting = (
        axes
        for axes in orders
        if len(axes) == len(found) and tuple(found[axis] for axis in axes) == own
    )
    return next(fitting, None)


def _doubts(shapes: _Shapes) -> list[str]:
    """Notes on arrays of which nothing tells in which order they are; WeightsError if their
    names are Keras's."""
    doubtful = [name for name in shapes.turnable if shapes.either(name)]
    sure = [name for name in shapes.turnable if shapes.fits(name) and shapes.form(name) is None]
    if not doubtful or sure:
        return []
    said = ", ".join(f"{shapes.naming.theirs[name]} ({_size(shapes, name)})" for name in doubtful)
    kernels = [name for name in doubtful if says_kernel(shapes.naming.theirs[name])]
    if kernels:
        theirs = shapes.naming.theirs[kernels[0]]
        raise WeightsError(
            f"{shapes.path}: {theirs!r} is called as in Keras, and its {_size(shapes, kernels[0])} "
            "fit turned and as they are; give --layout keras to turn it, or --layout torch"
        )
    return [f"taken as they are, though they fit turned, too: {said}; --layout keras turns them"]


def _size(shapes: _Shapes, name: str) -> str:
    return shape_text(shapes.own[name])


def _epsilons(network: Network) -> list[str]:
    """Batch normalisations whose epsilon is not the one that Keras has by itself."""
    other = [
        f"{layer.name} {layer.epsilon:g}"
        for layer in network.layers
        if isinstance(layer, BatchNorm2D) and layer.epsilon != KERAS_EPSILON
    ]
    if not other:
        return []
    return [
        f"epsilon of batch normalisation: Keras's is {KERAS_EPSILON:g} unless it was set, "
        f"{', '.join(other)} here; no file of weights tells it"
    ]


def _lines(shapes: _Shapes, forms: Mapping[str, Form]) -> Iterator[str]:
    """An aligned line for each array that is called otherwise or turned, and for what is left
    out."""
    theirs = shapes.naming.theirs
    told = [own for own in shapes.own if own in theirs and (own in forms or theirs[own] != own)]
    width = max((len(theirs[own]) for own in told), default=0)
    wide = max(map(len, told), default=0)
    for own in told:
        words = _turning(shapes, own, forms[own]) if own in forms else ""
        yield f"{theirs[own]:<{width}}  ->  {own:<{wide}}  {words}".rstrip()
    for name in shapes.naming.counts:
        yield f"{name} is left out: it counts, and no layer computes with it"


def _turning(shapes: _Shapes, own: str, form: Form) -> str:
    words = f"{shape_text(form.shape)} turned to {shape_text(form.own)}"
    if form.reorders:
        words += ", inputs from cell by cell to map by map"
    if shapes.either(own):
        words += " (the shape fits either way)"
    return words
