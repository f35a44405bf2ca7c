"""The sheet Explain in LibreOffice: a cell of every layer of every template, chosen from the lists,
is taken apart as NumPy takes it apart."""

import re
from collections.abc import Container, Iterator
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
from xlconv.network.layers.pooling import GlobalAvgPool2D
from xlconv.network.names import label_cell
from xlconv.network.network import vector_labels
from xlconv.sheets.explain.places import MARKS, InspectorPlaces, inspector_places
from xlconv.sheets.on_board.panel.places import USED
from xlconv.spreadsheet.cells import Range
from xlconv.state.sheet_names import EXPLAIN, WORKS

TEMPLATES = (
    *("lesson3", "edges", "dropout", "resnet", "lenet5", "multilabel", "rgb", "conv-example"),
)
LARGE = ("resnet", "lenet5", "multilabel", "rgb")
BEYOND = (99, 999, 12345)
COLOURS = ("red", "green", "blue")
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:E[+-]?\d+)?(?!\w)")


def plain(template_book: TemplateBook, name: str) -> LearningBook:
    """The book of a template without a gallery."""
    book = template_book(name, plain=True)
    return LearningBook(book.path, book.model, None, book.image)


def looked_at(places: InspectorPlaces) -> dict[str, Range]:
    """What is read of the sheet after each choice."""
    screen = places.screen
    own = ("captions", "rulers", "heads", "canvas", "labels", "values", "told")
    lists = {"favour": screen.favour, "against": screen.against}
    return {
        "title": Range.of(screen.title.first),
        "sentence": Range.of(screen.sentence.first),
        "more": Range.of(screen.more),
        **{key: getattr(screen, key) for key in own},
        **{f"{key}_{n}": screen.part(one, n) for key, one in lists.items() for n in range(5)},
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
    places = inspector_places(book.network, book.layout)
    read: list[Step] = [["read", f"{EXPLAIN}!{whole(places).a1}"]]
    read += [["read", f"{WORKS}!{one.a1}"] for one in (USED, places.marks)]
    return [*steps, *read, *(["read", p.a1] for maps in drawn.values() for p in maps)]


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
        self.used = [row[0] for row in answers[1]]
        self.marks = dict(zip(MARKS, (row[0] for row in answers[2]), strict=True))
        self.drawn, rest = {}, [np.array(grid, float) for grid in answers[3:]]
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
    assert shown.used == [number, *(n + 1 for n in place)], what
    expected = question.array(layer)[place]
    found = [shown.marks["board"], shown.marks["result"], parts.result]
    all_close(found, [expected] * 3, what)
    assert shown.marks["equal"] == 1, what
    assert shown.one("title") == title(book.network, layer, place), what
    check_canvas(book.network, question, parts, shown, what)
    check_told(book.network, question, parts, shown, what)
    check_strongest(book.network, question, parts, shown, what)
    said = [*parts.said, *check_then(book.network, question, shown, what)]
    check_sentence(str(shown.one("sentence")), said, what)


def title(network: Network, layer: str, place: Place) -> str:
    channel, row, column = (n + 1 for n in place)
    shape = network.shapes[layer]
    if len(shape) == 3:
        return f"{layer}, map {channel}, row {row}, column {column}"
    told = len(network.labels) == shape[0]
    mean = isinstance(network.layer(layer), GlobalAvgPool2D)
    word = "map" if mean else "class" if told else "unit"
    return f"{layer}, {word} {vector_labels(network, layer)[row - 1]}"


def caption_of(window: Window, network: Network) -> str:
    """The name of a map that is read; the planes of a colour picture are called by their
    colours."""
    colours = dict(zip(("input map 1", "input map 2", "input map 3"), COLOURS, strict=True))
    in_colour = network.input_shape[0] == len(COLOURS)
    return colours.get(window.caption, window.caption) if in_colour else window.caption


def close(found: object, expected: float) -> bool:
    return isinstance(found, float) and abs(found - expected) <= 1e-11 * (1 + abs(expected))


def check_canvas(network: Network, asked: Question, parts: Parts, shown: Shown, what: str) -> None:
    """Each window that is shown, at the numbers that stand beside it; the strongest first."""
    canvas, heads = shown.grids["canvas"], shown.grids["heads"][0]
    windows = [*parts.windows]  # of which two may be of the same map
    names = {caption_of(one, network) for one in windows}
    starts = [number for number, head in enumerate(heads) if head]
    weighted = parts.windows[0].weights is not None
    wide = starts[1] - 1 if len(starts) > 1 else 1
    assert (len(starts) == 4) == weighted, what
    rows = [row for row, caption in enumerate(shown.column("captions")) if caption in names]
    tall = next(n for n, one in enumerate([*shown.column("rulers")[rows[0] :], ""]) if one == "")
    sums = []
    for at in rows:
        name = shown.column("captions")[at]
        window = next(one for one in windows if caption_of(one, network) == name)
        windows = [one for one in windows if one is not window]
        labels = shown.column("rulers")[at : at + tall]
        columns = canvas[at + tall][:wide]
        lines = [rows_of(network, asked, window).index(one) for one in labels]
        vector = window.reads.shape[1] == 1 and columns[0] == ""
        across = [0] if vector else [window.columns.tolist().index(int(c)) for c in columns]
        for line, row in zip(lines, canvas[at : at + tall], strict=True):
            check_line(window, line, across, row, f"{what}, {window.caption}")
        if weighted and window.products is not None:
            sums.append(float(window.products.sum()))
            signs = canvas[at + (tall + 1) // 2 - 1][3 * wide + 2 :]
            assert (signs[0], close(signs[1], sums[-1])) == ("Σ", True), what
    assert sorted(sums, key=abs, reverse=True) == pytest.approx(sums, abs=1e-9), what
    left = len(windows)
    assert (f"and {left} more" in str(shown.one("more"))) == (left > 0), what
    if sums and left:
        least = min(map(abs, sums)) + 1e-9
        assert all(abs(one.products.sum()) <= least for one in windows), what  # type: ignore[union-attr]


def rows_of(network: Network, asked: Question, window: Window) -> list[object]:
    """What stands beside the rows of a window: numbers, or a vector's labels."""
    tensor = window.caption.partition(" map ")[0]
    if len(network.shapes[tensor]) == 3:
        return [float(row) for row in window.rows]
    labels = vector_labels(network, tensor)
    return [label_cell(labels[int(row) - 1]) for row in window.rows]


def check_line(window: Window, line: int, across: list[int], row: list[object], what: str) -> None:
    """A row of the canvas: what is read, its weights, their products."""
    wide = len(across)
    for number, column in enumerate(across):
        read, shown = window.reads[line, column], row[number]
        if shown == "outside":
            assert np.isnan(read) or read == 0, what
        else:
            assert close(shown, read), f"{what}: {shown}, not {read}"
        if window.weights is not None and window.products is not None:
            assert close(row[wide + 1 + number], window.weights[line, column]), what
            assert close(row[2 * wide + 2 + number], window.products[line, column]), what


def check_told(network: Network, asked: Question, parts: Parts, shown: Shown, what: str) -> None:
    """The lines beside: what is summed, added, made of it, and whether that is on the board."""
    facts = {key: number for key, number in parts.facts.items() if key != "exp"}
    labels, values = shown.column("labels"), shown.column("values")
    wanted = []
    if parts.windows[0].products is not None:
        wanted.append(("sum" if parts.weighted else "sum of exp", float(parts.products.sum())))
    wanted += [("plus bias" if key == "bias" else key, value) for key, value in facts.items()]
    wanted.append((f"{asked.layer.name} =", parts.result))
    for label, value, (name, number) in zip(labels, values, wanted, strict=False):
        assert (label, close(value, number)) == (name, True), what
    assert shown.column("told")[len(wanted) - 1] == "✓ on the board", what


def check_strongest(
    network: Network, asked: Question, parts: Parts, shown: Shown, what: str
) -> None:
    """The five largest and the five most negative products, in order, and what they are made of
    and where that stands."""
    products = np.sort(parts.products) if parts.weighted else np.zeros(0)
    favour, against = products[products > 0][::-1][:5], products[products < 0][:5]
    for key, numbers in (("favour", favour), ("against", against)):
        lines = list(zip(*(shown.column(f"{key}_{n}") for n in range(5)), strict=True))
        assert lines[len(numbers) :] == [("",) * 5] * (5 - len(numbers)), what
        for product, (number, value, sign, weight, place) in zip(numbers, lines, strict=False):
            assert (close(number, product), sign) == (True, "×"), f"{what}: {key}"
            found = terms_of(network, asked, parts, float(product))
            assert any(
                place == where and close(value, x) and close(weight, w) for where, x, w in found
            ), f"{what}: {key} {place}"


def terms_of(
    network: Network, asked: Question, parts: Parts, product: float
) -> Iterator[tuple[str, float, float]]:
    """Where a product stands, with its value and its weight: equal ones in several places."""
    for window in parts.windows:
        assert window.products is not None
        assert window.weights is not None
        for i, j in np.argwhere(np.abs(window.products - product) <= 1e-11 * (1 + abs(product))):
            row = rows_of(network, asked, window)[i]
            where = f"row {row:g}, col {window.columns[j]}" if isinstance(row, float) else ""
            tensor, _, number = window.caption.partition(" map ")
            if len(network.shapes[tensor]) == 1:
                told = len(network.labels) == network.shapes[tensor][0]
                mean = isinstance(network.layer(tensor), GlobalAvgPool2D)
                word = "map" if mean else "class" if told else "unit"
                where = f"{word} {vector_labels(network, tensor)[int(window.rows[i]) - 1]}"
            elif number:
                named = caption_of(window, network)
                where = f"{named if named in COLOURS else f'map {number}'}, {where}"
            yield where, float(window.reads[i, j]), float(window.weights[i, j])


ACTIVATIONS = (ReLU, LeakyReLU, Tanh, Sigmoid, BatchNorm2D)


def check_then(network: Network, asked: Question, shown: Shown, what: str) -> list[float]:
    """The activation behind the layer; the numbers that are said of it."""
    readers = [one for one in network.readers(asked.layer.name) if isinstance(one, ACTIVATIONS)]
    labels = shown.column("labels")
    if not readers:
        assert not any(str(label).startswith("then ") for label in labels), what
        return []
    value = float(asked.array(readers[0].name)[asked.place])
    at = labels.index(f"then {readers[0].name}")
    all_close(shown.column("values")[at], value, what)
    assert f"; {readers[0].name} " in str(shown.one("sentence")), what
    if isinstance(readers[0], ReLU):
        kept = " keeps it" if value > 0 else " makes it 0"
        assert str(shown.one("sentence")).endswith(readers[0].name + kept), what
        assert shown.column("told")[at] == ("kept" if value > 0 else "cut off"), what
        return [] if value > 0 else [0.0]
    return [value]


def check_sentence(sentence: str, said: list[float | list[float]], what: str) -> None:
    """The numbers of a sentence, in order."""
    found = [float(number) for number in NUMBER.findall(sentence)]
    assert len(found) == len(said), f"{what}: {sentence!r} has {found}, not {said}"
    for one, wanted in zip(found, said, strict=True):
        near = [abs(one - other) <= 0.00501 for other in np.ravel(wanted)]
        assert any(near), f"{what}: {sentence!r} says {one}, not {wanted}"


def typed_place(network: Network, layer: str, place: Place) -> tuple[float | str, ...]:
    """What is typed for a cell: numbers, but a vector's row by its label."""
    channel, row, column = (float(n + 1) for n in place)
    if len(network.shapes[layer]) == 3:
        return channel, row, column
    return channel, label_cell(vector_labels(network, layer)[place[1]]), column


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
            typed = BEYOND if turn == 1 else typed_place(book.network, layer.name, place)
            asked.append((layer.name, place))
            steps += asked_of(book, explain(layer.name, *typed), drawn)
    answers = session.run(book.path, *steps, *save)[len(before) :]
    each = 7 + sum(map(len, drawn.values()))
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
    assert shown.column("against_0")[0] == pytest.approx(-7.25 * 0.75)


def test_a_number_typed_over_the_board_is_not_equal(
    session: UnoSession, template_book: TemplateBook
) -> None:
    book = plain(template_book, "lesson3")
    place = book.layout.tensors["pool"].maps[1].cell(3, 2).a1
    shown = shown_after(session, book, ["set", place, 9.5], *explain("pool", 2, 4, 3))
    assert (shown.marks["board"], shown.marks["equal"]) == (9.5, 0)
    assert "✗ not on the board" in shown.column("told")
    assert shown.marks["result"] == pytest.approx(book.forward()["pool"][1, 3, 2])


def test_equal_products_are_different_lines(
    session: UnoSession, template_book: TemplateBook
) -> None:
    """White pixels and a kernel of one number: five products that are equal, five places."""
    book = plain(template_book, "edges")
    shown = shown_after(session, book, *explain("conv", 1, 17, 17))
    lines = [words for words in shown.column("against_4") if words]
    assert len(lines) == 5
    assert len({*lines}) == 5
