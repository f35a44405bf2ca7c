"""Every error that xlconv raises on purpose.

Knows nothing of networks, workbooks or files: the place that raises an error
writes the whole message (what is wrong, where, and what to do next), in one line.

XlconvError
├── NetworkError    layers that do not fit together, names that cannot be used
├── WeightsError    weights that do not fit their network
├── TemplateError   a template that cannot be found or read
├── ImageError      a picture that cannot become the network's input
├── DatasetError    training data that cannot be read or used
├── RosterError     a list of students that cannot be read
├── TrainingError   a recipe that cannot be followed, or a loss out of bounds
├── LimitError      a network larger than a worksheet
├── OutputError     a target that exists or cannot be written
├── BookError       a workbook that cannot be read, or is not one of xlconv's
└── EngineError     a spreadsheet program that fails or takes too long
    └── MissingEngineError  one that is not installed
"""

from collections.abc import Iterable

_MOST_NAMED = 30


class XlconvError(Exception):
    """The base of all errors that a user can cause and mend."""


class NetworkError(XlconvError):
    """Layers that do not fit together, or a name that cannot be used."""


class WeightsError(XlconvError):
    """Weights that are missing, superfluous, of a wrong shape or not finite."""


class TemplateError(XlconvError):
    """A template that cannot be found or read."""


class ImageError(XlconvError):
    """A picture that cannot become the network's input."""


class DatasetError(XlconvError):
    """Training data that cannot be read or used."""


class RosterError(XlconvError):
    """A list of students that cannot be read."""


class TrainingError(XlconvError):
    """A recipe that cannot be followed, or a loss that grew out of bounds."""


class LimitError(XlconvError):
    """A network that needs more than a worksheet can hold."""


class OutputError(XlconvError):
    """A target that exists already or cannot be written."""


class BookError(XlconvError):
    """A workbook that cannot be read, or that is not one of xlconv's."""


class EngineError(XlconvError):
    """A spreadsheet program that is missing, fails or takes too long."""


class MissingEngineError(EngineError):
    """A spreadsheet program that is not installed."""


def check_limit(place: str, needed: int, limit: int, what: str, remedy: str) -> None:
    """LimitError if something needs more than Excel has; `place` says where it does not fit."""
    if needed > limit:
        raise LimitError(
            f"{place} {needed:,} {what}, {needed - limit:,} more than Excel's {limit:,}; {remedy}"
        )


def meant(given: object, known: Iterable[str]) -> str:
    """What to do about a name that is not known: take the nearest one that is, or one of all.

    >>> meant("greyy", ("lesson", "grey")), meant(3, ("lesson", "grey"))
    ("did you mean 'grey'?", 'there are lesson, grey')
    """
    from difflib import get_close_matches  # who makes no mistake need not wait for it

    names = list(known)
    near = get_close_matches(str(given)[:100], names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    more = f", ... ({len(names)} in all)" if len(names) > _MOST_NAMED else ""
    return f"there are {', '.join(names[:_MOST_NAMED])}{more}"
