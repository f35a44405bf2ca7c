"""The command line: parse, call the public functions, print, exit code.

Exit codes: 0 done (or agrees), 1 differs, 2 could not be done. What a user can cause is an
XlconvError, caught once, in `run`. The rest of the package is imported inside the
commands, so that --help answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xlconv import __version__
from xlconv.commands.marking.grade import grade
from xlconv.commands.opening import show_book
from xlconv.commands.run import run
from xlconv.commands.train import train
from xlconv.commands.waiting import shown_while_waiting
from xlconv.errors import OutputError

if TYPE_CHECKING:
    from xlconv.images.gallery import Gallery
    from xlconv.importers.template import Template
    from xlconv.network.network import Network
    from xlconv.state.exercise import Exercise

app = typer.Typer(
    name="xlconv",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A small convolutional network as a live .xlsx workbook: every activation is a formula.",
    epilog="Start with  xlconv build out.xlsx , open it, then  xlconv verify out.xlsx",
)


def main() -> None:
    """Run the command line; one clear line and exit code 2 for what a user can mend."""
    run(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"xlconv {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(epilog="Examples:  xlconv build out.xlsx  |  xlconv build me.xlsx --image my-7.jpg")
def build(
    out: Annotated[
        Path | None,
        typer.Argument(help="The workbook to write, as in out.xlsx; none with --students."),
    ] = None,
    template: Annotated[
        str, typer.Option(help="A template's name, or a folder with a template.toml.")
    ] = "lesson3",
    weights: Annotated[
        Path | None, typer.Option(help="Weights instead of the template's own (.npz).")
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(
            help="How weights stand in their file: torch, as xlconv's own, or keras, whose axes "
            "are turned."
        ),
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option(help="A picture instead of the template's own: PNG, JPEG, TIFF or .npy."),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            help="A folder of pictures to choose from, instead of the template's own; folders in "
            "it that are called by labels say what they show."
        ),
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Take pictures' pixels as they are.")] = False,
    palette: Annotated[str | None, typer.Option(help="lesson, colourblind or grey.")] = None,
    scale: Annotated[
        str, typer.Option(help="One colour scale for each map, layer, or the network.")
    ] = "layer",
    protect: Annotated[
        bool,
        typer.Option(
            "--protect", help="Only cells that are meant to be changed can be; no password."
        ),
    ] = False,
    exercise: Annotated[
        str | None,
        typer.Option(help="Layers that are left for a learner to fill in, as in conv1,softmax."),
    ] = None,
    first: Annotated[
        int | None, typer.Option(help="Leave only the first cells of each map or column open.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Vary kernels and picture: same seed, same ones.")
    ] = None,
    student: Annotated[str | None, typer.Option(help="Vary them for a student, by name.")] = None,
    students: Annotated[
        Path | None,
        typer.Option(
            help="A list of students as CSV (name, id, email; or as Moodle or Canvas exports it): "
            "a workbook for each."
        ),
    ] = None,
    out_dir: Annotated[
        Path | None, typer.Option(help="With --students: the folder for their workbooks.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    open_it: Annotated[
        bool, typer.Option("--open", help="Open the workbook in the spreadsheet program, too.")
    ] = False,
) -> None:
    """Write a workbook of a network that looks at a picture."""
    from xlconv.commands.classroom import class_targets, write_class
    from xlconv.commands.console import print_built, print_note
    from xlconv.compiler import build as build_workbook
    from xlconv.importers.template import load_template
    from xlconv.reference.forward import forward
    from xlconv.state.variation import varied

    class_ = class_targets(students, out_dir, out, exercise, student, force)
    if class_ is not None and open_it:
        raise OutputError("--open is for one workbook, and --students makes many; leave one out")
    target = None if class_ else _book_target(out, force)
    if raw and image is None and images is None:
        raise OutputError("--raw says how to read --image FILE or --images DIR; give one")
    chosen = load_template(template, weights, layout, print_note)
    gallery = _gallery(chosen, images, image, raw)
    task = _task(chosen.network, exercise, first, seed, student)
    if class_ is not None and task is not None:
        from xlconv.grading.classroom.handout import Handout

        handout = Handout(
            model=chosen,
            gallery=gallery,
            exercise=task,
            palette=palette,
            scale=scale,
            protect=protect,
            keep_picture=image is not None,
        )
        write_class(class_, handout, force)
        return
    assert target is not None
    if task is not None:
        chosen, gallery = varied(chosen, gallery, task, keep_picture=image is not None)
    with shown_while_waiting():
        build_workbook(
            target,
            chosen,
            gallery.image,
            palette=palette,
            overwrite=force,
            gallery=gallery,
            scale=scale,
            protect=protect,
            exercise=task,
        )
    print_built(target, chosen, forward(chosen, gallery.image), task.layers if task else ())
    if open_it:
        show_book(target)


@app.command("open", epilog="Example:  xlconv open out.xlsx")
def open_book(
    book: Annotated[Path, typer.Argument(help="A workbook, as xlconv built it or edited.")],
) -> None:
    """Open a workbook in the spreadsheet program: the system's own, or LibreOffice."""
    show_book(book)


def _task(
    network: Network,
    exercise: str | None,
    first: int | None,
    seed: int | None,
    student: str | None,
) -> Exercise | None:
    """The exercise that the options ask for, if they do."""
    from xlconv.state.exercise import exercise_of

    if exercise is not None:
        names = [name.strip() for name in exercise.split(",")]
        return exercise_of(network, names, first, seed, student)
    if first is not None or seed is not None or student is not None:
        raise OutputError("--first, --seed and --student belong to an --exercise; give one")
    return None


def _book_target(out: Path | None, force: bool) -> Path:
    """The workbook to write, looked at before many pictures are read."""
    from xlconv.system.files import check_no_folder, check_target

    if out is None:
        raise typer.BadParameter(
            "no workbook is named; give one, as in  xlconv build out.xlsx , or a class by "
            "--students LIST.csv --out-dir DIR",
            param_hint="out",
        )
    check_no_folder(out, "out.xlsx")
    if out.suffix.lower() != ".xlsx":
        raise OutputError(
            f"{out}: spreadsheets open .xlsx files; call it {out.with_suffix('.xlsx')}"
        )
    check_target(out, force, "out.xlsx")
    return out


def _gallery(template: Template, images: Path | None, image: Path | None, raw: bool) -> Gallery:
    """The pictures of a folder, or else the template's; with `image` shown first."""
    from xlconv.commands.console import OUT, print_gallery
    from xlconv.images.folder import load_gallery
    from xlconv.images.gallery import shown_first
    from xlconv.images.load import load_image
    from xlconv.importers.gallery import template_gallery

    network, about = template.network, template.about
    if images is None:
        gallery = template_gallery(about, network, template.image)
    else:
        gallery, notes = load_gallery(images, network, about.photo, raw)
        print_gallery(gallery, images, notes)
    if image is None:
        return gallery
    picture = load_image(image, network.input_shape, raw, about.photo)
    for step in picture.steps:
        OUT.print(f"  {step}", markup=False)
    return shown_first(gallery, picture.pixels, image.name)


@app.command(epilog="Examples:  xlconv verify out.xlsx  |  xlconv verify out.xlsx --json")
def verify(
    book: Annotated[Path, typer.Argument(help="A workbook that xlconv built, edited or not.")],
    engine: Annotated[
        str,
        typer.Option(
            help="What evaluates the formulas: formualizer, libreoffice, gnumeric, all that are "
            "installed, side by side, or none."
        ),
    ] = "formualizer",
    random: Annotated[
        int,
        typer.Option(min=0, help="How many trials with random pictures and weights; 0 for none."),
    ] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    max_findings: Annotated[int, typer.Option(min=0, help="How many findings to print.")] = 20,
    blocks: Annotated[bool, typer.Option("--blocks", help="Print a line for each block.")] = False,
) -> None:
    """Prove every cell of a workbook against NumPy.

    Exit code 0: agrees, 1: differs, 2: could not be checked."""
    from xlconv.system.terminal_text import as_json as spelled
    from xlconv.verification.verify import verify as verify_workbook

    with shown_while_waiting():
        report = verify_workbook(book, engine, random)
    if as_json:
        typer.echo(spelled(report.as_json()))
    else:
        from xlconv.commands.report import print_report

        print_report(report, max_findings, blocks)
    raise typer.Exit(report.exit_code)


@app.command(
    epilog="Examples:  xlconv render out.xlsx board.png  |  "
    "xlconv render out.xlsx conv1.png --layer conv1 --cell 24"
)
def render(
    book: Annotated[Path, typer.Argument(help="A workbook that xlconv built, edited or not.")],
    out: Annotated[Path, typer.Argument(help="The picture to write, as in board.png.")],
    sheet: Annotated[
        str, typer.Option(help="Which sheet: Board, Guide, Images, Explain, Model, ..")
    ] = "Board",
    layer: Annotated[
        str | None, typer.Option(help="One layer of the board instead of all, or input.")
    ] = None,
    cell: Annotated[
        int | None,
        typer.Option(
            help="Pixels of a row, on the board of a grid cell, 2 to 64; from about 20 on with "
            "numbers. Left out, the picture is about 2400 pixels long."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Draw a sheet as a PNG, with the values that the workbook stores."""
    from xlconv.commands.console import OUT, markup
    from xlconv.rendering.render import render as render_book

    with shown_while_waiting():
        picture = render_book(book, out, sheet=sheet, layer=layer, cell=cell, overwrite=force)
    width, height = picture.size
    OUT.print(f"wrote {markup(out)} ({width:,} × {height:,} pixels)", soft_wrap=True)


@app.command(epilog="Examples:  xlconv show out.xlsx  |  xlconv show out.xlsx --layer conv1")
def show(
    book: Annotated[Path, typer.Argument(help="A workbook that xlconv built, edited or not.")],
    layer: Annotated[str | None, typer.Option(help="One layer, larger, or input, instead.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every layer, behind the picture and the answer.")
    ] = False,
    width: Annotated[int | None, typer.Option(help="Columns to draw on, from 20.")] = None,
) -> None:
    """Show the picture and the answer in the terminal, or every layer's maps."""
    from xlconv.book.book import read_book, tensor_named
    from xlconv.commands.console import print_glance
    from xlconv.rendering.glance import glance
    from xlconv.rendering.stored import book_palette

    if width is not None and not MIN_WIDTH <= width <= MAX_WIDTH:
        raise OutputError(f"--width {width}: give {MIN_WIDTH} to {MAX_WIDTH} columns")
    if layer is not None and every:
        raise OutputError("--layer shows one layer and --all every one; give one of them")
    with shown_while_waiting():
        found = read_book(book)
    only = tensor_named(found, layer) if layer is not None else None
    print_glance(found, glance(found), book_palette(found), only=only, every=every, width=width)


MIN_WIDTH, MAX_WIDTH = 20, 1000


@app.command(epilog="Examples:  xlconv templates  |  xlconv templates resnet")
def templates(
    name: Annotated[
        str | None, typer.Argument(help="A template's name, or a folder: shows it in detail.")
    ] = None,
) -> None:
    """List the templates with what they reach, or show one in detail."""
    from xlconv.commands.console import print_template, print_templates
    from xlconv.importers.template import describe_template, template_names

    if name is not None:
        print_template(name, describe_template(name))
    else:
        print_templates([(name, describe_template(name)) for name in template_names()])


app.command(epilog="Examples:  xlconv grade hw.xlsx  |  xlconv grade handed-in --out marks.csv")(
    grade
)
app.command(
    epilog="Example:  xlconv train lesson3 --data mnist --out weights.npz --rate conv1=0.0002"
)(train)
