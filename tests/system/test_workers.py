"""How many processes work side by side."""

import os
import sys

import pytest

from xlconv.system import workers


@pytest.mark.parametrize(("platform", "most"), [("win32", 61), ("linux", 128)])
def test_no_more_processes_than_a_system_waits_for(
    platform: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows refuses more than 61."""
    pools = []

    def pool(count: int, **_: object) -> None:
        pools.append(count)
        raise InterruptedError

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(128), raising=False)
    monkeypatch.setattr(workers, "ProcessPoolExecutor", pool)
    monkeypatch.setattr(sys, "platform", platform)
    assert workers.cores() == most
    with pytest.raises(InterruptedError):
        list(workers.made_side_by_side(int, ["1"], (), 128))
    assert pools == [most]
