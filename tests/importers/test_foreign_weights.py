"""Files of other programs given for weights: what each is called, and the line of Python that makes
an .npz file of it. Their first bytes are written here, from the formats' descriptions."""

import json
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from support import command_line as cli
from support.command_line import npy, npz, own_weights, zipped

from xlconv.errors import WeightsError
from xlconv.importers.weights.load import load_weights

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(100)


def safetensors(kind: str) -> bytes:
    table = {"w": {"dtype": kind, "shape": [1], "data_offsets": [0, 4]}}
    head = json.dumps(table).encode()
    return struct.pack("<Q", len(head)) + head + bytes(4)


def torch_legacy() -> bytes:
    return pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2) + pickle.dumps(1001, protocol=2)


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
# The bytes, and words of what is said: whatever the file is called.
CONTENT: dict[str, tuple[bytes, str, str]] = {
    "Git LFS": (POINTER, "a Git LFS pointer", "`git lfs pull`"),
    "git-annex": (b"/annex/objects/MD5E-s1--d41d8.npz\n", "a git-annex pointer", "git annex get"),
    "HTML": (b"<!DOCTYPE html>\n<html><body>404", "a web page (HTML)", "Raw button"),
    "HTML in capitals": (b"\xef\xbb\xbf \n<HTML>", "a web page (HTML)", "not the page"),
    "HTML behind a remark": (b"<!-- x -->\n<html>", "a web page (HTML)", "not the page"),
    "XHTML": (b"<?xml version='1.0'?>\n<html xmlns=''>", "a web page", "not the page"),
    "XML": (b"<?xml version='1.0'?><Error/>", "a server's error message", "download the file"),
    "HDF5": (HDF5, "an HDF5 file", "h5py.File("),
    "HDF5 behind a block": (bytes(512) + HDF5, "an HDF5 file", "h5py.File("),
    "HDF5 of Keras": (HDF5 + b"model_config", "a Keras model in HDF5", "keras.models.load_model("),
    "HDF5 of Keras 3": (HDF5 + b"layers\0vars\0", "a file of Keras 3's weights", "m.load_weights("),
    "Keras": (
        zipped({"metadata.json": b"{}", "model.weights.h5": HDF5}),
        "a Keras model",
        "keras.",
    ),
    "PyTorch": (
        zipped({"archive/data.pkl": b"x", "archive/data/0": b"y"}),
        "a PyTorch file",
        "map",
    ),
    "TorchScript": (
        *(zipped({"m/data.pkl": b"x", "m/constants.pkl": b""}), "a TorchScript file"),
        "torch.jit.load(",
    ),
    "PyTorch before 1.6": (torch_legacy(), "a PyTorch file", "torch.load("),
    "safetensors": (safetensors("F32"), "a safetensors file", "safetensors.numpy.load_file("),
    "safetensors of bfloat16": (safetensors("BF16"), "of bfloat16 numbers", "v.float().numpy()"),
    "ONNX": (b"\x08\x07\x12\x07pytorch\x3a\x00", "an ONNX model", "graph.initializer"),
    "TensorFlow Lite": (b"\x1c\0\0\0TFL3" + bytes(8), "a TensorFlow Lite model", "get_tensor("),
    "TensorFlow's graph": (b"\x08\x01\x12\x04abcd", "a TensorFlow graph (.pb)", "saved_model.load"),
    "TensorFlow's checkpoint": (
        *(bytes(64) + bytes.fromhex("57fb808b247547db"), "a checkpoint of TensorFlow"),
        "load_checkpoint(",
    ),
    "a pickle": (pickle.dumps([1.0]), "a Python pickle, which is never loaded", "if you trust"),
    "MATLAB": (b"MATLAB 5.0 MAT-file, Platform", "a MATLAB file", "loadmat("),
    "GGUF": (b"GGUF\3\0\0\0", "a GGUF file", "GGUFReader("),
    "a workbook": (zipped({"[Content_Types].xml": b""}), "a workbook", "give an .npz file"),
    "an archive": (zipped({"my/w.npz": npz({})}), "an archive with 'my/w.npz' in it", "unpack it"),
    "gzip": (b"\x1f\x8b\x08" + bytes(9), "an archive", "unpack it"),
    "tar": (b"w.npz".ljust(257, b"\0") + b"ustar\x0000", "an archive", "unpack it"),
}


def refused(folder: Path, name: str, data: bytes, *words: str) -> str:
    """What is said of a file of this name and content, in a line."""
    (folder / name).write_bytes(data)
    with cli.inside(folder), pytest.raises(WeightsError) as caught:
        load_weights(Path(name))
    line = str(caught.value)
    assert line.isprintable()
    assert len(line) < 1_000
    for word in (f"{name}: ", "not an .npz file; ", *words):
        assert word in line, line
    return line


@pytest.mark.parametrize("what", CONTENT)
def test_a_file_is_named_for_what_it_is_whatever_it_is_called(what: str, tmp_path: Path) -> None:
    data, *words = CONTENT[what]
    for name in ("w.npz", "w", "w.bin", "w.h5"):
        assert "by its name" not in refused(tmp_path, name, data, *words)


def test_the_command_says_it_in_its_one_line(tmp_path: Path) -> None:
    data, *words = CONTENT["safetensors"]
    (tmp_path / "w").write_bytes(data)
    cli.refused(tmp_path, ["build", "a.xlsx", "--weights", "w"], *words)


@pytest.mark.parametrize(
    ("name", "word"),
    [("w.npz", "w.npz"), ("my model.npz", "'my model.npz'"), ("-w.npz", "./-w.npz")],
)
def test_what_to_fetch_can_be_copied_into_a_shell(name: str, word: str, tmp_path: Path) -> None:
    line = refused(tmp_path, name, CONTENT["git-annex"][0])
    assert line.endswith(f"`git annex get {word}`")


# What stands in these says nothing.
NAMES = {
    **dict.fromkeys(("w.pt", "w.pth", "W.PTH"), ("a PyTorch file", "torch.load(")),
    **dict.fromkeys(("w.h5", "w.hdf5", "w.weights.h5"), ("an HDF5 file", "h5py.File(")),
    "w.keras": ("a Keras model", "keras.models.load_model('w.keras')"),
    "w.safetensors": ("a safetensors file", "load_file('w.safetensors')"),
    "w.onnx": ("an ONNX model", "onnx.load('w.onnx')"),
    "saved_model.pb": ("a TensorFlow graph", "tf.saved_model.load("),
    "w.tflite": ("a TensorFlow Lite model", "tf.lite.Interpreter('w.tflite')"),
    **dict.fromkeys(("w.pkl", "w.pickle", "w.joblib"), ("a Python pickle", "if you trust")),
    "w.ckpt": ("a checkpoint of TensorFlow", "load_checkpoint('w.ckpt')"),
    "w.ckpt.data-00000-of-00001": ("a checkpoint of TensorFlow", "load_checkpoint('w.ckpt')"),
    "w.msgpack": ("a file of Flax", "msgpack_restore("),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_which_only_the_name_says_what_it_is(name: str, tmp_path: Path) -> None:
    what, code = NAMES[name]
    refused(tmp_path, name, b"\x01\x02 nothing that is known", f"by its name {what}", code)


def test_what_is_several_files(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"x")
    (tmp_path / "m.ckpt.index").write_bytes(b"x")
    for name, what, code in (
        ("model", "a SavedModel of TensorFlow", "tf.saved_model.load('model')"),
        ("m.ckpt", "a checkpoint of TensorFlow", "tf.train.load_checkpoint('m.ckpt')"),
    ):
        arguments: list[object] = ["build", "a.xlsx", "--weights", name]
        line = cli.refused(tmp_path, arguments, f"{name}: {what}, not an .npz file; ", code)
        compile(code_of(line), "<the line>", "exec")


@pytest.mark.parametrize("name", [".", "/", "..", "", "n" * 252, "n" * 300])
def test_paths_that_are_hardly_ones(name: str, tmp_path: Path) -> None:
    with cli.inside(tmp_path), pytest.raises(WeightsError, match=r"a folder|no such|too long"):
        load_weights(Path(name))


def test_a_saved_model_in_the_folder_that_one_is_in(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"x")
    line = cli.refused(tmp_path, ["build", "a.xlsx", "--weights", "."], "a SavedModel of")
    assert "np.savez('weights.npz', " in line


def test_an_npz_file_is_one_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("w.pt", "w.h5", "w.onnx"):
        (tmp_path / name).write_bytes(npz(own_weights()))
        assert load_weights(tmp_path / name).keys() == own_weights().keys()


def test_one_array_and_an_empty_file_are_still_those(tmp_path: Path) -> None:
    for data, said in ((npy(np.zeros(2)), "one array"), (b"", "empty")):
        (tmp_path / "w.pt").write_bytes(data)
        cli.refused(tmp_path, ["build", "a.xlsx", "--weights", "w.pt"], said)


def code_of(line: str) -> str:
    """The Python that a message quotes."""
    return line.split("`")[1]


@pytest.mark.parametrize("what", CONTENT)
def test_lines_of_python_are_python(what: str, tmp_path: Path) -> None:
    line = refused(tmp_path, "w.bin", CONTENT[what][0])
    if "Python: `" in line:
        compile(code_of(line), "<the line>", "exec")
        assert "'w.npz'" in line or "'w.bin'" in line


def test_the_line_for_a_pickle_makes_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one line that needs no other library."""
    line = refused(tmp_path, "w.pkl", pickle.dumps(own_weights()))
    monkeypatch.chdir(tmp_path)
    exec(code_of(line), {})
    cli.printed("build", "a.xlsx", "--weights", "w.npz", folder=tmp_path)


# ---- types of numbers


@pytest.mark.parametrize("kind", ["i1", "u1", "<i2", ">u2", "<u4", "<i4", "<i8", ">u8", "?"])
def test_whole_numbers_are_asked_about(kind: str, tmp_path: Path) -> None:
    weights = own_weights()
    numbers = np.arange(18).reshape(2, 1, 3, 3).astype(kind)
    weights["conv1.weight"] = numbers
    (tmp_path / "w.npz").write_bytes(npz(weights))
    arguments: list[object] = ["build", "a.xlsx", "--weights", "w.npz"]
    line = cli.refused(tmp_path, arguments, f"'conv1.weight' holds {np.dtype(kind)}, ")
    assert "ZERO) * SCALE" in line or np.dtype(kind).itemsize > 2 or kind == "?"
    with cli.inside(tmp_path):
        exec(code_of(line), {"np": np})
        made = dict(np.load("w-floats.npz"))
    assert made["conv1.weight"].dtype == float
    np.testing.assert_array_equal(made["conv1.weight"], numbers.astype(float))
    np.testing.assert_array_equal(made["dense.weight"], weights["dense.weight"])
    assert load_weights(tmp_path / "w-floats.npz").keys() == weights.keys()


# 1, -2, 0.5 and 3.140625 in bfloat16: the upper halves of their bits in float32.
BITS = np.array([0x3F80, 0xC000, 0x3F00, 0x4049], np.uint16)
NUMBERS = [1.0, -2.0, 0.5, 3.140625]


@pytest.mark.parametrize("kind", ["<u2", ">u2", "<i2", "V2"])
def test_the_bits_of_bfloat16_become_their_numbers(kind: str, tmp_path: Path) -> None:
    held = BITS.astype(kind) if kind[-2:] == "u2" else BITS.view(kind)
    (tmp_path / "w.npz").write_bytes(npz({"conv1.bias": held}))
    arguments: list[object] = ["train", "lesson3", "--out", "o.npz", "--from", "w.npz"]
    line = cli.refused(tmp_path, arguments, f"'conv1.bias' holds {held.dtype}, ")
    if kind == "V2":
        with cli.inside(tmp_path):
            exec(code_of(line), {"np": np})
            made = np.load("w-floats.npz")["conv1.bias"]
    else:
        code = line.partition("bits of bfloat16: ")[2].partition("; ")[0]
        made = eval(code, {"np": np, "v": held})
    assert made.tolist() == NUMBERS


def test_the_bits_of_float16_and_float32_become_their_numbers(tmp_path: Path) -> None:
    for numbers, bits, said in (
        (np.array([1.5, -0.25], np.float16), np.uint16, "of float16: "),
        (np.array([1.1, -3.7], np.float32), np.int32, "the bits of float32: "),
        (np.array([1.1, -3.7], np.float64), np.int64, "the bits of float64: "),
    ):
        held = numbers.view(bits)
        (tmp_path / "w.npz").write_bytes(npz(own_weights() | {"conv1.bias": held}))
        line = cli.refused(tmp_path, ["build", "a.xlsx", "--weights", "w.npz"], said)
        made = eval(line.partition(said)[2].partition("; ")[0], {"np": np, "v": held})
        assert made.tolist() == numbers.tolist()
