"""The folder listing is the pipeline: imports go one way between packages, none go round in
circles, and the two computations of the same mathematics do not know each other."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "xlconv"

# Each package, or module at the top, may import only from itself and those before it.
ORDER = [
    *("__init__", "errors", "system", "spreadsheet", "network", "reference", "images", "state"),
    *("formulas", "xlsx", "training", "importers", "sheets", "compiler", "book", "engines"),
    *("verification", "grading", "rendering", "commands", "__main__"),
]
# The two sides of the same mathematics: modules that match the one never import the other.
APART = [
    (r"reference(\.|$)", r"formulas(\.|$)"),
    (r"formulas(\.|$)", r"reference(\.|$)"),
    (r"sheets\.(\w+\.)*\w*numbers$", r"(sheets\.(\w+\.)*\w*formula\w*|formulas)(\.|$)(?!places)"),
    (r"sheets\.(\w+\.)*\w*formulas?\w*$", r"(sheets\.(\w+\.)*\w*numbers|reference)(\.|$)"),
    (r"xlsx(\.|$)", r"network(\.|$)"),
    (r"engines(\.|$)", r"network(\.|$)"),
]
# What only some packages or modules may know.
ONLY = {
    "openpyxl": r"xlsx\.parts(\.|$)",
    "typer": r"commands(\.|$)",
    "rich": r"commands(\.|$)",
    "PIL": r"(images|rendering)(\.|$)",
    "onnx": r"importers\.onnx$",
    "formualizer": r"engines\.evaluator$",
}
MOST_ENTRIES, MOST_MODULES, MOST_LINES, LONGEST_FUNCTION = 22, 14, 400, 50


def module_name(path: Path, package: Path = PACKAGE) -> str:
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "__init__"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = {module_name(path): path for path in FILES}


def imports(code: ast.Module, name: str, is_package: bool) -> Iterator[str]:
    """Every module that code may import, wherever and however: absolute or relative, by name,
    by attribute of the package, or in a text."""
    parents = name.split(".") if is_package else name.split(".")[:-1]
    parents = [] if name == "__init__" else parents
    for node in ast.walk(code):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ["xlconv", *parents[: len(parents) - node.level + 1]] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"^xlconv(?:\.\w+)+$", node.value)


def own(found: Iterable[str], known: Iterable[str]) -> set[str]:
    """Those of xlconv's modules that imports name: `xlconv.a.b.thing` is `a.b`."""
    modules = set(known)
    names = set()
    for one in found:
        parts = one.split(".")
        if parts[0] != "xlconv":
            continue
        inside = [".".join(parts[1:end]) for end in range(2, len(parts) + 1)]
        names.add(next((name for name in reversed(inside) if name in modules), "__init__"))
    return names


@cache
def reads(name: str) -> frozenset[str]:
    """The modules of xlconv that one imports itself."""
    path = NAMES[name]
    found = imports(tree(path), name, path.name == "__init__.py")
    return frozenset(own(found, NAMES) - {name})


def top(name: str) -> str:
    return name.partition(".")[0]


def backwards(name: str, read: Iterable[str]) -> set[str]:
    """Those of the modules that one reads which stand below it."""
    return {one for one in read if ORDER.index(top(one)) > ORDER.index(top(name))}


def forbidden(name: str, read: Iterable[str]) -> set[str]:
    """Those of the modules that one reads which it must not know."""
    return {
        other
        for own, others in APART
        if re.match(own, name)
        for other in read
        if re.match(others, other)
    }


def strangers(name: str, found: Iterable[str]) -> set[str]:
    """Libraries that code imports and a module must not know."""
    heads = {one.partition(".")[0] for one in found}
    return {library for library, place in ONLY.items() if library in heads} - {
        library for library, place in ONLY.items() if re.match(place, name)
    }


def test_every_package_has_its_place() -> None:
    tops = {top(name) for name in NAMES}
    assert tops == set(ORDER)
    for own_pattern, others in APART:
        assert any(re.match(own_pattern, name) for name in NAMES), own_pattern
        assert any(re.match(others, name) for name in NAMES), others


def test_imports_between_packages_go_one_way() -> None:
    wrong = {name: backwards(name, reads(name)) for name in NAMES if name != "__init__"}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_no_imports_go_round_in_circles_inside_a_package() -> None:
    # Importing `a.b` runs `a`, too, which reads nothing where it only says what lives there.
    within = {
        name: {one for one in reads(name) if top(one) == top(name) and reads(one)} for name in NAMES
    }
    try:
        TopologicalSorter(within).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_two_sides_and_the_file_format_know_only_what_they_may() -> None:
    wrong = {name: forbidden(name, reads(name)) for name in NAMES}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_libraries_are_known_where_they_belong() -> None:
    wrong = {
        name: strangers(name, imports(tree(path), name, path.name == "__init__.py"))
        for name, path in NAMES.items()
    }
    assert {name: found for name, found in wrong.items() if found} == {}


PLANTED = {
    "from xlconv.reference.forward import forward": "reference.forward",
    "from xlconv.reference import forward": "reference.forward",
    "import xlconv.reference.forward": "reference.forward",
    "import xlconv.reference.forward as truth": "reference.forward",
    "import xlconv\nxlconv.reference.forward.forward(1, 2)": "reference.forward",
    "import importlib\nimportlib.import_module('xlconv.reference.forward')": "reference.forward",
    "from ...reference.forward import forward": "reference.forward",
    "from ... import reference": "reference",
    "def late():\n    from ...reference import forward": "reference.forward",
}


@pytest.mark.parametrize("code", PLANTED)
def test_planted_imports_are_seen(code: str) -> None:
    """A module of the formulas' side that imports the other side is caught, however it does."""
    name = "formulas.layers.dense"
    read = own(imports(ast.parse(code), name, False), NAMES)
    assert PLANTED[code] in forbidden(name, read)


def test_planted_steps_backwards_circles_and_strangers_are_seen() -> None:
    assert backwards("network.network", {"sheets.numbers", "errors"}) == {"sheets.numbers"}
    assert forbidden("sheets.explain.numbers", {"sheets.explain.formulas"})
    assert forbidden("sheets.model.formulas", {"sheets.model.numbers"})
    assert forbidden("xlsx.reader", {"network.network"}) == {"network.network"}
    assert strangers("sheets.styles", ["openpyxl.styles"]) == {"openpyxl"}
    assert strangers("xlsx.parts.skeleton", ["openpyxl.styles", "typer"]) == {"typer"}
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()


def test_packages_say_what_lives_there_and_import_nothing_heavy() -> None:
    packages = {name for name, path in NAMES.items() if path.name == "__init__.py"} - {"__init__"}
    assert len(packages) > 20
    for name in packages:
        found = {one.partition(".")[0] for one in imports(tree(NAMES[name]), name, True)}
        assert not found & {"xlconv", "numpy", *ONLY}, name


def test_every_module_says_what_it_owns() -> None:
    assert [name for name, path in NAMES.items() if not ast.get_docstring(tree(path))] == []


def test_the_listing_stays_short() -> None:
    entries = [path for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert len(entries) <= MOST_ENTRIES
    for folder in {path.parent for path in FILES}:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= MOST_MODULES, folder


def test_modules_and_functions_stay_small() -> None:
    for name, path in NAMES.items():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES, name
        for node in ast.walk(tree(path)):
            # A command is mostly the declaration of its options; its body is what counts.
            if isinstance(node, ast.FunctionDef):
                lines = (node.body[-1].end_lineno or 0) - node.body[0].lineno + 1
                assert lines <= LONGEST_FUNCTION, f"{name}.{node.name} has {lines} lines"
