"""What `xlconv show` prints: maps as signs and as half blocks, bars, widths, words."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console
from support.books import SMALL as NETWORK
from support.books import SMALL_SEVERAL as SEVERAL
from support.books import BuildBook, BuiltBook, NetworkBook, stored_cells
from support.command_line import printed, refusal, run, started, words
from support.edits import edited, with_constant, with_value, without_stored_values

import xlconv
from xlconv import Conv2D, Dense, Network
from xlconv.commands.maps import (
    NEGATIVE,
    POSITIVE,
    SHADES,
    Pictures,
    in_colour,
    pictures,
    print_legend,
    print_pictures,
)
from xlconv.network.network import INPUT
from xlconv.sheets.styles import PALETTES

LOOK = PALETTES["lesson"]


@pytest.fixture(scope="module")
def book(network_book: NetworkBook) -> BuiltBook:
    return network_book(NETWORK)


def drawn(
    network: Network,
    tensors: dict[str, np.ndarray],
    only: str | None = None,
    width: int = 80,
    coloured: bool = False,
) -> list[str]:
    shown = Pictures(network, tensors, LOOK, coloured, width)
    drawn_ones = tensors if only is None else [only]
    return [line.plain for line in pictures(shown, drawn_ones, detail=only is not None)]


ONE = Network("one", (1, 2, 4), (Conv2D("conv", 1, 1),))


def test_signs_tell_how_strong_and_which_way() -> None:
    """Two rows in a line: of both numbers, the stronger one."""
    maps = np.array([[[0.0, 1.0, -1.0, 0.01], [0.0, 0.2, 0.3, -0.4]]])
    lines = drawn(ONE, {INPUT: abs(maps), "conv": maps}, only="conv", width=4)
    strong = NEGATIVE[round(0.4 * len(NEGATIVE)) - 1]
    assert lines[-1] == f" {POSITIVE[-1]}{NEGATIVE[-1]}{strong}"
    lines = drawn(ONE, {INPUT: abs(maps), "conv": maps}, only=INPUT, width=4)
    assert lines[-1][:3] == f" {SHADES[-1] * 2}"
    assert not set(lines[-1]) - set(SHADES)


def test_nothing_is_drawn_where_nothing_is_stored() -> None:
    maps = np.array([[[np.nan, 1.0, -1.0, np.nan], [np.nan, np.nan, -1.0, 1.0]]])
    tensors = {INPUT: np.ones((1, 2, 4)), "conv": maps}
    assert drawn(ONE, tensors, "conv", 4)[-1] == " @O@"
    assert drawn(ONE, tensors, "conv", 4, coloured=True)[-1] == " ▀▀▄"
    assert drawn(ONE, {**tensors, "conv": maps * np.nan}, "conv", 4)[-1] == "    "


def colours_of(line: object) -> list[tuple[str | None, str | None]]:
    """The upper and the lower colour of each column of a line."""
    found: list[tuple[str | None, str | None]] = []
    for span in line.spans:  # type: ignore[attr-defined]
        style = span.style
        pair = tuple(c.name if c else None for c in (style.color, style.bgcolor))
        found += [pair] * (span.end - span.start)  # type: ignore[list-item]
    return found


def test_half_blocks_have_the_colours_of_the_palette() -> None:
    maps = np.array([[[0.0, 1.0, -1.0, 0.5], [1.0, 0.0, 0.0, -0.5]]])
    shown = Pictures(ONE, {INPUT: abs(maps), "conv": maps}, LOOK, True, 4)
    line = list(pictures(shown, ["conv"], detail=True))[-1]
    zero, high, low = (f"#{c.lower()}" for c in (LOOK.zero, LOOK.positive, LOOK.negative))
    assert line.plain == "▀▀▀▀"
    pairs = colours_of(line)
    assert pairs[:3] == [(zero, high), (high, zero), (low, zero)]
    half = [
        f"#{bytes(round((255 + part) / 2) for part in bytes.fromhex(colour)).hex()}"
        for colour in (LOOK.positive, LOOK.negative)
    ]
    for found, expected in zip(pairs[3], half, strict=True):
        assert found is not None
        parts = zip(bytes.fromhex(found[1:]), bytes.fromhex(expected[1:]), strict=True)
        assert all(abs(one - other) <= 1 for one, other in parts)


def test_a_colour_picture_has_its_own_colours() -> None:
    network = Network("rgb", (3, 2, 2), (Conv2D("conv", 1, 1),))
    image = np.zeros((3, 2, 2))
    image[0, 0, 0] = image[1, 0, 1] = image[2, 1, 0] = 1.0
    shown = Pictures(network, {INPUT: image, "conv": np.zeros((1, 2, 2))}, LOOK, True, 3)
    line = list(pictures(shown, [INPUT], detail=True))[-1]
    assert colours_of(line) == [("#ff0000", "#0000ff"), ("#00ff00", "#000000")]


@pytest.mark.parametrize("coloured", [True, False])
@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
@pytest.mark.parametrize("template", ["lesson3", "lenet5", "rgb", "multilabel", "edges"])
def test_every_line_fits(template: str, width: int, coloured: bool) -> None:
    loaded = xlconv.load_template(template)
    tensors = xlconv.forward(loaded, loaded.image)
    shown = Pictures(loaded.network, tensors, LOOK, coloured, width)
    stream = io.StringIO()
    print_legend(Console(file=stream, width=width), shown)
    print_pictures(Console(file=stream, width=width), shown, tensors)
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert sum(line.startswith(tuple(tensors)) for line in lines) >= len(tensors)
    # A map is never cut: all are drawn, side by side.
    for tensor, array in tensors.items():
        if array.ndim == 3 and tensor != INPUT and len(array) > 1:
            start = next(n for n, line in enumerate(lines) if line.startswith(f"{tensor}  "))
            end = next((n for n in range(start, len(lines)) if not lines[n]), len(lines))
            numbers = re.findall(r"(?m)^[\d ]+$", "\n".join(lines[start + 1 : end]))
            named = [int(number) for line in numbers for number in line.split()]
            assert named == list(range(1, len(array) + 1)), tensor


def test_one_layer_is_drawn_as_large_as_it_can_be(book: BuiltBook) -> None:
    small = drawn(NETWORK, book.truth)
    large = drawn(NETWORK, book.truth, only="pool")
    assert max(map(len, large)) > 2 * 15
    assert any(line.startswith("conv") for line in small)
    assert not any(line.startswith("conv") for line in large)


def test_what_is_piped_is_plain(book: BuiltBook, tmp_path: Path) -> None:
    result = started("show", book.path, "--all", "--width", "70", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "\x1b" not in result.stdout
    assert not set("▀█│") & set(result.stdout)
    lines = result.stdout.splitlines()
    assert max(map(len, lines[1:])) <= 70
    for tensor in NETWORK.shapes:
        assert any(line.startswith(f"{tensor}  ") for line in lines)
    best = int(book.truth["softmax"].argmax())
    value = book.truth["softmax"][best]
    assert f"prediction: {NETWORK.labels[best]} ({value:.4f})" in result.stdout
    bars = [line for line in lines if re.search(r"\d%$", line)]
    assert [bar.split()[0] for bar in bars] == list(NETWORK.labels)
    for bar, share in zip(bars, book.truth["softmax"], strict=True):
        assert bar.endswith(f"{share:.1%}")
        signs = bar.count("#"), bar.count(".") - 1
        assert abs(signs[0] / sum(signs) - share) < 0.02


def test_the_picture_and_the_answer_come_first(book: BuiltBook, tmp_path: Path) -> None:
    """And nothing else, unless all is asked for: then the other layers in the network's order."""
    short = printed("show", book.path, "--width", "70", folder=tmp_path)
    whole = printed("show", book.path, "--all", "--width", "70", folder=tmp_path)
    names = re.compile(rf"(?m)^({'|'.join(NETWORK.shapes)})  ")
    assert names.findall(short) == ["input", "softmax"]
    others = [name for name in NETWORK.shapes if name not in ("input", "softmax")]
    assert names.findall(whole) == ["input", "softmax", *others]
    answer = whole.index("prediction: ")
    assert whole.index("softmax  ") < answer < whole.index(f"{others[0]}  ")
    told = short[short.index("prediction: ") :].splitlines()[-1]
    assert told == f"xlconv show {book.path} --all  shows every layer, --layer NAME one"
    assert "--all" not in whole


def test_colour_only_where_there_is_some() -> None:
    def console(**settings: object) -> Console:
        stream = io.TextIOWrapper(io.BytesIO(), encoding=str(settings.pop("encoding", "utf-8")))
        return Console(file=stream, **settings)  # type: ignore[arg-type]

    assert in_colour(console(force_terminal=True, color_system="truecolor"))
    assert in_colour(console(force_terminal=True, color_system="256"))
    assert not in_colour(console(force_terminal=True, color_system="standard"))
    assert not in_colour(console(force_terminal=True, color_system="256", no_color=True))
    assert not in_colour(console(force_terminal=False))
    assert not in_colour(
        console(force_terminal=True, color_system="truecolor", encoding="iso-8859-1")
    )


def test_stored_values_are_shown_and_judged(book: BuiltBook, tmp_path: Path) -> None:
    """A stored value that is not NumPy's is drawn, and the reader told so."""
    cells = list(stored_cells(book.path, "conv_1"))
    edited(book.path, tmp_path / "edited.xlsx", with_value(cells[0], 1000))
    result = run("show", "edited.xlsx", "--layer", "conv", folder=tmp_path)
    assert "to 1e+03" in result.stdout
    assert "not what NumPy computes" in words(result.stdout)
    assert "not what NumPy" not in words(run("show", book.path, folder=tmp_path).stdout)


def test_a_changed_pixel_is_told(book: BuiltBook, tmp_path: Path) -> None:
    cell = next(iter(stored_cells(book.path, "input")))
    edited(book.path, tmp_path / "typed.xlsx", with_constant(cell, 9))
    result = run("show", "typed.xlsx", "--layer", "input", folder=tmp_path)
    assert "to 9 " in result.stdout
    assert "not what NumPy computes" in words(result.stdout)


def test_absent_values_are_computed(book: BuiltBook, tmp_path: Path) -> None:
    edited(book.path, tmp_path / "absent.xlsx", without_stored_values)
    absent = run("show", "absent.xlsx", "--all", folder=tmp_path)
    stored = run("show", book.path, "--all", folder=tmp_path)
    assert absent.returncode == 0
    assert "computed with NumPy" in words(absent.stdout)
    assert "computed with NumPy" not in words(stored.stdout)
    assert absent.stdout.splitlines()[-30:] == stored.stdout.splitlines()[-30:]


def test_a_threshold_stands_in_the_bars(build_book: BuildBook, tmp_path: Path) -> None:
    built = build_book(SEVERAL)
    lines = run("show", built.path, "--layer", "sigmoid", folder=tmp_path).stdout.splitlines()
    output = built.truth["sigmoid"]
    bars = [line for line in lines if re.match(r"ant|bee|cat", line.strip())]
    assert len({bar.index("|") for bar in bars}) == 1
    assert [bar.endswith("*") for bar in bars] == (output >= 0.5).tolist()
    assert "| the threshold, 0.5; * found" in lines


def test_plain_outputs_have_bars_of_both_signs() -> None:
    network = Network("plain", (1, 1, 1), (Dense("dense", 3),), ("a", "b", "c"))
    tensors = {INPUT: np.ones((1, 1, 1)), "dense": np.array([2.0, -1.0, 0.0])}
    bars = drawn(network, tensors, width=60)[-3:]
    assert bars[0].count("#") == 2 * bars[1].count("-") - bars[1].count("-1") * 2
    assert [bar.split()[-1] for bar in bars] == ["2", "-1", "0"]
    assert bars[2].count("#") == 0


def test_many_classes_show_the_largest() -> None:
    labels = tuple(f"class {number}" for number in range(100))
    network = Network("many", (1, 1, 1), (Dense("dense", 100),), labels)
    tensors = {INPUT: np.ones((1, 1, 1)), "dense": np.arange(100.0)}
    lines = drawn(network, tensors)
    assert lines[-1] == "... and 80 smaller"
    assert lines[-21].startswith("class 99")


def test_labels_of_any_kind_keep_their_line() -> None:
    labels = ("two\nlines", "日本語" * 20, "\x1b[31mred", "x" * 300)
    network = Network("odd", (1, 1, 1), (Dense("dense", 4),), labels)
    lines = drawn(network, {INPUT: np.ones((1, 1, 1)), "dense": np.arange(4.0)}, width=60)[-4:]
    assert "two lines" in lines[0]
    assert all(cell_len(line) <= 60 and line.isprintable() for line in lines)
    assert len({cell_len(line) for line in lines}) == 1


def test_labels_are_no_markup(build_book: BuildBook, tmp_path: Path) -> None:
    labels = ("[red]one[/]", "[b]two", "[/x]three")
    built = build_book(Network("marked", (1, 10, 10), NETWORK.layers, labels))
    result = printed("show", built.path, folder=tmp_path)
    assert all(label in result for label in labels)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("--layer", "conv9"), "no layer 'conv9'; did you mean 'conv'?"),
        (("--width", "5"), "--width 5: give 20 to"),
        (("--all", "--layer", "conv"), "--layer shows one layer and --all every one"),
    ],
)
def test_what_cannot_be_shown(
    book: BuiltBook, tmp_path: Path, arguments: tuple[str, ...], found: str
) -> None:
    assert found in refusal(run("show", book.path, *arguments, folder=tmp_path), tmp_path)
    assert "no such file" in refusal(run("show", "no.xlsx", folder=tmp_path), tmp_path)
