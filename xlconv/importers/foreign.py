"""Files of other programs, recognised for what they are: by what they begin with, or else by what
they are called; with the line of Python that makes an .npz file of their arrays.

Owns the marks of those formats. Loads none of them and imports none of their libraries. Must not
know networks, nor who wanted which file.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from xlconv.system.files import is_file
from xlconv.system.terminal_text import shell_word

_LOOKED_AT = 1 << 20  # bytes of a file's beginning
_TAIL = 8
_CONTAINERS = (".npz", ".npy", ".pt", ".pth", ".h5", ".hdf5", ".keras", ".safetensors", ".onnx")


@dataclass(frozen=True)
class Foreign:
    """What a file is, with its article, and what to do with it, in words that end no sentence."""

    what: str
    remedy: str


def foreign_file(path: Path, stream: IO[bytes]) -> Foreign | None:
    """What a file is that another program made; None for one that may be what is wanted. The
    stream stands at its beginning, before and after."""
    head = stream.read(_LOOKED_AT)
    size = stream.seek(0, 2)
    stream.seek(max(size - _TAIL, 0))
    tail = stream.read(_TAIL)
    stream.seek(0)
    kind = next((kind for fits, kind in _BY_CONTENT if fits(head)), None)
    if kind is None and tail == _TABLE:
        kind = _tensorflow_checkpoint
    if kind is not None:
        return kind(path, head)
    kind = _by_name(path)
    if kind is None or head.startswith((b"PK\3\4", b"\x93NUMPY")):
        return None
    named = kind(path, head)
    return replace(named, what=f"by its name {named.what}")


def foreign_folder(path: Path) -> Foreign | None:
    """What another program made that is no file: a folder, or several files of one beginning."""
    if is_file(path / "saved_model.pb"):
        read = f"tf.saved_model.load({str(path)!r}).variables"
        arrays = f"{{v.name: v.numpy() for v in {read}}}"
        return _by_library("a SavedModel of TensorFlow", path, "tensorflow as tf", arrays)
    if is_file(Path(f"{path}.index")):
        return _tensorflow_checkpoint(path, b"")
    return None


_Kind = Callable[[Path, bytes], Foreign]


def _by_library(what: str, path: Path, imports: str, arrays: str, more: str = "") -> Foreign:
    """A file whose arrays another library reads: `arrays` is Python for a dictionary of them."""
    line = f"import numpy as np, {imports}; np.savez({_target(path)!r}, **{arrays})"
    return Foreign(what, f"make one in Python: `{line}`{more}")


def _target(path: Path) -> str:
    """The .npz file beside a file, never itself."""
    if not path.name or path.suffix.lower() == ".npz":  # "." and "/" have no name
        return str(path.parent / "weights.npz")
    return str(path.with_suffix(".npz"))


# ---- what is no file of weights at all


def _lfs_pointer(path: Path, _: bytes) -> Foreign:
    return Foreign(
        "a Git LFS pointer (a few lines that stand for the file)",
        "fetch the file itself with `git lfs pull`",
    )


def _annex_pointer(path: Path, _: bytes) -> Foreign:
    return Foreign(
        "a git-annex pointer (a line that stands for the file)",
        f"fetch the file itself with `git annex get {shell_word(path.name)}`",
    )


def _web_page(path: Path, _: bytes) -> Foreign:
    return Foreign(
        "a web page (HTML)",
        "download the file that the page offers (on GitHub its Raw button), not the page",
    )


def _xml(path: Path, _: bytes) -> Foreign:
    return Foreign("an XML text, perhaps a server's error message", "download the file again")


def _office(path: Path, _: bytes) -> Foreign:
    return Foreign("a workbook or another Office file", "give an .npz file")


def _packed(path: Path, head: bytes) -> Foreign:
    inside = [name for name in _member_names(head) if name.endswith(_CONTAINERS)]
    named = f" with {inside[0]!r} in it" if inside else ""
    return Foreign(f"an archive{named}", "unpack it, and give what is in it")


# ---- what holds weights in another format


def _torch(path: Path, head: bytes) -> Foreign:
    read = f"torch.load({str(path)!r}, map_location='cpu')"
    if path.suffix.lower() == ".ckpt":
        read += "['state_dict']"
    return _by_library(
        "a PyTorch file",
        path,
        "torch",
        f"{{k: v.float().numpy() for k, v in {read}.items()}}",
        " (that is for a state dict: of a whole model take its state_dict(), of a checkpoint of "
        "training its part 'state_dict')",
    )


def _torch_script(path: Path, _: bytes) -> Foreign:
    read = f"torch.jit.load({str(path)!r}, map_location='cpu').state_dict()"
    arrays = f"{{k: v.float().numpy() for k, v in {read}.items()}}"
    return _by_library("a TorchScript file of PyTorch", path, "torch", arrays)


_KERAS_WEIGHTS = "{getattr(v, 'path', v.name): v.numpy() for v in m.weights}"  # of a model m


def _keras(path: Path, _: bytes) -> Foreign:
    arrays = _KERAS_WEIGHTS.replace("m.", f"keras.models.load_model({str(path)!r}).")
    return _by_library("a Keras model", path, "keras", arrays, " and give it with --layout keras")


def _hdf5(path: Path, head: bytes) -> Foreign:
    if b"model_config" in head:
        keras = _keras(path, head)
        return Foreign("a Keras model in HDF5", keras.remedy)
    if b"vars\0" in head:  # Keras 3 calls layers by their classes here
        line = f"m.load_weights({str(path)!r}); np.savez({_target(path)!r}, **{_KERAS_WEIGHTS})"
        return Foreign(
            "a file of Keras 3's weights without the layers' names",
            f"make one in Python of the Keras model m that they are of: `{line}` and give it with "
            "--layout keras",
        )
    line = (
        f"import h5py, numpy as np; d = {{}}; h5py.File({str(path)!r}).visititems(lambda k, v: "
        "d.update({k: v[()]}) if hasattr(v, 'dtype') and 'optimizer' not in k else None); "
        f"np.savez({_target(path)!r}, **d)"
    )
    more = " and give it, if it is of Keras, with --layout keras"
    return Foreign("an HDF5 file, as Keras writes weights", f"make one in Python: `{line}`{more}")


def _safetensors(path: Path, head: bytes) -> Foreign:
    what = "a safetensors file"
    if b'"BF16"' in head:
        read = f"safetensors.torch.load_file({str(path)!r})"
        arrays = f"{{k: v.float().numpy() for k, v in {read}.items()}}"
        return _by_library(f"{what} of bfloat16 numbers", path, "safetensors.torch", arrays)
    arrays = f"safetensors.numpy.load_file({str(path)!r})"
    return _by_library(what, path, "safetensors.numpy", arrays)


def _onnx(path: Path, _: bytes) -> Foreign:
    read = f"onnx.load({str(path)!r}).graph.initializer"
    arrays = f"{{t.name: onnx.numpy_helper.to_array(t) for t in {read}}}"
    return _by_library("an ONNX model", path, "onnx, onnx.numpy_helper", arrays)


def _tflite(path: Path, _: bytes) -> Foreign:
    line = (
        f"import numpy as np, tensorflow as tf; i = tf.lite.Interpreter({str(path)!r}); "
        f"i.allocate_tensors(); np.savez({_target(path)!r}, **{{d['name']: "
        "i.get_tensor(d['index']) for d in i.get_tensor_details()})"
    )
    more = " (whole numbers in it are quantised ones)"
    return Foreign("a TensorFlow Lite model", f"make one in Python: `{line}`{more}")


def _saved_model(path: Path, _: bytes) -> Foreign:
    read = "tf.saved_model.load('FOLDER').variables"
    return _by_library(
        "a TensorFlow graph (.pb), whose weights stand beside it",
        path,
        "tensorflow as tf",
        f"{{v.name: v.numpy() for v in {read}}}",
        " where FOLDER is the one that holds it",
    )


def _tensorflow_checkpoint(path: Path, _: bytes) -> Foreign:
    name = re.sub(r"\.(index|data-\d+-of-\d+)$", "", str(path))
    line = (
        f"import numpy as np, tensorflow as tf; r = tf.train.load_checkpoint({name!r}); "
        f"np.savez({name.removesuffix('.ckpt') + '.npz'!r}, **{{k: r.get_tensor(k) for k in "
        "r.get_variable_to_shape_map()})"
    )
    return Foreign("a checkpoint of TensorFlow", f"make one in Python: `{line}`")


def _pickle(path: Path, _: bytes) -> Foreign:
    return _by_library(
        "a Python pickle, which is never loaded, as it can run code",
        path,
        "pathlib, pickle",
        f"pickle.loads(pathlib.Path({str(path)!r}).read_bytes())",
        " if you trust who made it",
    )


def _matlab(path: Path, _: bytes) -> Foreign:
    read = f"scipy.io.loadmat({str(path)!r})"
    arrays = f"{{k: v for k, v in {read}.items() if k[0] != '_'}}"
    return _by_library("a MATLAB file", path, "scipy.io", arrays)


def _flax(path: Path, _: bytes) -> Foreign:
    read = f"flax.serialization.msgpack_restore(open({str(path)!r}, 'rb').read())"
    arrays = f"flax.traverse_util.flatten_dict({read}, sep='/')"
    return _by_library(
        "a file of Flax (msgpack)", path, "flax.serialization, flax.traverse_util", arrays
    )


def _gguf(path: Path, _: bytes) -> Foreign:
    read = f"gguf.GGUFReader({str(path)!r}).tensors"
    return _by_library("a GGUF file", path, "gguf", f"{{t.name: t.data for t in {read}}}")


# ---- how each is known


def _is_page(head: bytes) -> bool:
    text = head[:4_000].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return text.startswith((b"<!doctype html", b"<html", b"<head")) or (
        text.startswith((b"<!--", b"<?xml")) and (b"<html" in text or b"<!doctype html" in text)
    )


def _is_hdf5(head: bytes) -> bool:
    """Its mark stands at the beginning, or behind a block of a program's own."""
    mark = b"\x89HDF\r\n\x1a\n"
    return any(head.startswith(mark, at) for at in (0, 512, 1024, 2048, 4096))


def _is_safetensors(head: bytes) -> bool:
    return head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= 100_000_000


def _is_onnx(head: bytes) -> bool:
    """Protocol buffers have no mark: a version of the format from 2 on, then one of the fields
    that ONNX has there; TensorFlow's begin with version 1."""
    return head[:1] == b"\x08" and 2 <= head[1] <= 30 and head[2] in _ONNX_FIELDS


_ONNX_FIELDS = (0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72)
_TABLE = bytes.fromhex("57fb808b247547db")  # the end of TensorFlow's list of tensors
_TORCH_BEFORE_ZIP = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."


def _member_names(head: bytes) -> Iterator[str]:
    """The names in the beginning of a zip archive, as its members tell them, one by one."""
    for found in re.finditer(rb"PK\x03\x04.{22}(..)..", head, re.DOTALL):
        length = int.from_bytes(found[1], "little")
        yield head[found.end() : found.end() + length].decode("utf-8", "replace")


def _zip_with(*ends: str) -> Callable[[bytes], bool]:
    """Whether a file is a zip archive with a member whose name ends in one of those, and with
    no array of NumPy's."""

    def fits(head: bytes) -> bool:
        if not head.startswith(b"PK\3\4"):
            return False
        names = list(_member_names(head))
        return any(name.endswith(ends) for name in names) and not any(
            name.endswith(".npy") for name in names
        )

    return fits


def _begins(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(marks)


_BY_CONTENT: tuple[tuple[Callable[[bytes], bool], _Kind], ...] = (
    (_begins(b"version https://git-lfs", b"version https://hawser"), _lfs_pointer),
    (_begins(b"/annex/objects/", b".git/annex/objects/"), _annex_pointer),
    (_is_page, _web_page),
    (_begins(b"<?xml"), _xml),
    (_is_hdf5, _hdf5),
    (_zip_with("/constants.pkl"), _torch_script),
    (_zip_with("/data.pkl"), _torch),
    (_zip_with("model.weights.h5"), _keras),
    (_zip_with("[Content_Types].xml"), _office),
    (_zip_with(*_CONTAINERS), _packed),
    (_begins(_TORCH_BEFORE_ZIP), _torch),
    (lambda head: head[4:8] == b"TFL3", _tflite),
    (_is_safetensors, _safetensors),
    (_begins(b"MATLAB 5.0 MAT-file"), _matlab),
    (_begins(b"GGUF"), _gguf),
    (lambda head: head[:1] == b"\x80" and head[1:2] in (b"\2", b"\3", b"\4", b"\5"), _pickle),
    (_begins(b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!"), _packed),
    (lambda head: head[257:262] == b"ustar", _packed),
    (_begins(b"\x08\1\x12"), _saved_model),
    (lambda head: len(head) > 2 and _is_onnx(head), _onnx),
)
_BY_NAME: tuple[tuple[str, _Kind], ...] = (
    (r"\.(pt|pth|ptl|pt2)", _torch),
    (r"\.keras", _keras),
    (r"\.(h5|hdf5)", _hdf5),
    (r"\.safetensors", _safetensors),
    (r"\.onnx", _onnx),
    (r"\.pb", _saved_model),
    (r"\.tflite", _tflite),
    (r"\.(pkl|pickle|joblib)", _pickle),
    (r"\.(ckpt|index|data-\d+-of-\d+)", _tensorflow_checkpoint),
    (r"\.mat", _matlab),
    (r"\.msgpack", _flax),
    (r"\.gguf", _gguf),
)


def _by_name(path: Path) -> _Kind | None:
    name = path.name.lower()
    return next((kind for end, kind in _BY_NAME if re.search(f"{end}$", name)), None)
