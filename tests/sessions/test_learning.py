"""Somebody learns from a workbook in LibreOffice: chooses and draws pictures, looks at the verdict,
the loss and the colours. Every number that follows is compared with NumPy's."""

from pathlib import Path

import numpy as np
import pytest
from support.books import Array
from support.libreoffice import UnoSession
from support.sessions import (
    LearningBook,
    Step,
    all_close,
    cell,
    learning_book,
    random_book,
    reads,
    same_tensors,
    tensors,
    verifies,
)

import xlconv
from xlconv import Conv2D, Dense, Model, Network, ReLU, Sigmoid, Softmax

LABELS = tuple("0123456789")
COLOURED = Network(
    "coloured",
    (3, 5, 4),
    (
        Conv2D("conv", 2, 3, padding="same"),
        ReLU("relu"),
        Conv2D("again", 1, 2),
        Dense("dense", 4),
        Sigmoid("sigmoid"),
    ),
    ("cat", "7", "a b", "dog"),
)
SHADES = Network(
    "shades",
    (1, 4, 4),
    (Conv2D("conv", 2, 3, padding="same"), Dense("dense", 3), Softmax("softmax")),
    ("cat", "7", "=1+1"),
)


def digits(count: int) -> Array:
    """Pictures unlike each other: the template's digit, moved and dimmed."""
    digit = xlconv.load_template("lesson3").image
    shifts = [(n % 5 - 2, n % 7 - 3) for n in range(count)]
    return np.array([np.roll(digit, s, (1, 2)) * (1 - n / 40) for n, s in enumerate(shifts)])


@pytest.fixture(scope="module")
def lesson3(tmp_path_factory: pytest.TempPathFactory) -> LearningBook:
    """Thirteen pictures in two lines; the first shows what the network answers, the others what
    their number says, one nobody knows what."""
    pictures = digits(13)
    template = xlconv.load_template("lesson3")
    answer = int(xlconv.forward(template, pictures[0])["softmax"].argmax())
    labels = (str(answer), *(str(n % 10) for n in range(1, 12)), "")
    gallery = xlconv.Gallery(pictures, labels, ("",) * 13, chosen=2)
    path = tmp_path_factory.mktemp("lesson3") / "book.xlsx"
    return learning_book(path, template, pictures[1], gallery)


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> LearningBook:
    pictures = np.random.default_rng(4).random((12, *COLOURED.input_shape))
    labels = ("cat, 7", "a b", "", "none", *("dog",) * 8)
    gallery = xlconv.Gallery(pictures, labels, ("",) * 12, chosen=1)
    return random_book(tmp_path_factory.mktemp("coloured") / "book.xlsx", COLOURED, 6, gallery)


@pytest.fixture(scope="module")
def shades(tmp_path_factory: pytest.TempPathFactory) -> LearningBook:
    """A book without a gallery: what the picture shows is typed on the board."""
    return random_book(tmp_path_factory.mktemp("shades") / "book.xlsx", SHADES)


def drawing(book: LearningBook, picture: Array) -> list[Step]:
    """The steps that type a picture into the empty grid, without its zeros."""
    assert book.layout.gallery is not None
    maps = book.layout.gallery.maps(0)
    spots = [(maps[spot[0]].cell(*spot[1:]), tuple(spot)) for spot in np.argwhere(picture).tolist()]
    return [["set", f"Images!{cell.a1}", float(picture[spot])] for cell, spot in spots]


def judgement(book: LearningBook) -> list[Step]:
    """The steps that read the answer, what is actual, the verdict and both losses."""
    layout = book.layout
    assert layout.answer
    assert layout.verdict
    assert layout.loss
    places = (
        *(layout.answer.label, layout.verdict.actual, layout.verdict.right),
        *(layout.loss.total, layout.loss.decimal),
    )
    return [["read", cell(place)] for place in places]


def cross_entropy(truth: dict[str, Array], actual: int) -> float:
    """-ln p of a class; from the logits, so that p may be too small for a number."""
    logits = truth["dense"] - truth["dense"].max()
    return float(np.log(np.exp(logits).sum()) - logits[actual])


def judged(values: list[object], answer: object, actual: object, loss: float | None) -> None:
    right = "" if actual == "?" else "✓ right" if actual == answer else "✗ wrong"
    assert values[:3] == [answer, actual, right]
    if loss is None:
        assert values[3:] == ["", ""]
    else:
        all_close(values[3:], [loss, loss / np.log(10)])


def single(answers: list[object]) -> list[object]:
    """The values of cells that were read one by one."""
    return [grid[0][0] for grid in answers]  # type: ignore[index]


def seen(session: UnoSession, book: LearningBook, *steps: Step) -> tuple[dict[str, Array], list]:  # type: ignore[type-arg]
    """All tensors and the judgement after some steps."""
    asked = [*steps, *reads(book.layout, book.network), *judgement(book)]
    answers = session.run(book.path, *asked)[len(steps) :]
    return tensors(answers[:-5], book.network), single(answers[-5:])


@pytest.mark.parametrize("number", [1, 2, 10, 11, 13])
def test_another_picture_is_chosen(session: UnoSession, lesson3: LearningBook, number: int) -> None:
    assert lesson3.gallery
    truth = lesson3.forward(lesson3.gallery.pictures[number - 1])
    found, values = seen(session, lesson3, ["set", "picture", number])
    same_tensors(found, truth)
    label = lesson3.gallery.labels[number - 1]
    actual: float | str = float(label) if label else "?"
    loss = cross_entropy(truth, int(label)) if label else None
    judged(values, float(truth["softmax"].argmax()), actual, loss)


def test_pictures_tell_right_from_wrong(lesson3: LearningBook) -> None:
    """The pictures above are answered rightly and wrongly."""
    assert lesson3.gallery
    pairs = zip(lesson3.gallery.pictures, lesson3.gallery.labels, strict=True)
    right = [str(lesson3.forward(p)["softmax"].argmax()) == label for p, label in pairs]
    assert right[0]
    assert not all(right)


def test_a_drawing_is_typed_then_chosen(
    session: UnoSession, lesson3: LearningBook, tmp_path: Path
) -> None:
    assert lesson3.layout.gallery
    own, saved = np.zeros((1, 28, 28)), tmp_path / "saved.xlsx"
    own[0, 5:23, 14] = 1
    own[0, 0, 0], own[0, 27, 27] = 0.25, 0.5
    truth = lesson3.forward(own)
    label = f"Images!{cell(lesson3.layout.gallery.label(0))}"
    steps = [*drawing(lesson3, own), ["set", "picture", 0]]
    found, values = seen(session, lesson3, *steps, ["set", label, 1], ["save", saved.as_uri()])
    same_tensors(found, truth)
    judged(values, float(truth["softmax"].argmax()), 1.0, cross_entropy(truth, 1))
    verifies(saved)
    again = xlconv.read_book(saved)
    assert again.display.choices.picture == 0
    all_close(again.image, own)
    all_close(again.display.pictures[0], own)


def test_an_empty_grid_is_a_picture_of_paper(session: UnoSession, lesson3: LearningBook) -> None:
    truth = lesson3.forward(np.zeros((1, 28, 28)))
    found, values = seen(session, lesson3, ["set", "picture", 0])
    same_tensors(found, truth)
    judged(values, float(truth["softmax"].argmax()), "?", None)


@pytest.mark.parametrize("first", ["typed", "chosen"])
def test_a_pixel_typed_over_stays_the_others_follow(
    session: UnoSession, lesson3: LearningBook, first: str, tmp_path: Path
) -> None:
    assert lesson3.gallery
    saved, expected = tmp_path / "saved.xlsx", lesson3.gallery.pictures[4].copy()
    expected[0, 20, 6] = 0.875
    assert lesson3.gallery.pictures[4, 0, 20, 6] != 0.875
    pixel = lesson3.layout.tensors["input"].maps[0].cell(20, 6).a1
    steps = [["set", pixel, 0.875], ["set", "picture", 5]]
    if first == "chosen":
        steps.reverse()
    found, _ = seen(session, lesson3, *steps, ["save", saved.as_uri()])
    same_tensors(found, lesson3.forward(expected))
    verifies(saved)
    again = xlconv.read_book(saved)
    assert again.display.choices.picture == 5
    all_close(again.image, expected)
    all_close(again.display.pictures[1:], lesson3.gallery.pictures)


def binary_cross_entropy(truth: dict[str, Array], there: list[int]) -> float:
    chances = truth["sigmoid"]
    return float(-np.log(np.where(there, chances, 1 - chances)).mean())


COLOURED_CHOICES = {
    1: ("cat, 7", [1, 1, 0, 0]),
    2: ("a b", [0, 0, 1, 0]),
    3: ("?", None),
    4: ("none", [0, 0, 0, 0]),
    12: ("dog", [0, 0, 0, 1]),
}


@pytest.mark.parametrize("number", COLOURED_CHOICES)
def test_colour_pictures_with_several_classes(
    session: UnoSession, coloured: LearningBook, number: int, tmp_path: Path
) -> None:
    assert coloured.gallery
    actual, there = COLOURED_CHOICES[number]
    saved = tmp_path / "saved.xlsx"
    truth = coloured.forward(coloured.gallery.pictures[number - 1])
    steps = [["set", "picture", number], ["save", saved.as_uri()]]
    found, values = seen(session, coloured, *steps)
    same_tensors(found, truth)
    names = [n for n, p in zip(COLOURED.labels, truth["sigmoid"], strict=True) if p >= 0.5]
    loss = None if there is None else binary_cross_entropy(truth, there)
    judged(values, ", ".join(names) or "none", actual, loss)
    verifies(saved)
    all_close(xlconv.read_book(saved).image, coloured.gallery.pictures[number - 1])


def test_a_label_that_is_emptied_is_unknown(session: UnoSession, coloured: LearningBook) -> None:
    assert coloured.layout.gallery
    label = f"Images!{cell(coloured.layout.gallery.label(1))}"
    _, values = seen(session, coloured, ["set", label, None])
    assert values[1:] == ["?", "", "", ""]


def with_bias(book: LearningBook, unit: int, bias: float) -> tuple[LearningBook, Step]:
    """The book's model with another bias, and the step that types it."""
    biases = book.model.weights["dense.bias"].copy()
    biases[unit] = bias
    model = Model(book.network, {**book.model.weights, "dense.bias": biases})
    place = book.layout.weights["dense"].bias(unit)
    assert place
    return LearningBook(book.path, model, book.gallery, book.image), ["set", place.a1, bias]


@pytest.mark.parametrize("typed", ["cat", "CAT", 7, "=1+1", "banana", None, "?"])
def test_what_is_actual_is_typed(
    session: UnoSession, shades: LearningBook, typed: str | float | None, tmp_path: Path
) -> None:
    assert shades.layout.verdict
    saved, truth = tmp_path / "saved.xlsx", shades.forward()
    steps = [["set", cell(shades.layout.verdict.actual), typed], ["save", saved.as_uri()]]
    _, values = seen(session, shades, *steps)
    number = {"cat": 0, "CAT": 0, 7: 1, "=1+1": 2}.get(typed)  # type: ignore[arg-type]
    loss = None if number is None else cross_entropy(truth, number)
    answer = ("cat", 7.0, "=1+1")[truth["softmax"].argmax()]
    if typed in (None, "?"):
        assert values[2:] == ["", "", ""]
    else:
        right = number == truth["softmax"].argmax()
        assert values[0] == answer
        assert values[2] == ("✓ right" if right else "✗ wrong")
        assert (values[3] == "") is (loss is None)
        if loss is not None:
            all_close(values[3:], [loss, loss / np.log(10)])
    verifies(saved)


@pytest.mark.parametrize("bias", [-3000.0, 900.0, 1e6])
def test_the_loss_of_a_class_that_has_no_chance_is_a_number(
    session: UnoSession, shades: LearningBook, bias: float, tmp_path: Path
) -> None:
    assert shades.layout.verdict
    changed, step = with_bias(shades, 1, bias)
    saved, truth = tmp_path / "saved.xlsx", changed.forward()
    actual = 1 if bias < 0 else 0
    assert truth["softmax"][actual] == 0, "it underflows"
    typed = ["cat", 7, "=1+1"][actual]
    steps = [step, ["set", cell(shades.layout.verdict.actual), typed]]
    found, values = seen(session, shades, *steps, ["save", saved.as_uri()])
    same_tensors(found, truth)
    loss = cross_entropy(truth, actual)
    assert abs(bias) / 2 < loss < abs(bias) * 2
    assert values[2] == "✗ wrong"
    all_close(values[3:], [loss, loss / np.log(10)])
    verifies(saved)


@pytest.mark.parametrize("bias", [-3000.0, 3000.0])
def test_the_loss_of_a_sigmoid_that_has_no_doubt_is_a_number(
    session: UnoSession, coloured: LearningBook, bias: float
) -> None:
    """The first picture shows a cat, the first class; the last one a dog, the fourth."""
    assert coloured.gallery
    changed, step = with_bias(coloured, 0, bias)
    number = 1 if bias < 0 else 12
    there = COLOURED_CHOICES[number][1]
    truth = changed.forward(coloured.gallery.pictures[number - 1])
    _, values = seen(session, coloured, step, ["set", "picture", number])
    logits = truth["dense"]
    softplus = np.logaddexp(0, logits)  # -ln(1 - p); -ln p is that minus the logit
    loss = float((softplus - logits * np.array(there)).mean())
    assert abs(bias) / 8 < loss < abs(bias) / 2
    all_close(values[3:], [loss, loss / np.log(10)])


def ends(truth: dict[str, Array], network: Network, scale: str) -> dict[str, list[float]]:
    """The ends of the colour scales of each tensor's maps."""
    maps = {t: array for t, array in truth.items() if array.ndim == 3}
    widest = max(np.abs(array).max() for t, array in maps.items() if t != "input")
    found = {}
    for tensor, array in maps.items():
        own = [np.abs(one).max() for one in array]
        layer = [widest if scale == "network" and tensor != "input" else max(own)] * len(own)
        found[tensor] = own if scale == "map" else layer
    return found


@pytest.mark.parametrize("scale", ["map", "layer", "network"])
@pytest.mark.parametrize("name", ["lesson3", "coloured"])
def test_a_colour_scale_ends_at_the_largest_magnitude(
    session: UnoSession, request: pytest.FixtureRequest, name: str, scale: str, tmp_path: Path
) -> None:
    book: LearningBook = request.getfixturevalue(name)
    assert book.gallery
    saved, layout = tmp_path / "saved.xlsx", book.layout
    truth = book.forward(book.gallery.pictures[2])
    expected = ends(truth, book.network, scale)
    legends = [legend for tensor in expected for legend in layout.legends[tensor]]
    steps = [["set", "picture", 3], ["set", cell(layout.panel.scale), scale]]
    asked = [["read", legend.a1] for legend in legends]
    _, _, *rows, _ = session.run(book.path, *steps, *asked, ["save", saved.as_uri()])
    numbers = [end for ends_of in expected.values() for end in ends_of]
    assert len({round(end, 9) for end in numbers}) > 1, "ends that differ"
    all_close([row[0][-1] for row in rows], numbers)
    signed = [tensor in ("conv", "again", "conv1", "conv2") for tensor in expected]
    both = [sign for sign, t in zip(signed, expected, strict=True) for _ in expected[t]]
    for row, end, low in zip(rows, numbers, both, strict=True):
        all_close(row[0], [-end, 0, end] if low else [0, end])
    verifies(saved)
