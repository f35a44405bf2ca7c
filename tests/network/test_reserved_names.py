"""Names that the board, a report or a layer's steps need for themselves are refused in words."""

from pathlib import Path

import numpy as np
import openpyxl
import pytest
from support.books import random_image, random_model
from support.libreoffice import converted

import xlconv
from xlconv import Conv2D, Dense, Dropout, Flatten, KernelDemo, Network, ReLU, Softmax
from xlconv.errors import NetworkError
from xlconv.network.layers.base import Layer
from xlconv.sheets.board.places import plan
from xlconv.sheets.formulas import workbook_rules
from xlconv.state.exercise import exercise_of

STEPS = {
    "softmax": (Dense("dense", 2), Softmax("softmax")),
    "drop": (Dropout("drop"), Dense("dense", 2)),
    "demo": (KernelDemo("demo", ("a", "b"), "a"), Dense("dense", 2)),
}
OF_A_LAYER = [
    *(("softmax", step) for step in ("steps", "max", "shifted", "exp", "sum")),
    *(("drop", step) for step in ("steps", "share", "factor", "random", "mask", "rate", "active")),
    *(("demo", step) for step in ("steps", "number", "kernel", "presets", "chosen")),
]
OF_THE_BOARD = (
    *("answer", "titles", "sums", "shapes", "counts"),
    *("answer_label", "Titles_dense", "sums_input"),
)


@pytest.mark.parametrize("name", OF_THE_BOARD)
def test_names_of_the_board(name: str) -> None:
    with pytest.raises(NetworkError, match=name) as caught:
        Network("n", (1, 2, 2), (Conv2D(name, 1, 1),))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("template", ["lesson3", "edges", "rgb", "resnet"])
def test_a_layer_cannot_be_called_as_what_the_workbook_computes_beside_it(template: str) -> None:
    """Else both were one in what `verify` says."""
    network = xlconv.load_template(template).network
    rules = workbook_rules(network, plan(network, pictures=3, started=True))
    tensors = {*network.shapes, *(f"{tensor}_steps" for tensor in network.shapes)}
    beside = {rule.block for rule in rules} - tensors
    assert beside > {"guide", "looks", "mosaic" if template == "rgb" else "drawing"}
    for name in beside:
        with pytest.raises(NetworkError, match=name):
            Network("n", (1, 1, 1), (ReLU(name),))


@pytest.mark.parametrize(("layer", "step"), OF_A_LAYER)
def test_names_of_steps(layer: str, step: str) -> None:
    layers: tuple[Layer, ...] = (Flatten(f"{layer}_{step}"), *STEPS[layer])
    if layer != "softmax":
        layers = (ReLU(f"{layer}_{step}"), *STEPS[layer])
    with pytest.raises(NetworkError, match=f"{layer}_{step}"):
        Network("n", (1, 4, 4), layers)


def test_names_that_only_look_like_them(tmp_path: Path) -> None:
    network = Network(
        "n",
        (1, 4, 4),
        (
            ReLU("counts_all"),
            ReLU("drop_shares"),
            Dropout("drop"),
            Dense("sum_all", 2),
            Softmax("s"),
        ),
    )
    model, image = random_model(network, 3), random_image(network, 3)
    xlconv.build(tmp_path / "book.xlsx", model, image)
    assert xlconv.verify(tmp_path / "book.xlsx").verdict == "agrees"


@pytest.mark.parametrize("label", [" blank", "blank ", "\tx"])
def test_labels_that_spreadsheets_cut(label: str) -> None:
    with pytest.raises(NetworkError, match="begins or ends with a blank"):
        Network("n", (1, 1, 1), (Dense("dense", 2),), (label, "other"))


def test_lists_are_taken_for_tuples() -> None:
    demo = KernelDemo("demo", ["a", "b"], "a", inputs=["input"])  # type: ignore[arg-type]
    network = Network("n", (1, 2, 2), (demo,))
    assert network.layers[0] == KernelDemo("demo", ("a", "b"), "a", inputs=("input",))
    assert hash(network.layers[0])
    assert np.prod(network.shapes["demo"]) == 4


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        *(
            ("up_x2_conv", "up_X2_conv"),
            ("conv_x0041_b", "conv_X0041_b"),
            ("a_xfF_x1_b", "a_XfF_X1_b"),
        ),
        ("scale_x2", "scale_X2"),  # its weights would be scale_x2_weight
    ],
)
def test_a_layer_is_called_as_every_spreadsheet_keeps_it(name: str, kept: str) -> None:
    told = f"layer name '{name}' cannot be used: LibreOffice and Excel read .* call it '{kept}',"
    with pytest.raises(NetworkError, match=told):
        Network("net", (1, 4, 4), (Conv2D(name, 1, 3),))


def test_so_are_classes_networks_kernels_and_students() -> None:
    layers = (Conv2D("conv", 1, 3), Dense("dense", 2))
    with pytest.raises(NetworkError, match=r"label 'cat_x1_a' .* call it 'cat_X1_a',"):
        Network("net", (1, 4, 4), layers, ("cat_x1_a", "dog"))
    with pytest.raises(NetworkError, match=r"network 'net_x1_' .* call it 'net_X1_',"):
        Network("net_x1_", (1, 4, 4), layers)
    with pytest.raises(NetworkError, match=r"the kernel 'k_x1_b' .* call it 'k_X1_b',"):
        KernelDemo("conv", ("k_x1_b",), "k_x1_b")
    with pytest.raises(NetworkError, match=r"student's name 'eve_x1_b' .* call it 'eve_X1_b',"):
        exercise_of(Network("net", (1, 4, 4), layers), ["conv"], student="eve_x1_b")


KEPT = ("up_X2_conv", "max_x_2", "a_x12345_b", "mix_xyz_1", "x2_c")


def test_names_that_only_look_so_survive_every_program(
    tmp_path: Path, libreoffice: str, gnumeric: str
) -> None:
    layers = [Conv2D(name, 1, 2) for name in KEPT]
    labels = ("cat_X1_a", "b_x_1", "c_x12345_", "d_x1")
    network = Network("kept", (1, 7, 7), (*layers, Dense("dense", 4), Softmax("softmax")), labels)
    path = tmp_path / "kept.xlsx"
    xlconv.build(path, random_model(network, 1), random_image(network, 1))
    once = converted(libreoffice, [path], tmp_path / "once") / path.name
    twice = converted(libreoffice, [once], tmp_path / "twice") / path.name
    openpyxl.load_workbook(path).save(tmp_path / "script.xlsx")
    for saved in (path, once, twice, tmp_path / "script.xlsx"):
        assert xlconv.verify(saved).verdict == "agrees"
    for engine in ("libreoffice", "gnumeric"):
        assert xlconv.verify(path, engine).verdict == "agrees"
