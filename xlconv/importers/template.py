"""Templates: folders that hold a network's description, its weights and a sample picture.

Owns the keys of `template.toml` and where templates are found: beside the package in a
checkout, inside it in a wheel, or in any folder that the user names. Must not know what
is made of a template.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from xlconv.errors import TemplateError, WeightsError, meant
from xlconv.images.load import load_image
from xlconv.importers.weights.load import Say, load_weights
from xlconv.network.beginnings import first_convolution, kernels_of
from xlconv.network.description import NETWORK_KEYS, check_keys, network_of, read_toml
from xlconv.network.model import Array, Model
from xlconv.network.network import Network
from xlconv.system.files import is_file, is_folder, open_stream
from xlconv.training.scenes import DIGITS

DEFAULT = "lesson3"
DESCRIPTION_FILE = "template.toml"
WEIGHTS_FILE = "weights.npz"
MEASURED_FILE = "measured.json"
SMALL_DATA = "digits"


@dataclass(frozen=True)
class Measured:
    """What `benchmarks/quality/accuracy.py` measured with a template's weights, whose file it names
    by its SHA-256: `value` of a `measure` ("accuracy", "macro F1") on so many test pictures."""

    measure: str
    value: float
    pictures: int
    weights: str


@dataclass(frozen=True)
class Description:
    """What a `template.toml` says.

    `data` says what the network was trained and tested with, `scene` what training makes of
    the digits that it is given (see `scenes`); `start` holds weights that training begins from,
    `training` the recipe that `xlconv train` follows, `image` the file of the sample picture.
    `gallery` names the folder of its other pictures, or "digits" (see `gallery`).
    With `photo`, users' pictures are taken as they are rather than prepared as digits.
    `measured` is None where there is nothing to measure.
    """

    folder: Path
    network: Network
    title: str
    description: str
    data: str
    scene: str
    palette: str
    image: str | None
    photo: bool
    gallery: str | None
    measured: Measured | None
    start: Mapping[str, Array]
    training: Mapping[str, Any]


@dataclass(frozen=True)
class Template(Model):
    """A model that comes with its description and a sample picture of shape (C, H, W).

    It is a `Model`, so it can be given wherever one is wanted. `start` are kernels that training
    began with, by their full names, as far as they are known.
    """

    about: Description
    image: Array
    start: Mapping[str, Array] = field(default_factory=dict)

    @property
    def model(self) -> Model:
        """The network and its weights alone."""
        return Model(self.network, self.weights)


def template_folder() -> Path:
    """Where the shipped templates are: inside the package (wheel) or beside it (checkout)."""
    package = Path(__file__).resolve().parent.parent
    shipped = package / "_templates"
    return shipped if shipped.is_dir() else package.parent / "templates"


def template_names() -> list[str]:
    """The names of the shipped templates, the default first."""
    names = sorted(path.parent.name for path in template_folder().glob(f"*/{DESCRIPTION_FILE}"))
    return sorted(names, key=lambda name: name != DEFAULT)


def load_template(
    name: str | Path = DEFAULT,
    weights: Path | None = None,
    layout: str | None = None,
    say: Say | None = None,
) -> Template:
    """The template of a name, or in a folder of the user's own.

    `weights` replaces the template's own weights file. `layout` "keras" turns weights whose axes
    stand in Keras's order; `say` is told, a line each, which array is which where names differ,
    and which is turned. Raises TemplateError if there is no
    such template, NetworkError and WeightsError if what it says does not fit together.
    """
    about = describe_template(name)
    if about.image is None:
        raise TemplateError(
            f"{about.folder / DESCRIPTION_FILE}: 'image' is missing; name a picture file"
        )
    picture = load_image(about.folder / about.image, about.network.input_shape, raw=True)
    file = weights or about.folder / WEIGHTS_FILE
    arrays = load_weights(file, about.network, layout, say)
    return Template(about.network, arrays, about, picture.pixels, _known_start(about, file))


def start_file(weights: Path) -> Path:
    """Where the kernels stand that the training of a weights file began with."""
    return weights.with_name(f"{weights.stem}.start.npz")


def _known_start(about: Description, weights: Path) -> dict[str, Array]:
    """The first convolution's kernels before training, if they were kept and fit."""
    layer, file = first_convolution(about.network), start_file(weights)
    if layer is None or not file.is_file():
        return {}
    name = kernels_of(layer)
    found = load_weights(file).get(name)
    fits = found is not None and found.shape == about.network.weight_shapes(layer)[name]
    return {name: found} if fits and found is not None else {}


def known_start(model: Model) -> Array:
    """The first convolution's kernels before training, if a model knows them; else nothing."""
    layer = first_convolution(model.network)
    if layer is None or not isinstance(model, Template):
        return np.empty((0, 0, 0, 0))
    return model.start.get(kernels_of(layer), np.empty((0, 0, 0, 0)))


def own_model(about: Description) -> Model | None:
    """A template's network with its own weights, if it has any that fit."""
    try:
        return Model(about.network, load_weights(about.folder / WEIGHTS_FILE, about.network))
    except WeightsError:
        return None


def describe_template(name: str | Path = DEFAULT) -> Description:
    """What a template says of itself, without its weights: all that training needs."""
    folder = _find(name)
    path = folder / DESCRIPTION_FILE
    table = {"name": folder.resolve().name, **read_toml(_text(path), str(path))}
    check_keys(table, (*NETWORK_KEYS, *(key for key, _, _ in _TYPES)), str(path))
    network = network_of(table, str(path))
    for key, kind, what in _TYPES:
        if not isinstance(table.get(key, kind()), kind):
            raise TemplateError(f"{path}: {key} is {table[key]!r}; give {what}")
    _check_texts(path, table)
    return Description(
        folder,
        network,
        table.get("title", network.name),
        " ".join(table.get("description", "").split()),
        " ".join(table.get("data", "").split()),
        table.get("scene", DIGITS),
        table.get("palette", "lesson"),
        table.get("image"),
        table.get("photo", False),
        table.get("gallery"),
        _measured_accuracy(folder),
        {key: _start(path, key, value) for key, value in table.get("start", {}).items()},
        table.get("training", {}),
    )


def _text(path: Path) -> str:
    try:
        with open_stream(path) as stream:
            data = stream.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise TemplateError(f"{path}: too large: more than {_MAX_BYTES:,} bytes; shorten it")
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise TemplateError(f"{path}: not text in UTF-8 ({error}); save it as UTF-8") from error
    except OSError as error:
        raise TemplateError(f"{path}: cannot be read ({error.strerror or error})") from error


def _check_texts(path: Path, table: Mapping[str, Any]) -> None:
    """TemplateError for what no cell can show, and for a picture outside the folder."""
    for key, most in (("name", 200), ("title", 1_000), ("description", 20_000)):
        text = str(table.get(key, ""))
        if len(text) > most:
            raise TemplateError(
                f"{path}: {key} has {len(text):,} characters; give at most {most:,}"
            )
        wrong = next((c for c in text if not c.isprintable() and not c.isspace()), None)
        if wrong is not None:
            raise TemplateError(f"{path}: {key} holds {wrong!r}, which is no letter; leave it out")
    image = Path(table.get("image", "picture"))
    if not image.parts or image.is_absolute() or ".." in image.parts or "\0" in str(image):
        raise TemplateError(
            f"{path}: image is {str(image)!r}; name a picture file inside the template's folder"
        )


_MAX_BYTES = 1_000_000
_TYPES = (
    ("title", str, "a text"),
    ("description", str, "a text"),
    ("data", str, "a text"),
    ("scene", str, "the name of a scene"),
    ("palette", str, "the name of a palette"),
    ("image", str, "the name of a picture file in the template's folder"),
    ("photo", bool, "true or false"),
    ("gallery", str, 'the name of a folder of pictures in the template\'s, or "digits"'),
    ("start", dict, "a table, headed [start], of nested lists of numbers"),
    ("training", dict, "a table, headed [training]"),
)


def small_data() -> Path:
    """The folder of the few hundred digits that xlconv ships."""
    return template_folder() / SMALL_DATA


def _measured_accuracy(folder: Path) -> Measured | None:
    """What was measured with the weights that the folder holds now, and with no others."""
    path, weights = folder / MEASURED_FILE, folder / WEIGHTS_FILE
    if not path.is_file() or not weights.is_file():
        return None
    try:
        measured = Measured(**json.loads(path.read_text(encoding="utf-8")))
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        return measured if measured.weights == digest else None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise TemplateError(
            f"{path}: cannot be read ({error}); make it with benchmarks/quality/accuracy.py"
        ) from error


def _start(path: Path, key: str, value: object) -> Array:
    try:
        return np.array(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TemplateError(f"{path}: start {key!r} is not a nested list of numbers") from error


def _find(name: str | Path) -> Path:
    shipped = template_folder() / name
    if str(name) in template_names():
        return shipped
    folder = Path(name)
    if is_file(folder / DESCRIPTION_FILE):
        return folder
    if is_folder(folder):
        raise TemplateError(
            f"{folder}: no {DESCRIPTION_FILE} in this folder; see docs/templates.md"
        )
    raise TemplateError(
        f"no template {str(name)!r}; {meant(name, template_names())} "
        f"(or give a folder that holds a {DESCRIPTION_FILE})"
    )
