"""The command line as its users meet it: files, words, exit codes; the templates it lists."""

import hashlib
import json
import re
import struct
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from PIL import Image
from support.books import TemplateBook
from support.command_line import printed, refusal, run, started, words

import xlconv
from xlconv.commands.console import print_evaluation
from xlconv.importers import template as templates
from xlconv.importers.datasets.idx import read_idx
from xlconv.importers.gallery import template_gallery
from xlconv.importers.weights.load import load_weights
from xlconv.training.dataset import Dataset
from xlconv.training.evaluation import Evaluation, evaluate
from xlconv.training.train import initial_weights


def test_build_then_verify(tmp_path: Path) -> None:
    built = started("build", "out.xlsx", folder=tmp_path)
    assert (built.returncode, built.stderr) == (0, "")
    assert "prediction: 9" in built.stdout
    verified = printed("verify", "out.xlsx", folder=tmp_path)
    assert "agrees" in verified
    assert "prediction: 9" in verified
    assert [path.name for path in tmp_path.iterdir()] == ["out.xlsx"]


def test_verify_json_is_json_alone(tmp_path: Path) -> None:
    run("build", "out.xlsx", "--template", "conv-example", folder=tmp_path)
    result = started("verify", "out.xlsx", "--json", "--engine", "none", folder=tmp_path)
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
    result = started("verify", "out.xlsx", "--max-findings", "2", folder=tmp_path)
    assert result.returncode == 1
    assert f"Board!{first}" in result.stdout
    assert "relu1 map 1, row 1, column 1: holds 3 where the formula =MAX(0," in result.stdout
    assert "and 26 more (--max-findings shows more)" in result.stdout
    assert "28 cells are not as the network calls for" in result.stdout


def _range(workbook: openpyxl.Workbook, name: str) -> str:
    text: str = workbook.defined_names[name].attr_text
    return text.partition("!")[2]


BAD = {
    "build old.xlsx": "old.xlsx exists; give another name, or --force",
    "build a.xlsx --template nix": "no template 'nix'; there are lesson3",
    "build a.xlsx --palette pink": "no palette 'pink'",
    "build a.xls": "a.xls: spreadsheets open .xlsx files; call it a.xlsx",
    "build no/a.xlsx": "no/a.xlsx cannot be written",
    "build a.xlsx --raw": "--raw says how to read --image",
    "build a.xlsx --image nix.png": "nix.png",
    "build a.xlsx --weights old.xlsx": "old.xlsx",
    "verify nix.xlsx": "nix.xlsx: no such file",
    "verify old.xlsx": "old.xlsx: not an .xlsx workbook",
    "train lesson3 --data nix --out w.npz": "nix",
    "train lesson3 --data . --out w.npz --rate conv1=fast": "--rate conv1=fast: not a number",
    "train lesson3 --data . --out w.npz --freeze conv9": "'conv9'",
    "train lesson3 --out w.npz --rate conv1=-1": "rates.conv1 is -1.0; give a number above 0",
    "train lesson3 --out w.npz --decay -0.5": "decay is -0.5; give a number from 0",
    "train lesson3 --out w.npz --rate-decay 0": (
        "rate_decay is 0.0; give a number above 0, at most 1"
    ),
    "train lesson3 --out w.npz --rate-decay 1.01": (
        "rate_decay is 1.01; give a number above 0, at most 1"
    ),
    "train resnet --out w.npz --freeze-statistics stem": (
        "freeze_statistics names 'stem', but the layers of 'resnet' that keep statistics are stem_"
    ),
    "train conv-example --out w.npz": (
        "'conv-example' ends in 'dense' (Dense); only one that ends in a vector of Softmax or Sig"
    ),
    "train edges --out w.npz": (
        "'edges' ends in 'pool' (MaxPool2D); only one that ends in a vector of Softmax or Sigmoid"
    ),
    "train lesson33 --out w.npz": "no template 'lesson33'; did you mean 'lesson3'?",
    "templates lesson33": "no template 'lesson33'; did you mean 'lesson3'?",
    "templates .": "no template.toml in this folder",
}


@pytest.mark.parametrize("mistake", BAD)
def test_mistakes_get_one_line_and_change_nothing(mistake: str, tmp_path: Path) -> None:
    (tmp_path / "old.xlsx").write_bytes(b"precious")
    result = run(*mistake.split(), folder=tmp_path)
    assert BAD[mistake] in refusal(result, tmp_path, "old.xlsx")
    assert result.stdout == ""
    assert (tmp_path / "old.xlsx").read_bytes() == b"precious"


def test_force_replaces(tmp_path: Path) -> None:
    (tmp_path / "old.xlsx").write_bytes(b"old")
    assert run("build", "old.xlsx", "--force", folder=tmp_path).returncode == 0
    assert xlconv.read_book(tmp_path / "old.xlsx").network.name == "lesson3"


def test_own_picture_and_weights(tmp_path: Path) -> None:
    template = xlconv.load_template("lesson3")
    gallery = template_gallery(template.about, template.network, template.image)
    seven = gallery.pictures[list(gallery.labels).index("7")][0]
    array = (255 - seven * 255).round().astype(np.uint8)
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
    for file in (templates.template_folder() / "lesson3").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    assert run("build", "a.xlsx", "--template", "mine", folder=tmp_path).returncode == 0
    assert xlconv.read_book(tmp_path / "a.xlsx").network.name == "mine"


def test_templates_are_listed_with_their_accuracy(tmp_path: Path) -> None:
    result = started("templates", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    for name in templates.template_names():
        measured = templates.describe_template(name).measured
        value = "-" if measured is None else f"{measured.value:.2%}"
        assert value in lines[name].split()
    assert re.search(r"macro F1 \d\d\.\d\d%$", lines["multilabel"])
    assert "xlconv templates NAME shows one in detail" in words(result.stdout)


@pytest.mark.parametrize("name", templates.template_names())
def test_a_template_in_detail(name: str, tmp_path: Path) -> None:
    result = printed("templates", name, folder=tmp_path)
    shown, template = words(result), xlconv.load_template(name)
    about, network = template.about, template.network
    assert about.title in shown
    assert about.description in shown
    assert about.data in shown
    assert f"xlconv build out.xlsx --template {name}" in shown
    rows = {line.split()[0]: line.split()[1:] for line in result.splitlines() if line}
    for layer in network.layers:
        count = sum(template.weights[key].size for key in network.weight_shapes(layer))
        shape = "×".join(map(str, network.shapes[layer.name]))
        row = rows[layer.name]
        assert row[0] == type(layer).__name__
        assert row[-2:] == [shape, f"{count:,}"] if count else row[-1] == shape
    assert rows["all"] == [f"{sum(array.size for array in template.weights.values()):,}"]
    if about.measured is not None:
        value = f"{about.measured.measure} {about.measured.value:.2%}"
        assert f"measured: {value} on {about.measured.pictures:,} test pictures" in shown


@pytest.mark.parametrize("name", templates.template_names())
def test_a_shipped_template_says_what_it_is_and_was_measured_with_its_weights(name: str) -> None:
    about = templates.describe_template(name)
    assert about.title
    assert about.description
    assert about.data, "say in template.toml what it was trained and tested with"
    trained = type(about.network.layers[-1]).__name__ in ("Softmax", "Sigmoid")
    assert trained == (about.measured is not None) == bool(about.training)
    if about.measured is not None:
        content = (about.folder / templates.WEIGHTS_FILE).read_bytes()
        assert about.measured.weights == hashlib.sha256(content).hexdigest()
        assert about.measured.pictures == 5000
        assert 0.9 < about.measured.value < 1
        several = type(about.network.layers[-1]).__name__ == "Sigmoid"
        assert about.measured.measure == ("macro F1" if several else "accuracy")


def test_trained_templates_have_weights_of_their_own() -> None:
    """The same weights in two templates were not trained by the recipes of both."""
    measured = [templates.describe_template(name).measured for name in templates.template_names()]
    weights = [found.weights for found in measured if found is not None]
    assert len(set(weights)) == len(weights)


def test_train_with_the_digits_that_come_along(tmp_path: Path) -> None:
    result = started("train", "lesson3", "--out", "w.npz", "--epochs", "1", folder=tmp_path)
    assert result.returncode == 0
    said = words(result.stdout)
    assert "no --data: 400 digits that come with xlconv, 100 to test with" in said
    assert "test accuracy" in said
    assert "use it with xlconv build out.xlsx --template lesson3 --weights w.npz" in said
    assert "epoch 1/1" in result.stderr
    # Beside the weights stand the kernels that training started from.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w.npz", "w.start.npz"]
    template = xlconv.load_template("lesson3", tmp_path / "w.npz")
    shipped = xlconv.load_template("lesson3")
    assert not np.array_equal(template.weights["conv2.weight"], shipped.weights["conv2.weight"])
    start = template.about.start["conv1.weight"]
    assert 0 < np.abs(template.weights["conv1.weight"] - start).max() < 0.1

    again = started("train", "lesson3", "--out", "w.npz", "--epochs", "1", folder=tmp_path)
    assert "w.npz exists; give another name, or --force" in refusal(
        again, tmp_path, "w.npz", "w.start.npz"
    )


def few_digits(folder: Path) -> Path:
    """A folder with the first 60 and 30 of the digits that come with xlconv."""
    folder.mkdir()
    for stem, count in (("train", 60), ("test", 30)):
        for kind, dimensions in (("images-idx3", 3), ("labels-idx1", 1)):
            name = f"{stem}-{kind}-ubyte"
            array = read_idx(templates.small_data() / f"{name}.gz", dimensions)[:count]
            head = struct.pack(f">HBB{dimensions}I", 0, 8, dimensions, *array.shape)
            (folder / name).write_bytes(head + array.tobytes())
    return folder


def test_train_several_classes_with_own_data(tmp_path: Path) -> None:
    few_digits(tmp_path / "few")
    arguments = ("train", "multilabel", "--out", "w.npz", "--data", "few", "--epochs", "1")
    result = printed(*arguments, folder=tmp_path, quiet=False)
    assert "no --data" not in result
    assert "class found wrongly found missed F1" in words(result)
    assert "test macro F1" in result
    assert xlconv.load_template("multilabel", tmp_path / "w.npz").network.name == "multilabel"


def test_scores_of_as_many_classes_as_there_are_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """Three classes, of which each has three counts: still no confusion matrix."""
    layers = (xlconv.Dense("dense", 3), xlconv.Sigmoid("sigmoid"))
    network = xlconv.Network("three", (1, 1, 3), layers, ("cat", "dog", "bird"))
    model = xlconv.Model(network, initial_weights(network, 1))
    images = np.ones((4, 1, 1, 3), np.float32)
    print_evaluation(evaluate(model, Dataset(images, np.ones((4, 3), np.int64))), network.labels)
    printed = words(capsys.readouterr().out)
    assert "class found wrongly found missed F1" in printed
    assert "test macro F1" in printed


def test_many_classes_have_no_matrix_but_their_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    confusion = np.diag(np.full(13, 5))
    confusion[2, 7], confusion[11, 0] = 3, 4
    labels = [f"class {number}" for number in range(13)]
    print_evaluation(Evaluation(0.9, 0.1, confusion), labels)
    _, head, first, second, last = capsys.readouterr().out.splitlines()
    assert [words(line) for line in (head, first, second)] == [
        "true taken for times",
        "class 11 class 0 4",
        "class 2 class 7 3",
    ]
    assert last.startswith("test accuracy 90.00%")


def test_train_begins_with_what_fits(tmp_path: Path) -> None:
    other = templates.template_folder() / "conv-example" / templates.WEIGHTS_FILE
    result = run(
        *("train", "lesson3", "--out", "w.npz", "--epochs", "1", "--from", other),
        *("--freeze", "conv1", "--freeze", "conv2"),
        folder=tmp_path,
    )
    assert result.returncode == 0
    assert "dense.weight is dropped: it is 1x288, 'lesson3' has 10x392" in words(result.stdout)
    assert result.stdout.count("is dropped") == 1
    begun, made = load_weights(other), load_weights(tmp_path / "w.npz")
    for name in ("conv1.weight", "conv2.weight"):
        assert np.array_equal(made[name], begun[name])
    assert made["dense.weight"].shape == (10, 392)


def test_train_from_weights_of_which_nothing_fits(tmp_path: Path) -> None:
    other = templates.template_folder() / "edges" / templates.WEIGHTS_FILE
    arguments = ("train", "lesson3", "--out", "w.npz", "--from", other)
    said = refusal(run(*arguments, folder=tmp_path), tmp_path)
    assert "none of the weights fit 'lesson3', which takes conv1.weight, conv1.bias, " in said


def test_train_from_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = run("train", "lesson3", "--out", "w.npz", "--from", "nix.npz", folder=tmp_path)
    assert "nix.npz: no such file" in refusal(result, tmp_path)


def test_train_slowly_and_with_kept_statistics(tmp_path: Path) -> None:
    begun = templates.template_folder() / "resnet" / templates.WEIGHTS_FILE
    result = run(
        *("train", "resnet", "--out", "w.npz", "--epochs", "1", "--batch", "100"),
        *("--from", begun, "--rate", "0.01", "--rate", "dense=0.02", "--rate-decay", "0.1"),
        *("--decay", "0.5", "--freeze-statistics", "stem_norm", "--freeze-statistics", "norm1a"),
        folder=tmp_path,
    )
    assert result.returncode == 0
    assert "dropped" not in result.stdout
    before, after = load_weights(begun), load_weights(tmp_path / "w.npz")

    def change(name: str) -> float:
        return float(np.abs(after[name] - before[name]).max())

    for name in ("stem_norm", "norm1a"):
        assert change(f"{name}.mean") == change(f"{name}.variance") == 0
    assert min(change("norm1b.mean"), change("norm3b.variance")) > 0
    assert 0.005 < change("dense.weight") < 0.2
    assert change("conv3b.weight") < change("dense.weight") / 2
    assert change("conv3a.weight") < change("conv3b.weight") / 5
    assert change("stem.weight") < 1e-6


def own_template(folder: Path, name: str, old: str, new: str) -> Path:
    """A folder `mine` with a shipped template's description, in which a text is replaced."""
    text = (templates.template_folder() / name / "template.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "mine").mkdir()
    (folder / "mine" / "template.toml").write_text(text.replace(old, new), encoding="utf-8")
    return folder / "mine"


OWN = {
    "rates that are a number": (
        *("lesson3", "rates = { conv1 = 0.0006 }", "rates = 0.1"),
        "training: rates is 0.1; give layers with numbers",
    ),
    "an unknown setting": ("lesson3", "epochs = 30", "epoch = 30", "did you mean 'epochs'"),
    "an unknown change": ("lenet5", "turn = 10", "trun = 10", "did you mean 'turn'"),
    "an unknown scene": ("rgb", 'scene = "coloured"', 'scene = "nix"', "no scene 'nix'"),
    "a softmax for several": (*("multilabel", 'kind = "Sigmoid"', 'kind = "Softmax"'), "'mine'"),
    "a sigmoid for one class": (*("lesson3", 'kind = "Softmax"', 'kind = "Sigmoid"'), "'mine'"),
}


@pytest.mark.parametrize("mistake", OWN)
def test_mistakes_in_an_own_template_get_one_line(mistake: str, tmp_path: Path) -> None:
    name, old, new, said = OWN[mistake]
    own_template(tmp_path, name, old, new)
    result = run("train", "mine", "--out", "w.npz", "--epochs", "1", folder=tmp_path)
    assert said in refusal(result, tmp_path, "mine")


def test_version(tmp_path: Path) -> None:
    assert started("--version", folder=tmp_path).stdout == f"xlconv {xlconv.__version__}\n"


@pytest.mark.parametrize("palette", ["colourblind", "grey"])
def test_palettes_change_colours_and_nothing_else(
    palette: str, template_book: TemplateBook, tmp_path: Path
) -> None:
    plain, path = template_book("lesson3"), tmp_path / "b.xlsx"
    xlconv.build(path, plain.model, plain.image, palette=palette)
    assert xlconv.verify(path).verdict == "agrees"
    books = [xlconv.read_book(plain.path), xlconv.read_book(path)]
    assert books[1].manifest.palette == palette
    assert np.array_equal(books[0].stored["softmax"], books[1].stored["softmax"])
