"""Full disks, guarded targets, Ctrl-C: the target is as it was, and nothing else is left behind."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.books import TINY
from support.command_line import (
    NO_FILES,
    check_refusal,
    command,
    contents,
    printed,
    process,
    python,
    refused,
)
from support.learners import filled_in, random_exercise

from xlconv.importers.datasets.idx import read_idx_pair
from xlconv.importers.datasets.sets import pair_of
from xlconv.importers.template import small_data, template_folder
from xlconv.importers.weights.load import load_weights

posix = pytest.mark.skipif(os.name != "posix", reason="signals and pipes are POSIX's")
OLD = b"what somebody keeps here"
PATIENCE = 60.0  # seconds to wait for what surely comes


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder with a target that is there already."""
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "out.xlsx").write_bytes(OLD)
    (folder / "w.npz").write_bytes(OLD)
    return folder


def until(happens: Callable[[], object], running: subprocess.Popen[str]) -> None:
    """Wait until something happens; a program that ends before it is a failure."""
    end = time.monotonic() + PATIENCE
    try:
        while not happens():
            assert running.poll() is None, running.communicate()
            assert time.monotonic() < end
            time.sleep(0.002)
    except BaseException:
        running.kill()  # else it would run on, for some of these tests nearly for ever
        raise


def started(
    *arguments: object, folder: Path, temporary: Path, **environment: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "xlconv", *map(str, arguments)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary), **environment},
    )


def new_file(folder: Path) -> Callable[[], object]:
    """Whether there is a file more than there was."""
    before = len(list(folder.iterdir()))
    return lambda: len(list(folder.iterdir())) > before


def opens(name: str, running: Callable[[], subprocess.Popen[str]]) -> Callable[[], object]:
    """Whether a program has a file open whose path ends so."""

    def look() -> bool:
        links = Path(f"/proc/{running().pid}/fd")
        for link in links.iterdir():
            try:
                if os.readlink(link).endswith(name):  # noqa: PTH115 - links to what is no path
                    return True
            except OSError:
                continue
        return False

    return look


def stop(running: subprocess.Popen[str], number: int) -> tuple[str, str]:
    running.send_signal(number)
    try:
        return running.communicate(timeout=PATIENCE)
    finally:
        running.kill()  # where it does not stop


SIGNALS = {"Ctrl-C": (signal.SIGINT, 130), "SIGTERM": (signal.SIGTERM, 143)}


def check_stopped(running: subprocess.Popen[str], what: str) -> None:
    """It ends at once, and without a word."""
    number, code = SIGNALS[what]
    out, err = stop(running, number)
    assert (running.returncode, out, err) == (code, "", "")


@posix
@pytest.mark.parametrize("what", SIGNALS)
def test_a_stop_while_the_workbook_is_written(what: str, kept: Path, tmp_path: Path) -> None:
    before = contents(kept)
    arguments = ("build", "out.xlsx", "--force", "--template", "resnet")
    running = started(*arguments, folder=kept, temporary=tmp_path / "here")
    until(new_file(kept), running)
    check_stopped(running, what)
    assert contents(kept) == before


@posix
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at what a program has open")
@pytest.mark.parametrize("what", SIGNALS)
def test_a_stop_while_pictures_are_read(what: str, kept: Path, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    random = np.random.default_rng(0)
    Image.fromarray(random.integers(0, 255, (900, 900), np.uint8)).save(pictures / "0.png")
    for name in range(1, 300):
        os.link(pictures / "0.png", pictures / f"{name}.png")
    before = contents(kept)
    arguments = ("build", "out.xlsx", "--force", "--images", "../pictures", "--template", "edges")
    running = started(*arguments, folder=kept, temporary=kept)
    until(opens(".png", lambda: running), running)
    check_stopped(running, what)
    assert contents(kept) == before


@posix
@pytest.mark.parametrize("what", SIGNALS)
def test_a_stop_in_the_middle_of_training(what: str, kept: Path, tmp_path: Path) -> None:
    number, code = SIGNALS[what]
    arguments = ("train", "lesson3", "--out", "w.npz", "--force", "--epochs", "5000")
    running = started(*arguments, folder=kept, temporary=kept)
    checkpoint = kept / "w.checkpoint.npz"
    until(checkpoint.exists, running)
    _, err = stop(running, number)
    assert running.returncode == code
    [line] = [line for line in err.splitlines() if line.startswith("stopped")]
    assert "are in w.checkpoint.npz; go on with  xlconv train lesson3 --out w.npz --from " in line
    assert "Traceback" not in err
    assert (kept / "w.npz").read_bytes() == OLD
    assert sorted(contents(kept)) == ["out.xlsx", "w.checkpoint.npz", "w.npz"]
    first = load_weights(checkpoint)
    assert any(first["conv1.weight"].ravel() != load_weights(shipped())["conv1.weight"].ravel())

    refused(kept, ["train", "lesson3", "--out", "w.npz"], "w.npz exists")
    (kept / "w.npz").unlink()
    refused(kept, ["train", "lesson3", "--out", "w.npz"], "w.checkpoint.npz is left", "--from")
    words = line.partition("xlconv ")[2].split()
    printed(*words[:-1], 1, folder=kept, quiet=False)
    assert sorted(contents(kept)) == ["out.xlsx", "w.npz", "w.start.npz"]


def shipped() -> Path:
    return template_folder() / "lesson3" / "weights.npz"


@posix
def test_a_stop_before_the_first_epoch_ends(kept: Path, tmp_path: Path) -> None:
    """Enough pictures that an epoch takes a while."""
    data = tmp_path / "data"
    data.mkdir()
    for stem, times in (("train", 120), ("t10k", 1)):
        images, labels = read_idx_pair(pair_of(small_data(), "train"))
        for kind, array in (("images-idx3", images[:, 0]), ("labels-idx1", labels)):
            whole = np.concatenate([array.astype(np.uint8)] * times)
            head = bytes([0, 0, 8, whole.ndim]) + np.array(whole.shape, ">u4").tobytes()
            (data / f"{stem}-{kind}-ubyte").write_bytes(head + whole.tobytes())
    before = contents(kept)
    arguments = ("train", "lesson3", "--out", "w.npz", "--force", "--data", "../data")
    running = started(*arguments, folder=kept, temporary=kept, TERM="dumb")
    end = time.monotonic() + PATIENCE
    while "rollup" in (usage := used_seconds(running)) or float(usage) < 2.5:
        assert running.poll() is None
        assert time.monotonic() < end
    _, err = stop(running, signal.SIGINT)
    assert running.returncode == 130
    assert "stopped in the first epoch: nothing was written" in err
    assert contents(kept) == before


def used_seconds(running: subprocess.Popen[str]) -> str:
    """The time that a program has computed so far."""
    fields = Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2].split()
    return str((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))


@posix
@pytest.mark.parametrize("what", SIGNALS)
def test_a_stop_while_libreoffice_runs(what: str, tmp_path: Path) -> None:
    """A program of ours in its place, which would run for ever: it ends, too."""
    programs, folder, temporary = (tmp_path / name for name in ("programs", "here", "tmp"))
    for each in (programs, folder, temporary):
        each.mkdir()
    assert command("build", "a.xlsx", "--template", "conv-example", folder=folder).code == 0
    office = programs / "soffice"
    own = 'touch "$TMPDIR/lu1.tmp"'  # as the real one does
    office.write_text(
        f"#!/bin/sh\ncd {tmp_path}\n{own}\nsleep 0.3\necho $$ > new\nmv new pid\nsleep 1000\n"
    )
    office.chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    arguments = ("verify", "a.xlsx", "--engine", "libreoffice")
    running = started(*arguments, folder=folder, temporary=temporary, PATH=path)
    until((tmp_path / "pid").exists, running)
    check_stopped(running, what)
    assert list(temporary.iterdir()) == []
    assert sorted(contents(folder)) == ["a.xlsx"]
    started_by_it = int((tmp_path / "pid").read_text())
    end = time.monotonic() + PATIENCE
    while runs(started_by_it):
        assert time.monotonic() < end
        time.sleep(0.01)


@posix
@pytest.mark.parametrize("what", SIGNALS)
def test_a_stop_while_a_class_is_marked(what: str, tmp_path: Path) -> None:
    """What the processes that mark have written for a while goes away, too."""
    number, code = SIGNALS[what]
    folder, temporary = tmp_path / "here", tmp_path / "tmp"
    folder.mkdir()
    temporary.mkdir()
    task = random_exercise(tmp_path / "task.xlsx", TINY, "conv")
    endless = "=CUMIPMT(0.01,1E+15,1,1,1E+15,0)"
    for name in "abc":
        filled_in(task, folder / f"{name}.xlsx", lambda formula, part, row, column: endless)
    before = contents(folder)
    running = started("grade", ".", "--out", "marks.csv", folder=folder, temporary=temporary)
    until(lambda: list(temporary.rglob("book.xlsx")), running)
    out, err = stop(running, number)
    assert (running.returncode, out, err.strip().startswith("error")) == (code, "", False)
    assert contents(folder) == before
    assert list(temporary.iterdir()) == []


@posix
@pytest.mark.parametrize("what", SIGNALS)
def test_a_stop_while_a_class_is_built(what: str, tmp_path: Path) -> None:
    """Each workbook is whole or not there, and nothing else is left."""
    folder, temporary = tmp_path / "here", tmp_path / "tmp"
    folder.mkdir()
    temporary.mkdir()
    names = "".join(f"s{number}\n" for number in range(400))
    (folder / "list.csv").write_text(f"name\n{names}")
    arguments = ("build", "--students", "list.csv", "--out-dir", "out", "--exercise", "conv1")
    more = ("--template", "conv-example")
    running = started(*arguments, *more, folder=folder, temporary=temporary)
    until(lambda: len(list(folder.glob("out/*.xlsx"))) >= 2, running)
    check_stopped(running, what)
    made = sorted((folder / "out").iterdir())
    assert 2 <= len(made) < 400
    assert all(zipfile.ZipFile(path).testzip() is None for path in made)
    assert list(temporary.iterdir()) == []


@posix
@pytest.mark.parametrize("students", [False, True])
def test_a_stop_keeps_the_marks_of_those_that_are_marked(students: bool, tmp_path: Path) -> None:
    folder, temporary = tmp_path / "here", tmp_path / "tmp"
    folder.mkdir()
    temporary.mkdir()
    task = random_exercise(tmp_path / "task.xlsx", TINY, "conv")
    endless = "=CUMIPMT(0.01,1E+15,1,1,1E+15,0)"
    filled_in(task, folder / "a.xlsx")
    for name in "bcd":
        filled_in(task, folder / f"{name}.xlsx", lambda formula, part, row, column: endless)
    (tmp_path / "list.csv").write_text("name,id,email\na,1,\nb,2,\nc,3,\nd,4,\ne,5,\n")
    more = ("--students", "../list.csv") if students else ()
    arguments = ("grade", ".", "--out", "marks.csv", *more)
    running = started(*arguments, folder=folder, temporary=temporary)
    # Where all processes evaluate what has no end, whatever else there is has been marked.
    evaluated: set[Path] = set()

    def all_busy() -> bool:
        evaluated.update(temporary.rglob("book.xlsx"))
        return len(evaluated) >= min(3, len(os.sched_getaffinity(0)))

    until(all_busy, running)
    _, err = stop(running, signal.SIGINT)
    assert running.returncode == 130
    assert "stopped: marks.csv holds the marks of 1 of 4 workbooks" in err
    text = (folder / "marks.csv").read_text()
    assert text.count("not marked: it was stopped before") == 3
    assert text.count("nothing handed in") == (1 if students else 0)
    assert list(temporary.iterdir()) == []


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# ---- targets


def bind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


TARGETS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (NO_FILES["a folder"], "is a folder"),
    "a pipe": (NO_FILES["a pipe"], "pipe or device"),
    "a device": (lambda path: path.symlink_to("/dev/full"), "pipe or device"),
    "a socket": (bind, "pipe or device"),
    "a ring of links": (NO_FILES["a ring of links"], "cannot be written"),
    "a link into nowhere": (lambda path: path.symlink_to("no/a.xlsx"), "cannot be written"),
}


@posix
@pytest.mark.parametrize("what", TARGETS)
def test_targets_that_cannot_be(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, word = TARGETS[what]
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    make(Path("a.xlsx"))
    refused(tmp_path, ["build", "a.xlsx", "--force"], word)
    refused(tmp_path, ["train", "lesson3", "--epochs", "1", "--out", "a.xlsx", "--force"], word)
    assert os.path.lexists("a.xlsx")


@posix
def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (real / "a.xlsx").write_bytes(OLD)
    (real / "a.xlsx").chmod(0o640)
    here = tmp_path / "here"
    here.mkdir()
    (here / "a.xlsx").symlink_to("../real/a.xlsx")
    (here / "b.xlsx").symlink_to("../real/b.xlsx")
    arguments: list[object] = ["build", "a.xlsx", "--template", "conv-example"]
    refused(here, arguments, "exists")
    for name in ("a.xlsx", "b.xlsx"):
        arguments[1] = name
        assert command(*arguments, "--force", folder=here).code == 0
        assert (here / name).is_symlink()
        assert (real / name).read_bytes().startswith(b"PK")
    assert (real / "a.xlsx").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["a.xlsx"] * 2 + ["b.xlsx"] * 2


@pytest.mark.parametrize("arguments", [["build"], ["train", "lesson3", "--epochs", "1", "--out"]])
def test_a_folder_that_is_missing_and_names_that_are_too_long(
    arguments: list[object], tmp_path: Path
) -> None:
    refused(tmp_path, [*arguments, "no/a.xlsx"], "no/a.xlsx", "there is no folder no")
    refused(tmp_path, [*arguments, "a" * 300 + ".xlsx"], "name too long")
    refused(tmp_path, [*arguments, "a/" * 3000 + "a.xlsx"], "make it first")


def test_a_name_as_long_as_can_be(tmp_path: Path) -> None:
    name = "a" * 250 + ".xlsx"
    assert command("build", name, "--template", "conv-example", folder=tmp_path).code == 0
    assert list(contents(tmp_path)) == [name]


# ---- disks


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB, where one may be made."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(mounting, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    (small_disk / "a.xlsx").write_bytes(OLD)
    refused(small_disk, ["build", "a.xlsx", "--force"], "a.xlsx cannot be written", "No space")
    arguments: list[object] = ["train", "lesson3", "--epochs", "1", "--out", "w.npz"]
    (small_disk / "more").write_bytes(bytes(50_000))
    before = contents(small_disk)
    found = command(*arguments, folder=small_disk)
    assert found.code == 2
    *_, line = found.err.splitlines()  # behind the progress
    assert "w.checkpoint.npz cannot be written: No space" in line
    assert contents(small_disk) == before


@posix
def test_files_may_not_grow(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        refused(tmp_path, ["build", "a.xlsx"], "a.xlsx cannot be written")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@posix
def test_memory_that_is_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    script = (
        "import resource, sys, numpy, PIL.Image, xlconv.compiler, xlconv.commands.console\n"
        "from xlconv.commands.app import main\n"
        "numpy.ones((300, 300)) @ numpy.ones((300, 300))  # OpenBLAS takes its memory once\n"
        "held = [int(text.split()[1]) for text in open('/proc/self/status') if 'VmSize' in text]\n"
        "resource.setrlimit(resource.RLIMIT_AS, (held[0] * 1024 + 30_000_000,) * 2)\n"
        "sys.argv = ['xlconv', 'build', 'a.xlsx', '--template', 'resnet']\n"
        "main()\n"
    )
    ran = python(script, folder=folder, OPENBLAS_NUM_THREADS="1")
    assert ran.stderr == "error: not enough memory; give smaller files or a smaller network\n"
    assert ran.returncode == 2
    assert contents(folder) == {}


# ---- what is printed


def shell(text: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    line = text.replace("xlconv", f"'{sys.executable}' -m xlconv")
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={**os.environ, **environment},
    )


@posix
@pytest.mark.parametrize(
    "text", ["templates | head -1", "templates resnet | true", "--help | true"]
)
def test_a_reader_that_goes_is_no_error(text: str, tmp_path: Path) -> None:
    assert shell(f"xlconv {text}", tmp_path).stderr == ""


@posix
def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    closed = shell("xlconv templates >&-", tmp_path)
    assert (closed.returncode, closed.stderr) == (0, "")
    assert shell("xlconv templates nix 2>&-", tmp_path).returncode == 2
    full = shell("xlconv templates > /dev/full", tmp_path)
    assert full.returncode == 2
    assert full.stderr == "error: the output: No space left on device; check place and disk\n"


@posix
@pytest.mark.parametrize(
    "environment", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}]
)
def test_a_terminal_of_few_letters(environment: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "hére"
    folder.mkdir()
    for arguments in (
        ["templates"],
        ["templates", "resnet"],
        ["build", "é.xlsx"],
        ["show", "é.xlsx"],
    ):
        found = process(*arguments, folder=folder, **environment)
        assert (found.code, found.err) == (0, ""), arguments
    check_refusal(process("show", "è.xlsx", folder=folder, **environment), "no such file")
    name = os.fsdecode(b"\xff\x1b[31m.xlsx")
    check_refusal(process("show", name, folder=folder, **environment), "no such file")
