"""What does not fit, cannot be written or is interrupted: said in words, and no file harmed."""

import errno
import os
import pkgutil
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from openxml_audit import OpenXmlValidator
from support import books
from support.edits import edited

import xlconv
from xlconv import Concat, Conv2D, Dense, MaxPool2D, Model, Network, ReLU, Softmax, load_template
from xlconv.compiler import compile_book
from xlconv.errors import LimitError, OutputError
from xlconv.formulas.layers.base import Rule
from xlconv.formulas.limits import fitting
from xlconv.importers.gallery import template_gallery
from xlconv.sheets.board.formulas import board_rules
from xlconv.sheets.board.places import plan
from xlconv.spreadsheet.cells import Range

MAX_ROWS, MAX_COLUMNS, MAX_FORMULA, MAX_TEXT = 1_048_576, 16_384, 8_192, 32_767

SMALL = Network(
    "small",
    (1, 6, 5),
    (Conv2D("edges", 2, 3, bias=False), MaxPool2D("pool"), Dense("dense", 3), Softmax("softmax")),
)


def zeros(network: Network) -> Model:
    """A model without a thought to its numbers."""
    shapes = [network.weight_shapes(layer) for layer in network.layers]
    return Model(network, {name: np.zeros(s) for one in shapes for name, s in one.items()})


def one_picture(channels: int, height: int, width: int, *layers: object) -> Network:
    return Network("large", (channels, height, width), layers or (ReLU("relu"),))  # type: ignore[arg-type]


FEW_ROWS = 3_000  # for what takes long before it is too large for a worksheet
TOO_LARGE = {
    "columns of the picture": (one_picture(1, 1, 16_390), "input", "columns", MAX_COLUMNS),
    "columns of a layer": (one_picture(1, 1, 9_000), "relu", "columns", MAX_COLUMNS),
    "rows of the picture": (one_picture(1, MAX_ROWS, 1), "input", "rows", MAX_ROWS),
    "rows of many maps": (one_picture(1_200, 1, 1), "input", "rows", FEW_ROWS),
    "rows of kernels": (one_picture(1, 1, 1, Conv2D("many", 900, 1)), "many", "rows", FEW_ROWS),
    "length of a sum over maps": (
        one_picture(400, 1, 1, Dense("wide_sum", 1)),
        "wide_sum",
        "characters",
        MAX_FORMULA,
    ),
    "length of a convolution": (
        one_picture(400, 2, 2, Conv2D("deep", 1, 2, activation="relu")),
        "deep",
        "characters",
        MAX_FORMULA,
    ),
}


@pytest.mark.parametrize("what", TOO_LARGE)
def test_what_does_not_fit_is_refused_by_name_and_number(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, layer, unit, limit = TOO_LARGE[what]
    if limit == FEW_ROWS:
        monkeypatch.setattr("xlconv.sheets.board.places.MAX_ROWS", FEW_ROWS)
    image = np.zeros(network.input_shape)
    with pytest.raises(LimitError) as caught:
        xlconv.build(tmp_path / "book.xlsx", zeros(network), image)
    message = str(caught.value)
    assert ("the picture" if layer == "input" else f"layer {layer!r}") in message
    found = re.search(rf"([\d,]+) {unit}, ([\d,]+) more than Excel's ([\d,]+)", message)
    assert found is not None, message
    needed, over, allowed = (int(number.replace(",", "")) for number in found.groups())
    assert allowed == limit
    assert over == needed - limit > 0
    assert "\n" not in message
    assert list(tmp_path.iterdir()) == []


CROWDS = {
    "maps": one_picture(1, 2, 2, Conv2D("many", 300, 1)),
    "maps with scales of their own": one_picture(1, 2, 2, Conv2D("many", 100, 1)),
    "channels": one_picture(300, 2, 2),
    "columns of a window": one_picture(1, 1, 300, MaxPool2D("pool", (1, 300))),
    "rows of a window": one_picture(1, 4_200, 1, Dense("dense", 1)),
    "inputs": Network(
        "large",
        (1, 1, 1),
        (
            *(ReLU(f"relu_{number}", inputs=("input",)) for number in range(60)),
            Concat("all", inputs=tuple(f"relu_{number}" for number in range(60))),
        ),
    ),
}


@pytest.mark.parametrize("what", CROWDS)
def test_no_formula_of_a_crowd_is_too_much_for_excel(
    what: str, build_book: books.BuildBook
) -> None:
    """Neither too long, nor with too many arguments, nor too deep."""
    path = build_book(CROWDS[what]).path
    assert xlconv.verify(path, random=0).verdict == "agrees"
    for sheet in books.sheet_parts(path):
        for formula in {cell.formula for cell in books.xml_cells(path, sheet).values()} - {None}:
            assert len(formula) <= MAX_FORMULA, f"{sheet}: {formula}"
            arguments, deep = counted(formula)
            assert arguments <= 255, f"{sheet}: {formula}"
            assert deep <= 64, f"{sheet}: {formula}"


def counted(formula: str) -> tuple[int, int]:
    """The most arguments of a function, and how many parentheses stand in each other."""
    most, deep, open_ones = 0, 0, [1]
    for sign in re.sub(r'"[^"]*"|[^(),]', "", formula):
        if sign == "(":
            open_ones.append(1)
            deep = max(deep, len(open_ones) - 1)
        elif sign == ",":
            open_ones[-1] += 1
            most = max(most, open_ones[-1])
        elif sign == ")":
            open_ones.pop()
    return most, deep


def test_too_many_arguments_are_refused() -> None:
    cells = ",".join(f"$A${number}" for number in range(1, 257))
    place, formula = Range(1, 1, 1, 1), f"MAX({cells})"
    rule = Rule("scales", "scales:end_relu_2", None, place, formula, tensor="relu_2")
    network = one_picture(1, 2, 2, ReLU("relu_2"))
    with pytest.raises(LimitError, match=r"layer 'relu_2' .* 256 arguments .* 1 more than .* 255"):
        fitting([rule], network)
    with pytest.raises(LimitError, match="a formula of the answer of layer 'relu_2' does not fit"):
        fitting([replace(rule, block="answer", tensor="")], network)
    with pytest.raises(LimitError, match="a formula of the picture does not fit"):
        fitting([replace(rule, tensor="input")], network)
    fits = replace(rule, formula=rule.formula.replace(",$A$256", ""))
    assert fitting([fits], network) == [fits]


def test_an_inspector_beyond_the_sheet_is_refused(
    build_book: books.BuildBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its list of terms is as long as the largest window."""
    monkeypatch.setattr("xlconv.sheets.explain.places.MAX_ROWS", 120)
    network = one_picture(1, 10, 12, ReLU("relu"), Dense("dense", 1), Dense("second", 1))
    with pytest.raises(LimitError, match=r"layer 'dense' .*sheet Works: .* 125 rows, 5 more"):
        build_book(network)


def test_the_number_of_columns_is_that_of_the_board(monkeypatch: pytest.MonkeyPatch) -> None:
    """The column at which a layer is said to end is the one where it would end."""
    network, *_ = TOO_LARGE["columns of a layer"]
    with pytest.raises(LimitError) as caught:
        plan(network)
    monkeypatch.setattr("xlconv.sheets.board.places.MAX_COLUMNS", 10**9)
    said = re.search(r"ends at ([\d,]+) columns", str(caught.value))
    assert said is not None
    assert int(said[1].replace(",", "")) == plan(network).tensors["relu"].maps[0].right


def test_the_length_of_a_formula_is_the_longest_of_its_layer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = one_picture(400, 1, 1, Dense("wide_sum", 3))
    layout = plan(network)
    with pytest.raises(LimitError) as caught:
        board_rules(network, layout)
    said = re.search(r"([\d,]+) characters", str(caught.value))
    monkeypatch.setattr("xlconv.formulas.limits.MAX_FORMULA_LENGTH", 10**9)
    longest = max(len(text) for rule in board_rules(network, layout) for text in rule.texts())
    assert said is not None
    assert int(said[1].replace(",", "")) == longest


def test_the_longest_text_of_a_rule_is_found_for_every_kind_of_layer() -> None:
    """Whether one text is moved over a map or each cell has its own; $A$9 becomes $A$10."""
    layers = (
        Conv2D("conv", 2, 2),
        MaxPool2D("pool", 2, stride=1),
        Conv2D("strided", 2, 2, stride=2),
        MaxPool2D("halved", 2),
    )
    network = Network("n", (1, 20, 60), layers)
    rules = {rule.block: rule for rule in board_rules(network, plan(network)) if not rule.channel}
    for name in network.shapes.keys() - {"input"}:
        longest = max(map(len, rules[name].texts()))
        assert rules[name].longest == longest > len(rules[name].formula), name


EDGES = {
    "an answer": SMALL,
    "maps": Network("n", (2, 4, 3), (Conv2D("edges", 2, 2, padding="same"), ReLU("relu"))),
    "a picture of one column": Network("n", (1, 9, 1), (Dense("dense", 1),)),
    "classes": Network("n", (1, 1, 1), (Dense("dense", 20), Softmax("softmax"))),
    "kernels with biases": Network("n", (3, 2, 2), (Conv2D("edges", 1, 2), ReLU("relu"))),
    "units in a grid": Network("n", (1, 3, 3), (Conv2D("a", 3, 2), Dense("dense", 7))),
}


def last_cells(network: Network) -> tuple[int, int]:
    """The last row and the last column in which a board has anything."""
    book = compile_book(books.random_model(network, 0), books.random_image(network, 0))
    places = [place for place, _ in books.drawn_ranges(book.sheets[1])]
    return max(place.bottom for place in places), max(place.right for place in places)


@pytest.mark.parametrize("what", EDGES)
def test_no_board_goes_beyond_the_last_row(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer, steps of softmax and biases too: the limit is moved to one row before the last."""
    network = EDGES[what]
    row, _ = last_cells(network)
    monkeypatch.setattr("xlconv.sheets.board.places.MAX_ROWS", row - 1)
    with pytest.raises(LimitError, match="rows"):
        last_cells(network)
    monkeypatch.setattr("xlconv.sheets.board.places.MAX_ROWS", row + 2)
    assert last_cells(network)[0] == row


@pytest.mark.parametrize("what", EDGES)
def test_a_board_may_use_the_last_column(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is moved to the end of the last band, and then one column before it."""
    network = EDGES[what]
    _, column = last_cells(network)
    layout = plan(network)
    band = max(one.last for one in (*layout.bands, *layout.wings))
    assert column <= band
    monkeypatch.setattr("xlconv.sheets.board.places.MAX_COLUMNS", band)
    assert last_cells(network)[1] == column
    monkeypatch.setattr("xlconv.sheets.board.places.MAX_COLUMNS", column - 1)
    with pytest.raises(LimitError, match="columns"):
        last_cells(network)


@pytest.mark.parametrize("last", ["a number", "a map"])
def test_a_full_worksheet_is_a_valid_file(
    last: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A board that reaches the last column, with the widths of its columns; the limit is moved, as
    it takes most of a minute to explain a window of so many cells."""
    limit = 900
    for place in ("sheets.board.places", "xlsx.parts.skeleton"):
        monkeypatch.setattr(f"xlconv.{place}.MAX_COLUMNS", limit)
    for length in range(300, limit):
        layer = MaxPool2D("pool", (1, length)) if last == "a number" else ReLU("relu")
        network = one_picture(1, 1, length, layer)
        try:
            plan(network)
        except LimitError:
            break
        largest = network
    xlconv.build(tmp_path / "book.xlsx", Model(largest, {}), np.ones(largest.input_shape))
    with zipfile.ZipFile(tmp_path / "book.xlsx") as archive:
        board = archive.read("xl/worksheets/sheet2.xml").decode()
    assert max(int(last) for last in re.findall(r'<col [^>]*max="(\d+)"', board)) <= limit
    [dimension] = re.findall(r'<dimension ref="([^"]+)"', board)
    assert openpyxl.utils.cell.range_boundaries(dimension)[2] <= limit


def test_no_formula_of_a_file_is_longer_than_the_limit(
    build_book: books.BuildBook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The texts grow on the way: $A$9 becomes $A$10, A9 becomes AA10 in the last cell."""
    network = Network(
        "n",
        (3, 12, 30),
        (Conv2D("edges", 2, 2), MaxPool2D("pool", (1, 2)), Dense("dense", 40, bias=False)),
    )
    lengths, path = [], build_book(network).path
    for place, cell in [*books.xml_cells(path).items(), *books.xml_cells(path, "Model").items()]:
        if cell.formula:
            reached = (
                list(books.cells_of(cell.attributes["ref"]))
                if "ref" in cell.attributes
                else [place]
            )
            lengths += [len(books.copied(cell.formula, place, other)) for other in reached]
    longest = max(lengths)
    monkeypatch.setattr("xlconv.formulas.limits.MAX_FORMULA_LENGTH", longest)
    build_book(network, name="fits.xlsx")
    monkeypatch.setattr("xlconv.formulas.limits.MAX_FORMULA_LENGTH", longest - 1)
    with pytest.raises(LimitError, match=f"{longest:,} characters, 1 more"):
        build_book(network, name="too_long.xlsx")
    assert not (tmp_path / "too_long.xlsx").exists()


def test_no_text_is_longer_than_a_cell_can_hold(tmp_path: Path) -> None:
    """Together the labels would not fit into a cell, which Excel would repair."""
    path = tmp_path / "book.xlsx"
    labels = tuple(f"{'a class among many others':120}{n:06}" for n in range(300))
    network = Network("n", (1, 1, 1), (Dense("dense", len(labels)),), labels)
    xlconv.build(path, zeros(network), np.zeros((1, 1, 1)))
    longest = max(
        len(cell.value)
        for sheet in openpyxl.load_workbook(path)
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str)
    )
    assert longest <= MAX_TEXT
    assert xlconv.read_book(path).network.labels == labels


def test_numbers_that_no_cell_can_hold_are_refused(tmp_path: Path) -> None:
    network = Network("n", (1, 1, 1), (Dense("dense", 1, bias=False), Dense("second", 1)))
    weights = {"dense.weight": [[1e300]], "second.weight": [[1e300]], "second.bias": [0.0]}
    model = Model(network, {name: np.array(array) for name, array in weights.items()})
    with pytest.raises(LimitError, match="too large"), np.errstate(over="ignore"):
        xlconv.build(tmp_path / "book.xlsx", model, np.ones((1, 1, 1)))
    assert list(tmp_path.iterdir()) == []


OLD = b"what somebody keeps here"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A file that is there before the build."""
    path = tmp_path / "book.xlsx"
    path.write_bytes(OLD)
    return path


def build_small(path: Path, **options: bool) -> None:
    xlconv.build(path, books.random_model(SMALL, 0), books.random_image(SMALL, 0), **options)  # type: ignore[arg-type]


def test_an_existing_file_is_kept_unless_it_may_be_replaced(kept: Path) -> None:
    with pytest.raises(OutputError, match=re.escape(str(kept))):
        build_small(kept, overwrite=False)
    assert kept.read_bytes() == OLD
    build_small(kept, overwrite=True)
    assert xlconv.verify(kept).verdict == "agrees"
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_a_network_that_does_not_fit_replaces_nothing(kept: Path) -> None:
    network, *_ = TOO_LARGE["columns of a layer"]
    with pytest.raises(LimitError):
        xlconv.build(kept, zeros(network), np.zeros(network.input_shape))
    assert kept.read_bytes() == OLD


def failing(
    after: int, error: BaseException, original: Callable[..., object]
) -> Callable[..., object]:
    """A function that does as the original so many times, then raises."""
    calls = iter(range(after))

    def fail(*arguments: object, **options: object) -> object:
        if next(calls, None) is None:
            raise error
        return original(*arguments, **options)

    return fail


DEPTHS = {
    "while the cells are rendered": ("xlconv.xlsx.rows.column_letters", 50),
    "while a part is deflated": ("zipfile._ZipWriteFile.write", 3),
    "at the last part": ("xlconv.xlsx.rows.SharedStrings.xml", 0),
    "when the archive is closed": ("zipfile.ZipFile._write_end_record", 0),
    "when it is renamed": ("pathlib.Path.replace", 0),
}
INTERRUPTIONS = [
    RuntimeError("pulled the plug"),
    KeyboardInterrupt(),
    OSError(errno.ENOSPC, "full"),
]


@pytest.mark.parametrize("error", INTERRUPTIONS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("when", DEPTHS)
def test_an_interrupted_build_leaves_the_old_file_and_nothing_else(
    when: str, error: BaseException, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, after = DEPTHS[when]
    monkeypatch.setattr(target, failing(after, error, pkgutil.resolve_name(target)))
    expected = OutputError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected):
        build_small(kept)
    monkeypatch.undo()
    assert kept.read_bytes() == OLD
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


@contextmanager
def as_nobody() -> Iterator[None]:
    """As a user whom permissions hold back: root may write anywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter; pytest's own are for one user."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for path in folder.iterdir():
            path.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are another thing on Windows")
@pytest.mark.parametrize("mode", [0o555, 0o000], ids=["read-only", "closed"])
def test_a_folder_without_permission_is_said(mode: int, open_folder: Path, tmp_path: Path) -> None:
    build_small(tmp_path / "first.xlsx")  # so that all that is imported late has been
    folder = open_folder / "guarded"
    folder.mkdir()
    folder.chmod(mode)
    with as_nobody(), pytest.raises(OutputError, match="Permission denied") as caught:
        build_small(folder / "book.xlsx")
    assert str(folder / "book.xlsx") in str(caught.value)
    folder.chmod(0o755)
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_none_is_said(tmp_path: Path, kept: Path) -> None:
    for target in (tmp_path / "nowhere" / "book.xlsx", kept / "book.xlsx"):
        with pytest.raises(OutputError, match=re.escape(str(target))):
            build_small(target)
    with pytest.raises(OutputError, match="folder"):
        build_small(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]


def findings(path: Path) -> set[tuple[str, str]]:
    """What the audit says of a file, without the places."""
    result = OpenXmlValidator(max_errors=0).validate(path)
    return {(str(error.part_uri), error.description) for error in result.errors}


AUDITED = {
    "small": SMALL,
    "maps alone": Network("n", (1, 4, 4), (Conv2D("edges", 1, 3, padding="same"),)),
    "strange texts": Network(
        '<n> & "m"', (2, 3, 3), (Dense("dense", 4),), ("=1+1", "<b>", "a & b", "🐈 ' \"")
    ),
}


@pytest.fixture(scope="module")
def empty_findings(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    path = tmp_path_factory.mktemp("audit") / "empty.xlsx"
    openpyxl.Workbook().save(path)
    return findings(path)


@pytest.mark.parametrize("name", AUDITED)
def test_the_audit_finds_nothing_in_a_network(
    name: str, build_book: books.BuildBook, empty_findings: set[tuple[str, str]]
) -> None:
    assert findings(build_book(AUDITED[name]).path) - empty_findings == set()


@pytest.mark.parametrize("name", ["conv-example", "multilabel"])
def test_the_audit_finds_nothing_in_a_template(
    name: str, tmp_path: Path, empty_findings: set[tuple[str, str]]
) -> None:
    """The others have the same parts; more pictures, pixels and layers are more of the same cells,
    each of which takes the audit long."""
    template = load_template(name)
    every = template_gallery(template.about, template.network, template.image)
    model = books.smaller(name, (1, 14, 16))
    pictures = every.pictures[:2, :, 6:20, 6:22]
    two = xlconv.Gallery(pictures, every.labels[:2], every.names[:2])
    xlconv.build(tmp_path / "book.xlsx", model, two.image, gallery=two)
    assert findings(tmp_path / "book.xlsx") - empty_findings == set()


def test_the_audit_sees_what_is_wrong(build_book: books.BuildBook, tmp_path: Path) -> None:
    """That it finds nothing above says something: a cell of no known kind is found."""
    nonsense = "<sheetData><nonsense/>"
    bad = edited(
        build_book(SMALL).path,
        tmp_path / "bad.xlsx",
        lambda xml: xml.replace("<sheetData>", nonsense, 1),
    )
    assert findings(bad)
