"""Text that reaches cells cannot become a formula, nor XML, nor what a terminal obeys."""

import json
import os
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pytest
from support.books import check_agrees, random_image, random_model
from support.learners import random_exercise
from typer.testing import CliRunner

import xlconv
from xlconv import Conv2D, Dense, Gallery, Network, Softmax
from xlconv.commands.app import app
from xlconv.errors import NetworkError
from xlconv.system.terminal_text import as_json

NASTY = (
    *("=1+1", "+1+cmd|'/c calc'!A1", "-2+3", "@SUM(1)", "<f>1</f>", "</t></si><f>1</f>"),
    *('"=1"', "'=1", "&lt;f&gt;", "{=1}", "a,b", '","', "]]>", "_x003D_1+1"),
)
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def formulas(path: Path) -> list[tuple[str, str | None]]:
    """Every text of every part that a spreadsheet takes for a formula, with the part's name."""
    kinds = {"f", "formula", "formula1", "formula2", "definedName"}
    with zipfile.ZipFile(path) as archive:
        return [
            (name, element.text)
            for name in archive.namelist()
            if name.endswith((".xml", ".rels"))
            for element in ElementTree.fromstring(archive.read(name)).iter()
            if element.tag.rpartition("}")[2] in kinds
        ]


def test_labels_names_and_titles_stay_texts(tmp_path: Path) -> None:
    plain, nasty = tmp_path / "plain.xlsx", tmp_path / "nasty.xlsx"
    labels = tuple(f"label {number}" for number in range(len(NASTY)))
    for path, name, texts in ((plain, "plain", labels), (nasty, "=1+1</t>&<f>", NASTY)):
        layers = (Conv2D("conv", 1, 3), Dense("dense", len(texts)), Softmax("softmax"))
        network = Network(name, (1, 6, 6), layers, texts)
        pictures = np.stack([random_image(network, 2), random_image(network, 3)])
        gallery = Gallery(pictures, texts[:2], (texts[2], texts[3]))
        xlconv.build(path, random_model(network, 1), random_image(network, 1), gallery=gallery)
    # The same formulas, one by one, whatever the texts are: but for those that spell a text.
    before, now = formulas(plain), formulas(nasty)
    assert [name for name, _ in before] == [name for name, _ in now]
    different = [text or "" for one, (_, text) in zip(before, now, strict=True) if one[1] != text]
    assert all(text.count('"') >= 2 for text in different)
    book = openpyxl.load_workbook(nasty)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    held = {cell.value for cell in cells if isinstance(cell.value, str) and cell.data_type == "s"}
    assert {label for label in NASTY if not label.startswith("_x")} <= held
    check_agrees(nasty)
    assert xlconv.read_book(nasty).network.labels == NASTY


OBEYED = "a\x1b[31mb\x9b2Jc\u202ed\nSPOOF\x07"


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such names")
def test_terminals_obey_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of a file, nor of a network or label that a workbook brings."""
    network = Network("n", (1, 6, 6), (Dense("dense", 2), Softmax("s")), ("a\x9b1mb", "b"))
    monkeypatch.setenv("COLUMNS", "9999")  # for no line to be broken
    path = tmp_path / f"{OBEYED}.xlsx"
    xlconv.build(path, random_model(network, 1), random_image(network, 1))
    exercise = tmp_path / "class" / f"{OBEYED}.xlsx"
    exercise.parent.mkdir()
    random_exercise(exercise, network, "dense")
    for arguments in (
        *(["verify", str(path)], ["verify", str(path), "--json"], ["show", str(path)]),
        *(["render", str(path), f"{path}.png"], ["grade", str(exercise)], ["grade", str(path)]),
        *(["grade", str(exercise.parent)], ["grade", str(exercise.parent), "--json"]),
        *(["build", str(path), "--force", "--template", "edges"], ["templates", str(path)]),
    ):
        done = CliRunner().invoke(app, arguments)
        text = done.output
        assert text or done.exception, arguments
        wrong = {letter for letter in text if not letter.isprintable()} - {"\n"}
        assert not wrong, (arguments, text)
        assert "\nSPOOF" not in text, arguments  # a line of its own could say anything


def test_json_spells_out_what_a_terminal_obeys() -> None:
    data = {"file": f"{OBEYED}\udcff \U0001f408 é"}
    text = as_json(data)
    assert json.loads(text) == data
    assert set(text) - {"\n"} == {letter for letter in text if letter.isprintable()}
    assert "\U0001f408 é" in text


@pytest.mark.parametrize("letter", ["\x1b", "\0", "\x9b", "\ud800", "\u202e"])
def test_a_network_is_called_by_letters(letter: str) -> None:
    with pytest.raises(NetworkError, match="which is no letter"):
        Network(f"a{letter}b", (1, 6, 6), (Dense("dense", 2),))
