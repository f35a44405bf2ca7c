"""The kernels that training started from, beside those of now: their difference, and which way they
look, as `verify` proves them and as LibreOffice computes them after an edit."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from support.books import TemplateBook, random_model
from support.command_line import run
from support.libreoffice import UnoSession
from support.sessions import verifies

import xlconv
from xlconv import Conv2D, Network, ReLU
from xlconv.importers.template import Template, known_start, template_folder
from xlconv.network.beginnings import first_convolution, kernels_of
from xlconv.sheets.board.places import plan
from xlconv.sheets.on_model.beginnings.places import beginnings
from xlconv.training.train import initial_weights

APART = Network("apart", (2, 9, 8), (Conv2D("wide", 4, (3, 2), dilation=2, groups=2), ReLU("relu")))
TRAINED = ["lesson3", "dropout", "lenet5", "multilabel", "resnet", "rgb"]


def test_lesson3_starts_with_the_lessons_kernels_and_says_which_way_they_look(
    session: UnoSession, template_book: TemplateBook, tmp_path: Path
) -> None:
    template = xlconv.load_template("lesson3")
    layout = plan(template.network, 100, started=True)
    one, other = beginnings(template.network, layout)
    corner = layout.weights["conv1"].kernels(0)[0].first.a1
    reads = [["read", f"Model!{place.a1}"] for place in (one.start, one.now, one.change)]
    words = [["read", f"Model!{cell.a1}"] for cell in (one.words, other.words)]
    answers = session.run(
        template_book("lesson3").path,
        *(*reads, *words),
        *(["set", corner, -100.0], *reads, *words),
        ["save", (tmp_path / "saved.xlsx").as_uri()],
    )
    start, now, change, down, left, same, later, moved, *said = (
        grid for grid in answers if grid is not None
    )
    assert start == same == [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]
    kernel = template.weights["conv1.weight"][0, 0]
    np.testing.assert_allclose(now, kernel, 1e-12)
    np.testing.assert_allclose(change, kernel - np.array(start), 1e-9, 1e-12)
    assert (down, left) == ([["inkier downwards"]], [["inkier to the left"]])
    # -100 in its corner: as much darker to the right as downwards, so neither.
    assert later[0][0] == -100
    assert moved[0][0] == -99
    assert said == [[[""]], [["inkier to the left"]]]
    verifies(tmp_path / "saved.xlsx", random=1)


@pytest.mark.parametrize("name", TRAINED)
def test_the_start_is_what_the_recipes_seed_draws(name: str) -> None:
    """Training is reproducible: the same seed begins with the same kernels."""
    template = xlconv.load_template(name)
    layer = first_convolution(template.network)
    assert layer is not None
    seed = template.about.training["seed"]
    drawn = initial_weights(template.network, seed, template.about.start)
    assert np.array_equal(known_start(template), drawn[kernels_of(layer)])


def test_a_start_of_another_shape_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    shutil.copytree(template_folder() / "lesson3", folder)
    np.savez(folder / "weights.start.npz", **{"conv1.weight": np.ones((2, 1, 5, 5))})
    own = xlconv.load_template(folder)
    assert isinstance(own, Template)
    assert known_start(own).size == 0
    assert beginnings(own.network, plan(own.network)) == ()


def test_train_writes_the_start_beside_the_weights(tmp_path: Path) -> None:
    arguments = ("train", "lesson3", "--out", "w.npz", "--epochs", "1", "--seed", "5")
    assert run(*arguments, folder=tmp_path).returncode == 0
    network = xlconv.load_template("lesson3").network
    start = xlconv.load_template("lesson3").about.start
    with np.load(tmp_path / "w.start.npz") as found:
        assert [*found] == ["conv1.weight"]
        drawn = initial_weights(network, 5, start)["conv1.weight"]
        assert np.array_equal(found["conv1.weight"], drawn)


def test_dilated_kernels_in_groups_stand_close_together(tmp_path: Path) -> None:
    """(3, 2) numbers two cells apart, in two groups of one map."""
    model = random_model(APART, 2)
    start = np.arange(24.0).reshape(4, 1, 3, 2)
    about = xlconv.load_template("lesson3").about
    image = np.random.default_rng(1).random(APART.input_shape)
    template = Template(APART, model.weights, about, image, {"wide.weight": start})
    gallery = xlconv.Gallery(image[None], ("",), ("one",), chosen=1)
    xlconv.build(tmp_path / "book.xlsx", template, image, gallery=gallery)
    book = xlconv.read_book(tmp_path / "book.xlsx")
    assert np.array_equal(book.display.started, start)
    verifies(tmp_path / "book.xlsx", ("formualizer", "libreoffice"), random=2)
