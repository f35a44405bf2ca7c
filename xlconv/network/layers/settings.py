"""Settings of layers: which values make sense by themselves, and how descriptions and cells spell
them.

Must not know where they are written.
"""

from collections.abc import Iterable
from dataclasses import fields
from typing import TypeGuard

from xlconv.errors import NetworkError
from xlconv.network.layers.base import Layer
from xlconv.spreadsheet.cells import SMALLEST_NUMBER

Pair = int | tuple[int, int]
# Settings that say nothing at these values, and that no description needs.
_SILENT = (("dilation", (1, 1)), ("groups", 1))


def pair_of(layer: str, setting: str, value: Pair, least: int = 1) -> tuple[int, int]:
    """One whole number, or two for rows and columns, as two; NetworkError for anything else."""
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2 or not all(type(number) is int and number >= least for number in pair):
        raise NetworkError(
            f"layer {layer!r}: {setting} is {value!r}; give one whole number from {least}, "
            "or two of them for rows and columns"
        )
    return pair[0], pair[1]


def padding_of(layer: str, value: str | Pair) -> str | tuple[int, int]:
    """ "same", "valid", or a pair of whole numbers from 0; NetworkError for anything else."""
    if isinstance(value, str):
        if value not in ("same", "valid"):
            raise NetworkError(
                f'layer {layer!r}: padding is {value!r}; give "same", "valid", a whole number '
                "from 0, or two of them for rows and columns"
            )
        return value
    return pair_of(layer, "padding", value, least=0)


def check_positive(layer: str, setting: str, value: int) -> None:
    """NetworkError but for a whole number from 1."""
    if type(value) is not int or value < 1:
        raise NetworkError(f"layer {layer!r}: {setting} is {value!r}; give a whole number from 1")


def check_true_or_false(layer: str, setting: str, value: bool) -> None:
    """NetworkError but for a bool."""
    if type(value) is not bool:
        raise NetworkError(f"layer {layer!r}: {setting} is {value!r}; give true or false")


def check_one_of(layer: str, setting: str, value: object, allowed: Iterable[str]) -> None:
    """NetworkError but for one of some names."""
    if value not in (names := tuple(allowed)):
        raise NetworkError(
            f"layer {layer!r}: {setting} is {value!r}; give one of {', '.join(names)}"
        )


def is_number(value: object) -> TypeGuard[float]:
    """Whether a setting is a number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_share(layer: str, setting: str, value: float, one: bool = False) -> None:
    """NetworkError but for a number from 0 to below 1, or with `one` to 1."""
    if not is_number(value) or not (0 <= value < 1 or (one and value == 1)):
        end = "to" if one else "below"
        raise NetworkError(f"layer {layer!r}: {setting} is {value!r}; give a number from 0 {end} 1")
    if 0 < value < SMALLEST_NUMBER:
        raise NetworkError(
            f"layer {layer!r}: {setting} is {value!r}, smaller than any number of a spreadsheet "
            f"but 0; give 0, or a number from {SMALLEST_NUMBER:.2e}"
        )


def pair(value: Pair | str | None) -> tuple[int, int]:
    """A layer's `size`, `stride` or `padding`, which its constructor has made a pair, as one."""
    assert isinstance(value, tuple)
    return value


def settings(layer: Layer) -> dict[str, object]:
    """A layer's settings by name, without its name, its links and what no description has."""
    silent = ("name", "inputs", *layer.unwritten)
    names = [field.name for field in fields(layer) if field.name not in silent]
    values = {name: getattr(layer, name) for name in names}
    return {
        name: value
        for name, value in values.items()
        if value is not None and (name, value) not in _SILENT
    }


def setting_cell(value: object) -> float | str:
    """What stands in a cell for the value of a control: 1 and 0 for true and false.

    >>> setting_cell(True), setting_cell(0.5), setting_cell("blur")
    (1.0, 0.5, 'blur')
    """
    return value if isinstance(value, str) else float(value)  # type: ignore[arg-type]


def setting_of(layer: Layer, setting: str, cell: object) -> object:
    """The value of a control that a cell spells, as spreadsheets read it: empty is 0, the case of
    letters says nothing. What has no meaning is given back for the layer to refuse.

    >>> from xlconv.network.layers.dropout import Dropout
    >>> setting_of(Dropout("d"), "active", 1.0), setting_of(Dropout("d"), "rate", None)
    (True, 0.0)
    """
    now = getattr(layer, setting)
    if isinstance(now, bool):
        return {1.0: True, 0.0: False, None: False}.get(cell, cell)  # type: ignore[call-overload]
    if isinstance(now, str):
        names = {name.lower(): name for name in layer.control_options}
        return names.get(cell.lower(), cell) if isinstance(cell, str) else cell
    return 0.0 if cell is None else cell
