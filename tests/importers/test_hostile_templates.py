"""Templates from anywhere: each mistake gets one line that says where it is and what was meant."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from support import command_line as cli
from support.libreoffice import converted

TINY = """
title = "Tiny"
image = "sample.npy"
palette = "lesson"
input = [1, 3, 3]
labels = ["a", "b"]

[training]
epochs = 1

[[layers]]
name = "conv1"
kind = "Conv2D"
kernels = 1
size = 2

[[layers]]
name = "dense"
kind = "Dense"
units = 2

[[layers]]
name = "softmax"
kind = "Softmax"
"""
BUILD: list[object] = ["build", "out.xlsx", "--template", "mine"]
WEIGHTS = {
    "conv1.weight": np.ones((1, 1, 2, 2)),
    "conv1.bias": np.zeros(1),
    "dense.weight": np.arange(8.0).reshape(2, 4) / 10,
    "dense.bias": np.array([1.0, 0.0]),
}


def own_template(folder: Path, text: str | bytes = TINY) -> Path:
    mine = folder / "mine"
    mine.mkdir()
    (mine / "template.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    (mine / "weights.npz").write_bytes(cli.npz(WEIGHTS))
    np.save(mine / "sample.npy", np.ones((3, 3)))
    return mine


def said(old: str, new: str) -> str:
    assert old in TINY
    return TINY.replace(old, new, 1)


def layers(count: int) -> str:
    head, _, _ = TINY.partition("[[layers]]")
    each = "".join(f'[[layers]]\nname = "relu_{n}_"\nkind = "ReLU"\n' for n in range(count))
    return head.replace('labels = ["a", "b"]\n', "") + each


IMAGE, INPUT, LABELS = 'image = "sample.npy"', "input = [1, 3, 3]", 'labels = ["a", "b"]'
SETTINGS = (
    *('title = "Tiny"', IMAGE, 'palette = "lesson"', INPUT, LABELS, "units = 2", "size = 2"),
    *("kernels = 1", 'kind = "Softmax"', 'name = "dense"', "epochs = 1"),
)
# What is said instead of a line of TINY, and words of the refusal.
OTHERWISE: dict[str, tuple[str, ...]] = {
    "training = 3": ("[training]\nepochs = 1", "training = 3", "training"),
    "rates = 3": ("epochs = 1", "rates = 3", "rates"),
    "start = 3": ("[training]", "start = 3\n[training]", "start"),
    "a start of texts": ("[training]", '[start]\na = ["b"]\n[training]', "start"),
    "an unknown key": ("title", "tittle", "'tittle'", "did you mean 'title'?"),
    "an unknown setting": ("units", "unit", "'unit'", "did you mean 'units'?"),
    "an unknown kind": ('"Conv2D"', '"Conv2d"', "'Conv2d'", "did you mean 'Conv2D'?"),
    "an unknown palette": ('"lesson"', '"greyy"', "'greyy'", "did you mean 'grey'?"),
    "an unknown scene": (
        "[training]",
        'scene = "digit"\n[training]',
        "'digit'",
        "did you mean 'digits'?",
    ),
    "an unknown recipe": ("epochs", "epoch", "'epoch'", "did you mean 'epochs'?"),
    "an unknown padding": ("size = 2", 'size = 2\npadding = "sane"', "'sane'", "same"),
    "the same name twice": ('"dense"', '"conv1"', "conv1"),
    "itself": ("units = 2", 'units = 2\ninputs = ["dense"]', "'dense'", "no earlier layer"),
    "a cycle": ("size = 2", 'size = 2\ninputs = ["dense"]', "'dense'", "no earlier layer"),
    "too few labels": (LABELS, 'labels = ["a"]', "1 labels", "2 values"),
    "too many labels": (LABELS, 'labels = ["a", "b", "c"]', "3 labels"),
    "a label with a zero byte": ('"b"', '"b\\u0000"', "label", "no character"),
    "a long label": ('"b"', f'"{"b" * 40_000}"', "40,000 characters"),
    "a long title": ('"Tiny"', f'"{"b" * 40_000}"', "title", "40,000 characters"),
    "a long description": (
        "[training]",
        f'description = "{"b" * 40_000}"\n[training]',
        "description",
        "40,000 characters",
    ),
    "a title with a bell": ('"Tiny"', '"T\\u0007"', "title"),
    "a long name": ('"dense"', f'"{"d" * 300}"', "layer name", "cannot be used"),
    "a name with a blank": ('"dense"', '"the dense"', "'the dense'", "cannot be used"),
    "a name with a formula": ('"dense"', '"=1+1"', "'=1+1'", "cannot be used"),
    "no image": (IMAGE, "", "image", "missing"),
    "a missing image": (IMAGE, 'image = "nix.png"', "nix.png", "no such file"),
    "a path": (IMAGE, 'image = "/etc/passwd"', "image", "inside the template's"),
    "a path up": (IMAGE, 'image = "../../a.npy"', "image", "inside the template's"),
    "a path up and down": (IMAGE, 'image = "x/../../a.npy"', "image", "inside the template's"),
    "an image with a zero byte": (IMAGE, 'image = "a\\u0000b"', "image"),
    "a gallery elsewhere": (IMAGE, IMAGE + '\ngallery = "/etc"', "gallery", "inside"),
    "a folder": (IMAGE, 'image = "."', "image"),
    "enormous kernels": (
        "kernels = 1",
        "kernels = 1000000000000",
        "layer 'conv1'",
        "9,000,000,000,000 cells",
    ),
    "enormous padding": (
        "size = 2",
        "size = 2\npadding = 1000000000000\nstride = 1000000000000",
        "conv1",
    ),
    "enormous kernel": ("size = 2", "size = 100000000\npadding = 100000000", "conv1"),
    "enormous dilation": ("size = 2", "size = 2\ndilation = 1000000000000", "conv1"),
    "enormous picture": (INPUT, "input = [1, 1000000, 1000000]", "input", "1,000,000,000,000"),
    "enormous channels": (INPUT, "input = [1000000000000, 3, 3]", "input", "9,000,000,000,000"),
    "an enormous number": ("units = 2", f"units = 1{'0' * 10_000}", "template.toml"),
}
MISTAKES: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    **{
        f"{key} = {value}": (said(line, f"{key} = {value}"), (key,))
        for line in SETTINGS
        for key in (line.partition(" = ")[0],)
        for value in ("true", "1.5", "[[1, [2]]]", "{ a = 1 }", "nan", "1979-05-27T07:32:00Z", "-1")
        if key != "epochs" or value != "1"
    },
    **{what: (said(old, new), tuple(words)) for what, (old, new, *words) in OTHERWISE.items()},
    "layers = 3": (
        TINY.partition("[[layers]]")[0].replace("[training]", "layers = 3\n[training]"),
        ("layers",),
    ),
    "enormous units": (
        said("units = 2", "units = 1000000000000").replace(LABELS, ""),
        ("layer 'dense'", "6,000,000,000,009 cells"),
    ),
    "many layers": (layers(20_000), ("20,000 layers",)),
    "not TOML": ("title = ", ("template.toml", "not valid TOML")),
    "twice": (TINY.replace('title = "Tiny"', 'title = "a"\ntitle = "b"'), ("not valid TOML",)),
    "empty": ("", ("'input' is missing",)),
    "Latin letters": (TINY.replace("Tiny", "T\xedny").encode("latin-1"), ("UTF-8",)),
    "UTF-16": (TINY.encode("utf-16"), ("UTF-8",)),
    "random bytes": (np.random.default_rng(0).bytes(5_000), ("template.toml",)),
    "deep": (f"a = {'[' * 100_000}", ("template.toml",)),
    "deep tables": (f"{'.'.join('a' * 50_000)} = 1", ("template.toml",)),
    "deep tables in quotes": ('1."=".' * 20_000 + "a = 1", ("template.toml",)),
    "an enormous file": (b"#" * 9_000_000, ("template.toml", "too large")),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_mistakes_in_a_template(what: str, tmp_path: Path) -> None:
    text, words = MISTAKES[what]
    own_template(tmp_path, text)
    arguments = BUILD
    if what.startswith(("epochs", "rates", "an unknown recipe", "an unknown scene")):
        arguments = ["train", "mine", "--out", "w.npz"]
    cli.refused(tmp_path, arguments, *words)


# The file, what is there instead of it, and words beside its name.
FILES: dict[str, tuple[str, Callable[[Path], object], tuple[str, ...]]] = {
    "no weights": ("weights.npz", cli.NO_FILES["nothing"], ("no such file",)),
    "no picture": ("sample.npy", cli.NO_FILES["nothing"], ("no such file",)),
    "no description": ("template.toml", cli.NO_FILES["nothing"], ()),
    "a folder of that name": ("template.toml", cli.NO_FILES["a folder"], ()),
    "a pipe of that name": ("template.toml", cli.NO_FILES["a pipe"], ()),
    "an endless description": ("template.toml", cli.NO_FILES["a device"], ()),
    "a link out": ("sample.npy", lambda path: path.symlink_to("/etc/passwd"), ()),
    "a deep measurement": ("measured.json", lambda path: path.write_text("[" * 200_000), ()),
}


@cli.has_pipes
@pytest.mark.parametrize("what", FILES)
def test_files_that_are_not_there_or_none(what: str, tmp_path: Path) -> None:
    name, make, words = FILES[what]
    path = own_template(tmp_path) / name
    path.unlink(missing_ok=True)
    make(path)
    cli.refused(tmp_path, BUILD, name, *words)


@pytest.mark.parametrize("head", [b"\xef\xbb\xbf", b""], ids=["with a mark", "without"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["Unix", "Windows"])
def test_text_as_editors_save_it(head: bytes, end: str, tmp_path: Path) -> None:
    own_template(tmp_path, head + TINY.replace("\n", end).encode())
    cli.printed(*BUILD, folder=tmp_path)


# ---- text in cells

FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", '=HYPERLINK("http://x")', "\t=1+1x", "'=1", "a\nb")
TEXTS = tuple(text for text in FORMULAS if text == text.strip() and "\n" not in text)


def quoted(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join("'''" + text + "'''" for text in texts) + "]"


@pytest.mark.parametrize("last", ["Softmax", "Sigmoid"])
def test_text_that_looks_like_a_formula_is_text(
    last: str, any_libreoffice: str | None, tmp_path: Path
) -> None:
    count = len(TEXTS)
    text = said(LABELS, f"labels = {quoted(TEXTS)}").replace("units = 2", f"units = {count}")
    text = text.replace('"Tiny"', "'=1+cmd|calc'").replace(
        "[training]", "description = '@x'\n[training]", 1
    )
    mine = own_template(tmp_path, text.replace('"Softmax"', f'"{last}"'))
    weights = WEIGHTS | {"dense.weight": np.eye(count, 4), "dense.bias": np.zeros(count)}
    (mine / "weights.npz").write_bytes(cli.npz(weights))
    pictures = tmp_path / "pictures" / "+1+1"
    pictures.mkdir(parents=True)
    np.save(pictures / "=2+3.npy", np.ones((3, 3)))
    arguments = [*BUILD, "--images", "pictures"]
    cli.printed(*arguments, folder=tmp_path)
    check_texts(tmp_path / "out.xlsx")
    if any_libreoffice is not None:
        check_texts(converted(any_libreoffice, [tmp_path / "out.xlsx"], tmp_path) / "out.xlsx")


def check_texts(path: Path) -> None:
    """Every cell that reads like one of the texts is a text, or a formula of xlconv's own."""
    wanted = {*TEXTS, "=1+cmd|calc", "@x", "=2+3.npy"}
    seen = set()
    for sheet in openpyxl.load_workbook(path, data_only=True):
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value in wanted:
                    seen.add(cell.value)
                    assert cell.data_type == "s", (sheet.title, cell.coordinate)
    assert seen >= wanted - {"@x", "=2+3.npy"}
    for sheet in openpyxl.load_workbook(path):
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    formula = getattr(cell.value, "text", cell.value)
                    assert formula not in wanted, (sheet.title, cell.coordinate)


ENORMOUS = [what for what in MISTAKES if what.startswith(("enormous", "many", "deep", "an enorm"))]


@cli.measures_memory
@pytest.mark.parametrize("what", ENORMOUS)
def test_enormous_things_cost_no_memory(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    own_template(folder, MISTAKES[what][0])
    cli.refused_cheaply(folder, BUILD, *MISTAKES[what][1])
