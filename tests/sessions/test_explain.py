"""The sheet Explain in LibreOffice: a cell of every layer of every template, chosen from the lists,
is taken apart as NumPy takes it apart."""

import re
from collections.abc import Container
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.books import TemplateBook, with_setting
from support.libreoffice import UnoSession
from support.sessions import (
    MIXED,
    SKIPPED,
    Grid,
    LearningBook,
    Step,
    all_close,
    explain,
    random_book,
    verifies,
)
from support.terms import Parts, Place, Question, Window, places_to_try, taken_apart

from xlconv import BatchNorm2D, Dropout, LeakyReLU, Model, Network, ReLU, Sigmoid, Tanh
from xlconv.sheets.explain.places import SENTENCE, InspectorPlaces, inspector_places
from xlconv.sheets.panel.places import USED
from xlconv.spreadsheet.cells import Range
from xlconv.state.sheet_names import EXPLAIN

TEMPLATES = (
    *("lesson3", "edges", "dropout", "resnet", "lenet5", "multilabel", "rgb", "conv-example"),
)
LARGE = ("resnet", "lenet5", "multilabel", "rgb")
BEYOND = (99, 999, 12345)
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:E[+-]?\d+)?(?!\w)")


def plain(template_book: TemplateBook, name: str) -> LearningBook:
    """The book of a template without a gallery."""
    book = template_book(name, plain=True)
    return LearningBook(book.path, book.model, None, book.image)


def looked_at(places: InspectorPlaces) -> dict[str, Range]:
    """What is read of the sheet after each choice."""
    own = (
        *("board", "result", "equal", "then_name", "then", "fact_names", "facts", "captions"),
        *("heads", "reads", "weights", "products", "sums"),
    )
    return {
        "used": USED,
        "sentence": Range.of(SENTENCE),
        "for": places.favour,
        "for_words": places.words_of(places.favour),
        "against": places.against,
        "against_words": places.words_of(places.against),
        **{key: getattr(places, key) for key in own},
    }


def whole(places: InspectorPlaces) -> Range:
    """All of that in one range, which is read many times as fast."""
    return Range.around(looked_at(places).values())


def part_of(grid: Grid, whole: Range, place: Range) -> Grid:
    """The part of what was read of a whole range."""
    rows = grid[place.row - whole.row : place.bottom - whole.row + 1]
    left = place.column - whole.column
    return [row[left : left + place.width] for row in rows]


def asked_of(book: LearningBook, steps: list[Step], drawn: dict[str, list[Range]]) -> list[Step]:
    """Steps that choose a cell, then those that read all that is shown, and what was drawn."""
    shown = whole(inspector_places(book.network, book.layout))
    read = ["read", f"{EXPLAIN}!{shown.a1}"]
    return [*steps, read, *(["read", p.a1] for maps in drawn.values() for p in maps)]


def drawn_places(book: LearningBook) -> dict[str, list[Range]]:
    """Where random numbers stand."""
    keys = book.network.random_shapes
    return {key: list(book.layout.inner[key].maps) for key in keys}


class Shown:
    """What the sheet shows of one cell, part by part."""

    def __init__(self, book: LearningBook, answers: list[Grid]) -> None:
        self.places = inspector_places(book.network, book.layout)
        everything, ranges = whole(self.places), looked_at(self.places)
        self.grids = {key: part_of(answers[0], everything, place) for key, place in ranges.items()}
        self.drawn, rest = {}, [np.array(grid, float) for grid in answers[1:]]
        for key, maps in drawn_places(book).items():
            self.drawn[key] = np.array(rest[: len(maps)]).reshape(book.network.random_shapes[key])
            rest = rest[len(maps) :]

    def one(self, key: str) -> object:
        return self.grids[key][0][0]

    def column(self, key: str) -> list[object]:
        return [row[0] for row in self.grids[key]]


def check(book: LearningBook, layer: str, place: Place, shown: Shown) -> None:
    """All that is shown of a cell against what NumPy makes of it."""
    tensors = book.forward(drawn=shown.drawn) | shown.drawn
    question = Question(book.model, tensors, book.network.layer(layer), place)
    parts, what = taken_apart(question), f"{book.network.name}: {layer} {place}"
    number = [one.name for one in book.network.layers].index(layer) + 1
    assert shown.column("used") == [number, *(n + 1 for n in place)], what
    expected = question.array(layer)[place]
    all_close([shown.one("board"), shown.one("result"), parts.result], [expected] * 3, what)
    assert shown.one("equal") == "✓", what
    check_maps(parts, shown, what)
    check_facts(parts, shown, what)
    check_strongest(parts, shown, what)
    said = [*parts.said, *check_then(book.network, question, shown, what)]
    check_sentence(str(shown.one("sentence")), said, what)


def same_grid(found: Grid, expected: list[list[object]], what: str) -> None:
    """Cell by cell: texts are equal, numbers near; beyond what is expected there is nothing."""
    for row, line in enumerate(found):
        for column, value in enumerate(line):
            wanted: object = ""
            if row < len(expected) and column < len(expected[row]):
                wanted = expected[row][column]
            if isinstance(wanted, str) or isinstance(value, str):
                assert value == wanted, f"{what}, {row}, {column}"
            else:
                near = abs(value - wanted) <= 1e-11 * (1 + abs(wanted))  # type: ignore[operator]
                assert near, f"{what}, {row}, {column}: {value}, not {wanted}"


def drawn_as(windows: list[Window], key: str) -> list[list[object]]:
    """A row for each caption, then a window's numbers; nothing where nothing is read."""
    rows: list[list[object]] = []
    for window in windows:
        array = getattr(window, key)
        array = np.full(window.reads.shape, np.nan) if array is None else array
        rows.append([])
        rows += [["" if np.isnan(n) else float(n) for n in line] for line in array]
    return rows


def check_maps(parts: Parts, shown: Shown, what: str) -> None:
    windows = parts.windows
    for key in ("reads", "weights", "products"):
        same_grid(shown.grids[key], drawn_as(windows, key), f"{what}: {key}")
    captions: list[list[object]] = []
    sums: list[list[object]] = []
    for window in windows:
        lines = [[f"row {row}"] for row in window.rows]
        captions += [[window.caption], *lines]
        total = "" if window.products is None else float(window.products.sum())
        sums += [[total], *([""] for _ in window.rows)]
    same_grid(shown.grids["captions"], captions, f"{what}: captions")
    same_grid(shown.grids["sums"], sums, f"{what}: sums")
    heads: list[list[object]] = [[float(column) for column in windows[0].columns]]
    same_grid(shown.grids["heads"], heads, f"{what}: heads")


def check_facts(parts: Parts, shown: Shown, what: str) -> None:
    facts = {key: number for key, number in parts.facts.items() if key != "exp"}
    same_grid(shown.grids["fact_names"], [[key] for key in facts], f"{what}: facts")
    same_grid(shown.grids["facts"], [[number] for number in facts.values()], f"{what}: facts")


def check_strongest(parts: Parts, shown: Shown, what: str) -> None:
    """The five largest and the five most negative products, in order, and in words what they are
    made of and where that stands."""
    products = np.sort(parts.products) if parts.weighted else np.zeros(0)
    favour, against = products[products > 0][::-1][:5], products[products < 0][:5]
    for key, numbers in (("for", favour), ("against", against)):
        same_grid(shown.grids[key], [[float(n)] for n in numbers], f"{what}: {key}")
        words = shown.column(f"{key}_words")
        assert words[len(numbers) :] == [""] * (5 - len(numbers)), what
        for product, text in zip(numbers, words, strict=False):
            assert text in words_of(parts, float(product)), f"{what}: {key}"


def words_of(parts: Parts, product: float) -> set[str]:
    """The words that would do for a product: equal ones stand in several places."""
    found = set()
    for window in parts.windows:
        assert window.products is not None
        assert window.weights is not None
        for i, j in np.argwhere(np.abs(window.products - product) <= 1e-11 * (1 + abs(product))):
            value, weight = _short(window.reads[i, j]), _short(window.weights[i, j])
            column = f", column {window.columns[j]}" if shown_column(window) else ""
            place = f"{window.caption}, row {window.rows[i]}{column}"
            found |= {f"{v} × {w}: {place}" for v in value for w in weight}
    return found


def shown_column(window: Window) -> bool:
    """Vectors have no columns worth naming; no map here has a single one."""
    return window.reads.shape != (window.reads.size, 1) or window.reads.size == 1


def _short(number: float) -> set[str]:
    """A number with two digits, rounded as spreadsheets do, either way where it is in doubt."""
    return {f"{round(number + push, 2) + 0.0:.15g}" for push in (-1e-9, 0.0, 1e-9)}


ACTIVATIONS = (ReLU, LeakyReLU, Tanh, Sigmoid, BatchNorm2D)


def check_then(network: Network, asked: Question, shown: Shown, what: str) -> list[float]:
    """The activation behind the layer; the numbers that are said of it."""
    readers = [one for one in network.readers(asked.layer.name) if isinstance(one, ACTIVATIONS)]
    if not readers:
        assert (shown.one("then_name"), shown.one("then")) == ("", ""), what
        return []
    value = float(asked.array(readers[0].name)[asked.place])
    assert shown.one("then_name") == readers[0].name, what
    all_close(shown.one("then"), value, what)
    assert f"; {readers[0].name} " in str(shown.one("sentence")), what
    if isinstance(readers[0], ReLU):
        kept = " keeps it" if value > 0 else " makes it 0"
        assert str(shown.one("sentence")).endswith(readers[0].name + kept), what
        return [] if value > 0 else [0.0]
    return [value]


def check_sentence(sentence: str, said: list[float | list[float]], what: str) -> None:
    """The numbers of a sentence, in order."""
    found = [float(number) for number in NUMBER.findall(sentence)]
    assert len(found) == len(said), f"{what}: {sentence!r} has {found}, not {said}"
    for one, wanted in zip(found, said, strict=True):
        near = [abs(one - other) <= 0.00501 for other in np.ravel(wanted)]
        assert any(near), f"{what}: {sentence!r} says {one}, not {wanted}"


def explained_everywhere(
    session: UnoSession,
    book: LearningBook,
    before: list[Step],
    *save: Step,
    turns: Container[int] = range(4),
) -> int:
    """Every layer at several cells; how many they were."""
    drawn, steps, asked = drawn_places(book), list(before), []
    for number, layer in enumerate(book.network.layers):
        for turn, place in enumerate(places_to_try(book.network.shapes[layer.name], number)):
            if turn not in turns:
                continue
            typed = BEYOND if turn == 1 else tuple(n + 1 for n in place)
            asked.append((layer.name, place))
            steps += asked_of(book, explain(layer.name, *typed), drawn)
    answers = session.run(book.path, *steps, *save)[len(before) :]
    each = 5 + sum(map(len, drawn.values()))
    for number, (layer_name, place) in enumerate(asked):
        shown = Shown(book, answers[number * each : (number + 1) * each][4:])
        check(book, layer_name, place, shown)
    return len(asked)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_layer_of_a_template(
    session: UnoSession, name: str, template_book: TemplateBook
) -> None:
    """At four cells of each; at the last and somewhere in large ones, whose answers take long."""
    book, turns = plain(template_book, name), (1, 3) if name in LARGE else range(4)
    found = explained_everywhere(session, book, [], turns=turns)
    assert found == len(turns) * len(book.network.layers)


@pytest.mark.parametrize("network", [MIXED, SKIPPED], ids=lambda network: network.name)
def test_every_other_kind_of_layer(session: UnoSession, network: Network, tmp_path: Path) -> None:
    saved = tmp_path / "saved.xlsx"
    book = random_book(tmp_path / "book.xlsx", network)
    assert explained_everywhere(session, book, [], ["save", saved.as_uri()])
    verifies(saved)


@pytest.mark.parametrize("rescale", [1, 0])
def test_dropout_that_is_on(
    session: UnoSession, rescale: int, template_book: TemplateBook, tmp_path: Path
) -> None:
    """New random numbers with every choice; the board and the inspector agree each time."""
    book, saved = plain(template_book, "dropout"), tmp_path / "saved.xlsx"
    [name] = [one.name for one in book.network.layers if isinstance(one, Dropout)]
    model = with_setting(book.model, name, active=True, rescale=bool(rescale))
    steps: list[Step] = [["set", f"{name}_active", 1], ["set", f"{name}_rescale", rescale]]
    changed = replace(book, model=model)
    assert explained_everywhere(session, changed, steps, ["save", saved.as_uri()])
    verifies(saved)


def shown_after(session: UnoSession, book: LearningBook, *steps: Step) -> Shown:
    """What the sheet shows after some steps."""
    answers = session.run(book.path, *asked_of(book, list(steps), drawn_places(book)))
    return Shown(book, answers[len(steps) :])


TYPED = [((0, -5, 0.5), (1, 1, 1)), ((1.9, 2.0, 3.999), (1, 2, 3)), ((1e9, 5, 1e9), (2, 5, 28))]


@pytest.mark.parametrize(("typed", "used"), TYPED)
def test_what_is_beyond_is_the_last(
    session: UnoSession,
    typed: tuple[float, ...],
    used: tuple[int, ...],
    template_book: TemplateBook,
) -> None:
    book = plain(template_book, "lesson3")
    shown = shown_after(session, book, *explain("CONV2", *typed))
    check(book, "conv2", tuple(n - 1 for n in used), shown)  # type: ignore[arg-type]


def test_edits_are_explained(session: UnoSession, template_book: TemplateBook) -> None:
    """A weight and a pixel that are typed: the inspector shows what follows from them."""
    book = plain(template_book, "lesson3")
    weights, image = dict(book.model.weights), book.image.copy()
    weights["conv1.weight"] = weights["conv1.weight"].copy()
    weights["conv1.weight"][1, 0, 2, 0], image[0, 3, 4] = -7.25, 0.75
    kernel = book.layout.weights["conv1"].kernels(1)[0].cell(2, 0).a1
    pixel = book.layout.tensors["input"].maps[0].cell(3, 4).a1
    steps = [["set", kernel, -7.25], ["set", pixel, 0.75]]
    shown = shown_after(session, book, *steps, *explain("conv1", 2, 3, 6))
    changed = replace(book, model=Model(book.network, weights), image=image)
    check(changed, "conv1", (1, 2, 5), shown)
    assert shown.column("against")[0] == pytest.approx(-7.25 * 0.75)


def test_a_number_typed_over_the_board_is_not_equal(
    session: UnoSession, template_book: TemplateBook
) -> None:
    book = plain(template_book, "lesson3")
    place = book.layout.tensors["pool"].maps[1].cell(3, 2).a1
    shown = shown_after(session, book, ["set", place, 9.5], *explain("pool", 2, 4, 3))
    assert (shown.one("board"), shown.one("equal")) == (9.5, "✗")
    assert shown.one("result") == pytest.approx(book.forward()["pool"][1, 3, 2])


def test_equal_products_are_different_lines(
    session: UnoSession, template_book: TemplateBook
) -> None:
    """White pixels and a kernel of one number: five products that are equal, five places."""
    book = plain(template_book, "edges")
    shown = shown_after(session, book, *explain("conv", 1, 17, 17))
    lines = [words for words in shown.column("against_words") if words]
    assert len(lines) == 5
    assert len({*lines}) == 5
