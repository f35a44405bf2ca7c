"""What the command line prints: what was built, templates, training, evaluations.

Knows the data it is given and Rich; must not compute or read anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.markup import escape
from rich.segment import Segment
from rich.table import Table

from xlconv.network.layers.base import sources
from xlconv.network.network import INPUT, found_words
from xlconv.system.terminal_text import one_line, shell_word, without_control_characters

if TYPE_CHECKING:
    from pathlib import Path

    from xlconv.book.book import FoundBook
    from xlconv.images.gallery import Gallery
    from xlconv.importers.template import Description
    from xlconv.network.model import Array, Model
    from xlconv.network.network import Network
    from xlconv.rendering.glance import Glance
    from xlconv.sheets.styles import Palette
    from xlconv.training.evaluation import Evaluation
    from xlconv.training.train import Progress


class _Plain(RenderHook):
    """Lets no text through that a terminal would obey, whatever is printed; Rich's own may."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_PlainText(renderable) for renderable in renderables]


@dataclass(frozen=True)
class _PlainText:
    renderable: ConsoleRenderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self.renderable, options):
            text, style, control = segment
            yield segment if control else Segment(without_control_characters(text), style)


def console(**options: Any) -> Console:
    """A console of Rich's that prints names, labels and formulas as texts."""
    made = Console(highlight=False, **options)
    made.push_render_hook(_Plain())
    return made


OUT = console()
ERR = console(stderr=True, soft_wrap=True)


def markup(path: object) -> str:
    """A file's name, or another text, in one line of Rich's markup."""
    return escape(one_line(str(path)))


def print_note(text: str, out: Console = OUT) -> None:
    """A line of what was done to a file that was read; its blanks stay, as lines are aligned."""
    shown = " ".join(text.splitlines())
    out.print(f"  {without_control_characters(shown)}", markup=False, soft_wrap=True)


def command_word(path: object) -> str:
    """A file's name, or another text, as it stands in a command that can be copied."""
    return escape(shell_word(path))


def print_gallery(gallery: Gallery, folder: Path, notes: Sequence[str]) -> None:
    """What was read from a folder of pictures, label by label, and what was left out."""
    counts = Counter(label.replace(", ", " and ") for label in gallery.labels)
    unknown = counts.pop("", 0)
    parts = [f"{count} of {label}" for label, count in counts.items()]
    if parts and unknown:
        parts.append(f"{unknown} without a label")
    pictures = "1 picture" if len(gallery) == 1 else f"{len(gallery)} pictures"
    text = f"{pictures} from {folder}" + (f": {', '.join(parts)}" if parts else "")
    for line in (text, *notes):
        print_note(line)


def print_built(
    path: Path, model: Model, tensors: Mapping[str, Array], opened: Sequence[str] = ()
) -> None:
    """What was written, what the network says, and what to do next."""
    network = model.network
    size = path.stat().st_size / 1000
    OUT.print(f"wrote [bold]{markup(path)}[/] ({markup(network.name)}, {size:,.0f} kB)")
    if network.labels:
        output = tensors[network.output]
        values = dict(zip(network.labels, output.tolist(), strict=True))
        OUT.print(f"prediction: {answer_line(found_words(network, output), values)}")
    text = f"open it in Excel or LibreOffice; prove it with  xlconv verify {command_word(path)}"
    if opened:
        text = f"left open: {', '.join(opened)}; mark it with  xlconv grade {command_word(path)}"
    OUT.print(text, soft_wrap=True)


def print_trained(weights: Path, template: str) -> None:
    """What was written, and what to do with it."""
    options = f"--template {command_word(template)} --weights {command_word(weights)}"
    text = f"wrote {markup(weights)}; use it with  xlconv build out.xlsx {options}"
    OUT.print(text, soft_wrap=True)


def print_glance(
    book: FoundBook,
    seen: Glance,
    colours: Palette,
    *,
    only: str | None = None,
    every: bool = False,
    width: int | None = None,
) -> None:
    """A book's picture and its answer, and behind them, if wanted, `every` other tensor; or
    `only` one."""
    from xlconv.commands.maps import Pictures, in_colour, print_legend, print_pictures
    from xlconv.rendering.glance import answer_words

    network = book.network
    out = OUT if width is None else console(width=width)
    out.print(f"[bold]{markup(book.path)}[/]: {markup(network.name)}")
    if seen.state in _GLANCE_NOTES:
        out.print(_GLANCE_NOTES[seen.state], style="yellow")
    shown = Pictures(network, seen.tensors, colours, in_colour(out), out.width)
    print_legend(out, shown)
    first = [only] if only is not None else [INPUT, network.output]
    print_pictures(out, shown, first, detail=only is not None)
    words = answer_words(network, seen.tensors[network.output])
    if book.awaited is not None:
        out.print(f"\nprediction: waiting for {markup(book.awaited)}")
    elif words is not None:
        out.print(f"\nprediction: [bold]{markup(words)}[/]")
    rest = [tensor for tensor in seen.tensors if tensor not in first]
    if every:
        print_pictures(out, shown, rest)
    elif only is None:
        told = f"xlconv show {command_word(book.path)} --all  shows every layer"
        out.print(f"\n{told}, --layer NAME one", style="dim", soft_wrap=True)


_GLANCE_NOTES = {
    "absent": "The file holds no stored values: these are computed with NumPy. Save it once in "
    "Excel or LibreOffice.",
    "partly": "Some cells hold no stored number; they are left blank. xlconv verify says which.",
    "other": "Some stored values are not what NumPy computes from the book as it is now; "
    "xlconv verify says which.",
}


def answer_line(prediction: str, values: Mapping[str, float]) -> str:
    """The class with its value; several classes, or none, stand without."""
    value = f" ({values[prediction]:.4f})" if prediction in values else ""
    return f"[bold]{markup(prediction)}[/]{value}"


@contextmanager
def training_bar() -> Iterator[Callable[[Progress], None]]:
    """A progress bar of the epochs, with loss and accuracy beside it."""
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        *(TextColumn("epoch {task.fields[epoch]}"), BarColumn(), TaskProgressColumn()),
        TextColumn("loss {task.fields[loss]:.4f}  accuracy {task.fields[accuracy]:.2%}"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=ERR) as bar:
        task = bar.add_task("", total=None, epoch="-", loss=0.0, accuracy=0.0)

        def show(now: Progress) -> None:
            bar.update(
                task,
                total=now.epochs * now.steps,
                completed=(now.epoch - 1) * now.steps + now.step,
                epoch=f"{now.epoch}/{now.epochs}",
                loss=now.loss,
                accuracy=now.accuracy,
            )

        yield show


def print_templates(templates: Sequence[tuple[str, Description]]) -> None:
    """The shipped templates as a table."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("template", no_wrap=True)
    for head in ("what", "input"):
        table.add_column(head)
    for head in ("parameters", "accuracy"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, about in templates:
        table.add_row(
            f"[bold]{markup(name)}[/]",
            markup(about.title),
            _shape_words(about.network.input_shape),
            f"{parameters(about.network):,}",
            measured_text(about),
        )
    OUT.print(table)
    OUT.print("xlconv templates NAME  shows one in detail", style="dim")


def measured_text(about: Description) -> str:
    """What a template reaches on test pictures; "-" where there is nothing to measure."""
    measured = about.measured
    if measured is None:
        return "-"
    what = "" if measured.measure == "accuracy" else f"{measured.measure} "
    return f"{what}{measured.value:.2%}"


def print_template(name: str, about: Description) -> None:
    """One template: what it is, its layers, where its numbers come from, what to do with it."""
    network = about.network
    OUT.print(f"[bold]{markup(about.title)}[/]")
    OUT.print(markup(about.description))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("layer", "kind", "reads", "output"):
        table.add_column(head, no_wrap=True)
    table.add_column("parameters", justify="right")
    table.add_row("input", "picture", "", _shape_words(network.input_shape), "")
    for layer in network.layers:
        count = network.parameters(layer)
        reads = ", ".join(sources(layer))
        shape = _shape_words(network.shapes[layer.name])
        row = (f"[bold]{layer.name}[/]", type(layer).__name__, reads, shape)
        table.add_row(*row, f"{count:,}" if count else "")
    table.add_row("", "", "", "[bold]all[/]", f"[bold]{parameters(network):,}[/]")
    OUT.print()
    OUT.print(table)
    OUT.print()
    if about.data:
        OUT.print(f"[bold]data[/]: {markup(about.data)}")
    if about.measured is not None:
        value = f"{about.measured.measure} {about.measured.value:.2%}"
        OUT.print(f"[bold]measured[/]: {value} on {about.measured.pictures:,} test pictures")
    OUT.print(f"[bold]build it[/]: xlconv build out.xlsx --template {command_word(name)}")


def _shape_words(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape))


def parameters(network: Network) -> int:
    """How many numbers a network's weights are."""
    return sum(map(network.parameters, network.layers))


def print_evaluation(evaluation: Evaluation, labels: Sequence[str]) -> None:
    """The confusion matrix (rows true, columns predicted), or each class's score, and the
    accuracy."""
    several = evaluation.measure != "accuracy"
    if several:
        OUT.print(_scores(evaluation, labels))
    elif len(labels) <= _MATRIX:
        OUT.print(_confusion(evaluation, labels))
    else:
        OUT.print(_confusions(evaluation, labels))
    if several:
        OUT.print(f"test {evaluation.measure} [bold]{evaluation.value:.2%}[/]")
    OUT.print(f"test accuracy [bold]{evaluation.accuracy:.2%}[/], loss {evaluation.loss:.4f}")


def _scores(evaluation: Evaluation, labels: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("class", style="bold")
    for head in ("found", "wrongly found", "missed", "F1"):
        table.add_column(head, justify="right")
    for label, row, score in zip(labels, evaluation.confusion, evaluation.scores, strict=True):
        table.add_row(markup(label), *map(str, row.tolist()), f"{score:.2%}")
    return table


def _confusions(evaluation: Evaluation, labels: Sequence[str]) -> Table:
    """The most frequent mistakes, where there are too many classes for a matrix."""
    table = Table(box=None, pad_edge=False, header_style="dim", title="most frequent mistakes")
    table.add_column("true", style="bold")
    table.add_column("taken for")
    table.add_column("times", justify="right")
    mistakes = [
        (count, labels[true], labels[taken])
        for true, row in enumerate(evaluation.confusion.tolist())
        for taken, count in enumerate(row)
        if count and true != taken
    ]
    for count, true, taken in sorted(mistakes, key=lambda one: -one[0])[:_MATRIX]:
        table.add_row(markup(true), markup(taken), str(count))
    return table


_MATRIX = 12  # classes of which a confusion matrix fits in a terminal


def _confusion(evaluation: Evaluation, labels: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", title="true \\ predicted")
    table.add_column("", style="bold")
    for label in labels:
        table.add_column(markup(label), justify="right")
    for label, row in zip(labels, evaluation.confusion.tolist(), strict=True):
        cells = [
            f"[bold green]{count}[/]" if labels[column] == label else str(count or "·")
            for column, count in enumerate(row)
        ]
        table.add_row(markup(label), *cells)
    return table
