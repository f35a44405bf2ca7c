"""The program that evaluates a file with formualizer, for `engines.confined`: it answers questions,
a line of JSON each, from its standard input, until that ends.

A question is {"path", "places": [[sheet, row, column, bottom, right], ...], "seconds", "bytes"}; an
answer {"grids"}, {"error"} or {"missing"}. Whoever goes beyond the seconds of computing is ended by
the system, and who needs more bytes is refused them. Imports nothing of xlconv: it starts at once.
"""

import json
import os
import signal
import sys
from typing import IO, Any

try:
    import resource
except ImportError:  # where there is none, the other side's clock must do
    resource = None  # type: ignore[assignment]


def main() -> None:
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)  # whatever the engine prints is no answer
        if resource is not None:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _serve(sys.stdin.buffer, answers)


def _serve(questions: IO[bytes], answers: IO[str]) -> None:
    for line in questions:
        question = json.loads(line)
        _limit(question["seconds"], question["bytes"])
        answer = _answer(question["path"], question["places"])
        _limit(0.0, None)
        json.dump(answer, answers, default=str)
        answers.write("\n")
        answers.flush()


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


def _answer(path: str, places: list[list[Any]]) -> dict[str, Any]:
    try:
        import formualizer
    except ImportError:
        return {"missing": True}
    try:
        return {"grids": _grids(formualizer, path, places)}
    except BaseException as error:  # kinds of its own, and panics, which are no Exception
        return {"error": (str(error).splitlines() or [type(error).__name__])[0][:200]}


def _grids(formualizer: Any, path: str, places: list[list[Any]]) -> list[list[list[Any]]]:
    book = formualizer.load_workbook(path)
    book.evaluate_all()
    return [book.sheet(place[0]).get_values(formualizer.RangeAddress(*place)) for place in places]


if __name__ == "__main__":
    main()
