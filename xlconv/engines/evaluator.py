"""The program that evaluates a file with formualizer, for `engines.process`: it answers questions,
a line of JSON each, from its standard input, until that ends.

A question is {"path", "places": [[sheet, row, column, bottom, right], ...], "seconds", "bytes"}; an
answer {"values", "numbers"}, {"error"} or {"missing"}. The values of a range are a list, row by
row, or null if all are numbers: so many `numbers` of all these ranges, of 8 bytes each, follow the
line. Whoever goes beyond the seconds of computing is ended by the system, and who needs more bytes
is refused them. Imports nothing of xlconv: it starts at once.
"""

import json
import os
import signal
import sys
from array import array
from itertools import chain
from typing import IO, Any

try:
    import resource
except ImportError:  # where there is none, the other side's clock must do
    resource = None  # type: ignore[assignment]


# The engine's own limits are less than a sheet of two million formulas takes; this process is held
# in bounds of its own.
_SIZES = ("max_input_bytes", "max_entries", "max_expanded_bytes", "max_part_bytes")
_ANY_SIZE = dict.fromkeys(_SIZES, 1 << 40)


def main() -> None:
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # whatever the engine prints is no answer
        if resource is not None:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _serve(sys.stdin.buffer, answers)


def _serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    engine = _engine()  # before the first question: the other side has work, too
    for line in questions:
        question = json.loads(line)
        _limit(question["seconds"], question["bytes"])
        answer, numbers = _answer(engine, question["path"], question["places"])
        _limit(0.0, None)
        answers.write(json.dumps(answer, default=str).encode() + b"\n")
        answers.write(numbers)
        answers.flush()


def _engine() -> Any:
    """The engine's package; None if it is not installed."""
    try:
        import formualizer
    except ImportError:
        return None
    return formualizer


def _limit(seconds: float, memory: int | None) -> None:
    """Let this process compute for so long, and have so much memory; 0 and None: no bounds."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)
    if resource is not None:
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        soft = hard if memory is None else memory
        if hard != resource.RLIM_INFINITY:
            soft = min(soft, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _answer(engine: Any, path: str, places: list[list[Any]]) -> tuple[dict[str, Any], bytes]:
    if engine is None:
        return {"missing": True}, b""
    try:
        book = engine.load_workbook(path, load_limits=_ANY_SIZE)
        book.evaluate_all()
        return _values(book, [(place[0], engine.RangeAddress(*place)) for place in places])
    except BaseException as error:  # kinds of its own, and panics, which are no Exception
        return {"error": (str(error).splitlines() or [type(error).__name__])[0][:200]}, b""


def _values(book: Any, places: list[tuple[str, Any]]) -> tuple[dict[str, Any], bytes]:
    numbers = array("d")
    values: list[list[Any] | None] = []
    for sheet, place in places:
        rows = book.sheet(sheet).get_values(place)
        if {type(value) for row in rows for value in row} <= {float}:
            numbers.extend(chain.from_iterable(rows))
            values.append(None)
        else:
            values.append(list(chain.from_iterable(rows)))
    return {"values": values, "numbers": len(numbers)}, numbers.tobytes()


if __name__ == "__main__":
    main()
