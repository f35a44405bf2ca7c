"""The manifest: what a workbook says about itself, as text on its `Model` sheet.

TOML, one line a cell, under the defined name `xlconv_network`: xlconv's version, the
palette and the network. Must not know how cells are written or read.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from xlconv.errors import BookError, NetworkError
from xlconv.network.description import network_of, network_text, read_toml
from xlconv.network.network import Network
from xlconv.state.exercise import Exercise, exercise_of
from xlconv.state.sheet_names import SHEETS

NAME = "xlconv_network"
MAX_PICTURES = 1000


def range_name(sheet: str) -> str:
    """The hidden name of all that stands on a sheet: it follows when the sheet is renamed, and
    grows and shrinks with its rows and columns."""
    return f"xlconv_{sheet.lower()}"


@dataclass(frozen=True)
class Manifest:
    """xlconv's version, the palette's name, the network, how many pictures the gallery has, if
    there is one, the exercise, if it is one, whether it holds the kernels that training started
    from, and the rows and columns of each sheet, by its first
    name."""

    version: str
    palette: str
    network: Network
    pictures: int | None = None
    exercise: Exercise | None = None
    started: bool = False
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def manifest_lines(manifest: Manifest) -> list[str]:
    """The manifest, line by line."""
    head = f'xlconv = "{manifest.version}"\npalette = "{manifest.palette}"\n'
    if manifest.pictures is not None:
        head += f"pictures = {manifest.pictures}\n"
    if manifest.exercise is not None:
        head += f"exercise = {_exercise_text(manifest.exercise)}\n"
    if manifest.started:
        head += "started = true\n"
    if manifest.sizes:
        sizes = (f"{sheet} = [{rows}, {wide}]" for sheet, (rows, wide) in manifest.sizes.items())
        head += f"sheets = {{ {', '.join(sizes)} }}\n"
    return (head + network_text(manifest.network)).rstrip("\n").split("\n")


def _exercise_text(exercise: Exercise) -> str:
    """An exercise as a TOML table in one line."""
    table = {"layers": list(exercise.layers), **{key: getattr(exercise, key) for key in _OPTIONS}}
    # JSON's texts, numbers and lists are TOML's, too.
    pairs = (
        f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in table.items() if v is not None
    )
    return f"{{ {', '.join(pairs)} }}"


_OPTIONS = ("first", "seed", "student")


def parse_manifest(lines: list[str], where: str) -> Manifest:
    """The manifest that lines of text spell; BookError, naming `where` they stand, if none."""
    try:
        table = read_toml("\n".join(lines), where)
        network = network_of(table, where)
    except NetworkError as error:
        raise BookError(
            f"{where}: the network's text cannot be read: {str(error).removeprefix(f'{where}: ')}; "
            "undo the change to it or build the workbook again"
        ) from error
    pictures = table.get("pictures")
    if pictures is not None and (type(pictures) is not int or not 1 <= pictures <= MAX_PICTURES):
        raise BookError(
            f"{where}: pictures is {pictures!r}, not a number from 1 to {MAX_PICTURES}; "
            "undo the change to it or build the workbook again"
        )
    palette = str(table.get("palette", "lesson"))
    exercise = _exercise(table.get("exercise"), network, where)
    sizes = table.get("sheets", {})
    if not isinstance(sizes, dict) or not all(map(_is_size, sizes.values())):
        raise BookError(
            f"{where}: sheets is not the rows and columns of each sheet; undo the change to it or "
            "build the workbook again"
        )
    known = {name: (rows, wide) for name, (rows, wide) in sizes.items() if name in SHEETS}
    return Manifest(
        version=str(table.get("xlconv", "?")),
        palette=palette,
        network=network,
        pictures=pictures,
        exercise=exercise,
        started=table.get("started") is True,
        sizes=known,
    )


def _is_size(size: object) -> bool:
    return isinstance(size, list) and len(size) == 2 and all(type(n) is int and n > 0 for n in size)


def _exercise(table: object, network: Network, where: str) -> Exercise | None:
    if table is None:
        return None
    try:
        if not isinstance(table, dict) or not {*table} <= {"layers", *_OPTIONS}:
            raise NetworkError("it is no table of layers, first, seed and student")
        layers = table.get("layers")
        return exercise_of(
            network,
            layers if isinstance(layers, list) else (),
            **{key: table.get(key) for key in _OPTIONS},
        )
    except NetworkError as error:
        raise BookError(
            f"{where}: the exercise cannot be read: {error}; undo the change to it"
        ) from error
