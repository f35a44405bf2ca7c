"""The engines by their names; a new one is a function and a line here.

Must not know how a program is run.
"""

from __future__ import annotations

from collections.abc import Callable

from xlconv.engines.engine import Engine
from xlconv.errors import EngineError, meant


def _formualizer() -> Engine:
    from xlconv.engines.formualizer import Formualizer

    return Formualizer()


def _libreoffice() -> Engine:
    from xlconv.engines.libreoffice import LibreOffice

    return LibreOffice()


def _gnumeric() -> Engine:
    from xlconv.engines.gnumeric import Gnumeric

    return Gnumeric()


ENGINES: dict[str, Callable[[], Engine]] = {
    "formualizer": _formualizer,
    "libreoffice": _libreoffice,
    "gnumeric": _gnumeric,
}


def engine_named(name: str) -> Engine:
    """The engine of a name; EngineError, naming those that exist, if there is none."""
    if name not in ENGINES:
        raise EngineError(f"no engine {name!r}; {meant(name, (*ENGINES, 'all', 'none'))}")
    return ENGINES[name]()
