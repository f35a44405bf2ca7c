"""Types of numbers: which ones weights may have, and what to do about others.

Whole numbers are seldom weights: they are quantised ones, or the bits of another type that NumPy
has not. Which, no file says, so they are never taken; each gets a question and a line of Python.
Must not know networks.
"""

from pathlib import Path

from xlconv.errors import WeightsError
from xlconv.importers.npz import Head

_BYTES_OF_BFLOAT16 = "(v.view(np.uint16).astype(np.uint32) << 16).view(np.float32)"
_MEANT = "v.astype(float)"


def check_floats(path: Path, name: str, head: Head) -> None:
    """WeightsError for an array that does not hold floats."""
    kind, size, where = head.dtype.kind, head.dtype.itemsize, f"{path}: {name!r} holds {head.dtype}"
    if kind == "f":
        return
    if kind == "b":
        said = f"{where}, true or false; if 1 and 0 are meant, make floats of them:"
        raise WeightsError(f"{said} `{_line(path, head, _MEANT)}`")
    if kind in "iu":
        raise WeightsError(
            f"{where}, whole numbers, which may stand for others: are they the weights "
            f"themselves? Then make floats of them: `{_line(path, head, _MEANT)}`; else put in "
            f"place of {_MEANT}, {'; '.join(_readings(head))}"
        )
    if kind == "V" and head.dtype.names is None and size == 2:
        said = f"{where}, two bytes a number, as bfloat16 is saved; make floats of them:"
        raise WeightsError(f"{said} `{_line(path, head, _BYTES_OF_BFLOAT16)}`")
    raise WeightsError(f"{where}; save floats")


def _readings(head: Head) -> list[str]:
    """What whole numbers of a size may stand for, each with Python for the array `v`."""
    kind, size = ("int" if head.dtype.kind == "i" else "uint"), head.dtype.itemsize
    quantised = "for quantised ones: (v.astype(float) - ZERO) * SCALE"
    if size == 1:
        return [quantised]
    if size == 2:
        wide = f"(v.astype(np.{kind}32) << 16).view(np.float32)"
        short = f"v.astype(np.{kind}16).view(np.float16)"
        return [f"for the bits of bfloat16: {wide}", f"for those of float16: {short}", quantised]
    bits = 8 * size
    floats = f"v.astype(np.{kind}{bits}).view(np.float{bits})"
    return [f"for the bits of float{bits}: {floats}", quantised]


def _line(path: Path, head: Head, floats: str) -> str:
    """Python that writes another file, in which arrays of this type are floats."""
    target = str(path.with_name(f"{path.stem}-floats.npz"))
    return (
        f"np.savez({target!r}, **{{k: {floats} if v.dtype == {head.dtype.str!r} else v "
        f"for k, v in np.load({str(path)!r}).items()}})"
    )
