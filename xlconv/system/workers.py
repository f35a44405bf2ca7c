"""Workers: processes that do the same with many things side by side, on all cores.

Owns how they start and end: none of them hears a Ctrl-C, and what they write for a while goes away
with them. Must not know what they do.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, TimeoutError, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from typing import Any, TypeVar

from xlconv.system.signals import signals_blocked, temporary_folder

Thing = TypeVar("Thing")
Made = TypeVar("Made")


_MOST_ON_WINDOWS = 61  # processes, for which one of its calls waits; more are an error


def cores() -> int:
    """The cores that this process may use, and can wait for."""
    known = hasattr(os, "sched_getaffinity")
    return _bounded(len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1)


def _bounded(workers: int) -> int:
    return min(workers, _MOST_ON_WINDOWS) if sys.platform == "win32" else workers


def made_side_by_side(
    make: Callable[..., Made],
    things: Sequence[Thing],
    shared: tuple[Any, ...],
    workers: int,
    time_limit: float | None = None,
) -> Generator[tuple[Thing, Made], None, None]:
    """What `make(thing, *shared)` gives of each, as they are done, until one of the processes is
    lost or none is done in so many seconds. What is `shared` goes to each process once. Whoever
    may stop before the end closes it."""
    # A process of its own from the start: none of this one's threads and locks are copied.
    context = multiprocessing.get_context("spawn")
    # What a process that is ended leaves behind is in a folder of ours.
    with temporary_folder() as folder:
        pool = ProcessPoolExecutor(
            _bounded(workers),
            mp_context=context,
            initializer=_prepare,
            initargs=(str(folder), make, shared),
        )
        yield from _until_lost(pool, things, time_limit)


def _until_lost(
    pool: ProcessPoolExecutor, things: Sequence[Thing], time_limit: float | None
) -> Generator[tuple[Thing, Any], None, None]:
    futures: dict[Future[Any], Thing] = {}
    try:
        with signals_blocked():
            if sys.platform != "win32":
                resource_tracker.ensure_running()  # which lets signals through again
            with signals_blocked():
                futures = {pool.submit(_make_one, thing): thing for thing in things}
        left = set(futures)
        while left:
            done, left = wait(left, timeout=time_limit, return_when="FIRST_COMPLETED")
            if not done:
                raise TimeoutError
            for future in done:
                yield futures[future], future.result()
    except (BrokenProcessPool, TimeoutError):
        _end(pool)
    except BaseException:  # whoever stops the command stops them all
        _end(pool)
        raise
    finally:
        # Its thread has ended then: at the end of Python, both would close the same pipe.
        pool.shutdown(cancel_futures=True)


_task: tuple[Callable[..., Any], tuple[Any, ...]] | None = (
    None  # of this process, if it is a worker
)


def _prepare(folder: str, make: Callable[..., Any], shared: tuple[Any, ...]) -> None:
    """A process writes what it needs for a while into a folder. It started without an ear for
    signals: a terminal's Ctrl-C is for the process that everyone waits for."""
    global _task
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = folder
    _task = (make, shared)


def _make_one(thing: Any) -> Any:
    assert _task is not None
    make, shared = _task
    return make(thing, *shared)


def _end(pool: ProcessPoolExecutor) -> None:
    """End the processes of a pool, whatever they are doing."""
    processes = list((pool._processes or {}).values())
    for process in processes:
        process.kill()
    for process in processes:
        process.join()
