"""Learners: they open a workbook of an exercise and fill it in, rightly or with a mistake.

Formulas are those that the network calls for, as a learner would type and copy them; the file is
saved by openpyxl, as many hand it in: without stored values.
"""

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import openpyxl
from support.books import random_image, random_model, sheet_parts
from support.edits import edited

import xlconv
from xlconv import Conv2D, Dense, MaxPool2D, Model, Network, ReLU, Softmax
from xlconv.book.book import FoundBook
from xlconv.formulas.layers.registry import layer_rules
from xlconv.sheets.exercise.parts import Part
from xlconv.sheets.exercise.places import ExercisePlaces, exercise_places
from xlconv.spreadsheet.cells import Range
from xlconv.spreadsheet.formula import moved_formula
from xlconv.state.exercise import exercise_of

Content = str | float | None
Change = Callable[[str, Part, int, int], Content]  # formula, part, row, column -> what is typed


def build_exercise(
    path: Path, model: Model, image: object, *layers: str, **options: object
) -> Path:
    """A workbook in which layers are left open."""
    exercise = exercise_of(model.network, layers, **options)  # type: ignore[arg-type]
    xlconv.build(path, model, image, exercise=exercise)  # type: ignore[arg-type]
    return path


def random_exercise(path: Path, network: Network, *layers: str) -> Path:
    """An exercise with random weights and a random picture."""
    return build_exercise(path, random_model(network, 1), random_image(network, 1), *layers)


def places_of(book: FoundBook) -> ExercisePlaces:
    places = exercise_places(book.network, book.layout)
    assert places is not None
    return places


def right_formulas(path: Path) -> dict[tuple[Part, int, int], str]:
    """What belongs into each open cell."""
    return dict(_right_formulas(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=4)  # many learners fill in one exercise
def _right_formulas(path: Path, saved: int) -> dict[tuple[Part, int, int], str]:
    book = xlconv.read_book(path)
    right = {}
    for part in places_of(book).parts:
        layer = book.network.layer(part.layer)
        rules = layer_rules(layer, book.network, replace(book.layout, open=frozenset()))
        rule = next(r for r in rules if (r.key, r.channel) == (part.key, part.channel))
        right |= {(part, r, c): f"={rule.text(r, c)}" for r, c in part.open.offsets()}
    return right


def right(formula: str, part: Part, row: int, column: int) -> Content:
    return formula


def filled_in(source: Path, target: Path, change: Change = right) -> Path:
    """A copy in which every open cell holds what `change` makes of the right formula."""
    rightly = _filled_in_rightly(source, source.stat().st_mtime_ns)
    otherwise = {}
    for (part, row, column), formula in right_formulas(source).items():
        content = change(formula, part, row, column)
        if content != formula:
            otherwise[part.open.cell(row, column).a1] = content
    target.write_bytes(rightly)
    return _typed_over(target, otherwise) if otherwise else target


@lru_cache(maxsize=2)
def _filled_in_rightly(source: Path, saved: int) -> bytes:
    """As openpyxl saves it, which takes it as long as marking does."""
    workbook, out = openpyxl.load_workbook(source), io.BytesIO()
    for (part, row, column), formula in right_formulas(source).items():
        workbook["Board"][part.open.cell(row, column).a1] = formula
    workbook.save(out)
    return out.getvalue()


def _typed_over(path: Path, contents: Mapping[str, Content]) -> Path:
    """The workbook with other contents in cells of the board that hold formulas."""
    waiting = dict(contents)

    def typed(cell: re.Match[str]) -> str:
        return f"{cell[1]}{_inside(waiting.pop(cell[2]))}" if cell[2] in waiting else cell[0]

    def edit(xml: str) -> str:
        return re.sub(r'(<c r="(\w+)"(?: s="\d+")?)><f>.*?</c>', typed, xml, flags=re.DOTALL)

    whole = path.with_name(f"{path.name}.old")
    path.rename(whole)
    edited(whole, path, edit, sheet_parts(whole)["Board"])
    whole.unlink()
    assert not waiting, f"there are no formulas in {[*waiting]}"
    return path


def _inside(content: Content) -> str:
    """What follows after a cell's style."""
    if content is None:
        return "/>"
    if isinstance(content, str) and content.startswith("="):
        return f"><f>{escape(content[1:])}</f><v></v></c>"
    if isinstance(content, str):
        return f' t="inlineStr"><is><t xml:space="preserve">{escape(content)}</t></is></c>'
    return f"><v>{content!r}</v></c>"


def written_in(source: Path, target: Path, spelled: Mapping[str, str] | None = None) -> Path:
    """A copy in which open cells hold right formulas, but for those of which `spelled` says what
    stands between <c> and </c>; everything else is as it was built."""
    cells = {
        part.open.cell(row, column).a1: f"<f>{escape(formula[1:])}</f><v>0</v>"
        for (part, row, column), formula in right_formulas(source).items()
    } | dict(spelled or {})

    def written(cell: re.Match[str]) -> str:
        inside = cells.pop(cell[2], None)
        return cell[0] if inside is None else f"{cell[1]}>{inside}</c>"

    def edit(xml: str) -> str:
        return re.sub(r'(<c r="(\w+)"[^>/]*)(?:/>|>.*?</c>)', written, xml, flags=re.DOTALL)

    edited(source, target, edit)
    assert not cells, f"there are no cells {[*cells]}"
    return target


def only(where: str, change: Change) -> Change:
    """The change in one layer, or in the parts of one key, all others right."""

    def changed(formula: str, part: Part, row: int, column: int) -> Content:
        return change(formula, part, row, column) if where in (part.layer, part.key) else formula

    return changed


NETWORK = Network(
    "small",
    (1, 8, 8),
    (
        Conv2D("conv1", 2, 3, padding="same"),
        ReLU("relu1"),
        Conv2D("conv2", 2, 3, padding="same", activation="relu"),
        MaxPool2D("pool"),
        Dense("dense", 3),
        Softmax("softmax"),
    ),
    ("cat", "7", "dog"),
)

LAYERS = ("conv1", "relu1", "conv2", "pool", "dense", "softmax")

MODEL = random_model(NETWORK, 3, 0.2, 0.5)
IMAGE = np.random.default_rng(4).random((1, 8, 8))


def _unfixed(formula: str, part: Part, row: int, column: int) -> str:
    """As if the first cell had been copied without any $."""
    here = moved_formula(formula[1:], -row, -column)
    return "=" + moved_formula(here.replace("$", ""), row, column)


def _shifted(rows: int, columns: int) -> Change:
    def shift(formula: str, part: Part, row: int, column: int) -> str:
        windows = re.compile(r"(?<![$A-Z])[A-Z]+\d+(:[A-Z]+\d+)?")
        return windows.sub(lambda m: moved_formula(m[0], rows, columns), formula)

    return shift


def _swapped(formula: str, part: Part, row: int, column: int) -> str:
    [(one, first), (other, second)] = re.findall(r"SUMPRODUCT\(([^,]*),([^)]*)\)", formula)
    rest = formula.rpartition("+")[2]
    return f"=MAX(0,SUMPRODUCT({one},{second})+SUMPRODUCT({other},{first})+{rest}"


def _first_map_twice(formula: str, part: Part, row: int, column: int) -> str:
    [(one, _), (other, _)] = re.findall(r"SUMPRODUCT\(([^,]*),([^)]*)\)", formula)
    return formula.replace(other, one)


def _other_kernel(formula: str, part: Part, row: int, column: int) -> str:
    """The kernel of the other map: kernels stand below each other, a map's height apart."""
    down = 1 if part.channel == 0 else -1
    pitch = PITCH * down
    return re.sub(
        r"\$([A-Z]+)\$(\d+):\$([A-Z]+)\$(\d+)",
        lambda m: f"${m[1]}${int(m[2]) + pitch}:${m[3]}${int(m[4]) + pitch}",
        formula,
    )


PITCH = 14  # rows from one map of NETWORK to the next; a test below says so


def substituted(pattern: str, new: str) -> Change:
    """The formula with what matches as something else."""
    return lambda formula, part, row, column: re.sub(pattern, new, formula)


def without_bias(formula: str, part: Part, row: int, column: int) -> str:
    return formula.rpartition("+")[0]


def _without_relu(formula: str, part: Part, row: int, column: int) -> str:
    return f"={formula[7:-1]}"


def _transposed(formula: str, part: Part, row: int, column: int) -> str:
    """Products written out, with the kernel's columns down."""
    window, kernel = (
        Range.parse(part) for part in re.findall(r"\$?[A-Z]+\$?\d+:\$?[A-Z]+\$?\d+", formula)
    )
    pairs = zip(window.offsets(), window.cells(), strict=True)
    terms = [f"{cell.a1}*{kernel.cell(across, down).absolute}" for (down, across), cell in pairs]
    return f"={'+'.join(terms)}+{formula.rpartition('+')[2]}"


FIRST_VALUE = "=SUMPRODUCT($CW$9:$CZ$12,$DM$9:$DP$12)+SUMPRODUCT($CW$29:$CZ$32,$DM$29:$DP$32)+$DS$9"
PRODUCTS = r"(SUMPRODUCT\([^)]*\))"
MISTAKES: dict[str, tuple[str, Change, str]] = {
    "one column to the right": (
        *("conv1", _shifted(0, 1)),
        "the window of input is off by one column to the right",
    ),
    "two rows up": ("conv1", _shifted(-2, 0), "the window of input is off by 2 rows up"),
    "pool off by one": ("pool", _shifted(0, 1), "is off by one column to the right"),
    "kernel not fixed": ("conv1", _unfixed, "the kernel is not fixed with $"),
    "fused: kernel not fixed": ("conv2", _unfixed, "the kernel is not fixed with $"),
    "maximum not fixed": ("softmax", _unfixed, "the largest logit is not fixed with $"),
    "bias forgotten": ("conv1", without_bias, "the bias is forgotten"),
    "dense: bias forgotten": ("dense", without_bias, "the bias is forgotten"),
    "ReLU forgotten": ("relu1", _without_relu, "ReLU is forgotten"),
    "fused ReLU forgotten": ("conv2", _without_relu, "ReLU is forgotten"),
    "a map left out": ("conv2", substituted(rf"\+{PRODUCTS}", ""), "relu1 map 2 is left out"),
    "one map twice": ("conv2", _first_map_twice, "relu1 map 2 is left out"),
    "kernels swapped": ("conv2", _swapped, "wrong channel"),
    "kernel of the other map": ("conv1", _other_kernel, "reads the kernel of map 2 instead of"),
    "sign": ("conv1", lambda f, p, r, c: f"=-({f[1:]})", "the sign is turned"),
    "smallest": ("pool", lambda f, p, r, c: f.replace("MAX", "MIN"), "takes the smallest"),
    "mean": ("pool", lambda f, p, r, c: f.replace("MAX", "AVERAGE"), "takes the mean"),
    "one cell short": (
        *(
            "pool",
            lambda f, p, r, c: re.sub(r":(\w+)", lambda m: ":" + moved_formula(m[1], 0, -1), f),
        ),
        "is 2 × 1 instead of 2 × 2",
    ),
    "a number as a formula": ("dense", lambda f, p, r, c: "=0.731", "reads no cell"),
    "a circle": ("relu1", lambda f, p, r, c: f"={p.open.cell(r, c).a1}+0", "reads itself"),
    "another sheet": ("relu1", lambda f, p, r, c: "=Explain!A1", "another sheet"),
    "an error": ("dense", lambda f, p, r, c: f"{f}+NOTHING(1)", "gives the error #NAME?"),
    "typed": ("dense", lambda f, p, r, c: 0.25, "was typed, which is not right"),
    "text": ("dense", lambda f, p, r, c: "two", "was typed, which is not right"),
    "no maximum": ("softmax", lambda f, p, r, c: f.partition("-")[0], "the largest logit"),
    "exp of the logit": (
        *("softmax", lambda f, p, r, c: re.sub(r"EXP\(\w+", f"EXP(DU{9 + r}", f)),
        "takes exp of the logit itself",
    ),
    "exp forgotten": ("softmax", substituted(r"EXP\((\w+)\)", r"\1"), "EXP is forgotten"),
    "sum not fixed": (
        *("softmax", lambda f, p, r, c: re.sub(r"/\$EF\$14", f"/EF{14 + r}", f)),
        "the sum of exp is not fixed with $: EF14 became EF15",
    ),
    "transposed": ("conv1", _transposed, "rows and columns of the kernel are swapped"),
    "mean of products": (
        *("conv2", substituted(PRODUCTS, r"\1/9")),
        "divides the sum of the products by 9",
    ),
    "rounded": ("conv1", lambda f, p, r, c: f"=ROUND({f[1:]},2)", "is rounded to 2 decimals"),
    "bias subtracted": (
        *("conv1", lambda f, p, r, c: "-".join(f.rsplit("+", 1))),
        "the bias is subtracted instead of added",
    ),
    "ReLU of each map": (
        *("conv2", substituted(PRODUCTS, r"MAX(0,\1)")),
        "ReLU is around each map's sum",
    ),
    "sign dropped": ("relu1", lambda f, p, r, c: f"=ABS({f[7:-1]})", "drops the sign"),
    "stride forgotten": (
        *("pool", lambda f, p, r, c: f"=MAX({moved_formula(f[5:-1], -r, -c)})"),
        "the stride is forgotten",
    ),
    "weights of another value": (
        *("dense", lambda f, p, r, c: FIRST_VALUE),
        "reads the weights of value 1 instead of value 2",
    ),
    "a circle of two": (
        *("relu1", lambda f, p, r, c: f"={p.open.cell(r, 1 - c).a1}" if r == 0 and c < 2 else f),
        "reads itself, by way of",
    ),
    "a lost reference": ("relu1", lambda f, p, r, c: "=#REF!+1", "gives the error #REF!"),
    "a formula as text": ("dense", lambda f, p, r, c: f" {f}", "holds a formula as text"),
    "a number as text": ("dense", lambda f, p, r, c: "0.25", "'0.25' is a text"),
    "a blank": ("dense", lambda f, p, r, c: " ", "holds a blank"),
}
