"""The folder listing is the pipeline: imports go one way, and the two computations of the same
mathematics do not know each other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "xlconv"

# Each module may import only from those before it.
ORDER = [
    *(
        "errors",
        "_version",
        "printable",
        "interrupts",
        "files",
        "grid",
        "layers",
        "settings",
        "shapes",
        "bounds",
        "labels",
        "network",
    ),
    *("text_bounds", "notation"),
    *("exercise", "signs", "gallery", "operators", "counts", "reference", "choices", "variation"),
    *("scenes", "datasets", "augmentation", "gradients", "losses", "recipe", "training"),
    "checkpoints",
    *("evaluation", "blocks", "palette", "desk", "places", "pitches", "layout"),
    *("inspector", "inspector_places", "receptive", "desk_steps", "seeing", "outcomes", "saying"),
    *("explaining", "exercise_places", "exercise_steps", "expected"),
    *("formulas", "size_formulas", "layer_rules", "rules"),
    *("desk_formulas", "boxes", "desk_rules"),
    *("inspector_formulas", "sentences", "inspector_rules"),
    *("model_columns", "exercise_formulas", "exercise_rules"),
    *("words", "exercise_blocks", "captions", "colouring", "desk_blocks", "lower"),
    *("planes", "scans", "ink", "digits", "images", "arrays", "templates", "collecting"),
    *("sheets.sizes", "sheets.costs", "sheets.model", "sheets"),
    *("sheets.guide", "sheets.images", "sheets.explain", "sheets.exercise", "manifest"),
    *("rows", "parts", "writer", "compiler"),
    *(
        "number_formats",
        "container",
        "markup",
        "outside",
        "parcel",
        "cells",
        "located",
        "renaming",
        "spills",
    ),
    *(
        "reader",
        "plain",
        "found_choices",
        "shifts",
        "moves",
        "workbook",
        "retyping",
        "trials",
        "unfinished",
    ),
    *("lettering", "views", "inscriptions", "painting", "rendering"),
    *("engines", "engines.programs", "engines.confined", "engines.formualizer"),
    "engines.libreoffice",
    *("engines.gnumeric", "engines.second", "engines.evaluator"),
    *("isolation", "misunderstandings", "precedents", "wrong_values", "mistakes", "unjudged"),
    *("marks", "grading", "submissions"),
    *("comparison", "report", "structure", "appearance", "displaced", "changes", "stored"),
    *("live", "verification"),
    *("showing", "notebooks", "terminal_pictures", "terminal", "terminal_report", "terminal_marks"),
    *("ending", "grade_command", "train_command", "cli", "__main__"),
]
# The registry of engines names the modules that implement its own protocol.
EXCEPTIONS = {
    ("engines", "engines.formualizer"),
    ("engines", "engines.libreoffice"),
    ("engines", "engines.gnumeric"),
}
KNOW_OPENPYXL = {"parts"}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own_imports(path: Path) -> set[str]:
    names = {name.removeprefix("xlconv.") for name in imports(path) if name.startswith("xlconv.")}
    return names & set(ORDER)


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def test_every_module_has_its_place() -> None:
    assert {module_name(path) for path in FILES} == set(ORDER)


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_imports_go_one_way(path: Path) -> None:
    name = module_name(path)
    above = set(ORDER[: ORDER.index(name)])
    allowed = above | {other for own, other in EXCEPTIONS if own == name} | {name}
    assert own_imports(path) <= allowed


def reached(name: str) -> set[str]:
    """All modules that one imports, directly or not."""
    files = {module_name(path): path for path in FILES}
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        for other in own_imports(files[waiting.pop()]) - seen:
            seen.add(other)
            waiting.append(other)
    return seen


def test_reference_and_formulas_do_not_know_each_other() -> None:
    assert not reached("reference") & {"formulas", "size_formulas", "rules", "lower", "layout"}
    assert "counts" in reached("reference")
    for text in ("formulas", "size_formulas"):
        assert not reached(text) & {"reference", "counts", "network", "layers"}
    for rules in ("rules", "sheets.sizes", "sheets.costs"):
        assert not reached(rules) & {"reference", "counts"}
    assert "lower" not in reached("verification")


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_only_the_writers_parts_know_openpyxl(path: Path) -> None:
    knows = any(name.split(".")[0] == "openpyxl" for name in imports(path))
    assert knows == (module_name(path) in KNOW_OPENPYXL)


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_every_module_says_what_it_owns(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        # A command is mostly the declaration of its options; its body is what counts.
        if isinstance(node, ast.FunctionDef):
            lines = node.body[-1].end_lineno - node.body[0].lineno + 1  # type: ignore[operator]
            assert lines <= 50, f"{node.name} has {lines} lines"
