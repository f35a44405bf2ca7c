"""The engines by their names; a new one is a line here.

Must not know how a program is run.
"""

from collections.abc import Callable

from xlconv.engines.engine import Engine
from xlconv.engines.formualizer import Formualizer
from xlconv.engines.gnumeric import Gnumeric
from xlconv.engines.libreoffice import LibreOffice
from xlconv.errors import EngineError, meant

ENGINES: dict[str, Callable[[], Engine]] = {
    Formualizer.name: Formualizer,
    LibreOffice.name: LibreOffice,
    Gnumeric.name: Gnumeric,
}


def engine_named(name: str) -> Engine:
    """The engine of a name; EngineError, naming those that exist, if there is none."""
    if name not in ENGINES:
        raise EngineError(f"no engine {name!r}; {meant(name, (*ENGINES, 'all', 'none'))}")
    return ENGINES[name]()
