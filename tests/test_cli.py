"""The command line as its users meet it: files, words, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from PIL import Image

import xlconv


def run(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "xlconv", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_build_then_verify(tmp_path: Path) -> None:
    built = run("build", "out.xlsx", folder=tmp_path)
    assert (built.returncode, built.stderr) == (0, "")
    assert "prediction: 7" in built.stdout
    verified = run("verify", "out.xlsx", folder=tmp_path)
    assert verified.returncode == 0
    assert "agrees" in verified.stdout
    assert "prediction: 7" in verified.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["out.xlsx"]


def test_verify_json_is_json_alone(tmp_path: Path) -> None:
    run("build", "out.xlsx", "--template", "conv-example", folder=tmp_path)
    result = run("verify", "out.xlsx", "--json", "--engine", "none", folder=tmp_path)
    data = json.loads(result.stdout)
    assert (data["workbook"], data["network"]) == ("out.xlsx", "conv-example")
    assert (data["engine"], data["verdict"], result.returncode) == ("none", "agrees", 0)


def test_differences_are_printed_with_their_cells(tmp_path: Path) -> None:
    run("build", "out.xlsx", folder=tmp_path)
    workbook = openpyxl.load_workbook(tmp_path / "out.xlsx")
    sheet = workbook["Board"]
    first, *others = [row[0].coordinate for row in sheet[_range(workbook, "relu1_1")]]
    for cell in (first, *others):
        sheet[cell] = 3
    workbook.save(tmp_path / "out.xlsx")
    result = run("verify", "out.xlsx", "--max-findings", "2", folder=tmp_path)
    assert result.returncode == 1
    assert f"Board!{first}" in result.stdout
    assert "relu1 map 1, row 1, column 1: holds 3 where the formula =MAX(0," in result.stdout
    assert "and 26 more (--max-findings shows more)" in result.stdout
    assert "28 cells are not as the network calls for" in result.stdout


def _range(workbook: openpyxl.Workbook, name: str) -> str:
    text: str = workbook.defined_names[name].attr_text
    return text.partition("!")[2]


BAD = {
    "existing": (["build", "old.xlsx"], "old.xlsx exists; give another name, or --force"),
    "no template": (
        ["build", "a.xlsx", "--template", "nix"],
        "no template 'nix'; there are lesson3",
    ),
    "no palette": (["build", "a.xlsx", "--palette", "pink"], "no palette 'pink'"),
    "not xlsx": (["build", "a.xls"], "a.xls: spreadsheets open .xlsx files; call it a.xlsx"),
    "no folder": (["build", "no/a.xlsx"], "no/a.xlsx cannot be written"),
    "raw alone": (["build", "a.xlsx", "--raw"], "--raw says how to read --image"),
    "no image": (["build", "a.xlsx", "--image", "nix.png"], "nix.png"),
    "bad weights": (["build", "a.xlsx", "--weights", "old.xlsx"], "old.xlsx"),
    "no book": (["verify", "nix.xlsx"], "nix.xlsx: no such file"),
    "not a book": (["verify", "old.xlsx"], "old.xlsx: not an .xlsx workbook"),
    "no data": (["train", "lesson3", "--data", "nix", "--out", "w.npz"], "nix"),
    "bad rate": (
        ["train", "lesson3", "--data", ".", "--out", "w.npz", "--rate", "conv1=fast"],
        "--rate conv1=fast: not a number",
    ),
    "no layer": (
        ["train", "lesson3", "--data", ".", "--out", "w.npz", "--freeze", "conv9"],
        "'conv9'",
    ),
}


@pytest.mark.parametrize("mistake", BAD)
def test_mistakes_get_one_line_and_change_nothing(mistake: str, tmp_path: Path) -> None:
    (tmp_path / "old.xlsx").write_bytes(b"precious")
    arguments, words = BAD[mistake]
    result = run(*arguments, folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["old.xlsx"]
    assert (tmp_path / "old.xlsx").read_bytes() == b"precious"


def test_force_replaces(tmp_path: Path) -> None:
    (tmp_path / "old.xlsx").write_bytes(b"old")
    assert run("build", "old.xlsx", "--force", folder=tmp_path).returncode == 0
    assert xlconv.read_book(tmp_path / "old.xlsx").network.name == "lesson3"


def test_own_picture_and_weights(tmp_path: Path) -> None:
    template = xlconv.load_template("lesson3")
    array = (255 - template.image[0] * 255).round().astype(np.uint8)
    picture = Image.fromarray(array).resize((280, 280), Image.Resampling.BICUBIC)
    picture.save(tmp_path / "seven.jpg")
    np.savez(tmp_path / "w.npz", **{key: value * 0.5 for key, value in template.weights.items()})
    result = run(
        *("build", "me.xlsx", "--image", "seven.jpg", "--weights", "w.npz"), folder=tmp_path
    )
    assert result.returncode == 0
    assert "prediction: 7" in result.stdout
    book = xlconv.read_book(tmp_path / "me.xlsx")
    assert np.array_equal(book.model.weights["conv1.weight"], template.weights["conv1.weight"] / 2)


def test_raw_picture_is_taken_as_it_is(tmp_path: Path) -> None:
    pixels = np.arange(784, dtype=np.uint8).reshape(28, 28)
    Image.fromarray(pixels).save(tmp_path / "raw.png")
    assert run("build", "a.xlsx", "--image", "raw.png", "--raw", folder=tmp_path).returncode == 0
    assert np.array_equal(xlconv.read_book(tmp_path / "a.xlsx").image[0], pixels / 255)


def test_own_template_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    shipped = xlconv.load_template("lesson3").about.folder
    for file in shipped.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    assert run("build", "a.xlsx", "--template", "mine", folder=tmp_path).returncode == 0
    assert xlconv.read_book(tmp_path / "a.xlsx").network.name == "mine"


def test_templates_are_listed_with_their_accuracy(tmp_path: Path) -> None:
    result = run("templates", folder=tmp_path)
    assert result.returncode == 0
    for name in ("lesson3", "conv-example"):
        assert name in result.stdout
    assert "%" in result.stdout


def test_version(tmp_path: Path) -> None:
    assert run("--version", folder=tmp_path).stdout == f"xlconv {xlconv.__version__}\n"


@pytest.mark.parametrize("palette", ["colourblind", "grey"])
def test_palettes_change_colours_and_nothing_else(palette: str, tmp_path: Path) -> None:
    template = xlconv.load_template()
    xlconv.build(tmp_path / "a.xlsx", template, template.image)
    xlconv.build(tmp_path / "b.xlsx", template, template.image, palette=palette)
    assert xlconv.verify(tmp_path / "b.xlsx").verdict == "agrees"
    books = [xlconv.read_book(tmp_path / name) for name in ("a.xlsx", "b.xlsx")]
    assert books[1].manifest.palette == palette
    assert np.array_equal(books[0].stored["softmax"], books[1].stored["softmax"])
