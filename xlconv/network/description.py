"""The network's text: TOML, both ways.

Owns the words in which a template and a workbook's `Model` sheet describe a network, and how long
and how deep somebody's text may be. Must not know where the text is kept, nor anything of weights.

    name = "tiny"
    input = [1, 28, 28]
    labels = ["0", "1"]

    [[layers]]
    name = "conv1"
    kind = "Conv2D"
    kernels = 2
    size = 3
    padding = "same"
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from xlconv.errors import LimitError, NetworkError, meant
from xlconv.network.layers.base import Layer, sources
from xlconv.network.layers.kinds import KINDS
from xlconv.network.layers.settings import settings
from xlconv.network.limits import check_layers
from xlconv.network.network import Network

MOST_NUMBER = 10**15  # from which on numbers are not looked at one by one
MOST_TEXT = 2_000_000  # characters of a network's text
_LONGEST_NAME = 2_000
_MOST_PARTS = 100  # of a dotted key: its time grows with the square of their number
_LIKE_KEYS = re.compile(r"[^\w.\"' \t-]")
_DOTTED = re.compile(r"\.[ \t]*[\"'A-Za-z_-]")
_LONG_LINE = 200
NETWORK_KEYS = ("name", "input", "labels", "layers")


def network_text(network: Network) -> str:
    """A network as TOML that `network_of` reads back to an equal one."""
    lines = [
        f"name = {_toml(network.name)}",
        f"input = {_toml(network.input_shape)}",
        *_labels(network.labels),
    ]
    for layer in network.layers:
        described = {
            "name": layer.name,
            "kind": type(layer).__name__,
            "inputs": sources(layer),
            **settings(layer),
        }
        lines += [
            "",
            "[[layers]]",
            *(f"{key} = {_toml(value)}" for key, value in described.items()),
        ]
    return "\n".join(lines) + "\n"


def _labels(labels: tuple[str, ...]) -> list[str]:
    """One line for a few labels, a line each for many: a cell holds 32,767 characters."""
    line = f"labels = {_toml(labels)}"
    if len(line) <= _LONG_LINE:
        return [line]
    return ["labels = [", *(f"    {_toml(label)}," for label in labels), "]"]


def read_toml(text: str, where: str) -> dict[str, Any]:
    """TOML text as tables; NetworkError, naming `where` it stands, if it is not TOML."""
    check_text(text, where)
    try:
        table = tomllib.loads(text)
    except ValueError as error:  # numbers of thousands of digits, too
        raise NetworkError(f"{where}: not valid TOML: {error}") from error
    except RecursionError as error:
        raise NetworkError(f"{where}: nested too deeply; give a simpler text") from error
    check_table(table, where)
    return table


def network_of(table: Mapping[str, Any], where: str) -> Network:
    """The network that a table with the keys `name`, `input`, `labels`, `layers` describes.

    Raises NetworkError, naming `where` the text stands, for missing and unknown keys, and for what
    is too large.
    """
    for key in ("name", "input", "layers"):
        if key not in table:
            raise NetworkError(
                f"{where}: {key!r} is missing; see docs/templates.md for a template's keys"
            )
    shape, layers, labels = table["input"], table["layers"], table.get("labels", [])
    if not isinstance(shape, list):
        raise NetworkError(f"{where}: input is {shape!r}; give [channels, height, width]")
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise NetworkError(f"{where}: 'layers' must be tables, each headed [[layers]]")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise NetworkError(f"{where}: labels is {labels!r}; give a list of texts")
    try:
        check_layers(layers)
        made = tuple(
            _layer(layer, f"{where}, layer {number}") for number, layer in enumerate(layers, 1)
        )
        return Network(str(table["name"]), tuple(shape), made, tuple(labels))
    except LimitError as error:
        raise NetworkError(f"{where}: {error}") from error


def check_keys(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    """NetworkError for the first key of a table that is not known, with the nearest one that is."""
    for key in table:
        if key not in known:
            raise NetworkError(f"{where}: unknown key {key!r}; {meant(key, known)}")


def _layer(table: Mapping[str, Any], where: str) -> Layer:
    kind = KINDS.get(str(table.get("kind")))
    if kind is None:
        raise NetworkError(
            f"{where}: kind is {table.get('kind')!r}; {meant(table.get('kind'), KINDS)}"
        )
    members = [member for member in fields(kind) if member.name not in kind.unwritten]
    names = tuple(member.name for member in members)
    check_keys(table, ("kind", *names), f"{where} ({kind.__name__})")
    required = [member.name for member in members if member.default is MISSING]
    for name in required:
        if name not in table:
            raise NetworkError(f"{where} ({kind.__name__}): {name!r} is missing")
    values = {key: table[key] for key in names if key in table}
    return kind(**{key: _frozen(value) for key, value in values.items()})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return f"[{', '.join(_toml(member) for member in value)}]"
    if isinstance(value, str):
        # A JSON string is a TOML basic string, but for one character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    if isinstance(value, int | float):
        return repr(value)
    raise NotImplementedError(f"no TOML for {type(value).__name__}")


# ---- limits


def check_text(text: str, where: str) -> None:
    """NetworkError if a network's text is longer, or its keys deeper, than any network's."""
    if len(text) > MOST_TEXT:
        raise NetworkError(
            f"{where}: a network's text of {len(text):,} characters; give at most {MOST_TEXT:,}"
        )
    if any(piece.count(".") > _MOST_PARTS for piece in _LIKE_KEYS.split(text)) or any(
        len(_DOTTED.findall(line)) > _MOST_PARTS for line in text.splitlines()
    ):
        raise NetworkError(f"{where}: nested too deeply; give a simpler text")


def check_table(table: Mapping[str, Any], where: str) -> None:
    """NetworkError, naming it, for a number or a text that no network has."""
    for name, value in _settings(table):
        if isinstance(value, int) and abs(value) > MOST_NUMBER:
            raise NetworkError(
                f"{where}: {name} is {_short(value)}, more than a worksheet holds; make it smaller"
            )
        if isinstance(value, str) and len(value) > _LONGEST_NAME:
            raise NetworkError(
                f"{where}: {name} is a text of {len(value):,} characters; shorten it"
            )


def _settings(table: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Every number and text of a table, with the name of what it sets."""
    waiting: list[tuple[str, Any]] = list(table.items())
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [(name, one) for one in value]
        else:
            yield name, value


def _short(value: int) -> str:
    return f"{value:,}" if abs(value) < 10**15 else f"a number of {value.bit_length():,} bits"
