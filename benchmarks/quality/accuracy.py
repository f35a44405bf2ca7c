"""What the shipped templates reach on test pictures: measured, never typed in by hand.

    python benchmarks/quality/accuracy.py --data DIR [--write] [NAME ...]

DIR holds MNIST's IDX files (the training set is only looked at for its presence). Each
template's scene is made of the test digits as `xlconv train` makes it. With --write, the
result goes into the template's `measured.json`, with the SHA-256 of the weights that it
belongs to; a test fails when the two are not of one another. Without it, a difference to
`measured.json` of more than 0.01 % is an error.
"""

import argparse
import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

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
from xlconv.training.evaluation import Evaluation, evaluate

SAME = 1e-4


def measured(template: Template, data: Path) -> tuple[Measured, Evaluation]:
    """A template's value on the test pictures of a folder, and the whole evaluation."""
    _, testing = load_datasets(data, template.network, template.about.scene, say=print)
    result = evaluate(template.model, testing)
    weights = (template.about.folder / WEIGHTS_FILE).read_bytes()
    digest = hashlib.sha256(weights).hexdigest()
    return Measured(result.measure, round(result.value, 6), len(testing), digest), result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="MNIST's IDX files")
    parser.add_argument("--write", action="store_true", help="write measured.json")
    parser.add_argument("names", nargs="*", metavar="NAME", help="all, if none is given")
    options = parser.parse_args()
    table = Table(box=None, pad_edge=False)
    for head in ("template", "measure", "value", "all right", "pictures", "as written"):
        table.add_column(head, justify="left" if head in ("template", "measure") else "right")
    differ = False
    for name in options.names or template_names():
        template = load_template(name)
        if not isinstance(template.network.layers[-1], Softmax | Sigmoid):
            continue  # nothing was trained
        now, result = measured(template, options.data)
        if options.write:
            path = template_folder() / name / MEASURED_FILE
            path.write_text(json.dumps(asdict(now), indent=1) + "\n", encoding="utf-8")
        before = now if options.write else template.about.measured
        same = before is not None and abs(before.value - now.value) <= SAME
        differ |= not same
        numbers = (f"{now.value:.2%}", f"{result.accuracy:.2%}", f"{now.pictures:,}")
        table.add_row(name, now.measure, *numbers, "yes" if same else "NO")
    Console().print(table)
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
