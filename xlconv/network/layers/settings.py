"""Settings: a layer's, as descriptions and cells spell them.

Must not know where they are written.
"""

from __future__ import annotations

from dataclasses import fields

from xlconv.network.layers.base import Layer

# Settings that say nothing at these values, and that no description needs.
_SILENT = (("dilation", (1, 1)), ("groups", 1))


def settings(layer: Layer) -> dict[str, object]:
    """A layer's settings by name, without its name, its links and what says nothing."""
    names = [field.name for field in fields(layer) if field.name not in ("name", "inputs")]
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

    >>> from xlconv.network.layers.base import Dropout
    >>> setting_of(Dropout("d"), "active", 1.0), setting_of(Dropout("d"), "rate", None)
    (True, 0.0)
    """
    now = getattr(layer, setting)
    if isinstance(now, bool):
        return {1.0: True, 0.0: False, None: False}.get(cell, cell)  # type: ignore[call-overload]
    if isinstance(now, str):
        names = {name.lower(): name for name in getattr(layer, "kernels", ())}
        return names.get(cell.lower(), cell) if isinstance(cell, str) else cell
    return 0.0 if cell is None else cell
