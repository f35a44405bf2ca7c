"""Files with some bytes changed, for as long as one likes: every reader of `build` and `train`.

    nice python benchmarks/quality/fuzzing_inputs.py --minutes 15

Prints each that raised anything but an XlconvError, took longer than 5 s or needed more memory
than 500 MB, by its kind and number: tests/test_fuzzed_inputs.py keeps those in BROKE.
"""

import argparse
import resource
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from support.broken import READERS, case, survived

MOST_SECONDS, MOST_MEMORY = 5.0, 500_000_000


def tried(kind: str, number: int, folder: Path) -> tuple[bool, str]:
    """Whether a file was read, and what is wrong with how it was."""
    start = time.perf_counter()
    try:
        read = survived(kind, case(kind, number), folder)
    except Exception:
        return False, traceback.format_exc()
    seconds = time.perf_counter() - start
    return read, f"took {seconds:.1f} s" if seconds > MOST_SECONDS else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first file")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, -1))
    end, number = time.monotonic() + 60 * options.minutes, options.first
    counts = {kind: [0, 0, 0] for kind in READERS}
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            for kind, count in counts.items():
                read, wrong = tried(kind, number, Path(folder))
                count[0] += 1
                count[1] += read
                count[2] += bool(wrong)
                if wrong:
                    print(f"{kind} {number}: {wrong}", flush=True)
            number += 1
    for kind, (all_of_them, read, wrong) in counts.items():
        print(f"{kind}: {all_of_them:,} files, {read:,} read, {wrong:,} findings")
    peak = 1000 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory {peak / 1e6:.0f} MB{' (too much)' if peak > MOST_MEMORY else ''}")


if __name__ == "__main__":
    main()
