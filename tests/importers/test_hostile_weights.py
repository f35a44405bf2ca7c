"""Weights from anywhere: each file that cannot be used gets one line, before it costs anything."""

import io
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import command_line as cli
from support.command_line import npy, npy_header, npz, own_weights, zipped

from xlconv.errors import WeightsError
from xlconv.importers.npz import read_arrays
from xlconv.importers.template import load_template
from xlconv.importers.weights.load import WEIGHTS as USE

BIAS = "conv1.bias"
HUGE = 10**12
CLAIM = npy_header((HUGE,))
BUILD: list[object] = ["build", "a.xlsx", "--weights", "w.npz"]


def with_array(name: str, array: Any) -> bytes:
    return cli.changed_weights(lambda weights: weights.update({name: array}))


def with_member(name: str, data: bytes, deflated: bool = False) -> bytes:
    """`lesson3`'s weights with a member of any bytes, in the place of its own."""
    members = {f"{key}.npy": npy(array) for key, array in own_weights().items()}
    return zipped(members | {name: data}, deflated)


def with_bias(data: bytes, deflated: bool = False) -> bytes:
    return with_member(f"{BIAS}.npy", data, deflated)


def long_header() -> bytes:
    return b"\x93NUMPY\2\0" + struct.pack("<I", 60_000_000) + b" " * 60_000_000


def twice() -> bytes:
    stream = io.BytesIO(npz(own_weights()))
    with zipfile.ZipFile(stream, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(f"{BIAS}.npy", npy(np.ones(2)))
    return stream.getvalue()


class Ran:
    """Unpickling it would leave a file behind."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("ran"),)


def pickled() -> bytes:
    return npy(np.array([Ran(), Ran()], dtype=object), allow_pickle=True)


def locked() -> bytes:
    """An archive whose members claim to be encrypted."""
    data = bytearray(npz(own_weights()))
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(mark, place + 1)
    return bytes(data)


def damaged() -> bytes:
    data = bytearray(npz(own_weights()))
    data[data.find(b"\x93NUMPY") + 150] ^= 0xFF
    return bytes(data)


def listing_of(size: int) -> bytes:
    """The end of an archive that claims a list of members of so many bytes."""
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 9, 9, size, 0, 0)


PICKLED = "is a pickled object, which is never loaded"
WEIGHTS: dict[str, tuple[Any, ...]] = {
    "NaN": (lambda: with_array(BIAS, [np.nan, 1]), "conv1", "NaN or infinity"),
    "infinity": (lambda: with_array(BIAS, [1, -np.inf]), "conv1", "NaN or infinity"),
    "too long a float": (
        lambda: with_array(BIAS, np.array(["1e4000", "1"], np.longdouble)),
        "conv1",
    ),
    "pickled": (lambda: with_bias(pickled()), f"w.npz: '{BIAS}' {PICKLED}"),
    "pickled alone": (lambda: zipped({"conv1.weight.npy": pickled()}), f"'conv1.weight' {PICKLED}"),
    "a pickle alone": (lambda: pickle.dumps(Ran()), "not an .npz file"),
    "complex": (lambda: with_array(BIAS, [1j, 1]), BIAS, "complex128", "floats"),
    "bool": (lambda: with_array(BIAS, [True, False]), BIAS, "bool"),
    "strings": (lambda: with_array(BIAS, ["1", "2"]), BIAS, "<U1"),
    "bytes": (lambda: with_array(BIAS, [b"1", b"2"]), BIAS, "S1"),
    "dates": (lambda: with_array(BIAS, np.zeros(2, "M8[s]")), BIAS, "datetime64[s]"),
    "structured": (lambda: with_array(BIAS, np.zeros(2, "f8,f8")), BIAS, "f0"),
    "wrong shape": (lambda: with_array(BIAS, np.zeros(3)), BIAS, "has shape 3", "needs 2"),
    "a scalar": (lambda: with_array(BIAS, 1.0), BIAS, "scalar"),
    "missing": (lambda: cli.changed_weights(lambda weights: weights.pop(BIAS)), BIAS, "missing"),
    "superfluous": (lambda: with_array("conv9.weight", [1.0]), "'conv9.weight'", "no layer"),
    "a near name": (lambda: with_array("conv1.wieght", [0.0]), "did you mean 'conv1.weight'?"),
    "a claim": (lambda: with_bias(CLAIM), BIAS, f"has shape {HUGE}", "needs 2"),
    "a claim that fits": (lambda: with_bias(npy_header((2,))), BIAS, "16"),
    "a superfluous claim": (lambda: with_member("more.npy", CLAIM), "'more'", "no layer"),
    "a negative claim": (lambda: with_bias(npy_header((-2,))), BIAS),
    "too much data": (lambda: with_bias(npy_header((2,)) + bytes(40)), BIAS, "16"),
    "a bomb": (lambda: with_bias(npy_header((2,)) + bytes(60_000_000), True), BIAS),
    "a bomb of a header": (lambda: with_bias(long_header(), True), BIAS),
    "a deep header": (lambda: with_bias(npy_header("(" * 4_000 + ")" * 4_000)), BIAS),
    "a header of code": (lambda: with_bias(npy_header("open('ran', 'x')")), BIAS),
    "a strange descr": (lambda: with_bias(npy_header((2,), "'<f8,(9999999999,)f8'")), BIAS),
    "an unknown version": (lambda: with_bias(npy_header((2,), version=(9, 0))), BIAS),
    "not an array": (lambda: with_bias(b"hello"), BIAS, "not an array"),
    "another member": (lambda: with_member("readme.txt", b"hello"), "readme.txt"),
    "twice": (twice, BIAS, "twice"),
    "locked": (locked, "encrypted"),
    "damaged": (damaged, "conv1", "damaged"),
    "truncated": (lambda: npz(own_weights())[:-1000], "not an .npz file"),
    "truncated early": (lambda: npz(own_weights())[:1000], "not an .npz file"),
    "no members": (lambda: zipped({}), "missing"),
    "a long listing": (lambda: npz(own_weights()) + listing_of(90_000_000), "not an .npz file"),
    "not a zip": (lambda: b"PK\3\4 but then not", "not an .npz file"),
    "text": (lambda: b"1, 2, 3\n", "not an .npz file"),
    "empty": (lambda: b"", "empty"),
    "npy": (lambda: npy(np.zeros(2)), "one array", "numpy.savez"),
}


@pytest.mark.parametrize("what", WEIGHTS)
def test_weights_that_cannot_be_used(what: str, tmp_path: Path) -> None:
    make, *words = WEIGHTS[what]
    (tmp_path / "w.npz").write_bytes(make())
    line = cli.refused(tmp_path, BUILD, *words)
    assert "allow_pickle" not in line


UNFIT = ("NaN", "complex", "wrong shape", "missing", "superfluous", "a near name", "no members")


@pytest.mark.parametrize("what", sorted(WEIGHTS.keys() - set(UNFIT) - {"another member"}))
def test_weights_to_begin_with_that_cannot_be_used(what: str, tmp_path: Path) -> None:
    """Here other shapes and names are no mistake, as after a change of the network."""
    make, *words = WEIGHTS[what]
    (tmp_path / "w.npz").write_bytes(make())
    before = cli.contents(tmp_path)
    found = cli.command(
        *["train", "lesson3", "--out", "o.npz", "--from", "w.npz", "--epochs", "1"], folder=tmp_path
    )
    if what == "a scalar":
        assert found.code == 0
        assert "conv1.bias is dropped: it is scalar" in found.out
        return
    cli.check_refusal(found, *words if what.startswith("pickled") else ())
    assert cli.contents(tmp_path) == before


PLACES = {
    "a folder": ("w.npz", "folder"),
    "nothing": ("no such file", "xlconv train"),
    "a pipe": ("pipe or device",),
    "a device": ("pipe or device",),
    "a dangling link": ("no such file",),
    "a ring of links": ("cannot be read",),
}


@cli.has_pipes
@pytest.mark.parametrize("what", PLACES)
def test_weights_that_are_no_file(what: str, tmp_path: Path) -> None:
    cli.NO_FILES[what](tmp_path / "w.npz")
    cli.refused(tmp_path, BUILD, *PLACES[what])


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    cli.refused(tmp_path, ["build", "a.xlsx", "--weights", "w" * 300 + ".npz"], "name too long")


@pytest.mark.parametrize("value", [1e308, 1e200], ids=["all of them", "products of theirs"])
def test_weights_that_overflow(value: float, tmp_path: Path) -> None:
    weights = {name: np.full_like(array, value) for name, array in own_weights().items()}
    (tmp_path / "w.npz").write_bytes(npz(weights))
    cli.refused(tmp_path, BUILD, "too large")


@pytest.mark.parametrize("kind", [">f8", "<f4", ">f2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_floats_of_every_kind_are_read(kind: str, order: str, tmp_path: Path) -> None:
    weights = {
        name: np.asarray((array * 10).round().clip(0, 100).astype(kind), order=order)  # type: ignore[call-overload]
        for name, array in own_weights().items()
    }
    (tmp_path / "w.npz").write_bytes(npz(weights))
    read = load_template("lesson3", tmp_path / "w.npz").weights
    for name, array in weights.items():
        assert read[name].dtype == np.float64
        np.testing.assert_array_equal(read[name], array)


def test_denormals_are_numbers(tmp_path: Path) -> None:
    weights = {name: np.full(array.shape, 5e-324) for name, array in own_weights().items()}
    (tmp_path / "w.npz").write_bytes(npz(weights))
    cli.printed(*BUILD, folder=tmp_path)
    verified = cli.command("verify", "a.xlsx", "--engine", "none", folder=tmp_path)
    assert verified.code == 0, verified.out


@cli.measures_memory
@pytest.mark.parametrize("what", ["a claim", "a bomb", "pickled"])
def test_a_refusal_costs_no_memory(what: str, tmp_path: Path) -> None:
    folder, (make, *words) = tmp_path / "here", WEIGHTS[what]
    folder.mkdir()
    (folder / "w.npz").write_bytes(make())
    cli.refused_cheaply(folder, BUILD, *words)


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_array_that_is_damaged_however_it_is_packed(packing: int, tmp_path: Path) -> None:
    """In its midst, which may be packed with its head or for itself."""
    path, array = tmp_path / "w.npz", np.random.default_rng(1).normal(size=20_000)
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("x.npy", npy(array))
    whole = path.read_bytes()
    assert np.array_equal(read_arrays(path, USE, lambda heads: heads)["x"], array)
    at = len(whole) // 2
    path.write_bytes(
        whole[:at] + bytes(byte ^ 0xFF for byte in whole[at : at + 99]) + whole[at + 99 :]
    )
    with pytest.raises(WeightsError, match=r"w\.npz: 'x' is damaged"):
        read_arrays(path, USE, lambda heads: heads)
