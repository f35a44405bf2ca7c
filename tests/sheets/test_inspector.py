"""Cells taken apart by hand, on networks small enough for it: windows, weights, products, sums,
sentences and boxes as numbers. The stored values, the embedded engine and LibreOffice are held to
them; choices that make no sense are one clear line."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from support.edits import build_chosen
from support.libreoffice import CaseBooks
from support.sessions import verifies

from xlconv import Add, BatchNorm2D, Concat, Dense, Dropout, Flatten, Model, Network
from xlconv.engines.registry import engine_named
from xlconv.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from xlconv.network.layers.base import Layer
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.network.names import label_cell
from xlconv.network.network import vector_labels
from xlconv.sheets.board.places import plan
from xlconv.sheets.formulas import workbook_rules
from xlconv.sheets.on_board.panel.places import EXPLAINED_NAMES
from xlconv.spreadsheet.cells import Range
from xlconv.state.choices import Explained

COUNTED = [[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]]
TWO_MAPS = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
NOWHERE, LAST = 99999, 0
BLANK = [""] * 9
Shown = dict[str, list[float | str]]


@dataclass(frozen=True)
class Case:
    """A network whose cell (map, row and column) is explained, the weights and the picture in
    numbers, and what the sheets show: lists of cells by the names of their rules. The cells
    behind those of a list are empty."""

    layers: tuple[Layer, ...]
    image: Any
    explained: tuple[str, float, float, float]
    expected: Shown
    weights: dict[str, Any] = field(default_factory=dict)
    pixel: tuple[float, float] | None = None

    @property
    def network(self) -> Network:
        channels, height, width = (int(size) for size in np.shape(self.image))
        return Network("by hand", (channels, height, width), self.layers)

    def build(self, path: Path) -> None:
        weights = {key: np.array(numbers, float) for key, numbers in self.weights.items()}
        image = np.array(self.image, float)
        layer, *cell = self.explained
        chosen = Explained(layer, *map(float, cell))
        if len(self.network.shapes[layer]) == 1:  # a row of a vector is called by its label
            label = vector_labels(self.network, layer)[int(chosen.row) - 1]
            chosen = replace(chosen, row=label_cell(label))
        pixel = self.pixel and tuple(map(float, self.pixel))
        model = Model(self.network, weights)
        build_chosen(path, model, image, explained=chosen, pixel=pixel)


def reads(**boxes: list[float]) -> Shown:
    """First and last map, row and column that are read, by tensor."""
    return {f"looks:reads_{tensor}": list(box) for tensor, box in boxes.items()}


def reaches(**boxes: list[float]) -> Shown:
    return {f"looks:reaches_{tensor}": list(box) for tensor, box in boxes.items()}


def explained(**lists: list[float | str] | float | str) -> Shown:
    return {f"explain:{key}": one if isinstance(one, list) else [one] for key, one in lists.items()}


# 1 - 4 + 3/2 + 12 = 10.5, - 0.25 = 10.25; the second unit of the second layer 10.25 - 2 × 6.
WEIGHTS_OF_MAPS = {
    "first.weight": [[1, 1, 1, 1, 0, 0, 0, 0], [1, -2, 0.5, 3, 0, 0, 0, 0], [0] * 8],
    "first.bias": [-4, -0.25, 7],
    "second.weight": [[1, 1, 1], [-2, 1, 0]],
}
DENSE_LAYERS = (Dense("first", 3), Dense("second", 2, bias=False))
ACTIVATIONS = (
    *(ReLU("relu"), LeakyReLU("leaky", 0.25, ("input",)), Add("two", ("input", "relu"))),
    Add("three", ("input", "leaky", "relu")),
)
SIGNS = [[[-2, 3]]]


def one_of(layer: str, column: int, expected: Shown) -> Case:
    return Case(ACTIVATIONS, SIGNS, (layer, 1, 1, column), expected)


# Two maps of 2 × 3: by maps unit 8 is row 1, column 2, of map 2; by pixels it is map 2 of the
# fourth pixel, row 2, column 1.
SIX = [[[11, 12, 13], [14, 15, 16]], [[21, 22, 23], [24, 25, 26]]]


def flattened(order: str, place: tuple[int, int], value: float) -> Case:
    row, column = place
    return Case(
        (Flatten("flat", order),),
        SIX,
        ("flat", 1, 8, 1),
        explained(
            window=[2, row, column, 1],
            term_value=value,
            result=value,
            equal=1,
            sentence=f"the same number as input map 2, row {row}, column {column}: {value:g}",
        )
        | reads(input=[2, 2, row, row, column, column])
        | reaches(flat=[1, 1, 1, 12, 1, 1]),
        {},
        (2, 1),
    )


CASES = {
    # Around row 1, column 2, with a row of padding above:
    #   0 0 0     1 0 -1      0 0  0
    #   1 2 3  ×  2 0 -2  =   2 0 -6     2 - 6 + 5 - 7 = -6, + 0.5 = -5.5
    #   5 6 7     1 0 -1      5 0 -7
    "conv, padding": Case(
        (Conv2D("conv", 1, 3, padding=1), ReLU("relu")),
        COUNTED,
        ("conv", 1, 1, 2),
        explained(
            layer=1,
            maps=1,
            rows=1,
            columns=2,
            window=[1, 0, 1, 1],
            slot_caption="input",
            slot_map=1,
            term_slot=[1] * 9,
            term_row=[0, 0, 0, 1, 1, 1, 2, 2, 2],
            term_column=[1, 2, 3] * 3,
            term_value=[0, 0, 0, 1, 2, 3, 5, 6, 7],
            term_weight=[1, 0, -1, 2, 0, -2, 1, 0, -1],
            term_product=[0, 0, 0, 2, 0, -6, 5, 0, -7],
            fact_names="bias",
            facts=0.5,
            board=-5.5,
            result=-5.5,
            equal=1,
            then=0,
            sentence="7 × -1 + … (9 products) + bias 0.5 = -5.5; relu makes it 0",
            strongest_favour=[7, 4],
            favour=[5, 2],
            favour_value=[5, 1],
            favour_sign=["×", "×"],
            favour_weight=[1, 2],
            favour_place=["row 2, col 1", "row 1, col 1"],
            strongest_against=[9, 6],
            against=[-7, -6],
            against_place=["row 2, col 3", "row 1, col 3"],
            title="conv, map 1, row 1, column 2",
            captions="input",
            rulers=[0, 1, 2],
            heads=["reads", *BLANK[:3], "kernel", *BLANK[:3], "product", *BLANK[:3], "sum"],
            canvas=[
                *("outside", "outside", "outside", "", 1, 0, -1, "", 0, 0, 0, "", ""),
                *(1, 2, 3, "×", 2, 0, -2, "=", 2, 0, -6, "Σ", -6),
                *(5, 6, 7, "", 1, 0, -1, "", 5, 0, -7, "", ""),
                *("1", "2", "3"),
            ],
            labels=["sum", "plus bias", "conv =", "then relu"],
            values=[-6, 0.5, -5.5, 0],
            told=["", "", "✓ on the board", "cut off"],
        )
        | reads(relu=[NOWHERE, LAST] * 3, conv=[1, 1, 1, 1, 2, 2], input=[1, 1, 1, 2, 1, 3])
        | reaches(input=[1, 1, 2, 2, 1, 1], conv=[1, 1, 1, 3, 1, 2], relu=[1, 1, 1, 3, 1, 2]),
        {"conv.weight": [[[[1, 0, -1], [2, 0, -2], [1, 0, -1]]]], "conv.bias": [0.5]},
        (2, 1),
    ),
    # The second window begins at column 3: 3 - 4 + 7/2 + 8/4 = 4.5. No window covers row 3.
    "conv, stride 2": Case(
        (Conv2D("conv", 1, 2, stride=2, bias=False, activation="relu"), Tanh("tanh")),
        COUNTED,
        ("conv", 1, 1, 2),
        explained(
            window=[1, 1, 3, 1],
            term_value=[3, 4, 7, 8],
            term_weight=[1, -1, 0.5, 0.25],
            term_product=[3, -4, 3.5, 2],
            fact_names=[],
            facts=[],
            result=4.5,
            equal=1,
            then=float(np.tanh(4.5)),
            sentence="4 × -1 + … (4 products) = 4.5; ReLU keeps it; tanh makes it 1",
        )
        | reads(input=[1, 1, 1, 2, 3, 4])
        | reaches(conv=[1, 1, NOWHERE, LAST, 2, 2], tanh=[NOWHERE, LAST] * 3),
        {"conv.weight": [[[[1, -1], [0.5, 0.25]]]]},
        (3, 3),
    ),
    # Every other cell: 2 + 40 + 1000 + 12000, less 13042.
    "conv, dilation 2": Case(
        (Conv2D("conv", 1, 2, dilation=2, activation="relu"),),
        COUNTED,
        ("conv", 1, 1, 2),
        explained(
            window=[1, 1, 2, 1],
            term_row=[1, 1, 3, 3],
            term_column=[2, 4, 2, 4],
            term_value=[2, 4, 10, 12],
            term_product=[2, 40, 1000, 12000],
            facts=-13042,
            result=0,
            sentence="12 × 1000 + … (4 products) + bias -13042 = 0; ReLU makes it 0",
            captions="input",
            rulers=[1, 3],
            canvas=[
                *(2, 4, "×", 1, 10, "=", 2, 40, "Σ", 13042),
                *(10, 12, "", 100, 1000, "", 1000, 12000, "", ""),
                *("2", "4"),
            ],
            strongest_favour=[4, 3, 2, 1],
            favour_place=["row 3, col 4", "row 3, col 2", "row 1, col 4", "row 1, col 2"],
            strongest_against=[],
            against=[],
            labels=["sum", "plus bias", "conv ="],
            values=[13042, -13042, 0],
        )
        | reads(input=[1, 1, 1, 3, 2, 4])
        | reaches(conv=[1, 1, 1, 1, 1, 1]),
        {"conv.weight": [[[[1, 10], [100, 1000]]]], "conv.bias": [-13042]},
        (2, 1),
    ),
    # The second map reads the third and the fourth: 3 × 30 + 4 × 40 = 250.
    "conv, groups": Case(
        (Conv2D("conv", 2, 1, bias=False, groups=2), Concat("both", ("input", "conv"))),
        [[[1]], [[2]], [[3]], [[4]]],
        ("conv", 2, 1, 1),
        explained(
            maps=2,
            window=[3, 1, 1, 1],
            slot_caption=["input map 3", "input map 4"],
            slot_map=[3, 4],
            term_slot=[1, 2],
            term_value=[3, 4],
            term_product=[90, 160],
            result=250,
            sentence="4 × 40 + … (2 products) = 250",
            slot_sum=[90, 160],
            order=[2, 1],
            favour_place=["map 4, row 1, col 1", "map 3, row 1, col 1"],
            captions=["input map 4", "", "input map 3"],
            canvas=[4, "×", 40, "=", 160, "Σ", 160, *BLANK[:7], 3, "×", 30, "=", 90, "Σ", 90],
        )
        | reads(input=[3, 4, 1, 1, 1, 1], conv=[2, 2, 1, 1, 1, 1])
        | reaches(conv=[1, 2, 1, 1, 1, 1], both=[1, 6, 1, 1, 1, 1]),
        {"conv.weight": [[[[10]], [[20]]], [[[30]], [[40]]]]},
        (1, 1),
    ),
    # 0.3 × 0.3 and 0.1 × 0.9 differ in the 17th digit, which Excel's "=" does not see, and MATCH
    # does.
    "conv, nearly equal products": Case(
        (Conv2D("conv", 1, (1, 3), bias=False),),
        [[[0.3, 0.1, -1]]],
        ("conv", 1, 1, 1),
        explained(
            term_product=[0.3 * 0.3, 0.1 * 0.9, -1],
            strongest_favour=[1, 2],
            favour=[0.09, 0.09],
            favour_value=[0.3, 0.1],
            favour_place=["row 1, col 1", "row 1, col 2"],
            strongest_against=3,
            against_place="row 1, col 3",
        ),
        {"conv.weight": [[[[0.3, 0.9, 1]]]]},
    ),
    # Half of the window of row 1, column 2, lies outside: of 2 and 3 the largest.
    "max pool, padding": Case(
        (MaxPool2D("pool", 2, padding=1), Sigmoid("sigmoid")),
        COUNTED,
        ("pool", 1, 1, 2),
        explained(
            window=[1, 0, 2, 1],
            term_row=[0, 0, 1, 1],
            term_value=["", "", 2, 3],
            term_weight=[],
            term_product=[],
            result=3,
            equal=1,
            then=1 / (1 + np.exp(-3.0)),
            sentence="the largest of 2 cells is 3, in row 1, column 3; the others are forgotten; "
            "sigmoid makes it 0.95",
            canvas=["outside", "outside", "→", 3, 2, 3, "", "", "2", "3"],
            heads=["reads", "", "", "result"],
            strongest=4,
            slot_sum=[],
            favour=[],
            against_head="",
            labels=["pool =", "then sigmoid"],
            told=["✓ on the board", ""],
        )
        | reads(input=[1, 1, 1, 1, 2, 3])
        | reaches(pool=[1, 1, 2, 2, 1, 1]),
        {},
        (2, 1),
    ),
    # At the last row and column four cells lie inside: (7 + 8 + 11 + 12) / 4 = 9.5.
    "average pool, padding": Case(
        (AvgPool2D("pool", 3, 1, 1),),
        COUNTED,
        ("pool", 1, 3, 4),
        explained(
            window=[1, 2, 3, 1],
            term_value=[7, 8, "", 11, 12],
            result=9.5,
            sentence="the mean of 4 cells is 9.5",
            captions="input",
            rulers=[2, 3, 4],
            canvas=[
                *(7, 8, "outside", "", "", 11, 12, "outside", "→", 9.5),
                *("outside", "outside", "outside", "", "", "3", "4", "5"),
            ],
        )
        | reads(input=[1, 1, 2, 3, 3, 4]),
    ),
    "dense of maps": Case(
        DENSE_LAYERS,
        TWO_MAPS,
        ("first", 1, 2, 1),
        explained(
            window=[1, 1, 1, 1],
            slot_caption=["input map 1", "input map 2"],
            term_slot=[1, 1, 1, 1, 2, 2, 2, 2],
            term_value=[1, 2, 3, 4, 5, 6, 7, 8],
            term_weight=[1, -2, 0.5, 3, 0, 0, 0, 0],
            facts=-0.25,
            result=10.25,
            sentence="4 × 3 + … (8 products) + bias -0.25 = 10.25",
            title="first, unit 2",
            captions=["input map 1", "", "", "input map 2"],
            rulers=[1, 2, "", 1, 2],
            slot_sum=[10.5, 0],
            order=[1, 2],
        )
        | reads(input=[1, 2, 1, 2, 1, 2], first=[1, 1, 2, 2, 1, 1], second=[NOWHERE, LAST] * 3)
        | reaches(first=[1, 1, 1, 3, 1, 1], second=[1, 1, 1, 2, 1, 1]),
        WEIGHTS_OF_MAPS,
        (9, 9),
    ),
    "dense of a vector": Case(
        DENSE_LAYERS,
        TWO_MAPS,
        ("second", 1, 2, 1),
        explained(
            slot_caption="first",
            term_value=[6, 10.25, 7],
            term_weight=[-2, 1, 0],
            term_product=[-12, 10.25, 0],
            facts=[],
            result=-1.75,
            sentence="6 × -2 + … (3 products) = -1.75",
            title="second, class 1",
            favour=10.25,
            favour_place="unit 2",
            against=-12,
            against_place="unit 1",
            captions="first",
            rulers=[1, 2, 3],
        )
        | reads(input=[1, 2, 1, 2, 1, 2], first=[1, 1, 1, 3, 1, 1]),
        WEIGHTS_OF_MAPS,
    ),
    # (7 - 1) / √(3.75 + 0.25) × 3 + 0.5 = 9.5
    "batch norm": Case(
        (BatchNorm2D("norm", 0.25),),
        TWO_MAPS,
        ("norm", 2, 2, 1),
        explained(
            term_value=7,
            fact_names=["mean", "variance", "scale", "shift"],
            facts=[1, 3.75, 3, 0.5],
            result=9.5,
            equal=1,
            sentence="(7 − 1) / √(3.75 + ε) × 3 + 0.5 = 9.5",
        )
        | reads(input=[2, 2, 2, 2, 1, 1]),
        {
            "norm.mean": [0, 1],
            "norm.variance": [1, 3.75],
            "norm.scale": [1, 3],
            "norm.shift": [0, 0.5],
        },
    ),
    "add two": one_of(
        "two",
        1,
        explained(
            slot_caption=["input", "relu"],
            term_slot=[1, 2],
            term_value=[-2, 0],
            result=-2,
            sentence="-2 + 0 = -2",
        )
        | reads(input=[1, 1, 1, 1, 1, 1], relu=[1, 1, 1, 1, 1, 1], leaky=[NOWHERE, LAST] * 3),
    ),
    "add three": one_of(
        "three",
        1,
        explained(
            slot_caption=["input", "leaky", "relu"],
            term_value=[-2, -0.5, 0],
            result=-2.5,
            sentence="-2 + -0.5 + … = -2.5",
            captions=["input", "", "leaky", "", "relu"],
        )
        | reads(leaky=[1, 1, 1, 1, 1, 1], two=[NOWHERE, LAST] * 3),
    ),
    "relu, negative": one_of(
        "relu", 1, explained(result=0, sentence="max(0, -2) = 0: not positive, it becomes 0")
    ),
    "relu, positive": one_of(
        "relu", 2, explained(result=3, sentence="max(0, 3) = 3: positive, it stays")
    ),
    "leaky relu": one_of("leaky", 1, explained(result=-0.5, sentence="max(0.25 × -2, -2) = -0.5")),
    "tanh": Case(
        (Tanh("tanh"), Sigmoid("sigmoid", inputs=("input",))),
        [[[1]]],
        ("tanh", 5, 5, 5),
        explained(
            maps=1,
            rows=1,
            columns=1,
            result=0.7615941559557649,
            sentence="tanh(1) = 0.7616",
            then="",
        ),
    ),
    "sigmoid": Case(
        (Tanh("tanh"), Sigmoid("sigmoid", inputs=("input",))),
        [[[-1]]],
        ("sigmoid", 1, 1, 1),
        explained(result=0.2689414213699951, sentence="1 / (1 + exp(−(-1))) = 0.2689"),
    ),
    # Behind the two maps of the picture stand those of the ReLU: the fourth is its second.
    "concat of maps": Case(
        (ReLU("relu"), Concat("both", ("input", "relu"))),
        [[[1, 2]], [[3, -4]]],
        ("both", 4, 1, 2),
        explained(
            window=[2, 1, 2, 2],
            slot_caption="relu map 2",
            term_value=0,
            result=0,
            sentence="the same number as relu map 2, row 1, column 2: 0",
        )
        | reads(relu=[2, 2, 1, 1, 2, 2], input=[2, 2, 1, 1, 2, 2])
        | reaches(relu=[1, 2, 1, 1, 2, 2], both=[1, 4, 1, 1, 2, 2]),
        {},
        (1, 2),
    ),
    "concat of maps, first": Case(
        (ReLU("relu"), Concat("both", ("relu", "input"))),
        [[[1, 2]], [[3, -4]]],
        ("both", 3, 1, 2),
        explained(window=[1, 1, 2, 2], slot_caption="input map 1", result=2)
        | reads(relu=[NOWHERE, LAST, 1, 1, 2, 2], input=[1, 1, 1, 1, 2, 2]),
    ),
    "concat of vectors": Case(
        (
            GlobalAvgPool2D("mean"),
            Dense("dense", 1, False, ("input",)),
            Concat("both", ("mean", "dense", "mean")),
        ),
        TWO_MAPS,
        ("both", 1, 3, 1),
        explained(
            window=[1, 1, 1, 2],
            slot_caption="dense",
            term_value=36,
            result=36,
            sentence="the same number as dense, row 1: 36",
        )
        | reads(
            mean=[1, 1, NOWHERE, LAST, 1, 1], dense=[1, 1, 1, 1, 1, 1], input=[1, 2, 1, 2, 1, 2]
        )
        | reaches(mean=[1, 1, 1, 2, 1, 1], both=[1, 1, 1, 5, 1, 1]),
        {"dense.weight": [[1] * 8]},
        (1, 1),
    ),
    "global average": Case(
        (GlobalAvgPool2D("mean"),),
        TWO_MAPS,
        ("mean", 1, 2, 1),
        explained(
            window=[2, 1, 1, 1],
            term_value=[5, 6, 7, 8],
            result=6.5,
            sentence="the mean of 4 cells is 6.5",
            captions="input map 2",
            rulers=[1, 2],
        )
        | reads(input=[2, 2, 1, 2, 1, 2]),
    ),
    "flatten by maps": flattened("chw", (1, 2), 22),
    "flatten by pixels": flattened("hwc", (2, 1), 24),
    "flatten one map": Case(
        (Flatten("flat"),),
        SIX[:1],
        ("flat", 1, 1, 1),
        explained(result=11) | reaches(flat=[1, 1, 6, 6, 1, 1]),
        {},
        (2, 3),
    ),
    # A rate of 0 drops nothing, whatever is drawn: × 1 × 1.
    "dropout on": Case(
        (Dropout("dropout", 0.0, active=True),),
        TWO_MAPS,
        ("dropout", 2, 1, 2),
        explained(
            term_value=6,
            fact_names=["mask", "factor", "active"],
            facts=[1, 1, 1],
            result=6,
            equal=1,
            sentence="6 × mask 1 × factor 1 = 6",
        ),
    ),
    "dropout off": Case(
        (Dropout("dropout", 0.0),),
        TWO_MAPS,
        ("dropout", 2, 1, 2),
        explained(result=6, facts=[1, 1, 0], sentence="dropout is off: 6 stays"),
    ),
    # exp(0) + exp(-ln 2) = 1.5, of which the second has a third.
    "softmax": Case(
        (Dense("dense", 2, bias=False), Softmax("softmax")),
        [[[1]]],
        ("softmax", 1, 2, 1),
        explained(
            term_value=[3, 3 - log(2)],
            term_weight=[0, -log(2)],
            term_product=[1, 0.5],
            result=1 / 3,
            equal=1,
            sentence="exp(2.31 − 3) / 1.5 = 0.3333: the logit minus the largest, exp, divided by "
            "the sum",
            favour=[],
            slot_sum=1.5,
            strongest=2,
            canvas=[
                *(3, "→", 0, "→", 1, "Σ", 1.5),
                *(3 - log(2), "", -log(2), "", 0.5),
            ],
            labels=["sum of exp", "softmax ="],
            heads=["reads", "", "− max", "", "exp", "", "sum"],
        )
        | reads(dense=[1, 1, 1, 2, 1, 1]),
        {"dense.weight": [[3], [3 - log(2)]]},
    ),
    # The second kernel of the list, on the second map: 5 - 8.
    "kernel demo": Case(
        (KernelDemo("demo", ("sum", "slope"), "slope", 2, "valid"),),
        TWO_MAPS,
        ("demo", 2, 1, 1),
        explained(
            window=[2, 1, 1, 1],
            term_weight=[1, 0, 0, -1],
            term_product=[5, 0, 0, -8],
            result=-3,
            equal=1,
            sentence="8 × -1 + … (4 products) = -3",
        )
        | reads(input=[2, 2, 1, 2, 1, 2])
        | reaches(demo=[1, 2, 1, 1, 1, 1]),
        {"demo.presets": [[[1, 1], [1, 1]], [[1, 0], [0, -1]]]},
        (1, 2),
    ),
    # Back from row 1, column 2: 1-3 × 2-4, then doubled 1-6 × 3-8, then one more to each side
    # within the picture. Forth from row 4, column 5: 3-5 × 4-6, halved 2-3 × 2-3, windows that
    # begin at 1-2 (rows 2 - 2 to 3, of which there are two) × 1-2.
    "three layers deep": Case(
        (
            *(Conv2D("near", 1, 3, padding="same", bias=False), MaxPool2D("pool", 2)),
            Conv2D("far", 1, 3, padding="valid", bias=False),
        ),
        np.zeros((1, 8, 8)).tolist(),
        ("far", 1, 1, 2),
        reads(
            far=[1, 1, 1, 1, 2, 2],
            pool=[1, 1, 1, 3, 2, 4],
            near=[1, 1, 1, 6, 3, 8],
            input=[1, 1, 1, 7, 2, 8],
        )
        | reaches(near=[1, 1, 3, 5, 4, 6], pool=[1, 1, 2, 3, 2, 3], far=[1, 1, 1, 2, 1, 2]),
        {"near.weight": np.ones((1, 1, 3, 3)), "far.weight": np.ones((1, 1, 3, 3))},
        (4, 5),
    ),
    # A way around the convolution: the box around both is that of the convolution.
    "a way around": Case(
        (Conv2D("conv", 1, 3, padding="same", bias=False), Add("sum", ("input", "conv"))),
        COUNTED,
        ("sum", 1, 3, 1),
        explained(term_value=[9, 30], result=39, sentence="9 + 30 = 39")
        | reads(conv=[1, 1, 3, 3, 1, 1], input=[1, 1, 2, 3, 1, 2])
        | reaches(conv=[1, 1, 1, 2, 3, 4], sum=[1, 1, 1, 2, 3, 4]),
        {"conv.weight": np.ones((1, 1, 3, 3))},
        (1, 4),
    ),
    # What is typed below 1 means 1, beyond the last the last; parts of numbers do not count.
    "beyond the last": Case(
        (MaxPool2D("pool", 1), ReLU("relu")),
        TWO_MAPS,
        ("pool", 99, 2.9, -3),
        explained(maps=2, rows=2, columns=1, result=7)
        | reaches(input=[1, 2, 1, 1, 2, 2], pool=[1, 2, 1, 1, 2, 2]),
        {},
        (0.5, 7),
    ),
}


@cache
def places_of(network: Network) -> dict[str, tuple[str, Range]]:
    """Where the cells of each rule stand."""
    rules = workbook_rules(network, plan(network))
    return {rule.key: (rule.sheet, rule.range) for rule in rules}


def check(case: Case, found: Shown) -> None:
    for key, expected in case.expected.items():
        cells = found[key]
        wanted = [*expected, *[""] * (len(cells) - len(expected))]
        assert len(cells) == len(wanted), key
        for number, (cell, one) in enumerate(zip(cells, wanted, strict=True), 1):
            if isinstance(one, str):
                assert cell == one, f"{key}, cell {number}"
            else:
                assert cell == pytest.approx(one, rel=1e-12, abs=1e-14), f"{key}, cell {number}"


def stored(case: Case, path: Path) -> Shown:
    """The stored values, as openpyxl reads them; an empty text is none to it."""
    book = openpyxl.load_workbook(path, data_only=True)

    def values(sheet: str, place: Range) -> Iterable[float | str]:
        for cell in place.cells():
            value = book[sheet].cell(cell.row, cell.column).value
            yield "" if value is None else value

    places = places_of(case.network)
    return {key: list(values(*places[key])) for key in case.expected}


def computed(case: Case, path: Path) -> Shown:
    places = places_of(case.network)
    wanted = [places[key] for key in case.expected]
    grids = engine_named("formualizer").evaluate(path, wanted)
    return {
        key: [value for row in grid for value in row]  # type: ignore[misc]
        for key, grid in zip(case.expected, grids, strict=True)
    }


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> CaseBooks:
    folder = tmp_path_factory.mktemp("inspector")
    return CaseBooks([*CASES], folder, lambda name, path: CASES[name].build(path))


# The tests of one case come one after another, so that a worker has its book already.
each_case = pytest.mark.parametrize("name", CASES, scope="module")


@each_case
def test_stored_values_by_hand(name: str, books: CaseBooks) -> None:
    check(CASES[name], stored(CASES[name], books.built(name)))


@each_case
def test_formualizer_by_hand(name: str, books: CaseBooks) -> None:
    check(CASES[name], computed(CASES[name], books.empty(name)))


@each_case
def test_libreoffice_by_hand(name: str, books: CaseBooks, libreoffice: str) -> None:
    saved = books.recalculated(name, libreoffice)
    check(CASES[name], stored(CASES[name], saved))
    verifies(saved)


def test_where_people_choose(books: CaseBooks) -> None:
    """The names of the cells that are chosen, on the board under the picture."""
    book = openpyxl.load_workbook(books.built("conv, padding"))
    cells = (book.defined_names[name].attr_text.split("!") for name in EXPLAINED_NAMES)
    assert [book[sheet][cell].value for sheet, cell in cells] == ["conv", 1, 1, 2]


def test_keys_of_nearly_equal_products_differ_in_fifteen_digits(books: CaseBooks) -> None:
    """So that to every program the same ones are equal: none. Products do not."""
    case = CASES["conv, nearly equal products"]
    found = stored(
        replace(case, expected=explained(term_key=[])), books.built("conv, nearly equal products")
    )
    keys = [one for one in found["explain:term_key"] if isinstance(one, float)]
    assert len({f"{key:.15g}" for key in keys}) == len(keys) == 3
    assert f"{0.3 * 0.3:.15g}" == f"{0.1 * 0.9:.15g}"
    assert 0.3 * 0.3 != 0.1 * 0.9


def test_no_list_is_searched_by_comparing_numbers() -> None:
    """Nor does a range begin or end with a look-up, or a count with a range that is half fixed."""
    network = CASES["dense of maps"].network
    texts = [text for rule in workbook_rules(network, plan(network)) for text in rule.texts()]
    assert not [one for one in texts if re.search(r"INDEX\([^()]*\):|:INDEX\(", one)]
    assert not [one for one in texts if re.search(r"(COLUMNS|ROWS)\((\$[A-Z]+\$\d+):[A-Z]", one)]
