"""`xlconv open`, and `build --open`: a workbook shown in the spreadsheet program.

Must not know how a system starts programs.
"""

from pathlib import Path

from xlconv.errors import BookError, MissingEngineError

ENDING = ".xlsx"


def show_book(path: Path) -> None:
    """Show a workbook in the system's program for it, or in LibreOffice.

    BookError if it is none, MissingEngineError if there is no program, or no screen."""
    from xlconv.engines.libreoffice import PROGRAMS
    from xlconv.system.opening import NoScreenError, show_file
    from xlconv.xlsx.reader import open_package

    open_package(path)
    if path.resolve().suffix.lower() != ENDING:  # the system starts what an ending stands for
        raise BookError(f"{path}: spreadsheets open {ENDING} files; rename it so that it ends so")
    try:
        shown = show_file(path, PROGRAMS)
    except NoScreenError:
        raise MissingEngineError(
            f"{path}: there is no screen here to open it on (neither DISPLAY nor WAYLAND_DISPLAY "
            "is set); take it to where there is one, or use xlconv show"
        ) from None
    if not shown:
        raise MissingEngineError(
            f"{path}: no program here could show it; install LibreOffice, or open it where "
            "there is one"
        )
