"""Which data sets a folder holds: the names of their files, whoever named them.

`train-images-idx3-ubyte`, `emnist-digits-test-labels.idx1-ubyte.gz`: a set is called by what stands
before `train`; a test set belongs to the training set whose name it begins with. An .npz file
with pictures to learn from is a set, too. Must not know what stands in the files.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from xlconv.errors import DatasetError, meant
from xlconv.importers.datasets.archive import is_archive
from xlconv.importers.datasets.idx import PUT_FILES, Pair
from xlconv.importers.foreign import foreign_file
from xlconv.system.files import is_file, is_folder, natural_order, open_stream
from xlconv.system.terminal_text import shell_word

_FILE = re.compile(
    r"(?P<stem>.+)[-_.](?P<what>images|labels)[-_.](?P<kind>idx[13]-ubyte)(?P<end>\.gz)?",
    re.IGNORECASE,
)
_TRAIN = re.compile(r"(?:(?P<before>.+)[-_.])?train(?:ing)?", re.IGNORECASE)
_TESTS = ("t10k", "test")  # of several test sets the first of these
_DEEPEST, _MOST_FOLDERS = 3, 2_000  # below the folder that is given


@dataclass(frozen=True)
class IdxSet:
    """A set of IDX files: in a folder, those to learn from, and those to test with, if any."""

    folder: Path
    before: str
    train: Pair
    tests: Mapping[str, Pair]

    @property
    def test(self) -> Pair | None:
        """The part to test with: MNIST's own before others, or else the only one."""
        ends = {stem[len(self.before) :].lstrip("-_.").lower(): stem for stem in self.tests}
        stem = next((ends[test] for test in _TESTS if test in ends), None)
        if stem is None and len(self.tests) > 1:
            raise DatasetError(
                f"{self.folder}: several test sets ({', '.join(sorted(self.tests))}); leave one "
                "beside the training set, or choose one by its file, as in "
                f"--data {shell_word(next(iter(self.tests.values())).images)}"
            )
        return self.tests[stem] if stem else next(iter(self.tests.values()), None)


@dataclass(frozen=True)
class ArchiveSet:
    """A set in one .npz file."""

    path: Path


Set = IdxSet | ArchiveSet


def chosen_set(place: Path, name: str | None = None) -> Set:
    """The data set of a folder, or of the folders in it, or of a file; `name` chooses among
    several. Raises DatasetError if there is none, or more than one that could be meant."""
    if is_file(place):
        return _set_of_file(place)
    if not is_folder(place):
        raise DatasetError(f"{place}: no such folder; name the one that holds the IDX files")
    sets = _named(place, _sets(place))
    if not sets or (name is not None and name not in sets):
        below = [one for folder in _folders(place) for one in _sets(folder)]
        sets = _named(place, [*_sets(place), *below])
    if name is not None and name not in sets:
        known = meant(name, sets) if sets else "there is none in this folder"
        raise DatasetError(f"{place}: no data set {name!r}; {known}")
    if name is None and len(sets) > 1:
        listed = ", ".join(list(sets)[:12]) + (", ..." if len(sets) > 12 else "")
        raise DatasetError(
            f"{place}: several data sets ({listed}); choose one, as in "
            f"--set {shell_word(next(iter(sets)), is_path=False)}"
        )
    if not sets:
        return _set_that_is_none(place)
    return sets[name] if name is not None else next(iter(sets.values()))


def _set_that_is_none(place: Path) -> Set:
    """The one .npz file of a folder without a set, of which reading tells what is wrong with it;
    else DatasetError."""
    archives = list(place.glob("*.npz"))
    if len(archives) == 1:
        return ArchiveSet(archives[0])
    try:
        there = sorted(path.name for path in place.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise DatasetError(f"{place}: cannot be read ({error.strerror or error})") from error
    listed = ", ".join(there[:5]) + (", ..." if len(there) > 5 else "")
    holds = f" (it holds {listed})" if there else ""
    raise DatasetError(f"{place / _first('train')}: no such file, nor with .gz; {PUT_FILES}{holds}")


def _first(stem: str) -> str:
    return f"{stem}-images-idx3-ubyte"


def pair_of(folder: Path, stem: str) -> Pair:
    """The two files of a folder whose names begin with a stem, as "test"."""
    return _pair(folder, stem, _idx_files(folder))


def _set_of_file(path: Path) -> Set:
    if is_archive(path) or path.suffix.lower() == ".npz":
        return ArchiveSet(path)
    matched = _FILE.fullmatch(path.name)
    if matched is not None:
        for one in _idx_sets(path.parent):
            if path in (one.train.images, one.train.labels):
                return one
            for stem, pair in one.tests.items():
                if path in (pair.images, pair.labels):
                    return replace(one, tests={stem: pair})
    raise DatasetError(
        f"{path}: {_what(path)}no data set; name a folder of IDX files, one of them, or an .npz "
        "file with the arrays x_train and y_train"
    )


def _what(path: Path) -> str:
    """What a file is, if that is known, as an apposition."""
    try:
        with open_stream(path) as stream:
            foreign = foreign_file(path, stream)
    except OSError:
        return ""
    return f"{foreign.what}, " if foreign is not None else ""


def _folders(place: Path) -> Iterator[Path]:
    """The folders in a folder, a few levels deep; none that are hidden, and no links."""
    for count, (folder, below, _) in enumerate(os.walk(place)):
        depth = len(Path(folder).relative_to(place).parts)
        seen = sorted((name for name in below if not name.startswith(".")), key=natural_order)
        below[:] = seen if depth < _DEEPEST else []
        if count > _MOST_FOLDERS:
            return
        if depth:
            yield Path(folder)


def _sets(folder: Path) -> list[Set]:
    archives = sorted(folder.glob("*.npz"), key=lambda path: natural_order(path.name))
    return [*_idx_sets(folder), *(ArchiveSet(path) for path in archives if is_archive(path))]


def _named(place: Path, sets: Iterable[Set]) -> dict[str, Set]:
    """Sets by the names that choose them: as short as tells them apart."""
    named: dict[str, Set] = {}
    made = [(one, *_names(place, one)) for one in sets]
    for one, short, long in made:
        twice = sum(other == short for _, other, _ in made) > 1
        named[long if twice else short] = one
    return named


def _names(place: Path, one: Set) -> tuple[str, str]:
    """A short name of a set and one that no other has."""
    if isinstance(one, ArchiveSet):
        return one.path.name, one.path.relative_to(place).as_posix()
    inside = one.folder.relative_to(place)
    if one.before:
        return one.before, (inside / one.before).as_posix()
    return (inside.as_posix(),) * 2 if inside.parts else ("train",) * 2


_Files = dict[tuple[str, str], Path]  # by stem and "images" or "labels"


def _idx_files(folder: Path) -> _Files:
    """The IDX files of a folder; of one that is there packed, too, the unpacked one."""
    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_file())
    except OSError:
        return {}
    files: _Files = {}
    # `-idx3` comes before `.idx3` in this order, and no end before `.gz`.
    for matched in filter(None, map(_FILE.fullmatch, names)):
        files.setdefault((matched["stem"], matched["what"].lower()), folder / matched.string)
    return files


def _pair(folder: Path, stem: str, files: _Files) -> Pair:
    images = files.get((stem, "images"), folder / _first(stem))
    return Pair(images, files.get((stem, "labels"), folder / f"{stem}-labels-idx1-ubyte"))


def _idx_sets(folder: Path) -> list[IdxSet]:
    files = _idx_files(folder)
    stems = sorted({stem for stem, _ in files}, key=natural_order)
    trains = {stem: matched for stem in stems if (matched := _TRAIN.fullmatch(stem))}
    owned: dict[str, list[str]] = {stem: [] for stem in trains}
    for stem in stems:
        owners = [
            (len(matched["before"] or ""), train)
            for train, matched in trains.items()
            if _belongs(stem, matched["before"] or "")
        ]
        if stem not in trains and owners:
            owned[max(owners)[1]].append(stem)
    return [
        IdxSet(
            folder,
            trains[train]["before"] or "",
            _pair(folder, train, files),
            {stem: _pair(folder, stem, files) for stem in tests},
        )
        for train, tests in owned.items()
    ]


def _belongs(stem: str, before: str) -> bool:
    return not before or re.match(rf"{re.escape(before)}[-_.]", stem, re.IGNORECASE) is not None
