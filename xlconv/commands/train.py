"""`xlconv train`: parse, train, print.

The rest of the package is imported inside the command, so that --help answers at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xlconv.errors import TrainingError

if TYPE_CHECKING:
    from xlconv.importers.template import Description
    from xlconv.network.model import Array, Model
    from xlconv.network.network import Network
    from xlconv.training.dataset import Dataset
    from xlconv.training.recipe import Recipe


def train(
    template: Annotated[str, typer.Argument(help="A template's name, or a folder.")],
    out: Annotated[Path, typer.Option(help="The weights to write (.npz).")],
    data: Annotated[
        Path | None,
        typer.Option(
            help="A folder of IDX files, gzipped or not, as MNIST's or EMNIST's, or with folders "
            "of such; or an .npz file as Keras's. Left out, a few hundred digits that come along."
        ),
    ] = None,
    chosen: Annotated[
        str | None,
        typer.Option("--set", help="Which data set of the folder, where there are several."),
    ] = None,
    transpose: Annotated[
        bool,
        typer.Option("--transpose", help="Swap rows and columns of its pictures, as EMNIST needs."),
    ] = False,
    start: Annotated[
        Path | None, typer.Option("--from", help="Weights to begin with, those that fit.")
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="How those stand in their file: torch or keras.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Times through the data.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Pictures a step.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Same seed, same weights.")] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option(help="Learning rate, or LAYER=RATE for one layer; may be repeated."),
    ] = None,
    rate_decay: Annotated[
        float | None,
        typer.Option(
            help="Each layer learns so many times as fast as the next one towards the head."
        ),
    ] = None,
    decay: Annotated[float | None, typer.Option(help="How strongly weights shrink.")] = None,
    freeze: Annotated[
        list[str] | None,
        typer.Option(
            help="A layer that shall not learn; may be repeated. Batch normalisation still keeps "
            "up its mean and variance: see --freeze-statistics."
        ),
    ] = None,
    freeze_statistics: Annotated[
        list[str] | None,
        typer.Option(help="A batch normalisation that keeps its mean and variance; repeatable."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Train a template's weights, with NumPy alone.

    What is not given, the template's own recipe says."""
    # Before NumPy comes: one thread is as fast for kernels this small, and gives the same
    # weights whatever the number of cores.
    for library in ("OPENBLAS", "MKL", "OMP"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    from xlconv.commands.console import ERR, print_evaluation, print_trained, training_bar
    from xlconv.importers.template import describe_template, own_model
    from xlconv.network.model import Model
    from xlconv.system.files import check_target
    from xlconv.training.checkpoints import Checkpoint
    from xlconv.training.evaluation import evaluate
    from xlconv.training.train import check_trainable, initial_weights, save_weights
    from xlconv.training.train import train as train_weights

    if layout is not None and start is None:
        raise TrainingError("--layout says how weights stand in --from FILE; give one")
    check_target(out, force, "weights.npz")
    checkpoint = Checkpoint(out)
    checkpoint.check(start, force)
    described = describe_template(template)
    network = described.network
    check_trainable(network)
    given: dict[str, Any] = {"epochs": epochs, "batch": batch, "seed": seed, "decay": decay}
    given |= {"rate_decay": rate_decay, "freeze": freeze, "freeze_statistics": freeze_statistics}
    recipe = _recipe(described.training, rate or [], given)
    recipe.check(network)
    learning, testing = _datasets(described, data, chosen, transpose)
    weights = initial_weights(network, recipe.seed, described.start)
    if start is not None:
        weights = _start_from(network, weights, start, layout)
    if data is not None:
        judge = Model(network, weights) if start is not None else own_model(described)
        _say_if_transposed(judge, learning, "training", transpose)
    say = partial(ERR.print, markup=False)
    with checkpoint.until_written(template, recipe.epochs, say):
        with training_bar() as progress:
            model = train_weights(network, weights, learning, recipe, progress, checkpoint.save)
        save_weights(out, model.weights)
        _save_start(out, network, weights)
    print_evaluation(evaluate(model, testing), network.labels)
    if data is not None:
        _say_if_transposed(model, testing, "test", transpose)
    print_trained(out, template)


def _datasets(
    about: Description, data: Path | None, chosen: str | None, transpose: bool
) -> tuple[Dataset, Dataset]:
    """What to learn from and what to test with, and what is to be said of it."""
    from xlconv.commands.console import OUT, print_note
    from xlconv.importers.datasets.load import load_datasets
    from xlconv.importers.template import small_data

    if data is None and (chosen is not None or transpose):
        raise TrainingError("--set and --transpose say how to read --data DIR; give one")
    learning, testing = load_datasets(
        data or small_data(),
        about.network,
        about.scene,
        name=chosen,
        transpose=transpose,
        say=print_note,
    )
    if data is None:
        OUT.print(
            f"no --data: {len(learning)} digits that come with xlconv, {len(testing)} to test "
            "with; MNIST's 60,000 (--data DIR) teach far more"
        )
    return learning, testing


def _say_if_transposed(model: Model | None, dataset: Dataset, what: str, transpose: bool) -> None:
    """A line where rows and columns of a data set's pictures seem to be swapped."""
    from xlconv.commands.console import print_note
    from xlconv.training.evaluation import transposed_value

    values = transposed_value(model, dataset) if model is not None else None
    if values is not None:
        remedy = "EMNIST's are stored so: give --transpose"
        remedy = "leave --transpose out" if transpose else remedy
        print_note(
            f"{what} pictures: {values[0]:.0%} are read rightly, but {values[1]:.0%} with rows "
            f"and columns swapped; {remedy}"
        )


def _save_start(out: Path, network: Network, weights: Mapping[str, Array]) -> None:
    """What the first convolution's kernels were, beside what they have become."""
    from xlconv.importers.template import start_file
    from xlconv.network.beginnings import first_convolution, kernels_of
    from xlconv.training.train import save_weights

    if (layer := first_convolution(network)) is not None:
        name = kernels_of(layer)
        save_weights(start_file(out), {name: weights[name]})


def _start_from(
    network: Network, weights: dict[str, Array], start: Path, layout: str | None
) -> dict[str, Array]:
    """Weights to begin with: a file's in place of those that fit."""
    from xlconv.commands.console import print_note
    from xlconv.importers.weights.load import starting_weights
    from xlconv.training.train import transferred

    other = starting_weights(start, network, layout, print_note)
    begun, dropped = transferred(network, weights, other)
    for line in dropped:
        print_note(line)
    return begun


def _recipe(table: Mapping[str, Any], rates: list[str], given: Mapping[str, Any]) -> Recipe:
    """A template's recipe with what the command line gives in its place."""
    from xlconv.training.recipe import Recipe

    merged = {**table, **{name: value for name, value in given.items() if value not in (None, [])}}
    by_layer = merged.get("rates", {})
    for text in rates:
        layer, _, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise TrainingError(
                f"--rate {text}: not a number; give --rate 0.002 or --rate conv1=0.0002"
            ) from None
        if not layer:
            merged["rate"] = value
        elif isinstance(by_layer, Mapping):  # if it is none, the recipe says so
            by_layer = {**by_layer, layer: value}
    merged["rates"] = by_layer
    return Recipe.of(merged)
