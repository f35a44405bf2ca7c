"""What the shipped templates reach on test pictures: measured, never typed in by hand.

    python benchmarks/quality/accuracy.py --data DIR [--write] [NAME ...]
    python benchmarks/quality/accuracy.py --pictures DIR [--pictures DIR ...] [NAME ...]

--data: a folder of MNIST's IDX files (the training set is only looked at for its presence).
Each template's scene is made of the test digits as `xlconv train` makes it. With --write, the
result goes into the template's `measured.json`, with the SHA-256 of the weights that it
belongs to; a test fails when the two are not of one another. Without it, a difference to
`measured.json` of more than 0.01 % is an error, and so is a test digit that does not survive
as a PNG file of 28 x 28.

--pictures: a folder of picture files as people have them, in folders called by their labels.
Each is prepared as `xlconv build --image` does it. The table says how many are read rightly, of
how many a line was taken out or something was doubted, and how many were refused.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from xlconv.errors import ImageError
from xlconv.images.folder import HEIC, KINDS
from xlconv.images.load import load_image
from xlconv.importers.datasets.load import load_datasets
from xlconv.importers.template import (
    MEASURED_FILE,
    WEIGHTS_FILE,
    Measured,
    Template,
    load_template,
    template_folder,
    template_names,
)
from xlconv.network.layers.activation import Sigmoid, Softmax
from xlconv.reference.forward import forward
from xlconv.training.evaluation import Evaluation, evaluate

SAME = 1e-4
READERS = ("lesson3", "lenet5")  # of digits, if none is named


def measured(template: Template, data: Path) -> tuple[Measured, Evaluation]:
    """A template's value on the test pictures of a folder, and the whole evaluation."""
    _, testing = load_datasets(data, template.network, template.about.scene, say=print)
    result = evaluate(template.model, testing)
    weights = (template.about.folder / WEIGHTS_FILE).read_bytes()
    digest = hashlib.sha256(weights).hexdigest()
    return Measured(result.measure, round(result.value, 6), len(testing), digest), result


def exact_digits(data: Path) -> tuple[int, int]:
    """How many test digits stay exactly what they are as 28 x 28 PNG files, and their number."""
    digits = load_datasets(data, load_template(READERS[0]).network)[1].pictures(slice(None))
    exact = 0
    with TemporaryDirectory() as folder:
        path = Path(folder) / "digit.png"
        for digit in digits[:, 0]:
            levels = np.rint(digit * 255).astype(np.uint8)
            Image.fromarray(levels).save(path)
            exact += np.array_equal(load_image(path, (1, 28, 28)).pixels[0], levels / 255)
    return exact, len(digits)


def recognition(template: Template, folder: Path) -> tuple[int, int, int, int, int]:
    """Pictures of a folder that a template reads rightly, all, those with lines taken out,
    those with a doubt, those refused."""
    labels = template.network.labels
    right = lines = doubts = refused = 0
    files = [
        (file, label)
        for label in labels
        for file in sorted((folder / label).glob("*"))
        if file.suffix.lower() in (*KINDS, *HEIC)
    ]
    for file, label in files:
        try:
            picture = load_image(file, template.network.input_shape, photo=template.about.photo)
        except ImageError:
            refused += 1
            continue
        values = forward(template.model, picture.pixels)
        right += labels[int(np.argmax(values[template.network.layers[-1].name]))] == label
        lines += any("straight line" in step for step in picture.steps)
        doubts += any(step.startswith("doubtful") for step in picture.steps)
    return right, len(files), lines, doubts, refused


def print_recognition(names: Sequence[str], folders: Sequence[Path]) -> None:
    table = Table(box=None, pad_edge=False)
    for head in ("pictures", "template", "right", "of", "share", "lines", "doubts", "refused"):
        table.add_column(head, justify="left" if head in ("pictures", "template") else "right")
    for folder in folders:
        for name in names:
            right, count, *told = recognition(load_template(name), folder)
            share = f"{right / max(count, 1):.1%}"
            table.add_row(folder.name, name, str(right), str(count), share, *map(str, told))
    Console().print(table)


def print_accuracy(names: Sequence[str], data: Path, write: bool) -> bool:
    """Each template's value beside its `measured.json`, and whether all are the same."""
    table = Table(box=None, pad_edge=False)
    for head in ("template", "measure", "value", "all right", "pictures", "as written"):
        table.add_column(head, justify="left" if head in ("template", "measure") else "right")
    differ = False
    for name in names:
        template = load_template(name)
        if not isinstance(template.network.layers[-1], Softmax | Sigmoid):
            continue  # nothing was trained
        now, result = measured(template, data)
        if write:
            path = template_folder() / name / MEASURED_FILE
            path.write_text(json.dumps(asdict(now), indent=1) + "\n", encoding="utf-8")
        before = now if write else template.about.measured
        same = before is not None and abs(before.value - now.value) <= SAME
        differ |= not same
        numbers = (f"{now.value:.2%}", f"{result.accuracy:.2%}", f"{now.pictures:,}")
        table.add_row(name, now.measure, *numbers, "yes" if same else "NO")
    Console().print(table)
    exact, count = exact_digits(data)
    print(f"test digits that are the same as PNG files: {exact:,} of {count:,}")
    return not differ and exact == count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="MNIST's IDX files")
    parser.add_argument("--write", action="store_true", help="write measured.json")
    parser.add_argument(
        "--pictures", type=Path, action="append", default=[], help="a folder of labelled pictures"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="all, if none is given")
    options = parser.parse_args()
    if options.data is None and not options.pictures:
        parser.error("give --data or --pictures")
    same = True
    if options.data is not None:
        same = print_accuracy(options.names or template_names(), options.data, options.write)
    if options.pictures:
        print_recognition(options.names or READERS, options.pictures)
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
